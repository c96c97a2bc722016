"""FTRLRegressor: FTRL-Proximal as a regressor of scikit-learn's kind, on any matrix."""

from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils._param_validation import Interval, StrOptions

from caudal.learn.learners.ftrl_estimator import FTRLEstimator


class FTRLRegressor(RegressorMixin, FTRLEstimator):
    """Linear regression learned row by row, with a rate of its own for every column.

    FTRL-Proximal: columns that are seldom met keep large steps, common ones settle. Source: McMahan
    et al. (2013), "Ad click prediction: a view from the trenches", algorithm 1, here with the
    gradients of losses of numbers. ``fit`` is one pass in the order of the rows; standardised
    features and numbers suit it best, which a fit of the workflow sees to.

    Parameters
    ----------
    loss : "squared_error", "absolute_error" or "huber"
        What the weights are to make small: the half of squared errors, which leads to the mean;
        absolute ones, to the median; or squared ones up to ``epsilon`` and absolute ones beyond.
    eta0 : float
        The rate, McMahan's alpha: the larger, the faster weights move.
    beta : float
        What damps a column's first steps.
    l1 : float
        Lambda 1: columns whose sums stay below it have the weight zero.
    l2 : float
        Lambda 2: shrinks the weights.
    epsilon : float
        The error at which huber turns from squares to absolutes.
    fit_intercept : bool
        Whether there is an intercept; it is not regularised.

    Attributes
    ----------
    coef_ : ndarray of shape (features,)
        The weights, zero for columns never met.
    intercept_ : ndarray of shape (1,)
    z_, n_ : ndarray of shape (features,)
        What the weights follow from: sums of gradients less the steps made, and of their squares.

    >>> model = FTRLRegressor(eta0=1.0).fit([[0.0], [1.0]] * 200, [1.0, 3.0] * 200)
    >>> model.predict([[2.0]]).round(1)
    array([5.])
    """

    _parameter_constraints: ClassVar[dict] = {
        **FTRLEstimator._parameter_constraints,
        "loss": [StrOptions({"squared_error", "absolute_error", "huber"})],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self, loss="squared_error", eta0=0.1, beta=1.0, l1=0.0, l2=0.0, epsilon=1.0,
        fit_intercept=True,
    ):  # fmt: skip
        self.loss = loss
        self.eta0 = eta0
        self.beta = beta
        self.l1 = l1
        self.l2 = l2
        self.epsilon = epsilon
        self.fit_intercept = fit_intercept

    def fit(self, X, y, sample_weight=None):
        """Learn the rows of ``X`` (rows, features), dense or sparse, anew and in their order."""
        if hasattr(self, "coef_"):
            del self.coef_
        return self.partial_fit(X, y, sample_weight)

    def partial_fit(self, X, y, sample_weight=None):
        """Learn one batch more of the numbers ``y`` (rows,)."""
        self._validate_params()
        first = not hasattr(self, "coef_")
        X, y, weight = self._checked(X, y, sample_weight, first, y_numeric=True)
        if first:
            self._allocate((X.shape[1],))
        self._step(X, np.asarray(y, np.float64), weight, np.ones((1, 2)))
        return self

    def predict(self, X) -> np.ndarray:
        """The number that each row stands for (rows,)."""
        return self._margins(X).ravel()
