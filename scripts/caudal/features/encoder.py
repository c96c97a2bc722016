"""Encoder: a chunk of records to slots and values, batch by batch."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix
from sklearn.utils import murmurhash3_32

from caudal.features.encode_kernel import BLOCK, encode
from caudal.features.hashing import EMPTY, Registry
from caudal.features.levels import Levels, codes_and_levels
from caudal.features.tables import text_columns
from caudal.features.word_encoder import RowWords

if TYPE_CHECKING:
    from caudal.features.vectorizer import Vectorizer

TABLE_ENTRIES = 1 << 20
"""Combinations of levels of all terms together that are kept in tables (int32 entries)."""


class Encoder:
    """Holds one chunk ready for the compiled loop and encodes ranges of its rows.

    The registry is shared by all chunks of a stream, so that a column keeps its slot; levels keep
    their numbers and the tables what they know for as long as they have room.
    """

    def __init__(self, vectorizer: "Vectorizer", registry: Registry):
        self.vectorizer = vectorizer
        self.registry = registry
        self._names: list[str] | None = None

    def load(self, table: pa.Table) -> None:
        """Make the chunk ``table`` (float64 and dictionary columns) the one to encode."""
        if self._names != table.column_names:
            self._compile(table)
        self._numbers = np.empty((len(self.numeric), table.num_rows))
        for i, name in enumerate(self.numeric):
            self._numbers[i] = _numbers(table, name)
        self._codes = np.empty((len(self.categorical), table.num_rows), np.int32)
        for i, name in enumerate(self.categorical):
            codes, levels = codes_and_levels(table.column(name))
            self._levels[i].number(levels).take(codes, out=self._codes[i])
        self._words = [RowWords(name, table.column(name)) for name in self.texts]
        self._join_levels()

    def encode(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Slots (int32) and values (float64) of the rows ``start:stop``, shape (rows, places).

        A place is a term's; terms of numbers alone stand in the order of their columns and share
        the place where they share the column, so that sums are taken as in a CSR matrix. Behind
        them stand the words of texts; where a row has fewer than the others, values are 0.
        """
        slots, values = self._encode_terms(start, stop)
        if not self._words:
            return slots, values
        widths = [words.places(start, stop) for words in self._words]
        more = ((0, 0), (0, sum(widths)))
        slots, values = np.pad(slots, more), np.pad(values, more)
        place = self._places
        for words, width in zip(self._words, widths, strict=True):
            n_features = self.vectorizer.n_features
            words.encode(start, stop, n_features, self.registry, slots, values, place)
            place += width
        return slots, values

    def _encode_terms(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        shape = (stop - start, self._places)
        slots, values = np.empty(shape, np.int32), np.empty(shape)
        touched, row, term = self.registry, start, 0
        while row < stop:
            touched.make_room(min(touched.size + BLOCK, self.vectorizer.n_features))
            done = row - start
            row, term, touched.size = encode(
                self._codes, self._numbers, row, stop, term,
                self._term_ends, self._term_features, self._factor_ends, self._factors,
                self._term_place, self._term_opens, self._text, self._text_ends,
                self._level_text, self._level_ends, self._first_level, self._capacity,
                self._tables, self._table_ends, self._beginnings, self._beginning_ends,
                self.vectorizer.n_features, touched.table, touched.columns, touched.size,
                slots[done:], values[done:],
            )  # fmt: skip
        return slots, values

    def _compile(self, table: pa.Table) -> None:
        """Lay out the terms as flat arrays; done once, as all chunks have the same columns."""
        self._names = table.column_names
        self.texts = text_columns(table)
        self.terms = self.vectorizer.terms(table.drop_columns(self.texts))
        self.categorical = list(dict.fromkeys(f for t in self.terms for f in t.categorical))
        self.numeric = list(dict.fromkeys(name for t in self.terms for name, _ in t.numeric))
        self._levels = [Levels() for _ in self.categorical]
        self._laid_out: list[tuple[int, int]] | None = None
        place = {name: i for i, name in enumerate(self.categorical)}
        self._term_features, self._term_ends = _flat(
            [place[name] for name in term.categorical] for term in self.terms
        )
        place = {name: i for i, name in enumerate(self.numeric)}
        self._factors, self._factor_ends = _flat(
            [place[name] for name, power in term.numeric for _ in range(power)]
            for term in self.terms
        )
        self._place_terms()
        literals = [text.encode() for term in self.terms for text in term.literals]
        self._text = np.frombuffer(b"".join(literals), np.uint8)
        self._text_ends = _ends([len(text) for text in literals])

    def _place_terms(self) -> None:
        self._term_place = np.arange(len(self.terms))
        if not self.categorical:
            hashes = [abs(murmurhash3_32(term.name())) for term in self.terms]
            columns = [hashed % self.vectorizer.n_features for hashed in hashes]
            self._term_place = np.unique(columns, return_inverse=True)[1]
        self._places = int(self._term_place.max(initial=-1)) + 1
        self._term_opens = np.zeros(len(self.terms), np.bool_)
        self._term_opens[np.unique(self._term_place, return_index=True)[1]] = True

    def _join_levels(self) -> None:
        levels = self._levels
        self._level_text = _joined([level.text[: level.ends[level.size]] for level in levels])
        self._level_ends = _ends(
            _joined([np.diff(level.ends[: level.size + 1]) for level in levels])
        )
        self._first_level = _ends([level.size for level in levels])
        layout = [(level.capacity, level.forgotten) for level in levels]
        if self._laid_out != layout:
            self._laid_out = layout
            self._lay_out_tables()

    def _lay_out_tables(self) -> None:
        """Empty tables by the levels' capacities; the smallest first, as far as there is room."""
        self._capacity = np.array([level.capacity for level in self._levels], np.int64)
        capacities = [
            [int(self._capacity[f]) for f in self._term_features[first:last]]
            for first, last in pairwise(self._term_ends)
        ]
        sizes = [math.prod(counts) for counts in capacities]
        room = TABLE_ENTRIES
        for t in sorted(range(len(sizes)), key=sizes.__getitem__):
            sizes[t] = sizes[t] if sizes[t] <= room else 0
            room -= sizes[t]
        self._table_ends = _ends(sizes)
        self._beginning_ends = _ends([counts[0] if counts else 0 for counts in capacities])
        self._tables = np.full(self._table_ends[-1], EMPTY, np.int32)
        self._beginnings = np.zeros((self._beginning_ends[-1], 3), np.uint32)


def _flat(lists: Iterable[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """All ``lists`` one after the other (int64), and the places where each begins."""
    lists = list(lists)
    return np.array([item for one in lists for item in one], np.int64), _ends(map(len, lists))


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.empty(0, np.uint8)


def _ends(lengths: Iterable[int]) -> np.ndarray:
    lengths = np.fromiter(lengths, np.int64)
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    return ends


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    column = table.column(name)
    return column.chunk(0).to_numpy() if column.num_chunks == 1 else column.to_numpy()


def to_csr(slots: np.ndarray, values: np.ndarray, columns: np.ndarray, width: int) -> csr_matrix:
    """The matrix of ``values`` (rows, terms) in ``columns[slots]``, zeros left out, CSR."""
    kept = values != 0.0
    starts = np.zeros(len(values) + 1, np.int32)
    np.cumsum(kept.sum(axis=1), out=starts[1:])
    matrix = csr_matrix((values[kept], columns[slots[kept]], starts), shape=(len(values), width))
    matrix.sum_duplicates()
    return matrix
