"""Fits points: streams the chunks once and trains every point of a job on them."""

import json
import logging
import math
import platform
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from caudal.benchmark import BenchmarkClassifier
from caudal.chunks import typed_classes
from caudal.estimators import make_classifier, make_pipeline
from caudal.feed import END, Features, encoded_batches, prefetched_batches
from caudal.grid import Point, describe, shared_features
from caudal.learners import Diverged, make_learner
from caudal.losses import LOSSES
from caudal.manifest import load
from caudal.progressive import Plan, Progress, make_plan

log = logging.getLogger("caudal")

HEADINGS = ("point", "rows", "mean loss", "since last", "benchmark", "rows/s", "seconds left")
PACKAGES = ("scikit-learn", "numpy", "scipy", "pyarrow", "numba")


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
) -> Iterator[tuple[Point, object, dict]]:
    """Train ``points`` in one pass over the chunks; yields (point, model, score record) of each.

    The record holds the fields of ``score.json``. A point whose weights leave the range of
    floating-point numbers has the model None and the score nan. Raises UserError where the data
    and the settings do not fit each other.
    """
    started = time.perf_counter()
    manifest = load(manifest_file)
    plan = make_plan(manifest, stream, score)
    classes = typed_classes(manifest)
    features, fits = _set_up(points, manifest, data, plan, classes, seed)
    _say_settings(points, manifest, stream, score, plan)
    job = _Job(fits, plan, BenchmarkClassifier(plan.unscored).begin(classes), score["loss"])
    batches = prefetched_batches if stream["prefetch"] else encoded_batches
    for batch in batches(Path(manifest_file).parent, manifest, features, stream, data, seed):
        if END not in batch:
            job.learn(batch)
    seconds = time.perf_counter() - started
    # What the points spend together is shared out evenly.
    shared = (seconds - sum(fit.seconds for fit in fits)) / len(fits)
    for fit in fits:
        yield _finish(fit, features[fit.group], fit.seconds + shared, manifest)


class _Job:
    """The passes that the points of a job share."""

    def __init__(self, fits: list[Fit], plan: Plan, benchmark: BenchmarkClassifier, loss: str):
        self.fits, self.plan, self.benchmark, self.loss = fits, plan, benchmark, LOSSES[loss]
        self.batches = 0
        self.started = time.perf_counter()

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


def _finish(fit: Fit, features: Features, seconds: float, manifest: dict):
    model = None
    if not fit.diverged:
        try:
            model = make_pipeline(features.extractor, features.vectorizer, fit.learner.fitted())
        except Diverged:
            fit.diverged = True
    record = {"point": fit.point.id, "parameters": fit.point.parameters, **fit.progress.record()}
    if fit.diverged:
        record |= {"score": math.nan, "standard_error": math.nan, "r2": math.nan}
    record |= {
        "diverged": fit.diverged,
        "seconds": seconds,
        "rows_per_second": record["rows"] / seconds,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "columns_touched": features.registry.size,
        "data_checksum": manifest["checksum"],
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }
    return fit.point, model, record


def write_record(record: dict) -> str:
    """``score.json``'s text: nan becomes null, keys in their order."""
    return json.dumps(_without_nan(record), indent=1, ensure_ascii=False) + "\n"


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


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
