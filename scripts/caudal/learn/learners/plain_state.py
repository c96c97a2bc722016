"""What a fitted estimator of scikit-learn holds, as plain values: nothing of it can run code."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

CLASS, CONTENT = "class of scikit-learn", "content"
RANDOM = "numpy.random.RandomState"
PLAIN = (bool, int, float, str)


def to_plain(value: Any) -> Any:
    """``value`` as arrays, numbers, texts, None, and lists and dicts with text keys of them.

    Objects of scikit-learn become the name of their class and their attributes. Raises TypeError
    for any other object.
    """
    if isinstance(value, np.generic):
        return {CLASS: "numpy.generic", CONTENT: np.asarray(value)[None]}
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "O":
            raise TypeError("an array of objects is not plain")
        return value
    if value is None or isinstance(value, PLAIN):
        return value
    if isinstance(value, Mapping):
        return {CLASS: "dict", CONTENT: [[to_plain(k), to_plain(v)] for k, v in value.items()]}
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    if isinstance(value, tuple):
        return {CLASS: "tuple", CONTENT: [to_plain(item) for item in value]}
    if isinstance(value, np.random.RandomState):
        return {CLASS: RANDOM, CONTENT: [to_plain(item) for item in value.get_state()]}
    kind = type(value)
    if kind.__module__.startswith("sklearn.") and hasattr(value, "__dict__"):
        return {CLASS: f"{kind.__module__}:{kind.__qualname__}", CONTENT: to_plain(vars(value))}
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} is not plain")


def from_plain(value: Any) -> Any:
    """The value of which ``to_plain`` made this. Raises TypeError for what it cannot be."""
    if isinstance(value, list):
        return [from_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    name, content = value[CLASS], value[CONTENT]
    if name == "numpy.generic":
        return content[0]
    if name == "dict":
        return {from_plain(k): from_plain(v) for k, v in content}
    if name == "tuple":
        return tuple(from_plain(item) for item in content)
    if name == RANDOM:
        random = np.random.RandomState(0)  # without a seed it would hold some entropy
        random.set_state(tuple(from_plain(item) for item in content))
        return random
    module, _, qualified = name.partition(":")
    if not module.startswith("sklearn."):
        raise TypeError(f"{name} is not of scikit-learn")
    kind = getattr(import_module(module), qualified)
    made = kind.__new__(kind)
    for name, held in from_plain(content).items():
        setattr(made, name, held)
    return made
