"""The losses that score a batch of predicted probabilities."""

import numpy as np


def squared(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Mean Brier score of ``probabilities`` (rows, classes) for the class codes ``y`` (rows,).

    For two classes the squared error of the second one's probability; for more the sum over the
    classes (Brier, 1950).

    >>> squared(np.array([[0.4, 0.6]]), np.array([1]))
    0.16000000000000003
    """
    if probabilities.shape[1] == 2:
        return float(np.square(probabilities[:, 1] - y).mean())
    missed = probabilities.copy()
    missed[np.arange(len(y)), y] -= 1.0
    return float(np.square(missed).sum(axis=1).mean())


def log(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Mean log loss of ``probabilities`` (rows, classes) for the class codes ``y`` (rows,).

    Probabilities are clipped to the precision of float64, as in scikit-learn's ``log_loss``.

    >>> round(log(np.array([[0.5, 0.5]]), np.array([1])), 6)
    0.693147
    """
    eps = np.finfo(float).eps
    picked = probabilities[np.arange(len(y)), y]
    return float(-np.log(np.clip(picked, eps, 1.0 - eps)).mean())


LOSSES = {"squared": squared, "log": log}
