"""Mix streamers at random, a few of them active at a time."""

from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator
from itertools import accumulate

import numpy as np
from numpy.random import SeedSequence

from caudal.errors import UserError
from caudal.streams.streamer import Batch, Seed, Streamer, as_seed, branch_seed, seeded


@seeded
def mux(
    seed_pool: Iterable[Streamer],
    n_samples: int | None,
    k: int,
    lam: float | None = 256.0,
    pool_weights: Iterable[float] | None = None,
    with_replacement: bool = True,
    prune_empty_seeds: bool = True,
    revive: bool = False,
    seed: Seed | None = None,
) -> Iterator[Batch]:
    """Yield ``n_samples`` batches (None: to the end), mixing ``k`` active streamers at a time.

    A streamer is activated for 1 + Poisson(``lam``) batches (None: until it ends), and when it
    ends another is. With replacement one may be active several times over; without, each is
    activated at most once, or with ``revive`` again once it has ended. A streamer that gave no
    batch is not activated again if ``prune_empty_seeds``; without pruning, with replacement and
    nothing but empty streamers, a mux searches for ever.

    ``pool_weights`` are the proportions of batches. With replacement they weigh the activations,
    and the active streamers take turns evenly; without it every streamer comes to be active
    sooner or later, so they weigh the turns too.

    Raises RuntimeError for an empty pool and UserError for weights or a ``k`` that cannot be.

    >>> pool = [Streamer([{"X": np.array([i])}] * 3) for i in range(2)]
    >>> sorted(int(batch["X"][0]) for batch in mux(pool, None, 2, with_replacement=False))
    [0, 0, 0, 1, 1, 1]
    """
    streamers = list(seed_pool)
    if not streamers:
        raise RuntimeError("The seed pool is empty: a mux needs at least one streamer.")
    if k < 1:
        raise UserError(f"k, the number of active streamers, must be at least 1, not {k}.")
    weights = _pool_weights(pool_weights, len(streamers))
    pool = _Pool(streamers, weights, lam, with_replacement, prune_empty_seeds, revive, seed)
    slots = [active for _ in range(k) if (active := pool.activate())]
    samples = 0
    try:
        while slots and (n_samples is None or samples < n_samples):
            slot = pool.choose(slots)
            batch = _next_batch(pool, slots, slot)
            if batch is None:
                del slots[slot]
            else:
                samples += 1
                yield batch
    finally:
        for active in slots:
            active.batches.close()


class _Active:
    """One activated streamer: its stream, and how many batches that has given."""

    def __init__(self, index: int, batches: Generator[Batch]):
        self.index = index
        self.batches = batches
        self.given = 0


class _Pool:
    """The streamers of a mux: which of them may be activated, and all the draws."""

    def __init__(
        self,
        streamers: list[Streamer],
        weights: list[float],
        lam: float | None,
        with_replacement: bool,
        prune: bool,
        revive: bool,
        seed: Seed | None,
    ):
        self.streamers = streamers
        self.weights = weights
        self.lam = lam
        self.with_replacement = with_replacement
        self.prune = prune
        self.revive = revive
        self.open = [weight > 0 for weight in weights]
        self.activated = 0
        # The streams of an unseeded mux are handed nothing: their own seeds decide.
        self.seed = as_seed(seed)
        draws = self.seed or SeedSequence()
        self.picks, self.bounds, self.choices = (
            np.random.default_rng(branch_seed(draws, branch)) for branch in range(3)
        )

    def activate(self) -> _Active | None:
        """Begin a stream, drawn in proportion to the weights; None if no streamer is left."""
        members = [index for index, is_open in enumerate(self.open) if is_open]
        if not members:
            return None
        index = members[_pick([self.weights[member] for member in members], self.picks.random())]
        self.open[index] = self.with_replacement
        bound = None if self.lam is None else 1 + int(self.bounds.poisson(self.lam))
        handed = {} if self.seed is None else {"seed": branch_seed(self.seed, 3, self.activated)}
        self.activated += 1
        return _Active(index, self.streamers[index].generate(max_batches=bound, **handed))

    def retire(self, active: _Active) -> None:
        """Take note that a stream has ended."""
        if self.prune and not active.given:
            self.open[active.index] = False
        elif self.revive and not self.with_replacement:
            self.open[active.index] = True

    def choose(self, slots: list[_Active]) -> int:
        """Draw the slot whose turn it is."""
        even = self.with_replacement
        shares = [1.0 if even else self.weights[active.index] for active in slots]
        return _pick(shares, self.choices.random())


def _next_batch(pool: _Pool, slots: list[_Active], slot: int) -> Batch | None:
    """Return the slot's next batch, None when no streamer is left to fill the slot.

    A stream that has ended is replaced in its slot at once, so that its end costs no choice.
    """
    while True:
        active = slots[slot]
        batch = next(active.batches, None)
        if batch is not None:
            active.given += 1
            return batch
        pool.retire(active)
        successor = pool.activate()
        if successor is None:
            return None
        slots[slot] = successor


def _pick(weights: list[float], draw: float) -> int:
    """Return the place in ``weights`` (all positive) that ``draw``, in [0, 1), falls on."""
    sums = list(accumulate(weights))
    return min(bisect_right(sums, draw * sums[-1]), len(sums) - 1)


def _pool_weights(pool_weights: Iterable[float] | None, size: int) -> list[float]:
    if pool_weights is None:
        return [1.0] * size
    weights = np.asarray(pool_weights, dtype=float)
    if weights.shape != (size,):
        raise UserError(f"pool_weights must hold one weight for each of the {size} streamers.")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise UserError("pool_weights must be finite, none negative and at least one positive.")
    return weights.tolist()
