"""Fits of numbers, from a CSV file to predictions in the label's own unit."""

import csv
import json
import pickle

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from caudal import StandardisedRegressor
from caudal.config.grid import expand
from caudal.errors import UserError
from caudal.learn.number_target import NumberTarget
from caudal.learn.prediction_groups import GROUPS, PredictionGroups
from caudal.learn.saved_state import NAME, SavedStates
from caudal.models.coefficients import table
from caudal.models.pickling import as_loaded, dump_model
from caudal.models.prediction import predictions
from caudal.report.page import write_report
from caudal.simulate.write import simulate
from made_run import make_data, make_run
from reference import matrix_of
from sklearn.linear_model import SGDRegressor
from test_fitting import MIXED, results_of, stream

DATA = {"label": "y", "weight": None, "missing": {"numeric": "mean"}, "task": "regression"}
SCORE = {"loss": "squared", "drop_scores": 0.5}
SGD = {
    "vectorizer": {"n_features": 2**18, "degree": 2},
    "regressor": {"class": "SGDRegressor", "alpha": 0.001},
}
GRID = [
    {**SGD, "regressor": {"alpha": [0.0001, 0.01]}},
    {**SGD, "regressor": {"class": "FTRLRegressor", "loss": ["squared_error", "huber"]}},
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """4,070 simulated rows as a CSV file, the truth beside it."""
    folder = tmp_path_factory.mktemp("rows")
    simulate({"model": "linear", "rows": 4070}, 3, [folder / "rows.csv"], folder / "truth.csv")
    return folder / "rows.csv"


@pytest.fixture(scope="module")
def manifest(rows, tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("run"), rows, {"label": "y", "task": "regression"})[0]


def run(manifest, points, settings=None, score=SCORE, data=DATA, seed=0, **more):
    from caudal.learn.fitting import fit_points

    return list(fit_points(manifest, points, settings or stream(), score, data, seed, **more))


def scaled_rows(rows, folder, factor, shift=0.0):
    """The same rows with other labels, converted."""
    frame = pd.read_csv(rows)
    frame["y"] = frame["y"] * factor + shift
    frame.to_csv(folder / "rows.csv", index=False)
    return make_data(folder, folder / "rows.csv", DATA)[0]


@pytest.mark.parametrize("factor, shift", [(1.0, 0.0), (1e6, 5e6), (1e-3, 0.5)])
@pytest.mark.parametrize("loss", ["squared", "absolute"])
def test_the_score_is_that_of_the_plain_loop(rows, tmp_path, factor, shift, loss):
    """A label of any size is learned standardised by the first chunk, and scored in its unit."""
    manifest = scaled_rows(rows, tmp_path, factor, shift)
    point = expand([{"extractor": {"scale": False}, **SGD}])[0]
    _, model, record = run(manifest, [point], score={**SCORE, "loss": loss})[0]
    frame = pd.read_csv(tmp_path / "rows.csv")
    X = matrix_of(frame[["x1", "x2", "x3"]].to_dict("records"), 2**18, 2)
    y = frame["y"].to_numpy()
    center, scale = y[:500].mean(), y[:500].std()
    plain = SGDRegressor(alpha=0.001, shuffle=False)
    error = {"squared": np.square, "absolute": np.abs}[loss]
    average = {"squared": np.mean, "absolute": np.median}[loss]
    losses, null_losses = [], []
    for start in range(0, len(y), 100):
        batch = slice(start, start + 100)
        if start >= 500:
            losses += [error(center + scale * plain.predict(X[batch]) - y[batch])]
            null_losses += [error(average(y[start - 500 : start]) - y[batch])]
        plain.partial_fit(X[batch], (y[batch] - center) / scale)
    first = len(losses) // 2
    score, null = (-np.concatenate(each[first:]).mean() for each in (losses, null_losses))
    assert record["score"] == pytest.approx(score, rel=1e-9)
    assert record["benchmark_score"] == pytest.approx(null, rel=1e-9)
    assert record["r2"] == pytest.approx(1 - score / null, rel=1e-8)
    assert record["r2"] > 0.2
    loaded = as_loaded(model)
    np.testing.assert_allclose(loaded[-1].coef_, scale * plain.coef_, rtol=1e-9)
    np.testing.assert_allclose(loaded[-1].intercept_, center + scale * plain.intercept_, rtol=1e-9)
    np.testing.assert_allclose(loaded.predict(frame), center + scale * plain.predict(X), rtol=1e-9)
    assert list(loaded.named_steps) == ["extractor", "vectorizer", "regressor"]
    assert type(loaded[-1].regressor_) is SGDRegressor


@pytest.mark.parametrize("order", ["sequential", "mux"])
def test_points_of_a_job_and_prefetching_change_nothing(manifest, tmp_path, order):
    points = expand(GRID)
    settings = MIXED if order == "mux" else stream()
    together = results_of(run(manifest, points, settings), tmp_path)
    alone = {}
    for point in points:
        alone |= results_of(run(manifest, [point], settings), tmp_path)
    ahead = results_of(run(manifest, points, {**settings, "prefetch": True}), tmp_path)
    assert together == alone == ahead


def test_the_simulation_s_coefficients_are_found(tmp_path):
    simulate({"model": "linear", "rows": 40_000, "noise": 0.5}, 1, [tmp_path / "rows.csv"],
             tmp_path / "truth.csv")  # fmt: skip
    manifest, _ = make_data(tmp_path, tmp_path / "rows.csv", DATA)
    grid = [{**SGD, "regressor": {"class": "FTRLRegressor"}}]
    _, model, record = run(manifest, expand(grid), stream(n_batches=20))[0]
    with open(tmp_path / "truth.csv", newline="") as file:
        truth = {row["term"]: float(row["coefficient"]) for row in csv.DictReader(file)}
    found = table(as_loaded(model), []).to_pylist()
    assert {row["term"] for row in found} == set(truth)
    for row in found:
        assert row["coefficient"] == pytest.approx(truth[row["term"]], abs=0.05)
    assert -record["score"] == pytest.approx(0.25, rel=0.05)  # the noise is all that is left


def test_the_label_s_unit_changes_nothing_but_units(rows, tmp_path):
    found = {}
    for factor in (1.0, 2.0**20):
        home = tmp_path / str(factor)
        home.mkdir()
        found[factor] = run(scaled_rows(rows, home, factor), expand(GRID))
    for (_, _, one), (_, _, other) in zip(*found.values(), strict=True):
        assert other["r2"] == pytest.approx(one["r2"], rel=1e-9)
        assert other["score"] == pytest.approx(one["score"] * 2.0**40, rel=1e-9)


def test_weights_count_in_learning(rows, tmp_path):
    """Rows that weigh nothing teach nothing."""
    frame = pd.read_csv(rows)
    frame["w"] = (np.arange(len(frame)) % 2).astype(float)
    frame.loc[frame["w"] == 0, "y"] = 1000.0
    frame.loc[:500, "y"] = frame["y"][1:501:2].mean()  # the label's unit has no weights
    frame.loc[1:500:2, "y"] += np.linspace(-3, 3, 250)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    data = {**DATA, "weight": "w", "missing": {}}
    manifest, _ = make_data(tmp_path, tmp_path / "rows.csv", data)
    for _, model, _ in run(manifest, expand(GRID), data=data):
        assert np.abs(as_loaded(model).predict(frame)).max() < 500


def test_a_fit_of_more_rows_goes_on_to_the_same_bytes(manifest, tmp_path, caplog):
    caplog.set_level("INFO", "caudal")
    points = expand(GRID)
    whole = results_of(run(manifest, points), tmp_path)
    files = {point.id: tmp_path / point.id / NAME for point in points}
    run(manifest, points, rows=2500, states=SavedStates(files, keep=True))
    caplog.clear()
    grown = run(manifest, points, states=SavedStates(files, keep=True))
    assert caplog.text.count("goes on after 2500 rows") == len(points)
    assert results_of(grown, tmp_path) == whole


def test_a_first_chunk_without_differences_is_one_sentence(tmp_path):
    frame = pd.DataFrame({"x": np.arange(2000) / 7, "y": np.maximum(0, np.arange(2000) - 900)})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    manifest, _ = make_data(tmp_path, tmp_path / "rows.csv", DATA)
    with pytest.raises(
        UserError, match=r"all 500 labels 'y' of the first chunk are 0, .*order: mux"
    ):
        run(manifest, expand(GRID))
    assert run(manifest, expand(GRID), MIXED)[0][2]["r2"] > 0.5


def test_a_diverging_point_is_told_and_the_others_go_on(manifest):
    rates = {"learning_rate": "constant", "eta0": [1e300, 0.01]}
    fits = run(manifest, expand([{**SGD, "regressor": rates}]))
    told = {p.learner["eta0"]: (r["diverged"], r["score"] is None) for p, _, r in fits}
    assert told == {1e300: (True, True), 0.01: (False, False)}


def test_groups_of_predictions():
    """Ten groups of nearly as many rows, with the means and deviations of their own rows."""
    random = np.random.default_rng(0)
    predicted = random.normal(0, 0.8, 20_000)
    y = predicted + random.normal(0, 0.5, 20_000)
    measures = PredictionGroups(100.0, 10.0)
    halves = [
        measures.sums(predicted[part, None], y[part]) for part in (slice(7000), slice(7000, None))
    ]
    groups = measures.record(sum(halves))["predicted_true"]
    assert len(groups) == GROUPS
    assert sum(group["rows"] for group in groups) == 20_000
    assert all(1200 < group["rows"] < 2800 for group in groups)
    order, start = np.argsort(predicted), 0
    for group in groups:
        own = order[start : start + group["rows"]]
        start += group["rows"]
        assert group["mean_prediction"] == pytest.approx(100 + 10 * predicted[own].mean())
        assert group["mean_label"] == pytest.approx(100 + 10 * y[own].mean())
        assert group["spread"] == pytest.approx(10 * y[own].std())
    ends = np.array([7000, 20_000])
    residuals = measures.along(np.array(halves), ends)["residuals"]
    expected = [10 * (y - predicted)[part].mean() for part in (slice(7000), slice(7000, None))]
    assert [r["residual"] for r in residuals] == pytest.approx(expected)
    assert [r["rows"] for r in residuals] == ends.tolist()


def test_groups_of_few_predictions():
    measures = PredictionGroups(0.0, 1.0)
    alike = measures.record(measures.sums(np.full((50, 1), 0.3), np.arange(50.0)))
    assert [group["rows"] for group in alike["predicted_true"]] == [50]
    far = np.array([[-1e30], [1e30], [np.finfo(float).max]])
    assert len(measures.record(measures.sums(far, np.zeros(3)))["predicted_true"]) == 2
    assert measures.record(np.zeros(measures.size)) == {"predicted_true": []}


def test_the_record_tells_of_the_rows_in_the_score(manifest):
    _, _, record = run(manifest, expand(GRID[:1]))[0]
    rows = record["batches_in_score"] * 100 - 30  # the last batch has 70
    assert sum(group["rows"] for group in record["predicted_true"]) == rows
    assert record["residuals"][-1]["rows"] == 4070
    assert "calibration" not in record


@pytest.fixture(scope="module")
def finished(rows, tmp_path_factory):
    """A run from the CSV to the best model and its report; the page's text."""
    folder = tmp_path_factory.mktemp("finished")
    make_run(folder, rows, DATA, GRID)
    from caudal.models.best import describe_best

    home = folder / "results"
    describe_best(home / "best/model.pkl", home / "data/manifest.json",
                  home / "best/coefficients.csv", home / "best/model.json",
                  rows.with_name("truth.csv"))  # fmt: skip
    write_report(folder, home / "report.html", figures=home / "figures")
    return folder


def test_the_best_model_in_plain_numbers(finished, rows):
    best = finished / "results/best"
    frame = pd.read_csv(rows)
    model = pickle.loads((best / "model.pkl").read_bytes())
    plain = json.loads((best / "model.json").read_text())
    assert plain["regressor"] in ("SGDRegressor", "FTRLRegressor")
    assert plain["classes"] is plain["probability"] is None
    X = model[:-1].transform(frame)[:, plain["columns"]]
    by_hand = X @ plain["weights"][0] + plain["intercept"][0]
    if plain["range"]:
        by_hand = np.clip(by_hand, *plain["range"])
    np.testing.assert_allclose(by_hand, model.predict(frame), rtol=1e-9)
    told = pd.read_csv(best / "coefficients.csv")
    assert list(told.columns) == ["term", "column", "coefficient", "collisions", "truth"]
    assert np.abs(told["coefficient"] - told["truth"]).max() < 0.4


def test_predictions_are_one_column(finished, rows):
    model = pickle.loads((finished / "results/best/model.pkl").read_bytes())
    found = predictions(model, pq.read_table(finished / "results/data/rows/part-00000.parquet"))
    assert found.column_names == ["prediction"]
    assert found["prediction"].to_pylist() == model.predict(pd.read_csv(rows)[:200]).tolist()
    assert predictions(model, found.schema.empty_table()).schema == found.schema


def test_results_by_hand(finished):
    from caudal import results

    best = results(1, finished)[0]
    assert isinstance(best.model[-1], StandardisedRegressor)
    assert best.r2 > 0.5
    assert repr(best).startswith("<rank 1")


def test_the_report_shows_numbers_and_no_classes(finished):
    figures = {file.stem for file in (finished / "results/figures").glob("*.svg")}
    assert {"predicted_true", "residuals", "drift", "truth"} <= figures
    assert "calibration" not in figures
    page = (finished / "results/report.html").read_text()
    assert "Predictions and drift" in page
    assert "squared error" in page
    assert "change of y per standard deviation" in page
    assert "probabilit" not in page.partition("<body")[2].partition("<script")[0]


def test_a_target_says_what_it_is():
    labels = np.array([1.0, 3.0])
    assert str(NumberTarget("y", labels, "squared")) == "label 2 ± 1 in the first chunk"


def test_a_model_s_file_does_not_grow_with_its_columns(manifest, tmp_path):
    grid = [{**SGD, "vectorizer": {"n_features": [2**18, 2**26], "degree": 2}}]
    sizes = [
        dump_model(model, tmp_path / "model.pkl") for _, model, _ in run(manifest, expand(grid))
    ]
    assert abs(sizes[0] - sizes[1]) < 50
