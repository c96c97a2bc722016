"""Scoring new files with a model."""

import csv

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.data.sources import sources
from caudal.errors import UserError
from caudal.models import prediction
from caudal.models.pickling import load_model
from caudal.models.prediction import predict
from made_run import make_data, make_fits

GRID = {
    "vectorizer": {"n_features": 2**12, "degree": 2},
    "classifier": {"loss": "log_loss", "alpha": 0.001},
}
LABELS = {"text": ["lost", "won"], "int": [3, 7, 12], "bool": [False, True]}


def make_rows(rows, labels=("lost", "won"), seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x1": rng.normal(size=rows),
            "c": rng.choice(["red", "green", "a,b", "grün"], rows),
            "x2": rng.normal(size=rows),
            "when": pd.date_range("2024-01-01", periods=rows, freq="17h").astype(str),
        }
    )
    place = np.digitize(frame.x1 + (frame.c == "red") + rng.normal(size=rows), [0.0, 1.0])
    frame["y"] = np.array(labels)[np.minimum(place, len(labels) - 1)]
    return frame


class Trained:
    """A model, what it needs to predict, and the folder it stands in."""

    def __init__(self, folder, labels=("lost", "won"), grid=GRID, **data):
        self.folder = folder
        self.data = {"label": "y", "missing": {}, "ignore": ["when"], **data}
        make_rows(600, labels).to_csv(folder / "rows.csv", index=False)
        manifest_file, self.schema = make_data(folder, folder / "rows.csv", self.data)
        point = make_fits(folder, manifest_file, self.data, [grid])[0]
        self.model_file = folder / "results" / "fits" / point.id / "model.pkl"
        self.model = load_model(self.model_file)

    def predict(self, *files):
        out = self.folder / "predictions"
        found = sources([str(file) for file in files])
        counts = predict(self.model_file, found, out, self.schema, self.data)
        return counts, {name: pq.read_table(out / f"{name}.parquet") for name in found}


@pytest.mark.parametrize("kind", LABELS)
def test_predictions_are_the_models(tmp_path, kind):
    trained = Trained(tmp_path, LABELS[kind])
    new = make_rows(500, seed=1).drop(columns="y")
    new.to_csv(tmp_path / "new.csv", index=False)
    counts, tables = trained.predict(tmp_path / "new.csv")
    table = tables["new"]
    assert counts == {"new": {"rows_in": 500, "rows": 500, "rows_rejected": 0, "rows_dropped": 0}}
    assert table.column_names == ["prediction"] + [f"probability_{c}" for c in LABELS[kind]]
    assert table["prediction"].to_pylist() == trained.model.predict(new).tolist()
    expected = trained.model.predict_proba(new)
    for k, label in enumerate(LABELS[kind]):
        np.testing.assert_allclose(table[f"probability_{label}"], expected[:, k], rtol=1e-12)
    assert not list((tmp_path / "predictions").glob("*.rejects.csv"))


@pytest.mark.parametrize("levels", [("TRUE", "FALSE"), ("8001.0", "8002.0", ""), ("a ", "b")])
def test_levels_are_spelled_alike_by_hand_and_from_every_file(tmp_path, levels):
    rows = make_rows(600).drop(columns=["when", "x2"])
    rows["c"] = np.array(levels)[np.random.default_rng(2).integers(len(levels), size=len(rows))]
    rows["y"] = np.where(rows.c == levels[0], "won", "lost")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    data = {"label": "y", "missing": {}, "categorical": ["c"]}
    manifest_file, schema = make_data(tmp_path, tmp_path / "rows.csv", data)
    point = make_fits(tmp_path, manifest_file, data, [GRID])[0]
    model_file = tmp_path / "results" / "fits" / point.id / "model.pkl"
    frame = pd.read_csv(tmp_path / "rows.csv")  # truths and doubles, where there were texts
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "frame.parquet")
    by_hand = load_model(model_file).predict(frame)
    assert np.mean(by_hand == rows.y) > 0.95
    found = {name: tmp_path / name for name in ("rows.csv", "frame.parquet")}
    predict(model_file, found, tmp_path / "out", schema, data)
    for name in found:
        table = pq.read_table(tmp_path / "out" / f"{name}.parquet")
        assert table["prediction"].to_pylist() == by_hand.tolist()


def test_columns_may_stand_in_any_order_with_others_and_another_delimiter(tmp_path):
    trained = Trained(tmp_path)
    new = make_rows(50, seed=1)
    expected = trained.model.predict(new).tolist()
    other = new[["x2", "y", "c", "x1"]].assign(extra="so; so")
    other.to_csv(tmp_path / "new.csv", index=False, sep=";")
    _, tables = trained.predict(tmp_path / "new.csv")
    assert tables["new"]["prediction"].to_pylist() == expected


def test_csv_and_parquet_give_the_same_in_blocks_of_any_length(tmp_path, monkeypatch):
    trained = Trained(tmp_path)
    new = make_rows(500, seed=1)
    new.to_csv(tmp_path / "a.csv", index=False)
    new.to_parquet(tmp_path / "b.parquet")
    counts, whole = trained.predict(tmp_path / "a.csv", tmp_path / "b.parquet")
    assert [count["rows"] for count in counts.values()] == [500, 500]
    assert whole["a"].equals(whole["b"])
    monkeypatch.setattr(prediction, "BLOCK_ROWS", 7)
    _, pieces = trained.predict(tmp_path / "a.csv")
    assert pieces["a"].equals(whole["a"])


def test_levels_never_seen_and_missing_numbers_are_predicted(tmp_path):
    trained = Trained(tmp_path)
    new = make_rows(20, seed=1)
    new["c"] = ["violet", None] * 10
    new.loc[::3, "x1"] = np.nan
    new.to_csv(tmp_path / "new.csv", index=False)
    _, tables = trained.predict(tmp_path / "new.csv")
    expected = trained.model.predict_proba(new)[:, 1]
    np.testing.assert_allclose(tables["new"]["probability_won"], expected, rtol=1e-12)


def test_dates_are_derived_as_they_were(tmp_path):
    trained = Trained(tmp_path, ignore=[], derive={"when": ["weekday", "hour"]})
    assert "when.hour" in trained.model.named_steps["extractor"].features
    new = make_rows(60, seed=1)
    new.to_csv(tmp_path / "new.csv", index=False)
    _, tables = trained.predict(tmp_path / "new.csv")
    when = pd.to_datetime(new["when"])
    new["when.weekday"], new["when.hour"] = when.dt.strftime("%a"), when.dt.hour.astype(str)
    expected = trained.model.predict_proba(new)[:, 1]
    np.testing.assert_allclose(tables["new"]["probability_won"], expected, rtol=1e-12)


def spoil(path):
    lines = path.read_text().splitlines()
    lines[3] = "much" + lines[3][lines[3].index(",") :]
    path.write_text("\n".join(lines) + "\n")


def test_a_row_that_cannot_be_read_is_an_error(tmp_path):
    trained = Trained(tmp_path)
    make_rows(200, seed=1).to_csv(tmp_path / "new.csv", index=False)
    spoil(tmp_path / "new.csv")
    with pytest.raises(UserError, match=r"new\.csv, line 4: column 'x1': 'much' is not a number"):
        trained.predict(tmp_path / "new.csv")
    assert not (tmp_path / "predictions").exists()


def test_under_quarantine_it_is_left_out_and_told(tmp_path, caplog):
    trained = Trained(tmp_path, bad_rows="quarantine")
    new = make_rows(200, seed=1)
    new.to_csv(tmp_path / "new.csv", index=False)
    spoil(tmp_path / "new.csv")
    counts, tables = trained.predict(tmp_path / "new.csv")
    assert counts["new"] == {
        "rows_in": 200, "rows": 199, "rows_rejected": 1, "rows_dropped": 0,
    }  # fmt: skip
    expected = trained.model.predict(new.drop(index=2)).tolist()
    assert tables["new"]["prediction"].to_pylist() == expected
    with open(tmp_path / "predictions" / "new.rejects.csv", newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["4"]
    assert "1 rows could not be read and have no prediction" in caplog.text


def test_a_missing_feature_is_named(tmp_path):
    trained = Trained(tmp_path)
    make_rows(20).drop(columns="x2").to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(UserError, match="'x2'"):
        trained.predict(tmp_path / "new.csv")


def test_a_classifier_without_probabilities_gives_predictions_alone(tmp_path):
    trained = Trained(tmp_path, grid={"classifier": {"class": "Perceptron"}})
    new = make_rows(50, seed=1)
    new.to_csv(tmp_path / "new.csv", index=False)
    _, tables = trained.predict(tmp_path / "new.csv")
    assert tables["new"].column_names == ["prediction"]
    assert tables["new"]["prediction"].to_pylist() == trained.model.predict(new).tolist()


def test_a_file_without_rows_gives_a_table_without_rows(tmp_path):
    trained = Trained(tmp_path)
    make_rows(1).head(0).to_csv(tmp_path / "new.csv", index=False)
    _, tables = trained.predict(tmp_path / "new.csv")
    assert tables["new"].num_rows == 0
    assert tables["new"].column_names == ["prediction", "probability_lost", "probability_won"]
