"""What a first config makes of each column, and why: by the values of its first rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from caudal.data.dates import EPOCH, parse_dates
from caudal.data.missing_texts import null_texts
from caudal.data.number_texts import LOOKS, MINUS, ROUND, WHOLE, number_pattern
from caudal.data.quantities import (
    NUMBERING,
    WORD,
    all_different,
    named_as_ids,
    names_things,
)
from caudal.features.words import words_of
from caudal.wording import counted, cut, listed, share

NUMERIC, CATEGORICAL, TEXT, DATE, IGNORE = "numeric", "categorical", "text", "date", "ignore"
LEAK = "it tells the label alone: if it is not known before the label, ignore it"
PLACEHOLDERS = {
    "?",
    "-",
    "--",
    "---",
    ".",
    "..",
    "*",
    "unknown",
    "missing",
    "n.a.",
    "not available",
}
"""Texts among numbers that mean that there is none, in small letters."""
DATE_FORMATS = (
    None, "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%m/%d/%y", "%d/%m/%y",
    "%d.%m.%y", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y"
)  # fmt: skip
TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p")
DIGITS = {"%Y%m%d": r"^(?:19|20)\d{6}$", EPOCH: r"^\d{9,10}$"}
"""Dates of digits alone, which only a column's name tells from numbers, and how they are."""
TIME_WORDS = {"time", "date", "timestamp", "ts", "at", "created", "updated", "epoch"}
NEARLY_ALL = 0.98
"""The share of a column's values from which it is of a kind."""
NUMBERS_ENOUGH = 0.998
"""The share of numbers from which a few texts among them are faults."""
LONG = 3.0
"""Words in a value, on average, from which different values are a text."""


@dataclass(frozen=True)
class Column:
    """One column: its ``kind``, the ``reason``, for dates their parts and how they are written, and
    the texts that mean a missing number.
    """

    name: str
    kind: str
    reason: str
    parts: list[str] = field(default_factory=list)
    date_format: str | None = None
    missing_texts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Numbers:
    """How numbers are written, over all columns: None is a point and no sign."""

    decimal: str | None = None
    thousands: str | None = None

    @property
    def pattern(self) -> str:
        """The regular expression of a number."""
        return number_pattern(self.decimal or ".", self.thousands)


def settle_columns(
    columns: Mapping[str, pa.ChunkedArray], numbers: Numbers, data: dict
) -> list[Column]:
    """What to make of each of the ``columns`` of texts (rows,), null where a value is missing."""
    return [settle(name, column, numbers, data) for name, column in columns.items()]


def suspected(column: Column) -> Column:
    """The column, of which its reason says that it tells the label alone."""
    if column.kind == IGNORE:
        return column
    return replace(column, reason=f"{column.reason}; {LEAK}")


def present(column: pa.ChunkedArray, data: dict) -> pa.ChunkedArray:
    """The values that are there, without blanks around them."""
    trimmed = pc.utf8_trim_whitespace(column.drop_null())
    missing = pa.array([text.strip() for text in null_texts(data)])
    return trimmed.filter(pc.invert(pc.is_in(trimmed, missing)))


def settle(name: str, column: pa.ChunkedArray, numbers: Numbers, data: dict) -> Column:
    """What to make of one column."""
    texts = present(column, data)
    gone = len(column) - len(texts)
    also = f"; {share(gone / len(column))} missing" if gone else ""
    if not len(texts):
        return Column(name, IGNORE, "no values in the rows looked at")
    distinct = pc.count_distinct(texts).as_py()
    if distinct == 1 and not gone:
        return Column(name, IGNORE, f"always {_shown(texts[0].as_py())} in the rows looked at")
    found = (
        _as_date(name, texts)
        or _as_number(name, texts, distinct, numbers)
        or _as_text(name, texts, distinct)
    )
    return replace(found, reason=found.reason + also)


def _as_number(name: str, texts: pa.ChunkedArray, distinct: int, numbers: Numbers) -> Column | None:
    plain = pc.replace_substring(texts, MINUS, "-")
    fits = pc.match_substring_regex(plain, numbers.pattern)
    strange = pc.unique(texts.filter(pc.invert(fits))).to_pylist()
    own = [text for text in strange if text.lower() in PLACEHOLDERS]
    part = pc.mean(fits).as_py()
    if len(own) < len(strange) and part < NUMBERS_ENOUGH:
        other = next(text for text in strange if text not in own)
        mixed = f"numbers and texts such as {_shown(other)}, {distinct:,} different ones"
        of_both = Column(name, CATEGORICAL, mixed) if part > 0.5 else None
        return _looks_like_number(name, texts) or of_both
    plain = plain.filter(fits)
    values = _values(plain, numbers)
    low, high = (_number(pc.min_max(values)[end].as_py()) for end in ("min", "max"))
    span = f"{low} to {high}"
    because = f", {' and '.join(map(repr, own))} for missing" if own else ""
    if len(own) < len(strange):
        because += "; the few texts among them make bad rows"
    if not pc.all(pc.match_substring_regex(plain, f"{WHOLE}|{ROUND}")).as_py():
        return Column(name, NUMERIC, f"fractions, {span}{because}", missing_texts=own)
    whole = pc.replace_substring_regex(plain, r"\.0*$", "")
    why = names_things(name, whole)
    if why is None:
        said = f"whole numbers that are a quantity, {span}{because}"
        return Column(name, NUMERIC, said, missing_texts=own)
    if why == NUMBERING:
        return Column(name, IGNORE, f"the rows are numbered by it, {span}")
    if all_different(len(texts), distinct):
        return Column(name, IGNORE, f"an id: {distinct:,} different ones in {len(texts):,} rows")
    return Column(name, CATEGORICAL, f"{distinct:,} whole numbers that are names ({why})")


def _values(texts: pa.ChunkedArray, numbers: Numbers) -> pa.ChunkedArray:
    plain = pc.replace_substring(texts, numbers.thousands or "\0", "")
    plain = pc.replace_substring(plain, numbers.decimal or ".", ".")
    return pc.replace_substring_regex(plain, r"^\+", "").cast(pa.float64())


def _looks_like_number(name: str, texts: pa.ChunkedArray) -> Column | None:
    for one, (most, said) in LOOKS.items():
        if pc.any(pc.match_substring_regex(texts, one)).as_py() and _of_all(texts, most):
            return Column(name, IGNORE, f"numbers {said}")
    return None


def _of_all(texts: pa.ChunkedArray, pattern: str) -> bool:
    return pc.mean(pc.match_substring_regex(texts, pattern)).as_py() >= NEARLY_ALL


def _as_text(name: str, texts: pa.ChunkedArray, distinct: int) -> Column:
    different = all_different(len(texts), distinct)
    words = words_of(pa.chunked_array([pc.unique(texts).dictionary_encode()]))
    counts = pc.list_value_length(words)
    length = pc.mean(counts).as_py()
    known = pc.count_distinct(words.flatten()).as_py()
    spaced = pc.mean(pc.match_substring_regex(texts, r"\S\s+\S")).as_py() > 0.5  # no addresses
    if spaced and ((length >= LONG and 2 * distinct > len(texts)) or (different and length >= 2)):
        said = f"texts of {length:.0f} words, {known:,} different words"
        return Column(name, TEXT, said)
    if length > 1.5 and distinct > 50 and 4 * known < distinct:
        return Column(name, TEXT, f"{known:,} words in {distinct:,} combinations")
    if different or (named_as_ids(name) and 2 * distinct > len(texts) > 50):
        return Column(name, IGNORE, f"an id: {distinct:,} different ones in {len(texts):,} rows")
    shown = listed([_shown(text) for text in _top(texts)], most=3)
    return Column(name, CATEGORICAL, f"{counted(distinct, 'level')}: {shown}")


def _top(texts: pa.ChunkedArray) -> list[str]:
    counts = texts.value_counts()
    order = pc.sort_indices(counts.field("counts"), sort_keys=[("", "descending")])
    return counts.field("values").take(order).to_pylist()


def _as_date(name: str, texts: pa.ChunkedArray) -> Column | None:
    some = pc.unique(texts)
    some = some.take(pa.array(range(0, len(some), max(1, len(some) // 2000))))
    digits = _of_all(pa.chunked_array([some]), r"^\d+$")
    timely = bool(TIME_WORDS & {word.lower() for word in WORD.findall(name)})
    if digits and not timely:
        return None
    formats = [f for f, form in DIGITS.items() if _of_all(pa.chunked_array([some]), form)]
    for date_format in formats if digits else _formats():
        times = parse_dates(some, date_format)
        if times.null_count <= (1 - NEARLY_ALL) * len(some) and _plausible(times):
            return _date(name, times, date_format)
    return None


def _formats() -> list[str | None]:
    return [None, *(f + time for f in DATE_FORMATS if f for time in TIMES)]


def _plausible(times: pa.Array) -> bool:
    """Whether the years are those of records."""
    years = pc.year(times.drop_null())
    return bool(pc.min(years).as_py() >= 1850 and pc.max(years).as_py() <= 2200)


def _date(name: str, times: pa.Array, date_format: str | None) -> Column:
    there = times.drop_null()
    first, last = (pc.min_max(there)[end].as_py() for end in ("min", "max"))
    parts = []
    if pc.count_distinct(pc.hour(there)).as_py() > 1:
        parts.append("hour")
    if last - first >= timedelta(days=2):
        parts.append("weekday")
    if last - first >= timedelta(days=45):
        parts.append("month")
    said = f"dates, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    said += f", read as {date_format}" if date_format else ""
    if not parts:
        return Column(name, IGNORE, f"{said}, within so little that no part of them varies")
    return Column(name, DATE, said, parts, date_format)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:g}"


def _shown(text: str) -> str:
    """A value as a comment may hold it: one short line."""
    return cut(" ".join(text.split()), 30) or "an empty text"
