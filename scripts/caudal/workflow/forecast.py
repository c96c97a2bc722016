"""Before a run: how many fits go on from their states, how many start over, and why."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from caudal.config.grid import Point
from caudal.data.identity import is_another
from caudal.data.labels import sort_classes
from caudal.data.manifest import load
from caudal.errors import UserError
from caudal.learn import state_file
from caudal.learn.going_on import Source, belongings, checksum, never, why_not
from caudal.learn.saved_state import NAME as STATE
from caudal.models.score_record import BEST, NAME, plain, read_score
from caudal.wording import counted
from caudal.workflow.code_hash import PACKAGE, code_hash
from caudal.workflow.plan import RunPlan
from caudal.workflow.resources import MANIFEST

RESULTS = Path("results")
MOST_REASONS = 5


@dataclass(frozen=True)
class Forecast:
    """The points that go on, that start over (by why) and that begin, and the rows that they read
    together; ``exact`` tells whether the rows are counted or estimated.
    """

    going_on: int
    over: Counter[str]
    begin: int
    rows: int
    exact: bool

    def __str__(self) -> str:
        said = [f"going on from their states: {counted(self.going_on, 'point')}"]
        if self.over:
            found = [f"{count:,} ({why})" for why, count in self.over.most_common(MOST_REASONS)]
            said.append(f"starting over: {', '.join(found)}")
        if self.begin:
            said.append(f"new: {self.begin:,}")
        about = "" if self.exact else "about "
        return f"{'; '.join(said)}; rows to be read: {about}{self.rows:,}."


def forecast(plan: RunPlan, rows: int, exact: bool) -> Forecast | None:
    """What the fits of a run of ``plan`` will read; None where none of them has been made before.

    Only what is known before the first job counts: what a new file brings is not. ``rows`` and
    ``exact`` as ``count_rows`` tells.
    """
    if plan.simulated:
        return None
    sources, labels = _sources(plan)
    code = code_hash(PACKAGE.parent / "fit.py")
    when = _date(MANIFEST) if exact and _is_ranked(plan) and _whole(sources) else None
    rows *= plan.settings["stream"]["epochs"]
    going_on = begin = read = 0
    over: Counter[str] = Counter()
    for point in plan.points.values():
        home = RESULTS / "fits" / point.id
        state, fitted = _peek(home / STATE), _date(home / NAME)
        why = _why_not(state, plan, point, labels, code, sources, rows)
        if fitted and when and fitted >= when and (not why or state is None):
            continue
        if state is not None and not why:
            going_on += 1
            read += rows - state["rows"]
            continue
        read += rows
        if state is None and not fitted:
            begin += 1
        else:
            over[why or ""] += 1
    return Forecast(going_on, over, begin, read, exact) if going_on or over else None


def _why_not(
    state: dict | None,
    plan: RunPlan,
    point: Point,
    labels: Counter[str],
    code: str,
    sources: list[Source],
    rows: int,
) -> str | None:
    if state is None:
        return never(plan.settings["stream"]) or "their states are missing or damaged"
    data = {"classes": sort_classes(list(labels)), "labels": labels}
    belongs = belongings(point, plan.schema["columns"], data, **plan.fit_settings, code=code)
    del belongs["positive"]
    if not _whole(sources) and set(labels) <= set(state["belongs"]["classes"]):
        del belongs["classes"], belongs["labels"]
    return why_not(state, belongs, sources, rows)


def _sources(plan: RunPlan) -> tuple[list[Source], Counter[str]]:
    """The sources that have rows, and the labels; without a checksum where a source is new, or
    another than it was.
    """
    found: list[Source] = []
    labels: Counter[str] = Counter()
    for name, file in plan.sources.items():
        try:
            manifest = load(MANIFEST.parent / name / MANIFEST.name)
        except UserError:
            manifest = {}
        if not manifest or is_another(file, manifest["identity"]):
            found.append([manifest.get("file", str(file)), 0, None])
        elif manifest["rows"]:
            found.append([manifest["file"], manifest["rows"], checksum(manifest["parts"])])
            labels.update(manifest["labels"])
    return found, labels


def _whole(sources: list[Source]) -> bool:
    """Whether all sources are known."""
    return all(checksum for _, _, checksum in sources)


def _is_ranked(plan: RunPlan) -> bool:
    """Whether there is a ranking by today's settings."""
    try:
        record = read_score(RESULTS / BEST / NAME)
    except UserError:
        return False
    return record.get("settings") == plain(plan.fit_settings)


def _peek(file: Path) -> dict | None:
    try:
        return state_file.peek(file)
    except OSError:
        return None


def _date(file: Path) -> float | None:
    try:
        return file.stat().st_mtime
    except OSError:
        return None
