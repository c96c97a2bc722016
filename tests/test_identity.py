"""A source that is replaced while it is read, or before its manifest is merged, is found."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.data import ingest, manifest
from caudal.data.identity import Watched, is_another
from caudal.data.schema import decide
from caudal.errors import Damaged, UserError

ROWS = b"x,y\n" + b"1.5,0\n2.5,1\n" * 20
OTHER = ROWS.replace(b"1.5", b"7.5")


def keep_dates(file, dates):
    os.utime(file, ns=(dates.st_atime_ns, dates.st_mtime_ns))


def overwrite(file, content):
    dates = file.stat()
    with open(file, "r+b") as opened:
        opened.write(content)
    keep_dates(file, dates)


def swap(file, content):
    dates = file.stat()
    other = file.with_name("other")
    other.write_bytes(content)
    keep_dates(other, dates)
    other.replace(file)


def convert(file, out):
    schema, _ = decide({"a": file}, {"label": "y"})
    return ingest.to_parquet(file, out, schema, {"label": "y"}, 10)


@pytest.mark.parametrize("replace", [overwrite, swap])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_a_file_replaced_while_it_is_converted_is_found(tmp_path, monkeypatch, replace, name):
    file = tmp_path / name
    contents = {".csv": (ROWS, OTHER), ".gz": (), ".parquet": ()}[file.suffix]
    if file.suffix == ".gz":
        contents = [pa.compress(c, codec="gzip", asbytes=True) for c in (ROWS, OTHER)]
    if file.suffix == ".parquet":
        for place, x in enumerate((1.5, 7.5)):
            table = pa.table({"x": [x, 2.5] * 20, "y": [0, 1] * 20})
            pq.write_table(table, tmp_path / str(place), compression="none", use_dictionary=False)
        contents = [(tmp_path / str(place)).read_bytes() for place in (0, 1)]
    assert len(contents[0]) == len(contents[1])
    file.write_bytes(contents[0])
    finish = ingest.PartWriter.finish

    def finish_late(parts):
        replace(file, contents[1])
        finish(parts)

    monkeypatch.setattr(ingest.PartWriter, "finish", finish_late)
    with pytest.raises(UserError, match="was replaced or written to while it was read"):
        convert(file, tmp_path / "out")
    assert not (tmp_path / "out/manifest.json").exists()
    monkeypatch.undo()
    assert convert(file, tmp_path / "out")["columns"]["x"]["max"] == 7.5


def test_another_name_or_right_of_the_same_file_is_no_replacement(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(ROWS)
    with Watched(file) as source:
        assert source.read() == ROWS
        os.link(file, tmp_path / "b.csv")
        file.chmod(0o600)
        identity = source.identity()
    assert identity["size"] == len(ROWS)
    assert not is_another(file, identity)
    os.utime(file)  # copied back from an archive
    assert not is_another(file, identity)
    file.unlink()
    assert not is_another(file, identity)


def test_what_no_reader_asked_for_is_summed_up_too(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(ROWS)
    with Watched(file) as whole, Watched(file) as half:
        whole.read(len(ROWS))
        half.read(7)
        assert whole.identity() == half.identity()


@pytest.mark.parametrize("content", [OTHER, OTHER + b"3.5,0\n"])
def test_a_file_replaced_before_the_merge_is_converted_anew(tmp_path, content):
    file, path = tmp_path / "a.csv", tmp_path / "data/a/manifest.json"
    file.write_bytes(ROWS)
    assert convert(file, path.parent)["identity"]["size"] == len(ROWS)
    manifest.merge([path], tmp_path / "data/manifest.json", None, {"a": file})
    file.write_bytes(content)
    with pytest.raises(Damaged, match="not the file any more that was converted") as told:
        manifest.merge([path], tmp_path / "data/manifest.json", None, {"a": file})
    told.value.discard()
    assert not path.exists()


def test_the_merged_manifest_does_not_depend_on_dates(tmp_path):
    merged = []
    for place in "ab":
        file, path = tmp_path / place / "a.csv", tmp_path / place / "data/a/manifest.json"
        file.parent.mkdir()
        file.write_bytes(ROWS)
        os.utime(file, (1, 1 + len(merged)))
        convert(file, path.parent)
        merged.append(manifest.merge([path], tmp_path / place / "data/manifest.json"))
    assert merged[0] == merged[1]


def test_two_sources_of_the_same_bytes_are_told(tmp_path):
    paths = []
    for name in "ab":
        (tmp_path / f"{name}.csv").write_bytes(ROWS)
        convert(tmp_path / f"{name}.csv", tmp_path / "data" / name)
        paths.append(tmp_path / "data" / name / "manifest.json")
    merged = manifest.merge(paths, tmp_path / "data/manifest.json")
    assert merged["notes"] == ["b.csv: the same bytes as a.csv, its rows count twice"]
    assert json.loads((tmp_path / "data/manifest.json").read_text()) == merged
