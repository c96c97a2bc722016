"""One source becomes parts of equal rows and a manifest that says what is in them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.data.column_stats import LevelStats, NumericStats
from caudal.data.ingest import settings, to_parquet
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import UserError

TEXT = "x,c,w,y\n" + "".join(f"{i}.5,l{i % 3},{i % 2},{i % 2}\n" for i in range(10)) + ",,1,1\n"
DATA = {"label": "y", "weight": "w"}


def ingest(file: Path, out: Path, chunk_rows: int = 4, **data) -> dict:
    """Take one file in."""
    data = {**DATA, **data}
    schema, _ = decide(sources([file.name], file.parent), data)
    return to_parquet(file, out, schema, data, chunk_rows)


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8")
    return path


def read(out: Path) -> pa.Table:
    return pa.concat_tables(pq.read_table(path) for path in sorted(out.glob("*.parquet")))


def test_parts_have_equally_many_rows_and_typed_columns(tmp_path):
    found = ingest(write(tmp_path), tmp_path / "out")
    assert [part["rows"] for part in found["parts"]] == [4, 4, 3]
    assert [part["file"] for part in found["parts"]][2] == "part-00002.parquet"
    level = pa.dictionary(pa.int32(), pa.string())
    wanted = {"c": level, "w": pa.float64(), "x": pa.float64(), "y": level}
    assert (
        dict(
            zip(
                read(tmp_path / "out").schema.names,
                read(tmp_path / "out").schema.types,
                strict=True,
            )
        )
        == wanted
    )
    assert read(tmp_path / "out")["x"].to_pylist() == [i + 0.5 for i in range(10)] + [None]
    assert read(tmp_path / "out")["c"].to_pylist() == [f"l{i % 3}" for i in range(10)] + [None]


def test_a_part_holds_only_its_own_levels(tmp_path):
    text = "c,x,y\n" + "".join(f"id{i},1.5,{i % 2}\n" for i in range(10))
    ingest(write(tmp_path, text), tmp_path / "out", weight=None)
    for start in (0, 4, 8):
        part = pq.read_table(tmp_path / "out" / f"part-{start // 4:05d}.parquet")
        levels = part["c"].chunk(0).dictionary.to_pylist()
        assert sorted(levels) == [f"id{i}" for i in range(start, min(start + 4, 10))]


def test_floats_are_plain_and_nothing_is_compressed(tmp_path):
    ingest(write(tmp_path), tmp_path / "out")
    group = pq.ParquetFile(tmp_path / "out/part-00000.parquet").metadata.row_group(0)
    kinds = {group.column(i).path_in_schema: group.column(i) for i in range(4)}
    assert "PLAIN_DICTIONARY" not in kinds["x"].encodings
    assert "RLE_DICTIONARY" not in kinds["x"].encodings
    assert {column.compression for column in kinds.values()} == {"UNCOMPRESSED"}
    assert not kinds["x"].is_stats_set


def test_the_manifest_says_what_is_there(tmp_path):
    found = ingest(write(tmp_path), tmp_path / "a")
    assert found["source"] == "a"
    assert (found["file"], found["rows_in"], found["rows"]) == ("a.csv", 11, 11)
    assert found["labels"] == {"0": 5, "1": 6}
    x = found["columns"]["x"]
    values = np.arange(10) + 0.5
    assert (x["kind"], x["missing"], x["min"], x["max"]) == ("numeric", 1, 0.5, 9.5)
    assert (x["mean"], x["std"]) == pytest.approx((values.mean(), values.std()))
    assert found["columns"]["c"] == {
        "kind": "categorical",
        "missing": 1,
        "levels": 3,
        "levels_exact": True,
        "top_levels": {"l0": 4, "l1": 3, "l2": 3},
    }
    assert str(tmp_path) not in json.dumps(found)


def test_the_same_source_gives_the_same_bytes(tmp_path):
    file = write(tmp_path)
    for _ in range(2):
        ingest(file, tmp_path / "a")
        contents = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    ingest(file, tmp_path / "again/a")
    assert contents == {p.name: p.read_bytes() for p in (tmp_path / "again/a").iterdir()}


def test_what_an_earlier_attempt_left_is_removed(tmp_path):
    ingest(write(tmp_path), tmp_path / "out", chunk_rows=1)
    ingest(write(tmp_path), tmp_path / "out", chunk_rows=100)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "manifest.json",
        "part-00000.parquet",
        "rejects.csv",
    ]


def test_a_failure_leaves_no_manifest(tmp_path):
    out = tmp_path / "out"
    ingest(write(tmp_path), out)
    file = write(tmp_path, TEXT + "1,2,3\n")
    with pytest.raises(UserError, match="line 13"):
        ingest(file, out)
    assert not (out / "manifest.json").exists()


def test_rows_keep_their_order_over_blocks_and_parts(tmp_path):
    rows = 300_000
    text = "x,c,y\n" + "".join(f"{i}.5,l{i % 999},{i % 2}\n" for i in range(rows))
    found = ingest(write(tmp_path, text), tmp_path / "out", chunk_rows=70_000, weight=None)
    table = read(tmp_path / "out")
    assert table["x"].to_numpy().tolist() == (np.arange(rows) + 0.5).tolist()
    assert table["c"].to_pylist()[-2:] == [f"l{i % 999}" for i in (rows - 2, rows - 1)]
    assert found["columns"]["c"]["levels"] == 999


def test_parquet_is_taken_in_like_csv(tmp_path):
    table = pa.table(
        {
            "x": pa.array([1.5, None, float("nan"), float("inf")], pa.float32()),
            "n": [1, 2, None, 4],
            "c": pa.array(["a", "", None, "b"]).dictionary_encode(),
            "b": [True, False, True, None],
            "t": ["1.5", "oops", "", None],
            "unused": ["", "kept whole", "", ""],
            "y": [1.0, 0.0, 1.0, 0.0],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = ingest(
        tmp_path / "a.parquet",
        tmp_path / "out",
        weight=None,
        numeric=["x", "t"],
        ignore=["unused"],
        bad_rows="quarantine",
        max_bad_share=1,
    )
    kept = read(tmp_path / "out").to_pydict()
    assert (found["rows_in"], found["rows"], found["rejects"]) == (4, 3, {"not a number": 1})
    assert kept["x"] == [1.5, None, None]
    assert kept["n"] == ["1", None, "4"]
    assert kept["c"] == ["a", None, "b"]
    assert kept["b"] == ["True", "True", None]
    assert kept["t"] == [1.5, None, None]
    assert kept["y"] == ["1", "1", "0"]
    rejects = (tmp_path / "out/rejects.csv").read_text().splitlines()
    assert rejects[1].startswith("a.parquet,2,not a number,")
    assert rejects[1].endswith(',",2,,False,oops,kept whole,0.0"')


def test_numbers_of_parquet_have_no_separators_and_nan_is_missing(tmp_path):
    columns = {"x": [1.234, None], "c": [2.5, float("nan")], "n": [2**60 + 1, 1], "y": ["0", "1"]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    data = {"thousands": ".", "decimal": ",", "numeric": ["x", "n"], "categorical": ["c"]}
    ingest(tmp_path / "a.parquet", tmp_path / "out", weight=None, **data)
    table = read(tmp_path / "out")
    assert table["x"].to_pylist() == [1.234, None]
    assert table["c"].to_pylist() == ["2.5", None]
    assert table["n"].to_pylist() == [2.0**60, 1.0]


def test_truths_are_one_class_however_written_and_blanks_are_missing(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1.5,true\n1.5,False\n1.5,TRUE\n1.5, \n1.5,<NA>\n")
    found = ingest(tmp_path / "a.csv", tmp_path / "out", weight=None)
    assert found["labels"] == {"False": 1, "True": 2}
    assert found["dropped"] == {"missing label": 2}


def test_there_is_no_30_february(tmp_path):
    (tmp_path / "a.csv").write_text("d,x,y\n2019-02-28,1.5,0\n2019-02-30,1.5,1\n")
    data = {"weight": None, "derive": {"d": ["month"]}, "bad_rows": "quarantine"}
    found = ingest(tmp_path / "a.csv", tmp_path / "out", max_bad_share=1, **data)
    assert found["rejects"] == {"not a date": 1}


def test_dates_of_parquet_are_derived(tmp_path):
    times = pa.array([1553372469, None], pa.timestamp("s"))
    pq.write_table(pa.table({"d": times, "x": [1.5, 2.5], "y": ["0", "1"]}), tmp_path / "a.parquet")
    ingest(tmp_path / "a.parquet", tmp_path / "out", weight=None, derive={"d": ["hour", "weekday"]})
    kept = read(tmp_path / "out").to_pydict()
    assert kept["d.hour"] == ["20", None]
    assert kept["d.weekday"] == ["Sat", None]


def test_what_contradicts_the_heads_is_noted(tmp_path):
    text = "n,x,y\n" + "1,1.5,0\n" * 20_000 + "2.5,inf,1\n"
    found = ingest(write(tmp_path, text), tmp_path / "out", weight=None)
    assert found["columns"]["n"]["kind"] == "categorical"
    assert found["columns"]["x"]["nonfinite"] == 1
    assert any("'n'" in note and "data.numeric" in note for note in found["notes"])
    assert any("'x'" in note and "not finite" in note for note in found["notes"])


def test_only_what_decides_the_parts_is_a_setting():
    some = {"label": "y", "files": ["a"], "positive": "1", "missing": {"numeric": "mean"}}
    other = {"label": "y", "files": ["a", "b"], "missing": {"numeric": "zero", "indicator": True}}
    assert settings(some) == settings(other)
    assert settings(some) != settings({**some, "missing": {"numeric": "drop"}})
    assert settings(some) != settings({**some, "bad_rows": "quarantine"})


def test_settings_are_enough_to_take_in(tmp_path):
    data = {**DATA, "missing": {"numeric": "drop"}, "bad_rows": "quarantine", "max_bad_share": 1}
    file = write(tmp_path, TEXT + "1\n")
    schema, _ = decide(sources(["a.csv"], tmp_path), data)
    whole = to_parquet(file, tmp_path / "1/a", schema, data, 4)
    part = to_parquet(file, tmp_path / "2/a", schema, settings(data), 4)
    assert whole == part
    assert (part["rows_rejected"], part["rows_dropped"]) == (1, 1)


# Statistics


def test_levels_beyond_the_most_are_capped_and_the_frequent_ones_counted_on():
    stats = LevelStats(most=50)
    for i in range(20):
        levels = pa.array(["often", *(f"id{i}-{j}" for j in range(10))])
        stats.add(levels, np.array([5] + [1] * 10), missing=1)
    found = stats.summary()
    assert (found["levels"], found["levels_exact"], found["missing"]) == (50, False, 20)
    assert found["top_levels"]["often"] == 100
    assert len(found["top_levels"]) == 50


def test_numbers_are_summed_up_alike_in_any_parts():
    values = np.random.default_rng(0).normal(1e6, 1.0, 1000)
    stats = NumericStats()
    for part in np.split(values, [1, 10, 500]):
        stats.add(pa.array(part))
    found = stats.summary()
    assert (found["mean"], found["std"]) == pytest.approx((values.mean(), values.std()), rel=1e-9)
    assert (found["min"], found["max"]) == (values.min(), values.max())


def test_a_column_without_values_has_no_figures():
    stats = NumericStats()
    stats.add(pa.array([None, None], pa.float64()))
    assert stats.summary() == {"missing": 2, "min": None, "max": None, "mean": None, "std": None}
