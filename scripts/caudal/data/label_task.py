"""Whether a label's values fit the task: a number is told from a class before any job starts."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from caudal.data.labels import FLOAT, INT
from caudal.data.missing_texts import NULLS, own_texts
from caudal.data.number_texts import MINUS, number_pattern
from caudal.data.quantities import FEW
from caudal.data.spelling import spell
from caudal.data.tasks import REGRESSION
from caudal.errors import UserError

if TYPE_CHECKING:
    from caudal.data.sniff import Head

MOST_TEXTS = 1_000
"""Texts that may be."""

NUMBERS_SHARE = 0.95
"""Share of a label's values that are numbers, from which it is one."""


def check_heads(heads: Sequence["Head"], data: dict, decimal: str) -> None:
    """Raise UserError where the labels of the heads do not fit ``data.task``.

    ``data`` is the section completed, ``decimal`` the decimal sign found.
    """
    missing = {"", *NULLS, *(spell(text) for text in own_texts(data))}
    counts: Counter[str] = Counter()
    for head in heads:
        for text, count in head.labels.items():
            if text is not None and (spelled := spell(text)) not in missing:
                counts[spelled] += count
    if data["label_from"]:  # a question, whose answers are classes
        return
    label = data["label"]
    looks = next((head.looks[label] for head in heads if head.looks.get(label)), "")
    if not counts:
        return
    if data["task"] == REGRESSION.name:
        _check_numbers(counts, data, decimal, looks)
    elif not classes_meant(data):
        if looks and len(counts) > FEW:
            raise UserError(
                f"data.task: the label {label!r} looks like numbers {looks}; write "
                "task: classification under data if each of them is a class."
            )
        plain = {_plain(text, data, decimal): count for text, count in counts.items()}
        check_classes(label, plain, " in the first rows alone")


def classes_meant(data: dict) -> bool:
    """Whether the section ``data``, completed, says that the label is one of classes."""
    asked = data["classes"] or data["label_from"]
    return bool(data["task"] or asked) or data["positive"] is not None


def check_classes(label: str, counts: Mapping[str, int], where: str = "") -> None:
    """Raise UserError where the classes, by their texts, look like numbers to predict.

    ``where`` is what the sentence says of the rows that were counted. For labels of which nobody
    wrote that they are classes.
    """
    numbers = [text for text in counts if FLOAT.fullmatch(text)]  # 007 is a code
    share = sum(counts[text] for text in numbers) / sum(counts.values())
    if share < NUMBERS_SHARE:
        if len(counts) > MOST_TEXTS:
            raise UserError(
                f"data.task: the label {label!r} has {len(counts):,} classes{where}; write "
                "task: classification under data if so many are meant, or name another label."
            )
        return
    fraction = next((text for text in numbers if not INT.fullmatch(text)), None)
    if fraction is not None:
        what = f"numbers with fractions, such as {fraction}"
    elif len(numbers) > FEW:
        what = f"{len(numbers):,} different whole numbers{where}"
    else:
        return
    raise UserError(
        f"data.task: the label {label!r} holds {what}; write task: regression under data to "
        "predict the number, or task: classification if each of them is a class."
    )


def _check_numbers(counts: Counter[str], data: dict, decimal: str, looks: str) -> None:
    pattern = number_pattern(decimal, data["thousands"])
    texts = [text for text in counts if not re.match(pattern, text.replace(MINUS, "-"))]
    if sum(counts[text] for text in texts) <= (1 - NUMBERS_SHARE) * counts.total():
        return
    what = f"looks like numbers {looks}" if looks else f"holds texts such as {texts[0][:40]!r}"
    raise UserError(
        f"data.task: regression predicts numbers, and the label {data['label']!r} {what}; write "
        "task: classification if it is a class, or name another label."
    )


def _plain(text: str, data: dict, decimal: str) -> str:
    """A number as Python writes it; any other text as it is."""
    text = text.replace(MINUS, "-")
    if not re.match(number_pattern(decimal, data["thousands"]), text):
        return text
    return text.replace(data["thousands"] or "\0", "").replace(decimal, ".")
