"""Encoder: a chunk of records to slots and values, batch by batch."""

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_matrix
from sklearn.utils import murmurhash3_32

from caudal.features.encode_kernel import TABLE_LIMIT, encode
from caudal.features.hashing import EMPTY, Registry

if TYPE_CHECKING:
    from caudal.features.vectorizer import Vectorizer


class Encoder:
    """Holds one chunk ready for the compiled loop and encodes ranges of its rows.

    The registry is shared by all chunks of a stream, so that a column keeps its slot.
    """

    def __init__(self, vectorizer: "Vectorizer", registry: Registry):
        self.vectorizer = vectorizer
        self.registry = registry
        self._names = None

    def load(self, table: pa.Table) -> None:
        """Make the chunk ``table`` (float64 and dictionary columns) the one to encode."""
        if self._names != table.column_names:
            self._compile(table)
        self._load_products(table)
        self._load_levels(table)

    def encode(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Slots (int32) and values (float64) of the rows ``start:stop``, shape (rows, places).

        A place is a term's; terms of numbers alone stand in the order of their columns and share
        the place where they share the column, so that sums are taken as in a CSR matrix.
        """
        shape = (stop - start, self._places)
        slots, values = np.empty(shape, np.int32), np.zeros(shape)
        touched, term, width = self.registry, 0, self.vectorizer.n_features
        while term < len(self.terms):
            touched.make_room(min(touched.size + len(slots), width))
            term, touched.size = encode(
                self._codes, self._products, start, stop,
                self._term_ends, self._term_features, self._term_product, self._term_place,
                self._text, self._text_ends,
                self._levels, self._level_ends, self._first_level, self._level_counts,
                self._tables, self._table_ends, self._beginnings, self._beginning_ends,
                width, touched.table, touched.columns, touched.size, term,
                slots, values,
            )  # fmt: skip
        return slots, values

    def _compile(self, table: pa.Table) -> None:
        """Lay out the terms as flat arrays; done once, as all chunks have the same columns."""
        self._names = table.column_names
        self.terms = self.vectorizer.terms(table)
        self.categorical = list(dict.fromkeys(f for t in self.terms for f in t.categorical))
        self._factors = list(dict.fromkeys(t.numeric for t in self.terms))
        place = {name: i for i, name in enumerate(self.categorical)}
        features = [place[name] for term in self.terms for name in term.categorical]
        self._term_features = np.array(features, np.int64)
        self._term_ends = _ends([len(term.categorical) for term in self.terms])
        self._term_product = np.array([self._factors.index(t.numeric) for t in self.terms])
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
        self._places = int(self._term_place.max()) + 1

    def _load_products(self, table: pa.Table) -> None:
        self._products = np.empty((len(self._factors), table.num_rows))
        for i, factors in enumerate(self._factors):
            parts = [_numbers(table, name) for name, power in factors for _ in range(power)]
            self._products[i] = 1.0
            for part in parts:
                self._products[i] *= part

    def _load_levels(self, table: pa.Table) -> None:
        self._codes = np.empty((len(self.categorical), table.num_rows), np.int32)
        data, lengths, counts = [], [], []
        for i, name in enumerate(self.categorical):
            codes, levels = codes_and_levels(table.column(name))
            self._codes[i] = codes
            text, ends = bytes_and_ends(levels)
            data.append(text)
            lengths.append(np.diff(ends))
            counts.append(len(levels))
        self._levels = np.concatenate(data) if data else np.empty(0, np.uint8)
        self._level_ends = _ends(np.concatenate(lengths) if lengths else [])
        self._first_level = _ends(counts)
        self._level_counts = np.array(counts, np.int64)
        self._load_tables()

    def _load_tables(self) -> None:
        sizes, beginnings = [], []
        for first, last in zip(self._term_ends[:-1], self._term_ends[1:], strict=True):
            counts = [int(self._level_counts[f]) for f in self._term_features[first:last]]
            small = math.prod(counts) <= TABLE_LIMIT
            sizes.append(math.prod(counts) if small else 0)
            beginnings.append(counts[0] if counts else 0)
        self._table_ends, self._beginning_ends = _ends(sizes), _ends(beginnings)
        self._tables = np.full(self._table_ends[-1], EMPTY, np.int32)
        self._beginnings = np.zeros((self._beginning_ends[-1], 3), np.int64)


def _ends(lengths) -> np.ndarray:
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    return ends


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    column = table.column(name)
    return column.chunk(0).to_numpy() if column.num_chunks == 1 else column.to_numpy()


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
    ends = np.frombuffer(offsets, np.int32)[levels.offset : levels.offset + len(levels) + 1]
    if data is None or not len(levels):
        return np.empty(0, np.uint8), np.zeros(len(levels) + 1, np.int64)
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]], (ends - ends[0]).astype(np.int64)


def to_csr(slots: np.ndarray, values: np.ndarray, columns: np.ndarray, width: int) -> csr_matrix:
    """The matrix of ``values`` (rows, terms) in ``columns[slots]``, zeros left out, CSR."""
    kept = values != 0.0
    starts = np.zeros(len(values) + 1, np.int32)
    np.cumsum(kept.sum(axis=1), out=starts[1:])
    matrix = csr_matrix((values[kept], columns[slots[kept]], starts), shape=(len(values), width))
    matrix.sum_duplicates()
    return matrix
