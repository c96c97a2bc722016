"""Predictions for new files: which model, which columns, how true they came."""

import csv
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.errors import Damaged, UserError
from caudal.learn.benchmark import BenchmarkClassifier
from caudal.models.pickling import load_model
from caudal.predictions import new_file
from caudal.predictions.names import new_files
from caudal.predictions.new_file import predict
from caudal.predictions.record import read_record
from made_run import CONFIG, make_run
from sklearn.metrics import brier_score_loss

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
    """A best model, and the folder that it stands in alone: all else of its run is gone."""

    def __init__(self, folder, labels=("lost", "won"), grid=GRID, **data):
        self.folder = folder
        data = {"label": "y", "missing": {}, "ignore": ["when"], **data}
        self.rows = make_rows(600, labels)
        self.rows.to_csv(folder / "rows.csv", index=False)
        make_run(folder, folder / "rows.csv", data, [grid])
        self.best = folder / "best"
        shutil.move(folder / "results/best", self.best)
        shutil.rmtree(folder / "results")
        (folder / "rows.csv").unlink()
        self.model = load_model(self.best / "model.pkl")

    def predict(self, file, **options):
        """The record and the table of predictions."""
        out = self.folder / "predictions" / f"{file.stem}.parquet"
        record = predict(self.best / "model.pkl", file, out, **options)
        assert record == {
            k: v for k, v in read_record(out.with_suffix(".json")).items() if k != "checksum"
        }
        return record, pq.read_table(out)


def counts(record):
    names = ("rows_in", "rows", "rows_rejected", "rows_dropped")
    return tuple(record[name] for name in names)


@pytest.mark.parametrize("kind", LABELS)
def test_predictions_are_the_models(tmp_path, kind):
    trained = Trained(tmp_path, LABELS[kind])
    new = make_rows(500, seed=1).drop(columns="y")
    new.to_csv(tmp_path / "new.csv", index=False)
    record, table = trained.predict(tmp_path / "new.csv")
    assert counts(record) == (500, 500, 0, 0)
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
    make_run(tmp_path, tmp_path / "rows.csv", {"label": "y", "categorical": ["c"]}, [GRID])
    model_file = tmp_path / "results/best/model.pkl"
    frame = pd.read_csv(tmp_path / "rows.csv")  # truths and doubles, where there were texts
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "frame.parquet")
    by_hand = load_model(model_file).predict(frame)
    assert np.mean(by_hand == rows.y) > 0.95
    for name in ("rows.csv", "frame.parquet"):
        out = tmp_path / "out" / f"{name}.parquet"
        predict(model_file, tmp_path / name, out)
        assert pq.read_table(out)["prediction"].to_pylist() == by_hand.tolist()


def test_columns_may_stand_in_any_order_with_others_and_another_delimiter(tmp_path):
    trained = Trained(tmp_path)
    new = make_rows(50, seed=1)
    expected = trained.model.predict(new).tolist()
    other = new[["x2", "y", "c", "x1"]].assign(extra="so; so")
    other.to_csv(tmp_path / "new.csv", index=False, sep=";")
    _, table = trained.predict(tmp_path / "new.csv")
    assert table["prediction"].to_pylist() == expected


def test_csv_and_parquet_give_the_same_in_blocks_of_any_length(tmp_path, monkeypatch):
    trained = Trained(tmp_path)
    new = make_rows(500, seed=1)
    new.to_csv(tmp_path / "a.csv", index=False)
    new.to_parquet(tmp_path / "b.parquet")
    (of_csv, from_csv), (of_parquet, from_parquet) = (
        trained.predict(tmp_path / name) for name in ("a.csv", "b.parquet")
    )
    assert from_csv.equals(from_parquet)
    assert of_csv["score"] == of_parquet["score"]
    monkeypatch.setattr(new_file, "BLOCK_ROWS", 7)
    record, pieces = trained.predict(tmp_path / "a.csv")
    assert pieces.equals(from_csv)
    assert record["score"] == of_csv["score"]


def test_levels_never_seen_and_missing_numbers_are_predicted(tmp_path):
    trained = Trained(tmp_path)
    new = make_rows(20, seed=1)
    new["c"] = ["violet", None] * 10
    new.loc[::3, "x1"] = np.nan
    new.to_csv(tmp_path / "new.csv", index=False)
    _, table = trained.predict(tmp_path / "new.csv")
    expected = trained.model.predict_proba(new)[:, 1]
    np.testing.assert_allclose(table["probability_won"], expected, rtol=1e-12)


def test_dates_are_derived_as_they_were(tmp_path):
    trained = Trained(tmp_path, ignore=[], derive={"when": ["weekday", "hour"]})
    assert "when.hour" in trained.model.named_steps["extractor"].features
    new = make_rows(60, seed=1)
    new.to_csv(tmp_path / "new.csv", index=False)
    _, table = trained.predict(tmp_path / "new.csv")
    when = pd.to_datetime(new["when"])
    new["when.weekday"], new["when.hour"] = when.dt.strftime("%a"), when.dt.hour.astype(str)
    expected = trained.model.predict_proba(new)[:, 1]
    np.testing.assert_allclose(table["probability_won"], expected, rtol=1e-12)


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
    assert not list((tmp_path / "predictions").iterdir())


def test_under_quarantine_it_is_left_out_and_told(tmp_path, caplog):
    trained = Trained(tmp_path, bad_rows="quarantine")
    new = make_rows(200, seed=1)
    new.to_csv(tmp_path / "new.csv", index=False)
    spoil(tmp_path / "new.csv")
    record, table = trained.predict(tmp_path / "new.csv")
    assert counts(record) == (200, 199, 1, 0)
    expected = trained.model.predict(new.drop(index=2)).tolist()
    assert table["prediction"].to_pylist() == expected
    with open(tmp_path / "predictions" / "new.rejects.csv", newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["4"]
    assert "1 row could not be read and got no prediction" in caplog.text


def test_a_missing_feature_is_named(tmp_path):
    trained = Trained(tmp_path)
    make_rows(20).drop(columns="x2").to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(UserError, match="'x2'"):
        trained.predict(tmp_path / "new.csv")


def test_a_classifier_without_probabilities_gives_predictions_alone(tmp_path):
    trained = Trained(tmp_path, grid={"classifier": {"class": "Perceptron"}})
    new = make_rows(50, seed=1)
    new.to_csv(tmp_path / "new.csv", index=False)
    _, table = trained.predict(tmp_path / "new.csv")
    assert table.column_names == ["prediction"]
    assert table["prediction"].to_pylist() == trained.model.predict(new).tolist()


def test_a_file_without_rows_gives_a_table_without_rows(tmp_path):
    trained = Trained(tmp_path)
    make_rows(1).head(0).to_csv(tmp_path / "new.csv", index=False)
    _, table = trained.predict(tmp_path / "new.csv")
    assert table.num_rows == 0
    assert table.column_names == ["prediction", "probability_lost", "probability_won"]


def test_columns_to_keep_go_along_in_the_rows_that_are_kept(tmp_path):
    trained = Trained(tmp_path, bad_rows="quarantine", max_bad_share=0.1)
    new = make_rows(50, seed=1)
    new.insert(0, "id", [f"{i:03}" for i in range(50)])
    new.to_csv(tmp_path / "new.csv", index=False)
    lines = (tmp_path / "new.csv").read_text().splitlines()
    lines[4] = "003,much" + lines[4][lines[4].index(",", 4) :]
    (tmp_path / "new.csv").write_text("\n".join(lines) + "\n")
    _, table = trained.predict(tmp_path / "new.csv", keep=["id", "y", "x1", "when"])
    left = new.drop(index=3)
    assert table.column_names[:5] == ["id", "y", "x1", "when", "prediction"]
    assert table["id"].to_pylist() == left["id"].tolist()
    assert table["y"].to_pylist() == left["y"].tolist()
    assert table["x1"].to_pylist() == left["x1"].tolist()
    assert table["prediction"].to_pylist() == trained.model.predict(left).tolist()


def test_what_parquet_holds_is_kept_with_its_type(tmp_path):
    trained = Trained(tmp_path)
    new = make_rows(20, seed=1).assign(id=range(20), at=pd.date_range("2024-01-01", periods=20))
    new.to_parquet(tmp_path / "new.parquet")
    _, table = trained.predict(tmp_path / "new.parquet", keep=["id", "at"])
    assert table["id"].to_pylist() == list(range(20))
    assert table["at"].to_pandas().tolist() == new["at"].tolist()


@pytest.mark.parametrize(
    "keep, sentence",
    [
        (
            "idd",
            r"new\.csv, line 1: predict\.keep: there is no column 'idd' \(did you mean 'id'\?\)",
        ),
        ("prediction", "predict.keep: 'prediction' is a column of the predictions, too"),
    ],
)
def test_what_cannot_be_kept_is_named(tmp_path, keep, sentence):
    trained = Trained(tmp_path)
    make_rows(5).assign(id=1, prediction=2).to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(UserError, match=sentence):
        trained.predict(tmp_path / "new.csv", keep=[keep])
    assert not list((tmp_path / "predictions").glob("*"))


def test_predictions_as_csv(tmp_path):
    trained = Trained(tmp_path, LABELS["bool"])
    new = make_rows(30, seed=1).assign(id=[f"a,{i}" for i in range(30)])
    new.to_csv(tmp_path / "new.csv", index=False)
    _, table = trained.predict(tmp_path / "new.csv", keep=["id"])
    predict(trained.best / "model.pkl", tmp_path / "new.csv", tmp_path / "new_out.csv", ["id"])
    assert pd.read_csv(tmp_path / "new_out.csv").equals(table.to_pandas())
    assert "True" in (tmp_path / "new_out.csv").read_text()


def test_labels_are_scored_against_the_model_and_the_benchmark_as_they_were(tmp_path):
    trained = Trained(tmp_path)
    new = make_rows(3000, seed=1)
    new.to_csv(tmp_path / "new.csv", index=False)
    record, table = trained.predict(tmp_path / "new.csv")
    won = (new.y == "won").to_numpy()
    p = table["probability_won"].to_numpy()
    window = CONFIG["stream"]["batch_size"] * CONFIG["stream"]["n_batches"]
    null = np.mean(trained.rows.y[-window:] == "won")
    assert record["rows_scored"] == 3000
    assert record["score"] == pytest.approx(-brier_score_loss(won, p))
    assert record["benchmark_score"] == pytest.approx(-np.mean((won - null) ** 2))
    assert record["r2"] == pytest.approx(1 - record["score"] / record["benchmark_score"])
    assert 0.5 < record["standard_error"] / (np.std((p - won) ** 2) / np.sqrt(3000)) < 2
    rows = [entry["rows"] for entry in record["calibration"]]
    assert rows == np.histogram(p, np.linspace(0, 1, 11))[0].tolist()


def test_labels_of_three_classes_are_scored(tmp_path):
    trained = Trained(tmp_path, LABELS["int"])
    new = make_rows(700, LABELS["int"], seed=1)
    new.to_csv(tmp_path / "new.csv", index=False)
    record, table = trained.predict(tmp_path / "new.csv")
    p = table.select([f"probability_{c}" for c in LABELS["int"]]).to_pandas().to_numpy()
    true = new.y.to_numpy()[:, None] == np.array(LABELS["int"])
    assert record["score"] == pytest.approx(-np.mean(np.sum((p - true) ** 2, axis=1)))


def test_rows_without_a_label_or_with_another_are_predicted_and_not_scored(tmp_path, caplog):
    trained = Trained(tmp_path)
    new = make_rows(100, seed=1)
    new.loc[:4, "y"] = None
    new.loc[5:14, "y"] = "drawn"
    new.to_csv(tmp_path / "new.csv", index=False)
    record, table = trained.predict(tmp_path / "new.csv")
    assert len(table) == 100
    assert (record["rows_scored"], record["rows_without_label"]) == (85, 5)
    assert record["rows_of_other_labels"] == 10
    assert "10 rows with a label that the model has not learned" in caplog.text
    p = table["probability_won"].to_numpy()[15:]
    assert record["score"] == pytest.approx(-np.mean((p - (new.y[15:] == "won")) ** 2))


def test_without_the_label_nothing_is_scored(tmp_path):
    trained = Trained(tmp_path)
    make_rows(10).drop(columns="y").to_csv(tmp_path / "new.csv", index=False)
    record, _ = trained.predict(tmp_path / "new.csv")
    assert not {"score", "rows_scored", "calibration"} & set(record)


def test_the_record_of_a_fit_tells_the_benchmark_after_the_last_row(tmp_path):
    trained = Trained(tmp_path, LABELS["int"])
    record = read_record(trained.best / "score.json")
    window = CONFIG["stream"]["batch_size"] * CONFIG["stream"]["n_batches"]
    null = BenchmarkClassifier(window).fit(np.zeros((600, 1)), trained.rows.y)
    assert record["benchmark"] == null.probabilities().tolist()


def test_a_model_without_its_record_is_not_loaded(tmp_path):
    trained = Trained(tmp_path)
    make_rows(5).to_csv(tmp_path / "new.csv", index=False)
    (trained.best / "score.json").unlink()
    with pytest.raises(Damaged, match=r"score\.json is missing"):
        trained.predict(tmp_path / "new.csv")


def test_one_files_predictions_never_take_anothers_place(tmp_path, monkeypatch):
    trained = Trained(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("new.csv", "other/new.csv", "new.parquet"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert new_files(["new.csv"]) == {"new": "new.csv"}
    make_rows(5).to_csv(tmp_path / "new.csv", index=False)
    predict(trained.best / "model.pkl", "new.csv", "results/predictions/new.parquet")
    assert new_files([str(tmp_path / "new.csv")]) == {"new": "new.csv"}
    (other,) = new_files(["other/new.csv"])
    assert other.startswith("new-")
    assert new_files(["other/new.csv", "new.csv"]) == {other: "other/new.csv", "new": "new.csv"}
    (parquet,) = new_files(["new.parquet"])
    assert parquet.startswith("new-") and parquet != other
