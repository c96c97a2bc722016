"""Progressive validation: every batch is predicted, scored, then learned.

The score of a point is the mean over the batches of its stream's later part; whatever is learned
is scored before, so no row is held out and none is scored by a model that has seen it. Source: the
prequential approach, Dawid (1984); Blum, Kalai and Langford (1999) on progressive validation.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from caudal.errors import UserError

STEPS_PER_DOUBLING = 4
"""Checkpoints of a learning curve per doubling of the rows."""

MOST_BLOCKS = 256
"""Blocks of the losses in the score, kept for paired comparisons."""

MOST_DRIFT = 128
"""Blocks of the losses along the whole scored stream."""

BINS = 10
"""Bins of predicted probability in the calibration."""


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


class Blocks:
    """Means over blocks of equally many batches, at most ``most`` blocks of ``total`` batches."""

    def __init__(self, total: int, most: int):
        """Start before the first of ``total`` batches."""
        self.means: list[tuple[float, ...]] = []
        self._left = total
        self._size = max(1, -(-total // most))
        self._sums: tuple[float, ...] = ()
        self._count = 0

    def add(self, *values: float) -> bool:
        """Take in the values of a batch; True where a block is full."""
        sums = self._sums or (0.0,) * len(values)
        self._sums = tuple(total + value for total, value in zip(sums, values, strict=True))
        self._count += 1
        self._left -= 1
        if self._count < self._size and self._left:
            return False
        self.means.append(tuple(total / self._count for total in self._sums))
        self._sums, self._count = (), 0
        return True


class Calibration:
    """How often what was predicted with some probability came true, in bins of probability."""

    def __init__(self):
        """Start with empty bins."""
        self.rows = np.zeros(BINS)
        self.probability = np.zeros(BINS)
        self.share = np.zeros(BINS)

    def add(self, probabilities: np.ndarray, y: np.ndarray) -> None:
        """Take in a batch: of two classes the second, of more each one against the rest."""
        classes = probabilities.shape[1]
        if classes == 2:
            p, true = probabilities[:, 1], y.astype(float)
        else:
            p = probabilities.ravel()
            true = (y[:, None] == np.arange(classes)).ravel().astype(float)
        bins = np.minimum((p * BINS).astype(np.int64), BINS - 1)
        self.rows += np.bincount(bins, minlength=BINS)
        self.probability += np.bincount(bins, p, BINS)
        self.share += np.bincount(bins, true, BINS)

    def table(self) -> list[dict]:
        """A row per bin that is not empty."""
        return [
            {
                "low": i / BINS,
                "high": (i + 1) / BINS,
                "rows": int(self.rows[i]),
                "mean_probability": float(self.probability[i] / self.rows[i]),
                "share": float(self.share[i] / self.rows[i]),
            }
            for i in np.flatnonzero(self.rows)
        ]


class Progress:
    """The losses of one point and of the benchmark along the first pass of a stream."""

    def __init__(self, plan: Plan):
        """Start before the first batch of ``plan``."""
        self.plan = plan
        self.rows = 0
        self.curve: list[dict] = []
        self.calibration = Calibration()
        self.blocks = Blocks(plan.batches - plan.first_kept, MOST_BLOCKS)
        self._stream = Blocks(plan.batches - plan.unscored, MOST_DRIFT)
        self._stream_rows: list[int] = []
        self._batch = 0
        self._kept, self._benchmark_kept = Mean(), Mean()
        self._all, self._since = [Mean(), Mean()], [Mean(), Mean()]
        self._next = 0.0

    @property
    def scores_next(self) -> bool:
        """Whether the next batch is scored."""
        return self._batch >= self.plan.unscored

    def skip(self, rows: int) -> None:
        """Count a batch that is learned but not scored."""
        self._batch += 1
        self.rows += rows

    def add(
        self, loss: float, benchmark_loss: float, probabilities: np.ndarray, y: np.ndarray
    ) -> dict | None:
        """Take in the predictions (rows, classes) for a scored batch and their losses.

        Returns the checkpoint where one is due.
        """
        if self._batch >= self.plan.first_kept:
            self._kept.add(loss)
            self._benchmark_kept.add(benchmark_loss)
            self.blocks.add(loss, benchmark_loss)
            self.calibration.add(probabilities, y)
        self.skip(len(y))
        for mean, value in zip(self._all + self._since, (loss, benchmark_loss) * 2, strict=True):
            mean.add(value)
        if self._stream.add(loss, benchmark_loss):
            self._stream_rows.append(self.rows)
        if self.rows >= self._next or self._batch == self.plan.batches:
            return self._checkpoint()
        return None

    def _checkpoint(self) -> dict:
        self._next = self.rows * 2 ** (1 / STEPS_PER_DOUBLING)
        self.curve.append(
            {
                "rows": self.rows,
                "loss": self._all[0].mean,
                "loss_since_last": self._since[0].mean,
                "benchmark_loss": self._all[1].mean,
                "benchmark_loss_since_last": self._since[1].mean,
            }
        )
        self._since = [Mean(), Mean()]
        return self.curve[-1]

    def record(self) -> dict:
        """The fields of ``score.json`` that tell losses; nan where no batch was kept."""
        known = self._kept.count > 0
        score = -self._kept.mean if known else math.nan
        benchmark = -self._benchmark_kept.mean if known else math.nan
        return {
            "score": score,
            "standard_error": self._kept.standard_error,
            "benchmark_score": benchmark,
            "r2": 1.0 - score / benchmark if benchmark else math.nan,
            "rows": self.rows,
            "batches": self._batch,
            "batches_in_score": self._kept.count,
            "learning_curve": self.curve,
            "losses": self.blocks.means,
            "drift": [
                {"rows": rows, "loss": loss, "benchmark_loss": benchmark_loss}
                for rows, (loss, benchmark_loss) in zip(
                    self._stream_rows, self._stream.means, strict=True
                )
            ],
            "calibration": self.calibration.table(),
        }
