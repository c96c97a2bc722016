"""Hour, weekday and month of a date, as categorical columns."""

import pyarrow as pa
import pyarrow.compute as pc

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
ISO = (
    r"^(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[ T](?P<time>\d\d:\d\d)(?P<seconds>:\d\d)?(?:[.,]\d+)?\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$"
)


def derived_columns(derive: dict[str, list[str]]) -> list[str]:
    """The names of the columns that ``data.derive`` makes.

    >>> derived_columns({"pickup": ["hour", "month"]})
    ['pickup.hour', 'pickup.month']
    """
    return [f"{name}.{part}" for name, parts in derive.items() for part in parts]


def parse_dates(texts: pa.Array, date_format: str | None = None) -> pa.Array:
    """Timestamps of ISO dates, or of dates in a ``strptime`` format; null where a text is none.

    >>> parse_dates(pa.array(["2019-03-23T20:21:09+01:00", "soon"])).is_valid().to_pylist()
    [True, False]
    """
    texts = pc.utf8_trim_whitespace(texts)
    if date_format:
        return pc.strptime(texts, format=date_format, unit="s", error_is_null=True)
    found = pc.extract_regex(texts, ISO)
    day, time, seconds = (pc.struct_field(found, name) for name in ("day", "time", "seconds"))
    time = pc.if_else(pc.equal(time, ""), "00:00", time)
    seconds = pc.if_else(pc.equal(seconds, ""), ":00", seconds)
    joined = pc.binary_join_element_wise(day, pc.binary_join_element_wise(time, seconds, ""), " ")
    times = pc.strptime(joined, format="%Y-%m-%d %H:%M:%S", unit="s", error_is_null=True)
    there_is = pc.equal(pc.strftime(times, format="%Y-%m-%d"), day)  # no 30 February
    return pc.if_else(there_is, times, pa.scalar(None, times.type))


def date_part(times: pa.Array, part: str) -> pa.StringArray:
    """One part of the times, as the texts of its levels."""
    number, first, levels = PARTS[part]
    return pa.array(levels).take(pc.subtract(number(times), first))
