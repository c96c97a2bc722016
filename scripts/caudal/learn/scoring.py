"""The losses that score predicted probabilities, a row each."""

import numpy as np


def squared(probabilities: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Brier score (rows,) of ``probabilities`` (rows, classes) for the class codes ``y`` (rows,).

    For two classes the squared error of the second one's probability; for more the sum over the
    classes (Brier, 1950).

    >>> squared(np.array([[0.4, 0.6]]), np.array([1]))
    array([0.16])
    """
    if probabilities.shape[1] == 2:
        return np.square(probabilities[:, 1] - y)
    missed = probabilities.copy()
    missed[np.arange(len(y)), y] -= 1.0
    return np.square(missed).sum(axis=1)


def log(probabilities: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Log loss (rows,) of ``probabilities`` (rows, classes) for the class codes ``y`` (rows,).

    Probabilities are clipped to the precision of float64, as in scikit-learn's ``log_loss``.

    >>> log(np.array([[0.5, 0.5]]), np.array([1])).round(6)
    array([0.693147])
    """
    eps = np.finfo(float).eps
    picked = probabilities[np.arange(len(y)), y]
    return -np.log(np.clip(picked, eps, 1.0 - eps))


LOSSES = {"squared": squared, "log": log}


def batch_means(losses: np.ndarray, batch_size: int) -> np.ndarray:
    """Means (batches,) of ``losses`` (rows,) over batches, the last of which may be short.

    >>> batch_means(np.array([1.0, 3.0, 5.0]), 2)
    array([2., 5.])
    """
    if batch_size == 1:
        return losses
    whole = len(losses) // batch_size * batch_size
    means = losses[:whole].reshape(-1, batch_size).mean(axis=1)
    return np.append(means, losses[whole:].mean()) if whole < len(losses) else means
