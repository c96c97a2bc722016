"""Manifests of sources become one, which knows when a part is not what it was."""

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from caudal import checked_json
from caudal.data import manifest
from caudal.data.ingest import to_parquet
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import UserError


def ingest(folder: Path, data: dict | None = None, **texts: str) -> list[Path]:
    """Take in CSV files; give the paths of their manifests."""
    data = {"label": "y", "task": "classification", **(data or {})}
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    files = sources([f"{name}.csv" for name in texts], folder)
    schema, _ = decide(files, data)
    for name, path in files.items():
        to_parquet(path, folder / "data" / name, schema, data, 2)
    return [folder / "data" / name / "manifest.json" for name in files]


def merge(folder: Path, data: dict | None = None, **texts: str) -> dict:
    paths = ingest(folder, data, **texts)
    return manifest.merge(paths, folder / "data/manifest.json", classes_meant=True)


A = "x,c,y\n1.5,a,10\n2.5,b,9\n,a,9\n"
B = "x,c,y\n4.0,a,10\n,,9\n"


def test_sources_are_merged_in_their_order(tmp_path):
    found = merge(tmp_path, b=B, a=A, none="x,c,y\n")
    assert [source["name"] for source in found["sources"]] == ["b", "a", "none"]
    assert [source["rows"] for source in found["sources"]] == [2, 3, 0]
    assert (found["rows_in"], found["rows"]) == (5, 5)
    assert [part["file"] for part in found["parts"]] == [
        "b/part-00000.parquet",
        "a/part-00000.parquet",
        "a/part-00001.parquet",
    ]
    assert found["labels"] == {"9": 3, "10": 2}
    assert (found["classes"], found["label_type"]) == (["9", "10"], "int")
    assert manifest.load(tmp_path / "data/manifest.json") == found


def test_columns_are_merged_as_if_they_were_of_one_source(tmp_path):
    (tmp_path / "two").mkdir()
    (tmp_path / "one").mkdir()
    two = merge(tmp_path / "two", a=A, b=B)["columns"]
    one = merge(tmp_path / "one", a=A + B.partition("\n")[2])["columns"]
    assert two["c"] == one["c"]
    assert two["y"] == one["y"]
    assert two["x"] == pytest.approx(one["x"])


def test_many_levels_are_told_as_a_lower_bound(tmp_path):
    a, b = ("c,y\n" + "".join(f"{k}{i},{i % 2}\n" for i in range(60)) for k in "ab")
    found = merge(tmp_path, a=a, b=b)["columns"]["c"]
    assert found["levels"] >= 60
    assert not found["levels_exact"]


@pytest.mark.parametrize(
    ("labels", "classes", "kind"),
    [
        (["True", "False"], ["False", "True"], "bool"),
        (["1.0", "0", "1"], ["0", "1"], "int"),
        (["1.5", "10", "-2.0"], ["-2", "1.5", "10"], "float"),
        (["yes", "no"], ["no", "yes"], "text"),
        (["1", "b"], ["1", "b"], "text"),
    ],
)
def test_labels_are_of_a_type_and_in_its_order(tmp_path, labels, classes, kind):
    found = merge(tmp_path, a="x,y\n" + "".join(f"1.5,{label}\n" for label in labels))
    assert (found["classes"], found["label_type"]) == (classes, kind)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,c,y\n1.5,a,1\n2.5,a,1\n", "all 2 rows have the label '1'"),
        ("x,c,y\n", "no rows to learn from, the sources hold none"),
        ("x,c,y\n1.5,a,\n", "no rows to learn from, all 1 were"),
        ("y\n" + "".join(f"{i}.5\n" for i in range(10_001)), "10001 classes"),
        ("x,c,y\n1.5,a,1\n2.5,a,+1\n", "'\\+1' and '1' are the same number"),
    ],
)
def test_data_that_teach_nothing_are_told(tmp_path, text, words):
    paths = ingest(tmp_path, a=text)
    with pytest.raises(UserError, match=words):
        manifest.merge(paths, tmp_path / "data/manifest.json", classes_meant=True)
    assert not (tmp_path / "data/manifest.json").exists()


def test_a_label_of_more_classes_than_are_counted_is_told(tmp_path):
    (path,) = ingest(tmp_path, a=A)
    content = json.loads(path.read_text())
    content["columns"]["y"] |= {"levels": 100_000, "levels_exact": False}
    checked_json.write(path, content)
    with pytest.raises(UserError, match="the label 'y' has more than 100000 classes"):
        manifest.merge([path], tmp_path / "data/manifest.json")


def test_the_checksum_is_of_the_content_alone(tmp_path):
    for name in ("1", "2", "3"):
        (tmp_path / name).mkdir()
    first = merge(tmp_path / "1", a=A)
    assert merge(tmp_path / "2", a=A) == first
    assert merge(tmp_path / "3", a=A.replace("2.5", "2.75"))["checksum"] != first["checksum"]
    content = {key: value for key, value in first.items() if key != "checksum"}
    assert checked_json.checksum(content) == first["checksum"]


def test_a_part_is_given_as_it_was_written_or_not_at_all(tmp_path):
    found = merge(tmp_path, a=A)
    part = found["parts"][1]
    content = manifest.verify_part(tmp_path / "data", part)
    assert hashlib.sha256(content).hexdigest() == part["sha256"]
    assert len(pq.read_table(content)) == part["rows"]
    path = tmp_path / "data" / part["file"]
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(UserError, match=r"a/part-00001\.parquet is damaged"):
        manifest.verify_part(tmp_path / "data", part)
    path.unlink()
    with pytest.raises(UserError, match=r"a/part-00001\.parquet is missing"):
        manifest.verify_part(tmp_path / "data", part)


def test_a_manifest_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "manifest.json"
    with pytest.raises(UserError, match=r"manifest\.json is missing"):
        manifest.load(path)
    path.write_text(json.dumps({"rows": 1})[:-1])
    with pytest.raises(UserError, match=r"manifest\.json is damaged"):
        manifest.load(path)
