"""A run's results by hand."""

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import caudal
import numpy as np
import pandas as pd
import pytest
from caudal.errors import UserError
from caudal.ranking.tables import read_table
from caudal.simulate.write import simulate
from made_run import make_data, make_run

DATA = {"label": "y", "missing": {}}
GRID = {
    "vectorizer": {"n_features": 2**12, "degree": [1, 2]},
    "classifier": {"loss": "log_loss", "alpha": [0.001, 0.01]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of four points."""
    folder = tmp_path_factory.mktemp("run")
    settings = {"model": "logistic", "rows": 3000}
    simulate(settings, 0, [folder / "rows.csv"], folder / "truth.csv")
    make_run(folder, folder / "rows.csv", DATA, [GRID])
    return folder


@pytest.fixture
def rows():
    return pd.DataFrame({"x1": [0.5, -1.0], "x2": [0.1, 2.0], "x3": [1.5, 0.0]})


def test_importing_caudal_imports_nothing_large():
    code = "import caudal, sys; print('numpy' in sys.modules, 'sklearn' in sys.modules)"
    scripts = Path(caudal.__file__).parents[1]
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["False", "False"]


def test_every_name_that_is_offered_is_there():
    assert all(callable(getattr(caudal, name)) for name in dir(caudal))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = caudal.nothing


def test_results_are_the_best_in_order(folder):
    ranking = read_table(folder / "results" / "ranking.csv")
    found = caudal.results(3, folder)
    assert [result.rank for result in found] == [1, 2, 3]
    assert [result.point for result in found] == [row["point"] for row in ranking[:3]]
    assert [repr(result.score) for result in found] == [row["score"] for row in ranking[:3]]
    assert found[0].parameters["vectorizer"]["degree"] == int(ranking[0]["degree"])
    assert len(caudal.results(folder=folder)) == 4


def test_a_result_reads_well(folder):
    best = caudal.results(1, folder)[0]
    text = repr(best)
    assert text.startswith(f"<rank 1, point {best.point}: score -0.")
    assert "vectorizer.degree=" in text
    assert len(text) < 200


def test_models_are_loaded_when_asked_for(folder, rows):
    best = caudal.results(1, folder)[0]
    assert "model" not in vars(best)
    expected = best.model.predict_proba(rows)
    assert np.array_equal(caudal.load(folder).predict_proba(rows), expected)


def test_a_learning_curve_is_a_data_frame(folder):
    curve = caudal.results(1, folder)[0].learning_curve
    assert {"rows", "loss", "loss_since_last", "benchmark_loss"} <= set(curve.columns)
    assert curve.rows.is_monotonic_increasing
    assert curve.rows.iloc[-1] == 3000


def test_a_changed_model_is_not_loaded(folder):
    worst = caudal.results(4, folder)[-1]
    content = worst.model_file.read_bytes()
    try:
        worst.model_file.write_bytes(content[:-1])
        with pytest.raises(UserError, match=str(worst.model_file)):
            _ = worst.model
    finally:
        worst.model_file.write_bytes(content)


def test_a_changed_best_model_is_not_loaded(folder):
    file = folder / "results" / "best" / "model.pkl"
    content = file.read_bytes()
    try:
        file.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
        with pytest.raises(UserError, match=str(file)):
            caudal.load(folder)
    finally:
        file.write_bytes(content)


def test_without_a_run_it_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="run Snakemake"):
        caudal.results(folder=tmp_path)


def test_refitting_gives_the_same_model(folder, rows):
    best = caudal.results(1, folder)[0]
    again = caudal.refit(best.point, folder)
    assert (again.score, again.point, again.rank) == (best.score, best.point, None)
    assert np.array_equal(again.model.predict_proba(rows), best.model.predict_proba(rows))


@pytest.mark.parametrize("classifier", [{}, {"average": True}, {"class": "FTRLClassifier"}])
def test_a_refitted_model_goes_on_learning_as_a_loaded_one_does(folder, rows, classifier):
    best = caudal.results(1, folder)[0]
    old = {"alpha": None, "loss": None} if "class" in classifier else {}
    model = caudal.refit(best, folder, **old, **classifier).model
    assert type(model[-1].coef_) is np.ndarray
    before = model[-1].coef_.copy()
    model[-1].partial_fit(model[:-1].transform(rows), [1, 0])
    assert (model[-1].coef_ != before).any()
    pickle.loads(pickle.dumps(model)).predict(rows)


def test_refitting_with_changes_is_another_point_and_writes_nothing(folder):
    best = caudal.results(1, folder)[0]
    files = sorted(folder.rglob("*"))
    changed = caudal.refit(best, folder, alpha=0.1, degree=1, scale=True)
    assert changed.point != best.point
    assert changed.parameters["classifier"]["alpha"] == 0.1
    assert changed.parameters["vectorizer"]["degree"] == 1
    assert changed.parameters["extractor"] == {"scale": True}
    assert changed.score != best.score
    assert sorted(folder.rglob("*")) == files
    # What was refitted can be refitted in turn.
    assert caudal.refit(changed, folder).score == changed.score


def test_refitting_with_a_parameter_that_is_none_leaves_it_out(folder):
    best = caudal.results(1, folder)[0]
    assert "alpha" not in caudal.refit(best, folder, alpha=None).parameters["classifier"]


def test_refitting_refuses_what_does_not_exist(folder):
    best = caudal.results(1, folder)[0]
    with pytest.raises(UserError, match=r"classifier\.alpah: SGDClassifier has no such parameter"):
        caudal.refit(best, folder, alpah=0.1)
    with pytest.raises(UserError, match="000000000000"):
        caudal.refit("000000000000", folder)


def test_a_point_that_diverged_is_last_and_has_no_model(folder, tmp_path):
    wild = {"loss": "squared_error", "learning_rate": "constant", "eta0": [0.001, 1e305]}
    make_run(tmp_path, folder / "rows.csv", DATA, [{"classifier": wild}])
    good, diverged = caudal.results(folder=tmp_path)
    assert good.score < 0
    assert (diverged.score, diverged.standard_error, diverged.r2) == (None, None, None)
    assert (
        f"<rank 2, point {diverged.point}: diverged; extractor.scale=true, classifier.eta0"
        in repr(diverged)
    )
    with pytest.raises(UserError, match=f"The point {diverged.point} has diverged"):
        _ = diverged.model
    again = caudal.refit(diverged, tmp_path)
    assert again.score is None
    assert caudal.refit(diverged, tmp_path, eta0=0.001).score == good.score


def test_a_point_is_not_fitted_again_on_other_data(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "run")
    best = caudal.results(1, tmp_path / "run")[0]
    simulate({"model": "iris", "rows": 3000}, 0, [tmp_path / "rows.csv"], tmp_path / "truth.csv")
    data = {**DATA, "label": "species"}
    make_data(tmp_path / "run", tmp_path / "rows.csv", data)  # as a run does that goes on
    for point in (best, best.point):
        with pytest.raises(UserError, match="is not of the data that the point"):
            caudal.refit(point, tmp_path / "run", alpha=0.1)
