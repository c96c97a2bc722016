"""Any other estimator with ``partial_fit``, fed sparse matrices of all columns."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from caudal.data.tasks import CLASSIFICATION, REGRESSION
from caudal.errors import UserError
from caudal.features.encoder import to_csr
from caudal.features.hashing import Registry
from caudal.learn.learners.base import Diverged, Learner, check_finite
from caudal.learn.learners.plain_state import from_plain, to_plain

MADE_ANEW = ("_loss_function_",)
"""Attributes that each ``partial_fit`` makes anew, of classes that have no plain values."""

BEYOND_NUMBERS = ("overflow", "infinity", "non-finite")
"""Words of scikit-learn's errors for numbers and weights that are not finite."""

WEIGHTS = ("coef_", "intercept_", "coefs_", "intercepts_")
"""Attributes whose numbers are weights."""


class PartialFitLearner(Learner):
    """An estimator, here a classifier, that learns by its own ``partial_fit``.

    Rows that all weigh nothing teach nothing: a batch of them is left out, as many classifiers
    divide by the sum of the weights. Before the first row that weighs something all classes are
    alike.
    """

    task = CLASSIFICATION
    fitted_by = "classes_"
    """The attribute that an estimator has once it has learned anything."""

    def __init__(
        self, estimator: Any, classes: np.ndarray | None, registry: Registry, n_features: int
    ):
        """Raises UserError where the estimator cannot learn batch by batch."""
        super().__init__(estimator, registry, n_features)
        if not hasattr(estimator, "partial_fit"):
            raise UserError(
                f"{self.task.step}.class: {type(estimator).__name__} has no partial_fit, so it "
                f"cannot learn a stream; take one that has, {self.task.learner} for one."
            )
        self.classes = np.empty(0) if classes is None else classes
        self._weighted = "sample_weight" in inspect.signature(estimator.partial_fit).parameters

    def predict(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Predictions (rows, outputs) of an encoded batch.

        Raises Diverged where they are not finite, ValueError where they are no probabilities.
        """
        if not hasattr(self.estimator, self.fitted_by):
            return self._unlearned(len(slots))
        with _divergence():
            return self._outputs(self._matrix(slots, values))

    def _unlearned(self, rows: int) -> np.ndarray:
        """What is predicted before anything is learned."""
        return np.full((rows, len(self.classes)), 1 / len(self.classes))

    def _outputs(self, X: csr_matrix) -> np.ndarray:
        """Probabilities (rows, classes); 0 or 1 where there are none."""
        if not hasattr(self.estimator, "predict_proba"):
            return (self.estimator.predict(X)[:, None] == self.classes).astype(float)
        p = check_finite(self.estimator.predict_proba(X))
        if p.min(initial=0.0) < 0.0 or p.max(initial=0.0) > 1.0 + 1e-9:
            raise ValueError(f"predict_proba gives {p.min():g} to {p.max():g}, not 0 to 1")
        return p

    def learn(
        self,
        slots: np.ndarray,
        values: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None = None,
        batch_size: int | None = None,
    ) -> None:
        """Learn the targets ``y`` (rows,), one batch after the other. Raises Diverged."""
        if weight is not None and not self._weighted:
            raise UserError(
                f"data.weight: {type(self.estimator).__name__} takes no sample weights; "
                f"leave the weight out or take {self.task.learner}."
            )
        size = batch_size or max(1, len(y))
        for start in range(0, len(y), size):
            rows = slice(start, start + size)
            if weight is not None and not weight[rows].any():
                continue
            X = self._matrix(slots[rows], values[rows])
            extra = {} if weight is None else {"sample_weight": weight[rows]}
            with _divergence():
                self._teach(X, y[rows], extra)

    def _teach(self, X: csr_matrix, y: np.ndarray, extra: dict) -> None:
        self.estimator.partial_fit(X, self.classes[y], classes=self.classes, **extra)

    def _matrix(self, slots: np.ndarray, values: np.ndarray) -> csr_matrix:
        return to_csr(slots, values, self.registry.columns, self.n_features)

    def fitted(self) -> Any:
        """The estimator as it is. Raises Diverged, and ValueError where it has learned nothing."""
        if not hasattr(self.estimator, self.fitted_by):
            raise ValueError("no row has a weight above 0")
        for name in WEIGHTS:
            weights = getattr(self.estimator, name, ())
            for each in weights if isinstance(weights, list) else [weights]:
                if not np.isfinite(each).all():
                    raise Diverged
        # A fit that went on from its state gives the same pickle as one that did not: attributes
        # in one order, and no two names for one number.
        with suppress(TypeError):
            self.set_state(self.state())
        attributes = vars(self.estimator)
        for name in sorted(attributes):
            setattr(self.estimator, name, attributes.pop(name))
        return self.estimator

    def state(self) -> dict:
        """What the estimator has beside its parameters; raises TypeError where it is not plain."""
        given = {*self.estimator.get_params(deep=False), *MADE_ANEW}
        return to_plain({k: v for k, v in vars(self.estimator).items() if k not in given})

    def set_state(self, state: dict) -> None:
        """Take that over."""
        for name, value in from_plain(state).items():
            setattr(self.estimator, name, value)


class PartialFitNumberLearner(PartialFitLearner):
    """A regressor that learns by its own ``partial_fit``; before the first row it predicts 0."""

    task = REGRESSION
    fitted_by = "n_features_in_"

    def _unlearned(self, rows: int) -> np.ndarray:
        return np.zeros((rows, 1))

    def _outputs(self, X: csr_matrix) -> np.ndarray:
        """The numbers (rows, 1)."""
        return check_finite(self.estimator.predict(X)[:, None])

    def _teach(self, X: csr_matrix, y: np.ndarray, extra: dict) -> None:
        self.estimator.partial_fit(X, y, **extra)


@contextmanager
def _divergence() -> Iterator[None]:
    """What scikit-learn says of numbers that are not finite, as Diverged; numpy's are not told."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except ValueError as error:
        if any(word in str(error) for word in BEYOND_NUMBERS):
            raise Diverged from error
        raise
