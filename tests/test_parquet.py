"""Parquet of every type: the values, or one sentence that names the column."""

import datetime as dt
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.data.ingest import to_parquet
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import UserError

X, Y = [1.5, 2.5, 3.5], ["0", "1", "0"]


def ingest(folder, columns, data=None, **options):
    """Write a Parquet file and take it in; give its kinds, manifest and rows."""
    data = {"label": "y", **(data or {})}
    pq.write_table(pa.table({**columns, "x": X, "y": Y}), folder / "a.parquet", **options)
    schema, _ = decide({"a": folder / "a.parquet"}, data)
    found = to_parquet(folder / "a.parquet", folder / "out", schema, data, 100)
    tables = [pq.read_table(folder / "out" / part["file"]) for part in found["parts"]]
    return schema["columns"], found, pa.concat_tables(tables).to_pydict()


IDS = [uuid.UUID(int=i).bytes for i in (1, 2, 1)]
LEVELS = {
    "uuid": (pa.array(IDS, pa.uuid()), [str(uuid.UUID(int=i)) for i in (1, 2, 1)]),
    "text as bytes": (pa.array([b"a", None, b"b"]), ["a", None, "b"]),
    "view": (pa.array(["a", "b", None], pa.string_view()), ["a", "b", None]),
    "large": (pa.array(["a", "b", None], pa.large_string()), ["a", "b", None]),
    "truths": (pa.array([True, False, None]), ["True", "False", None]),
    "day": (pa.array([dt.date(2019, 3, 23), None, None]), ["2019-03-23", None, None]),
    "time": (pa.array([dt.time(12, 30), None, None]), ["12:30:00", None, None]),
    "whole decimals": (
        pa.array([10**18, 10**18 + 1, None], pa.decimal128(20, 0)),
        ["1000000000000000000", "1000000000000000001", None],
    ),
    "nothing": (pa.nulls(3), [None, None, None]),
    "dictionary of numbers": (pa.array([7, 8, None]).dictionary_encode(), ["7", "8", None]),
}


@pytest.mark.parametrize("kind", LEVELS)
def test_levels_are_texts_as_they_are_written(tmp_path, kind):
    column, levels = LEVELS[kind]
    kinds, _, rows = ingest(tmp_path, {"c": column})
    assert (kinds["c"], rows["c"]) == ("categorical", levels)


UNFIT = {
    "list": pa.array([["a"], [], None]),
    "struct": pa.array([{"lat": 1.5}, None, None]),
    "map": pa.array([[("a", 1)], None, None], pa.map_(pa.string(), pa.int64())),
    "duration": pa.array([1, 2, None], pa.duration("s")),
    "bytes of one length": pa.array([b"\0" * 12] * 3, pa.binary(12)),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_what_is_no_column_of_a_table_is_named(tmp_path, kind):
    with pytest.raises(UserError, match=r"column 'wait' is of type .* data\.ignore"):
        ingest(tmp_path, {"wait": UNFIT[kind]})
    _, found, rows = ingest(tmp_path, {"wait": UNFIT[kind]}, {"ignore": ["wait"]})
    assert (found["rows"], rows["x"]) == (3, X)


@pytest.mark.parametrize("kind", [pa.string(), pa.binary(), pa.large_string(), pa.string_view()])
def test_bytes_that_are_no_text_are_a_bad_row(tmp_path, kind):
    column = pa.array([b"Jena", b"K\xf6ln", b"Ulm"]).cast(pa.binary_view()).cast(pa.binary())
    column = column.view(pa.string()) if kind != pa.binary() else column
    column = column.cast(kind) if kind == pa.large_string() else column
    with pytest.raises(UserError, match=r"line 2: column 'c' is not utf-8 text"):
        ingest(tmp_path, {"c": column})
    data = {"bad_rows": "quarantine", "max_bad_share": 1, "missing": {"numeric": "error"}}
    _, found, rows = ingest(tmp_path, {"c": column}, data)
    assert (rows["c"], found["rejects"]) == (["Jena", "Ulm"], {"bad encoding": 1})
    assert "2,bad encoding" in (tmp_path / "out/rejects.csv").read_text()
    assert "K\\xf6ln" in (tmp_path / "out/rejects.csv").read_text()


def test_a_blob_is_a_bad_row_that_names_the_way_out(tmp_path):
    with pytest.raises(UserError, match=r"column 'b' is not utf-8 text \(data.ignore"):
        ingest(tmp_path, {"b": pa.array([b"\0\1", b"\0\2", None])})


def test_old_time_stamps_do_not_wrap_around(tmp_path):
    stamps = pa.array([dt.datetime(9999, 12, 31), dt.datetime(2019, 3, 23, 20), None])
    options = {"use_deprecated_int96_timestamps": True}
    table = {"d": stamps.cast(pa.timestamp("us"))}
    _, _, rows = ingest(tmp_path, table, {"derive": {"d": ["hour", "month"]}}, **options)
    assert rows["d.month"] == ["Dec", "Mar", None]
    assert rows["d.hour"] == ["0", "20", None]


@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize("first", [pa.nulls(3), pa.nulls(3, pa.string()), pa.nulls(3, pa.int64())])
def test_a_column_that_is_empty_on_the_first_day_is_what_it_is_later(tmp_path, first, statistics):
    for name, column in (("day1", first), ("day2", pa.array([0.5, None, 1.5]))):
        table = pa.table({"z": column, "y": Y})
        pq.write_table(table, tmp_path / f"{name}.parquet", write_statistics=statistics)
    files = sources(["day*.parquet"], tmp_path)
    schema, _ = decide(files, {"label": "y"})
    assert schema["columns"] == {"y": "label", "z": "numeric"}
    out = [to_parquet(f, tmp_path / n, schema, {"label": "y"}, 9) for n, f in files.items()]
    assert [found["columns"]["z"]["missing"] for found in out] == [3, 1]


def test_a_number_for_missing_means_it_in_parquet_too(tmp_path):
    columns = {"n": pa.array([-999.0, 1.5, None]), "c": pa.array([-999, 7, 8])}
    _, _, rows = ingest(tmp_path, columns, {"missing": {"texts": ["-999"]}})
    assert (rows["n"], rows["c"]) == ([None, 1.5, None], [None, "7", "8"])


@pytest.mark.parametrize("pattern", ["t.parquet", "t.parquet/**/*.parquet", "t.parquet/*"])
def test_a_folder_and_the_names_of_its_folders_are_read(tmp_path, pattern):
    for place, site in enumerate(("a%20b", "__HIVE_DEFAULT_PARTITION__")):
        folder = tmp_path / f"t.parquet/site={site}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": X, "y": Y}), folder / f"part-{place}.parquet")
        (folder / "_SUCCESS").touch()
        (tmp_path / "t.parquet/_metadata.parquet").touch()
    files = sources([pattern], tmp_path)
    schema, _ = decide(files, {"label": "y"})
    assert schema["columns"] == {"site": "categorical", "x": "numeric", "y": "label"}
    out = [to_parquet(f, tmp_path / n, schema, {"label": "y"}, 9) for n, f in files.items()]
    levels = [found["columns"]["site"] for found in out]
    assert sorted(level["missing"] for level in levels) == [0, 3]
    assert {"a b": 3} in [level["top_levels"] for level in levels]
