"""One spelling of a level: the text of a value, whatever source and type it came from.

A CSV file holds texts, a Parquet file and a DataFrame types. So that a model meets the same
levels in all of them, every level and every class goes through ``spell``: it is taken without
blanks around it, and

- a truth is ``True`` or ``False``, however its letters are written;
- a whole number has no point: pandas makes ``3.0`` of 3 as soon as one is missing in the column;
- a number with an exponent is written as Python writes it, ``1.0e+00`` as ``1``;
- a time stamp is ``2019-03-23 20:21:09``, with fractions only if it has any, ``+01:00`` if it has
  a zone, and the day alone at midnight; a time of day has no empty fraction.

All else stays as it is: ``007`` and ``+1`` are codes, and ``1.10`` is no ``1.1``.
"""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

POINT_ZERO = re.compile(r"([+-]?(?:0|[1-9][0-9]*))\.0*")
EXPONENT = re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+|[+-]?[0-9]+[eE][+-][0-9]+")
STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d))?(?:[.,](\d+))?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?"
)
CLOCK = re.compile(r"(\d\d:\d\d:\d\d)\.(\d*?)0*")
TRUTHS = ("true", "false")
SPACE = 32
BLANKS = tuple(bytes([blank]) for blank in (*range(9, 14), *range(28, 33)))
MARKS = (b".", b":", b"+", b"-")


def _table(members: bytes) -> np.ndarray:
    """For each byte (256,) whether it is one of these."""
    return np.isin(np.arange(256), list(members))


TRUTH = _table(b"tTfF")  # what a truth begins with
NUMERAL = _table(b"+-.0123456789")  # what a number or a time begins with
MARK = _table(b"".join(MARKS))  # and has one of these in it, if it may change


def spell(text: str) -> str:
    """The level that a text means; the same again if it is spelled already.

    >>> [spell(text) for text in ("TRUE", " 3.0", "1.50", "1.000e+00", "007", "1e3")]
    ['True', '3', '1.50', '1', '007', '1e3']
    >>> spell("2019-03-23T20:21:00.500Z"), spell("2019-03-23 00:00:00")
    ('2019-03-23 20:21:00.5+00:00', '2019-03-23')
    """
    text = text.strip()
    if len(text) in (4, 5) and text.lower() in TRUTHS:
        return text.capitalize()
    if whole := POINT_ZERO.fullmatch(text):
        return "0" if whole.group(1) in ("-0", "+0") else whole.group(1).lstrip("+")
    if EXPONENT.fullmatch(text):
        return spell_float(float(text))
    if stamp := STAMP.fullmatch(text):
        return _stamp(*stamp.groups())
    if clock := CLOCK.fullmatch(text):
        return f"{clock.group(1)}.{clock.group(2)}" if clock.group(2) else clock.group(1)
    return text


def spell_float(value: float) -> str:
    """The level that a number means: whole ones without a point.

    >>> spell_float(3.0), spell_float(-0.0), spell_float(0.1), spell_float(1e17), spell_float(1e30)
    ('3', '0', '0.1', '100000000000000000', '1e+30')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)


def _stamp(day: str, time: str, second: str | None, fraction: str | None, zone: str | None) -> str:
    fraction = (fraction or "").rstrip("0")
    if zone in ("Z", "UTC"):
        zone = "+00:00"
    elif zone:
        zone = f"{zone[:3]}:{zone[-2:] if len(zone) > 3 else '00'}"
    clock = f"{time}:{second or '00'}{'.' if fraction else ''}{fraction}"
    return day if clock == "00:00:00" and not zone else f"{day} {clock}{zone or ''}"


def spell_levels(levels: pa.StringArray) -> pa.StringArray:
    """``spell`` of every level; quick where they are spelled already, as most are."""
    odd = _may_change(levels)
    if not odd.any():
        return levels
    texts = levels.to_pylist()
    for place in np.flatnonzero(odd).tolist():
        if texts[place] is not None:
            texts[place] = spell(texts[place])
    return pa.array(texts, pa.string())


def _may_change(levels: pa.StringArray) -> np.ndarray:
    """The levels (rows,) that ``spell`` has to look at, by their bytes; a few more than change."""
    odd = np.zeros(len(levels), bool)
    _, offset_bytes, text_bytes = levels.buffers()
    if not len(levels) or text_bytes is None or not text_bytes.size:
        return odd
    place = levels.offset
    offsets = np.frombuffer(offset_bytes, np.int32)[place : place + len(levels) + 1]
    content = np.frombuffer(text_bytes, np.uint8)
    lengths = np.diff(offsets)
    short = np.flatnonzero((lengths == 4) | (lengths == 5))
    odd[short] = TRUTH[content[offsets[short]]]
    text = content[offsets[0] : offsets[-1]].tobytes()
    if not text.isascii():  # there are other blanks
        trimmed = pc.binary_length(pc.utf8_trim_whitespace(levels)).fill_null(0)
        odd |= trimmed.to_numpy(zero_copy_only=False) != lengths
    elif any(blank in text for blank in BLANKS):
        odd |= content[np.minimum(offsets[:-1], len(content) - 1)] <= SPACE
        odd |= content[np.maximum(offsets[1:] - 1, 0)] <= SPACE
    if any(mark in text for mark in MARKS):
        marks = np.flatnonzero(MARK[content[offsets[0] : offsets[-1]]]) + offsets[0]
        rows = np.searchsorted(offsets, marks, side="right") - 1
        odd[rows[NUMERAL[content[offsets[rows]]]]] = True
    return odd & (lengths > 0)
