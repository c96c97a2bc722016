"""The benchmark: the null model that every point has to beat."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class BenchmarkClassifier(ClassifierMixin, BaseEstimator):
    """Predicts for every record the moving average of the labels learned so far.

    Parameters
    ----------
    window : int or None
        Labels over which the average moves, by exponential decay; None: all of them alike.

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
    counts_ : ndarray of shape (classes,), float64
        Labels learned, by class; older ones decayed where there is a window.

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
            self.classes_ = np.unique(y) if classes is None else np.unique(classes)
            self.counts_ = np.zeros(len(self.classes_))
        return self.learn_codes(np.searchsorted(self.classes_, y))

    def learn_codes(self, codes: np.ndarray):
        """Learn labels given as indices into ``classes_``, shape (rows,)."""
        if self.window is not None:
            self.counts_ *= (1.0 - 1.0 / self.window) ** len(codes)
        self.counts_ += np.bincount(codes, minlength=len(self.classes_))
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
