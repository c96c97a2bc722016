"""Hour, weekday and month of a date, as categorical columns."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal.data.spelling import spell_levels
from caudal.errors import UserError

HOURS = [str(hour) for hour in range(24)]
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# For each part of a date: its number, the number it begins at, its levels.
PARTS = {
    "hour": (pc.hour, 0, HOURS),
    "weekday": (pc.day_of_week, 0, WEEKDAYS),
    "month": (pc.month, 1, MONTHS),
}
# ISO 8601; fractions of a second and the zone are left out: the hour is the one on that clock.
ISO_TIME = (
    r"^(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
    r"(?:[ T](?P<H>\d\d):(?P<M>\d\d)(?::(?P<S>\d\d))?(?:[.,]\d+)?"
    r"\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$"
)
# What a directive of data.date_format stands for; those with a name are read, others passed over.
DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d\d)", "m": r"(?P<m>\d\d?)", "d": r"(?P<d>\d\d?)",
    "e": r"(?P<d>\d\d?)", "B": r"(?P<b>[A-Za-z]+)", "b": r"(?P<b>[A-Za-z]+)",
    "h": r"(?P<b>[A-Za-z]+)", "H": r"(?P<H>\d\d?)", "I": r"(?P<I>\d\d?)",
    "p": r"(?P<p>[AaPp])\.?[Mm]\.?", "M": r"(?P<M>\d\d?)", "S": r"(?P<S>\d\d?)", "f": r"\d+",
    "z": r"(?:Z|UTC|[+-]\d\d:?(?:\d\d)?)", "Z": r"[A-Za-z/_]*", "a": r"[A-Za-z]+\.?",
    "A": r"[A-Za-z]+", "%": "%", "n": r"\s+", "t": r"\s+",
}  # fmt: skip
SHORT = {"F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "X": "%H:%M:%S"}
EPOCH = "%s"
GROUP = re.compile(r"\(\?P<(\w)>")
NEEDED = {"hour": ("HI",), "month": ("mb",), "weekday": ("Yy", "mb", "d")}


def derived_columns(derive: dict[str, list[str]]) -> list[str]:
    """The names of the columns that ``data.derive`` makes.

    >>> derived_columns({"pickup": ["hour", "month"]})
    ['pickup.hour', 'pickup.month']
    """
    return [f"{name}.{part}" for name, parts in derive.items() for part in parts]


def check_date_format(date_format: str | None, derive: dict[str, list[str]]) -> None:
    """Raise UserError for a directive that is not known, or if a derived part is not told."""
    if date_format == EPOCH:
        return
    told = set(GROUP.findall(date_pattern(date_format)))
    for name, parts in derive.items():
        for part in parts:
            if not all(told & set(either) for either in NEEDED[part]):
                raise UserError(
                    f"data.derive: {date_format!r} as data.date_format does not tell the {part} "
                    f"of {name!r}; correct one of them."
                )


def date_pattern(date_format: str | None) -> str:
    """The regular expression of dates in a ``strptime`` format, or of ISO dates.

    Raises UserError for a directive that is not known or stands twice.

    >>> bool(re.fullmatch(date_pattern("%d.%m.%Y %H:%M"), "23.03.2019 20:21"))
    True
    """
    if not date_format:
        return ISO_TIME
    for directive, meaning in SHORT.items():
        date_format = date_format.replace(f"%{directive}", meaning)
    pattern, pieces = "", re.split(r"%(.)", date_format)
    for literal, directive in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        pattern += r"\s+".join(re.escape(word) for word in re.split(r"\s+", literal))
        if directive and directive not in DIRECTIVES:
            raise UserError(
                f"data.date_format: %{directive} is not known; there are "
                f"{' '.join(f'%{known}' for known in (*DIRECTIVES, *SHORT))}, and %s alone for "
                "seconds since 1970."
            )
        pattern += DIRECTIVES.get(directive, "")
    groups = GROUP.findall(pattern)
    if len(set(groups)) < len(groups):
        raise UserError(f"data.date_format: a part stands twice in {date_format!r}; remove one.")
    return f"^{pattern}$"


def parse_dates(texts: pa.Array, date_format: str | None = None) -> pa.Array:
    """Timestamps of ISO dates, or of dates in a ``strptime`` format; null where a text is none.

    The time is that on the clock: a zone is passed over. A day that is not in the calendar is no
    date. What the format does not tell is that of 1 January 1900.

    >>> parse_dates(pa.array(["2019-03-23T20:21:09+01:00", "2019-02-30"])).is_valid().to_pylist()
    [True, False]
    >>> parse_dates(pa.array(["23.03.19 8.05 PM"]), "%d.%m.%y %I.%M %p")[0].as_py().hour
    20
    """
    texts = pc.utf8_trim_whitespace(texts)
    if date_format == EPOCH:
        texts = spell_levels(texts)  # 1.5e+09 is a whole number, too
        whole = pc.match_substring_regex(texts, r"^-?\d{1,11}(?:\.\d*)?$")
        texts = pc.if_else(whole, texts, pa.scalar(None, pa.string()))
        seconds = pc.replace_substring_regex(texts, r"\..*$", "")
        return seconds.cast(pa.int64()).cast(pa.timestamp("s"))
    pattern = date_pattern(date_format)
    found = pc.extract_regex(texts, pattern)
    there = found.is_valid().to_numpy(zero_copy_only=False)
    told = {name: pc.struct_field(found, name) for name in GROUP.findall(pattern)}
    year, month, day = _year(told), _month(told), _number(told, "d", 1)
    hour, minute, second = _hour(told), _number(told, "M"), _number(told, "S")
    there = there & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    months = (year - 1970).astype("M8[Y]").astype("M8[M]") + (month - 1)
    days = months.astype("M8[D]") + (day - 1)
    there &= days.astype("M8[M]") == months  # no 30 February
    times = days.astype("M8[s]") + (3600 * hour + 60 * minute + second)
    return pa.array(np.broadcast_to(times, len(texts)), pa.timestamp("s"), mask=~there)


def _number(told: dict[str, pa.Array], name: str, default: int = 0) -> np.ndarray:
    """A part as whole numbers (rows,); ``default`` where it is not told."""
    if name not in told:
        return np.array(default)
    texts = pc.if_else(pc.equal(told[name], ""), pa.scalar(None, pa.string()), told[name])
    return texts.cast(pa.int64()).fill_null(default).to_numpy(zero_copy_only=False)


def _year(told: dict[str, pa.Array]) -> np.ndarray:
    if "Y" in told:
        return _number(told, "Y", 1900)
    short = _number(told, "y", 1900)
    return np.where(short < 69, short + 2000, np.where(short < 100, short + 1900, short))


def _month(told: dict[str, pa.Array]) -> np.ndarray:
    if "b" not in told:
        return _number(told, "m", 1)
    short = pc.utf8_capitalize(pc.utf8_slice_codeunits(told["b"], 0, 3))
    place = pc.index_in(short, pa.array(MONTHS)).fill_null(-1)
    return place.to_numpy(zero_copy_only=False).astype(np.int64) + 1


def _hour(told: dict[str, pa.Array]) -> np.ndarray:
    if "H" in told or "I" not in told:
        return _number(told, "H")
    hour, late = _number(told, "I"), np.array(False)
    if "p" in told:
        late = pc.is_in(told["p"], pa.array(["p", "P"])).to_numpy(zero_copy_only=False)
    return np.where((hour >= 1) & (hour <= 12), hour % 12 + 12 * late, 24)


def no_date(text: str) -> str:
    """A sentence about a text that is no date.

    >>> no_date("1575430680")
    "'1575430680' is not a date (data.date_format: '%s' reads seconds since 1970)"
    """
    hint = ""
    if re.fullmatch(r"\d{9,10}(\.\d+)?", text):
        hint = " (data.date_format: '%s' reads seconds since 1970)"
    elif re.fullmatch(r"\d{13}|\d{16}|\d{19}", text):
        hint = " (parts of a second since 1970? make seconds of them, for data.date_format: '%s')"
    return f"{text[:80]!r} is not a date{hint}"


def date_part(times: pa.Array, part: str) -> pa.StringArray:
    """One part of the times, as the texts of its levels."""
    number, first, levels = PARTS[part]
    return pa.array(levels).take(pc.subtract(number(times), first))
