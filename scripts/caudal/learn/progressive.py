"""Progressive validation: every batch is predicted, scored, then learned.

The score of a point is the mean over the rows of its stream's later part; whatever is learned is
scored before, so no row is held out and none is scored by a model that has seen it. Source: the
prequential approach, Dawid (1984); Blum, Kalai and Langford (1999) on progressive validation.
"""

import math
from dataclasses import dataclass

import numpy as np

from caudal.errors import UserError
from caudal.learn.blocks import Blocks, grouped, running_mean
from caudal.learn.error_bars import standard_error
from caudal.learn.learning_curve import LearningCurve
from caudal.learn.measures import Measures
from caudal.learn.scoring import batch_sums

FINE = 2**17
"""Blocks of losses that are kept while a point learns."""

COARSE = 256
"""Blocks of the sums that measures are made of."""

MOST_BLOCKS = 256
"""Blocks of the losses in the score that a record has, for paired comparisons."""

MOST_DRIFT = 128
"""Blocks of the losses along the whole scored stream that a record has."""


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


class Progress:
    """The losses of one point and of the benchmark along the first pass of a stream.

    Means over batches are means over rows: a short batch weighs as its rows do. Nothing that is
    kept depends on where the stream ends, so that a longer stream goes on from it. Losses are kept
    batch by batch up to ``FINE`` batches, and in blocks of several beyond: the share that is
    dropped then ends at the border of a block, a 65,000th of the stream too early at most. That of
    measures ends at the border of one of ``COARSE`` blocks.
    """

    def __init__(self, plan: Plan, measures: Measures):
        """Start before the first batch of ``plan``."""
        self.plan, self.measures = plan, measures
        self.rows = 0
        self.curve = LearningCurve()
        self._scored = 0
        self._losses = Blocks(FINE, 2)
        self._measured = Blocks(COARSE, measures.size)

    def skip(self, rows: int) -> None:
        """Count rows of whole batches that are learned but not scored."""
        self.rows += rows

    def add(
        self, losses: np.ndarray, benchmark_losses: np.ndarray, predictions: np.ndarray,
        y: np.ndarray,
    ) -> bool:  # fmt: skip
        """Take in whole batches: the rows' losses (rows,), and the benchmark's, predictions
        (rows, outputs) and targets (rows,).

        Returns whether a checkpoint of the learning curve was reached.
        """
        size = self.plan.batch_size
        sums = np.column_stack([batch_sums(each, size) for each in (losses, benchmark_losses)])
        self._losses.add(sums)
        start, reached = 0, False
        while start < len(sums):
            room = min(self._measured.room, self.curve.batches_left(self.rows, size))
            stop = min(len(sums), start + room)
            part = slice(start * size, stop * size)
            measured = self.measures.sums(predictions[part], y[part])
            self._measured.add(measured[None], stop - start)
            rows = len(y[part])
            self.rows += rows
            self._scored += rows
            reached |= self.curve.add(self.rows, rows, sums[start:stop].sum(axis=0))
            start = stop
        return reached

    def _rows_of(self, blocks: Blocks) -> np.ndarray:
        """The rows in each block (blocks,)."""
        each = blocks.size * self.plan.batch_size
        rows = np.full(len(blocks.sums), each)
        rows[-1:] = self._scored - each * (len(rows) - 1)
        return rows

    def _kept(self, blocks: Blocks) -> slice:
        """The blocks that enter the score."""
        return slice((self.plan.first_kept - self.plan.unscored) // blocks.size, None)

    def record(self) -> dict:
        """The fields of ``score.json`` that tell losses; nan where no batch was kept."""
        size = self.plan.batch_size
        sums, rows, kept = self._losses.sums, self._rows_of(self._losses), self._kept(self._losses)
        means, weights = sums[kept] / rows[kept, None], rows[kept] / size
        known = len(means) > 0
        loss, benchmark_loss = (
            (float(running_mean(column.copy(), weights)) if known else math.nan)
            for column in means.T
        )
        blocks, block_rows = grouped(sums[kept], rows[kept], MOST_BLOCKS)
        batches = -(-self.rows // size)
        dropped = self.plan.unscored + kept.start * self._losses.size
        return {
            "score": -loss,
            "standard_error": standard_error(blocks[:, 0].copy(), block_rows / size),
            "benchmark_score": -benchmark_loss,
            "r2": 1.0 - loss / benchmark_loss if benchmark_loss else math.nan,
            "rows": self.rows,
            "batches": batches,
            "batches_in_score": batches - dropped if known else 0,
            "learning_curve": self.curve.checkpoints(self.rows),
            "losses": blocks.tolist(),
            "losses_weights": (block_rows / size).tolist(),
            "drift": self._drift(sums, rows),
            **self._measures(),
        }

    def _measures(self) -> dict:
        """What is told beside the losses."""
        sums, ends = self._measured.sums, self._ends(self._rows_of(self._measured))
        kept = sums[self._kept(self._measured)].sum(axis=0)
        return {**self.measures.record(kept), **self.measures.along(sums, ends)}

    def _ends(self, rows: np.ndarray) -> np.ndarray:
        """The rows of the stream at which pieces of the scored part with so many rows end."""
        return self.plan.unscored * self.plan.batch_size + rows.cumsum()

    def _drift(self, sums: np.ndarray, rows: np.ndarray) -> list[dict]:
        """The losses along the scored stream, up to the row ``rows`` each."""
        means, group_rows = grouped(sums, rows, MOST_DRIFT)
        return [
            {"rows": end, "loss": loss, "benchmark_loss": benchmark_loss}
            for end, (loss, benchmark_loss) in zip(
                self._ends(group_rows).tolist(), means.tolist(), strict=True
            )
        ]

    def until(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The scored rows (n,) and the sums of both losses (n, 2) before ``rows`` (n,) rows.

        A block in which one of them falls counts in proportion.
        """
        ends = np.concatenate([[0], self._rows_of(self._losses).cumsum()])
        sums = np.vstack([np.zeros(2), self._losses.sums.cumsum(axis=0)])
        scored = np.clip(rows - self.plan.unscored * self.plan.batch_size, 0, ends[-1])
        return scored, np.column_stack([np.interp(scored, ends, column) for column in sums.T])

    def state(self) -> dict:
        """All that was taken in, as plain values."""
        return {
            "rows": self.rows, "scored": self._scored, "curve": self.curve.state(),
            "losses": self._losses.state(), "measured": self._measured.state(),
        }  # fmt: skip

    def set_state(self, state: dict) -> None:
        """Take over what another of the same batches and measures has taken in."""
        self.rows, self._scored = state["rows"], state["scored"]
        self.curve.set_state(state["curve"])
        self._losses.set_state(state["losses"])
        self._measured.set_state(state["measured"])
