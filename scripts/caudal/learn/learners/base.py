"""What every learner is to the loop of a fit, and what they share."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from scipy.special import expit

from caudal.features.hashing import Registry


class Diverged(ArithmeticError):
    """The weights have left the range of floating-point numbers."""


class Learner(ABC):
    """Learns encoded batches: slots (rows, places) int32 and values (rows, places) float64.

    A learner is a new estimator of scikit-learn's kind (``estimator``) with the weights that it
    learns for it; ``registry`` tells the column of each slot and grows with the stream.
    """

    def __init__(self, estimator: Any, registry: Registry, n_features: int):
        self.estimator, self.registry, self.n_features = estimator, registry, n_features

    @abstractmethod
    def predict(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Predictions (rows, outputs); raises Diverged where they are not finite."""

    @abstractmethod
    def learn(
        self,
        slots: np.ndarray,
        values: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None = None,
        batch_size: int | None = None,
    ) -> None:
        """Learn the targets ``y`` (rows,) with the rows' weights (rows,).

        One batch of ``batch_size`` rows after the other; left out, all rows are one.
        """

    def predict_then_learn(
        self,
        slots: np.ndarray,
        values: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None,
        batch_size: int,
    ) -> np.ndarray:
        """Predict, then learn, one batch of ``batch_size`` rows after the other.

        Returns the predictions (rows, outputs), each made before its batch was learned. A
        compiled learner does all batches in one call. Raises Diverged.
        """
        predictions = []
        for start in range(0, len(y), batch_size):
            rows = slice(start, start + batch_size)
            predictions.append(self.predict(slots[rows], values[rows]))
            self.learn(slots[rows], values[rows], y[rows], None if weight is None else weight[rows])
        return np.concatenate(predictions)

    @abstractmethod
    def fitted(self) -> Any:
        """The estimator, fitted, after which the learner learns no more. Raises Diverged."""

    @abstractmethod
    def state(self) -> dict:
        """All that was learned, as arrays, numbers, texts, and lists and dicts of them.

        Raises TypeError where an estimator holds what is none of these.
        """

    @abstractmethod
    def set_state(self, state: dict) -> None:
        """Make a new learner the one whose ``state`` this is."""


class CompiledLearner(Learner):
    """A learner of margins with a compiled loop: all batches in one call.

    ``classes`` are the labels' in order, None where they are numbers. Of classes the estimator's
    ``loss`` says what probabilities the margins stand for; of numbers there is one margin, which
    is the prediction.
    """

    def __init__(
        self, estimator: Any, classes: np.ndarray | None, registry: Registry, n_features: int
    ):
        super().__init__(estimator, registry, n_features)
        self.classes = classes
        self.models = 1 if classes is None or len(classes) == 2 else len(classes)

    def outputs(self, decision: np.ndarray) -> np.ndarray:
        """The predictions that margins (rows, models) stand for; raises Diverged."""
        decision = check_finite(decision)
        if self.classes is None:
            return decision
        return probabilities(decision, self.estimator.loss)

    @abstractmethod
    def run(
        self,
        slots: np.ndarray,
        values: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray,
        batch_size: int,
        predicts: bool,
    ) -> np.ndarray:
        """Learn one batch after the other; ``weight`` is empty where there are none.

        Returns the margins (rows, models) before a row's batch was learned, if it ``predicts``.
        """

    def learn(
        self,
        slots: np.ndarray,
        values: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None = None,
        batch_size: int | None = None,
    ) -> None:
        """Learn the targets ``y`` (rows,), one batch after the other."""
        self.run(slots, values, y, _weights(weight), batch_size or max(1, len(y)), False)

    def predict_then_learn(
        self,
        slots: np.ndarray,
        values: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None,
        batch_size: int,
    ) -> np.ndarray:
        """Predictions (rows, outputs), each made before its batch was learned."""
        return self.outputs(self.run(slots, values, y, _weights(weight), batch_size, True))


def _weights(weight: np.ndarray | None) -> np.ndarray:
    return np.empty(0) if weight is None else np.array(weight, np.float64)


def check_finite(decision: np.ndarray) -> np.ndarray:
    """The margins; raises Diverged where one is not finite."""
    # A sum is finite only if all are, or nearly always: one pass without a mask.
    with np.errstate(over="ignore", invalid="ignore"):
        total = decision.sum()
    if not np.isfinite(total) and not np.isfinite(decision).all():
        raise Diverged
    return decision


def probabilities(decision: np.ndarray, loss: str) -> np.ndarray:
    """Class probabilities (rows, classes) from margins (rows, 1 or classes).

    As SGDClassifier.predict_proba gives them for log_loss and modified_huber; for other losses,
    which have none, 1 for the predicted class.
    """
    if loss in ("log_loss", "modified_huber"):
        p = expit(decision) if loss == "log_loss" else (np.clip(decision, -1.0, 1.0) + 1.0) / 2.0
        if p.shape[1] == 1:
            return _both(p[:, 0])
        p[p.sum(axis=1) == 0.0] = 1.0
        return p / p.sum(axis=1, keepdims=True)
    if decision.shape[1] == 1:
        return _both((decision[:, 0] > 0.0).astype(float))
    return (decision.argmax(axis=1)[:, None] == np.arange(decision.shape[1])).astype(float)


def _both(positive: np.ndarray) -> np.ndarray:
    p = np.empty((len(positive), 2))
    np.subtract(1.0, positive, out=p[:, 0])
    p[:, 1] = positive
    return p
