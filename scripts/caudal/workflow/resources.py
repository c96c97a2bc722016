"""What jobs need: memory, and minutes in proportion to the rows."""

import json
import math
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from caudal.config.grid import DEFAULTS, Point, shared_features
from caudal.config.learners import is_compiled
from caudal.data.first_rows import estimated_rows
from caudal.data.manifest import load
from caudal.errors import UserError
from caudal.features.terms import make_terms
from caudal.workflow.plan import RunPlan

MANIFEST = Path("results/data/manifest.json")
LEVELS = 30
"""Levels of a categorical column, while nothing is known of it: most have few, some very many."""
WORDS = 50
"""Words of a text."""
TERMS_PER_MINUTE = 50_000_000
"""Terms that a slow machine extracts, encodes, scores and learns with a compiled learner."""


def count_rows(plan: RunPlan) -> tuple[int, bool]:
    """The rows of the sources, and whether they are counted rather than estimated.

    Estimates are made from the sizes of files whose manifest is not there yet, or out of date.
    """
    if plan.simulated:
        return plan.settings["simulate"]["rows"], True
    files = list(plan.sources.values())
    when = MANIFEST.stat().st_mtime if MANIFEST.exists() else -math.inf
    if all(file.stat().st_mtime <= when for file in files):
        with suppress(UserError):  # damaged: the jobs will find it
            return load(MANIFEST)["rows"], True
    return sum(map(estimated_rows, files)), False


def fit_memory(plan: RunPlan, points: list[Point], rows: int, attempt: int) -> int:
    """Megabytes for a fit, 350 of them for Snakemake: flat in the rows, doubled each attempt."""
    columns = plan.schema["columns"]
    weights = sum(28 * _width(point, columns, rows) for point in points)
    places = max(_terms(shared_features(point), tuple(columns.items())) for point in points)
    chunk = min(rows, plan.chunk_rows) * (40 * len(columns) + 24 * places)
    return int(1000 + (weights + chunk) / 1e6) * 2 ** (attempt - 1)


def fit_minutes(plan: RunPlan, points: list[Point], rows: int, attempt: int) -> int:
    """Minutes for a fit: ten, and more in proportion to rows and terms; doubled each attempt."""
    kinds = tuple(plan.schema["columns"].items())
    work = 0.0
    for point in points:
        work += rows * max(5, _terms(shared_features(point), kinds))
        if not _compiled(point):  # each batch costs all columns
            work += rows / plan.settings["stream"]["batch_size"] * _columns(point)
    minutes = work * plan.settings["stream"]["epochs"] / TERMS_PER_MINUTE
    return math.ceil(10 + minutes) * 2 ** (attempt - 1)


def yardstick_memory(plan: RunPlan) -> int:
    """Megabytes for the yardstick: its sample and a chunk, as numbers and as the trees' bins."""
    rows = plan.settings["yardstick"]["rows"] + plan.chunk_rows
    return int(1500 + rows * len(plan.schema["columns"]) * 60 / 1e6)


def source_memory(plan: RunPlan) -> int:
    """Megabytes to convert a source: those of a chunk's texts, beside a block that is read."""
    return int(1000 + plan.chunk_rows * len(plan.schema["columns"]) * 60 / 1e6)


def source_minutes(file: str | Path, attempt: int) -> int:
    """Minutes to convert a source: ten, and one more for each 300 MB; doubled each attempt."""
    size = os.path.getsize(file) if os.path.exists(file) else 0
    return math.ceil(10 + size / 3e8) * 2 ** (attempt - 1)


def touched(
    point: Point, columns: dict[str, str], levels: dict[str, int], rows: int, unknown: int = LEVELS
) -> int:
    """Columns that a point's terms come to touch, by the ``levels`` known and ``unknown`` ones."""
    known = tuple(sorted(levels.items()))
    count = _levels_of_terms(shared_features(point), tuple(columns.items()), known, unknown, rows)
    return min(_columns(point), count)


def _columns(point: Point) -> int:
    return point.completed["vectorizer"]["n_features"]


def _compiled(point: Point) -> bool:
    return is_compiled(point.learner, point.task)


def _width(point: Point, columns: dict[str, str], rows: int) -> int:
    """The weights in memory, at most; other learners hold several for every column."""
    if _compiled(point):
        return touched(point, columns, {}, rows, unknown=rows)
    return 3 * _columns(point)


def _made_terms(shared: str, kinds: tuple) -> list:
    extractor, vectorizer = (
        DEFAULTS[step] | given
        for step, given in zip(("extractor", "vectorizer"), json.loads(shared), strict=True)
    )
    known = [name for name, kind in kinds if kind in ("numeric", "categorical")]
    return make_terms(
        extractor["features"] or known,
        {name for name, kind in kinds if kind == "categorical"},
        vectorizer["degree"],
        vectorizer["interactions"],
        extractor.get("words") or (),
    )


@lru_cache(maxsize=1024)
def _terms(shared: str, kinds: tuple) -> int:
    texts = json.loads(shared)[0].get("words") or ()
    return len(_made_terms(shared, kinds)) + WORDS * len(texts)


@lru_cache(maxsize=1024)
def _levels_of_terms(shared: str, kinds: tuple, levels: tuple, unknown: int, rows: int) -> int:
    known = dict(levels)
    return sum(
        min(rows, math.prod(known.get(name, unknown) for name in term.categorical))
        for term in _made_terms(shared, kinds)
    )
