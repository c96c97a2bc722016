"""The jobs of a search by halving: known rung by rung, as the checkpoints are done."""

import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from caudal.config import grid
from caudal.errors import Damaged
from caudal.models.rung_fits import check_there
from caudal.ranking.rung_plan import rows_of_rungs
from caudal.ranking.rung_tables import PLAN, RUNGS, Place, read_places, read_plan
from caudal.ranking.rungs import points_on
from caudal.wording import printable
from caudal.workflow import resources
from caudal.workflow.plan import RunPlan

HOME = Path("results") / RUNGS


def rows_on_rungs(plan: RunPlan, rows: int) -> dict[int, int]:
    """The points that come to each rung where none tie, by its rows; none if there are no rungs."""
    search, points = plan.settings["search"], len(plan.points)
    if search["method"] == "grid":
        return {}
    found = rows_of_rungs(rows, search, points, plan.fit_settings)
    return dict(zip(found, points_on(len(found), points, search["factor"]), strict=True))


def repair() -> None:
    """Discard what is damaged or incomplete of the rungs, so that Snakemake makes it again.

    Only whether files are there and tables and marks are whole is looked at, as at any start.
    """
    for file in [*HOME.glob("[0-9]*.csv"), *HOME.glob("[0-9]*/*.json")]:
        try:
            if file.suffix == ".csv":
                read_places(file)
            else:
                check_there(file)
        except Damaged as error:
            print(f"Caudal: {printable(error.what)}; it is made again.", file=sys.stderr)
            error.discard()


def leave() -> None:
    """Have ``caudal`` look for fits of whole streams: this run has no rungs."""
    (HOME / PLAN).unlink(missing_ok=True)


class Rungs:
    """What the rules of a search by halving ask, as functions of their wildcards.

    What a checkpoint has to answer first raises Snakemake's own exception, and is asked again when
    the checkpoint is done.
    """

    def __init__(self, plan: RunPlan, checkpoints: Any):
        """Answer for ``plan``; ``checkpoints`` is Snakemake's object of that name."""
        self._plan, self._checkpoints = plan, checkpoints

    def planned(self, wildcards: Any) -> str:
        """The file that says how many rows each rung has."""
        return str(self._checkpoints.plan_rungs.get().output[0])

    def before(self, wildcards: Any) -> list[str]:
        """The file that says who has come to a rung; none at the first one."""
        return [self._promoted(int(wildcards.rung) - 1)] if int(wildcards.rung) > 1 else []

    def rung(self, wildcards: Any) -> dict[str, Any]:
        """The number of a rung, its rows, and the checksum of what they depend on."""
        return read_plan(self.planned(wildcards))[int(wildcards.rung) - 1]._asdict()

    def points(self, wildcards: Any) -> list[grid.Point]:
        """The points that a job of a rung fits."""
        return self._jobs(int(wildcards.rung))[wildcards.job]

    def parameters(self, wildcards: Any) -> list[dict]:
        """Their parameters."""
        return [point.parameters for point in self.points(wildcards)]

    def memory(self, wildcards: Any, attempt: int) -> int:
        """Megabytes for a job."""
        rows = self.rung(wildcards)["rows"]
        return resources.fit_memory(self._plan, self.points(wildcards), rows, attempt)

    def minutes(self, wildcards: Any, attempt: int) -> int:
        """Minutes for a job, enough to learn all rows of the rung from the first."""
        rows = self.rung(wildcards)["rows"]
        return resources.fit_minutes(self._plan, self.points(wildcards), rows, attempt)

    def fits(self, wildcards: Any) -> list[str]:
        """The files that vouch for the fits of a rung."""
        home = HOME / str(wildcards.rung)
        return [str(home / f"{job}.json") for job in self._jobs(int(wildcards.rung))]

    def promotions(self, wildcards: Any) -> list[str]:
        """The files that say who went on from each rung, up to the last."""
        found = [self._promoted(1)]
        while any(place.goes_on for place in _places(found[-1])):
            found.append(self._promoted(len(found) + 1))
        return found

    def last_fits(self, wildcards: Any) -> list[list]:
        """Of each point: its id, its last rung, and the job and the checksum of its fit there."""
        found: dict[str, list] = {}
        for rung, file in enumerate(self.promotions(wildcards), 1):
            found |= {place.point: [rung, place.job, place.checksum] for place in _places(file)}
        return [[point, *found[point]] for point in self._plan.points]

    def _promoted(self, rung: int) -> str:
        return str(self._checkpoints.promote.get(rung=rung).output[0])

    def _jobs(self, rung: int) -> dict[str, list[grid.Point]]:
        if rung == 1:
            return self._plan.jobs
        here = {place.point for place in _places(self._promoted(rung - 1)) if place.goes_on}
        points = [point for name, point in self._plan.points.items() if name in here]
        return grid.named_jobs(points, self._plan.settings["points_per_job"])


def _places(file: str) -> tuple[Place, ...]:
    return _read(file, Path(file).stat().st_mtime_ns)


@lru_cache
def _read(file: str, changed: int) -> tuple[Place, ...]:
    return tuple(read_places(file))
