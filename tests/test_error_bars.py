"""Error bars: intervals cover as often as they say, whether neighbours are alike or not."""

import math

import numpy as np
import pytest
from caudal.learn.error_bars import estimate_mean, standard_error
from caudal.learn.progressive import MOST_BLOCKS, Blocks

RUNS = 2_000


def autocorrelated(rho, n, rng, noise=0.0):
    """Sequences (RUNS, n) of mean 0 and variance 1 + noise^2, neighbours correlated by ``rho``."""
    found = np.empty((RUNS, n))
    found[:, 0] = rng.normal(size=RUNS)
    for i in range(1, n):
        found[:, i] = rho * found[:, i - 1] + math.sqrt(1 - rho**2) * rng.normal(size=RUNS)
    return found + noise * rng.normal(size=found.shape)


def blocks_of(sequence):
    """The means over at most MOST_BLOCKS blocks, and how many values are in each."""
    size = -(-len(sequence) // MOST_BLOCKS)
    starts = np.arange(0, len(sequence), size)
    sizes = np.diff([*starts, len(sequence)])
    return np.add.reduceat(sequence, starts) / sizes, sizes


def coverage(sequences):
    found = (estimate_mean(*blocks_of(sequence)) for sequence in sequences)
    return np.mean([abs(estimate.mean) < estimate.reach for estimate in found])


@pytest.mark.parametrize("n", [24, 100, 1_000])
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_an_interval_of_95_percent_covers_as_often_as_it_says(rho, n):
    sequences = autocorrelated(rho, n, np.random.default_rng(n))
    assert 0.90 <= coverage(sequences) <= 0.99


@pytest.mark.parametrize("n", [256, 1_000])
def test_a_slow_drift_below_noise_is_seen(n):
    assert 0.90 <= coverage(autocorrelated(0.9, n, np.random.default_rng(0), noise=2.0)) <= 0.99


def test_independent_values_cost_little():
    """The interval is at most a third wider than that of values known to be independent."""
    sequences = np.random.default_rng(0).normal(size=(RUNS, 256))
    reaches = [estimate_mean(sequence).reach for sequence in sequences]
    wider = np.mean(reaches) / (1.96 / 16)
    assert 1.0 < wider < 4 / 3


def test_a_million_single_rows_are_as_sure_as_their_blocks_are():
    """A mean of losses row by row, correlated over some hundred rows."""
    rng = np.random.default_rng(0)
    length, rows = 100, 1_000_000
    slow = np.repeat(rng.normal(size=rows // length), length)
    blocks = Blocks(rows, MOST_BLOCKS)
    losses = slow + rng.normal(size=rows)
    learned = 0
    while learned < rows:
        part = losses[learned : learned + blocks.room]
        blocks.add(len(part), float(len(part)), part.mean())
        learned += len(part)
    means = [mean for (mean,) in blocks.means]
    true = math.sqrt(length / rows + 1 / rows)
    assert standard_error(means) == pytest.approx(true, rel=0.35)


def test_a_short_last_block_weighs_what_it_holds():
    assert estimate_mean([1.0, 3.0, 100.0], [10, 10, 1]).mean == pytest.approx(140 / 21)
    values = np.random.default_rng(0).normal(size=100)
    with_scrap, sizes = np.append(values, 50.0), np.append(np.full(100, 1000.0), 1.0)
    assert standard_error(with_scrap, sizes) == pytest.approx(standard_error(values), rel=0.05)


def test_nothing_to_tell():
    assert math.isnan(standard_error([]))
    assert math.isnan(standard_error([1.0]))
    assert math.isnan(standard_error([1.0, math.inf]))
    assert standard_error([2.0, 2.0, 2.0]) == 0.0
    assert standard_error([1.0, 2.0]) > 0
