"""Labels that are made of a column: whether it is a value, is missing, or is above or below one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from caudal.data.labels import find_class
from caudal.data.spelling import spell_float

IS, MISSING, ABOVE, BELOW = "is", "missing", "above", "below"
TESTS = (IS, MISSING, ABOVE, BELOW)
"""What a rule can ask, by its key in ``data.label``."""


@dataclass(frozen=True)
class LabelRule:
    """Asks of ``column`` whether it is (one of) ``value``, is missing (or not, where that is
    false), or is above or below a number.
    """

    column: str
    test: str
    value: Any

    @property
    def name(self) -> str:
        """What the label is called.

        >>> LabelRule("grade", "is", ["A", "B"]).name, LabelRule("effect", "missing", True).name
        ('grade is A or B', 'effect is missing')
        """
        if self.test == MISSING:
            return f"{self.column} is {'missing' if self.value else 'there'}"
        if self.of_numbers:
            return f"{self.column} {self.test} {spell_float(float(self.value))}"
        return f"{self.column} is {' or '.join(map(str, self.values))}"

    @property
    def values(self) -> list:
        """The values that it asks for, one or more."""
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def of_numbers(self) -> bool:
        """Whether the column has to hold numbers."""
        return self.test in (ABOVE, BELOW)

    def holds(self, level: str) -> bool:
        """Whether a level is one that ``is`` asks for."""
        return any(find_class(value, [level]) is not None for value in self.values)


def label_rule(data: dict) -> LabelRule | None:
    """The rule in the config's section ``data``, whose ``label_from`` it is; None without one."""
    asked = data["label_from"]
    if not asked:
        return None
    test = next(test for test in TESTS if asked.get(test) is not None)
    return LabelRule(asked["column"], test, asked[test])


def label_column(data: dict) -> str | None:
    """The column of the sources that tells the label, which is no feature.

    >>> label_column({"label": "y", "label_from": None})
    'y'
    >>> label_column({"label": "c is a", "label_from": {"column": "c", "is": "a"}})
    'c'
    """
    rule = label_rule(data)
    return rule.column if rule else data["label"]


def settle_label(label: str | dict) -> dict:
    """What ``data.label`` means for all that follows: the label's name, and its rule's own words.

    >>> settle_label({"column": "rating", "is": None, "above": 3.5})
    {'label': 'rating above 3.5', 'label_from': {'column': 'rating', 'above': 3.5}}
    """
    if isinstance(label, str):
        return {"label": label, "label_from": None}
    asked = {key: value for key, value in label.items() if value is not None}
    rule = label_rule({"label_from": asked})
    assert rule
    return {"label": rule.name, "label_from": asked}


def asked_tests(label: dict) -> Sequence[str]:
    """Which tests a rule asks for; one is right."""
    return [test for test in TESTS if label.get(test) is not None]
