"""Files as they come: each has its outcome, and no row is lost in silence."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal import checked_json
from caudal.data import csv_blocks
from caudal.data.csv_format import CsvFormat
from caudal.data.ingest import to_parquet
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.data.spelling import spell
from caudal.data.text_stream import TextStream
from caudal.errors import UserError
from hostile_cases import BASE, CASES, QUARANTINE, Case
from hypothesis import given, settings
from hypothesis import strategies as st


def ingest(folder: Path, name: str, content: bytes, data: dict) -> dict:
    """Write a file and take it in, in parts of three rows."""
    (folder / name).write_bytes(content)
    data = {"label": "y", **data}
    files = sources([name], folder)
    schema, _ = decide(files, data)
    (source, path) = next(iter(files.items()))
    return to_parquet(path, folder / "out" / source, schema, data, 3)


def check_conservation(folder: Path, found: dict) -> pa.Table:
    """Hold the manifest against the files beside it; give the rows."""
    out = folder / "out" / found["source"]
    assert found["rows_in"] == found["rows"] + found["rows_rejected"] + found["rows_dropped"]
    assert checked_json.read(out / "manifest.json") == checked_json.sealed(found)
    with open(out / "rejects.csv", encoding="utf-8", newline="") as file:
        rejects = list(csv.DictReader(file))
    assert len(rejects) == found["rows_rejected"] == sum(found["rejects"].values())
    assert sum(found["dropped"].values()) == found["rows_dropped"]
    assert sum(found["labels"].values()) == found["rows"]
    tables = [pq.read_table(out / part["file"]) for part in found["parts"]]
    assert [len(table) for table in tables] == [part["rows"] for part in found["parts"]]
    assert sum(map(len, tables)) == found["rows"]
    return pa.concat_tables(tables) if tables else pa.table({})


def test_the_table_is_long_enough():
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_file(case: Case, tmp_path: Path):
    if case.error:
        with pytest.raises(UserError, match=f"(?s){case.error}") as told:
            ingest(tmp_path, case.file, case.content, case.data)
        assert str(told.value).endswith(".")
        assert case.file in str(told.value) or str(told.value).startswith("data")
        return
    found = ingest(tmp_path, case.file, case.content, case.data)
    table = check_conservation(tmp_path, found)
    assert (found["rows"], found["rows_dropped"]) == (case.rows, case.dropped)
    with open(tmp_path / "out" / found["source"] / "rejects.csv", newline="") as file:
        rejects = {int(row["line"]): row["reason"] for row in csv.DictReader(file)}
    assert rejects == case.rejected
    for name, values in case.values.items():
        assert table[name].to_pylist() == values


def test_rejected_rows_stand_whole_in_rejects(tmp_path: Path):
    content = BASE + b'1.5,"a ""b"", c",0,9\n1.5,K\xf6ln,1\n'
    found = ingest(tmp_path, "data.csv", content, {"bad_rows": "quarantine", "max_bad_share": 1})
    with open(tmp_path / "out/data/rejects.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == ['1.5,"a ""b"", c",0,9', "1.5,K\\xf6ln,1"]
    assert [row["file"] for row in rows] == ["data.csv"] * 2
    assert found["rejects"] == {"bad encoding": 1, "wrong number of fields": 1}


def test_a_hundred_bad_lines_in_many_are_found_exactly(tmp_path: Path):
    lines = [b"%d.5,l%d,%d\n" % (i, i % 7, i % 2) for i in range(200_000)]
    bad = [1 + 1999 * i for i in range(100)]
    kinds = [b"1.5,a\n", b"x,a,0\n", b"1.5,a,0,9\n", b"1.5,\xff,1\n", b'1.5,"a,1\n']
    for i, place in enumerate(bad):
        lines[place] = kinds[i % 5]
    content = b"x,c,y\n" + b"".join(lines)
    found = ingest_large(tmp_path, content)
    assert (found["rows_in"], found["rows_rejected"]) == (200_000, 100)
    with open(tmp_path / "out/rejects.csv", encoding="utf-8", newline="") as file:
        assert [int(row["line"]) - 2 for row in csv.DictReader(file)] == bad


def test_a_file_of_bad_rows_stops_before_its_end(tmp_path: Path):
    content = b"x,c,y\n1.5,a,0\n" + b"1.5,a,0,9\n" * 5000
    with pytest.raises(UserError, match=r"1001 of the first .* rows are bad.*in line 3: 4 fields"):
        ingest_large(tmp_path, content)


def ingest_large(folder: Path, content: bytes) -> dict:
    (folder / "large.csv").write_bytes(content)
    data = {"label": "y", "bad_rows": "quarantine"}
    schema, _ = decide(sources(["large.csv"], folder), data)
    return to_parquet(folder / "large.csv", folder / "out", schema, data, 50_000)


# Any text at all: held against plain readings of it, a character at a time.

HOSTILE = st.text(alphabet='",\n\ra1.é ', max_size=60)
FIELD = st.text(alphabet='",;\n\ra1.é \0', max_size=6)


def reference(text: str) -> list[tuple[int, str, bool]]:
    """Records as (line, text, whether its quotes are right), by the rule of ``csv_records``."""
    if text and text[-1] not in "\r\n":
        text += "\n"
    records, at, line = [], 0, 1
    while at < len(text):
        end = record_end(text, at)
        good = end is not None
        if not good:
            end = next(i for i in range(at, len(text)) if text[i] in "\r\n")
            end = after_line_end(text, end)
        record = text[at:end]
        if record.strip("\r\n"):
            records.append((line, record, good))
        line += len(io.StringIO(record, newline=None).readlines())
        at = end
    return records


def record_end(text: str, at: int) -> int | None:
    while True:
        if text[at] == '"':
            at += 1
            while at < len(text) and (text[at] != '"' or text[at : at + 2] == '""'):
                at += 2 if text[at] == '"' else 1
            at += 1
            if at >= len(text) or text[at] not in ",\r\n":
                return None
        else:
            while text[at] not in ",\r\n":
                at += 1
        if text[at] != ",":
            return after_line_end(text, at)
        at += 1


def after_line_end(text: str, at: int) -> int:
    return at + (2 if text[at : at + 2] == "\r\n" else 1)


@settings(max_examples=300, deadline=None)
@given(text=HOSTILE, size=st.integers(1, 40))
def test_records_are_cut_alike_in_blocks_of_any_size(tmp_path_factory, text, size):
    path = tmp_path_factory.mktemp("cut") / "data.csv"
    path.write_bytes(text.encode())
    fmt = CsvFormat(",", '"', "utf-8", (), 0, 1)
    found = []
    with TextStream(path) as stream:
        for block in csv_blocks.blocks(stream, fmt, size):
            records = csv_blocks.Cutter(fmt).records(block) if not block.flaw else []
            assert block.flaw or len(records) == block.rows
            found += [(line, data.decode(), True) for line, data in records]
            if block.flaw:
                found.append((block.line, block.data.decode(), False))
    assert found == reference(text)


@settings(max_examples=100, deadline=None)
@given(text=HOSTILE, tail=st.binary(max_size=6))
def test_no_row_of_any_text_is_lost(tmp_path_factory, text, tail):
    folder = tmp_path_factory.mktemp("any")
    data = {"numeric": ["x"], **QUARANTINE}
    found = ingest(folder, "data.csv", b"x,y\n" + text.encode() + tail, data)
    check_conservation(folder, found)
    if not tail:
        assert found["rows_in"] == len(reference(text))


@settings(max_examples=100, deadline=None)
@given(text=HOSTILE)
def test_what_is_kept_is_what_stands_there(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("kept")
    data = {"categorical": ["c"], "delimiter": ",", **QUARANTINE}
    found = ingest(folder, "data.csv", b"c,y\n" + text.encode(), data)
    table = check_conservation(folder, found)
    fields = [next(csv.reader([record])) for _, record, good in reference(text) if good]
    pairs = [row for row in fields if len(row) == 2]
    wanted = [(spell(c) or None, spell(y)) for c, y in pairs if y.strip()]
    if wanted:
        assert list(zip(*table.to_pydict().values(), strict=True)) == wanted
    else:
        assert found["rows"] == 0


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(FIELD, FIELD, st.sampled_from(["0", "1"])), max_size=8))
def test_what_python_writes_is_read_back(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("csv")
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("c", "d", "y"), *rows])
    content = out.getvalue().encode()
    found = ingest(folder, "data.csv", content, {"categorical": ["c", "d"], "delimiter": ","})
    table = check_conservation(folder, found)
    assert found["rows"] == len(rows)
    if rows:
        assert table["c"].to_pylist() == [spell(row[0]) or None for row in rows]
        assert table["d"].to_pylist() == [spell(row[1]) or None for row in rows]
