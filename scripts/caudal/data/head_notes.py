"""What the heads of the sources give reason to tell, beyond the kinds of their columns."""

from collections import Counter

from caudal.data.missing_texts import NULLS, own_texts
from caudal.data.sniff import Head
from caudal.data.spelling import spell

MANY_COLUMNS = 100
"""From which on a guess from fewer rows than columns is told."""
TOLD_SHARE = 0.05
"""The share of labels of the heads that count as missing, from which it is told."""


def few_rows(heads: list[Head], data: dict, columns: dict[str, str]) -> list[str]:
    """A note where kinds are a guess, as in files of more columns than rows that were looked at."""
    rows = sum(head.rows for head in heads)
    mixed = {"numeric", "categorical"} <= set(columns.values())
    if data["numeric"] is not None or len(columns) <= max(rows, MANY_COLUMNS) or not mixed:
        return []
    return [
        f"The kinds of the {len(columns)} columns are a guess from {rows} rows; name the numeric "
        "ones in data.numeric where it errs."
    ]


def label_notes(heads: list[Head], data: dict) -> list[str]:
    """Notes about labels that are missing by their text, or differ in their letters' case alone."""
    labels: Counter[str] = Counter()
    for head in heads:
        for text, count in head.labels.items():
            labels[spell(text)] += count
    named = {spell(str(value)) for value in data["classes"] or ()}
    missing = {"", *NULLS, *(spell(text) for text in own_texts(data))} - named
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
