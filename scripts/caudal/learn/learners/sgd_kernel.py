"""Stochastic gradient descent on slots: scikit-learn's ``partial_fit``, at the cost of the batch.

The update rules are those of scikit-learn's SGD on sparse input (its ``_plain_sgd``,
BSD-3-Clause), whose results this gives to rounding. What differs is the cost: work is done on the
slots of a batch only. The shrinkage by an L2 penalty is one number for all weights; the cumulative
L1 penalty, which starts afresh with each call, touches no column that the batch does not.
"""

import math
from typing import NamedTuple

import numpy as np

from caudal.compiled import compiled
from caudal.learn.learners.losses import LOG_LOSS, gradient

LEARNING_RATES = {
    "constant": 1, "adaptive": 1, "optimal": 2, "invscaling": 3, "pa1": 5, "pa2": 6,
}  # fmt: skip
OPTIMAL, INVSCALING, PA1, PA2 = 2, 3, 5, 6

SPARSE_INTERCEPT_DECAY = 0.01
"""The intercept learns slower on sparse data, as in scikit-learn's ``make_dataset``."""

_SMALLEST_SCALE = 1e-9
_LARGEST_GRADIENT = 1e12


class Batches(NamedTuple):
    """Whole batches of a stream: slots and values (rows, places); y (rows,), codes of the classes
    or numbers; weight (rows,), or empty.
    """

    slots: np.ndarray
    values: np.ndarray
    y: np.ndarray
    weight: np.ndarray


class Rule(NamedTuple):
    """How weights are learned; ``numbers``: whether y are numbers, not codes of classes;
    ``threshold`` is that of the hinge losses, or the others' epsilon; ``shrink`` is 1 - l1_ratio
    under an L2 part (-1: none), ``truncate`` the l1_ratio under an L1 part (0: none).
    """

    loss: int
    numbers: bool
    threshold: float
    learning_rate: int
    eta0: float
    power_t: float
    alpha: float
    shrink: float
    truncate: float
    fit_intercept: bool
    optimal_init: float


class Model(NamedTuple):
    """``weights`` (models, slots) times ``scale`` (models,) are the models' weights, intercept
    (models,) theirs; ``applied`` (models, slots or 0) serves the L1 penalty, ``room`` (slots or 0)
    the passive-aggressive rates.
    """

    weights: np.ndarray
    scale: np.ndarray
    intercept: np.ndarray
    applied: np.ndarray
    room: np.ndarray


# Rows are told by their number: a slice of an array for each costs more than short rows take.


@compiled
def _margin(batches, row, weights, k):
    p = 0.0
    for j in range(batches.slots.shape[1]):
        p += weights[k, batches.slots[row, j]] * batches.values[row, j]
    return p


@compiled
def margins(batches, start, stop, model, out):
    """Fill ``out[start:stop]`` (rows, models) with the margins of the rows."""
    for row in range(start, stop):
        for k in range(model.scale.size):
            p = _margin(batches, row, model.weights, k)
            out[row, k] = p * model.scale[k] + model.intercept[k]


@compiled
def _squared_norm(batches, row, room):
    # Two terms of a record may share a column: add them up before squaring.
    norm = 0.0
    for j in range(batches.slots.shape[1]):
        room[batches.slots[row, j]] += batches.values[row, j]
    for j in range(batches.slots.shape[1]):
        slot = batches.slots[row, j]
        norm += room[slot] * room[slot]
        room[slot] = 0.0
    return norm


@compiled
def _truncate(batches, row, weights, scale, penalty, applied, k):
    """Cumulative L1 penalty (Tsuruoka, Tsujii and Ananiadou, 2009) on the slots of one record."""
    for j in range(batches.slots.shape[1]):
        if batches.values[row, j] == 0.0:
            continue
        slot = batches.slots[row, j]
        before = weights[k, slot]
        if scale * before > 0.0:
            weights[k, slot] = max(0.0, before - (penalty + applied[k, slot]) / scale)
        elif scale * before < 0.0:
            weights[k, slot] = min(0.0, before + (penalty - applied[k, slot]) / scale)
        applied[k, slot] += scale * (weights[k, slot] - before)


@compiled
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


@compiled
def _run(batches, batch_size, class_weights, seeds, rule, model, k, size, t, predicts, decision):
    """What ``predict_then_learn`` does, for the model ``k``; models know nothing of each other."""
    rows, places = batches.slots.shape
    weights, applied = model.weights, model.applied
    scale, intercept = model.scale[k], model.intercept[k]
    positive = 1 if model.scale.size == 1 else k
    negative = 0.0 if rule.loss == LOG_LOSS else -1.0
    eta = rule.eta0
    order = np.empty(0, np.int64)
    for start in range(0, rows, batch_size):
        count = min(batch_size, rows - start)
        single = predicts and count == 1  # its margin serves both
        for row in range(start, start + count if predicts else start):
            decision[row, k] = _margin(batches, row, weights, k) * scale + intercept
        if seeds.size:
            order = np.arange(count)
            shuffled(order, seeds[k])
        penalty = 0.0
        if rule.truncate > 0.0:
            for row in range(start, start + count):
                for j in range(places):
                    applied[k, batches.slots[row, j]] = 0.0
        for place in range(count):
            row = start + (order[place] if order.size else place)
            if rule.numbers:
                own, y = False, batches.y[row]
            else:
                own = batches.y[row] == positive
                y = 1.0 if own else negative
            if single:
                p = decision[row, k]
            else:
                p = _margin(batches, row, weights, k) * scale + intercept
            if rule.learning_rate == OPTIMAL:
                eta = 1.0 / (rule.alpha * (rule.optimal_init + t - 1.0))
            elif rule.learning_rate == INVSCALING:
                eta = rule.eta0 / t**rule.power_t
            update = _step(batches, row, rule, model.room, eta, y, p)
            if rule.learning_rate == PA1 and math.isnan(update):
                continue
            weight = class_weights[k, np.int64(own)]
            update *= weight * batches.weight[row] if batches.weight.size else weight
            if rule.shrink >= 0.0:
                scale *= max(0.0, 1.0 - rule.shrink * eta * rule.alpha)
                if scale < _SMALLEST_SCALE:
                    weights[k] *= scale
                    scale = 1.0
            if update != 0.0:
                step = update / scale
                for j in range(places):
                    weights[k, batches.slots[row, j]] += batches.values[row, j] * step
                if rule.fit_intercept:
                    intercept += update * SPARSE_INTERCEPT_DECAY
            if rule.truncate > 0.0:
                penalty += rule.truncate * eta * rule.alpha
                _truncate(batches, row, weights, scale, penalty, applied, k)
            t += 1.0
        if size <= count * places and scale != 1.0:
            # As scikit-learn does after each call; postponed where it would cost more than the
            # batch itself.
            for slot in range(size):
                weights[k, slot] *= scale
            scale = 1.0
    model.scale[k], model.intercept[k] = scale, intercept
    return t


@compiled
def _step(batches, row, rule, room, eta, y, p):
    """The step along a row's values; nan where PA-I leaves a row without values out."""
    if rule.learning_rate >= PA1:
        norm = _squared_norm(batches, row, room)
        error = max(0.0, rule.threshold - p * y)
        if rule.learning_rate == PA1:
            return min(rule.eta0, error / norm) * y if norm != 0.0 else math.nan
        return error / (norm + 0.5 / rule.eta0) * y
    slope = gradient(rule.loss, rule.threshold, y, p)
    return -eta * min(max(slope, -_LARGEST_GRADIENT), _LARGEST_GRADIENT)


@compiled
def predict_then_learn(
    batches, batch_size, class_weights, seeds, rule, model, size, t, predicts, decision
):
    """Predict, then learn, one batch of ``batch_size`` rows after the other; returns the new t.

    class_weights (models, 2) are those of the other classes and of a model's own; seeds (models,)
    those of each batch's shuffle, or empty; ``size`` the slots in use. Fills decision
    (rows, models) with the margins before a row's batch was learned, where it ``predicts``.
    """
    after = t
    for k in range(model.scale.size):
        after = _run(
            batches, batch_size, class_weights, seeds, rule, model, k, size, t, predicts, decision
        )
    return after
