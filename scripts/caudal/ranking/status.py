"""How far a run is: the points done, the time left, the leader so far.

From a second shell, in the run's working directory: ``caudal`` prints it once, ``caudal watch``
again and again until all points are done.
"""

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from caudal.config.grid import STEPS, cell

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
    leader: dict | None

    def __str__(self) -> str:
        line = f"{self.done} of {self.points} points"
        if self.seconds_left:
            line += f", {_duration(self.seconds_left)} left"
        if self.leader:
            best = self.leader
            chosen = ", ".join(
                f"{name} {cell(value)}"
                for step in STEPS
                for name, value in best["parameters"][step].items()
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
    except FileNotFoundError:
        return Status(0, 0, None, None)
    points = {line[:12] for line in lines}
    ended, leader = [], None
    for entry in os.scandir(home / "fits") if (home / "fits").is_dir() else ():
        file = Path(entry.path) / "score.json"
        if entry.name not in points:
            continue
        with suppress(FileNotFoundError):  # it may go away at any moment
            ended.append(file.stat().st_mtime)
        record = _read(file)
        if record and (leader is None or record["score"] > leader["score"]):
            leader = record
    left = _seconds_left(ended, len(points))
    return Status(len(points), len(ended), left, leader)


def main() -> None:
    """The command ``caudal [watch]``."""
    arguments = sys.argv[1:]
    if arguments not in ([], ["watch"]):
        sys.exit("usage: caudal [watch]     (in the working directory of a run)")
    found = status()
    if not found.points:
        sys.exit("There is no results/grid.csv here; call me in the working directory of a run.")
    print(found)
    while arguments and found.done < found.points:
        time.sleep(EVERY)
        found = status()
        print(found, flush=True)


def _read(file: Path) -> dict | None:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if record.get("score") is not None else None


def _seconds_left(ended: list[float], points: int) -> float | None:
    """By the pace of the latest points; those of earlier runs lie apart by a pause."""
    gaps = sorted(later - earlier for earlier, later in pairwise(sorted(ended)[-50:]))
    if len(gaps) < 2 or len(ended) == points:
        return None
    usual = gaps[: max(2, len(gaps) * 9 // 10)]
    return sum(usual) / len(usual) * (points - len(ended))


def _duration(seconds: float) -> str:
    """
    >>> _duration(5), _duration(100), _duration(7300)
    ('5 s', '2 min', '2.0 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
