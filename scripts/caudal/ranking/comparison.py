"""Differences between points, taken batch by batch over the same rows.

Two points are scored on the same batches, and a hard batch is hard for both: the difference of
their losses varies far less than the losses do. So a lead is judged by the standard error of the
paired difference, not by the two scores' own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import stdtrit

from caudal.ranking.run import Result, Run

CONFIDENCE = 0.95

CLEAR_FALL = 5.0
"""Standard errors that a fall of the lead must have, the best of many places as it is."""


@dataclass(frozen=True)
class Difference:
    """A mean difference in score, its standard error and its 95 % interval."""

    mean: float
    standard_error: float
    low: float
    high: float

    @property
    def reach(self) -> float:
        """Half the width of the interval."""
        return self.high - self.mean

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def difference(values: Sequence[float]) -> Difference | None:
    """The mean of ``values`` (blocks,) with its t interval, or None below two of them.

    >>> difference([1.0, 2.0, 3.0]).mean
    2.0
    """
    values = np.asarray(values, float)
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    mean = float(values.mean())
    error = float(values.std(ddof=1) / math.sqrt(len(values)))
    reach = error * float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2))
    return Difference(mean, error, mean - reach, mean + reach)


def lead(first: Result, second: Result) -> Difference | None:
    """How much better ``first`` scores than ``second``; None where blocks are not alike."""
    ours, theirs = _losses(first), _losses(second)
    if not first.scored or not second.scored or ours.shape != theirs.shape:
        return None
    apart = theirs[:, 0] - ours[:, 0]
    # Sums in another order differ in their last digits; that is no difference.
    apart[np.isclose(ours[:, 0], theirs[:, 0], rtol=1e-9, atol=0)] = 0.0
    return difference(apart)


def lead_over_benchmark(result: Result) -> Difference | None:
    """How much better ``result`` scores than the benchmark."""
    losses = _losses(result)
    return difference(losses[:, 1] - losses[:, 0]) if result.scored else None


def alike(first: Result, second: Result) -> bool:
    """Whether two points predict the same: their scores and every block agree to rounding."""
    if not (first.scored and second.scored and math.isclose(first.score, second.score)):
        return False
    ours, theirs = _losses(first), _losses(second)
    return ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=1e-9, atol=0)


def distinct(run: Run, most: int) -> list[list[Result]]:
    """The ``most`` best points that predict differently, each with those that predict the same."""
    groups: list[list[Result]] = []
    for result in run.scored:
        if groups and alike(groups[-1][0], result):
            groups[-1].append(result)
        elif len(groups) == most:
            break
        else:
            groups.append([result])
    return groups


def within_noise(run: Run) -> list[Result]:
    """The points that the paired difference does not tell from the best, the best left out."""
    leads = ((result, lead(run.best, result)) for result in run.scored[1:])
    return [result for result, found in leads if found and found.low <= 0]


def simplest(run: Run) -> Result:
    """The simplest point within one standard error of the best score.

    Simpler is, in this order: fewer columns touched, a smaller model (to the next power of two),
    fewer columns, more regularisation; the better score decides what is left. Source: the
    one-standard-error rule, Breiman, Friedman, Olshen and Stone (1984).
    """
    floor = run.best.score - run.best.standard_error
    near = [result for result in run.scored if result.score >= floor]
    return min(near or [run.best], key=_complexity)


def last_doubling(result: Result) -> Difference | None:
    """What the last doubling of the rows added to the lead over the benchmark.

    Compares the checkpoints of the learning curve in the last half of the rows with those in the
    quarter before; the noise is that of the blocks in the score. None where either is missing.
    """
    curve = result.record.get("learning_curve") or []
    losses = result.record.get("losses") or []
    rows_in_score = (result.record.get("batches_in_score") or 0) * _batch_size(result)
    if len(curve) < 3 or len(losses) < 3 or not rows_in_score:
        return None
    segments = [
        (after["rows"] - before["rows"], after["rows"],
         (after["benchmark_loss_since_last"] or 0) - (after["loss_since_last"] or 0))
        for before, after in pairwise(curve)
    ]  # fmt: skip
    end = curve[-1]["rows"]
    late = [s for s in segments if s[1] - s[0] >= end / 2 * 0.999]
    early = [s for s in segments if s[1] - s[0] < end / 2 * 0.999 and s[1] > end / 4]
    spread = lead_over_benchmark(result)
    if not late or not early or spread is None:
        return None
    variance = spread.standard_error**2 * rows_in_score  # of one row
    error = math.sqrt(variance / _total(late) + variance / _total(early))
    mean = _mean(late) - _mean(early)
    return Difference(mean, error, mean - 1.96 * error, mean + 1.96 * error)


def _batch_size(result: Result) -> float:
    return result.rows / max(1, result.record.get("batches") or 1)


def _total(segments: list[tuple]) -> float:
    return sum(rows for rows, _, _ in segments)


def _mean(segments: list[tuple]) -> float:
    return sum(rows * value for rows, _, value in segments) / _total(segments)


def turning_point(result: Result) -> tuple[int, float, float] | None:
    """Where the lead over the benchmark falls for good: the row, the lead before and after.

    Of all places between a fifth and nine tenths of the stream, the one that splits the blocks of
    ``drift`` most clearly; None unless the fall is a clear one (``CLEAR_FALL`` standard errors,
    and a fifth of the lead before).
    """
    blocks = [b for b in result.record.get("drift") or [] if b.get("loss") is not None]
    leads = np.array([b["benchmark_loss"] - b["loss"] for b in blocks])
    best = None
    for place in range(max(3, len(leads) // 5), min(len(leads) - 2, len(leads) * 9 // 10 + 1)):
        before, after = leads[:place], leads[place:]
        fall = before.mean() - after.mean()
        error = math.sqrt(before.var(ddof=1) / len(before) + after.var(ddof=1) / len(after))
        if error and fall > 0.2 * abs(before.mean()) and fall > CLEAR_FALL * error:
            clear = fall / error
            if best is None or clear > best[0]:
                best = (clear, place)
    if best is None:
        return None
    place = best[1]
    return blocks[place]["rows"], float(leads[:place].mean()), float(leads[place:].mean())


def _complexity(result: Result) -> tuple:
    parameters = result.record.get("parameters", {})
    classifier = parameters.get("classifier", {})
    size = result.cost.get("model_bytes", math.nan)
    return (
        result.record.get("columns_touched", 0),
        round(math.log2(size)) if size > 0 else 0,
        _amount(parameters.get("vectorizer", {}).get("n_features")),
        -_amount(classifier.get("alpha")),
        -_amount(classifier.get("l1_ratio")),
        result.rank,
    )


def _amount(value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _losses(result: Result) -> np.ndarray:
    losses = np.asarray(result.record.get("losses") or np.empty((0, 2)), float)
    return losses.reshape(-1, 2)
