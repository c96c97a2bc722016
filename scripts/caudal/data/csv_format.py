"""The format of one CSV source: delimiter, encoding and header, from its head."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from caudal.data.text_stream import BAD_BYTE, TextStream
from caudal.errors import UserError

HEAD = 64 * 1024
LONGEST_HEADER = 4 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class CsvFormat:
    """How one source is written, and where its rows begin."""

    delimiter: str
    quote: str
    encoding: str
    header: tuple[str, ...]
    start: int  # bytes of UTF-8 before the first row
    line: int  # the line of the first row, from 1


def read_head(file: Path, encoding: str | None, size: int = HEAD) -> tuple[bytes, str]:
    """The first ``size`` bytes of a source as UTF-8 (whole lines, if it goes on) and its encoding.

    A header line longer than that is read whole.
    """
    with TextStream(file, encoding) as stream:
        head = stream.read(size)
        while len(head) < LONGEST_HEADER and not _count_lines(head.strip()):
            more = stream.read(size)
            if not more:
                return head, stream.encoding
            head += more
        if stream.read(1):
            head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
        return head, stream.encoding


def csv_format(file: Path, head: bytes, encoding: str, data: dict) -> CsvFormat:
    """Find the delimiter and the header in the head of a source.

    The delimiter, unless set, is the one under which the header holds the label. An empty
    source has an empty header.

    Raises
    ------
    UserError
        If the header cannot be read in this encoding.
    """
    quote = data.get("quote", '"')
    start = len(head) - len(head.lstrip(b"\r\n"))
    line_end = min(
        (at for at in (head.find(b"\n", start), head.find(b"\r", start)) if at >= 0),
        default=len(head),
    )
    first = head[start:line_end]
    if b"\0" in first:
        raise UserError(
            f"{file}, line 1: the header holds zero bytes, as UTF-16 does; set data.encoding."
        )
    if BAD_BYTE in first or not _is_utf8(first):
        raise UserError(
            f"{file}, line 1: the header is not {encoding}; set data.encoding "
            "(latin-1 or cp1252 are usual)."
        )
    text = head[start:].decode("utf-8", "replace")
    delimiter = data.get("delimiter") or _delimiter(text, quote, data.get("label"))
    header, length, lines = _header(text, delimiter, quote)
    before = _count_lines(head[:start])
    return CsvFormat(delimiter, quote, encoding, header, start + length, 1 + before + lines)


def check_header(
    file: Path, header: Iterable[str], names: Iterable[str], like: Path | None = None
) -> None:
    """Raise a ``UserError`` if a header lacks one of these columns, or has it twice."""
    header = list(header)
    for name in names:
        if header.count(name) > 1:
            raise UserError(f"{file}, line 1: the column {name!r} stands twice; rename one.")
        if name in header:
            continue
        alike = next((n for n in header if n.strip().casefold() == name.strip().casefold()), None)
        if alike is not None:
            raise UserError(
                f"{file}, line 1: the column {name!r} is written {alike!r} here; "
                "name it alike in all sources and in the config."
            )
        owner = f", which {like} has" if like and like != file else ""
        shown = ", ".join(repr(name[:60]) for name in header[:20]) + (
            ", ..." if len(header) > 20 else ""
        )
        raise UserError(
            f"{file}, line 1: the column {name!r}{owner} is missing (there are {shown}); "
            "correct the file or the config, or list the column in data.ignore."
        )


def _delimiter(text: str, quote: str, label: str | None) -> str:
    headers = {delimiter: _header(text, delimiter, quote)[0] for delimiter in DELIMITERS}
    holding = {d: names for d, names in headers.items() if label in names} or headers
    # Of equals max takes the first: the comma.
    return max(holding, key=lambda delimiter: len(holding[delimiter]))


def _header(text: str, delimiter: str, quote: str) -> tuple[tuple[str, ...], int, int]:
    """The names in the first record, its length in UTF-8 bytes, and the lines it spans."""
    lines = io.StringIO(text, newline="")
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=quoting)
    try:
        names = next(reader, [])
    except csv.Error:
        names = []
    record = text[: lines.tell()].encode("utf-8")
    return tuple(names), len(record), reader.line_num


def _count_lines(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
