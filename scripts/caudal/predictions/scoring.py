"""How true predictions of a new file came, where it has labels."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal.learn.blocks import Blocks
from caudal.learn.error_bars import standard_error
from caudal.learn.targets import Target
from caudal.models.prediction import PREDICTION, PROBABILITY

MOST = 4096
"""Losses that the standard error is taken of: of a row each, or of several where there are more."""


class Scoring:
    """Losses of predictions, and of the benchmark as it stood when the model was made.

    Nothing is learned on the way: it is yesterday's model, and yesterday's benchmark, on today's
    rows.
    """

    def __init__(self, target: Target, benchmark: Sequence[float], classes: Sequence[str]):
        """Score as ``target`` does; ``benchmark`` (outputs,) is what the null model predicts,
        ``classes`` are the texts of the labels that were learned.
        """
        self.target, self.benchmark = target, np.array(benchmark)
        self.measures = target.measures()
        self.rows_without_label = self.rows_of_other_labels = 0
        self._classes = pa.array(classes, pa.string())
        self._told = np.zeros(self.measures.size)
        self._sums = Blocks(MOST, 3)  # of the losses, the benchmark's, and the rows

    def add(self, predictions: pa.Table, labels: pa.StringArray) -> None:
        """Take in the predictions of some rows and their labels, null where there is none."""
        known = pc.is_in(labels, self._classes, skip_nulls=True)
        self.rows_without_label += labels.null_count
        self.rows_of_other_labels += len(labels) - labels.null_count - known.true_count
        if not known.true_count:
            return
        y = self.target.values(labels.filter(known).dictionary_encode())
        guess = self._outputs(predictions.filter(known))
        null = np.broadcast_to(self.benchmark, guess.shape)
        losses = (self.target.losses(each, y) for each in (guess, null))
        self._sums.add(np.column_stack([*losses, np.ones(len(y))]))
        self._told += self.measures.sums(guess, y)

    def _outputs(self, predictions: pa.Table) -> np.ndarray:
        """What losses are taken of (rows, outputs): probabilities, or the hard predictions."""
        names = [name for name in predictions.column_names if name.startswith(PROBABILITY)]
        if names:
            return np.column_stack([predictions[name].to_numpy() for name in names])
        label = np.array(predictions[PREDICTION].to_pylist())
        return (label[:, None] == self.target.classes[None, :]).astype(float)

    def record(self) -> dict[str, Any]:
        """The rows that have a label, and by the names of ``score.json`` what it says of them."""
        own, null, rows = self._sums.sums.T
        counts = {
            "rows_scored": int(rows.sum()),
            "rows_without_label": self.rows_without_label,
            "rows_of_other_labels": self.rows_of_other_labels,
        }
        if not rows.size:
            return counts
        score, benchmark = (-float(sums.sum() / rows.sum()) for sums in (own, null))
        return {
            **counts,
            "score": score,
            "standard_error": standard_error(own / rows, rows),
            "benchmark_score": benchmark,
            "r2": 1.0 - score / benchmark if benchmark else math.nan,
            **self.measures.record(self._told),
        }
