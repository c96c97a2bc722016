"""Cuts CSV text into blocks of whole records, with the line each begins at.

Where every quote of a block stands as the grammar has it, counting quotes tells the newlines
inside fields from those that end records, which is quick; any other block goes record by record.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from caudal.data.csv_format import CsvFormat
from caudal.data.csv_grammar import LINE, count_lines
from caudal.data.text_stream import TextStream
from caudal.errors import UserError

BLOCK = 4 * 1024 * 1024
LONGEST_RECORD = 1024 * 1024  # of records read one by one; a quote not closed by then never is
NEWLINE, RETURN = b"\n\r"
LONGEST_LINE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Block:
    """Whole records as UTF-8 bytes.

    ``rows`` counts the records that are not blank, ``lines`` the line ends. ``flaw`` is the
    reason, if this is one line that cannot be a record.
    """

    data: bytes
    line: int
    rows: int
    lines: int
    flaw: str | None = None

    @property
    def multiline(self) -> bool:
        """Whether newlines may stand inside quotes."""
        return self.lines > self.rows


def blocks(stream: TextStream, fmt: CsvFormat, size: int = BLOCK) -> Iterator[Block]:
    """Yield the records after the header, in blocks of about ``size`` bytes."""
    cutter = Cutter(fmt)
    line, carry = fmt.line, _after_header(stream, fmt)
    while True:
        fresh = stream.read(size)
        final = not fresh
        data = carry + fresh
        if final and data and data[-1] not in b"\r\n":
            data += b"\n"
        used = 0
        # A return at the end waits for the newline that may belong to it.
        known = data[:-1] if data.endswith(b"\r") and not final else data
        for block in cutter.cut(known, line, final):
            used += len(block.data)
            line += block.lines
            yield block
        carry = data[used:]
        if final:
            if carry:  # every byte belongs to the header or to a record
                raise UserError(f"{stream.file}, line {line}: what follows is no record.")
            return
        if len(carry) > LONGEST_LINE:
            raise UserError(
                f"{stream.file}, line {line}: the line is longer than {LONGEST_LINE >> 20} MB; "
                "is this a CSV?"
            )


def _after_header(stream: TextStream, fmt: CsvFormat) -> bytes:
    """Read past the header; give what came with it."""
    start = b""
    while len(start) < fmt.start:
        fresh = stream.read(fmt.start)
        if not fresh:
            raise UserError(f"{stream.file} became shorter while it was read; run again.")
        start += fresh
    return start[fmt.start :]


class Cutter:
    """Finds where records end, in text of one format that begins with a record."""

    def __init__(self, fmt: CsvFormat):
        self._quote = fmt.quote.encode()
        self._record, self._run = fmt.grammar.record, fmt.grammar.run
        # What may stand beside a quote, on its outer side; two in a row are one in the text.
        self._beside = np.zeros(256, bool)
        self._beside[list(b"\r\n" + fmt.delimiter.encode() + self._quote)] = True

    def cut(self, data: bytes, line: int, final: bool) -> Iterator[Block]:
        """The whole records of ``data``; what follows them is left for the next time."""
        block = self._quick(data, line)
        if block is not None and block.data:
            yield block
            data, line = data[len(block.data) :], line + block.lines
        if block is None or final or len(data) > 2 * BLOCK:
            yield from self._slow(data, line, final)

    def halve(self, block: Block) -> list[Block]:
        """The same records in two blocks; in one, if there is but one record."""
        left = self._quick(block.data[: len(block.data) // 2], block.line)
        if left is None or not left.data:
            texts = self._record.findall(block.data)
            if len(texts) == 1:
                return [block]
            left = self._block(b"".join(texts[: len(texts) // 2]), block.line)
        rest = block.data[len(left.data) :]
        line, rows, lines = block.line + left.lines, left.rows, left.lines
        return [left, Block(rest, line, block.rows - rows, block.lines - lines)]

    def without(self, block: Block, lines: set[int]) -> list[Block]:
        """The block cut where records begin at these lines, and without them."""
        pieces: list[Block] = []
        texts: list[bytes] = []
        first = line = block.line
        for text in self._record.findall(block.data):
            if line in lines:
                pieces.append(self._block(b"".join(texts), first))
                texts, first = [], line + count_lines(text)
            else:
                texts.append(text)
            line += count_lines(text)
        return [*pieces, self._block(b"".join(texts), first)]

    def records(self, block: Block) -> list[tuple[int, bytes]]:
        """The line and the text of each record, without blank lines."""
        texts = self._record.findall(block.data)
        lines: Iterable[int] = range(block.line, block.line + len(texts))
        if len(texts) != block.lines:
            lines = accumulate(map(count_lines, texts), initial=block.line)
        numbered = zip(lines, texts, strict=False)
        return [(line, text) for line, text in numbered if text.strip(b"\r\n")]

    def _block(self, data: bytes, line: int) -> Block:
        rows = sum(1 for text in self._record.findall(data) if text.strip(b"\r\n"))
        return Block(data, line, rows, count_lines(data))

    def _slow(self, data: bytes, line: int, final: bool) -> Iterator[Block]:
        """Runs of records that can be read together, and the lines that are none."""
        at = 0
        while at < len(data):
            run = self._run.match(data, at, at + LONGEST_RECORD)
            if run:
                block = self._block(run.group(), line)
            elif not final and len(data) - at < LONGEST_RECORD:
                return
            else:
                text = LINE.match(data, at)
                if text is None:
                    return
                # A line may be longer than that, but not go on after its end.
                whole = self._record.match(data, at, text.end())
                flaw = None if whole else "bad quotes"
                block = Block(text.group(), line, 1, 1, flaw)
            yield block
            at += len(block.data)
            line += block.lines

    def _quick(self, data: bytes, line: int) -> Block | None:
        """All whole records at once, or None where only the slow way is exact."""
        content = np.frombuffer(data, np.uint8)
        newlines = np.flatnonzero(content == NEWLINE)
        if self._has_odd_lines(data, content, newlines):
            return None
        if not self._quote or self._quote not in data:
            end = int(newlines[-1]) + 1 if len(newlines) else 0
            return Block(data[:end], line, len(newlines), len(newlines))
        quotes = np.flatnonzero(content == self._quote[0])
        if not self._in_order(content, quotes):
            return None
        ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
        end = int(ends[-1]) + 1 if len(ends) else 0
        lines = int(np.searchsorted(newlines, end))
        return Block(data[:end], line, len(ends), lines)

    def _has_odd_lines(self, data: bytes, content: np.ndarray, newlines: np.ndarray) -> bool:
        """Whether there may be blank lines, or carriage returns that end a line alone."""
        if data.startswith((b"\r", b"\n")):
            return True
        if b"\r" not in data:
            return bool((np.diff(newlines) == 1).any())
        pairs = np.count_nonzero(content[newlines - 1] == RETURN)
        return pairs != data.count(b"\r") or bool((np.diff(newlines) <= 2).any())

    def _in_order(self, content: np.ndarray, quotes: np.ndarray) -> bool:
        """Whether the quotes, in turn, open where a field begins and close where it ends."""
        before = content[quotes[::2] - 1]
        if quotes[0] == 0:
            before[0] = NEWLINE
        after = content[np.minimum(quotes[1::2] + 1, len(content) - 1)]
        return bool(self._beside[before].all() and self._beside[after].all())
