"""The passes of a job: every batch is predicted, scored and learned by each of its points."""

import logging
import time
from dataclasses import dataclass

import numpy as np

from caudal.config.grid import Point
from caudal.errors import UserError
from caudal.learn.batches import Features
from caudal.learn.fit_log import say_checkpoint
from caudal.learn.learners import Diverged, Learner
from caudal.learn.progressive import Plan, Progress
from caudal.learn.targets import Target

log = logging.getLogger("caudal")


@dataclass
class Fit:
    """One point while it is learned; ``group`` is the place of its features in the job's.

    ``failure`` is the sentence that says why it is learned no more, ``diverged`` whether that is
    because its weights have left the range of numbers.
    """

    point: Point
    group: int
    learner: Learner
    progress: Progress
    diverged: bool = False
    failure: str | None = None
    seconds: float = 0.0
    rows_said: int = 0

    def fail(self, error: Exception) -> None:
        """Give the point up, and tell it: the others of its job go on.

        Raises ``error`` again where it is no fault of the point: a UserError, or no memory.
        """
        if isinstance(error, UserError | MemoryError):
            raise error
        rows = self.progress.rows
        self.diverged = isinstance(error, Diverged)
        if self.diverged:
            self.failure = (
                f"the weights have grown beyond all numbers after {rows} rows; scale the features "
                f"(extractor.scale: true), lower eta0 or raise alpha."
            )
        else:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            self.failure = f"its learner failed after {rows} rows ({what})."
        # With its traceback, as what failed may be ours.
        defect = None if self.diverged else error
        log.warning("%s: %s", self.point.id, self.failure, exc_info=defect)


class Job:
    """The points of a job on their way through the stream."""

    def __init__(
        self, fits: list[Fit], features: list[Features], plan: Plan, target: Target, started: float
    ):
        """Stand before the first batch; ``started`` is a time of ``time.perf_counter``."""
        self.fits, self.features, self.plan, self.target = fits, features, plan, target
        self.benchmark = target.benchmark(plan.unscored * plan.batch_size)
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

    def learn(self, batches: dict) -> None:
        """Predict, score and learn whole batches; scores are taken in the first pass only."""
        y, size = batches["Y"], self.plan.batch_size
        first_pass = self.batches < self.plan.batches
        scored = first_pass and self.batches >= self.plan.unscored
        null_losses = np.empty(0)
        if first_pass:
            null = self.benchmark.predict_then_learn(y, size)
            if scored:
                by_row = null if size == 1 else np.repeat(null, size, axis=0)[: len(y)]
                null_losses = self.target.losses(by_row, y)
        for fit in self.fits:
            since = time.perf_counter()
            try:
                self._learn(fit, batches, null_losses, first_pass, scored)
            except Exception as error:
                fit.fail(error)
                if scored:  # unscored rows are counted before they are learned
                    fit.progress.skip(len(y))
            fit.seconds += time.perf_counter() - since
        self.batches += -(-len(y) // size)

    def _learn(self, fit: Fit, batches: dict, null_losses, first_pass: bool, scored: bool) -> None:
        y, weight, size = batches["Y"], batches.get("weight"), self.plan.batch_size
        encoded = batches[f"slots{fit.group}"], batches[f"values{fit.group}"]
        if fit.failure or not scored:
            if first_pass:
                fit.progress.skip(len(y))
            if not fit.failure:
                fit.learner.learn(*encoded, y, weight, size)
            return
        guess = fit.learner.predict_then_learn(*encoded, y, weight, size)
        losses = self.target.losses(guess, y)
        for checkpoint in fit.progress.add(losses, null_losses, guess, y):
            self._say(fit, checkpoint)

    def _say(self, fit: Fit, checkpoint: dict) -> None:
        rows = checkpoint["rows"]
        if rows >= 2 * fit.rows_said or rows >= self.plan.rows:
            fit.rows_said = rows
            seconds = time.perf_counter() - self.started
            say_checkpoint(fit.point.id, checkpoint, seconds, self.plan.rows)

    def state(self) -> dict:
        """All that ``set_state`` needs to make a new job of the same points go on."""
        return {
            "batches": self.batches,
            "seconds": time.perf_counter() - self.started,
            "benchmark": self.benchmark.state(),
            "touched": [feature.registry.touched() for feature in self.features],
            "fits": [
                {
                    "learner": None if fit.failure else fit.learner.state(),
                    "progress": fit.progress.state(),
                    "diverged": fit.diverged,
                    "failure": fit.failure,
                    "seconds": fit.seconds,
                    "rows_said": fit.rows_said,
                }
                for fit in self.fits
            ],
        }

    def set_state(self, state: dict) -> None:
        """Take over the ``state`` of another job of the same points."""
        self.batches = state["batches"]
        self.started -= state["seconds"]
        self.benchmark.set_state(state["benchmark"])
        for feature, touched in zip(self.features, state["touched"], strict=True):
            feature.registry.set_touched(touched)
        for fit, found in zip(self.fits, state["fits"], strict=True):
            fit.progress.set_state(found["progress"])
            fit.diverged, fit.failure = found["diverged"], found["failure"]
            fit.seconds, fit.rows_said = found["seconds"], found["rows_said"]
            if not fit.failure:
                fit.learner.set_state(found["learner"])
