"""How parameters and points read in the report."""

from caudal.ranking.run import Result, value_of


def axis_value(cell: str) -> str:
    """A parameter's value for people: large powers of two as such, lists without brackets.

    >>> axis_value("4194304"), axis_value('["x1","x2"]'), axis_value(""), axis_value("0.1")
    ('2^22', 'x1, x2', '(default)', '0.1')
    """
    value = value_of(cell)
    if isinstance(value, int) and value >= 2**12 and value & (value - 1) == 0:
        return f"2^{value.bit_length() - 1}"
    if isinstance(value, list):
        parts = [" × ".join(map(str, v)) if isinstance(v, list) else str(v) for v in value]
        return ", ".join(parts) or "(empty)"
    return cell or "(default)"


def differs_by(result: Result, other: Result) -> str:
    """The parameters in which ``result`` differs from ``other``."""
    found = [
        f"{axis} {axis_value(cell)}"
        for axis, cell in result.values.items()
        if cell != other.values[axis]
    ]
    return "; ".join(found) or "the same parameters"


def described(result: Result) -> str:
    """The varied parameters of a point in one line."""
    return "; ".join(f"{axis} {axis_value(cell)}" for axis, cell in result.values.items())
