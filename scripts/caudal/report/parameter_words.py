"""How parameters and points read in the report."""

from collections.abc import Mapping, Sequence

from caudal.ranking.run import Result, value_of

LONG = 4
"""Items from which a list is told in short."""

MOST_LEFT_OUT = 3
"""Items left out of a longer list that are named."""


class Named(list[str]):
    """The values of an axis, some of which have names."""

    def __init__(self, cells: Sequence[str], names: Mapping[str, str]):
        """``names`` by the cells that they stand for."""
        super().__init__(cells)
        self.names = {cell: names[cell] for cell in cells if cell in names}


def axis_value(cell: str, among: Sequence[str] = ()) -> str:
    """A parameter's value for people: large powers of two as such, lists without brackets.

    A list that has a name ``among`` the values of its axis is told by it (``Named``), another long
    one by what sets it apart from them.

    >>> axis_value("4194304"), axis_value('["x1","x2"]'), axis_value(""), axis_value("0.1")
    ('2^22', 'x1, x2', '(default)', '0.1')
    >>> lists = ['["a","b","c","d","e"]', '["a","b","d","e"]', '["a","b"]']
    >>> [axis_value(cell, lists) for cell in lists]
    ['all 5', 'all but c', 'a, b']
    >>> axis_value(lists[0], Named(lists, {lists[0]: "wide"}))
    'wide'
    """
    if isinstance(among, Named) and cell in among.names:
        return among.names[cell]
    value = value_of(cell)
    if isinstance(value, int) and value >= 2**12 and value & (value - 1) == 0:
        return f"2^{value.bit_length() - 1}"
    if isinstance(value, list):
        items = _items(value)
        lists = [_items(found) for other in among if isinstance(found := value_of(other), list)]
        return (_in_short(items, lists) if lists else None) or ", ".join(items) or "(empty)"
    return cell or "(default)"


def _items(value: list) -> list[str]:
    return [" × ".join(map(str, v)) if isinstance(v, list) else str(v) for v in value]


def _in_short(items: list[str], lists: list[list[str]]) -> str | None:
    """A long list beside others, by the longest of them or by its first item of its own."""
    if len(items) < LONG:
        return None
    longest = max(lists, key=len)
    left_out = [item for item in longest if item not in items]
    if len(longest) == len(items) + len(left_out) and len(left_out) <= MOST_LEFT_OUT:
        whole = all(set(other) <= set(longest) for other in lists)
        name = f"all {len(longest)}" if whole else f"{len(longest)} from {longest[0]}"
        return "all but " + ", ".join(left_out) if left_out else name
    others = {item for other in lists if other != items for item in other}
    own = [item for item in items if item not in others] or items
    return f"{len(items)} with {own[0]}"


def differs_by(result: Result, other: Result, axes: Mapping[str, Sequence[str]]) -> str:
    """The parameters in which ``result`` differs from ``other``."""
    found = [
        f"{axis} {axis_value(cell, axes[axis])}"
        for axis, cell in result.values.items()
        if cell != other.values[axis]
    ]
    return "; ".join(found) or "the same parameters"


def described(result: Result, axes: Mapping[str, Sequence[str]]) -> str:
    """The varied parameters of a point in one line."""
    return "; ".join(
        f"{axis} {axis_value(cell, axes[axis])}" for axis, cell in result.values.items()
    )
