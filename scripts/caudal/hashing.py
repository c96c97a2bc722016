"""MurmurHash3 of term names, and the table from hashed columns to compact slots.

A model of 2**26 columns touches only those that its terms fall into. Every touched column gets a
*slot*, in the order of first touch, so that weights lie densely in memory and the work per batch
does not depend on ``n_features``.
"""

import numpy as np
from numba import njit

EMPTY = -1

_C1, _C2 = np.uint32(0xCC9E2D51), np.uint32(0x1B873593)
_M1, _M2, _M5 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35), np.uint32(0xE6546B64)


@njit(cache=True, inline="always")
def _mix(word):
    word = np.uint32(word * _C1)
    word = np.uint32((word << np.uint32(15)) | (word >> np.uint32(17)))
    return np.uint32(word * _C2)


@njit(cache=True, inline="always")
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


@njit(cache=True, inline="always")
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


@njit(cache=True, inline="always")
def column_of(hashed, n_features):
    """The column of a signed hash: ``abs(hash) % n_features``."""
    return np.int32(abs(np.int64(hashed)) % n_features)


@njit(cache=True, inline="always")
def _place(column, mask):
    # Fibonacci hashing: columns modulo a power of two keep structure in their low bits.
    return np.int64((np.uint64(column) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask


@njit(cache=True, forceinline=True)
def slot_of(column, table, columns, size):
    """The slot of ``column``, which is ``size`` where it is met for the first time.

    ``table`` (entries, 2) int32 holds column and slot by open addressing; there must be room.
    """
    mask = np.int64(table.shape[0] - 1)
    at = _place(column, mask)
    while table[at, 0] != EMPTY:
        if table[at, 0] == column:
            return table[at, 1]
        at = (at + 1) & mask
    table[at, 0] = column
    table[at, 1] = size
    columns[size] = column
    return np.int32(size)


@njit(cache=True)
def make_room(table, columns, size):
    """The registry's arrays with room for ``size`` columns, the table at most half full."""
    if columns.size >= size:
        return table, columns
    capacity = table.shape[0]
    while capacity < 2 * size:
        capacity *= 2
    wider = np.empty(capacity // 2, np.int32)
    wider[: columns.size] = columns
    larger = np.full((capacity, 2), EMPTY, np.int32)
    mask = np.int64(capacity - 1)
    for i in range(table.shape[0]):
        if table[i, 0] != EMPTY:
            at = _place(table[i, 0], mask)
            while larger[at, 0] != EMPTY:
                at = (at + 1) & mask
            larger[at, 0] = table[i, 0]
            larger[at, 1] = table[i, 1]
    return larger, wider


class Registry:
    """The columns touched so far and their slots.

    ``columns[:size]`` holds the column of every slot (int32); ``table`` leads from column to slot.
    """

    def __init__(self):
        """Start empty."""
        self.table = np.full((1024, 2), EMPTY, np.int32)
        self.columns = np.empty(512, np.int32)
        self.size = 0

    def touched(self) -> np.ndarray:
        """The column of every slot, shape (size,), int32."""
        return self.columns[: self.size]
