"""The mux: what is active, for how long, in what proportion."""

from collections import Counter

import numpy as np
import pytest
from caudal.errors import UserError
from caudal.streams import Streamer, mux, seeded
from sample_streams import endless, marks, pool_of, ramp, steps
from scipy.stats import chisquare, poisson

# The share of true distributions that fail a test; the seeds are fixed, so it is once for all.
UNLIKELY = 0.001


def test_mux_of_one_stream_is_that_stream():
    reference = list(ramp(50))
    assert list(mux([Streamer(reference)], None, 1, with_replacement=False)) == reference


def test_mux_refuses_what_it_cannot_mix():
    with pytest.raises(RuntimeError, match="empty"):
        list(mux([], None, 1))
    with pytest.raises(UserError, match="at least 1"):
        list(mux(pool_of(2), 5, 0))
    for weights in ([1.0], [0, 0], [1, -1], [1, np.nan]):
        with pytest.raises(UserError, match="pool_weights"):
            list(mux(pool_of(2), 5, 1, pool_weights=weights))


@pytest.mark.parametrize("streams", [1, 4])
@pytest.mark.parametrize("k", [1, 2, 6])
@pytest.mark.parametrize("lam", [0, 2.0, None])
def test_mux_gives_as_many_as_asked(streams, k, lam):
    assert len(list(mux(pool_of(streams), 80, k, lam=lam))) == 80


def test_mux_leaves_its_weights_alone():
    weights = np.array([1.0, 3.0])
    list(mux(pool_of(2), 5, 1, pool_weights=weights))
    assert weights.tolist() == [1, 3]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_mux_keeps_k_active(k):
    active = set()
    most = []

    def watched(mark):
        active.add(mark)
        try:
            for batch in endless(mark):
                most.append(len(active))
                yield batch
        finally:
            active.discard(mark)

    pool = [Streamer(watched, mark) for mark in range(5)]
    list(mux(pool, 500, k, lam=4, with_replacement=False, revive=True, seed=0))
    assert max(most) == k
    assert Counter(most).most_common(1)[0][0] >= k - 1
    assert not active


def run_lengths(batches):
    starts = np.flatnonzero(np.array(steps(batches)) == 0)
    return np.diff(starts)  # without the last, which the end cuts


def test_mux_bounds_are_one_plus_poisson():
    lam = 5.0
    lengths = run_lengths(mux(pool_of(3), 30_000, 1, lam=lam, seed=0))
    assert lengths.min() >= 1
    counted = np.bincount(np.minimum(lengths, 13), minlength=14)[1:]
    expected = poisson.pmf(np.arange(13), lam)
    expected[-1] = poisson.sf(11, lam)
    assert chisquare(counted, expected * len(lengths)).pvalue > UNLIKELY


def test_mux_without_a_rate_exhausts_its_streams():
    pool = [Streamer(ramp, 30, mark=mark) for mark in range(3)]
    found = marks(mux(pool, None, 2, lam=None, with_replacement=False))
    assert Counter(found) == {0: 30, 1: 30, 2: 30}


WEIGHTS = np.array([0.1, 0.6, 0.0, 0.3])


def counts(found):
    counted = np.bincount(found, minlength=len(WEIGHTS))
    assert counted[2] == 0
    return counted[WEIGHTS > 0]


@pytest.mark.parametrize("k", [1, 3])
def test_mux_activates_in_proportion_to_the_weights(k):
    # One batch an activation: every batch is a draw of its own.
    found = marks(mux(pool_of(4), 10_000, k, lam=0, pool_weights=WEIGHTS * 7, seed=0))
    assert chisquare(counts(found), 10_000 * WEIGHTS[WEIGHTS > 0]).pvalue > UNLIKELY


@pytest.mark.parametrize("k", [1, 3])
def test_mux_gives_batches_in_proportion_to_the_weights(k):
    lam, batches = 4.0, 20_000
    found = marks(mux(pool_of(4), batches, k, lam=lam, pool_weights=WEIGHTS, seed=0))
    shares, weights = counts(found) / batches, WEIGHTS[WEIGHTS > 0]
    # A share is a mean over the activations, each of 1 + Poisson(lam) batches.
    activations = batches / (1 + lam)
    deviation = np.sqrt(weights * (1 - weights) / activations * (1 + lam / (1 + lam) ** 2))
    assert (abs(shares - weights) < 4 * deviation).all()


def test_mux_of_all_streams_at_once_takes_turns_by_the_weights():
    found = marks(
        mux(pool_of(4), 10_000, 4, None, pool_weights=WEIGHTS, with_replacement=False, seed=0)
    )
    assert chisquare(counts(found), 10_000 * WEIGHTS[WEIGHTS > 0]).pvalue > UNLIKELY


def test_mux_unweighted_is_even():
    found = marks(mux(pool_of(5), 10_000, 2, lam=0, seed=1))
    assert chisquare(np.bincount(found)).pvalue > UNLIKELY


def test_mux_without_replacement_begins_each_at_most_once():
    begun = Counter()

    def watched(mark):
        begun[mark] += 1
        yield from ramp(10, mark=mark)

    pool = [Streamer(watched, mark) for mark in range(6)]
    found = marks(mux(pool, None, 2, lam=2, with_replacement=False, seed=0))
    assert begun == dict.fromkeys(range(6), 1)
    assert max(Counter(found).values()) <= 10


def test_mux_revives_what_has_ended_but_never_twice_at_once():
    active = Counter()

    def watched(mark):
        active[mark] += 1
        assert active[mark] == 1
        yield from ramp(10, mark=mark)
        active[mark] -= 1

    pool = [Streamer(watched, mark) for mark in range(3)]
    found = marks(mux(pool, 600, 2, lam=None, with_replacement=False, revive=True, seed=0))
    assert len(found) == 600
    assert set(found) == {0, 1, 2}


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("prune", [True, False])
def test_mux_prunes_empty_seeds(replacement, prune):
    begun = []

    def empty():
        begun.append(True)
        yield from ()

    pool = [Streamer(empty), Streamer(ramp, 1000)]
    found = list(
        mux(
            pool, 200, 1, 2, with_replacement=replacement, revive=not replacement,
            prune_empty_seeds=prune, seed=0,
        )
    )  # fmt: skip
    assert len(found) == 200
    assert len(begun) == 1 if prune else len(begun) > 5


def test_mux_of_nothing_but_empty_seeds_ends():
    assert list(mux([Streamer([]), Streamer(ramp, 0)], None, 3)) == []


def test_mux_draws_do_not_depend_on_what_the_streams_hold():
    plain, drawing = pool_of(5), pool_of(5, draws=3)
    options = {"lam": 3, "pool_weights": [1, 2, 3, 4, 5], "seed": 4}
    assert marks(mux(plain, 300, 3, **options)) == marks(mux(drawing, 300, 3, **options))
    seeded_pool = [Streamer(tagged, mark) for mark in range(5)]
    assert marks(mux(plain, 300, 3, **options)) == marks(mux(seeded_pool, 300, 3, **options))
    # Nor on their lengths: shorter streams are activated in the same order.
    short = [Streamer(ramp, 2, mark=mark) for mark in range(5)]
    orders = []
    for pool in (plain, short):
        batches = list(mux(pool, 300, 1, **options))
        orders.append(
            [m for m, step in zip(marks(batches), steps(batches), strict=True) if not step]
        )
    common = min(map(len, orders))
    assert common > 50
    assert orders[0][:common] == orders[1][:common]


@seeded
def tagged(mark, seed=None):
    rng = np.random.default_rng(seed)
    while True:
        yield {"X": rng.normal(size=1), "mark": np.full(1, mark)}


def test_mux_nests():
    inner = [Streamer(mux, pool_of(2), None, 1, lam=2), Streamer(endless, 5)]
    outer = [Streamer(mux, inner, None, 2), Streamer(ramp, 3, mark=9)]
    assert set(marks(mux(outer, 2000, 2, 8))) == {0, 1, 5, 9}
