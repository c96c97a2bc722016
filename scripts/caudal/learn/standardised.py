"""StandardisedRegressor: a regressor that learns numbers in deviations from their mean."""

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.linear_model import SGDRegressor
from sklearn.utils import assert_all_finite, get_tags
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from caudal.features.moments import ROUNDING, moments


class StandardisedRegressor(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Learns numbers of any size as those around 0, and predicts them as they are.

    The number's mean and deviation are those of the first ``fit`` or ``partial_fit``; later batches
    are learned by the same, so that learning can go on.

    Parameters
    ----------
    regressor : object or None
        A regressor of scikit-learn's kind, unfitted; None: SGDRegressor.

    Attributes
    ----------
    regressor_ : object
        The fitted regressor, of standardised numbers.
    center_, scale_ : float
        What a number has subtracted and is then divided by.
    coef_, intercept_ : ndarray
        Those of a linear ``regressor_`` in the number's own unit.

    >>> model = StandardisedRegressor().fit([[0.0], [1.0]] * 500, [2e6, 4e6] * 500)
    >>> model.predict([[0.5]]).round(-5)
    array([3000000.])
    """

    _parameter_constraints: ClassVar[dict] = {"regressor": [HasMethods(["fit", "predict"]), None]}

    def __init__(self, regressor=None):
        self.regressor = regressor

    @classmethod
    def of_fitted(cls, regressor: Any, center: float, scale: float) -> "StandardisedRegressor":
        """The model that a fitted ``regressor`` of numbers by this centre and scale stands for."""
        model = cls(clone(regressor))
        model.regressor_, model.center_, model.scale_ = regressor, center, scale
        return model

    def fit(self, X, y, **fit_params):
        """Learn ``X`` (rows, features) and the numbers ``y`` (rows,), anew."""
        self._begin(y)
        self.regressor_.fit(X, self._standardised(X, y), **fit_params)
        return self

    def partial_fit(self, X, y, **fit_params):
        """Learn one batch more, by the mean and deviation of the first one."""
        if not hasattr(self, "regressor_"):
            self._begin(y)
        self.regressor_.partial_fit(X, self._standardised(X, y), **fit_params)
        return self

    def _begin(self, y) -> None:
        self._validate_params()
        y = _finite(y)
        self.center_, self.scale_ = center_and_scale(y) if y.size else (0.0, 1.0)
        self.regressor_ = _left_out() if self.regressor is None else clone(self.regressor)

    def _standardised(self, X, y) -> np.ndarray:
        y = _finite(y)
        check_consistent_length(X, y)
        return (y - self.center_) / self.scale_

    def predict(self, X) -> np.ndarray:
        """The number that each row stands for (rows,), in its own unit."""
        check_is_fitted(self)
        return self.center_ + self.scale_ * self.regressor_.predict(X)

    @property
    def coef_(self):
        """The coefficients of a linear regressor, in the number's unit per unit of a feature."""
        return self.regressor_.coef_ * self.scale_

    @property
    def intercept_(self):
        """Its intercept, in the number's unit."""
        return self.center_ + self.scale_ * self.regressor_.intercept_

    @property
    def n_features_in_(self):
        """The features that the regressor has learned."""
        return self.regressor_.n_features_in_

    @property
    def feature_names_in_(self):
        """Their names, where it was given a frame."""
        return self.regressor_.feature_names_in_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "regressor_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(_left_out() if self.regressor is None else self.regressor)
        tags.input_tags = inner.input_tags
        tags.regressor_tags = inner.regressor_tags
        tags.non_deterministic = inner.non_deterministic
        return tags


def _finite(y) -> np.ndarray:
    y = column_or_1d(y, dtype=np.float64, warn=True)
    assert_all_finite(y)
    return y


def _left_out() -> SGDRegressor:
    return SGDRegressor(random_state=0)


def center_and_scale(y: np.ndarray) -> tuple[float, float]:
    """Mean and deviation of ``y`` (rows,); a constant has the scale 1."""
    mean, deviation = moments(y)
    return float(mean), float(deviation) if deviation > ROUNDING * abs(mean) else 1.0
