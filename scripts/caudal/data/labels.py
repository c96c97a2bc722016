"""Labels as text: their type, their order, and what the config means by them."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from caudal.data.spelling import spell

# What begins with a zero that means nothing is a code.
INT = re.compile(r"[+-]?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
TRUE = {"true", "yes", "y", "t", "1", "on"}
FALSE = {"false", "no", "n", "f", "0", "off"}


def label_type(classes: list[str]) -> str:
    """``bool``, ``int``, ``float`` or ``text``: what all classes can be read as, each by itself.

    >>> [label_type(c) for c in (["True", "False"], ["0", "1"], ["0.5", "1"], ["007", "042"])]
    ['bool', 'int', 'float', 'text']
    """
    if classes and all(text.lower() in ("true", "false") for text in classes):
        return "bool"
    if classes and all(INT.fullmatch(text) for text in classes):
        return "int" if all(-(2**63) <= int(text) < 2**63 for text in classes) else "text"
    if classes and all(FLOAT.fullmatch(text) for text in classes):
        return "float"
    return "text"


def sort_classes(classes: list[str]) -> list[str]:
    """The classes in the order of their numbers, if they are all numbers, else of their texts.

    >>> sort_classes(["10", "9"]), sort_classes(["b", "a"])
    (['9', '10'], ['a', 'b'])
    """
    if label_type(classes) in ("int", "float"):
        return sorted(classes, key=lambda text: (float(text), text))
    return sorted(classes)


def find_class(value: object, classes: list[str]) -> str | None:
    """The class that a value of the config means, or None.

    YAML reads ``yes`` and ``true`` as a boolean, ``1`` as a number; both find their text.

    >>> find_class(True, ["no", "yes"]), find_class(1, ["0", "1"]), find_class("a", ["b"])
    ('yes', '1', None)
    """
    if isinstance(value, bool):
        texts = TRUE if value else FALSE
        return next((text for text in classes if text.lower() in texts), None)
    text = spell(str(value))
    if text in classes:
        return text
    if isinstance(value, int | float):
        numbers = (c for c in classes if NUMBER.fullmatch(c) and float(c) == float(value))
        return next(numbers, None)
    return None


def looks_numeric(levels: list[str]) -> bool:
    """Whether the levels are all numbers, and not all whole.

    >>> looks_numeric(["1", "2.5"]), looks_numeric(["1", "2"]), looks_numeric(["1.5", "a"])
    (True, False, False)
    """
    return label_type(levels) == "float" and any(spell(t) == t for t in levels if "." in t)


def class_codes(labels: pa.DictionaryArray, classes: Sequence[str]) -> np.ndarray:
    """Indices of ``labels`` (rows,) among the class texts, int64."""
    place = {text: code for code, text in enumerate(classes)}
    codes = np.array([place[text] for text in labels.dictionary.to_pylist()], np.int64)
    return codes[labels.indices.to_numpy()]


def typed_classes(manifest: dict) -> np.ndarray:
    """The classes in order, in the labels' own type: integers, floats, booleans or text."""
    convert: dict[str, Callable[[str], object]] = {
        "int": int,
        "float": float,
        "bool": lambda text: text.lower() == "true",
    }
    return np.array([convert.get(manifest["label_type"], str)(t) for t in manifest["classes"]])


def codes_of(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Indices of ``labels`` (rows,) among the sorted ``classes``; raises ValueError for others.

    >>> codes_of(np.array([5, 3]), np.array([3, 5]))
    array([1, 0])
    """
    codes = np.searchsorted(classes, labels)
    strange = classes[np.minimum(codes, len(classes) - 1)] != labels
    if strange.any():
        raise ValueError(f"y has the class {labels[strange].tolist()[0]!r}, which is new.")
    return codes
