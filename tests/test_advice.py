"""What the report advises: each rule speaks where it should, and is silent where it should."""

import numpy as np
import pytest
from caudal.ranking.comparison import (
    distinct,
    last_doubling,
    lead,
    predict_alike,
    score_estimate,
    simplest,
    turning_point,
    within_noise,
)
from caudal.ranking.run import gather
from caudal.report.advice import advise, calibration_error
from caudal.report.next_values import next_value
from caudal.wording import THIN
from finished_run import term, write_json, write_run


def advice_of(folder):
    return {advice.kind: advice for advice in advise(gather(folder))}


def change(folder, record, **more):
    write_json(folder / "results" / "fits" / record["point"] / "score.json", record | more)


def test_the_paired_difference_sees_what_the_scores_do_not(tmp_path):
    write_run(tmp_path, {"alpha": [0.001, 0.01]}, lambda v: 0.17 if v["alpha"] == 0.001 else 0.1715)
    first, second = gather(tmp_path).results
    found = lead(first, second)
    unpaired = (first.standard_error**2 + second.standard_error**2) ** 0.5
    assert first.score - second.score < 2 * unpaired
    assert found.low > 0
    assert found.mean == pytest.approx(first.score - second.score)


def followed(rng, count, rho=0.9):
    """Values of mean 0 and deviation 1, each of which follows the one before."""
    found = [rng.normal()]
    while len(found) < count:
        found.append(rho * found[-1] + (1 - rho**2) ** 0.5 * rng.normal())
    return found


def test_losses_that_follow_each_other_make_no_clear_lead_of_nothing(tmp_path):
    write_run(tmp_path, {"alpha": [0.001, 0.01]}, lambda v: 0.17)
    points = gather(tmp_path).results
    rng = np.random.default_rng(0)
    clear = 0
    for _ in range(500):
        for point in points:
            losses = [[0.17 + 0.01 * value, 0.2] for value in followed(rng, 100)]
            point.record |= {"losses": losses, "batches_in_score": 100}
        clear += lead(*points).clear
    assert 5 <= clear <= 50


def test_a_short_last_block_weighs_what_it_holds(tmp_path):
    records = write_run(tmp_path, {"alpha": [0.001]})
    losses = [[0.1, 0.2]] * 128 + [[0.1 + 1.285, 0.2]]
    change(tmp_path, records[0], losses=losses, losses_weights=[2] * 128 + [1])
    found = score_estimate(gather(tmp_path).best)
    assert found.mean == pytest.approx(-0.1 - 1.285 / 257)


def test_without_blocks_the_error_of_the_record_is_taken(tmp_path):
    records = write_run(tmp_path, {"alpha": [0.001]})
    change(tmp_path, records[0], losses=[])
    best = gather(tmp_path).best
    assert score_estimate(best).reach == pytest.approx(1.96 * best.standard_error, rel=1e-3)


def test_points_that_predict_the_same_are_a_tie(tmp_path):
    write_run(tmp_path)
    run = gather(tmp_path)
    first, second = run.results[:2]
    assert predict_alike(first, second)
    assert lead(first, second).mean == 0
    assert [len(group) for group in distinct(run, 3)] == [2, 6, 4]
    assert second in within_noise(run)


def test_losses_of_other_blocks_are_not_compared(tmp_path):
    records = write_run(tmp_path)
    change(tmp_path, records[1], losses=records[1]["losses"][:5])
    assert lead(*gather(tmp_path).results[:2]) is None


def test_an_edge_with_a_clear_gain_is_to_be_widened(tmp_path):
    write_run(tmp_path)
    edges = [a for a in advise(gather(tmp_path)) if a.kind == "edge"]
    assert [a.headline for a in edges] == ["Widen degree: the best lies on its edge."]
    assert "Add degree 3" in edges[0].detail


def test_a_best_within_its_axis_is_no_edge(tmp_path):
    write_run(tmp_path, {"alpha": [0.0001, 0.001, 0.01], "degree": [2]})
    assert "edge" not in advice_of(tmp_path)


def test_an_edge_without_a_gain_is_idle_instead(tmp_path):
    write_run(tmp_path, {"alpha": [0.0001, 0.001, 0.01], "degree": [2], "n_features": [1024, 2048]})
    found = advice_of(tmp_path)
    assert "edge" not in found
    assert found["idle"].headline.startswith("n_features")
    assert "3 points instead of 6" in found["idle"].detail


@pytest.mark.parametrize(
    ("axis", "edge", "neighbour", "expected"),
    [
        ("alpha", 0.1, 0.01, 1.0),
        ("classifier.alpha", 1e-6, 1e-5, 1e-7),
        ("alpha", 0.002, 0.003, 0.001),
        ("eta0", 1, 2, 0.5),
        ("l1_ratio", 1.0, 0.5, None),
        ("l1_ratio", 0.15, 0.5, 0.05),
        ("degree", 3, 2, 4),
        ("n_features", 2**18, 2**20, 2**16),
    ],
)
def test_the_next_value_goes_on_as_the_axis_did(axis, edge, neighbour, expected):
    assert next_value(axis, edge, neighbour) == (
        pytest.approx(expected) if expected is not None else None
    )


def test_the_simplest_within_one_standard_error(tmp_path):
    records = write_run(tmp_path, {"n_features": [1024, 4096], "alpha": [0.001]}, lambda v: 0.17)
    found = gather(tmp_path)
    assert simplest(found).values["n_features"] == "1024"
    larger = next(r for r in records if r["parameters"]["vectorizer"]["n_features"] == 1024)
    change(tmp_path, larger, columns_touched=500)
    assert simplest(gather(tmp_path)).values["n_features"] == "4096"


def test_a_point_outside_one_standard_error_is_never_the_simplest(tmp_path):
    records = write_run(tmp_path, {"degree": [1, 2]}, lambda v: 0.2 - 0.01 * v["degree"])
    change(tmp_path, records[1], columns_touched=1)
    assert simplest(gather(tmp_path)).rank == 1
    assert advice_of(tmp_path)["simpler"].headline.startswith("Take the best point")


def test_a_falling_curve_asks_for_rows_and_a_flat_one_does_not(tmp_path):
    records = write_run(tmp_path, {"degree": [1, 2]})
    assert advice_of(tmp_path)["rows"].headline.startswith("More rows help")
    flat = [point | {"loss_since_last": 0.18} for point in records[0]["learning_curve"]]
    change(tmp_path, records[0], learning_curve=flat)
    trend = last_doubling(gather(tmp_path).best)
    assert trend.low < 0 < trend.high
    assert not advice_of(tmp_path)["rows"].headline.startswith("More rows help")


def test_a_fall_of_the_lead_is_drift(tmp_path):
    records = write_run(tmp_path, {"degree": [1, 2]})
    rng = np.random.default_rng(0)
    drift = [
        {"rows": 1000 * i, "loss": 0.1 + (0.08 if i > 60 else 0) + rng.normal(0, 0.01),
         "benchmark_loss": 0.2}
        for i in range(1, 101)
    ]  # fmt: skip
    assert turning_point(gather(tmp_path).best) is None
    change(tmp_path, records[0], drift=drift)
    row, before, after = turning_point(gather(tmp_path).best)
    assert abs(row - 61_000) <= 2_000
    assert (before, after) == (pytest.approx(0.1, abs=0.01), pytest.approx(0.02, abs=0.01))
    assert "drift" in advice_of(tmp_path)


def test_no_better_than_the_benchmark_comes_first(tmp_path):
    write_run(tmp_path, {"degree": [1, 2]}, lambda v: 0.21)
    found = advise(gather(tmp_path))
    assert found[0].kind == "benchmark"
    assert "worse than the benchmark" in found[0].headline


def test_diverged_points_are_told(tmp_path):
    write_run(tmp_path, {"degree": [1, 2, 3]}, lambda v: None if v["degree"] == 3 else 0.18)
    assert "1 point diverged" in advice_of(tmp_path)["diverged"].headline


def test_nothing_but_diverged_points(tmp_path):
    write_run(tmp_path, {"degree": [1, 2]}, lambda v: None)
    assert advice_of(tmp_path)["benchmark"].headline == "No point has a score."


def test_collisions_name_their_terms_and_their_weight(tmp_path):
    write_run(tmp_path, terms=[term("(intercept)", 9.0), term("x1", 3.0), term("c=red", -1.0, 1)])
    found = advice_of(tmp_path)["collisions"]
    assert found.headline.replace(THIN, " ") == "25 % of the weight sits in shared columns."
    assert "c=red" in found.detail


def test_no_collisions_no_words(tmp_path):
    write_run(tmp_path, terms=[term("(intercept)", 9.0), term("x1", 3.0)])
    assert "collisions" not in advice_of(tmp_path)


def test_calibration_is_judged_beyond_chance(tmp_path):
    few = [{"low": 0.4, "high": 0.5, "rows": 20, "mean_probability": 0.45, "share": 0.55}]
    many = [few[0] | {"rows": 10_000}]
    error, chance = calibration_error(few)
    assert error == pytest.approx(0.1)
    assert chance == pytest.approx(0.8 * (0.45 * 0.55 / 20) ** 0.5, rel=0.01)
    records = write_run(tmp_path)
    change(tmp_path, records[0], calibration=few)
    assert "calibration" not in advice_of(tmp_path)
    change(tmp_path, records[0], calibration=many)
    assert "calibration" in advice_of(tmp_path)


def test_rows_that_were_left_out(tmp_path):
    write_run(tmp_path, sources=[("a", 990, {"bad encoding": 10})])
    said = advice_of(tmp_path)["rejected"].headline
    assert said.replace(THIN, " ") == "1 % of the rows were left out."
    write_run(tmp_path, sources=[("a", 100_000, {"bad encoding": 1})])
    assert "rejected" not in advice_of(tmp_path)


def test_one_point_asks_for_another(tmp_path):
    write_run(tmp_path, {"degree": [2]})
    found = advice_of(tmp_path)
    assert "one" in found
    assert "simpler" not in found


def test_a_record_without_losses_gives_no_verdict(tmp_path):
    record = write_run(tmp_path, {"degree": [2]})[0]
    change(tmp_path, record, losses=[], learning_curve=[], drift=[], calibration=[])
    assert "rows" not in advice_of(tmp_path)


def test_points_whose_learners_failed_are_told_apart(tmp_path):
    axes = {"degree": [1, 2, 3]}
    records = write_run(tmp_path, axes, lambda v: None if v["degree"] == 3 else 0.18)
    lost = next(record for record in records if record["score"] is None)
    change(tmp_path, lost, diverged=False, failure="its learner failed.")
    found = advice_of(tmp_path)
    assert "1 point failed" in found["failed"].headline
    assert "diverged" not in found
