"""The benchmark: the null model that every point has to beat."""

from collections import deque

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class BenchmarkClassifier(ClassifierMixin, BaseEstimator):
    """Predicts for every record the moving average of the labels learned so far.

    Parameters
    ----------
    window : int or None
        Batches (calls of ``partial_fit``) over which the average moves; None: all. A short one
        follows the labels where they drift, or where a file is sorted by them, so that a model
        has to do better than that to beat it.

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
    counts_ : ndarray of shape (classes,), int64
        Labels within the window, by class.

    >>> BenchmarkClassifier().partial_fit(None, [0, 1, 1, 1]).predict_proba([[0.0]])
    array([[0.25, 0.75]])
    """

    def __init__(self, window=None):
        self.window = window

    def fit(self, X, y):
        """Learn ``y`` alone."""
        if hasattr(self, "classes_"):
            del self.classes_
        return self.partial_fit(X, y, np.unique(y))

    def partial_fit(self, X, y, classes=None):
        """Learn one batch of labels more; ``X`` is not looked at."""
        if not hasattr(self, "classes_"):
            self.begin(np.unique(y if classes is None else classes))
        return self.learn_codes(np.searchsorted(self.classes_, y))

    def begin(self, classes: np.ndarray):
        """Start with no labels of ``classes``."""
        self.classes_ = classes
        self.counts_ = np.zeros(len(classes), np.int64)
        self._batches = deque()
        return self

    def learn_codes(self, codes: np.ndarray):
        """Learn labels given as indices into ``classes_``, shape (rows,)."""
        counts = np.bincount(codes, minlength=len(self.classes_))
        self.counts_ += counts
        if self.window is not None:
            self._batches.append(counts)
            if len(self._batches) > self.window:
                self.counts_ -= self._batches.popleft()
        return self

    def probabilities(self) -> np.ndarray:
        """The moving average, shape (classes,); alike for all before the first label."""
        total = self.counts_.sum()
        return self.counts_ / total if total else np.full(len(self.counts_), 1 / len(self.counts_))

    def predict_proba(self, X) -> np.ndarray:
        """The moving average for every record, shape (rows, classes)."""
        return np.tile(self.probabilities(), (len(X), 1))

    def predict(self, X) -> np.ndarray:
        """The most frequent class for every record, shape (rows,)."""
        return np.full(len(X), self.classes_[self.counts_.argmax()])
