"""What a point predicts, and all that depends on its kind: codes, benchmark, losses, calibration.

The loop of a fit knows targets by this protocol alone. Each task has its own, classes here, numbers
in ``number_target``.
"""

from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from caudal.data.labels import class_codes, typed_classes
from caudal.data.tasks import CLASSIFICATION, task_of
from caudal.learn.benchmark import BenchmarkClassifier
from caudal.learn.class_measures import ClassMeasures
from caudal.learn.measures import Measures
from caudal.learn.number_target import NumberTarget
from caudal.learn.scoring import LOSSES
from caudal.streams import Streamer


class Benchmark(Protocol):
    """A null model, which knows the labels alone."""

    def predict_then_learn(self, y: np.ndarray, batch_size: int, /) -> np.ndarray:
        """Its predictions (batches, outputs) before each batch of the targets ``y`` (rows,)."""

    def state(self) -> dict:
        """What was learned."""

    def set_state(self, state: dict) -> None:
        """Take over another's ``state``."""


class Target(Protocol):
    """The target of a fit; ``classes`` are None where it is a number."""

    classes: Any

    def values(self, labels: Any) -> np.ndarray:
        """The targets (rows,) that labels from the chunks stand for."""

    def benchmark(self, window: int) -> Benchmark:
        """The null model over the last ``window`` rows, before the first."""

    def losses(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The loss of each row, shape (rows,)."""

    def measures(self) -> Measures:
        """What the record tells of the predictions."""

    def model(self, estimator: Any) -> Any:
        """The last step of a pipeline that a fitted ``estimator`` stands for."""


class ClassTarget:
    """A label of two classes or more: predictions are probabilities (rows, classes)."""

    def __init__(self, manifest: dict, loss: str):
        """``classes`` are those of the manifest, in their own type, sorted."""
        self.classes = typed_classes(manifest)
        self._texts, self._loss = manifest["classes"], LOSSES[loss]
        positive = manifest.get("positive")
        self._positive = 1 if positive is None else self._texts.index(positive)

    def __str__(self) -> str:
        return f"classes {', '.join(self._texts[:10])}"

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

    def model(self, estimator: Any) -> Any:
        """The estimator itself."""
        return estimator

    def along(self, sums: np.ndarray, ends: np.ndarray) -> dict:
        """Nothing."""
        return {}


def make_target(manifest: dict, score: dict, labels: Streamer) -> Target:
    """The target that the data of ``manifest`` has, scored as ``score`` says.

    ``labels`` streams the chunks with the label alone, of which a number needs the first. Raises
    UserError where nothing can be learned from that.
    """
    if task_of(manifest) is CLASSIFICATION:
        return ClassTarget(manifest, score["loss"])
    name, first = next(iter(next(labels.generate()).items()))
    return NumberTarget(name, first.to_numpy(zero_copy_only=False), score["loss"])
