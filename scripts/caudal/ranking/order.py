"""Whether the stream's stretches are alike; where they are not, the score speaks of its last one.

Told from the comparison of the data's stretches, of the columns that the grid uses, and from the
benchmark's loss along the stream that was learned. A mux changes the order of the rows, so that of
a mixed stream the benchmark's loss alone is looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from caudal.data.stretch_test import between_stretches, holm
from caudal.data.stretches import STRETCHES
from caudal.data.tasks import LABEL_KINDS
from caudal.ranking.curves import blocks_of
from caudal.ranking.run import Run

LEVEL = 0.01
"""Of significance, of all comparisons together."""

SMALL = 0.01
"""The effect (``data.stretch_test``) that counts, a small one by Cohen (1988): two halves whose
means are a fifth of a deviation apart, or whose shares are 45 and 55 per cent."""

SMALL_LOSS = 0.1
"""The deviation of the benchmark's loss between stretches, relative to its mean, that is small."""


@dataclass(frozen=True)
class Difference:
    """One thing in which the stretches differ.

    column: its name, None for the benchmark's loss; is_label: whether it is the label; what: mean,
    missing, levels or loss; effect: how much (``data.stretch_test``); stretches: means, shares of
    missing values, or shares of ``level``, the one that differs most, None if that has no name.
    """

    column: str | None
    is_label: bool
    what: str
    effect: float
    stretches: list[float]
    level: str | None = None


@dataclass(frozen=True)
class Order:
    """What is known of the order of the rows.

    differences: the label's first, then columns, the largest first; time: what tells that the rows
    come in the order of time (``data.stretches``), or None; mixed: whether a mux has mixed them.
    """

    differences: list[Difference]
    time: str | None
    mixed: bool

    @property
    def differs(self) -> bool:
        """Whether the score speaks of some of the rows only."""
        return bool(self.differences)


def order_of(run: Run) -> Order:
    """What the run's data and its benchmark tell of the order of the rows."""
    sets = (r.record.get("parameters", {}).get("extractor", {}) for r in run.results)
    return find_order(run.stretches, run.best.record, sets)


def find_order(
    stretches: Mapping[str, Any],
    record: Mapping[str, Any],
    extractors: Iterable[Mapping[str, Any]],
) -> Order:
    """As ``order_of``: by the comparison of stretches, a record, and the points' extractors."""
    mixed = (record.get("settings") or {}).get("stream", {}).get("order") == "mux"
    found = [] if mixed else _of_columns(stretches, used_columns(extractors))
    if loss := _of_benchmark(record):
        found.append(loss)
    clear = holm([p for p, _, _ in found], LEVEL)
    kept = [d for (_, large, d), sure in zip(found, clear, strict=True) if large and sure]
    kept.sort(key=lambda d: (not d.is_label, d.what == "loss", -d.effect))
    return Order(kept, stretches.get("time"), mixed)


def _of_columns(
    stretches: Mapping[str, Any], used: set[str] | None
) -> list[tuple[float, bool, Difference]]:
    """(p, whether it is large, what it is) of the label and the columns that some point uses."""
    found = []
    for told in stretches.get("columns", []):
        label = told["kind"] in LABEL_KINDS
        if label or used is None or told["column"] in used:
            fields = ("what", "effect", "stretches", "level")
            difference = Difference(told["column"], label, *map(told.get, fields))
            found.append((told["p"], told["effect"] >= SMALL, difference))
    return found


def _of_benchmark(record: Mapping[str, Any]) -> tuple[float, bool, Difference] | None:
    blocks = blocks_of(record)
    if len(blocks) < 2 * STRETCHES + 1:
        return None
    rows = np.array([after["rows"] - before["rows"] for before, after in pairwise(blocks)], float)
    losses = np.array([[block["benchmark_loss"]] for block in blocks[1:]])
    mean = float(np.average(losses[:, 0], weights=rows))
    if not mean > 0:
        return None
    stretch = np.arange(len(rows)) * STRETCHES // len(rows)
    found = between_stretches(losses, rows, stretch, np.array([mean**2]))
    if found is None:
        return None
    large = found.effect >= SMALL_LOSS**2
    means = found.means[:, 0].tolist()
    return found.p, large, Difference(None, False, "loss", found.effect, means)


def used_columns(extractors: Iterable[Mapping[str, Any]]) -> set[str] | None:
    """The columns that points use, by their extractors; None where one takes whatever there is."""
    used: set[str] = set()
    for extractor in extractors:
        features = extractor.get("features")
        if not isinstance(features, list):
            return None
        used.update(features)
    return used
