"""What the head of one source shows: its header, and what each column's values look like."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from caudal.data.csv_blocks import Cutter
from caudal.data.csv_format import HEAD, CsvFormat, csv_format, read_head
from caudal.data.label_rules import label_column
from caudal.data.missing_texts import null_texts
from caudal.data.number_texts import COMMA, LOOKS, MINUS, ROUND, THOUSAND, WHOLE, number_pattern
from caudal.data.parquet_rows import open_parquet, textless
from caudal.data.sources import partition_values, suffix
from caudal.data.text_stream import BAD_BYTE
from caudal.data.value_texts import texts as value_texts
from caudal.errors import UserError

AUTO = "auto"
"""What ``data.numeric`` says for whole numbers to be told apart: quantities and names of things."""
FIRST_ROWS = 10_000
"""Rows of a Parquet file that are looked at."""


@dataclass
class Head:
    """One source's header and, for each column, how many values of the head are what.

    The counts are of ``whole`` numbers, ``float`` numbers (of which ``round``, if all of the
    column's are written as 1.0), numbers with a decimal ``comma`` (of which ``thousand`` may be
    thousands) and ``other`` values; missing ones are not counted. ``looks`` says of columns with
    other values what most of these look like and what to do, ``labels`` counts the label's texts.
    ``textless`` are the types of columns that cannot be used; ``rows`` are the rows
    looked at, ``whole`` says that these are all. ``samples`` are the texts of columns of whole
    numbers, where data.numeric is auto.
    """

    file: Path
    header: tuple[str, ...]
    counts: dict[str, Counter] = field(default_factory=dict)
    looks: dict[str, str] = field(default_factory=dict)
    labels: Counter = field(default_factory=Counter)
    textless: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    whole: bool = False
    samples: dict[str, pa.ChunkedArray] = field(default_factory=dict)


def examine(file: Path, data: dict) -> Head:
    """Look at the head of a source; an empty file has an empty header.

    Raises
    ------
    UserError
        If it cannot be read, or is not in the encoding it should be and ``bad_rows`` is
        ``error``.
    """
    head = _examine_parquet(file, data) if suffix(file) == ".parquet" else _examine_csv(file, data)
    if head.header:
        for name, value in partition_values(file).items():
            if name not in head.header:
                head.header += (name,)
                texts = pa.chunked_array([pa.array([value], pa.string()).drop_null()])
                head.counts[name] = _count(texts, None, data)
    return head


def _examine_parquet(file: Path, data: dict) -> Head:
    with open_parquet(file) as source:
        schema, unfit = source.schema_arrow, textless(source)
        present, rows = _present(source), source.metadata.num_rows
    head = Head(file, tuple(schema.names), textless=unfit, rows=rows)
    for column in schema:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        whole = pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0)
        number = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        what = "whole" if whole else "float" if number else "other"
        head.counts[column.name] = Counter({what: present[column.name]})
    _look_into(head, data)
    return head


def _look_into(head: Head, data: dict) -> None:
    """Read the first rows of the columns of a Parquet file whose values decide something."""
    auto, label = data["numeric"] == AUTO, label_column(data)
    wanted = [name for name, count in head.counts.items() if auto and count["whole"]]
    labels = [label] if label in head.header and label not in head.textless else []
    if not wanted + labels:
        return
    with open_parquet(head.file) as source:
        batch = next(source.iter_batches(FIRST_ROWS, columns=[*wanted, *labels]), None)
    if batch is None:
        return
    head.whole = len(batch) == head.rows
    for name in wanted:
        head.samples[name] = value_texts(pa.chunked_array([batch[name]])).drop_null()
    for name in labels:
        with suppress(pa.ArrowInvalid):  # no UTF-8: told row by row when the source is read
            head.labels.update(value_texts(pa.chunked_array([batch[name]])).to_pylist())


def _present(source: pq.ParquetFile) -> dict[str, int]:
    """How many values of each column are there: one, if that is not known."""
    metadata, names = source.metadata, source.schema_arrow.names
    missing: Counter[str] = Counter()
    untold: set[str] = set()
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            column = metadata.row_group(group).column(place)
            name, found = column.path_in_schema, column.statistics
            if found is None or not found.has_null_count:
                untold.add(name)
            else:
                missing[name] += found.null_count
    for name in sorted(untold & set(names)):
        batch = next(source.iter_batches(columns=[name]), None)
        empty = batch is None or batch.column(0).null_count == len(batch)
        missing[name] = metadata.num_rows if empty else metadata.num_rows - 1
    nulls = {f.name for f in source.schema_arrow if pa.types.is_null(f.type)}
    return {n: 0 if n in nulls else metadata.num_rows - missing[n] for n in names}


def _examine_csv(file: Path, data: dict) -> Head:
    head, encoding = read_head(file, data["encoding"])
    fmt = csv_format(file, head, encoding, data)
    found = Head(file, fmt.header)
    if not fmt.header:
        return found
    if data["bad_rows"] == "error":
        _check_encoding(file, head, encoding)
    table = _head_table(head[fmt.start :], fmt)
    if table is None:  # told row by row when the source is read
        found.counts = {name: Counter() for name in fmt.header}
        return found
    found.rows = len(table)
    found.whole = suffix(file) == ".csv" and file.stat().st_size <= HEAD
    missing = pa.array([text.strip() for text in null_texts(data)])
    for name, column in zip(fmt.header, table.columns, strict=True):
        if name == label_column(data):
            found.labels.update(column.to_pylist())
        column = pc.utf8_trim_whitespace(column)
        column = column.filter(pc.invert(pc.is_in(column, missing)))
        column = pc.replace_substring(column, MINUS, "-")
        found.counts.setdefault(name, Counter()).update(_count(column, fmt, data))
        if found.counts[name]["other"] or found.counts[name]["comma"]:
            found.looks[name] = _looks(column)
        elif data["numeric"] == AUTO and found.counts[name]["whole"]:
            found.samples[name] = column
    return found


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


def _head_table(rows: bytes, fmt: CsvFormat) -> pa.Table | None:
    """The rows of a head that can be read, all columns as text; None if that are none."""
    if rows and rows[-1:] not in (b"\r", b"\n"):
        rows += b"\n"
    whole = [b for b in Cutter(fmt).cut(rows, 1, final=True) if not b.flaw and b.rows]
    text = b"".join(block.data for block in whole)
    places = [str(place) for place in range(len(fmt.header))]
    if not text:
        return None
    try:
        return pa_csv.read_csv(
            pa.BufferReader(text.decode("utf-8", "replace").encode()),
            pa_csv.ReadOptions(
                column_names=places, use_threads=False, block_size=3 * len(text) + 1
            ),
            pa_csv.ParseOptions(
                delimiter=fmt.delimiter,
                quote_char=fmt.quote or False,
                newlines_in_values=True,
                invalid_row_handler=lambda row: "skip",
            ),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()), check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return None


def _count(column: pa.ChunkedArray, fmt: CsvFormat | None, data: dict) -> Counter:
    """What the texts of a column are; none of them is missing."""
    decimal, thousands = data["decimal"] or ".", data["thousands"]
    number = _matches(column, number_pattern(decimal, thousands))
    whole = _matches(column, WHOLE) if number else 0
    found = Counter(whole=whole, float=number - whole)
    if found["float"] and decimal == "." and _matches(column, ROUND) == found["float"]:
        found["round"] = found["float"]
    if not data["decimal"] and not thousands and fmt and fmt.delimiter != ",":
        found.update(comma=_matches(column, COMMA), thousand=_matches(column, THOUSAND))
    found["other"] = len(column) - number - found["comma"]
    return found


def _looks(column: pa.ChunkedArray) -> str:
    """What the texts look like, if most of them do."""
    found = (
        said
        for one, (most, said) in LOOKS.items()
        if _matches(column, one) and 2 * _matches(column, most) > len(column)
    )
    return next(found, "")


def _matches(column: pa.ChunkedArray, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0
