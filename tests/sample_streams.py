"""Streams that the tests share, and what to read of them."""

import numpy as np
from caudal.streams import Streamer, seeded


def ramp(batches, rows=2, mark=0):
    """Batches that say where they come from (mark) and which of its stream each is (X)."""
    for i in range(batches):
        yield {"X": np.full((rows, 1), i), "mark": np.full(rows, mark)}


def endless(mark, draws=0):
    i = 0
    while True:
        np.random.random(draws)  # noqa: NPY002 as a user's stream may
        yield {"X": np.full((1, 1), i), "mark": np.full(1, mark)}
        i += 1


@seeded
def noise(rows=3, seed=None):
    rng = np.random.default_rng(seed)
    while True:
        yield {"X": rng.normal(size=rows)}


def marks(batches):
    return [int(batch["mark"][0]) for batch in batches]


def steps(batches):
    return [int(batch["X"].flat[0]) for batch in batches]


def values(batches):
    return [batch["X"].tolist() for batch in batches]


def pool_of(size, **kwargs):
    return [Streamer(endless, mark, **kwargs) for mark in range(size)]
