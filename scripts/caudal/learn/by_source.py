"""What a record tells of each source: its losses, and the score that there was before the last."""

import dataclasses
import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from caudal.learn.progressive import Progress

MOST_SOURCES = 400
"""Sources in a record, the last ones: a file a day for a year."""


def by_source(progress: Progress, sources: Sequence[Sequence]) -> dict:
    """The fields ``sources`` and ``yesterday`` of ``score.json``; none with a single source.

    ``sources`` are (file, rows, ...) of those of a sequential stream, in its order. ``yesterday``
    is the score that the stream had at the end of the last source but one. Where a source ends
    within a batch, the batch counts in proportion.
    """
    ends = [end for end in accumulate(source[1] for source in sources) if end < progress.rows]
    if not ends:
        return {}
    borders = np.array([0, *ends, progress.rows])
    scored, losses = progress.until(borders)
    means = _means(np.diff(losses, axis=0), np.diff(scored))
    rows = np.diff(borders).tolist()
    found = [
        {"source": source[0], "rows": count, "loss": loss, "benchmark_loss": benchmark_loss}
        for source, count, (loss, benchmark_loss) in zip(sources, rows, means, strict=False)
    ]
    return {"sources": found[-MOST_SOURCES:], "yesterday": _score_at(progress, ends[-1])}


def _score_at(progress: Progress, rows: int) -> float:
    """The score had the stream ended after ``rows`` rows; nan if there had been none."""
    plan = dataclasses.replace(progress.plan, rows=rows)
    if plan.batches - plan.first_kept < 2:
        return math.nan
    scored, losses = progress.until(np.array([plan.first_kept * plan.batch_size, rows]))
    return -_means(np.diff(losses, axis=0), np.diff(scored))[0][0]


def _means(losses: np.ndarray, rows: np.ndarray) -> list[list[float]]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return (losses / rows[:, None]).tolist()
