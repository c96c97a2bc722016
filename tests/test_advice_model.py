"""What the report advises on learners, scales, points below the benchmark, and leaks."""

import json

import pytest
from caudal.ranking.run import gather
from caudal.report.advice import advise
from caudal.report.importance import feature_weights, features_of
from caudal.report.next_values import next_value
from caudal.wording import THIN
from finished_run import term, write_json, write_run

LEARNERS = {"class": ["SGDClassifier", "FTRLClassifier"], "eta0": [0.1, 0.3, 1.0]}


def advice_of(folder):
    found = {}
    for advice in advise(gather(folder)):
        found.setdefault(advice.kind, advice)
    return found


def better_ftrl(values):
    return 0.15 + 0.01 * (1 - values["eta0"]) + 0.03 * (values["class"] == "SGDClassifier")


def with_deviations(folder, **deviations):
    """Numeric columns of these deviations in the manifest."""
    file = folder / "results" / "data" / "manifest.json"
    manifest = json.loads(file.read_text())
    model = manifest["columns"]["x1"]
    manifest["columns"] |= {name: model | {"std": std} for name, std in deviations.items()}
    write_json(file, manifest)


def test_a_learner_far_behind_is_named(tmp_path):
    write_run(tmp_path, LEARNERS, better_ftrl)
    found = advice_of(tmp_path)["learner"]
    assert found.headline == "Leave SGDClassifier out: FTRLClassifier is clearly better here."
    assert "its 3 points cost time" in found.detail


def test_a_learner_close_behind_is_not(tmp_path):
    write_run(tmp_path, LEARNERS, lambda v: 0.15 + 1e-5 * (v["class"] == "SGDClassifier"))
    assert "learner" not in advice_of(tmp_path)


def test_eta0_on_its_edge_is_to_be_widened(tmp_path):
    write_run(tmp_path, LEARNERS, better_ftrl)
    found = advice_of(tmp_path)["edge"]
    assert found.headline == "Widen eta0: the best lies on its edge."
    assert "Add eta0 3.3 " in found.detail


def test_an_edge_is_that_of_the_best_points_learner(tmp_path):
    """SGD's larger eta0 say nothing about FTRL's."""
    axes = {"class": ["SGDClassifier", "FTRLClassifier"], "eta0": [0.1, 0.3, 1.0, 10.0]}
    write_run(
        tmp_path, axes,
        lambda v: None if v["class"] == "FTRLClassifier" and v["eta0"] == 10.0 else better_ftrl(v),
    )  # fmt: skip
    assert advice_of(tmp_path)["edge"].headline.startswith("Widen eta0")


def test_nothing_lies_below_zero():
    assert next_value("l1", 0, 1) is None
    assert next_value("l1", 1, 0) == 2


@pytest.mark.parametrize(("scale", "said"), [(False, True), (True, False), (None, False)])
def test_scaling_is_advised_where_numbers_are_not_scaled(tmp_path, scale, said):
    axes = {"features": [["x1", "x2"]], "scale": [scale], "alpha": [0.001, 0.01]}
    write_run(tmp_path, axes, lambda v: 0.21, sources=[("a", 1000, {})])
    with_deviations(tmp_path, x1=0.5, x2=5_000.0)
    found = advice_of(tmp_path)
    assert ("scales" in found) == said
    assert ("extractor.scale" in found["benchmark"].detail) == said


def test_scaling_is_not_advised_where_nothing_is_numeric(tmp_path):
    axes = {"features": [["c"]], "scale": [False], "alpha": [0.001, 0.01]}
    write_run(tmp_path, axes, lambda v: None, sources=[("a", 1000, {})])
    assert "extractor.scale" not in advice_of(tmp_path)["benchmark"].detail


def test_scaling_is_not_advised_for_numbers_of_one_size(tmp_path):
    axes = {"features": [["x1", "x2"]], "scale": [False], "alpha": [0.001, 0.01]}
    write_run(tmp_path, axes, sources=[("a", 1000, {})])
    with_deviations(tmp_path, x1=0.5, x2=2.0)
    assert "scales" not in advice_of(tmp_path)


def test_a_best_point_below_the_benchmark_is_not_to_be_taken(tmp_path):
    write_run(tmp_path, {"degree": [1, 2]}, lambda v: 0.21 + 0.001 * v["degree"])
    found = advice_of(tmp_path)
    assert "worse than the benchmark" in found["benchmark"].headline
    assert "simpler" not in found


def test_many_points_below_the_benchmark_are_a_line_with_their_cause(tmp_path):
    axes = {"alpha": [0.001, 0.01, 0.1], "degree": [1, 2]}
    write_run(tmp_path, axes, lambda v: 0.25 if v["alpha"] == 0.1 else 0.17)
    found = advice_of(tmp_path)["below"]
    assert found.headline == "2 of 6 points are worse than no model."
    assert "Nearly all points with alpha 0.1 are." in found.detail
    write_run(tmp_path, axes, lambda v: 0.17)
    assert "below" not in advice_of(tmp_path)


def test_values_that_predict_the_same_do_not_differ_by_at_most_zero(tmp_path):
    write_run(tmp_path, {"eta0": [0.1, 0.3], "degree": [1, 2]}, lambda v: 0.2 - 0.01 * v["degree"])
    found = advice_of(tmp_path)["idle"]
    assert found.headline == "eta0 makes no difference here."
    assert "predict the same" in found.detail


def test_too_good_a_score_is_called_a_leak(tmp_path):
    terms = [term("(intercept)", 9.0), term("c=red", -6.0), term("c=blue", 3.0), term("x1", 1.0)]
    write_run(tmp_path, {"degree": [1, 2]}, lambda v: 0.006, terms, [("a", 1000, {})])
    found = advice_of(tmp_path)["leak"]
    assert found.headline == "r2 0.97 is probably a leak."
    assert "c carries 90 % of the weight" in found.detail.replace(THIN, " ")
    write_run(tmp_path, {"degree": [1, 2]}, terms=terms, sources=[("a", 1000, {})])
    assert "leak" not in advice_of(tmp_path)


def test_a_features_weight_is_that_of_its_terms(tmp_path):
    terms = [
        term("(intercept)", 9.0), term("x1", 1.0), term("x1^2", -1.0), term("c=red*x1", 2.0),
        term("c=a*b", 4.0),
    ]  # fmt: skip
    write_run(tmp_path, terms=terms, sources=[("a", 1000, {})])
    weights = feature_weights(gather(tmp_path))
    assert weights == pytest.approx({"c": 5 / 8, "x1": 3 / 8})
    assert features_of("c=a*b", ["c"]) == ["c"]
