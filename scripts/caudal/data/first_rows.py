"""The first rows of sources as texts, whatever their format, and how many rows there may be."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from caudal.data.csv_format import read_head
from caudal.data.ingest import source_rows
from caudal.data.rejects import Rejects
from caudal.data.sources import suffix

COMPRESSION = 4
"""How many times its compressed size a text usually has."""
MOST_SOURCES = 20
"""Sources that are looked into: the first, the last, and some between."""
MOST_ROWS = 100_000
"""Rows that are looked at, of all sources together."""
ENCODINGS = ("cp1252", "latin-1")
"""What a text that is no UTF-8 is taken for; the last one fits everything."""


@dataclass(frozen=True)
class FirstRows:
    """``table`` holds texts, null where a value is missing; ``whole`` says that it is all rows;
    ``bad`` counts the rows that could not be read, ``sources`` the sources looked into.
    """

    table: pa.Table
    whole: bool
    bad: int
    sources: int


def first_rows(files: Sequence[Path], names: Sequence[str], data: dict) -> FirstRows:
    """The first rows of some of ``files``, with the columns ``names``, which all of them have.

    ``data`` is the config's section ``data`` as far as it is known. Raises UserError where a source
    cannot be read.
    """
    chosen = _spread(files)
    most = -(-MOST_ROWS // len(chosen))
    lenient = data | {"bad_rows": "quarantine", "max_bad_share": 1.0}
    tables, whole, bad = [], len(chosen) == len(files), 0
    for file in chosen:
        rows = 0
        with Rejects(Path(os.devnull), file, lenient) as rejects:
            for block in source_rows(file, dict.fromkeys(names, pa.string()), lenient, rejects):
                tables.append(block.table.slice(0, most - rows))
                rows += len(tables[-1])
                if rows == most:
                    whole = False
                    break
            bad += rejects.rejected.total()
    empty = pa.schema([(name, pa.string()) for name in names]).empty_table()
    return FirstRows(pa.concat_tables([empty, *tables]), whole, bad, len(chosen))


def estimated_rows(file: Path) -> int:
    """The rows of a source: those of a Parquet file, else by the length of its first lines."""
    kind, size = suffix(file), file.stat().st_size
    if kind == ".parquet":
        return pq.read_metadata(file).num_rows
    head, _ = read_head(file, None)
    line = max(1, len(head)) / max(1, head.count(b"\n"))
    return int(size * (1 if kind == ".csv" else COMPRESSION) / line)


def encoding_of(files: Sequence[Path]) -> str | None:
    """What ``data.encoding`` has to be for these sources, by their first rows; None for UTF-8."""
    for file in _spread(files):
        if suffix(file) == ".parquet":
            continue
        head, found = read_head(file, None, 1 << 20)
        if found != "utf-8" or _is_text(head, "utf-8"):
            continue
        return next(each for each in ENCODINGS if _is_text(head, each))
    return None


def _is_text(head: bytes, encoding: str) -> bool:
    try:
        head.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _spread(files: Sequence[Path]) -> list[Path]:
    """At most ``MOST_SOURCES`` of the files, the first and the last among them."""
    if len(files) <= MOST_SOURCES:
        return list(files)
    step = (len(files) - 1) / (MOST_SOURCES - 1)
    return [files[round(i * step)] for i in range(MOST_SOURCES)]
