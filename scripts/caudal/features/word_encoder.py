"""The words of a text feature as slots: places behind those of the terms, as many as a row has."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal.compiled import compiled
from caudal.features.hashing import (
    EMPTY,
    NOTHING,
    Registry,
    absorb,
    column_of,
    finish,
    first_look,
    slot_of,
)
from caudal.features.levels import bytes_and_ends


class RowWords:
    """One text feature of a chunk: its different words, each hashed once, and those of each row."""

    def __init__(self, name: str, column: pa.ChunkedArray):
        """``column`` holds a list of words for each row."""
        self._prefix = np.frombuffer(f"{name}=".encode(), np.uint8)
        lengths = pc.fill_null(pc.list_value_length(column), 0)
        self._ends = np.zeros(len(column) + 1, np.int64)
        np.cumsum(lengths.to_numpy(), out=self._ends[1:])
        words = flat_words(column)
        self._codes = words.indices.to_numpy()
        self._text, self._text_ends = bytes_and_ends(words.dictionary)
        self._known = np.full(len(words.dictionary), EMPTY, np.int32)

    def places(self, start: int, stop: int) -> int:
        """The most words that one of the rows ``start:stop`` has."""
        return int(np.diff(self._ends[start : stop + 1]).max(initial=0))

    def encode(
        self, start: int, stop: int, n_features: int, touched: Registry,
        slots: np.ndarray, values: np.ndarray, place: int,
    ) -> None:  # fmt: skip
        """Fill ``slots`` and ``values`` (rows, places) from ``place`` on; what is spare stays."""
        touched.make_room(min(touched.size + len(self._known), n_features))
        touched.size = _encode(
            self._prefix, self._text, self._text_ends, self._ends, self._codes, start, stop,
            self._known, n_features, touched.table, touched.columns, touched.size,
            slots, values, place,
        )  # fmt: skip


def flat_words(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """The words of all rows one after the other, dictionary-encoded."""
    chunks = [chunk.flatten() for chunk in column.chunks]
    return pa.chunked_array(chunks, pa.string()).combine_chunks().dictionary_encode()


@compiled
def _encode(
    prefix, text, text_ends, ends, codes, start, stop, known, n_features,
    registry, columns, size, slots, values, place,
):  # fmt: skip
    """Fill ``slots`` and ``values``; returns the registry's new size. There must be room.

    ``known`` keeps ``2 * slot + (sign < 0)`` per word, or EMPTY.
    """
    begin = absorb(NOTHING, prefix, 0, prefix.size)
    for row in range(start, stop):
        for i in range(ends[row], ends[row + 1]):
            word = codes[i]
            if known[word] == EMPTY:
                hashed = finish(absorb(begin, text, text_ends[word], text_ends[word + 1]))
                column = column_of(hashed, n_features)
                slot = slot_of(column, first_look(column, registry), registry, columns, size)
                size += slot == size
                known[word] = np.int32(2 * slot + (hashed < 0))
            at = place + i - ends[row]
            slots[row - start, at] = known[word] >> 1
            values[row - start, at] = 1.0 - 2.0 * (known[word] & 1)
    return size
