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
    because its weights have left the range of numbers; ``seconds`` are its own in this job,
    ``earlier`` all those of the jobs that it goes on from.
    """

    point: Point
    group: int
    learner: Learner
    progress: Progress
    diverged: bool = False
    failure: str | None = None
    seconds: float = 0.0
    earlier: float = 0.0
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

    def __init__(self, fits: list[Fit], features: list[Features], plan: Plan, target: Target):
        """Stand before the first batch."""
        self.fits, self.features, self.plan, self.target = fits, features, plan, target
        self.benchmark = target.benchmark(plan.unscored * plan.batch_size)
        self.batches = self.first = 0
        self._started = time.perf_counter()

    @property
    def chunks(self) -> int:
        """Chunks learned whole, over all passes; the first one's batches are the unscored."""
        passes, batches = divmod(self.batches, self.plan.batches)
        return passes * -(-self.plan.batches // self.plan.unscored) + batches // self.plan.unscored

    @property
    def between_chunks(self) -> bool:
        """Whether the last batch was the last of its chunk."""
        return self.batches % self.plan.batches % self.plan.unscored == 0

    def rows_after(self, batches: int) -> int:
        """The rows in the first ``batches`` batches, over all passes."""
        passes, batches = divmod(batches, self.plan.batches)
        return passes * self.plan.rows + batches * self.plan.batch_size

    @property
    def rows_read(self) -> int:
        """The rows that this job has read, over all passes."""
        return self.rows_after(self.batches) - self.rows_after(self.first)

    def seconds(self, fit: Fit) -> float:
        """What a fit has cost; what the points spend together is shared out evenly."""
        apart = sum(fit.seconds for fit in self.fits)
        shared = (time.perf_counter() - self._started - apart) / len(self.fits)
        return fit.earlier + fit.seconds + shared

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
        if fit.progress.add(losses, null_losses, guess, y) or fit.progress.rows >= self.plan.rows:
            self._say(fit)

    def _say(self, fit: Fit) -> None:
        rows = fit.progress.rows
        if rows >= 2 * fit.rows_said or rows >= self.plan.rows:
            fit.rows_said = rows
            rate = (rows - self.rows_after(self.first)) / (time.perf_counter() - self._started)
            checkpoint = fit.progress.curve.checkpoints(rows)[-1]
            say_checkpoint(fit.point.id, checkpoint, rate, self.plan.rows)

    def state(self, fit: Fit) -> dict:
        """All that ``set_states`` needs to make a fit of the same point go on in another job.

        Raises TypeError where its learner holds what is not plain.
        """
        features = self.features[fit.group]
        return {
            "batches": self.batches,
            "benchmark": self.benchmark.state(),
            "touched": features.registry.touched(),
            "extracted": features.extractor.learned(),
            "learner": None if fit.failure else fit.learner.state(),
            "progress": fit.progress.state(),
            "diverged": fit.diverged,
            "failure": fit.failure,
            "seconds": self.seconds(fit),
            "rows_said": fit.rows_said,
        }

    def set_states(self, states: list[dict]) -> None:
        """Take over the states of the fits, in their order, which all stand at the same place."""
        self.batches = self.first = states[0]["batches"]
        self.benchmark.set_state(states[0]["benchmark"])
        for fit, state in zip(self.fits, states, strict=True):
            features = self.features[fit.group]
            features.registry.set_touched(state["touched"])
            features.extractor.set_learned(state["extracted"])
            fit.progress.set_state(state["progress"])
            fit.diverged, fit.failure = state["diverged"], state["failure"]
            fit.earlier, fit.rows_said = state["seconds"], state["rows_said"]
            if not fit.failure:
                fit.learner.set_state(state["learner"])
