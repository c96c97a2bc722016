"""Texts to words: what a text feature has instead of a level.

A text is taken in small letters and cut at whatever is no letter, digit, underscore or apostrophe
within a word. Each different word of a row counts once, as a level does.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

WORDS = pa.list_(pa.string())
"""The type of a text feature's column in the records: the different words of each row."""
MOST_WORDS = 1_000
"""Different words, and pairs of them, that a row has at most; those behind are left out."""

GAP = r"[^\pL\pM\pN_'’]+"
APOSTROPHES = "'’"


def words_of(column: pa.ChunkedArray, pairs: bool = False) -> pa.ListArray:
    """The different words of each text (rows,), in the text's order; none where it is missing.

    ``column`` is dictionary-encoded. With ``pairs``, every two words that stand side by side,
    joined by a blank, come behind the words.

    >>> texts = pa.chunked_array([pa.array(["Bird, bird: STRIKE!", None]).dictionary_encode()])
    >>> words_of(texts, pairs=True).to_pylist()
    [['bird', 'strike', 'bird bird', 'bird strike'], []]
    """
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(array, pa.ChunkedArray):
        array = array.unify_dictionaries().combine_chunks()
    # One empty list more, for the rows without a text.
    found = _of_texts(pa.concat_arrays([array.dictionary, pa.array([""], pa.string())]), pairs)
    return found.take(array.indices.fill_null(len(array.dictionary)))


def _of_texts(texts: pa.StringArray, pairs: bool) -> pa.ListArray:
    cut = pc.split_pattern_regex(pc.utf8_lower(texts.fill_null("")), GAP)
    rows = pc.list_parent_indices(cut).to_numpy()
    found = pc.utf8_trim(cut.flatten(), APOSTROPHES)
    there = pc.not_equal(found, "")
    rows, found = rows[there.to_numpy(zero_copy_only=False)], found.filter(there)
    if pairs and len(found) > 1:
        beside = rows[:-1] == rows[1:]
        first, second = (found[a:b].filter(pa.array(beside)) for a, b in ((0, -1), (1, len(found))))
        joined = pc.binary_join_element_wise(first, second, " ")
        found, rows = pa.concat_arrays([found, joined]), np.append(rows, rows[:-1][beside])
    return _different(found, rows, len(texts))


def _different(found: pa.StringArray, rows: np.ndarray, count: int) -> pa.ListArray:
    """Lists of the different words of each of ``count`` rows, the first ``MOST_WORDS``."""
    encoded = found.dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int64)
    _, first = np.unique(rows * (len(encoded.dictionary) + 1) + codes, return_index=True)
    first.sort()
    kept = first[np.argsort(rows[first], kind="stable")]
    # How many words of the same row stand before each.
    starts = np.searchsorted(rows[kept], np.arange(count + 1))
    place = np.arange(len(kept)) - starts[rows[kept]]
    kept = kept[place < MOST_WORDS]
    ends = np.searchsorted(rows[kept], np.arange(count + 1))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), found.take(pa.array(kept)))
