"""Whether rows come in the order of time: told by a column of dates, or by the files' names."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal.data.dates import parse_dates
from caudal.data.labels import NUMBER

WORDS = {"date", "datetime", "day", "epoch", "month", "time", "timestamp", "ts", "week", "year"}
"""A number is a time where its column is named so."""

IN_ORDER = 0.95
"""The rank correlation of time and place from which on rows are in the order of time."""

FEWEST = 3
"""Times, or files, below which their order may be chance."""

MOST_SLICES = 64

IN_NAME = re.compile(r"(19|20)\d\d[-_.]?(0[1-9]|1[0-2])([-_.]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
"""A day or a month in the name of a file."""


class Clock:
    """Sums of a column's times by block of the stream."""

    def __init__(self, blocks: int):
        """Start with none."""
        self._count, self._total = np.zeros(blocks), np.zeros(blocks)

    def add(self, column: pa.Array, block: np.ndarray) -> None:
        """Take in the values of some rows, and the block of each (rows,)."""
        seconds = _seconds(column)
        there = np.isfinite(seconds)
        self._count += np.bincount(block[there], minlength=len(self._count))
        self._total += np.bincount(block[there], seconds[there], len(self._count))

    @property
    def in_order(self) -> bool:
        """Whether time goes on with the stream."""
        there = self._count > 0
        return are_in_order(self._total[there] / self._count[there])


class Slices:
    """The mean time of each slice of a source: how many rows, and seconds since 1970."""

    def __init__(self) -> None:
        self.slices: list[list[float]] = []

    def add(self, times: pa.Array, rows: int = 1000) -> None:
        """Take in timestamps in the order of their rows, ``rows`` to a slice."""
        seconds = _nan_where_missing(times.cast(pa.timestamp("s")).cast(pa.int64()))
        for start in range(0, len(seconds), rows):
            some = seconds[start : start + rows]
            some = some[np.isfinite(some)]
            if len(some):
                self.slices.append([len(some), round(float(some.mean()))])
        self.slices = thinned(self.slices, MOST_SLICES)


def thinned(slices: list[list[float]], most: int) -> list[list[float]]:
    """At most ``most`` slices, neighbours taken together where there are more.

    >>> thinned([[1, 0], [3, 4], [2, 9]], 2)
    [[4, 3], [2, 9]]
    """
    while len(slices) > most:
        pairs = [slices[i : i + 2] for i in range(0, len(slices), 2)]
        totals = [sum(rows for rows, _ in pair) for pair in pairs]
        slices = [
            [total, round(sum(rows * seconds for rows, seconds in pair) / total)]
            for pair, total in zip(pairs, totals, strict=True)
        ]
    return slices


def may_be_time(name: str, column: dict) -> bool:
    """Whether a column of a manifest may hold times: dates by their texts, numbers by its name.

    >>> levels = {"2017-01-01T06:00:42Z": 2, "2017-01-02": 1}
    >>> may_be_time("c", {"kind": "categorical", "top_levels": levels})
    True
    >>> may_be_time("birthYear", {"kind": "numeric", "mean": 1980.0})
    True
    """
    if column["kind"] not in ("numeric", "categorical"):
        return False
    texts = list(column.get("top_levels", ()))
    if texts and parse_dates(pa.array(texts, pa.string())).null_count == 0:
        return True
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
    return bool(words & WORDS) and all(NUMBER.fullmatch(text) for text in texts)


def told_by_files(names: Sequence[str]) -> bool:
    """Whether the files are of one day or month each, in order.

    >>> told_by_files(["a/2024-01-31.csv", "a/2024-02-01.csv", "a/2024-02-02.csv"])
    True
    >>> told_by_files(["2024-02-01.csv", "2024-01-31.csv", "2024-02-02.csv"])
    False
    """
    found = [re.sub(r"\D", "", m[0]) for name in names if (m := IN_NAME.search(name))]
    return len(found) == len(names) and len(set(found)) >= FEWEST and found == sorted(found)


def are_in_order(times: Sequence[float] | np.ndarray) -> bool:
    """Whether ``times`` (n,) rise with their places (Spearman's rank correlation, 1904)."""
    times = np.asarray(times, float)
    values, inverse, counts = np.unique(times, return_inverse=True, return_counts=True)
    if len(values) < FEWEST:
        return False
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # of equal ones their middle
    return bool(np.corrcoef(ranks, np.arange(len(times)))[0, 1] >= IN_ORDER)


def _seconds(column: pa.Array) -> np.ndarray:
    """The values as numbers (rows,), nan where they are none."""
    if not isinstance(column, pa.DictionaryArray):
        return column.to_numpy(zero_copy_only=False)
    texts = column.dictionary.cast(pa.string())
    dates = parse_dates(texts)
    if dates.null_count < len(texts):
        levels = _nan_where_missing(dates.cast(pa.int64()))
    else:
        plain = pc.match_substring_regex(texts, f"^({NUMBER.pattern})$")
        numbers = pc.if_else(plain, texts, pa.scalar(None, pa.string())).cast(pa.float64())
        levels = _nan_where_missing(numbers)
    codes = column.indices.fill_null(len(levels)).to_numpy(zero_copy_only=False)
    return np.append(levels, np.nan)[codes]


def _nan_where_missing(numbers: pa.Array) -> np.ndarray:
    return numbers.cast(pa.float64()).to_numpy(zero_copy_only=False)
