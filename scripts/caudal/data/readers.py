"""Reads a source as typed tables; rows that cannot be read are found one by one.

pyarrow's CSV reader takes a block at a time. Where it refuses one, the block is halved until the
rows at fault stand alone: the same reader decides on every row, and each keeps its line number.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from caudal.data.csv_blocks import BLOCK, Block, Cutter, blocks
from caudal.data.csv_format import CsvFormat, check_header
from caudal.data.lookahead import ahead
from caudal.data.rejects import Rejects
from caudal.data.text_stream import TextStream
from caudal.errors import UserError

LEVEL = pa.dictionary(pa.int32(), pa.string())
NULLS = (
    "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "-nan", "-NaN", "NULL", "null", "None", "<NA>",
)  # fmt: skip
BLANKS = tuple(" " * width for width in range(9))


@dataclass
class RowBlock:
    """The rows that one block of a source gave.

    ``rows_in`` are the rows seen, of which those that could not be read are missing in
    ``table``.
    """

    table: pa.Table
    rows_in: int
    _locate: Callable[[], Callable[[int], tuple[int, bytes]]] = field(repr=False)

    @cached_property
    def locate(self) -> Callable[[int], tuple[int, bytes]]:
        """Gives the line number and the text of the row at an index of ``table``."""
        return self._locate()


def csv_rows(
    file: Path, fmt: CsvFormat, types: dict[str, pa.DataType], data: dict, rejects: Rejects
) -> Iterator[RowBlock]:
    """Yield the rows of a CSV source with the columns of ``types``, in their order."""
    reader = _BlockReader(fmt, types, data, rejects)
    with TextStream(file, fmt.encoding) as stream:
        for block in ahead(blocks(stream, fmt)):
            yield reader.read(block)


def null_texts(data: dict) -> list[str]:
    """The texts that mean a missing number."""
    return [*BLANKS, *NULLS, *data.get("missing", {}).get("texts", [])]


class _BlockReader:
    def __init__(self, fmt: CsvFormat, types: dict, data: dict, rejects: Rejects):
        self._fmt, self._rejects, self._cutter = fmt, rejects, Cutter(fmt)
        self._empty = pa.schema(list(types.items())).empty_table()
        # Columns go by their place: the header may hold a name twice.
        self._places = {str(fmt.header.index(name)): name for name in types}
        self._names = [str(place) for place in range(len(fmt.header))]
        self._convert_options = pa_csv.ConvertOptions(
            column_types={place: types[name] for place, name in self._places.items()},
            include_columns=list(self._places),
            strings_can_be_null=False,
            null_values=null_texts(data),
            decimal_point=data.get("decimal") or ".",
        )

    def read(self, block: Block) -> RowBlock:
        """The rows of a block; those that cannot be read are rejected on the way."""
        self._rejects.expect(block.rows)
        bad: set[int] = set()
        tables = list(self._tables(block, bad))
        table = tables[0] if len(tables) == 1 else pa.concat_tables([self._empty, *tables])
        return RowBlock(table, block.rows, lambda: self._locator(block, bad))

    def _tables(self, block: Block, bad: set[int]) -> Iterator[pa.Table]:
        """What can be read of a block; the lines of the records that cannot are added to bad."""
        if not block.rows:  # blank lines
            return
        try:
            if block.flaw:
                raise pa.ArrowInvalid("a quote stands where none can, or never closes")
            yield self._table(block)
            return
        except pa.ArrowInvalid as error:
            halves = [block] if block.flaw else self._cutter.halve(block)
            if halves == [block]:
                bad.add(block.line)
                self._rejects.reject(block.line, *self._diagnosis(block, error), block.data)
                return
        for half in halves:
            yield from self._tables(half, bad)

    def _table(self, block: Block) -> pa.Table:
        # The reader's own blocks must hold a record: one that is longer is read alone.
        size = len(block.data) if block.rows < 64 else BLOCK // 4
        table = pa_csv.read_csv(
            pa.BufferReader(block.data),
            pa_csv.ReadOptions(column_names=self._names, block_size=size),
            pa_csv.ParseOptions(
                delimiter=self._fmt.delimiter,
                quote_char=self._fmt.quote or False,
                newlines_in_values=block.multiline,
            ),
            self._convert_options,
        )
        if table.num_rows != block.rows:  # the reader and we disagree on where a record ends
            raise pa.ArrowInvalid(f"{table.num_rows} rows were read of {block.rows}")
        return table.rename_columns(list(self._places.values()))

    def _locator(self, block: Block, bad: set[int]) -> Callable[[int], tuple[int, bytes]]:
        records = self._cutter.records(block)
        return [record for record in records if record[0] not in bad].__getitem__

    def _diagnosis(self, record: Block, error: pa.ArrowInvalid) -> tuple[str, str]:
        """The reason why one record is refused, and a sentence about it."""
        if record.flaw:
            return record.flaw, str(error)
        text = record.data.decode("utf-8", "backslashreplace")
        fields = _fields(text, self._fmt)
        wanted = len(self._fmt.header)
        if len(fields) != wanted:
            return "wrong number of fields", f"{len(fields)} fields where the header has {wanted}"
        message = str(error)
        if "column #" not in message:
            return "bad quotes", f"the line cannot be read: {message}"
        name = self._column_at_fault(message)
        if "UTF8" in message:
            return "bad encoding", f"column {name!r} is not {self._fmt.encoding} text"
        value = fields[self._fmt.header.index(name)]
        return "not a number", f"column {name!r}: {value[:80]!r} is not a number"

    def _column_at_fault(self, message: str) -> str:
        place = message.partition("column #")[2].partition(":")[0]
        return self._fmt.header[int(place)]


def _fields(text: str, fmt: CsvFormat) -> list[str]:
    quoting = csv.QUOTE_MINIMAL if fmt.quote else csv.QUOTE_NONE
    lines = io.StringIO(text, newline="")
    csv.field_size_limit(1 << 30)
    options = {"delimiter": fmt.delimiter, "quotechar": fmt.quote or None, "quoting": quoting}
    return next(csv.reader(lines, **options), [])


def parquet_rows(file: Path, types: dict[str, pa.DataType], rejects: Rejects) -> Iterator[RowBlock]:
    """Yield the rows of a Parquet source; a row's number stands for its line."""
    try:
        with pq.ParquetFile(file) as source:
            check_header(file, source.schema_arrow.names, types)
            start = 0
            read = None if rejects.quarantine else list(types)  # all, for a bad row goes whole
            for batch in source.iter_batches(batch_size=65536, columns=read):
                table = pa.Table.from_batches([batch])
                columns = [_as_type(table[name], kind) for name, kind in types.items()]
                typed = pa.table(columns, names=list(types))
                rejects.expect(len(typed))
                yield RowBlock(typed, len(typed), lambda t=table, s=start: _parquet_locator(t, s))
                start += len(typed)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{file} cannot be read as Parquet: {error}.") from error


def _as_type(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if kind == LEVEL:
        return column.cast(pa.string()).dictionary_encode().cast(LEVEL)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.string())  # a text that may be no number goes on as text
    return column.cast(kind, safe=False)  # integers lose what a float cannot hold, as in a CSV


def _parquet_locator(table: pa.Table, start: int) -> Callable[[int], tuple[int, bytes]]:
    def locate(index: int) -> tuple[int, bytes]:
        line = io.StringIO()
        csv.writer(line).writerow(table.slice(index, 1).to_pylist()[0].values())
        return start + index + 1, line.getvalue().encode()

    return locate
