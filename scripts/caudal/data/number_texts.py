"""How numbers are written: the regular expressions of their texts."""

import re

COMMA = r"^\s*[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?\s*$"
THOUSAND = r"^\s*[+-]?[1-9][0-9]{0,2},[0-9]{3}\s*$"
WHOLE = r"^\s*[+-]?[0-9]+\s*$"
ROUND = r"^\s*[+-]?[0-9]+\.0*\s*$"
MINUS = "\u2212"  # as word processors, and programs in Swedish and Finnish, write it
GROUP_SIGNS = "[., '’\u00a0\u202f]"

PRICE = r"^[$€£¥]?\s*[+-]?[0-9][0-9.,]*\s*[$€£¥]?$"
LOOKS = {
    rf"^[+-]?[1-9][0-9]{{0,2}}(?:{GROUP_SIGNS}[0-9]{{3}})+(?:[.,][0-9]+)?$": (
        rf"^[+-]?[0-9]{{1,3}}(?:{GROUP_SIGNS}[0-9]{{3}})*(?:[.,][0-9]+)?$",
        "with signs between their thousands (set data.thousands and data.decimal)",
    ),
    r"%$": (r"^[+-]?[0-9]+(?:[.,][0-9]+)?\s*%?$", "with percent signs (take these off)"),
    r"[$€£¥]": (PRICE, "with currency signs (take these off)"),
}
"""Texts that are no numbers but look so: what one of them has, how most are, and what to say."""


def number_pattern(decimal: str, thousands: str | None) -> str:
    """The regular expression of a number with these separators, or of an infinity.

    Thousands stand in groups of three digits, or as in India: three, then two and two.

    >>> bool(re.match(number_pattern(",", "."), "-1.234,5e3"))
    True
    >>> bool(re.match(number_pattern(".", ","), "1,23,456.78"))
    True
    """
    point, digits = re.escape(decimal), "[0-9]+"
    if thousands:
        sign = re.escape(thousands)
        threes = f"[0-9]{{1,3}}(?:{sign}[0-9]{{3}})+"
        twos = f"[0-9]{{1,2}}(?:{sign}[0-9]{{2}})+{sign}[0-9]{{3}}"
        digits = f"(?:{threes}|{twos}|[0-9]+)"
    finite = f"(?:{digits}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    return rf"^\s*[+-]?(?:{finite}|(?i:inf|infinity))\s*$"
