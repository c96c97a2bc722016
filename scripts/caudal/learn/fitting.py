"""Fits points: streams the chunks once and trains every point of a job on them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from caudal.config.grid import Point, shared_features
from caudal.data.chunks import chunk_streamer
from caudal.data.manifest import load
from caudal.learn.batches import Features, encoded_batches, prefetched_batches
from caudal.learn.by_source import by_source
from caudal.learn.estimators import make_estimator, make_pipeline
from caudal.learn.fit_log import say_settings
from caudal.learn.going_on import Source, belongings, never, sources_of
from caudal.learn.job import Fit, Job
from caudal.learn.learners import make_learner
from caudal.learn.progressive import Plan, Progress, make_plan
from caudal.learn.saved_state import SavedStates
from caudal.learn.targets import Target, make_target
from caudal.models.score_record import ScoreRecord, make_record

log = logging.getLogger("caudal")


def fit_points(
    manifest_file: str | Path,
    points: Sequence[Point],
    stream: dict,
    score: dict,
    data: dict,
    seed: int,
    states: SavedStates | None = None,
    code: str = "",
    rows: int | None = None,
) -> Iterator[tuple[Point, object, ScoreRecord]]:
    """Train ``points`` on the chunks; yields (point, model, score record) of each.

    With ``states`` a point goes on from its own where that is a state of the same parameters,
    settings and ``code`` (its hash) behind the first rows of the same data; what comes of it is
    the same to the byte. Points at the same place take one pass together, the next ones another.
    ``rows``: learn only so many, as if the stream ended there.

    The record holds the fields of ``score.json``. A point whose weights leave the range of
    floating-point numbers, or whose learner fails, has the model None and the score None. Raises
    UserError where the data and the settings do not fit each other.
    """
    manifest = load(manifest_file)
    if rows is not None:
        manifest["rows"] = min(rows, manifest["rows"])
    root = Path(manifest_file).parent
    labels = chunk_streamer(root, manifest, [data["label"]], stream, seed)
    task = _Task(
        root, manifest, stream, score, data, seed, code,
        make_plan(manifest, stream, score), make_target(manifest, score, labels),
    )  # fmt: skip
    places: dict[int, list[tuple[Point, dict | None]]] = {}
    for point in points:
        state = task.state_of(point, states) if states else None
        places.setdefault(state["batches"] if state else 0, []).append((point, state))
    say_settings(points, task.target, stream, score, task.plan)
    for place in list(places):
        job = _begin(task, places.pop(place))
        yield from _learn(task, job, states)


@dataclass(frozen=True)
class _Task:
    """What the points of a job are to learn, and how."""

    root: Path
    manifest: dict
    stream: dict
    score: dict
    data: dict
    seed: int
    code: str
    plan: Plan
    target: Target

    @cached_property
    def sources(self) -> list[Source]:
        """The sources in stream order."""
        return sources_of(self.manifest)

    @property
    def last_chunk(self) -> int | None:
        """The batches in all whole chunks, where a fit of more rows could go on; None if none."""
        chunk = self.plan.unscored * self.plan.batch_size
        return None if never(self.stream) else self.plan.rows // chunk * self.plan.unscored

    def belongings(self, point: Point) -> dict:
        """What a state of ``point`` belongs to."""
        kinds = {name: column["kind"] for name, column in self.manifest["columns"].items()}
        return belongings(
            point, kinds, self.manifest, self.stream, self.score, self.data, self.seed, self.code
        )

    def state_of(self, point: Point, states: SavedStates) -> dict | None:
        """The state that ``point`` can go on from."""
        rows = self.plan.rows * self.stream["epochs"]
        return states.load(point.id, self.belongings(point), self.sources, rows)

    def save(self, job: Job, states: SavedStates) -> None:
        """Save the states of all points of ``job``."""
        rows = job.rows_after(job.batches)
        for fit in job.fits:
            states.save(
                fit.point.id, partial(job.state, fit), self.belongings(fit.point), self.sources,
                rows,
            )  # fmt: skip


def _begin(task: _Task, points: Sequence[tuple[Point, dict | None]]) -> Job:
    """The job of ``points``, which all stand at the same place; with their states, if any."""
    features: dict[str, Features] = {}
    fits = []
    for point, _ in points:
        key = shared_features(point)
        if key not in features:
            features[key] = Features(point, task.manifest, task.data)
        shared = features[key]
        estimator = make_estimator(point, task.seed, task.manifest)
        width = shared.vectorizer.n_features
        learner = make_learner(estimator, task.target.classes, shared.registry, width)
        progress = Progress(task.plan, task.target.measures())
        fits.append(Fit(point, list(features).index(key), learner, progress))
    job = Job(fits, list(features.values()), task.plan, task.target)
    if states := [state for _, state in points if state]:
        job.set_states(states)
    return job


def _learn(
    task: _Task, job: Job, states: SavedStates | None
) -> Iterator[tuple[Point, object, ScoreRecord]]:
    """Take ``job`` to the end of the stream; yields what its points have come to."""
    batches = prefetched_batches if task.stream["prefetch"] else encoded_batches
    for some in batches(
        task.root, task.manifest, job.features, task.target, task.stream, task.data, task.seed,
        job.chunks,
    ):  # fmt: skip
        job.learn(some)
        if states and job.between_chunks and states.wanted(job.batches == task.last_chunk):
            task.save(job, states)
    costs = [job.seconds(fit) for fit in job.fits]
    for fit, seconds in zip(job.fits, costs, strict=True):
        yield _finish(fit, job, seconds, task)


def _finish(fit: Fit, job: Job, seconds: float, task: _Task) -> tuple[Point, object, ScoreRecord]:
    features, model = job.features[fit.group], None
    if not fit.failure:
        try:
            last = fit.point.task.step, task.target.model(fit.learner.fitted())
            model = make_pipeline(features.extractor, features.vectorizer, last)
        except Exception as error:
            fit.fail(error)
    progress = fit.progress.record()
    if task.stream["order"] == "sequential":
        progress |= by_source(fit.progress, task.sources)
    record = make_record(
        fit.point,
        progress,
        diverged=fit.diverged,
        failure=fit.failure,
        seconds=seconds,
        rows_read=job.rows_read,
        columns_touched=features.registry.size,
        data_checksum=task.manifest["checksum"],
    )
    return fit.point, model, record
