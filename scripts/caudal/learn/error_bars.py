"""How sure the mean of a sequence is whose neighbours may be alike, as losses along a stream are.

Were they independent, the error would be their deviation over the square root of their number.
Neighbours that move together say less: two estimates take that in, and the wider interval counts.

- First order: the deviation, and as many independent values as a sequence with the same
  correlation of neighbours is worth, ``n (1 - r) / (1 + r)`` (Priestley, 1981, 5.3.2). The
  correlation of a sample is too low by ``(1 + 4 r) / n`` (Marriott and Pope, 1954); that is
  added, and one degree of freedom is taken off for it. Right from few values on where the
  correlation falls off geometrically.
- Slow waves: the weight of the ``n^(1/3)`` longest cosines in the sequence, whatever the
  correlation looks like (Müller, 2007; Lazarus, Lewis, Stock and Watson, 2018), with as many
  degrees of freedom. It sees a slow drift below much noise, which the neighbours hide.

A sequence that is too short for its correlation has an interval of few degrees of freedom: wide,
not wrong. No method covers a drift that is longer than the sequence itself.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

CONFIDENCE = 0.95


class MeanEstimate(NamedTuple):
    """A mean, its standard error and the degrees of freedom that the error has."""

    mean: float
    standard_error: float
    freedom: float

    @property
    def reach(self) -> float:
        """Half the width of the 95 % interval, by Student's t.

        >>> round(MeanEstimate(0.0, 1.0, 3.0).reach, 2)
        3.18
        """
        return self.standard_error * float(stdtrit(self.freedom, (1 + CONFIDENCE) / 2))

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.mean - self.reach

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.mean + self.reach

    @property
    def at_least(self) -> float:
        """What the mean is above, to 95 %, where only that is asked."""
        return self.mean - self.standard_error * float(stdtrit(self.freedom, CONFIDENCE))

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def estimate_mean(
    values: Sequence[float] | np.ndarray, weights: Sequence[float] | np.ndarray | None = None
) -> MeanEstimate:
    """The weighted mean of a sequence (n,), in its order, and how sure it is.

    ``values`` are single ones or means of blocks, ``weights`` (n,) how many are in each. The error
    is nan below two values, or where one is not finite.

    >>> estimate_mean([1.0, 2.0, 6.0], [1, 1, 2]).mean
    3.75
    """
    values = np.asarray(values, float)
    n = len(values)
    if n < 2 or not np.isfinite(values).all():
        return MeanEstimate(float(values.mean()) if n else math.nan, math.nan, math.nan)
    mean = float(np.average(values, weights=weights))
    apart = values - mean
    if weights is not None:
        apart *= np.asarray(weights, float) / np.mean(weights)
    if not apart.any():
        return MeanEstimate(mean, 0.0, n - 1.0)
    found = [MeanEstimate(mean, *error(apart)) for error in (_first_order, _slow_waves)]
    return max(found, key=lambda estimate: estimate.reach)


def standard_error(
    means: Sequence[float] | np.ndarray, rows: Sequence[float] | np.ndarray | None = None
) -> float:
    """The standard error of the mean over blocks (n,) of ``rows`` (n,); nan below two blocks."""
    return estimate_mean(means, rows).standard_error


def _first_order(apart: np.ndarray) -> tuple[float, float]:
    n = len(apart)
    squares = float(apart @ apart)
    r = float(apart[1:] @ apart[:-1]) / squares
    r = min(max(0.0, r + (1 + 4 * r) / n), 1 - 1 / n)
    values_in_one = (1 + r) / (1 - r)
    worth = n / values_in_one
    # Deviations from the sample's own mean are too small, the more so the less it is worth.
    variance = squares / n / max(1 - 1 / worth, 0.2)
    return math.sqrt(variance / worth), max(1.0, worth - 2)


def _slow_waves(apart: np.ndarray) -> tuple[float, float]:
    n = len(apart)
    waves = round(n ** (1 / 3))
    places = (np.arange(n) + 0.5) / n
    cosines = np.cos(np.pi * np.outer(np.arange(1, waves + 1), places))
    weights = cosines @ apart * math.sqrt(2 / n)
    return math.sqrt(float(np.mean(weights**2)) / n), float(waves)
