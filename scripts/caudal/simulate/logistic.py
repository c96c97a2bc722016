"""The logistic model of three standard normal variables, their squares and interactions."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import pyarrow as pa

ROWS_PER_BLOCK = 65_536
TERMS = ["(intercept)", "x1", "x2", "x3", "x1*x2", "x1*x3", "x2*x3", "x1^2", "x2^2", "x3^2"]


def truth(seed: int) -> dict[str, float]:
    """Return the coefficient of each term: equal steps from 0.9 down to 0.1, whatever the seed.

    >>> truth(0)["(intercept)"], truth(0)["x3^2"]
    (0.9, 0.1)
    """
    return dict(zip(TERMS, np.linspace(0.9, 0.1, len(TERMS)).tolist(), strict=True))


def margin(x: np.ndarray) -> np.ndarray:
    """The sum of the terms of ``x`` (3, rows), each times its coefficient, shape (rows,)."""
    x1, x2, x3 = x
    values = [1.0, x1, x2, x3, x1 * x2, x1 * x3, x2 * x3, x1 * x1, x2 * x2, x3 * x3]
    return sum(c * v for c, v in zip(truth(0).values(), values, strict=True))


def blocks(seed: int) -> Iterator[pa.RecordBatch]:
    """Yield endless blocks of the columns ``x1, x2, x3`` (standard normal) and ``y`` (0 or 1)."""
    for number in count():
        rng = np.random.default_rng([seed, number])
        x = rng.standard_normal((3, ROWS_PER_BLOCK))
        y = (rng.random(ROWS_PER_BLOCK) < 1 / (1 + np.exp(-margin(x)))).astype(np.int8)
        yield pa.record_batch([*x, y], names=["x1", "x2", "x3", "y"])
