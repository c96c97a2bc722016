"""Reads a Parquet source as typed tables; a row's number stands for its line."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from caudal.data.csv_format import check_header
from caudal.data.rejects import Rejects
from caudal.data.row_block import RowBlock
from caudal.data.value_texts import LEVEL, has_text, is_bytes, texts, uuid_texts
from caudal.errors import UserError

BATCH_ROWS = 65_536


@contextmanager
def open_parquet(file: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; what it cannot read is a UserError that names the file."""
    try:
        # In microseconds the old 96-bit time stamps do not wrap around in 2262.
        with pq.ParquetFile(file, coerce_int96_timestamp_unit="us") as source:
            yield source
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{file} cannot be read as Parquet: {error}.") from error


def textless(source: pq.ParquetFile) -> dict[str, str]:
    """The types of the columns whose values are neither numbers nor texts, by name."""
    uuids = uuid_columns(source)
    return {
        column.name: str(column.type)
        for column in source.schema_arrow
        if not has_text(column.type) and column.name not in uuids
    }


def check_types(file: Path, textless: dict[str, str], names: Iterable[str]) -> None:
    """Raise a ``UserError`` if one of the columns is ``textless``."""
    for name in names:
        if name in textless:
            raise UserError(
                f"{file}: the column {name!r} is of type {textless[name]}, neither number nor "
                "text; make columns of its parts, or list it in data.ignore."
            )


def parquet_rows(file: Path, types: dict[str, pa.DataType], rejects: Rejects) -> Iterator[RowBlock]:
    """Yield the rows of a Parquet source with the columns of ``types``, in their order."""
    with open_parquet(file) as source:
        check_header(file, source.schema_arrow.names, types)
        check_types(file, textless(source), types)
        uuids = uuid_columns(source)
        start = 0
        read = None if rejects.quarantine else list(types)  # all, for a bad row goes whole
        for batch in source.iter_batches(batch_size=BATCH_ROWS, columns=read):
            yield _block(pa.Table.from_batches([batch]), start, types, uuids, rejects)
            start += len(batch)
        if start != source.metadata.num_rows:
            raise UserError(
                f"{file} holds {source.metadata.num_rows} rows by its own account, but {start} "
                "could be read; write it anew."
            )


def uuid_columns(source: pq.ParquetFile) -> set[str]:
    """The columns of 16 bytes that the file itself calls UUIDs."""
    columns = (source.schema.column(place) for place in range(len(source.schema)))
    return {column.path for column in columns if column.logical_type.type == "UUID"}


def _block(
    table: pa.Table, start: int, types: dict[str, pa.DataType], uuids: set[str], rejects: Rejects
) -> RowBlock:
    rejects.expect(len(table))
    columns = {}
    for name in types:
        column = table[name]
        written = name in uuids and pa.types.is_fixed_size_binary(column.type)
        columns[name] = uuid_texts(column) if written else column
    bad = np.zeros(len(table), bool)
    for name, column in columns.items():
        fresh = _not_text(column) & ~bad
        bad |= fresh
        for index in np.flatnonzero(fresh).tolist():
            told = f"column {name!r} is not utf-8 text (data.ignore leaves the column out)"
            rejects.reject(start + index + 1, "bad encoding", told, _line(table, index))
    kept = pa.table(columns)
    if bad.any():
        kept = kept.filter(pa.array(~bad))
    typed = pa.table([_as_type(kept[n], kind) for n, kind in types.items()], names=list(types))
    return RowBlock(typed, len(table), lambda: _locator(table, start, np.flatnonzero(~bad)))


def _not_text(column: pa.ChunkedArray) -> np.ndarray:
    """The rows (rows,) whose bytes should be a text and are none."""
    none = np.zeros(len(column), bool)
    if pa.types.is_dictionary(column.type):
        words = column.combine_chunks()
        wrong = np.append(_not_text(pa.chunked_array([words.dictionary])), False)
        return wrong[words.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    if not is_bytes(column.type):
        return none
    stored = column.cast(pa.binary())
    try:
        texts = stored.cast(pa.string())
    except pa.ArrowInvalid:
        return np.array([text is not None and not _is_utf8(text) for text in stored.to_pylist()])
    if pa.types.is_binary(column.type):  # which need not be meant as a text
        return pc.match_substring(texts, "\0").fill_null(False).to_numpy(zero_copy_only=False)
    return none


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _as_type(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if kind == LEVEL:
        return texts(column).dictionary_encode().cast(LEVEL)
    if kind == pa.string():
        return texts(column)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column).cast(kind)
    if pa.types.is_null(column.type) or pa.types.is_boolean(column.type):
        return column.cast(kind)
    if pa.types.is_integer(column.type) or pa.types.is_decimal(column.type):
        return column.cast(kind, safe=False)  # they lose what a float cannot hold, as in a CSV
    if column.type == kind:
        return column
    return texts(column)  # a text that may be no number goes on as text


def _locator(table: pa.Table, start: int, rows: np.ndarray) -> Callable[[int], tuple[int, bytes]]:
    def locate(index: int) -> tuple[int, bytes]:
        row = int(rows[index])
        return start + row + 1, _line(table, row)

    return locate


def _line(table: pa.Table, row: int) -> bytes:
    """A row as a line of CSV."""
    line = io.StringIO()
    csv.writer(line).writerow([_shown(column[row]) for column in table.columns])
    return line.getvalue().encode()


def _shown(value: pa.Scalar) -> object:
    try:
        return value.as_py()
    except UnicodeDecodeError:
        return value.cast(pa.binary()).as_py().decode("utf-8", "backslashreplace")
