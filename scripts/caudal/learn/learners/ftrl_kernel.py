"""FTRL-Proximal with a rate of its own for every column, at the cost of a row's terms.

McMahan et al. (2013), "Ad click prediction: a view from the trenches", algorithm 1, with the log
loss for classes, and others for numbers. Their slopes have no bound: so steps beyond a row's number
are shortened, after Karampatziakis and Langford (2011), "Online importance weight aware updates",
and no prediction lies beyond the numbers learned. A weight follows from two sums of its column, so
that it is computed where they change: what a row reads and writes of a column (z, n, the weight, a
mark) lies side by side in memory.
"""

import math
from typing import NamedTuple

import numpy as np

from caudal.compiled import compiled
from caudal.learn.learners.losses import LOG_LOSS, gradient
from caudal.learn.learners.prefetch import prefetch

Z, N, WEIGHT, MARK = range(4)
"""What a column's cell holds: z, the sum of squared gradients, the weight that follows from them,
and the number of the last row that had the column."""


AHEAD = 6
"""Rows before a row is learned that its cells are fetched into the cache."""

LARGE = 4096
"""Cells that are in the cache anyway: so many are 128 kB."""


class Rule(NamedTuple):
    """The parameters: the loss and the epsilon of huber; ``pace`` is 1 / McMahan's alpha; beta,
    lambda 1 and lambda 2.
    """

    loss: int
    threshold: float
    pace: float
    beta: float
    l1: float
    l2: float
    fit_intercept: bool


class Batches(NamedTuple):
    """Whole batches of a stream: the terms of row ``i`` are ``slots`` and ``values`` from
    ``starts[i]`` to ``starts[i + 1]``; y (rows,), codes of the classes or numbers; weight (rows,),
    or empty.
    """

    starts: np.ndarray
    slots: np.ndarray
    values: np.ndarray
    y: np.ndarray
    weight: np.ndarray


class Model(NamedTuple):
    """``cells`` (models, slots, 4), ``intercept`` (models, 1, 4), each cell as ``Z`` to ``MARK``;
    ``rows`` (1,) counts the rows learned, for the marks; ``ends`` (2,) are the least and the
    largest number learned, or empty where predictions have no ends.
    """

    cells: np.ndarray
    intercept: np.ndarray
    rows: np.ndarray
    ends: np.ndarray


@compiled
def _update(cells, slot, gradient, rule, l1, l2):
    """One step of a cell by the loss's derivative for its weight."""
    n = cells[slot, N]
    more = n + gradient * gradient
    root = math.sqrt(more)
    z = cells[slot, Z] + gradient - (root - math.sqrt(n)) * rule.pace * cells[slot, WEIGHT]
    cells[slot, Z], cells[slot, N] = z, more
    if abs(z) <= l1:
        cells[slot, WEIGHT] = 0.0
    else:
        cells[slot, WEIGHT] = (math.copysign(l1, z) - z) / ((rule.beta + root) * rule.pace + l2)


@compiled
def _fetch_ahead(batches, row, cells):
    """Fetch the cells of a row to come into the cache, if they are not there anyway."""
    if cells.shape[0] > LARGE and row + AHEAD + 1 < batches.starts.size:
        for j in range(batches.starts[row + AHEAD], batches.starts[row + AHEAD + 1]):
            prefetch(cells, batches.slots[j])


@compiled
def _within(p, ends):
    """A prediction, or the end that it lies beyond; before the first number there are none."""
    if ends.size and ends[0] <= ends[1]:
        if p < ends[0]:
            return ends[0]
        if p > ends[1]:
            return ends[1]
    return p


@compiled
def margins(batches, start, stop, model, k, out):
    """Fill ``out[start:stop, k]`` with the margins of the rows for the model ``k``."""
    cells, intercept = model.cells[k], model.intercept[k, 0, WEIGHT]
    for row in range(start, stop):
        _fetch_ahead(batches, row, cells)
        p = intercept
        for j in range(batches.starts[row], batches.starts[row + 1]):
            p += cells[batches.slots[j], WEIGHT] * batches.values[j]
        out[row, k] = _within(p, model.ends)


@compiled
def _merge(batches, row, own_slots, own_values):
    """A row's terms, those of one column added up, into room; returns how many they are."""
    count = 0
    for j in range(batches.starts[row], batches.starts[row + 1]):
        i = 0
        while i < count and own_slots[i] != batches.slots[j]:
            i += 1
        if i == count:
            own_slots[i], own_values[i] = batches.slots[j], 0.0
            count += 1
        own_values[i] += batches.values[j]
    return count


@compiled
def _pull(cells, slot, value, rule, l2):
    """How far a step of the slope 1 moves a margin by this cell, at most: its rate only falls."""
    rate = (rule.beta + math.sqrt(cells[slot, N])) * rule.pace + l2
    return value * value / rate if rate > 0.0 else 0.0


@compiled
def _run(batches, batch_size, class_weights, rule, model, k, predicts, decision):
    """What ``predict_then_learn`` does, for the model ``k``; models know nothing of each other."""
    rows, widest = batches.y.size, 0
    for row in range(rows):
        widest = max(widest, batches.starts[row + 1] - batches.starts[row])
    own_slots, own_values = np.empty(widest, batches.slots.dtype), np.empty(widest)
    cells, intercept, mark = model.cells[k], model.intercept[k], model.rows[0]
    positive = 1 if model.intercept.shape[0] == 1 else k
    single = predicts and batch_size == 1  # its margin serves both
    for start in range(0, rows, batch_size):
        stop = min(start + batch_size, rows)
        if predicts and not single:
            margins(batches, start, stop, model, k, decision)
        for row in range(start, stop):
            begin, end = batches.starts[row], batches.starts[row + 1]
            _fetch_ahead(batches, row, cells)
            mark += 1.0
            shared, p = False, intercept[0, WEIGHT]
            for j in range(begin, end):
                slot = batches.slots[j]
                p += cells[slot, WEIGHT] * batches.values[j]
                shared |= cells[slot, MARK] == mark
                cells[slot, MARK] = mark
            if single:
                decision[row, k] = _within(p, model.ends)
            if rule.loss == LOG_LOSS:
                own = batches.y[row] == positive
                slope = 1.0 / (1.0 + math.exp(-p)) - (1.0 if own else 0.0)
                slope *= class_weights[k, np.int64(own)]
            else:
                slope = gradient(rule.loss, rule.threshold, batches.y[row], p)
            weight = batches.weight[row] if batches.weight.size else 1.0
            slope *= weight
            if weight and model.ends.size:
                model.ends[0] = min(model.ends[0], batches.y[row])
                model.ends[1] = max(model.ends[1], batches.y[row])
            if slope == 0.0:
                continue
            slots, values = batches.slots, batches.values
            if shared:  # terms of one column: the row has their sum
                begin, end = 0, _merge(batches, row, own_slots, own_values)
                slots, values = own_slots, own_values
            if rule.loss != LOG_LOSS:
                pull = _pull(intercept, 0, 1.0, rule, 0.0) if rule.fit_intercept else 0.0
                for j in range(begin, end):
                    if values[j] != 0.0:
                        pull += _pull(cells, slots[j], values[j], rule, rule.l2)
                way = abs(slope) * pull / abs(p - batches.y[row])
                if way > 0.0:
                    slope *= -math.expm1(-way) / way
            for j in range(begin, end):
                if values[j] != 0.0:
                    _update(cells, slots[j], slope * values[j], rule, rule.l1, rule.l2)
            if rule.fit_intercept:
                _update(intercept, 0, slope, rule, 0.0, 0.0)


@compiled
def predict_then_learn(batches, batch_size, class_weights, rule, model, predicts, decision):
    """Predict, then learn, one batch of ``batch_size`` rows after the other.

    class_weights (models, 2) are those of the other classes and of a model's own. Fills decision
    (rows, models) with the margins before a row's batch was learned, where it ``predicts``. The
    rows of a batch are learned one by one.
    """
    for k in range(model.intercept.shape[0]):
        _run(batches, batch_size, class_weights, rule, model, k, predicts, decision)
    model.rows[0] += batches.y.size
