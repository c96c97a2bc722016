"""Predicted numbers against true ones, in ten equal groups, and residuals along the stream."""

import math

import numpy as np

from caudal.compiled import compiled

GROUPS = 10
"""Groups of equally many rows, by the size of their prediction, as far as bins can be parted."""

BINS = 64
"""Bins of the prediction, of which groups are made: borders that fit any stream are fixed before
it is known. They are finest around the label's mean, and wider the farther out."""

FINENESS, REACH = 20.0, 50.0
"""Bins grow in proportion to 1 / FINENESS + the distance from the mean, up to ``REACH``
deviations from it."""

_STEP = 2.0 * math.log1p(FINENESS * REACH) / BINS
ROWS, PREDICTED, TRUE, SQUARES = range(4)


@compiled
def _add(predicted, true, sums):
    """Add rows, predictions, labels and squared labels to the sums (4, bins) of the bins."""
    middle = sums.shape[1] // 2
    for i in range(predicted.size):
        p, y = predicted[i], true[i]
        apart = int(min(math.log1p(FINENESS * abs(p)) / _STEP, middle - 1.0))
        place = middle + apart if p >= 0.0 else middle - 1 - apart
        sums[ROWS, place] += 1.0
        sums[PREDICTED, place] += p
        sums[TRUE, place] += y
        sums[SQUARES, place] += y * y


class PredictionGroups:
    """Means of predictions and labels, made of sums in bins of the prediction.

    The sums are in deviations of the label; what is told is in its own unit, by ``center`` and
    ``scale``.
    """

    size = 4 * BINS

    def __init__(self, center: float, scale: float):
        self._center, self._scale = center, scale

    def sums(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The sums (size,) over rows: predictions (rows, 1) and labels (rows,)."""
        sums = np.zeros((4, BINS))
        _add(predictions[:, 0], y, sums)
        return sums.ravel()

    def record(self, sums: np.ndarray) -> dict:
        """A table, by its name in ``score.json``: a row per group, the smallest predictions first.

        ``spread`` is the standard deviation of the labels in a group.
        """
        bins = sums.reshape(4, BINS)
        bins = bins[:, bins[ROWS] > 0]
        if not bins.size:
            return {"predicted_true": []}
        middles = bins[ROWS].cumsum() - bins[ROWS] / 2.0
        group = (middles / bins[ROWS].sum() * GROUPS).astype(int)
        starts = np.unique(group, return_index=True)[1]
        groups = np.add.reduceat(bins, starts, axis=1)
        predicted, true, squares = groups[PREDICTED:] / groups[ROWS]
        spread = np.sqrt(np.maximum(squares - true * true, 0.0))
        return {
            "predicted_true": [
                {
                    "rows": int(rows),
                    "mean_prediction": self._center + self._scale * p,
                    "mean_label": self._center + self._scale * y,
                    "spread": self._scale * s,
                }
                for rows, p, y, s in zip(
                    *(each.tolist() for each in (groups[ROWS], predicted, true, spread)),
                    strict=True,
                )
            ]
        }

    def along(self, sums: np.ndarray, ends: np.ndarray) -> dict:
        """The mean residuals in blocks (blocks, size) of the stream, by their name there.

        A residual is the label less its prediction; ``ends`` (blocks,) are the rows at which the
        blocks end.
        """
        bins = sums.reshape(-1, 4, BINS).sum(axis=2)
        residuals = self._scale * (bins[:, TRUE] - bins[:, PREDICTED]) / bins[:, ROWS]
        return {
            "residuals": [
                {"rows": end, "residual": residual}
                for end, residual in zip(ends.tolist(), residuals.tolist(), strict=True)
            ]
        }
