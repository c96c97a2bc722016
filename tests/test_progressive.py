"""Plans, means, the learning curve and calibration."""

import numpy as np
import pytest
from caudal.errors import UserError
from caudal.learn.class_measures import ClassMeasures
from caudal.learn.progressive import FINE, Plan, Progress, make_plan


def test_the_default_run_keeps_24_batches():
    plan = Plan(100_000, 1000, 20, 0.7)
    assert (plan.batches, plan.first_kept) == (100, 76)


@pytest.mark.parametrize("rows, batches", [(1000, 1), (1001, 2), (999, 1)])
def test_a_short_last_batch_counts(rows, batches):
    assert Plan(rows, 1000, 1, 0.0).batches == batches


def test_too_few_rows():
    settings = {"batch_size": 1000, "n_batches": 20}
    with pytest.raises(UserError, match="6433 rows make 7 batches"):
        make_plan({"rows": 6433}, settings, {"drop_scores": 0.7})


@pytest.mark.parametrize("at_once", [10, 50, 1000])
def test_checkpoints_stand_at_doubling_rows(at_once):
    plan = Plan(100_000, 10, 200, 0.5)
    progress = Progress(plan, ClassMeasures(["no", "yes"]))
    progress.skip(2000)
    for _ in range(2000, plan.rows, at_once):
        guess, y = np.full((at_once, 2), 0.5), np.zeros(at_once, int)
        progress.add(np.full(at_once, 0.25), np.full(at_once, 0.3), guess, y)
    rows = [point["rows"] for point in progress.record()["learning_curve"]]
    assert 20 <= len(rows) <= 30
    assert rows[-1] == 100_000
    assert rows == sorted(set(rows))
    assert progress.record()["r2"] == pytest.approx(1 - 0.25 / 0.3)


@pytest.mark.parametrize("rows", [3001, 3000])
def test_a_short_last_batch_weighs_as_its_rows_do(rows):
    """One row with a loss of 1 behind 3,000 with a loss of 0.15."""
    plan = Plan(rows, 100, 5, 0.5)
    losses = np.full(rows, 0.15)
    losses[3000:] = 1.0
    progress = Progress(plan, ClassMeasures(["no", "yes"]))
    progress.skip(500)
    y = np.zeros(rows - 500, int)
    progress.add(losses[500:], losses[500:], np.full((len(y), 2), 0.5), y)
    record = progress.record()
    kept = losses[100 * plan.first_kept :]
    assert record["score"] == pytest.approx(-kept.mean(), rel=1e-12)
    assert record["benchmark_score"] == pytest.approx(-kept.mean(), rel=1e-12)
    assert record["learning_curve"][-1]["loss"] == pytest.approx(losses[500:].mean())
    blocks, weights = np.array(record["losses"])[:, 0], record["losses_weights"]
    assert np.average(blocks, weights=weights) == pytest.approx(kept.mean())
    assert record["rows"] == rows


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_how_many_batches_are_taken_in_at_once_changes_nothing(batch_size):
    random = np.random.default_rng(1)
    plan = Plan(20_003, batch_size, max(1, 1000 // batch_size), 0.3)
    losses, y = random.uniform(size=20_003), random.integers(0, 2, 20_003)
    p = random.uniform(size=20_003)
    guess = np.column_stack([1 - p, p])
    records = []
    for at_once in (batch_size, 13 * batch_size, 20_003 // batch_size * batch_size):
        progress = Progress(plan, ClassMeasures(["no", "yes"]))
        first = plan.unscored * batch_size
        progress.skip(first)
        for start in range(first, 20_003, at_once):
            part = slice(start, start + at_once)
            progress.add(losses[part], 1 - losses[part], guess[part], y[part])
        records.append(progress.record())
    for record in records[1:]:
        assert record["score"] == pytest.approx(records[0]["score"], rel=1e-12)
        for name in ("losses", "drift", "learning_curve", "calibration"):
            for one, other in zip(record[name], records[0][name], strict=True):
                values = (list(r.values()) if isinstance(r, dict) else r for r in (one, other))
                np.testing.assert_allclose(*values, rtol=1e-10)


def fed(plan, losses, stop, at_once=500, state=None):
    """A progress that has taken in the rows up to ``stop``, from a state on."""
    progress = Progress(plan, ClassMeasures(["no", "yes"]))
    if state is None:
        progress.skip(plan.unscored * plan.batch_size)
    else:
        progress.set_state(state)
    for start in range(progress.rows, stop, at_once):
        part = slice(start, min(stop, start + at_once))
        y = (losses[part] * 1e6).astype(int) % 2
        progress.add(losses[part], 1 - losses[part], np.column_stack([y, 1 - y]) * 0.9, y)
    return progress


@pytest.mark.parametrize("batch_size, rows", [(1, 140_003), (2, 4001), (100, 20_050)])
def test_a_stream_that_has_grown_is_told_as_one_from_the_start(batch_size, rows):
    losses = np.random.default_rng(2).uniform(size=rows)
    state, seen = None, []
    for stop in (rows // 3 // 500 * 500, rows // 2 // 500 * 500, rows // 500 * 500, rows):
        plan = Plan(stop, batch_size, 500 // batch_size, 0.3)
        grown = fed(plan, losses, stop, state=state)
        assert grown.record() == fed(plan, losses, stop).record()
        state = grown.state()
        seen.append(grown.record()["score"])
    assert len(set(seen)) == len(seen)


def test_of_a_long_stream_the_score_drops_as_much_as_asked_to_a_block():
    plan = Plan(300_000, 1, 1000, 0.7)
    losses = np.linspace(0, 1, 300_000)
    record = fed(plan, losses, 300_000, 1000).record()
    dropped = 300_000 - record["batches_in_score"]
    assert 0 <= plan.first_kept - dropped < 4 < 2 * 300_000 / FINE
    assert record["score"] == pytest.approx(-losses[dropped:].mean())
    weights = record["losses_weights"]
    assert len(set(weights[:-1])) == 1
    assert sum(weights) == record["batches_in_score"]
    assert 250 <= len(weights) <= 256
    assert len(record["drift"]) <= 128
    assert record["drift"][-1]["rows"] == 300_000
