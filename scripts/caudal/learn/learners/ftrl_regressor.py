"""FTRLRegressor: FTRL-Proximal as a regressor of scikit-learn's kind, on any matrix."""

import math
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
    gradients of losses of numbers. These have no bound, so a step that would go ``s`` times the way
    to its row's number is made ``(1 - exp(-s)) / s`` as long, which ends before it. Source:
    Karampatziakis and Langford (2011), "Online importance weight aware updates". ``fit`` is one
    pass in the order of the rows; standardised features and numbers suit it best, which a fit of
    the workflow sees to.

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
    clip : bool
        Whether predictions are kept between the least and the largest number learned.

    Attributes
    ----------
    coef_ : ndarray of shape (features,)
        The weights, zero for columns never met.
    intercept_ : ndarray of shape (1,)
    low_, high_ : float
        The least and the largest number learned.
    z_, n_ : ndarray of shape (features,)
        What the weights follow from: sums of gradients less the steps made, and of their squares.

    >>> model = FTRLRegressor(eta0=1.0).fit([[0.0], [1.0]] * 200, [1.0, 3.0] * 200)
    >>> model.predict([[0.5]]).round(1)
    array([2.])
    """

    _parameter_constraints: ClassVar[dict] = {
        **FTRLEstimator._parameter_constraints,
        "loss": [StrOptions({"squared_error", "absolute_error", "huber"})],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "clip": ["boolean"],
    }

    def __init__(
        self, loss="squared_error", eta0=0.05, beta=1.0, l1=0.0, l2=0.0, epsilon=1.0,
        fit_intercept=True, clip=True,
    ):  # fmt: skip
        self.loss = loss
        self.eta0 = eta0
        self.beta = beta
        self.l1 = l1
        self.l2 = l2
        self.epsilon = epsilon
        self.fit_intercept = fit_intercept
        self.clip = clip

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
            self.low_, self.high_ = math.inf, -math.inf
            self._allocate((X.shape[1],))
        self._step(X, np.asarray(y, np.float64), weight, np.ones((1, 2)))
        return self

    def predict(self, X) -> np.ndarray:
        """The number that each row stands for (rows,)."""
        margins = self._margins(X).ravel()
        bounded = self.clip and self.low_ <= self.high_
        return np.clip(margins, self.low_, self.high_) if bounded else margins

    def _ends(self) -> np.ndarray:
        """Before the first number these are the wrong way round, which bounds nothing."""
        ends = getattr(self, "low_", math.inf), getattr(self, "high_", -math.inf)
        return np.array(ends) if self.clip else np.empty(0)

    def _set_ends(self, ends: np.ndarray) -> None:
        if ends.size:
            self.low_, self.high_ = ends.tolist()
