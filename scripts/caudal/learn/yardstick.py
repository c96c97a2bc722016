"""A non-linear yardstick: what a tree ensemble makes of the same features, on a sample.

scikit-learn's histogram gradient boosting, as it comes, learns a sample that fits into memory and
predicts the rows in the score. It tells what being linear costs, no more: it is no model to keep,
and it learns nothing from the rows that it is scored by, as the points do.
"""

import logging
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal import checked_json
from caudal.data.chunks import chunk_streamer, read_part
from caudal.data.manifest import load, verify_part
from caudal.data.stretches import spread_parts
from caudal.errors import UserError
from caudal.learn.progressive import make_plan
from caudal.learn.targets import Target, make_target
from caudal.models.score_record import plain

log = logging.getLogger("caudal")

MOST_SCORED = 1_000_000
"""Rows in the score that are predicted; of more, so many evenly spread ones."""
MOST_PARTS = 320
"""Parts of a stream in sequential order that are read; of more, so many evenly spread ones."""
MOST_LEVELS = 254
"""Levels that the trees tell apart, the most frequent; all others count as missing."""
MOST_TREES = 1_000
"""Trees in all: of many classes, which take one each in every round, fewer rounds."""

Rows = dict[str, pa.Array]
"""Columns of equal length by name."""
Piece = tuple[int, Rows]
"""Rows, and the place of the first in the stream."""


def measure(
    manifest_file: str | Path, record: dict, settings: dict, rows: int, killed: bool = False
) -> dict[str, Any]:
    """The yardstick beside the best point, whose ``record`` tells features and benchmark.

    Parameters
    ----------
    manifest_file, settings
        The data, and what fits depend on: ``stream``, ``score``, ``data``, ``seed``.
    rows
        The rows that the trees learn, at most.
    killed
        Whether a try before this one has ended without a word: it is not tried again.

    Returns
    -------
    ``point`` and ``data_checksum`` of the record; ``rows`` learned; ``rows_scored``; ``score`` and
    ``r2`` as the points have them; ``trees``. Or ``failure``, a sentence that says why there is
    none: the run does without.

    Raises
    ------
    Damaged
        Where a part is not what the manifest says.
    """
    known = {"point": record["point"], "data_checksum": record["data_checksum"]}
    if killed:
        root = Path(manifest_file).parent
        for part in load(manifest_file)["parts"]:
            verify_part(root, part)  # that is what may have ended it
        return known | {"failure": "its job was killed, of too little memory or time perhaps."}
    try:
        return known | _measure(Path(manifest_file), record, settings, rows)
    except UserError:
        raise
    except Exception as error:
        log.warning("no yardstick", exc_info=True)
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return known | {"failure": f"it failed ({what[:300]})."}


def _measure(manifest_file: Path, record: dict, settings: dict, rows: int) -> dict[str, Any]:
    manifest, stream = load(manifest_file), settings["stream"]
    plan = make_plan(manifest, stream, settings["score"])
    label, weight = settings["data"]["label"], settings["data"]["weight"]
    labels = chunk_streamer(manifest_file.parent, manifest, [label], stream, settings["seed"])
    target = make_target(manifest, settings["score"], labels)
    columns = manifest["columns"]
    usable = [name for name, c in columns.items() if c["kind"] in ("numeric", "categorical")]
    features = record["parameters"]["extractor"].get("features") or usable
    names = list(dict.fromkeys([*features, label, *([weight] if weight else [])]))
    pieces, places = _pieces(manifest_file.parent, manifest, names, stream, settings["seed"])
    sample, scored = split(pieces, places, plan.first_kept * plan.batch_size, rows)
    table = Table(features, sample)
    kind = NumberTrees if target.classes is None else ClassTrees
    trees = kind(target, settings["score"]["loss"], table.categorical, settings["seed"])
    y = target.values(sample[label])
    trees.fit(table.matrix(sample), y, sample[weight].to_numpy() if weight else None)
    log.info("%d rows learned by %d trees a class", len(y), trees.count)
    losses = [
        target.losses(trees.predict(table.matrix(some)), target.values(some[label]))
        for some in scored
    ]
    loss = float(np.concatenate(losses).mean())
    return {
        "rows": len(y),
        "rows_scored": sum(map(len, losses)),
        "score": -loss,
        "r2": 1 - loss / -record["benchmark_score"],
        "trees": trees.count,
    }


def _pieces(
    root: Path, manifest: dict, names: list[str], stream: dict, seed: int
) -> tuple[Iterator[Piece], list[tuple[int, int]]]:
    """The pieces of the stream in its order, and (the first row, the rows) of each to come."""
    if stream["order"] == "mux":
        size = stream["batch_size"] * stream["n_batches"]
        chunks = chunk_streamer(root, manifest, names, stream, seed).generate()
        starts = range(0, manifest["rows"], size)
        places = [(start, min(size, manifest["rows"] - start)) for start in starts]
        return ((start, chunk) for (start, _), chunk in zip(places, chunks, strict=False)), places
    parts = list(spread_parts(manifest["parts"], MOST_PARTS))
    places = [(start, part["rows"]) for start, part in parts]
    return ((start, read_part(root, part, names)) for start, part in parts), places


def split(
    pieces: Iterator[Piece], places: list[tuple[int, int]], border: int, most: int
) -> tuple[Rows, Iterator[Rows]]:
    """Evenly spread rows from before the row ``border``, ``most`` at most; and those from there on,
    ``MOST_SCORED`` at most, piece by piece.
    """
    before = sum(min(max(border - start, 0), rows) for start, rows in places)
    every = Every(before, most), Every(sum(rows for _, rows in places) - before, MOST_SCORED)
    learned: list[Rows] = []
    rest: list[Rows] = []
    for start, piece in pieces:
        size = _length(piece)
        end = min(max(border - start, 0), size)
        learned.append(every[0].of(piece, 0, end))
        if end < size:
            rest.append(every[1].of(piece, end, size))
            break
    names = learned[0]
    sample = {name: pa.chunked_array([some[name] for some in learned]) for name in names}
    sample = {name: column.unify_dictionaries().combine_chunks() for name, column in sample.items()}
    later = (every[1].of(piece, 0, _length(piece)) for _, piece in pieces)
    return sample, (some for some in chain(rest, later) if _length(some))


def _length(rows: Rows) -> int:
    return len(next(iter(rows.values())))


class Every:
    """Takes evenly spread rows of pieces that come one after the other."""

    def __init__(self, rows: int, most: int):
        """Of ``rows`` in all take ``most`` at most."""
        self._step = max(1, -(-rows // most))
        self._passed = 0

    def of(self, piece: Rows, start: int, stop: int) -> Rows:
        """Those of the rows from ``start`` to before ``stop`` of a piece."""
        places = pa.array(range(start + -self._passed % self._step, stop, self._step), pa.int64())
        self._passed += stop - start
        return {name: column.take(places) for name, column in piece.items()}


class Table:
    """Columns as the trees want them: numbers, and codes of the most frequent levels."""

    def __init__(self, features: Sequence[str], sample: Rows):
        """Learn the levels of ``sample``."""
        self._features = list(features)
        self.categorical = [isinstance(sample[n], pa.DictionaryArray) for n in features]
        self._levels = {
            name: _frequent(sample[name])
            for name, has_levels in zip(features, self.categorical, strict=True)
            if has_levels
        }

    def matrix(self, rows: Rows) -> np.ndarray:
        """The features (rows, features), nan where they are missing, or a level is a rare one."""
        columns = []
        for name in self._features:
            column = rows[name]
            if name in self._levels:
                codes = pc.index_in(column.dictionary, value_set=self._levels[name])
                column = codes.take(column.indices).cast(pa.float64())
            columns.append(column.fill_null(np.nan).to_numpy(zero_copy_only=False))
        return np.column_stack(columns)


def _frequent(column: pa.DictionaryArray) -> pa.Array:
    counts = np.bincount(column.indices.drop_null().to_numpy(), minlength=len(column.dictionary))
    return column.dictionary.take(pa.array(np.argsort(-counts, kind="stable")[:MOST_LEVELS]))


class Trees:
    """Gradient boosting with scikit-learn's own defaults; it stops early where more do not help."""

    model: Any

    def fit(self, matrix: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> None:
        """Learn the features (rows, features) and targets (rows,) with the rows' weights."""
        self.model.fit(matrix, y, weight)

    @property
    def count(self) -> int:
        """Trees, of each class."""
        return int(self.model.n_iter_)


class ClassTrees(Trees):
    """Those that tell classes."""

    def __init__(self, target: Target, loss: str, categorical: list[bool], seed: int):
        """``categorical`` tells which features are levels; ``loss`` is the score's."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        self._classes = len(target.classes)
        each = 1 if self._classes == 2 else self._classes
        self.model = HistGradientBoostingClassifier(
            max_iter=max(1, min(100, MOST_TREES // each)),
            categorical_features=categorical,
            random_state=seed % 2**32,
        )

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities (rows, classes), 0 for a class that is not in the sample."""
        found = np.zeros((len(matrix), self._classes))
        found[:, self.model.classes_] = self.model.predict_proba(matrix)
        return found


class NumberTrees(Trees):
    """Those that tell a number."""

    def __init__(self, target: Target, loss: str, categorical: list[bool], seed: int):
        """As ``ClassTrees``; the trees learn by the score's loss."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        self.model = HistGradientBoostingRegressor(
            loss=f"{loss}_error", categorical_features=categorical, random_state=seed % 2**32
        )

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """The numbers (rows, 1)."""
        return self.model.predict(matrix)[:, None]


def write(out: str | Path, found: dict[str, Any]) -> None:
    """Write what ``measure`` found, with its checksum."""
    checked_json.write(out, plain(found))
