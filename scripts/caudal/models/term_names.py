"""Names the terms with levels: which combinations of levels the data hold.

Level combinations are numbered as they are met, by a hash table of integers. A combination is the
number of its beginning and the code of its last level, so that ``c1, c2, c3`` builds on
``c1, c2``, and terms that differ in their numbers alone share theirs. Names are only made at the
end, all at once.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal.compiled import compiled
from caudal.features.hashing import EMPTY, NOTHING, absorb, column_of, finish
from caudal.features.levels import bytes_and_ends, codes_and_levels
from caudal.features.tables import is_words
from caudal.features.terms import Term
from caudal.features.word_encoder import flat_words

log = logging.getLogger("caudal")

MOST_COMBINATIONS = 5_000_000
"""Level combinations that are told apart; those met later are not named, which is told."""

BLOCK = 1 << 18
"""Names made at once."""


class Naming:
    """Collects the level combinations of ``terms`` chunk by chunk, then names them."""

    def __init__(self, terms: Sequence[Term], most: int = MOST_COMBINATIONS):
        self._terms = [term for term in terms if term.categorical]
        self._levels: dict[str, dict[str, int]] = {
            name: {} for name in dict.fromkeys(f for t in self._terms for f in t.categorical)
        }
        beginnings = {
            t.categorical[:i] for t in self._terms for i in range(1, len(t.categorical) + 1)
        }
        self._numbers = {key: Numbers() for key in sorted(beginnings, key=lambda k: (len(k), k))}
        self._room = most

    def add(self, records: pa.Table) -> None:
        """Take in the records (dictionary columns) of a chunk."""
        codes = {name: self._global_codes(records, name) for name in self._levels}
        met: dict[tuple[str, ...], np.ndarray] = {}
        for key, numbers in self._numbers.items():
            before, own = numbers.size, codes[key[-1]]
            # A level begins with nothing, and so do words, of which a row has any number.
            beginnings = met[key[:-1]] if len(key) > 1 else np.zeros(len(own), np.int64)
            met[key] = numbers.number(beginnings, own, before + self._room)
            self._room -= numbers.size - before

    def _global_codes(self, records: pa.Table, name: str) -> np.ndarray:
        column = records.column(name)
        if is_words(column.type):
            column = pa.chunked_array([flat_words(column)])
        codes, levels = codes_and_levels(column)
        known = self._levels[name]
        places = [known.setdefault(level, len(known)) for level in levels.to_pylist()]
        return np.array(places, np.int64)[codes]

    def names(self) -> Iterator[pa.StringArray]:
        """The names of all terms met, in blocks of bounded length, without repetitions."""
        if self._room <= 0:
            log.warning(
                "There are more level combinations than can be named; the terms of the first %d "
                "are, and collisions are counted among them.",
                sum(numbers.size for numbers in self._numbers.values()),
            )  # fmt: skip
        texts = {name: pa.array(list(known), pa.string()) for name, known in self._levels.items()}
        for term in self._terms:
            for start in range(0, self._numbers[term.categorical].size, BLOCK):
                yield self._block(term, start, texts)

    def _block(self, term: Term, start: int, texts: dict[str, pa.StringArray]) -> pa.StringArray:
        numbers = np.arange(start, min(start + BLOCK, self._numbers[term.categorical].size))
        levels = []
        for i in range(len(term.categorical), 0, -1):
            key = term.categorical[:i]
            numbers, codes = self._numbers[key].parts(numbers)
            levels.append(texts[key[-1]].take(pa.array(codes)))
        pieces: list = [pa.scalar(term.literals[0])]
        for level, literal in zip(reversed(levels), term.literals[1:], strict=True):
            pieces += [level, pa.scalar(literal)]
        return pc.binary_join_element_wise(*pieces, "")


class Numbers:
    """Numbers pairs of a beginning and a level in the order they are first met."""

    def __init__(self):
        """Start empty."""
        self.size = 0
        self._keys = np.empty(512, np.int64)
        self._table = np.full(1024, EMPTY, np.int32)

    def number(self, beginnings: np.ndarray, codes: np.ndarray, most: int) -> np.ndarray:
        """The number of each pair, shape (rows,), int64; -1 for new ones beyond ``most``.

        A pair whose beginning is -1 has no number either.
        """
        if len(self._keys) < self.size + len(codes):
            capacity = 1 << (self.size + len(codes) - 1).bit_length()
            self._keys = np.concatenate(
                [self._keys[: self.size], np.empty(capacity - self.size, np.int64)]
            )
            self._table = np.full(2 * capacity, EMPTY, np.int32)
            _fill(self._table, self._keys, self.size)
        numbers = np.empty(len(codes), np.int64)
        self.size = _number(beginnings, codes, self._table, self._keys, self.size, most, numbers)
        return numbers

    def parts(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The beginnings and the codes of the pairs with these numbers."""
        keys = self._keys[numbers]
        return keys >> 32, keys & 0xFFFFFFFF


@compiled(inline="always")
def _place(key, mask):
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed ^ (mixed >> np.uint64(29))) >> np.uint64(8)) & mask


@compiled
def _fill(table, keys, size):
    mask = np.int64(table.size - 1)
    for i in range(size):
        at = _place(keys[i], mask)
        while table[at] != EMPTY:
            at = (at + 1) & mask
        table[at] = i


@compiled
def _number(beginnings, codes, table, keys, size, most, numbers):
    mask = np.int64(table.size - 1)
    for row in range(codes.size):
        numbers[row] = -1
        if beginnings[row] < 0:
            continue
        key = (beginnings[row] << 32) | codes[row]
        at = _place(key, mask)
        while table[at] != EMPTY and keys[table[at]] != key:
            at = (at + 1) & mask
        if table[at] == EMPTY:
            if size >= most:
                continue
            keys[size] = key
            table[at] = size
            size += 1
        numbers[row] = table[at]
    return size


def columns_and_signs(names: pa.StringArray, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the terms called ``names`` are hashed to: columns (int32) and signs (1.0 or -1.0).

    >>> columns_and_signs(pa.array(["x1"]), 2**22)
    (array([3270775], dtype=int32), array([-1.]))
    """
    data, ends = bytes_and_ends(names)
    columns, signs = np.empty(len(names), np.int32), np.empty(len(names))
    _hash(data, ends, n_features, columns, signs)
    return columns, signs


@compiled
def _hash(data, ends, n_features, columns, signs):
    for i in range(columns.size):
        hashed = finish(absorb(NOTHING, data, ends[i], ends[i + 1]))
        columns[i] = column_of(hashed, n_features)
        signs[i] = -1.0 if hashed < 0 else 1.0


def name_terms(
    terms: Sequence[Term], chunks: Iterable[pa.Table], most: int = MOST_COMBINATIONS
) -> Iterator[pa.StringArray]:
    """The names of all ``terms`` that the records in ``chunks`` hold, in blocks.

    Terms of numbers alone are named without the records, which are then not asked for.
    """
    yield pa.array([term.name() for term in terms if not term.categorical], pa.string())
    if any(term.categorical for term in terms):
        naming = Naming(terms, most)
        for records in chunks:
            naming.add(records)
        yield from naming.names()
