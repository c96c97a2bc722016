"""Blocks of sums whose borders depend on the place in the stream alone."""

import numpy as np
import pytest
from caudal.learn.blocks import Blocks, grouped, running_mean

SUMS = np.random.default_rng(0).integers(0, 9, (1000, 2)).astype(float)


@pytest.mark.parametrize("batches", [0, 1, 7, 8, 9, 63, 64, 65, 1000])
@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_blocks_are_few_and_lose_nothing(batches, at_once):
    one_by_one, several = Blocks(8, 2), Blocks(8, 2)
    for start in range(0, batches, at_once):
        one_by_one.add(SUMS[start : min(batches, start + at_once)])
    start = 0
    while start < batches:
        stop = min(batches, start + at_once, start + several.room)
        several.add(SUMS[start:stop].sum(axis=0)[None], stop - start)
        start = stop
    size = one_by_one.size
    expected = [SUMS[i : min(batches, i + size)].sum(axis=0) for i in range(0, batches, size)]
    for blocks in (one_by_one, several):
        np.testing.assert_array_equal(blocks.sums, np.reshape(expected, (-1, 2)))
    assert len(expected) <= 8
    assert batches <= 8 or len(expected) > 4


def test_blocks_go_on_from_their_state():
    whole, first, second = (Blocks(8, 2) for _ in range(3))
    whole.add(SUMS)
    first.add(SUMS[:64])
    second.set_state(first.state())
    second.add(SUMS[64:])
    np.testing.assert_array_equal(whole.sums, second.sums)
    assert whole.state()["size"] == second.state()["size"]


@pytest.mark.parametrize("most", [1, 7, 256, 2000])
def test_groups_are_few_and_weigh_what_they_hold(most):
    rows = np.full(1000, 10)
    rows[-1] = 3
    means, held = grouped(SUMS, rows, most)
    size = -(-1000 // most)
    assert len(means) == len(held) == -(-1000 // size) <= most
    assert held.sum() == rows.sum()
    np.testing.assert_allclose(means.T @ held, SUMS.sum(axis=0))


def test_a_running_mean_weighs_its_values():
    random = np.random.default_rng(0)
    values, weights = random.normal(size=50), random.uniform(0.1, 1.0, 50)
    assert running_mean(values, weights) == pytest.approx(np.average(values, weights=weights))
