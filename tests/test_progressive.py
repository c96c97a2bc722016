"""Plans, means, blocks and calibration."""

import numpy as np
import pytest
from caudal.errors import UserError
from caudal.learn.progressive import Blocks, Calibration, Mean, Plan, Progress, make_plan


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


def test_mean_and_standard_error():
    values = np.random.default_rng(0).normal(size=50)
    mean = Mean()
    for value in values:
        mean.add(value)
    assert mean.mean == pytest.approx(values.mean())
    assert mean.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(50))
    assert np.isnan(Mean().standard_error)


@pytest.mark.parametrize("total", [1, 7, 256, 257, 1000])
def test_blocks_are_few_and_lose_nothing(total):
    blocks = Blocks(total, 256)
    values = np.random.default_rng(0).normal(size=total)
    for value in values:
        blocks.add(value, -value)
    means = np.array(blocks.means)
    size = -(-total // 256)
    assert len(means) == -(-total // size) <= 256
    expected = [values[i : i + size].mean() for i in range(0, total, size)]
    np.testing.assert_allclose(means[:, 0], expected)
    np.testing.assert_allclose(means[:, 1], -np.array(expected))


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


def test_checkpoints_stand_at_doubling_rows():
    plan = Plan(100_000, 10, 2, 0.5)
    progress = Progress(plan)
    guess, y = np.full((10, 2), 0.5), np.zeros(10, int)
    for i in range(plan.batches):
        if i < plan.unscored:
            progress.skip(10)
        else:
            progress.add(0.25, 0.3, guess, y)
    rows = [point["rows"] for point in progress.record()["learning_curve"]]
    assert 36 <= len(rows) <= 60
    assert rows[-1] == 100_000
    assert rows == sorted(set(rows))
    assert progress.record()["r2"] == pytest.approx(1 - 0.25 / 0.3)
