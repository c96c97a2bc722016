"""The columns that ``numeric``, ``categorical`` and ``ignore`` mean, by name or by pattern."""

from collections.abc import Sequence

from caudal.data.column_patterns import is_pattern, named
from caudal.data.label_rules import label_column
from caudal.errors import UserError


def listed(data: dict, kind: str) -> list[str]:
    """The columns that ``numeric``, ``categorical`` or ``ignore`` names, where it is a list."""
    return data[kind] if isinstance(data[kind], list) else []


def without_patterns(data: dict, header: Sequence[str]) -> dict:
    """The section ``data`` with the columns that the patterns in its lists stand for.

    A name that is written goes before a pattern. Raises UserError where a pattern matches nothing.
    """
    header = list(dict.fromkeys(header))
    lists = {kind: listed(data, kind) for kind in ("numeric", "categorical", "ignore")}
    taken = {label_column(data), data["weight"], *data["derive"]}
    taken |= {name for names in lists.values() for name in names if name in header}
    found = {}
    for kind, names in lists.items():
        if not names:
            continue
        found[kind] = named(names, header, taken)
        lost = next((name for name in found[kind] if is_pattern(name, header)), None)
        if lost:
            raise UserError(
                f"data.{kind}: no column matches {lost!r}; the columns are {', '.join(header)}."
            )
    return data | found
