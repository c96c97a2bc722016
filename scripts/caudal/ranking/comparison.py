"""Differences between points, taken batch by batch over the same rows.

Two points are scored on the same batches, and a hard batch is hard for both: the difference of
their losses varies far less than the losses do. So a lead is judged by the standard error of the
paired difference, not by the two scores' own.
"""

import math
from itertools import pairwise

import numpy as np

from caudal.config.grid import learner_in
from caudal.learn.error_bars import MeanEstimate, estimate_mean, standard_error
from caudal.ranking.curves import stream_blocks
from caudal.ranking.run import Result, Run

CLEAR_FALL = 5.0
"""Standard errors that a fall of the lead must have, the best of many places as it is."""


def score_estimate(result: Result) -> MeanEstimate:
    """The score with its interval, from the blocks; without any, from the error of the record."""
    found = _estimate(-_losses(result)[:, 0], result)
    return found or MeanEstimate(result.score, result.standard_error, math.inf)


def lead(first: Result, second: Result) -> MeanEstimate | None:
    """How much better ``first`` scores than ``second``; None where blocks are not alike."""
    ours, theirs = _losses(first), _losses(second)
    if not first.scored or not second.scored or ours.shape != theirs.shape:
        return None
    apart = theirs[:, 0] - ours[:, 0]
    # Sums in another order differ in their last digits; that is no difference.
    apart[np.isclose(ours[:, 0], theirs[:, 0], rtol=1e-9, atol=0)] = 0.0
    return _estimate(apart, first)


def lead_over_benchmark(result: Result) -> MeanEstimate | None:
    """How much better ``result`` scores than the benchmark."""
    losses = _losses(result)
    return _estimate(losses[:, 1] - losses[:, 0], result)


def predict_alike(first: Result, second: Result) -> bool:
    """Whether two points predict the same: their scores and every block agree to rounding."""
    if not (first.scored and second.scored and math.isclose(first.score, second.score)):
        return False
    ours, theirs = _losses(first), _losses(second)
    return ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=1e-9, atol=0)


def distinct(run: Run, most: int) -> list[list[Result]]:
    """The ``most`` best points that predict differently, each with those that predict the same."""
    groups: list[list[Result]] = []
    for result in run.scored:
        if groups and predict_alike(groups[-1][0], result):
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
    floor = run.best.score - score_estimate(run.best).standard_error
    near = [result for result in run.scored if result.score >= floor]
    return min(near or [run.best], key=_complexity)


def last_doubling(result: Result) -> MeanEstimate | None:
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
    return MeanEstimate(_mean(late) - _mean(early), error, spread.freedom)


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
    blocks = stream_blocks(result)
    leads = np.array([b["benchmark_loss"] - b["loss"] for b in blocks])
    best = None
    for place in range(max(3, len(leads) // 5), min(len(leads) - 2, len(leads) * 9 // 10 + 1)):
        before, after = leads[:place], leads[place:]
        fall = before.mean() - after.mean()
        error = math.hypot(standard_error(before), standard_error(after))
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
    learner = learner_in(parameters)
    size = result.cost.get("model_bytes", math.nan)
    return (
        result.record.get("columns_touched", 0),
        round(math.log2(size)) if size > 0 else 0,
        _amount(parameters.get("vectorizer", {}).get("n_features")),
        -_amount(learner.get("alpha")),
        -_amount(learner.get("l1_ratio")),
        result.rank,
    )


def _amount(value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _estimate(values: np.ndarray, result: Result) -> MeanEstimate | None:
    """The mean of ``values``, one of each block of the score; a short last block weighs less."""
    if not result.scored or len(values) < 2 or not np.isfinite(values).all():
        return None
    weights = result.record.get("losses_weights")
    return estimate_mean(values, weights if weights and len(weights) == len(values) else None)


def _losses(result: Result) -> np.ndarray:
    """The losses of the point and of the benchmark in each block of the score (blocks, 2)."""
    losses = np.asarray(result.record.get("losses") or np.empty((0, 2)), float)
    return losses.reshape(-1, 2)
