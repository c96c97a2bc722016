"""The benchmark of numbers: the mean or the median of the last ones."""

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from caudal.compiled import compiled
from caudal.learn.benchmark import ANYTHING, rows_of

WINDOW = 20_000


@compiled
def _means(y, batch_size, ring, place, count, total, guesses):
    """Fill ``guesses`` with the means before each batch; returns place, count and total anew.

    ``ring`` holds the last numbers, ``count`` of them, the oldest at ``place`` once it is full.
    """
    for row in range(y.size):
        if row % batch_size == 0:
            guesses[row // batch_size] = total / count if count else 0.0
        if count == ring.size:
            total -= ring[place]
        else:
            count += 1
        ring[place] = y[row]
        total += y[row]
        place += 1
        if place == ring.size:  # what rounding has left goes
            place, total = 0, ring.sum()
    return place, count, total


@compiled
def _medians(y, batch_size, ring, place, count, ordered, guesses):
    """As ``_means``; ``ordered`` holds the same numbers by their size. Returns place and count."""
    for row in range(y.size):
        if row % batch_size == 0:
            middle = count // 2
            low = ordered[middle - 1] if count and count % 2 == 0 else ordered[middle]
            guesses[row // batch_size] = (low + ordered[middle]) / 2.0 if count else 0.0
        if count == ring.size:
            gone = np.searchsorted(ordered[:count], ring[place])
        else:
            gone = count
            count += 1
        while gone > 0 and ordered[gone - 1] > y[row]:
            ordered[gone] = ordered[gone - 1]
            gone -= 1
        while gone + 1 < count and ordered[gone + 1] < y[row]:
            ordered[gone] = ordered[gone + 1]
            gone += 1
        ordered[gone] = ring[place] = y[row]
        place = place + 1 if place + 1 < ring.size else 0
    return place, count


class BenchmarkRegressor(RegressorMixin, BaseEstimator):
    """Predicts for every record the average of the last numbers learned; 0 before the first.

    Parameters
    ----------
    window : int
        Numbers over which the average moves.
    average : "mean" or "median"
        The first has the least squared error, the second the least absolute one.

    >>> BenchmarkRegressor(3, "median").fit([[0.0]] * 4, [9.0, 1.0, 2.0, 6.0]).predict([[0.0]])
    array([2.])
    """

    _parameter_constraints: ClassVar[dict] = {
        "window": [Interval(Integral, 1, None, closed="left")],
        "average": [StrOptions({"mean", "median"})],
    }

    def __init__(self, window=WINDOW, average="mean"):
        self.window = window
        self.average = average

    def fit(self, X, y):
        """Learn ``y`` alone."""
        if hasattr(self, "ring_"):
            del self.ring_
        return self.partial_fit(X, y)

    def partial_fit(self, X, y):
        """Learn one batch of numbers more; of ``X`` only the shape is looked at."""
        self._validate_params()
        first = not hasattr(self, "ring_")
        X, y = validate_data(self, rows_of(X), y, reset=first, y_numeric=True, **ANYTHING)
        if first:
            self.begin()
        self.predict_then_learn(np.asarray(y, np.float64), max(1, len(y)))
        return self

    def begin(self):
        """Start with no numbers."""
        self.ring_ = np.zeros(self.window)
        self._ordered = np.zeros(self.window if self.average == "median" else 0)
        self._place, self._count, self._total = 0, 0, 0.0
        return self

    def predict_then_learn(self, y: np.ndarray, batch_size: int) -> np.ndarray:
        """The averages before each batch of ``batch_size`` rows, then learned: (batches, 1)."""
        guesses = np.empty(-(-len(y) // batch_size))
        if self.average == "median":
            self._place, self._count = _medians(
                y, batch_size, self.ring_, self._place, self._count, self._ordered, guesses
            )
        else:
            self._place, self._count, self._total = _means(
                y, batch_size, self.ring_, self._place, self._count, self._total, guesses
            )
        return guesses[:, None]

    def predict(self, X) -> np.ndarray:
        """The average for every record, shape (rows,)."""
        check_is_fitted(self)
        X = validate_data(self, rows_of(X), reset=False, **ANYTHING)
        known = self.ring_[: self._count]
        average = np.median(known) if self.average == "median" else known.mean()
        return np.full(X.shape[0], average)

    def state(self) -> dict:
        """What was learned, as arrays and numbers."""
        return {
            "ring": self.ring_, "ordered": self._ordered, "place": self._place,
            "count": self._count, "total": self._total,
        }  # fmt: skip

    def set_state(self, state: dict) -> None:
        """Take over the ``state`` of another benchmark of the same parameters."""
        self.ring_, self._ordered = np.array(state["ring"]), np.array(state["ordered"])
        self._place, self._count, self._total = state["place"], state["count"], state["total"]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.regressor_tags.poor_score = True
        return tags
