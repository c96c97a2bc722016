"""Plans, means, blocks and calibration."""

import numpy as np
import pytest
from caudal.errors import UserError
from caudal.learn.progressive import Blocks, Mean, Plan, Progress, make_plan
from caudal.learn.targets import Calibration


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


@pytest.mark.parametrize("pieces", [1, 7, 50])
def test_a_mean_weighs_its_values(pieces):
    random = np.random.default_rng(0)
    values, weights = random.normal(size=50), random.uniform(0.1, 1.0, 50)
    mean = Mean()
    for part in np.array_split(np.arange(50), pieces):
        mean.add(np.average(values[part], weights=weights[part]), weights[part].sum())
    assert mean.mean == pytest.approx(np.average(values, weights=weights))
    assert mean.total == pytest.approx(weights.sum())


@pytest.mark.parametrize("total", [1, 7, 256, 257, 1000])
@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_blocks_are_few_and_lose_nothing(total, at_once):
    blocks = Blocks(total, 256)
    values = np.random.default_rng(0).normal(size=total)
    weights = np.ones(total)
    weights[-1] = 0.3
    start = 0
    while start < total:
        part = slice(start, start + min(at_once, blocks.room))
        mean = np.average(values[part], weights=weights[part])
        blocks.add(part.stop - start, weights[part].sum(), mean, -mean)
        start = part.stop
    means = np.array(blocks.means)
    size = -(-total // 256)
    assert len(means) == -(-total // size) <= 256
    expected = [
        np.average(values[i : i + size], weights=weights[i : i + size])
        for i in range(0, total, size)
    ]
    np.testing.assert_allclose(means[:, 0], expected)
    np.testing.assert_allclose(means[:, 1], -np.array(expected))
    assert sum(blocks.weights) == pytest.approx(weights.sum())


def test_calibration_counts_every_row():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=1000)
    p[:2] = 0.0, 1.0
    y = (rng.uniform(size=1000) < p).astype(int)
    calibration = Calibration()
    calibration.add(np.column_stack([1 - p, p]), y)
    table = calibration.table()
    assert sum(row["rows"] for row in table) == 1000
    for row in table:
        inside = (p >= row["low"]) & ((p < row["high"]) | (row["high"] == 1.0))
        assert row["share"] == pytest.approx(y[inside].mean())
        assert row["mean_probability"] == pytest.approx(p[inside].mean())


@pytest.mark.parametrize("at_once", [10, 50, 1000])
def test_checkpoints_stand_at_doubling_rows(at_once):
    plan = Plan(100_000, 10, 200, 0.5)
    progress = Progress(plan, Calibration())
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
    progress = Progress(plan, Calibration())
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
        progress = Progress(plan, Calibration())
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
