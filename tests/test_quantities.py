"""Columns by pattern, whole numbers that are quantities, and columns of nothing but ids."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.config.settings import complete
from caudal.data.column_stats import LevelStats
from caudal.data.ingest import to_parquet
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import UserError
from caudal.workflow.plan import plan

ROWS = 600
rng = np.random.default_rng(1)
QUANTITIES = {
    "age": rng.integers(18, 90, ROWS),
    "amount": rng.integers(0, 50_000, ROWS),
    "number_of_visits": rng.poisson(30, ROWS),
    "debt": -rng.integers(0, 10**12, ROWS),
}
NAMES = {
    "customer_id": rng.integers(1, 10**6, ROWS),
    "userId": rng.integers(1, 300, ROWS),
    "zip": [f"{code:05}" for code in rng.integers(501, 99_000, ROWS)],
    "hour": rng.integers(0, 24, ROWS),
    "rooms": rng.integers(1, 9, ROWS),
    "order_number": rng.integers(1, 9999, ROWS),
    "line": np.arange(ROWS) + 7,
    "account": [f"0{code}" for code in rng.integers(10_000, 99_000, ROWS)],
    "big": rng.choice([str(10**20), "1"], ROWS),
}
FRACTIONS = {"amt_1": rng.normal(size=ROWS), "amt_2": rng.normal(size=ROWS)}
FRAME = pd.DataFrame({**QUANTITIES, **NAMES, **FRACTIONS, "y": rng.integers(0, 2, ROWS)})


def write(folder, kind="csv", frame=FRAME):
    path = folder / f"rows.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pandas(frame), path)
    else:
        frame.to_csv(path, index=False)
    return path


def decided(path, **data):
    section = complete({"data": {"files": [str(path)], "label": "y", **data}, "grid": [{}]})["data"]
    return decide(sources([str(path)]), section)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_auto_takes_quantities_as_numbers(tmp_path, kind):
    schema, notes = decided(write(tmp_path, kind), numeric="auto")
    kinds = schema["columns"]
    assert {name for name, k in kinds.items() if k == "numeric"} == {*QUANTITIES, *FRACTIONS}
    assert any("look like a quantity" in note and "'age'" in note for note in notes)
    assert any("called as ids" in note and "'userId'" in note for note in notes)


def test_left_out_whole_numbers_stay_names(tmp_path):
    kinds = decided(write(tmp_path))[0]["columns"]
    assert {name for name, k in kinds.items() if k == "numeric"} == set(FRACTIONS)


def test_what_is_named_goes_before_auto(tmp_path):
    kinds = decided(write(tmp_path), numeric="auto", categorical=["age"])[0]["columns"]
    assert (kinds["age"], kinds["amount"]) == ("categorical", "numeric")


def test_patterns_name_columns_and_a_name_goes_before_them(tmp_path):
    data = {"numeric": ["a*"], "ignore": ["*_id", "*Id", "account"], "categorical": ["amount"]}
    kinds = decided(write(tmp_path), **data)[0]["columns"]
    assert {name for name, k in kinds.items() if k == "numeric"} == {"age", "amt_1", "amt_2"}
    assert kinds["amount"] == "categorical"
    assert not {"customer_id", "userId", "account"} & set(kinds)
    with pytest.raises(UserError, match="the column 'age' is also used"):
        decided(write(tmp_path), numeric=["a*"], ignore=["ag*"])


@pytest.mark.parametrize("key", ["numeric", "categorical", "ignore"])
def test_a_pattern_of_nothing_is_told(tmp_path, key):
    with pytest.raises(UserError, match=rf"data.{key}: no column matches 'q\*'; the columns are"):
        decided(write(tmp_path), **{key: ["q*"]})


def test_a_column_with_a_sign_of_patterns_in_its_name_is_itself(tmp_path):
    frame = pd.DataFrame({"x*": [1, 2], "x1": [3, 4], "y": [0, 1]})
    kinds = decided(write(tmp_path, frame=frame), numeric=["x*"])[0]["columns"]
    assert (kinds["x*"], kinds["x1"]) == ("numeric", "categorical")


def test_patterns_of_the_simulated(tmp_path):
    config = {"simulate": {"model": "clicks"}, "data": {"label": "y", "numeric": ["x*"]}}
    kinds = plan({**config, "grid": [{}]}).schema["columns"]
    assert {name for name, kind in kinds.items() if kind == "numeric"} == {"x1", "x2", "x3"}


@pytest.mark.parametrize(
    "written, sentence",
    [
        ({"base": ["age"], "except": ["amt_1"]}, "except is no name of a set"),
        ({"column": "zip", "words": True}, r"is one feature and no set.*\[\[{column: zip"),
        ([["zip", {"column": "zip", "words": True}]], "'zip' is named twice"),
        ([[{"column": "zip"}]], "{column: zip} is no feature; a text is written"),
        ([[{"column": "zip", "word": True}]], "no key 'word' .did you mean 'words'"),
        ([[{"column": "zip", "words": True, "pairs": 2}]], "pairs: 2 is neither true nor false"),
        ([["age", True]], "put the name in quotes"),
    ],
)
def test_sets_of_features_that_could_mean_two_things_are_told(tmp_path, written, sentence):
    data = {"files": [str(write(tmp_path))], "label": "y"}
    with pytest.raises(UserError, match=sentence):
        plan({"data": data, "grid": [{"extractor": {"features": written}}]})


# Ids


def test_a_column_of_its_own_level_in_nearly_every_row_is_told(tmp_path):
    frame = pd.DataFrame(
        {
            "id": [f"c{i}" for i in range(ROWS)],
            "seen_twice": [f"c{i // 2}" for i in range(ROWS)],
            "y": FRAME.y,
        }
    )
    path = write(tmp_path, frame=frame)
    schema, _ = decided(path)
    notes = to_parquet(path, tmp_path / "out", schema, {"label": "y"}, 100)["notes"]
    (told,) = [note for note in notes if "level of its own" in note]
    assert told.startswith("column 'id'") and "600 in 600" in told and "words: true" in told


def test_levels_are_counted_in_bounded_memory():
    for limits in ({"most": 50}, {"most_bytes": 3000}):
        stats = LevelStats(**limits)
        for part in range(10):
            levels = pa.array([f"{'long' * 20}{part}-{i}" for i in range(30)])
            stats.add(levels, np.ones(30, np.int64), 0)
        assert not stats.exact
        values, levels = stats.told_apart
        assert values == levels <= 60
