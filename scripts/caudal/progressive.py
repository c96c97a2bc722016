"""Progressive validation: every batch is predicted, scored, then learned.

The score of a point is the mean over the batches of its stream's later part; whatever is learned
is scored before, so no row is held out and none is scored by a model that has seen it. Source: the
prequential approach, Dawid (1984); Blum, Kalai and Langford (1999) on progressive validation.
"""

import math
from dataclasses import dataclass, field

from caudal.errors import UserError

STEPS_PER_DOUBLING = 4
"""Checkpoints of a learning curve per doubling of the rows."""

MOST_BLOCKS = 256
"""Losses kept for paired comparisons: means of equally many batches, at most so many."""


@dataclass(frozen=True)
class Plan:
    """Which batches of a stream count, fixed before it starts.

    rows: rows of the first pass; batch_size: rows a batch; unscored: batches of the first chunk,
    learned but not scored; drop: share of the scored batches that is dropped from the score.
    """

    rows: int
    batch_size: int
    unscored: int
    drop: float

    @property
    def batches(self) -> int:
        """Batches in a pass, the short last one included."""
        return -(-self.rows // self.batch_size)

    @property
    def first_kept(self) -> int:
        """The first batch, counted from 0, that enters the score."""
        scored = self.batches - self.unscored
        return self.unscored + math.floor(scored * self.drop + 1e-9)


def make_plan(manifest: dict, stream: dict, score: dict) -> Plan:
    """The batches of the first pass; raises UserError where none would be scored."""
    plan = Plan(manifest["rows"], stream["batch_size"], stream["n_batches"], score["drop_scores"])
    if plan.batches - plan.first_kept < 2:
        raise UserError(
            f"{plan.rows} rows make {plan.batches} batches of {plan.batch_size}; the first chunk "
            f"({plan.unscored} batches) is learned but not scored, and of the rest the first "
            f"{plan.drop:.0%} are dropped, so {max(0, plan.batches - plan.first_kept)} are left "
            f"for the score. Lower stream.n_batches or stream.batch_size."
        )
    return plan


@dataclass
class Mean:
    """Mean and variance of a sequence, one value at a time (Welford, 1962)."""

    count: int = 0
    mean: float = 0.0
    _squares: float = field(default=0.0, repr=False)

    def add(self, value: float) -> None:
        """Take in one value."""
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self._squares += delta * (value - self.mean)

    @property
    def standard_error(self) -> float:
        """Of the mean; nan below two values."""
        if self.count < 2:
            return math.nan
        return math.sqrt(self._squares / (self.count - 1) / self.count)


class Progress:
    """The losses of one point and of the benchmark along the stream."""

    def __init__(self, plan: Plan):
        """Start before the first batch of ``plan``."""
        self.plan = plan
        self.kept, self.benchmark_kept = Mean(), Mean()
        self.curve: list[dict] = []
        self.blocks: list[tuple[float, float]] = []
        self._batch = 0
        self._rows = 0
        self._all, self._benchmark_all = Mean(), Mean()
        self._since, self._benchmark_since = Mean(), Mean()
        self._next = 0.0
        self._block, self._benchmark_block = Mean(), Mean()
        kept = plan.batches - plan.first_kept
        self._batches_per_block = max(1, -(-kept // MOST_BLOCKS))

    @property
    def scores_next(self) -> bool:
        """Whether the next batch is scored."""
        return self._batch >= self.plan.unscored

    def skip(self, rows: int) -> None:
        """Count a batch that is learned but not scored."""
        self._batch += 1
        self._rows += rows

    def add(self, loss: float, benchmark_loss: float, rows: int) -> dict | None:
        """Take in the losses of a scored batch; the checkpoint where one is due."""
        kept = self._batch >= self.plan.first_kept
        self.skip(rows)
        for mean in (self._all, self._since):
            mean.add(loss)
        for mean in (self._benchmark_all, self._benchmark_since):
            mean.add(benchmark_loss)
        if kept:
            self._keep(loss, benchmark_loss)
        if self._rows >= self._next or self._batch == self.plan.batches:
            return self._checkpoint()
        return None

    def _keep(self, loss: float, benchmark_loss: float) -> None:
        self.kept.add(loss)
        self.benchmark_kept.add(benchmark_loss)
        self._block.add(loss)
        self._benchmark_block.add(benchmark_loss)
        if self._block.count == self._batches_per_block or self._batch == self.plan.batches:
            self.blocks.append((self._block.mean, self._benchmark_block.mean))
            self._block, self._benchmark_block = Mean(), Mean()

    def _checkpoint(self) -> dict:
        point = {
            "rows": self._rows,
            "loss": self._all.mean,
            "loss_since_last": self._since.mean,
            "benchmark_loss": self._benchmark_all.mean,
            "benchmark_loss_since_last": self._benchmark_since.mean,
        }
        self.curve.append(point)
        self._since, self._benchmark_since = Mean(), Mean()
        self._next = self._rows * 2 ** (1 / STEPS_PER_DOUBLING)
        return point

    def scores(self) -> dict:
        """The score's fields of ``score.json``; the score is nan where no batch was kept."""
        score, benchmark = -self.kept.mean, -self.benchmark_kept.mean
        known = self.kept.count > 0
        return {
            "score": score if known else math.nan,
            "standard_error": self.kept.standard_error,
            "benchmark_score": benchmark if known else math.nan,
            "r2": 1.0 - score / benchmark if known and benchmark else math.nan,
            "rows": self._rows,
            "batches": self._batch,
            "batches_in_score": self.kept.count,
        }
