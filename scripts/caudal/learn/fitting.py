"""Fits points: streams the chunks once and trains every point of a job on them."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from caudal.config.grid import Point, describe, shared_features
from caudal.data.labels import typed_classes
from caudal.data.manifest import load
from caudal.learn.batches import END, Features, encoded_batches, prefetched_batches
from caudal.learn.benchmark import BenchmarkClassifier
from caudal.learn.estimators import make_classifier, make_pipeline
from caudal.learn.learners import Diverged, make_learner
from caudal.learn.progressive import Plan, Progress, make_plan
from caudal.learn.saved_state import SavedState, learned, set_learned
from caudal.learn.scoring import LOSSES
from caudal.models.score_record import ScoreRecord, make_record, versions

log = logging.getLogger("caudal")

HEADINGS = ("point", "rows", "mean loss", "since last", "benchmark", "rows/s", "seconds left")
HOW = ("prefetch", "save_every")
"""Settings of the stream that no result depends on."""


@dataclass
class Fit:
    """One point while it is learned."""

    point: Point
    group: int
    learner: object
    progress: Progress
    diverged: bool = False
    seconds: float = 0.0
    rows_said: int = 0


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
    floating-point numbers has the model None and the score None. Raises UserError where the data
    and the settings do not fit each other.
    """
    started = time.perf_counter()
    manifest = load(manifest_file)
    plan = make_plan(manifest, stream, score)
    classes = typed_classes(manifest)
    features, fits = _set_up(points, manifest, data, plan, classes, seed)
    _say_settings(points, manifest, stream, score, plan)
    benchmark = BenchmarkClassifier(plan.unscored).begin(classes)
    job = _Job(fits, features, plan, benchmark, score["loss"], started)
    if saved and (state := saved.load(_owner(points, manifest, stream, score, data, seed, code))):
        job.set_state(state)
        log.info("going on after %d batches, saved before", job.batches)
    batches = prefetched_batches if stream["prefetch"] else encoded_batches
    root = Path(manifest_file).parent
    for batch in batches(root, manifest, features, stream, data, seed, job.chunks):
        if END not in batch:
            job.learn(batch)
            if saved and job.between_chunks and saved.due():
                saved.save(job.state())
                log.info("saved after %d batches", job.batches)
    seconds = time.perf_counter() - job.started
    # What the points spend together is shared out evenly.
    shared = (seconds - sum(fit.seconds for fit in fits)) / len(fits)
    for fit in fits:
        yield _finish(fit, features[fit.group], fit.seconds + shared, manifest)


class _Job:
    """The passes that the points of a job share."""

    def __init__(
        self,
        fits: list[Fit],
        features: list[Features],
        plan: Plan,
        benchmark: BenchmarkClassifier,
        loss: str,
        started: float,
    ):
        self.fits, self.features, self.plan = fits, features, plan
        self.benchmark, self.loss = benchmark, LOSSES[loss]
        self.batches = 0
        self.started = started

    @property
    def chunks(self) -> int:
        """Chunks learned whole, over all passes; the first one's batches are the unscored."""
        passes, batches = divmod(self.batches, self.plan.batches)
        return passes * -(-self.plan.batches // self.plan.unscored) + batches // self.plan.unscored

    @property
    def between_chunks(self) -> bool:
        """Whether the last batch was the last of its chunk."""
        return self.batches % self.plan.batches % self.plan.unscored == 0

    def state(self) -> dict:
        """All that ``set_state`` needs to make a new job of the same points go on."""
        return {
            "batches": self.batches,
            "seconds": time.perf_counter() - self.started,
            "benchmark": self.benchmark,
            "touched": [feature.registry.touched() for feature in self.features],
            "fits": [
                (learned(f.learner), f.progress, f.diverged, f.seconds, f.rows_said)
                for f in self.fits
            ],
        }

    def set_state(self, state: dict) -> None:
        """Take over the ``state`` of another job of the same points."""
        self.batches, self.benchmark = state["batches"], state["benchmark"]
        self.started -= state["seconds"]
        for feature, touched in zip(self.features, state["touched"], strict=True):
            feature.registry.set_touched(touched)
        for fit, (knowledge, *rest) in zip(self.fits, state["fits"], strict=True):
            set_learned(fit.learner, knowledge)
            fit.progress, fit.diverged, fit.seconds, fit.rows_said = rest

    def learn(self, batch: dict) -> None:
        """Predict, score and learn one batch; scores are taken in the first pass only."""
        y, weight = batch["Y"], batch.get("weight")
        first_pass = self.batches < self.plan.batches
        scored = first_pass and self.batches >= self.plan.unscored
        if scored:
            constant = self.benchmark.probabilities()
            benchmark_loss = self.loss(np.broadcast_to(constant, (len(y), len(constant))), y)
        for fit in self.fits:
            since = time.perf_counter()
            encoded = batch[f"slots{fit.group}"], batch[f"values{fit.group}"]
            try:
                if scored and not fit.diverged:
                    guess = fit.learner.predict_proba(*encoded)
                    self._take(fit, fit.progress.add(self.loss(guess, y), benchmark_loss, guess, y))
                elif first_pass:
                    fit.progress.skip(len(y))
                if not fit.diverged:
                    fit.learner.learn(*encoded, y, weight)
            except Diverged:
                self._diverge(fit)
            fit.seconds += time.perf_counter() - since
        if first_pass:
            self.benchmark.learn_codes(y)
        self.batches += 1

    def _diverge(self, fit: Fit) -> None:
        fit.diverged = True
        log.warning(
            "%s: the weights have grown beyond all numbers after %d rows; scale the features "
            "(extractor.scale: true), lower eta0 or raise alpha.",
            fit.point.id, fit.progress.rows,
        )  # fmt: skip

    def _take(self, fit: Fit, checkpoint: dict | None) -> None:
        """A line of the log at doubling rows, after Vowpal Wabbit's."""
        if not checkpoint:
            return
        rows = checkpoint["rows"]
        if rows < 2 * fit.rows_said and rows < self.plan.rows:
            return
        fit.rows_said = rows
        rate = rows / (time.perf_counter() - self.started)
        log.info(
            "%12s %12d %12.6f %12.6f %12.6f %12.0f %12.1f",
            fit.point.id, rows, checkpoint["loss"], checkpoint["loss_since_last"],
            checkpoint["benchmark_loss"], rate, (self.plan.rows - rows) / rate,
        )  # fmt: skip


def _set_up(points, manifest, data, plan, classes, seed) -> tuple[list[Features], list[Fit]]:
    features: dict[str, Features] = {}
    fits = []
    for point in points:
        key = shared_features(point)
        if key not in features:
            features[key] = Features(point, manifest, data)
        shared = features[key]
        classifier = make_classifier(point.parameters["classifier"], point.id, seed, manifest)
        learner = make_learner(classifier, classes, shared.registry, shared.vectorizer.n_features)
        fits.append(Fit(point, list(features).index(key), learner, Progress(plan)))
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
    if not fit.diverged:
        try:
            model = make_pipeline(features.extractor, features.vectorizer, fit.learner.fitted())
        except Diverged:
            fit.diverged = True
    record = make_record(
        fit.point,
        fit.progress.record(),
        diverged=fit.diverged,
        seconds=seconds,
        columns_touched=features.registry.size,
        data_checksum=manifest["checksum"],
    )
    return fit.point, model, record


def _say_settings(points, manifest, stream, score, plan: Plan) -> None:
    for point in points:
        log.info("point %s: %s", point.id, describe(point.parameters))
    log.info("stream: %s", ", ".join(f"{k}={v}" for k, v in stream.items()))
    log.info("score: %s", ", ".join(f"{k}={v}" for k, v in score.items()))
    log.info(
        "%d rows, %d batches: %d learned unscored, %d in the score; classes %s",
        plan.rows, plan.batches, plan.unscored, plan.batches - plan.first_kept,
        ", ".join(manifest["classes"][:10]),
    )  # fmt: skip
    log.info("%s", " ".join(f"{h:>12}" for h in HEADINGS))
