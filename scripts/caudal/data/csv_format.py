"""The format of one CSV source: delimiter, encoding and header, from its head."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from caudal.data.csv_grammar import Grammar, count_lines
from caudal.data.text_stream import TextStream
from caudal.errors import UserError

HEAD = 64 * 1024
ENOUGH_LINES = 100  # in a head of that size or larger
LARGE_HEAD = 4 * 1024 * 1024  # large enough with fewer lines, if the first is whole
LONGEST_HEADER = 64 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
EXCEL = re.compile(rb'"?sep=(.)"?(?:\r\n?|\n)')  # Excel's own line before the header


@dataclass(frozen=True)
class CsvFormat:
    """How one source is written, and where its rows begin."""

    delimiter: str
    quote: str
    encoding: str
    header: tuple[str, ...]
    start: int  # bytes of UTF-8 before the first row
    line: int  # the line of the first row, from 1

    @property
    def header_pattern(self) -> re.Pattern[bytes]:
        """The header wherever it stands again, with quotes and blanks of its own, or without."""
        quote = re.escape(self.quote)
        names = []
        for name in self.header:
            within = re.escape(name.replace(self.quote, 2 * self.quote) if quote else name)
            names.append(rf"[ \t]*(?:{quote}{within}{quote}|{re.escape(name)})[ \t]*")
        return re.compile(re.escape(self.delimiter).join(names).encode())

    @property
    def grammar(self) -> Grammar:
        """What its records are."""
        return Grammar(self.delimiter, self.quote)


def read_head(file: Path, encoding: str | None, size: int = HEAD) -> tuple[bytes, str]:
    """The beginning of a source as UTF-8 (whole lines, if it goes on) and its encoding.

    It is of ``size`` bytes at least, and longer where the lines are. Raises UserError if the first
    line that is not blank does not end in ``LONGEST_HEADER`` bytes.
    """
    with TextStream(file, encoding) as stream:
        pieces, length, lines = [stream.read(size)], 0, 0
        while pieces[-1]:
            length += len(pieces[-1])
            text = pieces[-1] if lines else b"".join(pieces).lstrip(b"\r\n")
            lines += count_lines(text)
            if length >= size and (lines >= ENOUGH_LINES or (lines and length >= LARGE_HEAD)):
                break
            if length >= LONGEST_HEADER:
                raise UserError(
                    f"{file}, line 1: there is no whole header in the first "
                    f"{LONGEST_HEADER >> 20} MB; is this a CSV?"
                )
            pieces.append(stream.read(max(size, length)))
        head = b"".join(pieces)
        if pieces[-1] and stream.read(1):
            head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
        return head, stream.encoding


def csv_format(file: Path, head: bytes, encoding: str, data: dict) -> CsvFormat:
    """Find the delimiter and the header in the head of a source.

    The delimiter, unless set or told by Excel's line ``sep=;``, is the one under which the header
    holds the label. An empty source, and nothing else, has an empty header.

    Raises
    ------
    UserError
        If the header cannot be read: no text of this encoding, or quotes that do not close.
    """
    quote, delimiter = data["quote"], data["delimiter"]
    if delimiter == r"\t":  # as YAML reads it in single quotes
        delimiter = "\t"
    start = len(head) - len(head.lstrip(b"\r\n"))
    if told := EXCEL.match(head, start):
        start = told.end()
        delimiter = delimiter or told.group(1).decode("latin-1")
    line = 1 + count_lines(head[:start])
    if start == len(head):
        return CsvFormat(delimiter or ",", quote, encoding, (), start, line)
    first = head[start:].splitlines()[0]
    _check_text(file, line, first, encoding)
    delimiter = delimiter or _delimiter(head, start, quote, data["label"])
    grammar = Grammar(delimiter, quote)
    record = _record(head, start, grammar)
    if record is None:
        raise UserError(
            f"{file}, line {line}: a quote of the header stands where none can, or never closes; "
            f"correct it, or set data.quote ('' for none)."
        )
    _check_text(file, line, record, encoding)
    names = tuple(name.decode("utf-8") for name in grammar.fields(record))
    for name in names:
        if delimiter in name and ("\n" in name or "\r" in name):
            raise UserError(
                f"{file}, line {line}: the column name {name[:60]!r} holds line ends and "
                f"delimiters, as if a quote that never closes had swallowed rows; correct the "
                "quotes, or rename the column."
            )
    after = min(start + len(record), len(head))
    return CsvFormat(delimiter, quote, encoding, names, after, line + count_lines(record))


def check_header(
    file: Path, header: Iterable[str], names: Iterable[str], like: Path | None = None
) -> None:
    """Raise a ``UserError`` if a header lacks one of these columns, or has it twice."""
    header = list(header)
    places = Counter(header)
    for name in names:
        if places[name] > 1:
            raise UserError(f"{file}, line 1: the column {name!r} stands twice; rename one.")
        if name in places:
            continue
        alike = next((n for n in header if _plain(n) == _plain(name)), None)
        if alike is not None:
            # Letters that are composed otherwise look alike in print.
            same = unicodedata.normalize("NFC", alike) == unicodedata.normalize("NFC", name)
            wanted, there = (ascii(name), ascii(alike)) if same else (repr(name), repr(alike))
            raise UserError(
                f"{file}, line 1: the column {wanted} is written {there} here; "
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


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _check_text(file: Path, line: int, text: bytes, encoding: str) -> None:
    if b"\0" in text:
        raise UserError(
            f"{file}, line {line}: the header holds zero bytes, as UTF-16 does; set data.encoding."
        )
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise UserError(
            f"{file}, line {line}: the header is not {encoding}; set data.encoding "
            "(latin-1 or cp1252 are usual)."
        ) from None


def _delimiter(head: bytes, start: int, quote: str, label: str | None) -> str:
    headers = {}
    for delimiter in DELIMITERS:
        grammar = Grammar(delimiter, quote)
        record = _record(head, start, grammar)
        if record is not None:
            headers[delimiter] = grammar.fields(record)
    wanted = label.encode() if label else None
    holding = {d: names for d, names in headers.items() if wanted in names}
    if holding:
        # Of equals max takes the first: the comma.
        return max(holding, key=lambda delimiter: len(holding[delimiter]))
    # The most frequent sign: where its quotes are wrong, that is to be told.
    first = head[start:].splitlines()[0].decode("utf-8", "replace")
    return max(DELIMITERS, key=first.count)


def _record(head: bytes, start: int, grammar: Grammar) -> bytes | None:
    """The first record from ``start``, with a line end; None if there is none."""
    text = head[start:]
    found = grammar.record.match(text if text[-1:] in (b"\r", b"\n") else text + b"\n")
    return found.group() if found else None
