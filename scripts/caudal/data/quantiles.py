"""Quantiles of a column in bounded memory, for the distribution of a label."""

import math

import numpy as np

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that a manifest has."""

GROWTH = math.log(1.02)
"""The logarithm of how much farther out each bin ends than the one before."""

FIRST = 40_000
"""Added to the numbers of bins, so that all are above zero: 1.02**-38000 is no double any more."""


class Quantiles:
    """Counts values in bins that grow by 2 %, and keeps the sum of each.

    A quantile is right to 2 %, and to the digit where a bin holds one value, as with ratings.
    Source: Masson, Rim and Lee (2019), DDSketch.
    """

    def __init__(self) -> None:
        """Start without values."""
        self._bins: dict[int, tuple[int, float]] = {}

    def add(self, values: np.ndarray) -> None:
        """Take in finite ``values`` (n,)."""
        sizes = np.abs(values)
        places = np.ceil(np.log(sizes, out=np.zeros(len(sizes)), where=sizes > 0) / GROWTH)
        numbers = (np.sign(values) * (places + FIRST)).astype(np.int64)
        keys, places = np.unique(numbers, return_inverse=True)
        counts, sums = np.bincount(places), np.bincount(places, values)
        for key, count, total in zip(keys.tolist(), counts.tolist(), sums.tolist(), strict=True):
            before, so_far = self._bins.get(key, (0, 0.0))
            self._bins[key] = (before + count, so_far + total)

    def at(self, shares: tuple[float, ...] = SHARES) -> list[float]:
        """The quantiles at ``shares``; none where there are no values.

        >>> found = Quantiles()
        >>> found.add(np.arange(1.0, 6.0))
        >>> found.at((0.25, 0.5))
        [2.0, 3.0]
        """
        if not self._bins:
            return []
        keys = sorted(self._bins)
        counts, sums = map(np.array, zip(*(self._bins[key] for key in keys), strict=True))
        ends = counts.cumsum()
        places = np.searchsorted(ends, np.array(shares) * ends[-1])
        return (sums / counts)[np.minimum(places, len(keys) - 1)].tolist()
