"""MurmurHash3 of term names, and the table from hashed columns to compact slots.

A model of 2**26 columns touches only those that its terms fall into. Every touched column gets a
*slot*, in the order of first touch, so that weights lie densely in memory and the work per batch
does not depend on ``n_features``.
"""

import numpy as np

from caudal.compiled import compiled

EMPTY = -1

_C1, _C2 = np.uint32(0xCC9E2D51), np.uint32(0x1B873593)
_M1, _M2, _M5 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35), np.uint32(0xE6546B64)


@compiled(inline="always")
def _mix(word):
    word = np.uint32(word * _C1)
    word = np.uint32((word << np.uint32(15)) | (word >> np.uint32(17)))
    return np.uint32(word * _C2)


@compiled(inline="always")
def absorb(state, data, start, stop):
    """MurmurHash3 x86 32-bit, seed 0, fed ``data[start:stop]`` (uint8); begin with NOTHING.

    The state (hash so far, bytes not yet mixed, length) can be kept and fed different endings.
    Source: Austin Appleby's public-domain MurmurHash3_x86_32, the hash of scikit-learn's
    FeatureHasher.
    """
    hashed, word, length = state
    for i in range(start, stop):
        word |= np.uint32(data[i]) << np.uint32(8 * (length & 3))
        length += 1
        if length & 3 == 0:
            hashed ^= _mix(word)
            hashed = np.uint32((hashed << np.uint32(13)) | (hashed >> np.uint32(19)))
            hashed = np.uint32(np.uint32(hashed * np.uint32(5)) + _M5)
            word = np.uint32(0)
    return hashed, word, length


@compiled(inline="always")
def finish(state):
    """The hash of all bytes fed, as a signed 32-bit integer."""
    hashed, word, length = state
    if length & 3:
        hashed ^= _mix(word)
    hashed ^= np.uint32(length)
    hashed ^= hashed >> np.uint32(16)
    hashed = np.uint32(hashed * _M1)
    hashed ^= hashed >> np.uint32(13)
    hashed = np.uint32(hashed * _M2)
    hashed ^= hashed >> np.uint32(16)
    return np.int32(hashed)


NOTHING = (np.uint32(0), np.uint32(0), np.int64(0))


@compiled(inline="always")
def column_of(hashed, n_features):
    """The column of a signed hash: ``abs(hash) % n_features``."""
    return np.int32(abs(np.int64(hashed)) % n_features)


@compiled(inline="always")
def _place(column, mask):
    # Fibonacci hashing: columns modulo a power of two keep structure in their low bits.
    return np.int64((np.uint64(column) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask


@compiled(inline="always")
def first_look(column, table):
    """What stands in ``table`` where ``column`` belongs: fetched for many before any is needed."""
    return table[_place(column, np.int64(table.size - 1))]


@compiled(forceinline=True)
def slot_of(column, look, table, columns, size):
    """The slot of ``column``, which is ``size`` where it is met for the first time.

    ``table`` (entries,) int64 holds ``slot << 32 | column`` by open addressing; there must be
    room. ``look`` is the column's first look, however long ago.
    """
    if look != EMPTY and np.int32(look & 0x7FFFFFFF) == column:
        return np.int32(look >> 32)
    mask = np.int64(table.size - 1)
    at = _place(column, mask)
    while table[at] != EMPTY:
        if np.int32(table[at] & 0x7FFFFFFF) == column:
            return np.int32(table[at] >> 32)
        at = (at + 1) & mask
    table[at] = (np.int64(size) << 32) | np.int64(column)
    columns[size] = column
    return np.int32(size)


@compiled
def _enter(columns, table):
    for slot in range(columns.size):
        slot_of(columns[slot], EMPTY, table, columns, slot)


class Registry:
    """The columns touched so far and their slots.

    ``columns[:size]`` holds the column of every slot (int32); ``table`` leads from column to slot
    (int64, both in one entry, so that a look-up fetches one line of memory).
    """

    def __init__(self):
        """Start empty."""
        self._start()

    def _start(self) -> None:
        self.table = np.full(1024, EMPTY, np.int64)
        self.columns = np.empty(2 * len(self.table) // 3, np.int32)
        self.size = 0

    def touched(self) -> np.ndarray:
        """The column of every slot, shape (size,), int32."""
        return self.columns[: self.size]

    def set_touched(self, touched: np.ndarray) -> None:
        """Begin with the columns that another registry has ``touched``, in the same slots."""
        self._start()
        self.make_room(len(touched))
        self.size = len(touched)
        self.columns[: self.size] = touched
        _enter(self.touched(), self.table)

    def make_room(self, size: int) -> None:
        """Have room for ``size`` columns, with the table at most two thirds full."""
        if size <= len(self.columns):
            return
        capacity = len(self.table)
        while 2 * capacity < 3 * size:
            capacity *= 2
        touched, self.columns = self.touched(), np.empty(2 * capacity // 3, np.int32)
        self.columns[: self.size] = touched
        self.close()  # its memory goes before the larger one's comes
        self.table = np.full(capacity, EMPTY, np.int64)
        _enter(self.touched(), self.table)

    def close(self) -> None:
        """Let go of the table, most of the memory: no column will be looked up any more."""
        self.table = np.empty(0, np.int64)
