"""Reads a CSV source as typed tables; rows that cannot be read are found one by one.

pyarrow's reader takes a block at a time. Where it refuses one, the block is read again with its
numbers as texts, for these are then looked at more closely; where it still refuses, it is halved
until the rows at fault stand alone: the same reader decides on every row, and each keeps its line
number.
"""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from caudal.data.csv_blocks import BLOCK, Block, Cutter, blocks
from caudal.data.csv_format import CsvFormat
from caudal.data.identity import Watched
from caudal.data.lookahead import ahead
from caudal.data.missing_texts import null_texts
from caudal.data.rejects import Rejects
from caudal.data.row_block import RowBlock
from caudal.data.text_stream import TextStream

BOM = "\ufeff".encode()


def csv_rows(
    file: Path,
    fmt: CsvFormat,
    types: dict[str, pa.DataType],
    data: dict,
    rejects: Rejects,
    source: Watched | None = None,
) -> Iterator[RowBlock]:
    """Yield the rows of a CSV source with the columns of ``types``, in their order.

    Numbers come as text where they are not written plainly. ``source`` is the file if it is open
    already.
    """
    reader = _BlockReader(fmt, types, data, rejects)
    with TextStream(file, fmt.encoding, source) as stream:
        for block in ahead(blocks(stream, fmt)):
            yield reader.read(block)


class _BlockReader:
    def __init__(self, fmt: CsvFormat, types: dict[str, pa.DataType], data: dict, rejects: Rejects):
        self._fmt, self._rejects, self._cutter = fmt, rejects, Cutter(fmt)
        self._empty = pa.schema(list(types.items())).empty_table()
        # Columns go by their place: the header may hold a name twice.
        self._place_of: dict[str, int] = {}
        for place, name in enumerate(fmt.header):
            self._place_of.setdefault(name, place)
        self._places = {str(self._place_of[name]): name for name in types}
        self._header = fmt.header_pattern
        self._rarest = max((name.encode() for name in fmt.header), key=len)  # seldom in the data
        self._names = [str(place) for place in range(len(fmt.header))]
        as_text = {n: pa.string() if t == pa.float64() else t for n, t in types.items()}
        self._plain, self._texts = (self._options(t, data) for t in (types, as_text))

    def _options(self, types: dict[str, pa.DataType], data: dict) -> pa_csv.ConvertOptions:
        return pa_csv.ConvertOptions(
            column_types={place: types[name] for place, name in self._places.items()},
            include_columns=list(self._places),
            strings_can_be_null=False,
            null_values=null_texts(data),
            decimal_point=data["decimal"] or ".",
        )

    def read(self, block: Block) -> RowBlock:
        """The rows of a block; those that cannot be read are rejected on the way."""
        self._rejects.expect(block.rows)
        left_out: set[int] = set()  # by their lines
        pieces = self._without_strays(block, left_out)
        try:
            tables = [self._table(piece, self._plain) for piece in pieces if piece.rows]
        except pa.ArrowInvalid:
            tables = [table for piece in pieces for table in self._readable(piece, left_out)]
        table = tables[0] if len(tables) == 1 else pa.concat_tables(tables or [self._empty])
        return RowBlock(table, block.rows, lambda: self._locator(block, left_out))

    def _without_strays(self, block: Block, left_out: set[int]) -> list[Block]:
        """The block without records that are no data, cut where they stood.

        These are the header where it stands again, as ``cat a.csv b.csv`` has it, and what ends in
        zero bytes, as the last record of a file that was cut short may.
        """
        has_header = self._rarest in block.data and self._header.search(block.data)
        if block.flaw or not (has_header or b"\0" in block.data):
            return [block]
        headers, cut_short = set(), {}
        for line, text in self._cutter.records(block):
            if self._header.fullmatch(text.rstrip(b"\r\n").removeprefix(BOM)):
                headers.add(line)
            elif text.rstrip(b"\r\n").endswith(b"\0"):
                cut_short[line] = text
        self._rejects.drop("repeated header", len(headers))
        for line, text in cut_short.items():
            told = "the line ends in zero bytes, as a file that was cut short does"
            self._rejects.reject(line, "zero bytes", told, text)
        strays = headers | set(cut_short)
        left_out |= strays
        return self._cutter.without(block, strays) if strays else [block]

    def _readable(self, block: Block, bad: set[int]) -> Iterator[pa.Table]:
        """What can be read of a block; the lines of the records that cannot are added to bad."""
        if not block.rows:  # blank lines
            return
        try:
            yield self._table(block, self._texts)
            return
        except pa.ArrowInvalid as error:
            halves = [block] if block.flaw else self._cutter.halve(block)
            if halves == [block]:
                bad.add(block.line)
                self._rejects.reject(block.line, *self._diagnosis(block, error), block.data)
                return
        for half in halves:
            yield from self._readable(half, bad)

    def _table(self, block: Block, options: pa_csv.ConvertOptions) -> pa.Table:
        if block.flaw:
            raise pa.ArrowInvalid("a quote stands where none can, or never closes")
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
            options,
        )
        if table.num_rows != block.rows:  # the reader and we disagree on where a record ends
            raise pa.ArrowInvalid(f"{table.num_rows} rows were read of {block.rows}")
        return table.rename_columns(list(self._places.values()))

    def _locator(self, block: Block, left_out: set[int]) -> Callable[[int], tuple[int, bytes]]:
        records = self._cutter.records(block)
        return [record for record in records if record[0] not in left_out].__getitem__

    def _diagnosis(self, record: Block, error: pa.ArrowInvalid) -> tuple[str, str]:
        """The reason why one record is refused, and a sentence about it."""
        if record.flaw and b'\\"' in record.data:
            return record.flaw, (
                "the quotes are escaped by backslashes, as Spark writes them, where CSV doubles "
                "them (Spark: option escape '\"')"
            )
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
        place = message.partition("column #")[2].partition(":")[0]
        name = self._fmt.header[int(place)]
        return "bad encoding", f"column {name!r} is not {self._fmt.encoding} text"


def _fields(text: str, fmt: CsvFormat) -> list[str]:
    lines = io.StringIO(text, newline="")
    csv.field_size_limit(1 << 30)
    if not fmt.quote:
        return next(csv.reader(lines, delimiter=fmt.delimiter, quoting=csv.QUOTE_NONE), [])
    return next(csv.reader(lines, delimiter=fmt.delimiter, quotechar=fmt.quote), [])
