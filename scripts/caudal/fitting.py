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
import pyarrow as pa

from caudal.benchmark import BenchmarkClassifier
from caudal.chunks import chunk_streamer, class_codes, typed_classes
from caudal.errors import UserError
from caudal.estimators import make_classifier, make_pipeline
from caudal.extractor import Extractor
from caudal.grid import Point, describe, shared_features
from caudal.hashing import Registry
from caudal.learners import Diverged, make_learner
from caudal.losses import LOSSES
from caudal.manifest import load
from caudal.progressive import Plan, Progress, make_plan
from caudal.vectorizer import Encoder, Vectorizer

log = logging.getLogger("caudal")

HEADINGS = ("point", "rows", "mean loss", "since last", "benchmark", "rows/s", "seconds left")
PACKAGES = ("scikit-learn", "numpy", "scipy", "pyarrow", "numba")


@dataclass
class Fit:
    """One point while it is learned: its learner, its progress, whether it diverged."""

    point: Point
    learner: object
    progress: Progress
    diverged: bool = False
    seconds: float = 0.0
    rows_said: int = 0


class Features:
    """What points that share their features share: extractor, encoder and encoded batch."""

    def __init__(self, point: Point, manifest: dict, data: dict):
        """Set up the steps of ``point``; raises UserError for a feature that is not there."""
        parameters = dict(point.parameters["extractor"])
        columns = manifest["columns"]
        known = [n for n, c in columns.items() if c["kind"] in ("numeric", "categorical")]
        features = parameters.pop("features", None) or known
        unknown = [name for name in features if name not in known]
        if unknown:
            raise UserError(
                f"extractor.features: no source has a column {unknown[0]!r}; there are "
                f"{', '.join(known)}."
            )
        missing = data.get("missing") or {}
        policy = missing.get("numeric", "mean")
        self.extractor = Extractor(
            features=list(features),
            numeric=[n for n in features if columns[n]["kind"] == "numeric"],
            missing=policy if policy in ("zero", "mean") else "error",
            indicator=bool(missing.get("indicator", False)),
            **parameters,
        )
        self.vectorizer = Vectorizer(**point.parameters["vectorizer"])
        self.encoder = Encoder(self.vectorizer, Registry())
        self.fits: list[Fit] = []
        self.seconds = 0.0

    def load(self, chunk: dict, learn: bool) -> None:
        """Make ``chunk`` the one that ``encode`` takes its batches from."""
        table = pa.table({name: chunk[name] for name in self.extractor.features})
        if learn:
            self.extractor.partial_fit(table)
        self.encoder.load(self.extractor.transform(table))


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
    groups = _groups(points, manifest, data, plan, classes, seed)
    _say_settings(points, manifest, stream, score, plan)
    job = _Job(groups, plan, classes, score["loss"], data, started)
    chunks = chunk_streamer(
        Path(manifest_file).parent, manifest, job.columns(manifest), stream, seed
    )
    for epoch in range(stream["epochs"]):
        for chunk in chunks.generate():
            job.learn_chunk(chunk, manifest, first_pass=epoch == 0)
    shared = {
        "seconds": 0.0,
        "data_checksum": manifest["checksum"],
        "benchmark": dict(zip(manifest["classes"], job.benchmark.probabilities(), strict=True)),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }
    for group in groups:
        for fit in group.fits:
            yield _finish(fit, group, job, shared, len(points))


class _Job:
    """The pass over the chunks that the points of a job share."""

    def __init__(self, groups, plan: Plan, classes, loss: str, data: dict, started: float):
        self.groups, self.plan, self.loss = groups, plan, LOSSES[loss]
        self.label, self.weight = data["label"], data.get("weight")
        self.benchmark = BenchmarkClassifier()
        self.benchmark.partial_fit(None, classes[:0], classes)
        self.started = started

    def columns(self, manifest: dict) -> list[str]:
        """The columns to read."""
        features = {name for group in self.groups for name in group.extractor.features}
        kept = [name for name in manifest["columns"] if name in features]
        return kept + [self.label] + ([self.weight] if self.weight else [])

    def learn_chunk(self, chunk: dict, manifest: dict, first_pass: bool) -> None:
        """Predict, score and learn a chunk, batch by batch."""
        codes = class_codes(chunk[self.label], manifest["classes"])
        weights = chunk[self.weight].to_numpy(zero_copy_only=False) if self.weight else None
        for group in self.groups:
            with _timed(group):
                group.load(chunk, learn=first_pass)
        for start in range(0, len(codes), self.plan.batch_size):
            stop = min(start + self.plan.batch_size, len(codes))
            weight = None if weights is None else weights[start:stop]
            self._learn_batch(start, stop, codes[start:stop], weight, first_pass)

    def _learn_batch(self, start, stop, y, weight, first_pass: bool) -> None:
        guess = np.broadcast_to(
            self.benchmark.probabilities(), (len(y), len(self.benchmark.counts_))
        )
        benchmark_loss = self.loss(guess, y) if first_pass else 0.0
        for group in self.groups:
            with _timed(group):
                encoded = group.encoder.encode(start, stop)
            for fit in group.fits:
                with _timed(fit):
                    self._learn_point(fit, encoded, y, weight, benchmark_loss, first_pass)
        if first_pass:
            self.benchmark.learn_codes(y)

    def _learn_point(self, fit: Fit, encoded, y, weight, benchmark_loss, first_pass) -> None:
        if fit.diverged:
            return
        try:
            if not first_pass:
                pass
            elif fit.progress.scores_next:
                guess = fit.learner.predict_proba(*encoded)
                checkpoint = fit.progress.add(self.loss(guess, y), benchmark_loss, guess, y)
                if checkpoint:
                    self._say_checkpoint(fit, checkpoint)
            else:
                fit.progress.skip(len(y))
            fit.learner.learn(*encoded, y, weight)
        except Diverged:
            fit.diverged = True
            log.warning(
                "%s: the weights have grown beyond all numbers after %d rows; scale the features "
                "(extractor.scale: true), lower eta0 or raise alpha.",
                fit.point.id, fit.progress.rows,
            )  # fmt: skip

    def _say_checkpoint(self, fit: Fit, checkpoint: dict) -> None:
        """A line of the log at doubling rows, after Vowpal Wabbit's."""
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


class _timed:
    """Adds the seconds of its block to ``owner.seconds``."""

    def __init__(self, owner):
        self.owner = owner

    def __enter__(self):
        self.since = time.perf_counter()

    def __exit__(self, *_):
        self.owner.seconds += time.perf_counter() - self.since


def _groups(points, manifest, data, plan, classes, seed) -> list[Features]:
    groups: dict[str, Features] = {}
    for point in points:
        key = shared_features(point)
        if key not in groups:
            groups[key] = Features(point, manifest, data)
        group = groups[key]
        classifier = make_classifier(point.parameters["classifier"], point.id, seed, manifest, data)
        learner = make_learner(
            classifier, classes, group.encoder.registry, group.vectorizer.n_features
        )
        group.fits.append(Fit(point, learner, Progress(plan)))
    return list(groups.values())


def _finish(fit: Fit, group: Features, job: _Job, shared: dict, points: int):
    model = None
    if not fit.diverged:
        try:
            model = make_pipeline(group.extractor, group.vectorizer, fit.learner.fitted())
        except Diverged:
            fit.diverged = True
    record = {"point": fit.point.id, "parameters": fit.point.parameters}
    record |= fit.progress.record()
    if fit.diverged:
        record |= {"score": math.nan, "standard_error": math.nan, "r2": math.nan}
    # Seconds that points of a job spend together are shared out evenly.
    rest = time.perf_counter() - job.started - sum(g.seconds for g in job.groups)
    rest -= sum(f.seconds for g in job.groups for f in g.fits)
    seconds = fit.seconds + group.seconds / len(group.fits) + rest / points
    record |= shared | {
        "seconds": seconds,
        "rows_per_second": record["rows"] / seconds,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "diverged": fit.diverged,
        "columns_touched": group.encoder.registry.size,
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
