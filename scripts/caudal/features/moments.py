"""Mean and deviation of numbers of any size."""

import numpy as np

ROUNDING = 1e-13
"""A deviation of less, relative to the mean, is that of a constant."""


def moments(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation; the squares of large numbers do not overflow."""
    _, exponent = np.frexp(np.abs(values).max())
    scaled = np.ldexp(values, -exponent)
    return np.ldexp(scaled.mean(), exponent), np.ldexp(scaled.std(), exponent)
