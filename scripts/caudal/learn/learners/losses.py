"""The losses that compiled loops learn by: their derivatives, under scikit-learn's names."""

import math

from caudal.compiled import compiled

LOSSES = {
    "hinge": 0, "perceptron": 0, "squared_hinge": 1, "log_loss": 2, "modified_huber": 3,
    "squared_error": 4, "huber": 5, "epsilon_insensitive": 6, "squared_epsilon_insensitive": 7,
    "absolute_error": 6,
}  # fmt: skip
HINGE, SQUARED_HINGE, LOG_LOSS, MODIFIED_HUBER, SQUARED_ERROR, HUBER, EPSILON, SQUARED_EPSILON = (
    range(8)
)


@compiled
def gradient(loss, threshold, y, p):
    """Derivative of the loss by the margin ``p``.

    y is a number, or of classes 0 or 1 for LOG_LOSS and otherwise -1 or 1; ``threshold`` is that
    of the hinge losses and the epsilon of the insensitive ones and huber.
    """
    z = p * y
    if loss == LOG_LOSS:
        if p > -37.0:
            exp_minus = math.exp(-p)
            return ((1.0 - y) - y * exp_minus) / (1.0 + exp_minus)
        return math.exp(p) - y
    if loss == HINGE:
        return -y if z <= threshold else 0.0
    if loss == SQUARED_HINGE:
        return -2.0 * y * (threshold - z) if threshold - z > 0.0 else 0.0
    if loss == MODIFIED_HUBER:
        if z >= 1.0:
            return 0.0
        return 2.0 * (1.0 - z) * -y if z >= -1.0 else -4.0 * y
    d = p - y
    if loss == SQUARED_ERROR:
        return d
    if loss == HUBER:
        return d if abs(d) <= threshold else math.copysign(threshold, d)
    if abs(d) <= threshold:
        return 0.0
    if loss == EPSILON:
        return math.copysign(1.0, d)
    return 2.0 * (d - math.copysign(threshold, d))
