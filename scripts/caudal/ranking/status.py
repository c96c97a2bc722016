"""How far a run is: the points done, the time left, the leader so far.

From a second shell, in the run's working directory: the command ``caudal``.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from caudal.config.grid import STEPS, cell
from caudal.errors import UserError
from caudal.models.score_record import NAME, ScoreRecord, read_score
from caudal.ranking.tables import record_order
from caudal.wording import duration

EVERY = 10.0
"""Seconds between two lines in a run's terminal, and between two looks of ``caudal watch``."""


@dataclass(frozen=True)
class Status:
    """points: in the grid; done: fitted; seconds_left: at the pace so far, or None; leader: the
    record of the best point so far, or None.
    """

    points: int
    done: int
    seconds_left: float | None
    leader: ScoreRecord | None

    def __str__(self) -> str:
        line = f"{self.done} of {self.points} points"
        if self.seconds_left:
            line += f", {duration(self.seconds_left)} left"
        if self.leader:
            best = self.leader
            chosen = ", ".join(
                f"{name} {cell(value)}"
                for step in STEPS
                for name, value in best["parameters"].get(step, {}).items()
            )
            line += f"; best so far {best['score']:.5f}"
            if best["r2"] is not None:
                line += f" (r2 {best['r2']:.3f})"
            line += f": {best['point']}, {chosen}"
        return line


def status(folder: str | Path = ".") -> Status:
    """The state of the run in ``folder``; points that are not in its grid do not count."""
    home = Path(folder) / "results"
    try:
        lines = (home / "grid.csv").read_text(encoding="utf-8").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return Status(0, 0, None, None)
    points = {line[:12] for line in lines}
    ended: list[float] = []
    leader: ScoreRecord | None = None
    for entry in os.scandir(home / "fits") if (home / "fits").is_dir() else ():
        file = Path(entry.path) / NAME
        if entry.name not in points:
            continue
        with suppress(FileNotFoundError):  # it may go away at any moment
            ended.append(file.stat().st_mtime)
        with suppress(UserError):
            record = read_score(file, entry.name)
            if record["score"] is not None and (leader is None or _better(record, leader)):
                leader = record
    left = _seconds_left(ended, len(points))
    return Status(len(points), len(ended), left, leader)


def _better(record: ScoreRecord, other: ScoreRecord) -> bool:
    return record_order(record) < record_order(other)


def _seconds_left(ended: list[float], points: int) -> float | None:
    """By the pace of the latest points; those of earlier runs lie apart by a pause."""
    gaps = sorted(later - earlier for earlier, later in pairwise(sorted(ended)[-50:]))
    if len(gaps) < 2 or len(ended) == points:
        return None
    usual = gaps[: max(2, len(gaps) * 9 // 10)]
    return sum(usual) / len(usual) * (points - len(ended))
