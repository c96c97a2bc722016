"""What a first config makes of the label: classes, a number, or whether it is missing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from caudal.config.first_columns import Numbers, present
from caudal.data.labels import sort_classes
from caudal.data.number_texts import ROUND, WHOLE
from caudal.data.quantities import FEW, all_different
from caudal.data.spelling import spell
from caudal.errors import UserError
from caudal.wording import cut, share

BLOCKS = 2
"""Times that a class begins anew, on average, up to which the rows are sorted by the label."""
ROWS_PER_CLASS = 50
"""Rows for each class from which that is no chance."""


@dataclass(frozen=True)
class Label:
    """``is_number``, or the ``classes``, the most frequent first; ``missing`` where the label is
    whether the column is; ``reason`` says what it is, ``is_sorted`` that the rows are sorted by it.
    """

    name: str
    reason: str
    classes: Sequence[str] = ()
    is_number: bool = False
    missing: bool = False
    is_sorted: bool = False


def settle_label(
    name: str, column: pa.ChunkedArray, numbers: Numbers, data: dict, whole: bool
) -> Label:
    """What the label is, by its texts (rows,), null where one is missing.

    ``whole`` says that these are all rows. Raises UserError where it cannot be predicted.
    """
    texts = present(column, data)
    gone = len(column) - len(texts)
    also = f"; {share(gone / len(column))} missing, rows that are left out" if gone else ""
    if not len(texts):
        raise UserError(f"--label: the column {name!r} has no values in the rows looked at.")
    spelled = [spell(text) for text in texts.to_pylist()]
    counts = Counter(spelled)
    if len(counts) == 1:
        return _alone(name, next(iter(counts)), gone, len(column), whole)
    if _is_number(texts, numbers, len(counts)):
        values = sort_classes(list(counts))
        return Label(name, f"a number, {values[0]} to {values[-1]}{also}", is_number=True)
    if all_different(len(texts), len(counts)):
        raise UserError(
            f"--label: the column {name!r} has a value of its own in nearly every row, such as "
            f"{cut(spelled[0], 40)!r}: that cannot be predicted; name another."
        )
    classes = [text for text, _ in counts.most_common()]
    shown = ", ".join(
        f"{cut(' '.join(text.split()), 30)} {share(count / len(texts))}"
        for text, count in counts.most_common(6)
    )
    more = ", ..." if len(classes) > 6 else ""
    blocks = 1 + sum(one != other for one, other in pairwise(spelled))
    is_sorted = blocks <= BLOCKS * len(classes) and len(spelled) >= ROWS_PER_CLASS * len(classes)
    return Label(name, f"{len(classes)} classes: {shown}{more}{also}", classes, is_sorted=is_sorted)


def _alone(name: str, value: str, gone: int, rows: int, whole: bool) -> Label:
    if not gone and whole:
        raise UserError(f"--label: all rows have the label {value!r}; there is nothing to predict.")
    if gone:
        said = f"the column has {cut(value, 30)!r} or nothing; {share(gone / rows)} missing"
        return Label(name, said, ["False", "True"], missing=True)
    return Label(name, f"always {cut(value, 30)!r} in the rows looked at", [value])


def _is_number(texts: pa.ChunkedArray, numbers: Numbers, distinct: int) -> bool:
    fits = pc.match_substring_regex(texts, numbers.pattern)
    if not pc.all(fits).as_py():
        return False
    fractions = pc.invert(pc.match_substring_regex(texts, f"{WHOLE}|{ROUND}"))
    return bool(pc.any(fractions).as_py()) or distinct > FEW
