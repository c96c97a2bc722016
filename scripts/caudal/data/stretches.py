"""What the rows are like along the stream, in tenths of it: labels, means, levels, gaps.

The parts are looked at in the order of the sources; of very many only some, evenly spread, so that
this takes no longer for a longer stream.
"""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal import checked_json
from caudal.data.chunks import read_part
from caudal.data.manifest import load
from caudal.data.stretch_test import Variation, between_stretches
from caudal.data.time_order import Clock, are_in_order, may_be_time, told_by_files

NAME = "stretches.json"
"""Of the file, beside the manifest."""
STRETCHES = 10
MOST_BLOCKS = 16
"""Blocks of a stretch, which are what the test compares."""
LEAST_ROWS = 50
"""Rows of a block."""
MOST_PARTS = 320
OWN_PLACES = 31
"""Levels that are counted each by itself; the others share ``SHARED_PLACES``, by a hash."""
SHARED_PLACES = 16
BY_FILES = "the names of the files"
"""What tells the order of time where no column does."""
FARTHEST = 10.0
"""Deviations from its mean that a number counts for, at most."""


class Numbers:
    """Sums of a numeric column by block, in deviations from its mean."""

    def __init__(self, column: dict, blocks: int):
        """``column`` is the manifest's."""
        self.mean, self.std = column["mean"] or 0.0, column["std"] or 1.0
        self._rows, self._total = np.zeros((blocks, 2)), np.zeros(blocks)
        self._squares = 0.0

    def add(self, column: pa.Array, block: np.ndarray) -> None:
        """Take in the values of some rows, and the block of each (rows,)."""
        values = column.to_numpy(zero_copy_only=False)
        there = ~np.isnan(values)
        values = np.clip((values[there] - self.mean) / self.std, -FARTHEST, FARTHEST)
        self._rows += np.bincount(2 * block + there, minlength=self._rows.size).reshape(-1, 2)
        self._total += np.bincount(block[there], values, len(self._total))
        self._squares += float(values @ values)

    def compare(self, stretch: np.ndarray) -> Iterator[dict]:
        """How the means vary over stretches, and the shares of missing values; ``stretch`` is that
        of each block (blocks,).
        """
        rows = self._rows[:, 1]
        there = rows > 0
        if there.any():
            variance = self._squares / rows.sum() - (self._total.sum() / rows.sum()) ** 2
            means = self._total[there] / rows[there]
            found = between_stretches(
                means[:, None], rows[there], stretch[there], np.array([variance])
            )
            if found:
                yield {"what": "mean", **_told(found, self.mean + self.std * found.means[:, 0])}
        found, places = _compare_counts(self._rows, stretch)
        if found:
            yield {"what": "missing", **_told(found, found.means[:, places.index(0)])}


class Levels:
    """Counts of a column's levels by block (blocks, places)."""

    def __init__(self, top: Sequence[str], blocks: int):
        """``top`` have a place each, then come those that others share, the missing ones last."""
        self.top = list(top[:OWN_PLACES])
        self._own = pa.array(self.top, pa.string())
        self.counts = np.zeros((blocks, len(self.top) + SHARED_PLACES + 1))

    def add(self, column: pa.DictionaryArray, block: np.ndarray) -> None:
        """Take in the levels of some rows, and the block of each (rows,)."""
        levels, places = column.dictionary, self.counts.shape[1]
        place = np.append(pc.index_in(levels, value_set=self._own).fill_null(-1), places - 1)
        for i in np.flatnonzero(place < 0).tolist():
            text = levels[i].as_py().encode("utf-8", "surrogatepass")
            place[i] = len(self.top) + zlib.crc32(text) % SHARED_PLACES
        codes = column.indices.fill_null(len(levels)).to_numpy(zero_copy_only=False)
        flat = np.bincount(block * places + place[codes], minlength=self.counts.size)
        self.counts += flat.reshape(self.counts.shape)

    def compare(self, stretch: np.ndarray) -> Iterator[dict]:
        """How the shares of levels vary over stretches; ``stretch`` of each block (blocks,)."""
        found, places = _compare_counts(self.counts, stretch)
        if found is None:
            return
        ranges = np.ptp(found.means, axis=0)
        place = int(ranges.argmax())
        names = dict(enumerate([*self.top, *[None] * SHARED_PLACES, ""]))
        yield {
            "what": "levels",
            "level": names[places[place]],
            **_told(found, found.means[:, place]),
        }


def _compare_counts(counts: np.ndarray, stretch: np.ndarray) -> tuple[Variation | None, list[int]]:
    """The variation of shares over stretches, and which columns of ``counts`` they are of."""
    rows = counts.sum(1)
    there, used = rows > 0, np.flatnonzero(counts.sum(0))
    if len(used) < 2:
        return None, []
    shares = counts[np.ix_(there, used)] / rows[there, None]
    whole = counts[:, used].sum(0) / rows.sum()
    return between_stretches(shares, rows[there], stretch[there], whole), used.tolist()


def _told(found: Variation, means: np.ndarray) -> dict:
    return {"p": found.p, "effect": found.effect, "stretches": means.tolist()}


def compare(manifest_file: str | Path) -> dict:
    """Compare the stretches of the data, and say whether their order is that of time.

    Returns
    -------
    ``rows`` of the data; ``labels``: their ``names``, and the ``counts`` of those rows that were
    looked at (stretches, names); ``time``: the column that tells that the rows come in the order of
    time, ``BY_FILES``, or None; ``columns``: for each that was
    compared ``column``, ``kind``, ``what`` (mean, missing or levels), ``p`` and ``effect`` (see
    ``stretch_test``), and ``stretches``: its means, or the shares of ``level``, the one that
    differs most, None where that is not known by name. No column where rows are too few.

    Raises
    ------
    Damaged
        Where a part is not what the manifest says.
    """
    root, manifest = Path(manifest_file).parent, load(manifest_file)
    columns, rows = manifest["columns"], manifest["rows"]
    each = max(1, min(MOST_BLOCKS, rows // (STRETCHES * LEAST_ROWS)))
    blocks = STRETCHES * each
    sums = {name: _sums(column, blocks) for name, column in columns.items()
            if column["kind"] != "weight"}  # fmt: skip
    clocks = {name: Clock(blocks) for name, column in columns.items() if may_be_time(name, column)}
    for start, part in spread_parts(manifest["parts"], MOST_PARTS):
        block = (start + np.arange(part["rows"])) * blocks // rows
        for name, values in read_part(root, part, list(sums)).items():
            sums[name].add(values, block)
            if name in clocks:
                clocks[name].add(values, block)
    stretch = np.arange(blocks) // each
    telling = _telling(manifest, clocks)
    by_files = told_by_files([source["file"] for source in manifest["sources"]])
    return {
        "rows": rows,
        "labels": _labels(sums, columns, each),
        "time": telling[0] if telling else BY_FILES if by_files else None,
        "columns": [
            {"column": name, "kind": columns[name]["kind"], **found}
            for name, sum_ in sums.items()
            if not _is_of(name, telling)  # that time goes on is no difference
            for found in sum_.compare(stretch)
        ],
    }


def write(manifest_file: str | Path, out: str | Path) -> None:
    """Write what ``compare`` finds, with its checksum."""
    checked_json.write(out, compare(manifest_file))


def spread_parts(parts: Sequence[dict], most: int) -> Iterator[tuple[int, dict]]:
    """Parts of a manifest with the row that each begins at; of more than ``most`` those that hold
    as many evenly spread rows.
    """
    ends = np.cumsum([part["rows"] for part in parts])
    wanted = (np.arange(most) + 0.5) / most * ends[-1]
    chosen = range(len(parts)) if len(parts) <= most else np.unique(np.searchsorted(ends, wanted))
    for i in chosen:
        yield int(ends[i]) - parts[i]["rows"], parts[i]


def _sums(column: dict, blocks: int) -> Numbers | Levels:
    if "top_levels" in column:
        return Levels(list(column["top_levels"]), blocks)
    return Numbers(column, blocks)


def _labels(sums: dict, columns: dict, each: int) -> dict:
    """The labels of each stretch that are classes; the rarest of many stand together as None."""
    label = next((name for name, column in columns.items() if column["kind"] == "label"), None)
    if label is None or not isinstance(found := sums[label], Levels):
        return {"names": [], "counts": []}
    counts = found.counts.reshape(-1, each, found.counts.shape[1]).sum(1)
    named, others = counts[:, : len(found.top)], counts[:, len(found.top) :].sum(1, keepdims=True)
    if not others.any():
        return {"names": found.top, "counts": named.astype(int).tolist()}
    together = np.hstack([named, others])
    return {"names": [*found.top, None], "counts": together.astype(int).tolist()}


def _telling(manifest: dict, clocks: dict[str, Clock]) -> list[str]:
    """The columns by whose times the rows come in order."""
    dates = manifest.get("dates", {})
    told = [name for name, slices in dates.items() if are_in_order([when for _, when in slices])]
    return told + [name for name, clock in clocks.items() if clock.in_order]


def _is_of(name: str, dates: Sequence[str]) -> bool:
    """Whether a column is one of ``dates``, or derived from one."""
    return any(name == date or name.startswith(f"{date}.") for date in dates)
