"""Fits against the plain loop that progressive validation stands for."""

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from caudal.config.grid import expand
from caudal.config.settings import complete
from caudal.data.manifest import merge
from caudal.errors import UserError
from caudal.learn.fitting import fit_points
from caudal.learn.learners.partial_fit import PartialFitLearner
from caudal.models.coefficients import table
from caudal.models.pickling import dump_model, load_model
from caudal.simulate.write import simulate
from made_run import make_data
from reference import matrix_of
from sklearn.linear_model import SGDClassifier

ROOT = Path(__file__).parents[1]
DATA = {"label": "y", "weight": None, "missing": {"numeric": "mean"}}
SCORE = {"loss": "squared", "drop_scores": 0.5}
GRID = {
    "vectorizer": {"n_features": 2**18, "degree": [1, 2]},
    "classifier": {"loss": "log_loss", "alpha": [0.01, 0.1]},
}


def stream(**changes):
    settings = {"data": {"files": ["x.csv"], "label": "y"}, "grid": [{}]}
    settings["stream"] = {"batch_size": 100, "n_batches": 5, **changes}
    return complete(settings)["stream"]


MIXED = stream(order="mux", mux={"piece": 10, "active": 4})


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """4,070 simulated rows as a CSV file."""
    folder = tmp_path_factory.mktemp("rows")
    simulate({"model": "logistic", "rows": 4070}, 3, [folder / "rows.csv"], folder / "truth.csv")
    return folder / "rows.csv"


@pytest.fixture(scope="module")
def manifest(rows, tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("run"), rows, {"label": "y"})[0]


def run(manifest, points, settings=None, score=SCORE, data=DATA, seed=0):
    return list(fit_points(manifest, points, settings or stream(), score, data, seed))


@pytest.mark.parametrize("loss", ["squared", "log"])
def test_the_score_is_that_of_the_plain_loop(rows, manifest, loss):
    point = expand([{"extractor": {"scale": False},
                     "vectorizer": {"n_features": 2**18, "degree": 2},
                     "classifier": {"loss": "log_loss", "alpha": 0.01}}])[0]  # fmt: skip
    _, model, record = run(manifest, [point], score={"loss": loss, "drop_scores": 0.5})[0]
    frame = pd.read_csv(rows)
    X = matrix_of(frame[["x1", "x2", "x3"]].to_dict("records"), 2**18, 2)
    y = frame["y"].to_numpy()
    measure = {
        "squared": lambda p, true: np.mean((p - true) ** 2),
        "log": lambda p, true: -np.mean(true * np.log(p) + (1 - true) * np.log(1 - p)),
    }[loss]
    plain = SGDClassifier(loss="log_loss", alpha=0.01, shuffle=False)
    scores, null_scores = [], []
    for i, start in enumerate(range(0, len(y), 100)):
        batch = slice(start, start + 100)
        if i >= 5:  # the first chunk is learned but not scored
            scores.append(measure(plain.predict_proba(X[batch])[:, 1], y[batch]))
            null_scores.append(measure(y[start - 500 : start].mean(), y[batch]))
        plain.partial_fit(X[batch], y[batch], [0, 1])
    kept, null_kept = scores[len(scores) // 2 :], null_scores[len(scores) // 2 :]
    rows_of = [100] * (len(scores) - 1) + [70]
    loss_kept, null_loss = (np.average(x, weights=rows_of[-len(x) :]) for x in (kept, null_kept))
    assert record["score"] == pytest.approx(-loss_kept, rel=1e-12)
    assert record["benchmark_score"] == pytest.approx(-null_loss, rel=1e-12)
    assert record["r2"] == pytest.approx(1 - loss_kept / null_loss, rel=1e-9)
    assert (record["rows"], record["batches"], record["batches_in_score"]) == (4070, 41, len(kept))
    curve = record["learning_curve"]
    assert curve[-1]["rows"] == 4070
    assert curve[-1]["loss"] == pytest.approx(np.average(scores, weights=rows_of), rel=1e-12)
    assert curve[0]["loss"] == curve[0]["loss_since_last"] == pytest.approx(scores[0])
    np.testing.assert_allclose(model[-1].coef_.toarray(), plain.coef_, rtol=1e-9)
    assert sum(row["rows"] for row in record["calibration"]) == 100 * (len(kept) - 1) + 70


def without_costs(record):
    costs = ("seconds", "rows_per_second")
    return {key: value for key, value in record.items() if key not in costs}


def results_of(fits, folder):
    found = {}
    for point, model, record in fits:
        dump_model(model, folder / "model.pkl")
        found[point.id] = (folder / "model.pkl").read_bytes(), json.dumps(without_costs(record))
    return found


@pytest.mark.parametrize("order", ["sequential", "mux"])
def test_points_of_a_job_and_prefetching_change_nothing(manifest, tmp_path, order):
    points = expand([GRID, {"classifier": {"class": "Perceptron", "alpha": 0.5}}])
    settings = MIXED if order == "mux" else stream()
    together = results_of(run(manifest, points, settings), tmp_path)
    alone = {}
    for point in points:
        alone |= results_of(run(manifest, [point], settings), tmp_path)
    ahead = results_of(run(manifest, points, {**settings, "prefetch": True}), tmp_path)
    assert together == alone == ahead


def test_prefetching_serves_every_classifier_and_policy(tmp_path):
    frame = pd.DataFrame({"x": np.linspace(-1, 1, 900), "c": list("abc") * 300})
    frame["y"] = (frame["x"] > 0).astype(int)
    frame.loc[::7, "x"] = None
    frame.sample(frac=1, random_state=0).to_csv(tmp_path / "rows.csv", index=False)
    manifest, _ = make_data(tmp_path, tmp_path / "rows.csv", {"label": "y"})
    points = expand([
        {"extractor": {"scale": True}, "vectorizer": {"n_features": 64, "degree": 2},
         "classifier": {"class": ["BernoulliNB", "SGDClassifier"]}},
    ])  # fmt: skip
    data = {**DATA, "missing": {"numeric": "mean", "indicator": True}}
    plain = results_of(run(manifest, points, stream(), data=data), tmp_path)
    ahead = results_of(run(manifest, points, stream(prefetch=True), data=data), tmp_path)
    assert plain == ahead


def test_how_the_sources_are_cut_changes_no_score(rows, manifest, tmp_path):
    frame = pd.read_csv(rows)
    for i, start in enumerate(range(0, len(frame), 613)):
        frame[start : start + 613].to_csv(tmp_path / f"day{i}.csv", index=False)
    cut, _ = make_data(tmp_path, tmp_path / "day*.csv", {"label": "y"})
    points = expand([GRID])
    for whole, pieces in zip(run(manifest, points), run(cut, points), strict=True):
        assert whole[2]["score"] == pieces[2]["score"]
        assert (whole[1][-1].coef_ != pieces[1][-1].coef_).nnz == 0


def test_epochs_learn_again_and_score_once(manifest):
    points = expand([GRID])
    for once, twice in zip(
        run(manifest, points), run(manifest, points, stream(epochs=2)), strict=True
    ):
        assert once[2]["score"] == twice[2]["score"]
        assert twice[1][-1].t_ == 2 * 4070 + 1
        assert (once[1][-1].coef_ != twice[1][-1].coef_).nnz > 0


def test_a_sorted_file_is_learned_mixed(rows, tmp_path):
    frame = pd.read_csv(rows)
    scores = {}
    for name, ordered in (("sorted", frame.sort_values("y", kind="stable")), ("shuffled", frame)):
        home = tmp_path / name
        home.mkdir()
        ordered.to_csv(home / "rows.csv", index=False)
        manifest, _ = make_data(home, home / "rows.csv", {"label": "y"})
        points = expand([GRID])
        for order in ("sequential", "mux"):
            mixed = {"mux": {"active": 16, "piece": 5}} if order == "mux" else {}
            settings = stream(order=order, **mixed)
            found = run(manifest, points, settings)
            scores[name, order] = max((r["score"], r["r2"]) for _, _, r in found)
    assert (scores["sorted", "sequential"][1] or 0) <= 0.02
    assert scores["sorted", "mux"][0] == pytest.approx(
        scores["shuffled", "sequential"][0], rel=0.05
    )
    assert scores["sorted", "mux"][1] > 0.02


def test_mux_is_the_same_each_run_and_another_with_another_seed(manifest):
    points = expand([GRID])[:1]
    first, again, other = (run(manifest, points, MIXED, seed=s)[0][2] for s in (0, 0, 1))
    assert first["score"] == again["score"] != other["score"]
    with_replacement = stream(
        order="mux", mux={"piece": 10, "active": 4, "replacement": True, "rate": 3.0}
    )
    assert run(manifest, points, with_replacement)[0][2]["rows"] == 4070


def test_a_diverging_point_is_told_and_the_others_go_on(tmp_path):
    frame = pd.DataFrame({"x": np.full(900, 1e150), "y": np.arange(900) % 2})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    manifest, _ = make_data(tmp_path, tmp_path / "rows.csv", {"label": "y"})
    points = expand([
        {"extractor": {"scale": False}, "vectorizer": {"n_features": 64}, "classifier": {
            "loss": "squared_error", "learning_rate": "constant", "eta0": [1000.0, 1e-300]}},
    ])  # fmt: skip
    fits = {p.parameters["classifier"]["eta0"]: (m, r) for p, m, r in run(manifest, points)}
    model, record = fits[1000]
    assert model is None
    assert record["diverged"]
    assert record["score"] is None
    assert not fits[1e-300][1]["diverged"]


def test_any_classifier_that_diverges_is_told_and_the_others_go_on(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"price": rng.normal(25_000, 500, 2000), "y": np.arange(2000) % 2})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    manifest, _ = make_data(tmp_path, tmp_path / "rows.csv", {"label": "y"})
    network = {"class": "MLPClassifier", "hidden_layer_sizes": 4, "solver": "sgd",
               "activation": "identity"}  # fmt: skip
    points = expand([
        {"extractor": {"scale": False}, "vectorizer": {"n_features": 64, "degree": 2},
         "classifier": classifier}
        for classifier in (
            {**network, "learning_rate_init": 1e300},
            {"average": True, "learning_rate": "constant", "eta0": 1e300},
            {"loss": "log_loss", "alpha": 0.001},
        )
    ])  # fmt: skip
    whole = run(manifest, points)
    fits = [record for _, _, record in whole]
    assert [(record["diverged"], record["score"] is None) for record in fits] == [
        (True, True), (True, True), (False, False)
    ]  # fmt: skip
    assert [model is None for _, model, _ in whole] == [True, True, False]
    assert all("grown beyond all numbers" in record["failure"] for record in fits[:2])
    assert [record["rows"] for record in fits] == [2000] * 3
    alone = run(manifest, points[2:])[0][2]
    assert (alone["score"], alone["losses"]) == (fits[2]["score"], fits[2]["losses"])


@pytest.mark.parametrize("during", ["learn", "predict", "fitted"])
def test_a_learner_that_fails_takes_no_other_along(manifest, monkeypatch, caplog, during):
    points = expand([
        {"vectorizer": {"n_features": 64},
         "classifier": {"class": ["BernoulliNB", "SGDClassifier"]}},
    ])  # fmt: skip

    def fail(self, *args):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(PartialFitLearner, during, fail)
    (_, lost, bad), (_, model, good) = run(manifest, points)
    assert lost is None
    assert (bad["score"], bad["diverged"]) == (None, False)
    assert "ZeroDivisionError: a defect" in bad["failure"]
    assert "Traceback" in caplog.text
    assert points[0].id in caplog.text
    assert model is not None
    assert good["failure"] is None
    assert good["score"] == run(manifest, points[1:])[0][2]["score"]


def test_a_fault_of_the_machine_is_no_points(manifest, monkeypatch):
    def fail(self, *args):
        raise MemoryError

    monkeypatch.setattr(PartialFitLearner, "learn", fail)
    with pytest.raises(MemoryError):
        run(manifest, expand([{"classifier": {"class": "BernoulliNB"}}]))


@pytest.mark.parametrize("without", [slice(0, 700), slice(1000, 1300)])
def test_rows_that_weigh_nothing_teach_nothing_and_stop_nothing(rows, tmp_path, without):
    frame = pd.read_csv(rows)
    frame["w"] = 1.0
    frame.loc[without, "w"] = 0.0
    frame.to_csv(tmp_path / "rows.csv", index=False)
    data = {"label": "y", "weight": "w"}
    manifest, _ = make_data(tmp_path, tmp_path / "rows.csv", data)
    points = expand([
        {"vectorizer": {"n_features": 64}, "classifier": classifier}
        for classifier in (
            {"loss": "log_loss", "alpha": 0.001},
            {"loss": "log_loss", "alpha": 0.001, "average": True},
            {"class": "BernoulliNB"},
            {"class": "MLPClassifier", "hidden_layer_sizes": 4},
        )
    ])  # fmt: skip
    for point, model, record in run(manifest, points, data={**DATA, **data}):
        assert record["failure"] is None, point
        assert 0 < -record["score"] < 0.4
        assert np.isfinite(model.predict_proba(frame.drop(columns="y"))).all()


def test_too_few_rows_for_a_score_get_their_sentence(manifest):
    with pytest.raises(UserError, match=r"4070 rows make 5 batches.*Lower stream.n_batches"):
        run(manifest, expand([GRID]), stream(batch_size=1000, n_batches=20))


def test_a_loaded_model_predicts_and_goes_on_learning(rows, manifest, tmp_path):
    points = expand([GRID])
    _, model, _ = run(manifest, points)[-1]
    size = dump_model(model, tmp_path / "model.pkl")
    assert size < 10_000
    loaded = load_model(tmp_path / "model.pkl")
    frame = pd.read_csv(rows)
    np.testing.assert_array_equal(loaded.predict_proba(frame), model.predict_proba(frame))
    assert type(loaded[-1]) is SGDClassifier
    assert loaded[-1].coef_.shape == (1, 2**18)
    before = loaded[-1].coef_.copy()
    loaded[-1].partial_fit(loaded[:-1].transform(frame), frame["y"])
    assert (loaded[-1].coef_ != before).any()
    pickle.loads(pickle.dumps(loaded))


def test_every_kind_of_label_keeps_its_type(rows, tmp_path):
    frame = pd.read_csv(rows)
    for name, labels in {"text": {0: "no", 1: "yes"}, "bool": {0: False, 1: True}}.items():
        home = tmp_path / name
        home.mkdir()
        frame.assign(y=frame["y"].map(labels)).to_csv(home / "rows.csv", index=False)
        manifest, _ = make_data(home, home / "rows.csv", {"label": "y"})
        _, model, _ = run(manifest, expand([GRID])[:1])[0]
        assert set(model.predict(frame)) <= set(labels.values())


def test_class_weights_are_counted_from_the_labels(manifest):
    counted, plain = run(manifest, expand([
        {"classifier": {"loss": "log_loss", "alpha": 0.1, "class_weight": ["counted", None]}}
    ]))  # fmt: skip
    frame = np.array([[0.0, 0.0, 0.0]])
    columns = {name: frame[:, i] for i, name in enumerate(("x1", "x2", "x3"))}
    assert counted[1].predict_proba(columns)[0, 1] < plain[1].predict_proba(columns)[0, 1]


@pytest.mark.parametrize(
    "classifier",
    [
        {"loss": "log_loss", "alpha": 0.01},
        {"loss": "log_loss", "average": True},
        {"class": "Perceptron"},
        {"class": "BernoulliNB"},
        {"class": "FTRLClassifier"},
    ],
)
def test_the_positive_class_is_the_one_that_coefficients_speak_for(
    rows, manifest, tmp_path, classifier
):
    """The model is the same, its classes sorted; only what the coefficients speak for changes."""
    folder = manifest.parent
    swapped = merge([folder / "rows/manifest.json"], folder / "swapped.json", positive=0)
    assert (swapped["classes"], swapped["positive"]) == (["0", "1"], "0")
    points = expand([{"vectorizer": {"n_features": 2**18}, "classifier": classifier}])
    (_, usual, of_one), (_, other, of_zero) = run(manifest, points) + run(
        folder / "swapped.json", points
    )
    assert of_one["score"] == of_zero["score"]
    assert list(other.classes_) == [0, 1]
    frame = pd.read_csv(rows)
    if hasattr(other, "predict_proba"):
        np.testing.assert_array_equal(usual.predict_proba(frame), other.predict_proba(frame))
        bins = zip(of_one["calibration"], reversed(of_zero["calibration"]), strict=True)
        for one, zero in bins:
            assert one["share"] == pytest.approx(1 - zero["share"])
    if hasattr(usual[-1], "coef_"):
        records = [usual[0].transform(frame)]
        ones, zeros = (table(usual, records, of_first) for of_first in (False, True))
        assert ones["term"] == zeros["term"]
        np.testing.assert_allclose(ones["coefficient"], -zeros["coefficient"].to_numpy())
    with pytest.raises(UserError, match=r"data.positive is 'yes'"):
        merge([folder / "rows/manifest.json"], folder / "swapped.json", positive="yes")
