"""What a point predicts, and all that depends on its kind: codes, benchmark, losses, calibration.

The loop of a fit knows targets by this protocol alone; another kind (a number instead of a class)
is another class here.
"""

from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from caudal.compiled import compiled
from caudal.data.labels import class_codes, typed_classes
from caudal.learn.benchmark import BenchmarkClassifier
from caudal.learn.scoring import LOSSES

BINS = 10
"""Bins of predicted probability in the calibration."""


class Reliability(Protocol):
    """How true predictions have come, gathered batch by batch."""

    def add(self, predictions: np.ndarray, y: np.ndarray) -> None:
        """Take in predictions (rows, outputs) and the targets (rows,)."""

    def record(self) -> dict:
        """The fields of ``score.json`` that tell it."""

    def state(self) -> dict:
        """What was gathered, as arrays."""

    def set_state(self, state: dict) -> None:
        """Take over another's ``state``."""


class Target(Protocol):
    """The target of a fit."""

    classes: np.ndarray

    def values(self, labels: Any) -> np.ndarray:
        """The targets (rows,) that labels from the chunks stand for."""

    def benchmark(self, window: int) -> BenchmarkClassifier:
        """The null model over the last ``window`` rows, before the first."""

    def losses(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The loss of each row, shape (rows,)."""

    def reliability(self) -> Reliability:
        """An empty record of how true predictions come."""


class ClassTarget:
    """A label of two classes or more: predictions are probabilities (rows, classes)."""

    def __init__(self, manifest: dict, loss: str):
        """``classes`` are those of the manifest, in their own type, sorted."""
        self.classes = typed_classes(manifest)
        self._texts, self._loss = manifest["classes"], LOSSES[loss]
        positive = manifest.get("positive")
        self._positive = 1 if positive is None else self._texts.index(positive)

    def values(self, labels: pa.DictionaryArray) -> np.ndarray:
        """Class codes (rows,), int64."""
        return class_codes(labels, self._texts)

    def benchmark(self, window: int) -> BenchmarkClassifier:
        """The moving average of the labels."""
        return BenchmarkClassifier(window).begin(self.classes)

    def losses(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Brier scores or log losses."""
        return self._loss(predictions, y)

    def reliability(self) -> "Calibration":
        """The calibration in bins of probability."""
        return Calibration(self._positive)


@compiled
def _count(p, true, rows, probability, share):
    """Add probabilities, and whether they came true (0 or 1), to the sums of their bins."""
    for i in range(p.size):
        place = min(int(p[i] * rows.size), rows.size - 1)
        rows[place] += 1.0
        probability[place] += p[i]
        share[place] += true[i]


class Calibration:
    """How often what was predicted with some probability came true, in bins of probability."""

    def __init__(self, positive: int = 1):
        """Start with empty bins; of two classes the calibration is that of ``positive``."""
        self._positive = positive
        self.rows = np.zeros(BINS)
        self.probability = np.zeros(BINS)
        self.share = np.zeros(BINS)

    def add(self, predictions: np.ndarray, y: np.ndarray) -> None:
        """Take in a batch: of two classes the positive one, of more each against the rest."""
        classes = predictions.shape[1]
        if classes == 2:
            p, true = predictions[:, self._positive], y == self._positive
        else:
            p = predictions.ravel()
            true = (y[:, None] == np.arange(classes)).ravel()
        _count(p, true, self.rows, self.probability, self.share)

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

    def record(self) -> dict:
        """The table, by its name in ``score.json``."""
        return {"calibration": self.table()}

    def state(self) -> dict:
        """The sums of the bins."""
        return {"rows": self.rows, "probability": self.probability, "share": self.share}

    def set_state(self, state: dict) -> None:
        """Take over the sums of another."""
        for name, sums in state.items():
            setattr(self, name, np.array(sums))


def make_target(manifest: dict, score: dict) -> Target:
    """The target that the data of ``manifest`` has, scored as ``score`` says."""
    return ClassTarget(manifest, score["loss"])
