"""Measures of predicted classes, over the rows in the score: what a team speaks of.

Log loss, Brier score, accuracy, recall and precision by class, a confusion table, the area under
the ROC curve, calibration. All are made of sums over rows, so that they can be told of any part of
the stream. Rows count alike, whatever they weigh in learning, as they do in the score.
"""

import math
from collections.abc import Sequence

import numpy as np

from caudal.compiled import compiled

CELLS = 10_000
"""Equal cells of probability, of which a bin is made of one or several."""
TENTHS = 10
"""Bins of predicted probability in the calibration."""
FINE, COARSE = (1.12, 100), (1.4, 500)
"""How bins of the ROC curve widen from the ends, and their most cells: of two classes, of more."""
MOST_IN_TABLE = 12
"""Classes up to which the confusion table and the area under the ROC curve are told."""
MOST_BY_CLASS = 50
"""Classes up to which recall and precision are told."""
EPS = float(np.finfo(float).eps)
SMALL = 1e-250
"""A product of probabilities of which the logarithm is taken: one for many rows."""


def bins_of_cells(growth: float, most: int) -> np.ndarray:
    """The bin of each cell, and of the probability 1 (``CELLS`` + 1,): narrow at both ends.

    No bin reaches over a tenth.
    """
    edges, width = [0], 1.0
    while edges[-1] < CELLS // 2:
        width = min(most, max(width, edges[-1] * (growth - 1)))
        tenth = (edges[-1] // (CELLS // TENTHS) + 1) * (CELLS // TENTHS)
        edges.append(min(tenth, edges[-1] + round(width)))
    half = np.searchsorted(edges, np.arange(CELLS // 2), side="right") - 1
    last = 2 * half[-1] + 1
    return np.concatenate([half, last - half[::-1], [last]]).astype(np.uint8)


@compiled
def _measure_two(p, y, positive, bins, tenths, sums):
    """Add rows ``p`` (rows, 2) and their classes ``y`` (rows,) to the sums of two classes."""
    probability, came = sums[3 : 3 + TENTHS], sums[3 + TENTHS :].reshape(2, -1)
    product, log_loss, brier, soft = 1.0, 0.0, 0.0, 0.0
    for i in range(p.shape[0]):
        q, picked = p[i, positive], p[i, y[i]]
        bin_ = bins[int(q * CELLS)]
        came[int(y[i] == positive), bin_] += 1.0
        probability[tenths[bin_]] += q
        brier += (1.0 - picked) ** 2
        soft += q * (1.0 - q)
        product *= min(max(picked, EPS), 1.0 - EPS)
        if product < SMALL:
            log_loss -= math.log(product)
            product = 1.0
    sums[0] += log_loss - math.log(product)
    sums[1] += brier
    sums[2] += soft


@compiled
def _measure_more(p, y, bins, tenths, sums, came, counts):
    """Add rows ``p`` (rows, classes) and their classes ``y`` (rows,) to the sums of more."""
    product = 1.0
    for i in range(p.shape[0]):
        guess = 0
        for k in range(p.shape[1]):
            q, true = p[i, k], int(y[i] == k)
            guess = k if q > p[i, guess] else guess
            bin_ = bins[int(q * CELLS)]
            came[min(k, came.shape[0] - 1), true, bin_] += 1.0
            sums[3 + tenths[bin_]] += q
            sums[1] += (q - true) ** 2
            sums[2] += q * (1.0 - q)
        product *= min(max(p[i, y[i]], EPS), 1.0 - EPS)
        if product < SMALL:
            sums[0] -= math.log(product)
            product = 1.0
        if counts.shape[0] == p.shape[1]:
            counts[y[i], guess] += 1.0
        else:
            most = counts.shape[1] - 1
            counts[0, min(y[i], most)] += 1.0
            counts[1, min(guess, most)] += 1.0
            counts[2, min(guess, most)] += 1.0 if guess == y[i] else 0.0
    sums[0] -= math.log(product)


class ClassMeasures:
    """The measures of predicted classes.

    The sums are: log loss, Brier score, and p (1 - p), which is 0 where all predictions are hard;
    of each tenth of probability the probabilities; of each class (of two the positive one; of very
    many all together) and bin, how often it did not come and came; of more than two the counts by
    class and predicted class, of many how often each came, was predicted, and both.
    """

    def __init__(self, classes: Sequence[str], positive: int = 1):
        """``classes`` in order; of two, calibration and ROC curve are those of ``positive``."""
        self._classes, self._positive = list(classes), positive
        count = len(classes)
        few = count <= MOST_IN_TABLE
        self._bins = bins_of_cells(*(FINE if count == 2 else COARSE))
        cells = np.arange(CELLS + 1) * TENTHS // CELLS
        _, first = np.unique(self._bins, return_index=True)
        self._tenths = np.minimum(cells[first], TENTHS - 1).astype(np.uint8)
        looked_at = 1 if count == 2 or not few else count
        self._came = (looked_at, 2, len(first))
        by_class = count if count <= MOST_BY_CLASS else 1
        self._counts = (0, 0) if count == 2 else (count, count) if few else (3, by_class)
        self.size = 3 + TENTHS + math.prod(self._came) + math.prod(self._counts)

    def _apart(self, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Views of ``sums`` (size,): what came by bin, and the counts."""
        end = 3 + TENTHS + math.prod(self._came)
        return sums[3 + TENTHS : end].reshape(self._came), sums[end:].reshape(self._counts)

    def sums(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The sums (size,) over rows: probabilities (rows, classes), class codes (rows,)."""
        sums = np.zeros(self.size)
        if len(self._classes) == 2:
            _measure_two(predictions, y, self._positive, self._bins, self._tenths, sums)
        else:
            _measure_more(predictions, y, self._bins, self._tenths, sums, *self._apart(sums))
        return sums

    def along(self, sums: np.ndarray, ends: np.ndarray) -> dict:
        """Nothing."""
        return {}

    def record(self, sums: np.ndarray) -> dict:
        """The fields of ``score.json``; None where there are no rows, or nothing to divide by.

        The log loss is None where all predictions are hard ones, whose log loss is unbounded. Of
        two classes the positive one is predicted from a half on.
        """
        came, counts = self._apart(sums)
        if len(self._classes) == 2:
            counts = self._two_by_two(came[0])
        square = len(counts) == len(self._classes)
        true, predicted, hit = (
            (counts.sum(1), counts.sum(0), counts.diagonal()) if square else counts
        )
        rows = float(true.sum())
        found = {
            "measured_rows": round(rows),
            "log_loss": _over(sums[0], rows if sums[2] else 0.0),
            "brier": _over(sums[1], rows),
            "accuracy": _over(hit.sum(), rows),
            "auc": area(came[:, 1], came[:, 0]) if square else None,
            "calibration": self._calibration(came.sum(0), sums[3 : 3 + TENTHS]),
        }
        if len(self._classes) <= MOST_BY_CLASS:
            found["by_class"] = [
                {
                    "class": name,
                    "rows": round(t),
                    "predicted": round(p),
                    "recall": _over(h, t),
                    "precision": _over(h, p),
                }
                for name, t, p, h in zip(self._classes, true, predicted, hit, strict=True)
            ]
        if square:
            found["confusion"] = counts.astype(int).tolist()
        return found

    def _two_by_two(self, came: np.ndarray) -> np.ndarray:
        """Counts by class and predicted class, from the halves of the bins (2, bins)."""
        halves = came.reshape(2, 2, -1).sum(2)
        return halves if self._positive else halves[::-1, ::-1]

    def _calibration(self, came: np.ndarray, probability: np.ndarray) -> list[dict]:
        """A row per tenth that is not empty, from the bins (2, bins)."""
        missed, true = (np.bincount(self._tenths, side, TENTHS).tolist() for side in came)
        rows = [m + t for m, t in zip(missed, true, strict=True)]
        return [
            {
                "low": i / TENTHS,
                "high": (i + 1) / TENTHS,
                "rows": round(rows[i]),
                "mean_probability": float(probability[i] / rows[i]),
                "share": true[i] / rows[i],
            }
            for i in range(TENTHS)
            if rows[i]
        ]


def area(came: np.ndarray, missed: np.ndarray) -> float | None:
    """The area under the ROC curve, by bins of rising probability (classes, bins).

    The chance that a row which came true was given more than one that did not; within a bin it is
    even. Of several classes the mean over those that came, each against the rest. None where
    there is nothing to tell apart.

    >>> area(np.array([[0.0, 1.0, 3.0]]), np.array([[2.0, 2.0, 0.0]]))
    0.9375
    """
    pairs = came.sum(1) * missed.sum(1)
    below = missed.cumsum(1) - missed / 2
    areas = (came * below).sum(1)[pairs > 0] / pairs[pairs > 0]
    return float(areas.mean()) if len(areas) else None


def _over(value: float, by: float) -> float | None:
    return float(value / by) if by else None
