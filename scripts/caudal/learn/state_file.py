"""Files of nested arrays and plain values that are read without running anything.

The first line names the format, the length of the JSON text that follows, and its SHA-256. The
text holds the content, an array by its number, and of each array the type, the shape, the order in
memory and the SHA-256 of its bytes. The bytes follow, array after array. An array of mostly zeros
stands as two: the places of its other entries, and those.
"""

import hashlib
import json
import os
from io import BufferedReader
from pathlib import Path
from typing import Any, Literal

import numpy as np

from caudal.atomic import whole_file

FORMAT = b"caudal-state-1"
ARRAY = "array number"
"""The only key of what stands for an array."""

MOSTLY_ZEROS = "mostly zeros"
"""The key of what stands for an array of mostly zeros: its shape and order, places and values."""

WORTH_IT = 1024
"""Entries from which on an array of mostly zeros is written without them."""

KINDS = "biufcSU"
"""Kinds of dtype whose bytes are all that there is to an array."""


def write(path: str | Path, content: Any) -> None:
    """Write ``content`` whole: dicts with text keys, lists, numbers, texts, None and arrays.

    Raises TypeError where it holds anything else.
    """
    arrays: list[np.ndarray] = []
    head = {"content": _without_arrays(content, arrays), "arrays": [_describe(a) for a in arrays]}
    text = json.dumps(head).encode()
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        digest = hashlib.sha256(text).hexdigest().encode()
        file.write(b"%s %d %s\n" % (FORMAT, len(text), digest))
        file.write(text)
        for array in arrays:
            file.write(_bytes(array))


def read(path: str | Path) -> Any | None:
    """What ``write`` was given, to the bit; None where the file is damaged or another's.

    Raises FileNotFoundError where there is none. The arrays are new ones, to be written to.
    """
    with open(path, "rb") as file:
        head = _read_head(file)
        if head is None:
            return None
        arrays = []
        for described in head["arrays"]:
            array = _read_array(file, described)
            if array is None:
                return None
            arrays.append(array)
        return None if file.read(1) else _with_arrays(head["content"], arrays)


def peek(path: str | Path) -> Any | None:
    """As ``read``, with the arrays left out: something else stands in their places."""
    with open(path, "rb") as file:
        head = _read_head(file)
        return head and head["content"]


def _read_head(file: BufferedReader) -> dict | None:
    words = file.readline(128).split()
    if len(words) != 3 or words[0] != FORMAT or not words[1].isdigit():
        return None
    text = file.read(min(int(words[1]), os.fstat(file.fileno()).st_size))
    whole = hashlib.sha256(text).hexdigest().encode() == words[2]
    return json.loads(text) if whole else None


def _without_arrays(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in KINDS:
            raise TypeError(f"an array of {value.dtype} is not plain")
        if (places := _other_entries(value)) is not None:
            entries = {"places": places, "values": value.ravel(_order(value))[places]}
            shape = [*value.shape, _order(value)]
            return {MOSTLY_ZEROS: shape, **_without_arrays(entries, arrays)}
        arrays.append(value)
        return {ARRAY: len(arrays) - 1}
    if isinstance(value, dict):
        if {ARRAY, MOSTLY_ZEROS} & value.keys() or not all(isinstance(key, str) for key in value):
            raise TypeError("the keys of a dict have to be texts")
        return {key: _without_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_arrays(item, arrays) for item in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{type(value).__qualname__} is not plain")


def _with_arrays(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        if ARRAY in value:
            return arrays[value[ARRAY]]
        if MOSTLY_ZEROS in value:
            *shape, order = value[MOSTLY_ZEROS]
            places, values = (_with_arrays(value[key], arrays) for key in ("places", "values"))
            array = np.zeros(shape, values.dtype, order)
            array.ravel(order)[places] = values  # the array's own memory
            return array
        return {key: _with_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_arrays(item, arrays) for item in value]
    return value


def _other_entries(array: np.ndarray) -> np.ndarray | None:
    """The places in memory of entries that are not zero to the bit, if they are few enough."""
    if array.dtype.kind not in "fiu" or array.itemsize > 8 or array.size < WORTH_IT:
        return None
    bits = array.ravel(_order(array)).view(f"u{array.itemsize}")
    places = np.flatnonzero(bits)
    return places if 3 * places.size < array.size else None


def _describe(array: np.ndarray) -> dict:
    return {
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "order": _order(array),
        "sha256": hashlib.sha256(_bytes(array)).hexdigest(),
    }


def _order(array: np.ndarray) -> Literal["C", "F"]:
    return "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"


def _bytes(array: np.ndarray) -> memoryview:
    """The bytes of an array in its order, copied only where they are scattered."""
    return memoryview(array.ravel(_order(array)).view(np.uint8).data)


def _read_array(file: BufferedReader, described: dict) -> np.ndarray | None:
    """The next array; the text that describes it is known to be whole."""
    array = np.empty(described["shape"], described["dtype"], order=described["order"])
    content = _bytes(array)  # the array's own memory
    whole = file.readinto(content) == content.nbytes
    if not whole or hashlib.sha256(content).hexdigest() != described["sha256"]:
        return None
    return array
