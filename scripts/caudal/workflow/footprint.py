"""What a run is about to do: its points, rows and jobs, and the disk that it takes."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from caudal.config.grid import Point
from caudal.data.manifest import load
from caudal.errors import UserError
from caudal.learn.saved_state import NAME as STATE_FILE
from caudal.models.score_record import MODEL as MODEL_FILE
from caudal.wording import counted, printable, size
from caudal.workflow.forecast import forecast
from caudal.workflow.plan import RunPlan
from caudal.workflow.resources import MANIFEST, touched

RESULTS = Path("results")
CELL = {"numeric": 8, "weight": 8, "categorical": 2, "label": 1, "numeric label": 8}
"""Bytes of a value in a part."""
CSV_CELL = 18
"""Bytes of a simulated number in a CSV file."""
MODEL, SCORE, STATE, REST = 2_000, 30_000, 20_000, 1_000_000
"""Bytes of a model without weights, of a score file, of a state without weights, losses and
labels, and of the report, logs and marks."""
LOSSES, MOST_LOSSES = 16, 2**21
"""Bytes of the losses of a batch in a state, and of all of them."""


@dataclass(frozen=True)
class Footprint:
    """What the run is about to do; ``exact`` tells whether the rows are counted or estimated,
    ``size`` is the bytes of the results, ``least`` those they take in any case, ``there`` and
    ``free`` those on disk and left on it.
    """

    points: int
    jobs: int
    rows: int
    exact: bool
    passes: int
    size: int
    least: int
    there: int
    free: int

    @property
    def needed(self) -> int:
        """Bytes that are still to be written."""
        return max(0, self.size - self.there)

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        passes = f"{self.passes} passes each" if self.passes > 1 else "1 pass each"
        return (
            f"{counted(self.points, 'point')} on {about}{self.rows:,} rows, {passes}, in "
            f"{counted(self.jobs, 'job')}; the results take about {size(self.size)}, of which "
            f"{size(self.needed)} are still to be written, and {size(self.free)} are free."
        )

    def check(self) -> None:
        """Raise UserError where the disk cannot suffice."""
        missing = self.least - self.there
        if self.free < missing:
            raise UserError(
                f"The disk is too small: at least {size(missing)} are still to be written, and "
                f"{size(self.free)} are free. Free some, or choose another folder by --directory."
            )


def tell(plan: RunPlan, rows: int, exact: bool) -> None:
    """Say what the run will do; raises UserError where the disk is too small."""
    found = footprint(plan, rows, exact)
    going_on = forecast(plan, rows, exact)
    for sentence in [*plan.notes, found, *filter(None, [going_on])]:
        print(f"Caudal: {printable(str(sentence))}", file=sys.stderr)
    found.check()


def footprint(plan: RunPlan, rows: int, exact: bool) -> Footprint:
    """The footprint of a run of ``plan`` in the working directory; rows as ``count_rows`` tells."""
    levels = _known_levels()
    columns = plan.schema["columns"]
    data = rows * sum(CELL.get(kind, 0) for kind in columns.values())
    if plan.simulated:
        data += rows * CSV_CELL * len(columns)
    fits = least = SCORE * len(plan.points)
    for name, size_of in ((MODEL_FILE, _model_size), (STATE_FILE, _state_size)):
        if name == STATE_FILE and not plan.keep_states:
            continue
        sizes = [size for point in plan.points if (size := _size(f"results/fits/{point}/{name}"))]
        known = sum(sizes) // len(sizes) if sizes else 0
        for point in plan.points.values():
            fits += known or size_of(plan, point, rows, touched(point, columns, levels, rows))
            few = touched(point, columns, {}, rows, unknown=1)
            least += known or size_of(plan, point, rows, few)
    return Footprint(
        points=len(plan.points),
        jobs=len(plan.jobs),
        rows=rows,
        exact=exact,
        passes=plan.settings["stream"]["epochs"],
        size=int(data + fits + REST),
        least=int(data + least + REST) // 2,
        there=sum(_size(f"{home}/{name}") for home, _, names in os.walk(RESULTS) for name in names),
        free=shutil.disk_usage(RESULTS if RESULTS.is_dir() else ".").free,
    )


def _model_size(plan: RunPlan, point: Point, rows: int, columns: int) -> int:
    return MODEL + 12 * columns


def _state_size(plan: RunPlan, point: Point, rows: int, columns: int) -> int:
    """As for two classes; a learner of our own has four numbers for each column."""
    own = point.learner.get("class", "").startswith("FTRL")
    losses = min(MOST_LOSSES, LOSSES * rows // plan.settings["stream"]["batch_size"])
    return STATE + (36 if own else 12) * columns + losses + 4 * min(rows, plan.chunk_rows)


def _known_levels() -> dict[str, int]:
    try:
        columns = load(MANIFEST)["columns"]
    except UserError:
        return {}
    return {name: column["levels"] for name, column in columns.items() if "levels" in column}


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size
    except OSError:  # it is not there, or another run has just moved it
        return 0
