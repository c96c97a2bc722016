"""What the estimators of FTRL-Proximal share: their parameters, and the steps on any matrix."""

from numbers import Real
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from caudal.learn.learners import ftrl_kernel
from caudal.learn.learners.losses import LOSSES

ARRAYS = ("z_", "n_", "coef_")
"""The arrays of an estimator, in the order of a cell."""


class FTRLEstimator(BaseEstimator):
    """A linear model with a rate of its own for every column; ``loss`` is a name of ``LOSSES``.

    FTRL-Proximal: columns that are seldom met keep large steps, common ones settle. Source: McMahan
    et al. (2013), "Ad click prediction: a view from the trenches", algorithm 1.
    """

    _parameter_constraints: ClassVar[dict] = {
        "eta0": [Interval(Real, 0, None, closed="neither")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "l1": [Interval(Real, 0, None, closed="left")],
        "l2": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
    }

    def _checked(self, X, y, sample_weight, first: bool, **how) -> tuple:
        """``X`` and ``y`` as float64, and the weights, empty where there are none."""
        X, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=np.float64, order="C", reset=first, **how
        )
        weight = np.empty(0)
        if sample_weight is not None:
            weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        return X, y, weight

    def _allocate(self, shape: tuple[int, ...], models: int = 1) -> None:
        self.coef_, self.z_, self.n_ = (np.zeros(shape) for _ in range(3))
        self.set_intercept(np.zeros((models, 4)))

    def _step(self, X, y, weight, class_weights) -> None:
        """Learn the rows on the cells of their own columns; the others are not looked at."""
        self.densify()
        X = _rows_of(X)
        columns, slots = np.unique(X.indices, return_inverse=True)
        arrays = [np.atleast_2d(getattr(self, name)) for name in ARRAYS]  # views
        zeros = np.zeros((len(self.intercept_), len(columns)))
        cells = np.stack([*(array[:, columns] for array in arrays), zeros], axis=2)
        intercept = np.column_stack(
            [self.intercept_z_, self.intercept_n_, self.intercept_, zeros.sum(axis=1)]
        )
        batches = ftrl_kernel.Batches(
            X.indptr.astype(np.int64), slots.astype(np.int32), X.data, y, weight
        )
        ends = self._ends()
        ftrl_kernel.predict_then_learn(
            batches, max(1, len(y)), class_weights, self._rule(),
            ftrl_kernel.Model(cells, intercept[:, None], np.zeros(1), ends), False,
            np.empty((0, 0)),
        )  # fmt: skip
        for i, array in enumerate(arrays):
            array[:, columns] = cells[:, :, i]
        self.set_intercept(intercept)
        self._set_ends(ends)

    def _ends(self) -> np.ndarray:
        """The least and the largest number learned (2,); none where predictions are margins."""
        return np.empty(0)

    def _set_ends(self, ends: np.ndarray) -> None:
        """Take these over."""

    def _rule(self) -> ftrl_kernel.Rule:
        return ftrl_kernel.Rule(
            LOSSES[self.loss], float(self.epsilon) if self.loss == "huber" else 0.0,
            1.0 / float(self.eta0), float(self.beta), float(self.l1), float(self.l2),
            bool(self.fit_intercept),
        )  # fmt: skip

    def set_intercept(self, cells: np.ndarray) -> None:
        """Take the intercepts from their cells, shape (models, 4)."""
        self.intercept_z_ = cells[:, ftrl_kernel.Z].copy()
        self.intercept_n_ = cells[:, ftrl_kernel.N].copy()
        self.intercept_ = cells[:, ftrl_kernel.WEIGHT].copy()

    def densify(self):
        """Make the arrays of a new fit, which may be sparse, dense, so that it can go on."""
        for name in ARRAYS:
            if issparse(getattr(self, name)):
                setattr(self, name, getattr(self, name).toarray())
        return self

    def _margins(self, X) -> np.ndarray:
        """The sums of values times weights, shape (rows, models) or (rows,) as ``coef_`` has it."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        margins = safe_sparse_dot(X, self.coef_.T, dense_output=True)
        return (margins.toarray() if issparse(margins) else margins) + self.intercept_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _rows_of(X) -> csr_matrix:
    """``X`` as CSR in the order of its columns, terms of one column added up."""
    X = csr_matrix(X)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X
