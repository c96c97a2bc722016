"""Rebatch a stream: the same rows in the same order, in batches of another size."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from importlib import import_module
from typing import Any

import numpy as np

from caudal.errors import UserError
from caudal.streams.streamer import Batch, Streamer, batch_length, seeded


def buffer_batch(generator: Iterable[Batch], buffer_size: int) -> Iterator[Batch]:
    """Yield the same rows in the same order, ``buffer_size`` to a batch, the last one short.

    A batch is copied only where it is joined to another: one that has the size already is passed
    on as it is, and a longer one is cut into views.

    Raises UserError for a size below 1 and RuntimeError for batches of different keys.

    >>> [len(batch["X"]) for batch in buffer_batch([{"X": np.zeros(5)}, {"X": np.zeros(2)}], 3)]
    [3, 3, 1]
    """
    if buffer_size < 1:
        raise UserError(f"buffer_size must be at least 1 row, not {buffer_size}.")
    parts, held = [], 0
    for batch in generator:
        length = batch_length(batch) or 0
        start = 0
        while held + length - start >= buffer_size:
            stop = start + buffer_size - held
            parts.append(_rows(batch, start, stop, length))
            yield _joined(parts)
            parts, held, start = [], 0, stop
        if start < length:
            parts.append(_rows(batch, start, length, length))
            held += length - start
    if parts:
        yield _joined(parts)


@seeded
def buffer_streamer(
    streamer: Streamer, buffer_size: int, *args: Any, **kwargs: Any
) -> Iterator[Batch]:
    """`buffer_batch` over ``streamer.generate(*args, **kwargs)``, closed with it.

    >>> streamer = Streamer([{"X": np.zeros(5)}])
    >>> [len(batch["X"]) for batch in Streamer(buffer_streamer, streamer, 4).generate()]
    [4, 1]
    """
    with closing(streamer.generate(*args, **kwargs)) as batches:
        yield from buffer_batch(batches, buffer_size)


def _rows(batch: Batch, start: int, stop: int, length: int) -> Batch:
    if stop - start == length:
        return batch
    return {key: _cut(array, start, stop) for key, array in batch.items()}


def _cut(array: Any, start: int, stop: int) -> Any:
    if _library(array) == "scipy":
        array = array.tocsr()
    return (array.iloc if _library(array) == "pandas" else array)[start:stop]


def _joined(parts: list[Batch]) -> Batch:
    if len(parts) == 1:
        return parts[0]
    for part in parts:
        if part.keys() != parts[0].keys():
            raise RuntimeError(
                "Batches of one stream must have the same keys, "
                f"not {sorted(parts[0])} and then {sorted(part)}."
            )
    return {key: _concatenated([part[key] for part in parts]) for key in parts[0]}


def _library(array: Any) -> str:
    return type(array).__module__.partition(".")[0]


def _concatenated(arrays: list) -> Any:
    """One array of the kind that the arrays are."""
    library = _library(arrays[0])
    if library == "pyarrow":
        return _concatenated_arrow(arrays)
    if library in ("pandas", "polars"):
        return import_module(library).concat(arrays)
    if library == "scipy":
        return import_module("scipy.sparse").vstack(arrays, arrays[0].format)
    if all(isinstance(array, list) for array in arrays):
        return [row for array in arrays for row in array]
    masked = any(isinstance(array, np.ma.MaskedArray) for array in arrays)
    return (np.ma if masked else np).concatenate(arrays)


def _concatenated_arrow(arrays: list) -> Any:
    import pyarrow

    if isinstance(arrays[0], pyarrow.Table):
        return pyarrow.concat_tables(arrays)
    if isinstance(arrays[0], pyarrow.ChunkedArray):
        return pyarrow.chunked_array([chunk for array in arrays for chunk in array.chunks])
    if pyarrow.types.is_dictionary(arrays[0].type):
        return _concatenated_dictionaries(arrays)
    return pyarrow.concat_arrays(arrays)


def _concatenated_dictionaries(arrays: list) -> Any:
    """Join dictionary arrays; each dictionary is merged once, however many pieces share it."""
    import pyarrow
    import pyarrow.compute as pc

    shared: dict[tuple, list[int]] = {}
    for place, array in enumerate(arrays):
        levels = array.dictionary
        addresses = [None if buffer is None else buffer.address for buffer in levels.buffers()]
        key = (*addresses, levels.offset, len(levels))
        shared.setdefault(key, []).append(place)
    dictionaries = [arrays[places[0]].dictionary for places in shared.values()]
    levels = pc.unique(pyarrow.concat_arrays(dictionaries))
    codes: list = [None] * len(arrays)
    for dictionary, places in zip(dictionaries, shared.values(), strict=True):
        merged = pc.index_in(dictionary, levels)
        pieces = pyarrow.chunked_array([arrays[place].indices for place in places])
        pieces = merged.take(pieces.combine_chunks())
        start = 0
        for place in places:
            codes[place] = pieces.slice(start, len(arrays[place]))
            start += len(arrays[place])
    return pyarrow.DictionaryArray.from_arrays(pyarrow.concat_arrays(codes), levels)
