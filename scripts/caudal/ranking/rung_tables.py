"""The tables of successive halving: the rows of each rung, and who went on from it, and why."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from caudal.errors import Damaged
from caudal.ranking.tables import Row, read_table, write_table

RUNGS = "rungs"
"""The folder of a run's rungs, in ``results``."""
PLAN = "plan.csv"
"""The table of all rungs there; that of a rung is named by its number."""


class Rung(NamedTuple):
    """A rung of the plan: its number, from 1; the rows that a point has learned at its end; and
    the checksum of what they depend on.
    """

    rung: int
    rows: int
    checksum: str


class Place(NamedTuple):
    """What a rung came to for a point: its place, whether it goes on to the next one, and why.

    ``behind`` is how much better the cut does, the last point that has a place, and ``at_least``
    what that is above to 95 %; None for those before it, and for points without a score. ``job`` is
    the job that fitted it, ``checksum`` that of its record.
    """

    place: int
    point: str
    score: float | None
    behind: float | None
    at_least: float | None
    goes_on: bool
    why: str
    job: str
    checksum: str


def write_plan(path: str | Path, rungs: Iterable[Rung]) -> None:
    """Write the rungs of a search."""
    write_table(path, Rung._fields, rungs)


def read_plan(path: str | Path) -> list[Rung]:
    """The rungs of a search; raises Damaged where the file is not what ``write_plan`` wrote."""
    try:
        found = [
            Rung(int(row["rung"]), int(row["rows"]), row["checksum"]) for row in read_table(path)
        ]
    except (KeyError, ValueError):
        raise _damaged(path) from None
    if [each.rung for each in found] != list(range(1, len(found) + 1)):
        raise _damaged(path)
    return found


def write_places(path: str | Path, places: Iterable[Place]) -> None:
    """Write what a rung came to, the best point first."""
    write_table(path, Place._fields, places)


def read_places(path: str | Path) -> list[Place]:
    """What a rung came to; raises Damaged where the file is not what ``write_places`` wrote."""
    try:
        return [_read_place(row) for row in read_table(path)]
    except (KeyError, ValueError):
        raise _damaged(path) from None


def _read_place(row: Row) -> Place:
    score, behind, at_least = (
        float(row[name]) if row[name] else None for name in ("score", "behind", "at_least")
    )
    goes_on = {"True": True, "False": False}[row["goes_on"]]
    place, point, rest = int(row["place"]), row["point"], (row["why"], row["job"], row["checksum"])
    return Place(place, point, score, behind, at_least, goes_on, *rest)


def _damaged(path: str | Path) -> Damaged:
    return Damaged(f"{path} is damaged: it is no table of rungs", [Path(path)])
