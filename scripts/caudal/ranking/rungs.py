"""The rungs of successive halving: how many rows the points learn before they are compared.

All points learn the first rows; the best of them go on to ``factor`` times as many, and so on to
the whole stream. Source: Jamieson and Talwalkar (2016), Non-stochastic best arm identification and
hyperparameter optimization, algorithm 1.
"""

from itertools import pairwise


def rung_rows(total: int, first: int, factor: int) -> list[int]:
    """The rows that a point has learned at the end of each rung; the last are all of them.

    >>> rung_rows(1_000_000, 100_000, 3)
    [100000, 300000, 900000, 1000000]
    """
    rows = []
    while first < total:
        rows.append(first)
        first *= factor
    return [*rows, total]


def default_first_rows(total: int, least: int, points: int, factor: int) -> int:
    """The rows of the first rung, so many that the stream ends when the last few points are left.

    All rungs but the last cost the same then. It is ``least`` times a power of ``factor``, so that
    it stays when a stream grows, until that is ``factor`` times as long.

    >>> default_first_rows(10**6, 40_000, 144, 3), default_first_rows(10**8, 40_000, 144, 3)
    (40000, 1080000)
    """
    promotions = 0
    while factor ** (promotions + 1) <= points:
        promotions += 1
    rows = least
    while rows * factor ** (promotions + 1) <= total:
        rows *= factor
    return rows


def places(points: int, factor: int, rung: int) -> int:
    """How many of all ``points`` are to go on from a ``rung``, those that tie left out.

    >>> [places(144, 3, rung) for rung in (1, 2, 3, 4, 5)]
    [48, 16, 5, 1, 1]
    """
    return max(1, points // factor**rung)


def row_visits(rows: list[int], points: int, factor: int) -> int:
    """The rows that all points read together where nobody ties and each goes on from its state.

    >>> row_visits([100_000, 300_000, 900_000, 1_000_000], 144, 3)
    34100000
    """
    counts = points_on(len(rows), points, factor)
    new = (after - before for before, after in pairwise([0, *rows]))
    return sum(count * each for count, each in zip(counts, new, strict=True))


def points_on(rungs: int, points: int, factor: int) -> list[int]:
    """How many points come to each of ``rungs`` rungs where nobody ties.

    >>> points_on(4, 144, 3)
    [144, 48, 16, 5]
    """
    return [points, *(places(points, factor, rung) for rung in range(1, rungs))]
