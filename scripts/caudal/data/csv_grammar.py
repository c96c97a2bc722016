"""The grammar of CSV text, told once for the header and the rows.

A quote is special only where a field begins, and closes where the field ends; elsewhere it is an
ordinary character.
"""

import re
from dataclasses import dataclass
from functools import cached_property

LINE_END = rb"(?:\r\n?|\n)"
LINE = re.compile(rb"[^\r\n]*+" + LINE_END)


@dataclass(frozen=True)
class Grammar:
    """What a field, a record and a run of records are under one delimiter and one quote."""

    delimiter: str
    quote: str

    @cached_property
    def field(self) -> re.Pattern[bytes]:
        """One field, in its quotes if it has any."""
        delimiter = re.escape(self.delimiter.encode())
        plain = rb"[^" + delimiter + rb"\r\n]*+"
        if not self.quote:
            return re.compile(plain)
        q = re.escape(self.quote.encode())
        quoted = q + rb"[^" + q + rb"]*+(?:" + q + q + rb"[^" + q + rb"]*+)*+" + q
        return re.compile(rb"(?:" + quoted + rb"|(?!" + q + rb")" + plain + rb")")

    @cached_property
    def record(self) -> re.Pattern[bytes]:
        """Fields and the line end after them."""
        delimiter, field = re.escape(self.delimiter.encode()), self.field.pattern
        # Of these groups only what is inside is atomic: a possessive repeat of a group goes too
        # far in Python before 3.11.5, past what of it matched before it failed.
        more = rb"(?:(?>" + delimiter + field + rb"))*"
        return re.compile(field + more + LINE_END)

    @cached_property
    def run(self) -> re.Pattern[bytes]:
        """As many records as follow each other."""
        return re.compile(rb"(?:(?>" + self.record.pattern + rb"))+")

    def fields(self, record: bytes) -> list[bytes]:
        """The fields of a text that is one whole record, without their quotes.

        >>> Grammar(",", "'").fields(b"a,'b ''c''',")
        [b'a', b"b 'c'", b'']
        """
        fields, at, quote = [], 0, self.quote.encode()
        while True:
            found = self.field.match(record, at)
            assert found is not None  # it may be empty
            text, at = found.group(), found.end()
            if quote and text.startswith(quote):
                text = text[1:-1].replace(quote + quote, quote)
            fields.append(text)
            if record[at : at + 1] in (b"\r", b"\n", b""):
                return fields
            at += 1


def count_lines(data: bytes) -> int:
    """The line ends in ``data``: newlines, carriage returns, or both together."""
    if b"\r" not in data:
        return data.count(b"\n")
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
