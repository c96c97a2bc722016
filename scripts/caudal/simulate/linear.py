"""The linear model of three standard normal variables, their squares and interactions."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import pyarrow as pa

from caudal.simulate import logistic


def truth(seed: int, noise: float) -> dict[str, float]:
    """Return the coefficient of each term: those of the logistic model."""
    return logistic.truth(seed)


def blocks(seed: int, noise: float) -> Iterator[pa.RecordBatch]:
    """Yield endless blocks of ``x1, x2, x3`` (standard normal) and the number ``y``.

    ``noise`` is the standard deviation of what the terms do not explain.
    """
    for number in count():
        rng = np.random.default_rng([seed, number])
        x = rng.standard_normal((3, logistic.ROWS_PER_BLOCK))
        y = logistic.margin(x) + noise * rng.standard_normal(logistic.ROWS_PER_BLOCK)
        yield pa.record_batch([*x, y], names=["x1", "x2", "x3", "y"])
