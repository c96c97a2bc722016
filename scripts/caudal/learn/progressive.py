"""Progressive validation: every batch is predicted, scored, then learned.

The score of a point is the mean over the rows of its stream's later part; whatever is learned is
scored before, so no row is held out and none is scored by a model that has seen it. Source: the
prequential approach, Dawid (1984); Blum, Kalai and Langford (1999) on progressive validation.
"""

import math
from dataclasses import dataclass

import numpy as np

from caudal.errors import UserError
from caudal.learn.error_bars import standard_error
from caudal.learn.scoring import batch_means
from caudal.learn.targets import Reliability

STEPS_PER_DOUBLING = 4
"""Checkpoints of a learning curve per doubling of the rows."""

MOST_BLOCKS = 256
"""Blocks of the losses in the score, kept for paired comparisons."""

MOST_DRIFT = 128
"""Blocks of the losses along the whole scored stream."""


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


class Mean:
    """The weighted mean of a sequence, taken in piece by piece."""

    def __init__(self, mean: float = 0.0, total: float = 0.0):
        """Start with the mean of what weighs ``total``; with nothing if left out."""
        self.mean, self.total = mean, total

    def add(self, mean: float, weight: float) -> None:
        """Take in the ``mean`` of what weighs ``weight`` (Chan, Golub and LeVeque, 1979)."""
        self.total += weight
        self.mean += (mean - self.mean) * weight / self.total


class Blocks:
    """Means over blocks of equally many batches, at most ``most`` blocks of ``total`` batches.

    ``means`` holds a list per block, ``weights`` what its batches weigh.
    """

    def __init__(self, total: int, most: int):
        """Start before the first of ``total`` batches."""
        self.means: list[list[float]] = []
        self.weights: list[float] = []
        self._left = total
        self._size = max(1, -(-total // most))
        self._block: list[Mean] = []
        self._count = 0

    @property
    def room(self) -> int:
        """Batches until the block is full."""
        return min(self._size - self._count, self._left)

    def add(self, batches: int, weight: float, *means: float) -> bool:
        """Take in the means of ``batches``, at most ``room``; True where that fills a block."""
        self._block = self._block or [Mean() for _ in means]
        for block, mean in zip(self._block, means, strict=True):
            block.add(mean, weight)
        self._count += batches
        self._left -= batches
        if self._count < self._size and self._left:
            return False
        self.means.append([block.mean for block in self._block])
        self.weights.append(self._block[0].total)
        self._block, self._count = [], 0
        return True

    def state(self) -> dict:
        """What was taken in, as plain values."""
        return {
            "means": np.array(self.means), "weights": np.array(self.weights), "left": self._left,
            "block": [[block.mean, block.total] for block in self._block], "count": self._count,
        }  # fmt: skip

    def set_state(self, state: dict) -> None:
        """Take over what another of the same size has taken in."""
        self.means, self.weights = state["means"].tolist(), state["weights"].tolist()
        self._left, self._count = state["left"], state["count"]
        self._block = [Mean(*pair) for pair in state["block"]]


class Progress:
    """The losses of one point and of the benchmark along the first pass of a stream.

    A batch weighs as its rows do, so that means over batches are means over rows: a whole batch
    has the weight 1.
    """

    def __init__(self, plan: Plan, reliability: Reliability):
        """Start before the first batch of ``plan``."""
        self.plan, self.reliability = plan, reliability
        self.rows = 0
        self.curve: list[dict] = []
        self.blocks = Blocks(plan.batches - plan.first_kept, MOST_BLOCKS)
        self._stream = Blocks(plan.batches - plan.unscored, MOST_DRIFT)
        self._stream_rows: list[int] = []
        self._batch = 0
        self._kept, self._all, self._since = ([Mean(), Mean()] for _ in range(3))
        self._next = 0.0

    def skip(self, rows: int) -> None:
        """Count rows of whole batches that are learned but not scored."""
        self._batch += -(-rows // self.plan.batch_size)
        self.rows += rows

    def add(
        self, losses: np.ndarray, benchmark_losses: np.ndarray, predictions: np.ndarray,
        y: np.ndarray,
    ) -> list[dict]:  # fmt: skip
        """Take in whole batches: the rows' losses (rows,), and the benchmark's, predictions
        (rows, outputs) and targets (rows,).

        Returns the checkpoints of the learning curve that were reached.
        """
        size = self.plan.batch_size
        means = [batch_means(each, size) for each in (losses, benchmark_losses)]
        batches, last = len(means[0]), len(y) % size / size
        unkept = max(0, self.plan.first_kept - self._batch) * size
        if unkept < len(y):
            self.reliability.add(predictions[unkept:], y[unkept:])
        reached, start = [], 0
        while start < batches:
            stop = min(batches, start + self._until_event())
            short = last if stop == batches else 0.0
            weight = stop - start - bool(short) + short
            self._advance(stop - start, weight, *(_mean(m[start:stop], short) for m in means))
            start = stop
            if self.rows >= self._next or self._batch == self.plan.batches:
                reached.append(self._checkpoint())
        return reached

    def _until_event(self) -> int:
        """Batches that can be taken in at once: up to the end of a block or the next checkpoint."""
        checkpoint = max(1, math.ceil((self._next - self.rows) / self.plan.batch_size))
        if self._batch < self.plan.first_kept:
            return min(checkpoint, self._stream.room, self.plan.first_kept - self._batch)
        return min(checkpoint, self._stream.room, self.blocks.room)

    def _advance(self, batches: int, weight: float, *means: float) -> None:
        kept = self._batch >= self.plan.first_kept
        for totals in (self._all, self._since, self._kept)[: 3 if kept else 2]:
            for total, mean in zip(totals, means, strict=True):
                total.add(mean, weight)
        if kept:
            self.blocks.add(batches, weight, *means)
        self._batch += batches
        self.rows += round(weight * self.plan.batch_size)
        if self._stream.add(batches, weight, *means):
            self._stream_rows.append(self.rows)

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
        known = self._kept[0].total > 0
        score = -self._kept[0].mean if known else math.nan
        benchmark = -self._kept[1].mean if known else math.nan
        own = np.array(self.blocks.means).reshape(-1, 2)[:, 0]
        return {
            "score": score,
            "standard_error": standard_error(own, self.blocks.weights),
            "benchmark_score": benchmark,
            "r2": 1.0 - score / benchmark if benchmark else math.nan,
            "rows": self.rows,
            "batches": self._batch,
            "batches_in_score": self._batch - self.plan.first_kept if known else 0,
            "learning_curve": self.curve,
            "losses": self.blocks.means,
            "losses_weights": self.blocks.weights,
            "drift": [
                {"rows": rows, "loss": loss, "benchmark_loss": benchmark_loss}
                for rows, (loss, benchmark_loss) in zip(
                    self._stream_rows, self._stream.means, strict=True
                )
            ],
            **self.reliability.record(),
        }

    def state(self) -> dict:
        """All that was taken in, as plain values."""
        return {
            "rows": self.rows, "curve": self.curve, "batch": self._batch, "next": self._next,
            "reliability": self.reliability.state(), "blocks": self.blocks.state(),
            "stream": self._stream.state(), "stream_rows": self._stream_rows,
            "means": [[m.mean, m.total] for m in [*self._kept, *self._all, *self._since]],
        }  # fmt: skip

    def set_state(self, state: dict) -> None:
        """Take over what another of the same plan has taken in."""
        self.rows, self.curve, self._batch = state["rows"], list(state["curve"]), state["batch"]
        self._next, self._stream_rows = state["next"], list(state["stream_rows"])
        self.reliability.set_state(state["reliability"])
        self.blocks.set_state(state["blocks"])
        self._stream.set_state(state["stream"])
        means = [Mean(*pair) for pair in state["means"]]
        self._kept, self._all, self._since = means[:2], means[2:4], means[4:]


def _mean(means: np.ndarray, short: float) -> float:
    """The mean over batches, the last of which weighs ``short`` unless that is 0."""
    if not short:
        return float(means[0] if len(means) == 1 else means.mean())
    return float((means[:-1].sum() + means[-1] * short) / (len(means) - 1 + short))
