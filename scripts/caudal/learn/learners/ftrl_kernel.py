"""FTRL-Proximal with a rate of its own for every column, at the cost of a row's terms.

McMahan et al. (2013), "Ad click prediction: a view from the trenches", algorithm 1, for the log
loss. A weight follows from two sums of its column, so that it is computed where they change: what a
row reads and writes of a column (z, n, the weight, a mark) lies side by side in memory.
"""

import math
from typing import NamedTuple

import numpy as np

from caudal.compiled import compiled

Z, N, WEIGHT, MARK = range(4)
"""What a column's cell holds: z, the sum of squared gradients, the weight that follows from them,
and the number of the last row that had the column."""


class Rule(NamedTuple):
    """The parameters: McMahan's alpha (``eta0``), beta, lambda 1 and lambda 2."""

    eta0: float
    beta: float
    l1: float
    l2: float
    fit_intercept: bool


class Batches(NamedTuple):
    """Whole batches of a stream: the terms of row ``i`` are ``slots`` and ``values`` from
    ``starts[i]`` to ``starts[i + 1]``; codes (rows,) of the classes; weight (rows,), or empty.
    """

    starts: np.ndarray
    slots: np.ndarray
    values: np.ndarray
    codes: np.ndarray
    weight: np.ndarray


class Model(NamedTuple):
    """``cells`` (models, slots, 4) and ``intercept`` (models, 4), each cell as ``Z`` to ``MARK``;
    ``rows`` (1,) counts the rows learned, for the marks.
    """

    cells: np.ndarray
    intercept: np.ndarray
    rows: np.ndarray


@compiled(inline="always")
def _update(cell, gradient, rule, l1, l2):
    """One step of a cell by the loss's derivative for its weight."""
    n = cell[N]
    more = n + gradient * gradient
    root = math.sqrt(more)
    z = cell[Z] + gradient - (root - math.sqrt(n)) / rule.eta0 * cell[WEIGHT]
    cell[Z], cell[N] = z, more
    if abs(z) <= l1:
        cell[WEIGHT] = 0.0
    else:
        cell[WEIGHT] = (math.copysign(l1, z) - z) / ((rule.beta + root) / rule.eta0 + l2)


@compiled
def margins(batches, start, stop, model, out):
    """Fill ``out[start:stop]`` (rows, models) with the margins of the rows."""
    for row in range(start, stop):
        for k in range(model.intercept.shape[0]):
            p = model.intercept[k, WEIGHT]
            cells = model.cells[k]
            for j in range(batches.starts[row], batches.starts[row + 1]):
                p += cells[batches.slots[j], WEIGHT] * batches.values[j]
            out[row, k] = p


@compiled
def _merged(slots, values, cells, mark, own_slots, own_values):
    """A row's terms, those of one column added up, into room; returns how many they are."""
    count = 0
    for j in range(slots.size):
        slot = slots[j]
        if cells[slot, MARK] == mark:  # two terms share the column: the row has their sum
            for i in range(count):
                if own_slots[i] == slot:
                    own_values[i] += values[j]
        else:
            cells[slot, MARK] = mark
            own_slots[count], own_values[count] = slot, values[j]
            count += 1
    return count


@compiled
def predict_then_learn(batches, batch_size, class_weights, rule, model, predicts, decision):
    """Predict, then learn, one batch of ``batch_size`` rows after the other.

    class_weights (models, 2) are those of the other classes and of a model's own. Fills decision
    (rows, models) with the margins before a row's batch was learned, where it ``predicts``. The
    rows of a batch are learned one by one.
    """
    rows, models = batches.codes.size, model.intercept.shape[0]
    widest = 0
    for row in range(rows):
        widest = max(widest, batches.starts[row + 1] - batches.starts[row])
    own_slots, own_values = np.empty(widest, np.int64), np.empty(widest)
    for start in range(0, rows, batch_size):
        stop = min(start + batch_size, rows)
        if predicts and batch_size > 1:
            margins(batches, start, stop, model, decision)
        for row in range(start, stop):
            model.rows[0] += 1.0
            begin, end = batches.starts[row], batches.starts[row + 1]
            count = _merged(
                batches.slots[begin:end], batches.values[begin:end], model.cells[0],
                model.rows[0], own_slots, own_values,
            )  # fmt: skip
            for k in range(models):
                cells = model.cells[k]
                p = model.intercept[k, WEIGHT]
                for j in range(count):
                    p += cells[own_slots[j], WEIGHT] * own_values[j]
                if predicts and batch_size == 1:
                    decision[row, k] = p
                own = batches.codes[row] == (1 if models == 1 else k)
                slope = 1.0 / (1.0 + math.exp(-p)) - (1.0 if own else 0.0)
                slope *= class_weights[k, np.int64(own)]
                if batches.weight.size:
                    slope *= batches.weight[row]
                if slope == 0.0:
                    continue
                for j in range(count):
                    gradient = slope * own_values[j]
                    if gradient != 0.0:
                        _update(cells[own_slots[j]], gradient, rule, rule.l1, rule.l2)
                if rule.fit_intercept:
                    _update(model.intercept[k], slope, rule, 0.0, 0.0)
