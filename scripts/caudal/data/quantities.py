"""Whole numbers: which of them are quantities, and which are the names of things."""

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

FEW = 20
"""Different whole numbers up to which they are taken as names: so many levels cost little."""
ALL_DIFFERENT = 0.95
"""The share of different values from which nearly every row has one of its own."""
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
NAMES = {
    "id", "ids", "uid", "guid", "uuid", "zip", "zipcode", "postcode", "plz", "phone", "fax", "ssn",
    "isbn", "ean", "fips", "iban",
}  # fmt: skip
NAMES_LAST = {
    "code", "key", "no", "nr", "number", "num", "index", "idx", "zone", "district", "precinct",
    "ward", "hash",
}  # fmt: skip
ROUND = {"hour", "weekday", "day", "dow", "week", "month", "quarter", "minute"}
LEADING_ZERO = r"^[+-]?0[0-9]"
NUMBERING = "the numbers of the rows"


def names_things(column: str, texts: pa.ChunkedArray) -> str | None:
    """Why the whole numbers of a column are names rather than a quantity; None if they are one.

    ``texts`` (rows,) are those that are there, in the file's order.

    >>> names_things("age", pa.chunked_array([[str(age) for age in range(18, 60)] * 2]))
    >>> names_things("userId", pa.chunked_array([["7", "12"]]))
    'called as ids and codes are'
    """
    words = _words(column)
    if pc.any(pc.match_substring_regex(texts, LEADING_ZERO)).as_py():
        return "codes with zeros in front"
    if named_as_ids(column):
        return "called as ids and codes are"
    if words and words[-1] in ROUND:
        return "the parts of a clock or calendar"
    if pc.count_distinct(texts).as_py() <= FEW:
        return "few different ones"
    if is_numbering(texts):
        return NUMBERING
    return None


def named_as_ids(column: str) -> bool:
    """Whether a column is called as ids and codes are.

    >>> named_as_ids("customerID"), named_as_ids("zip_code"), named_as_ids("number_of_rooms")
    (True, True, False)
    """
    words = _words(column)
    return bool(NAMES & set(words)) or (bool(words) and words[-1] in NAMES_LAST)


def _words(column: str) -> list[str]:
    return [word.lower() for word in WORD.findall(column)]


def all_different(count: int, distinct: int) -> bool:
    """Whether nearly every one of ``count`` values is another.

    >>> all_different(1000, 990), all_different(1000, 300), all_different(5, 5)
    (True, False, False)
    """
    return count > FEW and distinct >= ALL_DIFFERENT * count


def is_numbering(texts: pa.ChunkedArray) -> bool:
    """Whether whole numbers count the rows up or down, by steps that are alike."""
    if len(texts) <= FEW:
        return False
    try:
        numbers = texts.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:  # beyond 64 bits
        return False
    steps = numbers[1:] - numbers[:-1]
    return bool((steps == steps[0]).mean() >= ALL_DIFFERENT and steps[0])


def joined(samples: Iterable[pa.Array | pa.ChunkedArray]) -> pa.ChunkedArray:
    """Samples of texts as one."""
    chunks = [
        chunk
        for sample in samples
        for chunk in (sample.chunks if isinstance(sample, pa.ChunkedArray) else [sample])
    ]
    return pa.chunked_array(chunks, pa.string())
