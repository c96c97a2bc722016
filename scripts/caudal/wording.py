"""How numbers, sizes, durations, counts and lists read, in the terminal and in the report."""

import math
import unicodedata

MINUS = "−"
THIN = "\u202f"


def number(value: float, error: float = 0.0) -> str:
    """A number with as many decimals as its ``error`` carries: two digits of it.

    >>> number(-0.173159, 0.0011), number(12.5), number(float("nan"))
    ('−0.1732', '12.5', '–')
    """
    if not math.isfinite(value):
        return "–"
    if error > 0 and math.isfinite(error):
        decimals = min(12, max(0, 1 - math.floor(math.log10(error))))
        text = f"{value:,.{decimals}f}"
    else:
        text = f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: float, error: float = 0.0) -> str:
    """Like ``number``, with a plus sign above zero."""
    return ("+" if value > 0 else "") + number(value, error)


def short(value: float) -> str:
    """A large number in short, for axes.

    >>> short(20000), short(1500000), short(0.001), short(0)
    ('20k', '1.5M', '0.001', '0')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}".replace("-", MINUS)
    return f"{value:.6g}".replace("-", MINUS)


def share(value: float) -> str:
    """A share as per cent.

    >>> [share(value).replace(THIN, " ") for value in (0.12, 0.0004, 0.0)]
    ['12 %', '0.04 %', '0 %']
    """
    percent = 100 * value
    digits = f"{percent:.0f}" if percent >= 9.95 or percent == 0 else f"{percent:.2g}"
    return f"{digits}{THIN}%"


def duration(seconds: float) -> str:
    """Seconds in the unit that fits.

    >>> duration(0.031), duration(75), duration(150), duration(7200), duration(400000)
    ('0.031 s', '75 s', '2.5 min', '2.0 h', '4.6 days')
    """
    if not math.isfinite(seconds):
        return "–"
    for least, one, unit in ((2 * 86400, 86400, "days"), (5400, 3600, "h"), (120, 60, "min")):
        if seconds >= least:
            count = seconds / one
            return f"{count:.1f} {unit}" if count < 10 else f"{count:.0f} {unit}"
    return f"{seconds:.2g} s" if seconds < 9.5 else f"{seconds:.0f} s"


def size(count: float) -> str:
    """Bytes in the unit that fits, to three digits.

    >>> size(999), size(1605), size(3.14e7), size(999_700)
    ('999 bytes', '1.6 kB', '31.4 MB', '1 MB')
    """
    if not math.isfinite(count):
        return "–"
    if count < 1000:
        return f"{count:.0f} bytes"
    power = min(4, int(math.log10(count * 1.0005)) // 3)
    return f"{count / 1000**power:,.3g} {'kMGT'[power - 1]}B"


def listed(words: list[str], most: int = 4) -> str:
    """Words as a list in a sentence.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    words = [cut(word, 40) for word in words]
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def cut(text: str, most: int) -> str:
    """``text`` with an ellipsis in its middle where it is longer than ``most``.

    >>> cut("abcdefghij", 7)
    'abc…hij'
    """
    if len(text) <= most:
        return text
    head = most // 2
    return text[:head] + "…" + text[len(text) - (most - head - 1) :]


def counted(count: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "point"), counted(2000, "point")
    ('1 point', '2,000 points')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def printable(text: str) -> str:
    """``text`` as a terminal may show it: what would steer it, or turn the text round, is escaped.

    >>> printable("a\x1b[31m.csv"), printable("gpj\u202e.csv"), printable("Ort: Köln\n")
    ('a\\x1b[31m.csv', 'gpj\\u202e.csv', 'Ort: Köln\n')
    """
    return "".join(
        sign
        if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else sign.encode("unicode_escape", "surrogatepass").decode("ascii")
        for sign in text
    )
