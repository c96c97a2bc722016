"""What a point predicts, and all that depends on its kind: codes, benchmark, losses, calibration.

The loop of a fit knows targets by this protocol alone; another kind (a number instead of a class)
is another class here.
"""

from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from caudal.data.labels import class_codes, typed_classes
from caudal.learn.benchmark import BenchmarkClassifier
from caudal.learn.class_measures import ClassMeasures
from caudal.learn.scoring import LOSSES


class Measures(Protocol):
    """What is told of the scored predictions beside their loss, made of sums over the rows.

    The sums are kept in blocks along the stream, so that they can be told of any later part of it.
    """

    size: int

    def sums(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The sums (size,) over rows: predictions (rows, outputs) and the targets (rows,)."""

    def record(self, sums: np.ndarray) -> dict:
        """The fields of ``score.json`` that tell ``sums`` (size,)."""


class Target(Protocol):
    """The target of a fit."""

    classes: np.ndarray

    def values(self, labels: Any) -> np.ndarray:
        """The targets (rows,) that labels from the chunks stand for."""

    def benchmark(self, window: int) -> BenchmarkClassifier:
        """The null model over the last ``window`` rows, before the first."""

    def losses(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The loss of each row, shape (rows,)."""

    def measures(self) -> Measures:
        """What the record tells of the predictions."""


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

    def measures(self) -> Measures:
        """What is told of predicted classes."""
        return ClassMeasures(self._texts, self._positive)


def make_target(manifest: dict, score: dict) -> Target:
    """The target that the data of ``manifest`` has, scored as ``score`` says."""
    return ClassTarget(manifest, score["loss"])
