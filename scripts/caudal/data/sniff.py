"""What the head of one source shows: its header, and what each column's values look like."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from caudal.data.csv_format import CsvFormat, csv_format, read_head
from caudal.data.number_texts import COMMA, THOUSAND, WHOLE, number_pattern
from caudal.data.readers import null_texts
from caudal.data.sources import suffix
from caudal.data.text_stream import BAD_BYTE
from caudal.errors import UserError


@dataclass
class Head:
    """One source's header and, for each column, how many values of the head are what.

    The counts are of ``whole`` numbers, ``float`` numbers (of which ``round``, if all of the
    column's are written as 1.0), numbers with a decimal ``comma`` (of which ``thousand`` may be
    thousands) and ``other`` values; missing ones are not counted.
    """

    file: Path
    header: tuple[str, ...]
    counts: dict[str, Counter] = field(default_factory=dict)


def examine(file: Path, data: dict) -> Head:
    """Look at the head of a source; an empty file has an empty header.

    Raises
    ------
    UserError
        If it cannot be read, or is not in the encoding it should be and ``bad_rows`` is
        ``error``.
    """
    if suffix(file) == ".parquet":
        return _examine_parquet(file)
    head, encoding = read_head(file, data.get("encoding"))
    fmt = csv_format(file, head, encoding, data)
    if not fmt.header:
        return Head(file, ())
    rows = head[fmt.start :]
    if data.get("bad_rows", "error") == "error":
        _check_encoding(file, head, encoding)
    return Head(file, fmt.header, _counts(rows, fmt, data))


def _examine_parquet(file: Path) -> Head:
    try:
        with pq.ParquetFile(file) as source:
            rows, schema = max(source.metadata.num_rows, 1), source.schema_arrow
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{file} cannot be read as Parquet: {error}.") from error
    counts = {}
    for column in schema:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        is_float = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        is_whole = pa.types.is_integer(kind)
        counts[column.name] = Counter(
            {"float" if is_float else "whole" if is_whole else "other": rows}
        )
    return Head(file, tuple(schema.names), counts)


def _check_encoding(file: Path, head: bytes, encoding: str) -> None:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end >= len(head) and BAD_BYTE not in head:
            return  # a character cut in two by the end of the head
        line = 1 + head.count(b"\n", 0, error.start)
        raise UserError(
            f"{file}, line {line}: this is not {encoding} text; set data.encoding "
            "(latin-1 and cp1252 are usual), or data.bad_rows: quarantine."
        ) from None


def _counts(rows: bytes, fmt: CsvFormat, data: dict) -> dict[str, Counter]:
    counts: dict[str, Counter] = {name: Counter() for name in fmt.header}
    if not rows.strip():
        return counts
    places = [str(place) for place in range(len(fmt.header))]
    as_text = dict.fromkeys(places, pa.string()) if data.get("thousands") else None
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(rows.decode("utf-8", "replace").encode()),
            pa_csv.ReadOptions(
                column_names=places, use_threads=False, block_size=3 * len(rows) + 1
            ),
            pa_csv.ParseOptions(
                delimiter=fmt.delimiter,
                quote_char=fmt.quote or False,
                newlines_in_values=True,
                invalid_row_handler=lambda row: "skip",
            ),
            pa_csv.ConvertOptions(
                column_types=as_text,
                check_utf8=False,
                null_values=null_texts(data),
                strings_can_be_null=True,
                decimal_point=data.get("decimal") or ".",
            ),
        )
    except pa.ArrowInvalid:
        return counts  # told row by row when the source is read
    for name, column in zip(fmt.header, table.columns, strict=True):
        counts[name].update(_count(column, fmt, data))
    return counts


def _count(column: pa.ChunkedArray, fmt: CsvFormat, data: dict) -> Counter:
    present = len(column) - column.null_count
    kind = column.type
    if pa.types.is_integer(kind):
        return Counter(whole=present)
    if pa.types.is_floating(kind):
        is_round = pc.all(pc.equal(column, pc.round(column))).as_py()
        return Counter(float=present, round=present if is_round else 0)
    if not pa.types.is_string(kind):
        return Counter(other=present)
    number = _matches(column, number_pattern(data.get("decimal") or ".", data.get("thousands")))
    whole = _matches(column, WHOLE) if number else 0
    found = Counter(whole=whole, float=number - whole)
    if not data.get("decimal") and not data.get("thousands") and fmt.delimiter != ",":
        found.update(comma=_matches(column, COMMA), thousand=_matches(column, THOUSAND))
    found["other"] = present - number - found["comma"]
    return found


def _matches(column: pa.ChunkedArray, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0
