"""What a manifest says about each column, gathered part by part in bounded memory."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal.data.quantiles import Quantiles

MOST_LEVELS = 100_000  # told apart before the count of a column's levels is given up
MOST_BYTES = 64 * 1024 * 1024  # of their texts
KEPT_LEVELS = 1_000  # counted on after that
TOP_LEVELS = 50
LARGE = 1e140
"""Numbers beyond are summed up in units of ``UNIT``: the sums of their squares would overflow."""
UNIT = 2.0**600


class NumericStats:
    """Missing values, range, mean and standard deviation (of the rows, not of a sample)."""

    def __init__(self) -> None:
        self._missing = self._count = 0
        self._low, self._high = math.inf, -math.inf
        self._mean = self._squares = 0.0  # squares: the sum of squared distances from the mean
        self._unit = 1.0  # of the mean; the squares are in its square

    def add(self, column: pa.Array) -> None:
        """Take in the values of one part."""
        self._missing += column.null_count
        values = column.drop_null().to_numpy()
        if not len(values):
            return
        self._low = min(self._low, float(values.min()))
        self._high = max(self._high, float(values.max()))
        if self._unit != unit_of(self._low, self._high):
            self._unit = UNIT
            self._mean, self._squares = self._mean / UNIT, self._squares / UNIT / UNIT
        if self._unit != 1.0:
            values = values / self._unit
        mean = float(values.mean())
        squares = float(np.square(values - mean).sum())
        self._mean, self._squares = merge_moments(
            (self._count, self._mean, self._squares), (len(values), mean, squares)
        )
        self._count += len(values)

    def summary(self) -> dict:
        """The entry of the manifest; the figures are null where no value was seen."""
        if not self._count:
            figures = dict.fromkeys(("min", "max", "mean", "std"))
        else:
            std = self._unit * math.sqrt(self._squares / self._count)
            mean = self._unit * self._mean
            figures = {"min": self._low, "max": self._high, "mean": mean, "std": std}
        return {"missing": self._missing, **{k: _json_number(v) for k, v in figures.items()}}


class LabelStats(NumericStats):
    """Those of a numeric label, and its quantiles."""

    def __init__(self) -> None:
        super().__init__()
        self._quantiles = Quantiles()

    def add(self, column: pa.Array) -> None:
        """Take in the values of one part."""
        super().add(column)
        self._quantiles.add(column.to_numpy())

    def summary(self) -> dict:
        """The entry of the manifest; ``quantiles`` are those at ``SHARES``."""
        return {**super().summary(), "quantiles": self._quantiles.at()}


class LevelStats:
    """Missing values and the counts of the levels.

    Beyond ``most`` levels, or ``most_bytes`` of their texts, their number is no longer exact, and
    only the ``KEPT_LEVELS`` most frequent so far are counted on.
    """

    def __init__(self, most: int = MOST_LEVELS, most_bytes: int = MOST_BYTES):
        self._missing, self._most, self._most_bytes = 0, most, most_bytes
        self._levels_told = self._values = 0
        self._levels = pa.array([], pa.string())
        self._counts = np.zeros(0, np.int64)
        self.exact = True

    def add(self, levels: pa.Array, counts: np.ndarray, missing: int) -> None:
        """Take in one part: its levels, none of them twice, and how often each is there."""
        self._missing += missing
        places = pc.index_in(levels, value_set=self._levels)
        known = places.is_valid().to_numpy(zero_copy_only=False)
        self._counts[places.drop_null().to_numpy()] += counts[known]
        if not self.exact:
            return
        self._values += int(counts.sum())
        if known.all():
            return
        self._levels = pa.concat_arrays([self._levels, levels.filter(pa.array(~known))])
        self._counts = np.concatenate([self._counts, counts[~known]])
        self._levels_told = len(self._levels)
        if self._levels_told > self._most or self._levels.nbytes > self._most_bytes:
            self.exact = False
            kept = top(self.counts, KEPT_LEVELS)
            self._levels = pa.array([level for level, _ in kept], pa.string())
            self._counts = np.array([count for _, count in kept], np.int64)

    @property
    def counts(self) -> dict[str, int]:
        """The levels that are counted, and how often each is there."""
        return dict(zip(self._levels.to_pylist(), self._counts.tolist(), strict=True))

    @property
    def told_apart(self) -> tuple[int, int]:
        """How many values there were while levels were told apart, and how many levels."""
        return self._values, self._levels_told

    def summary(self) -> dict:
        """The entry of the manifest; ``levels`` is a lower bound where it is not exact."""
        return {
            "missing": self._missing,
            "levels": len(self._levels) if self.exact else min(self._most, self._levels_told),
            "levels_exact": self.exact,
            "top_levels": dict(top(self.counts, TOP_LEVELS)),
        }


def top(counts: dict[str, int], most: int) -> list[tuple[str, int]]:
    """The most frequent levels, the first of equals in the order of their texts.

    >>> top({"b": 1, "a": 1, "c": 3}, 2)
    [('c', 3), ('a', 1)]
    """
    levels, counted = pa.array(counts, pa.string()), pa.array(counts.values(), pa.int64())
    order = [("counted", "descending"), ("levels", "ascending")]
    table = pa.table({"levels": levels, "counted": counted})
    first = table.take(pc.select_k_unstable(table, k=most, sort_keys=order))
    return list(zip(*first.to_pydict().values(), strict=True))


def merge_moments(
    left: tuple[int, float, float], right: tuple[int, float, float]
) -> tuple[float, float]:
    """Mean and sum of squared distances from it, of two (count, mean, sum of squares) together.

    >>> merge_moments((1, 1.0, 0.0), (1, 3.0, 0.0))
    (2.0, 2.0)
    """
    (n, mean, squares), (m, other, more) = left, right
    gap, total = other - mean, n + m
    return mean + gap * m / total, squares + more + gap * gap * n * m / total


def unit_of(low: float, high: float) -> float:
    """The unit in which numbers of this range are summed up: 1, unless they are very large."""
    return UNIT if max(-low, high) > LARGE else 1.0


def _json_number(value: float | None) -> float | None:
    """JSON has no infinities: they are null."""
    return value if value is not None and math.isfinite(value) else None
