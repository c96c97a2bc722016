"""The benchmark: the null model that every point has to beat."""

from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data

from caudal.compiled import compiled
from caudal.data.labels import codes_of
from caudal.features.tables import to_table

ANYTHING = {"accept_sparse": True, "ensure_all_finite": False, "dtype": None}
"""What is asked of records of which only the shape is looked at."""

_NOTHING = -1


@compiled
def _move(codes, batch_size, counts, ring, place, shares):
    """Fill ``shares`` (batches, classes) with those before each batch, and count its codes.

    ``ring`` holds the last codes, or nothing where all count; returns the place of its oldest.
    """
    total = counts.sum()
    for row in range(codes.size):
        if row % batch_size == 0:
            for k in range(counts.size):
                shares[row // batch_size, k] = counts[k] / total if total else 1.0 / counts.size
        if ring.size:
            if ring[place] != _NOTHING:
                counts[ring[place]] -= 1
                total -= 1
            ring[place] = codes[row]
            place = place + 1 if place + 1 < ring.size else 0
        counts[codes[row]] += 1
        total += 1
    return place


class BenchmarkClassifier(ClassifierMixin, BaseEstimator):
    """Predicts for every record the moving average of the labels learned so far.

    Parameters
    ----------
    window : int or None
        Labels over which the average moves; None: all. A short one follows the labels where they
        drift, or where a file is sorted by them, so that a model has to do better than that to
        beat it.

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
    counts_ : ndarray of shape (classes,), int64
        Labels within the window, by class.

    >>> BenchmarkClassifier().partial_fit([[0.0]] * 4, [0, 1, 1, 1]).predict_proba([[0.0]])
    array([[0.25, 0.75]])
    """

    _parameter_constraints: ClassVar[dict] = {
        "window": [Interval(Integral, 1, None, closed="left"), None]
    }

    def __init__(self, window=None):
        self.window = window

    def fit(self, X, y):
        """Learn ``y`` alone."""
        if hasattr(self, "classes_"):
            del self.classes_
        return self.partial_fit(X, y)

    def partial_fit(self, X, y, classes=None):
        """Learn one batch of labels more; of ``X`` only the shape is looked at.

        ``classes`` are all that will come, if the first batch has not all of them. Raises
        ValueError for a label of none of them.
        """
        self._validate_params()
        first = not hasattr(self, "classes_")
        X, y = validate_data(self, rows_of(X), y, reset=first, **ANYTHING)
        check_classification_targets(y)
        if first:
            self.begin(unique_labels(y if classes is None else classes))
        self.predict_then_learn(codes_of(y, self.classes_), max(1, len(y)))
        return self

    def begin(self, classes: np.ndarray):
        """Start with no labels of ``classes``."""
        self.classes_ = classes
        self.counts_ = np.zeros(len(classes), np.int64)
        self._ring = np.full(self.window or 0, _NOTHING, np.int32)
        self._place = 0
        return self

    def predict_then_learn(self, codes: np.ndarray, batch_size: int) -> np.ndarray:
        """The moving averages before each batch of ``batch_size`` rows, then learned.

        ``codes`` (rows,) are indices into ``classes_``; returns (batches, classes).
        """
        shares = np.empty((-(-len(codes) // batch_size), len(self.counts_)))
        self._place = _move(codes, batch_size, self.counts_, self._ring, self._place, shares)
        return shares

    def probabilities(self) -> np.ndarray:
        """The moving average, shape (classes,); alike for all before the first label."""
        total, classes = self.counts_.sum(), len(self.counts_)
        return self.counts_ / total if total else np.full(classes, 1 / classes)

    def predict_proba(self, X) -> np.ndarray:
        """The moving average for every record, shape (rows, classes)."""
        check_is_fitted(self)
        X = validate_data(self, rows_of(X), reset=False, **ANYTHING)
        return np.tile(self.probabilities(), (X.shape[0], 1))

    def predict(self, X) -> np.ndarray:
        """The most frequent class for every record, shape (rows,)."""
        codes = self.predict_proba(X).argmax(axis=1)
        return self.classes_[codes]

    def state(self) -> dict:
        """What was learned, as arrays and a number."""
        small = np.int8 if len(self.counts_) < 128 else np.int32  # most of a small model's state
        return {"counts": self.counts_, "ring": self._ring.astype(small), "place": self._place}

    def set_state(self, state: dict) -> None:
        """Take over the ``state`` of another benchmark of the same window and classes."""
        self.counts_ = np.array(state["counts"])
        self._ring = np.array(state["ring"], np.int32)
        self._place = state["place"]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.classifier_tags.poor_score = True
        return tags


def rows_of(X):
    """Records as something with a shape."""
    return to_table(X).to_pandas() if isinstance(X, list) and X and isinstance(X[0], dict) else X
