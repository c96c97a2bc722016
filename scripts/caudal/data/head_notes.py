"""What the heads of the sources give reason to tell, beyond the kinds of their columns."""

from collections import Counter

from caudal.data.label_rules import IS, label_column, label_rule
from caudal.data.labels import find_class
from caudal.data.missing_texts import NULLS, own_texts
from caudal.data.sniff import Head
from caudal.data.spelling import spell
from caudal.errors import UserError, alike
from caudal.wording import counted

MANY_COLUMNS = 100
"""From which on a guess from fewer rows than columns is told."""
TOLD_SHARE = 0.05
"""The share of labels of the heads that count as missing, from which it is told."""


def few_rows(heads: list[Head], data: dict, columns: dict[str, str]) -> list[str]:
    """A note where kinds are a guess, as in files of more columns than rows that were looked at."""
    rows = sum(head.rows for head in heads)
    mixed = {"numeric", "categorical"} <= set(columns.values())
    if isinstance(data["numeric"], list) or len(columns) <= max(rows, MANY_COLUMNS) or not mixed:
        return []
    return [
        f"The kinds of the {len(columns)} columns are a guess from {counted(rows, 'row')}; name "
        "the numeric ones in data.numeric where it errs."
    ]


def label_notes(heads: list[Head], data: dict) -> list[str]:
    """Notes about labels that are missing by their text, or differ in their letters' case alone."""
    if label_rule(data):
        return []
    labels, missing = _labels(heads, data)
    notes = []
    for text in sorted(missing & set(labels) - {""}):
        if labels[text] > TOLD_SHARE * labels.total():
            share = 100 * labels[text] / labels.total()
            notes.append(
                f"{share:.0f} % of the first labels are {text!r}, which means a missing label: "
                "these rows are left out; name it in data.classes if it is a class."
            )
    alike: dict[str, list[str]] = {}
    for text in sorted(set(labels) - missing):
        alike.setdefault(text.casefold(), []).append(text)
    for texts in alike.values():
        if len(texts) > 1:
            notes.append(
                f"The labels {', '.join(map(repr, texts))} are classes of their own, though they "
                "differ in capital letters alone; write them alike if they are one."
            )
    return notes


def check_labels(heads: list[Head], data: dict) -> list[str]:
    """Hold what the config says of the label against the heads; notes where these are not enough.

    Raises UserError where it cannot be right whatever the other rows hold.
    """
    rule, column = label_rule(data), label_column(data)
    labels, missing = _labels(heads, data)
    there = sorted(set(labels) - missing)
    if rule is None:
        _check_positive(there, data)
        return []
    if rule.of_numbers:
        counts = [head.counts[rule.column] for head in heads]
        texts = sum(count["other"] for count in counts)
        if texts > sum(count["whole"] + count["float"] + count["comma"] for count in counts):
            raise UserError(
                f"data.label: {rule.test} asks for numbers, which the column {column!r} has not; "
                f"write is or missing."
            )
    if rule.test != IS or not there or any(map(rule.holds, there)):
        return []
    asked = " or ".join(repr(value) for value in rule.values)
    shown = ", ".join(map(repr, there[:10])) + (", ..." if len(there) > 10 else "")
    said = (
        f"data.label: no value of the column {column!r} is {asked}"
        f"{alike(rule.values[0], there)}; there are {shown}"
    )
    if all(head.whole for head in heads):
        raise UserError(f"{said}.")
    return [f"{said} in the first rows."]


def _check_positive(classes: list[str], data: dict) -> None:
    positive, allowed = data["positive"], data["classes"]
    if allowed:
        classes = [c for c in classes if any(find_class(value, [c]) for value in allowed)]
    if positive is None or len(classes) < 2:
        return
    shown = ", ".join(map(repr, classes[:10])) + (", ..." if len(classes) > 10 else "")
    if len(classes) > 2:
        raise UserError(
            f"data.positive is for a label of two classes, and {data['label']!r} has more ("
            f"{shown}); write label: {{column: {data['label']}, is: {positive}}} to tell one from "
            f"the others, or leave positive out."
        )
    if find_class(positive, classes) is None:
        raise UserError(
            f"data.positive is {positive!r}{alike(positive, classes)}, but the labels are {shown}; "
            f"name one of the two, or leave it out."
        )


def _labels(heads: list[Head], data: dict) -> tuple[Counter[str], set[str]]:
    """How often each label stands in the heads, and which texts mean that it is missing."""
    labels: Counter[str] = Counter()
    for head in heads:
        for text, count in head.labels.items():
            labels[spell(text or "")] += count
    named = {spell(str(value)) for value in data["classes"] or ()}
    return labels, {"", *NULLS, *(spell(text) for text in own_texts(data))} - named
