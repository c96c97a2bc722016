"""The levels of a categorical feature, numbered alike in all chunks of a stream.

Every chunk has a dictionary of its own. Numbering its levels by the stream's costs a look-up per
level, not per row, and what is known of a level stays known from chunk to chunk.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal.compiled import compiled
from caudal.features.hashing import EMPTY, NOTHING, absorb, finish

MOST_LEVELS = 1 << 16
"""Levels of a feature that are remembered: the texts of ids without end must not fill memory."""


class Levels:
    """The levels met, in order.

    ``ends[i]`` to ``ends[i + 1]`` is the UTF-8 of level i in ``text``. ``capacity`` is a power of
    two that ``size`` does not exceed. Where the levels are too many all are forgotten, and the
    chunk's begin anew; ``forgotten`` counts how often that was.
    """

    def __init__(self):
        """Start empty."""
        self.forgotten = -1
        self._forget()

    def _forget(self) -> None:
        self.size, self.capacity = 0, 8
        self.text, self.ends = np.empty(64, np.uint8), np.zeros(self.capacity + 1, np.int64)
        self._table = np.full(2 * self.capacity, EMPTY, np.int32)
        self.forgotten += 1

    def number(self, levels: pa.StringArray) -> np.ndarray:
        """The number of each of ``levels``, shape (levels,), int32."""
        data, ends = bytes_and_ends(levels)
        numbers = self._number(data, ends)
        if self.size > max(MOST_LEVELS, len(levels)):
            self._forget()
            numbers = self._number(data, ends)
        return numbers

    def _number(self, data: np.ndarray, ends: np.ndarray) -> np.ndarray:
        numbers = np.empty(len(ends) - 1, np.int32)
        self._make_room(len(numbers), len(data))
        self.size = _number(data, ends, self.text, self.ends, self._table, self.size, numbers)
        while self.capacity < self.size:
            self.capacity *= 2
        return numbers

    def _make_room(self, levels: int, length: int) -> None:
        self.text = _longer(self.text, int(self.ends[self.size]) + length)
        self.ends = _longer(self.ends, self.size + levels + 1)
        if len(self._table) < 2 * (self.size + levels):
            self._table = np.full(1 << (2 * (self.size + levels)).bit_length(), EMPTY, np.int32)
            _enter(self.text, self.ends, self._table, self.size)


def _longer(array: np.ndarray, length: int) -> np.ndarray:
    """``array`` with room for at least ``length`` entries."""
    if len(array) >= length:
        return array
    longer = np.empty(max(length, 2 * len(array)), array.dtype)
    longer[: len(array)] = array
    return longer


@compiled
def _find(data, start, stop, text, ends, table):
    """The place in ``table`` of the level ``data[start:stop]``, or of where it belongs."""
    mask = np.int64(table.size - 1)
    at = np.int64(np.uint32(finish(absorb(NOTHING, data, start, stop)))) & mask
    while table[at] != EMPTY:
        first, last = ends[table[at]], ends[table[at] + 1]
        if last - first == stop - start:
            i = 0
            while i < stop - start and text[first + i] == data[start + i]:
                i += 1
            if i == stop - start:
                return at
        at = (at + 1) & mask
    return at


@compiled
def _number(data, data_ends, text, ends, table, size, numbers):
    """Number the levels in ``data``, enter new ones; returns the new size. There must be room."""
    for i in range(numbers.size):
        start, stop = data_ends[i], data_ends[i + 1]
        at = _find(data, start, stop, text, ends, table)
        if table[at] == EMPTY:
            end = ends[size]
            text[end : end + stop - start] = data[start:stop]
            ends[size + 1] = end + stop - start
            table[at] = size
            size += 1
        numbers[i] = table[at]
    return size


@compiled
def _enter(text, ends, table, size):
    for level in range(size):
        table[_find(text, ends[level], ends[level + 1], text, ends, table)] = level


def codes_and_levels(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """Codes (int32) into the levels (text); a missing category is a level more, the empty text."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(array, pa.ChunkedArray):
        array = array.unify_dictionaries().combine_chunks()
    codes, levels = array.indices, array.dictionary
    if codes.null_count:
        codes = pc.fill_null(codes, len(levels))
        levels = pa.concat_arrays([levels, pa.array([""], pa.string())])
    return codes.to_numpy(), levels


def bytes_and_ends(levels: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """UTF-8 of all ``levels`` (uint8) and the places where each begins, and the last ends."""
    _, offsets, data = levels.buffers()
    if data is None or not len(levels):
        return np.empty(0, np.uint8), np.zeros(len(levels) + 1, np.int64)
    ends = np.frombuffer(offsets, np.int32)[levels.offset : levels.offset + len(levels) + 1]
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]], (ends - ends[0]).astype(np.int64)
