"""Fits points: streams the chunks once and trains every point of a job on them."""

import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from caudal.config.grid import Point, shared_features
from caudal.data.manifest import load
from caudal.learn.batches import END, Features, encoded_batches, prefetched_batches
from caudal.learn.estimators import make_classifier, make_pipeline
from caudal.learn.fit_log import say_settings
from caudal.learn.job import Fit, Job
from caudal.learn.learners import make_learner
from caudal.learn.progressive import Progress, make_plan
from caudal.learn.saved_state import SavedState
from caudal.learn.targets import make_target
from caudal.models.score_record import ScoreRecord, make_record, versions

log = logging.getLogger("caudal")

HOW = ("prefetch", "save_every")
"""Settings of the stream that no result depends on."""


def fit_points(
    manifest_file: str | Path,
    points: Sequence[Point],
    stream: dict,
    score: dict,
    data: dict,
    seed: int,
    saved: SavedState | None = None,
    code: str = "",
) -> Iterator[tuple[Point, object, ScoreRecord]]:
    """Train ``points`` in one pass over the chunks; yields (point, model, score record) of each.

    With ``saved`` the state is saved every so often, and a fit of the same data, parameters,
    settings and ``code`` (its hash) goes on from there.

    The record holds the fields of ``score.json``. A point whose weights leave the range of
    floating-point numbers, or whose learner fails, has the model None and the score None. Raises
    UserError where the data and the settings do not fit each other.
    """
    started = time.perf_counter()
    manifest = load(manifest_file)
    plan = make_plan(manifest, stream, score)
    target = make_target(manifest, score)
    features, fits = _set_up(points, manifest, data, plan, target, seed)
    say_settings(points, manifest, stream, score, plan)
    job = Job(fits, features, plan, target, started)
    if saved and (state := saved.load(_owner(points, manifest, stream, score, data, seed, code))):
        job.set_state(state)
        log.info("going on after %d batches, saved before", job.batches)
    batches = prefetched_batches if stream["prefetch"] else encoded_batches
    root = Path(manifest_file).parent
    for some in batches(root, manifest, features, target, stream, data, seed, job.chunks):
        if END not in some:
            job.learn(some)
            if saved and job.between_chunks and saved.due():
                saved = _save(job, saved)
    seconds = time.perf_counter() - job.started
    # What the points spend together is shared out evenly.
    shared = (seconds - sum(fit.seconds for fit in fits)) / len(fits)
    for fit in fits:
        yield _finish(fit, features[fit.group], fit.seconds + shared, manifest)


def _save(job: Job, saved: SavedState) -> SavedState | None:
    """Save the state of the job; None where it cannot be saved at all."""
    try:
        saved.save(job.state())
    except TypeError as error:
        log.info("the state of this fit cannot be saved: %s", error)
        return None
    log.info("saved after %d batches", job.batches)
    return saved


def _set_up(points, manifest, data, plan, target, seed) -> tuple[list[Features], list[Fit]]:
    features: dict[str, Features] = {}
    fits = []
    for point in points:
        key = shared_features(point)
        if key not in features:
            features[key] = Features(point, manifest, data)
        shared = features[key]
        classifier = make_classifier(point.parameters["classifier"], point.id, seed, manifest)
        width = shared.vectorizer.n_features
        learner = make_learner(classifier, target.classes, shared.registry, width)
        progress = Progress(plan, target.reliability())
        fits.append(Fit(point, list(features).index(key), learner, progress))
    return list(features.values()), fits


def _owner(points, manifest, stream, score, data, seed, code) -> dict:
    """What a saved state belongs to: all that a fit's results depend on."""
    return {
        "points": [point.parameters for point in points],
        "manifest": manifest["checksum"],
        "stream": {key: value for key, value in stream.items() if key not in HOW},
        "score": score,
        "data": data,
        "seed": seed,
        "code": code,
        "versions": versions(),
    }


def _finish(
    fit: Fit, features: Features, seconds: float, manifest: dict
) -> tuple[Point, object, ScoreRecord]:
    model = None
    if not fit.failure:
        try:
            model = make_pipeline(features.extractor, features.vectorizer, fit.learner.fitted())
        except Exception as error:
            fit.fail(error)
    record = make_record(
        fit.point,
        fit.progress.record(),
        diverged=fit.diverged,
        failure=fit.failure,
        seconds=seconds,
        columns_touched=features.registry.size,
        data_checksum=manifest["checksum"],
    )
    return fit.point, model, record
