"""Stochastic gradient descent on slots: scikit-learn's ``partial_fit``, at the cost of the batch.

The update rules are those of scikit-learn's SGDClassifier on sparse input (its ``_plain_sgd``,
BSD-3-Clause), whose results this gives to rounding. What differs is the cost: work is done on the
slots of a batch only. The shrinkage by an L2 penalty is one number for all weights; the cumulative
L1 penalty, which starts afresh with each call, touches no column that the batch does not.
"""

import math

import numpy as np
from numba import njit

LOSSES = {
    "hinge": 0, "perceptron": 0, "squared_hinge": 1, "log_loss": 2, "modified_huber": 3,
    "squared_error": 4, "huber": 5, "epsilon_insensitive": 6, "squared_epsilon_insensitive": 7,
}  # fmt: skip
HINGE, SQUARED_HINGE, LOG_LOSS, MODIFIED_HUBER, SQUARED_ERROR, HUBER, EPSILON, SQUARED_EPSILON = (
    range(8)
)
LEARNING_RATES = {
    "constant": 1, "adaptive": 1, "optimal": 2, "invscaling": 3, "pa1": 5, "pa2": 6,
}  # fmt: skip
OPTIMAL, INVSCALING, PA1, PA2 = 2, 3, 5, 6

SPARSE_INTERCEPT_DECAY = 0.01
"""The intercept learns slower on sparse data, as in scikit-learn's ``make_dataset``."""

_SMALLEST_SCALE = 1e-9
_LARGEST_GRADIENT = 1e12


@njit(cache=True)
def gradient(loss, threshold, y, p):
    """Derivative of the loss by the margin ``p``; y is 0 or 1 for LOG_LOSS, otherwise -1 or 1.

    ``threshold`` is that of the hinge losses and the epsilon of the insensitive ones and huber.
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


@njit(cache=True)
def margins(slots, values, weights, scale, intercept, out):
    """Fill ``out`` (rows, models) with ``scale * weights[:, slots] . values + intercept``."""
    for row in range(slots.shape[0]):
        for k in range(weights.shape[0]):
            p = 0.0
            for j in range(slots.shape[1]):
                p += weights[k, slots[row, j]] * values[row, j]
            out[row, k] = p * scale[k] + intercept[k]


@njit(cache=True)
def _squared_norm(slots, values, room):
    # Two terms of a record may share a column: add them up before squaring.
    norm = 0.0
    for j in range(slots.size):
        room[slots[j]] += values[j]
    for j in range(slots.size):
        norm += room[slots[j]] * room[slots[j]]
        room[slots[j]] = 0.0
    return norm


@njit(cache=True)
def _truncate(slots, values, weights, scale, penalty, applied):
    """Cumulative L1 penalty (Tsuruoka, Tsujii and Ananiadou, 2009) on the slots of one record."""
    for j in range(slots.size):
        if values[j] == 0.0:
            continue
        slot = slots[j]
        before = weights[slot]
        if scale * before > 0.0:
            weights[slot] = max(0.0, before - (penalty + applied[slot]) / scale)
        elif scale * before < 0.0:
            weights[slot] = min(0.0, before + (penalty - applied[slot]) / scale)
        applied[slot] += scale * (weights[slot] - before)


@njit(cache=True)
def learn(
    slots, values, codes, positive, class_weights, sample_weight, order,
    loss, threshold, learning_rate, eta0, power_t, alpha, shrink, truncate, fit_intercept,
    optimal_init, weights, scale, intercept, t, applied, room,
):  # fmt: skip
    """One pass over a batch; returns the new scale and intercept.

    slots, values (rows, terms); codes (rows,) those of the classes, of which ``positive`` is
    learned against the others; class_weights (2,) theirs and its own; sample_weight (rows,), or
    empty; order the rows' order. ``shrink`` is 1 - l1_ratio under an L2 part (-1: none),
    ``truncate`` the l1_ratio under an L1 part (0: none). ``weights`` times ``scale`` are the
    model's weights. ``applied`` serves the L1 penalty, ``room`` the passive-aggressive rates.
    """
    eta = eta0
    penalty = 0.0
    negative = 0.0 if loss == LOG_LOSS else -1.0
    if truncate > 0.0:
        for row in range(slots.shape[0]):
            for j in range(slots.shape[1]):
                applied[slots[row, j]] = 0.0
    for row in order:
        x_slots, x_values = slots[row], values[row]
        y = 1.0 if codes[row] == positive else negative
        p = 0.0
        for j in range(x_slots.size):
            p += weights[x_slots[j]] * x_values[j]
        p = p * scale + intercept
        if learning_rate == OPTIMAL:
            eta = 1.0 / (alpha * (optimal_init + t - 1.0))
        elif learning_rate == INVSCALING:
            eta = eta0 / t**power_t
        if learning_rate >= PA1:
            norm = _squared_norm(x_slots, x_values, room)
            error = max(0.0, threshold - p * y)
            if learning_rate == PA1:
                if norm == 0.0:
                    continue
                update = min(eta0, error / norm) * y
            else:
                update = error / (norm + 0.5 / eta0) * y
        else:
            slope = gradient(loss, threshold, y, p)
            update = -eta * min(max(slope, -_LARGEST_GRADIENT), _LARGEST_GRADIENT)
        weight = class_weights[np.int64(codes[row] == positive)]
        update *= weight * sample_weight[row] if sample_weight.size else weight
        if shrink >= 0.0:
            scale *= max(0.0, 1.0 - shrink * eta * alpha)
            if scale < _SMALLEST_SCALE:
                weights *= scale
                scale = 1.0
        if update != 0.0:
            step = update / scale
            for j in range(x_slots.size):
                weights[x_slots[j]] += x_values[j] * step
            if fit_intercept:
                intercept += update * SPARSE_INTERCEPT_DECAY
        if truncate > 0.0:
            penalty += truncate * eta * alpha
            _truncate(x_slots, x_values, weights, scale, penalty, applied)
        t += 1.0
    return scale, intercept


@njit(cache=True)
def shuffled(order, seed):
    """Shuffle ``order`` in place as scikit-learn's sequential dataset does (xorshift, 32 bit)."""
    state = np.uint32(seed)
    for i in range(order.size - 1):
        if state == 0:
            state = np.uint32(1)
        state ^= np.uint32(state << np.uint32(13))
        state ^= np.uint32(state >> np.uint32(17))
        state ^= np.uint32(state << np.uint32(5))
        j = i + np.int64(state & np.uint32(0x7FFFFFFF)) % (order.size - i)
        order[i], order[j] = order[j], order[i]


@njit(cache=True)
def in_order(weights, order):
    """The weights that are not zero, by column, and their columns (int32).

    ``order`` (slots,) is sorted and holds ``column << 32 | slot``; it is overwritten.
    """
    found = order.view(np.float64)
    columns = np.empty(order.size, np.int32)
    count = 0
    for packed in order:
        weight = weights[packed & 0xFFFFFFFF]
        found[count], columns[count] = weight, packed >> 32
        count += weight != 0.0
    return found[:count], columns[:count]
