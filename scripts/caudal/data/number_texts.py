"""How numbers are written: the regular expressions of their texts."""

import re

COMMA = r"^\s*[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?\s*$"
THOUSAND = r"^\s*[+-]?[1-9][0-9]{0,2},[0-9]{3}\s*$"
WHOLE = r"^\s*[+-]?[0-9]+\s*$"


def number_pattern(decimal: str, thousands: str | None) -> str:
    """The regular expression of a number with these separators.

    >>> bool(re.match(number_pattern(",", "."), "-1.234,5e3"))
    True
    """
    point, digits = re.escape(decimal), "[0-9]+"
    if thousands:
        digits = f"(?:[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|[0-9]+)"
    return rf"^\s*[+-]?(?:{digits}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"
