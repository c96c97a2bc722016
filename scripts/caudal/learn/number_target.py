"""The target of a regression: a number, learned in deviations from the mean of the first chunk.

A fit works with standardised numbers throughout. What leaves it, losses, what is told of the
predictions, and the model, is in the label's own unit.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from caudal.errors import UserError
from caudal.learn.benchmark_regressor import BenchmarkRegressor
from caudal.learn.learners import Diverged
from caudal.learn.prediction_groups import PredictionGroups
from caudal.learn.standardised import StandardisedRegressor, center_and_scale

AVERAGES = {"squared": "mean", "absolute": "median"}
"""The average that has the least of each loss."""


class NumberTarget:
    """A label that is a number: predictions are numbers (rows, 1)."""

    classes = None

    def __init__(self, name: str, first_labels: np.ndarray, loss: str):
        """``first_labels`` (rows,) are those of the first chunk of the label ``name``.

        Raises UserError where they are all alike: nothing says how large a difference is.
        """
        self._loss = loss
        self.center, self.scale = center_and_scale(first_labels)
        if first_labels.min() == first_labels.max():
            raise UserError(
                f"data.label: all {len(first_labels):,} labels {name!r} of the first chunk are "
                f"{first_labels[0]:g}, so there is no deviation to measure the others by; write "
                "stream.order: mux, or a larger stream.n_batches."
            )

    def __str__(self) -> str:
        return f"label {self.center:g} ± {self.scale:g} in the first chunk"

    def values(self, labels: pa.Array) -> np.ndarray:
        """The numbers (rows,) in deviations."""
        return (labels.to_numpy(zero_copy_only=False) - self.center) / self.scale

    def benchmark(self, window: int) -> BenchmarkRegressor:
        """The moving average of the labels, or their median."""
        return BenchmarkRegressor(window, AVERAGES[self._loss]).begin()

    def losses(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Squared or absolute errors in the label's unit; raises Diverged where they overflow."""
        with np.errstate(over="ignore"):
            errors = np.abs(predictions[:, 0] - y) * self.scale
            if self._loss == "squared":
                errors *= errors
            if not np.isfinite(errors.sum()):
                raise Diverged
        return errors

    def measures(self) -> PredictionGroups:
        """Predictions against true labels, and what they differ by along the stream."""
        return PredictionGroups(self.center, self.scale)

    def model(self, estimator: Any) -> StandardisedRegressor:
        """The last step of a pipeline, which predicts in the label's unit."""
        return StandardisedRegressor.of_fitted(estimator, self.center, self.scale)
