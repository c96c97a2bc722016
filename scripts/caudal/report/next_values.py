"""The next value of an axis beyond the ones tried, as a config wants it."""

from decimal import Decimal


def next_value(axis: str, edge: float, neighbour: float) -> float | None:
    """The value beyond ``edge`` that goes on as the step from ``neighbour`` did.

    Values that grow by factors go on by the factor, at most ten, others by the difference; None
    where the parameter ends there.

    >>> next_value("alpha", 0.0001, 0.001), next_value("degree", 2, 1), next_value("degree", 1, 2)
    (1e-05, 3, None)
    >>> next_value("l1_ratio", 0.85, 0.5), next_value("n_features", 2**22, 2**21)
    (0.95, 8388608)
    """
    name = axis.rsplit(".", 1)[-1]
    if name == "degree":
        step = edge + 1 if edge > neighbour else edge - 1
        return step if step >= 1 else None
    if name in ("l1_ratio", "validation_fraction", "momentum"):
        bound = 1.0 if edge > neighbour else 0.0
        return None if edge == bound else round(bound - (bound - edge) / 3, 4)
    if edge * neighbour > 0:
        ratio = edge / neighbour
        if not 0.5 < ratio < 2:
            step = min(max(edge * edge / neighbour, edge / 10), edge * 10)
            digits = 10 if isinstance(edge, int) else 2
            return _whole(float(f"{step:.{digits}g}"), edge)
    return _whole(edge + (edge - neighbour), edge)


def _whole(step: float, edge: float) -> float | None:
    """Half of ``edge`` where the step would cross zero, None from zero; whole ones stay whole."""
    if step * edge < 0:
        step = edge / 2
    if edge == 0:
        return step if step > 0 else None
    return int(step) if isinstance(edge, int) and step == int(step) else step


def plain(value: float) -> str:
    """A number as the config wants it: YAML reads ``1e-5`` as text.

    >>> plain(1e-05), plain(3)
    ('0.00001', '3')
    """
    return format(Decimal(repr(value)), "f")
