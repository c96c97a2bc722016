"""The compiled loop that turns records into slots and values, term by term.

No loop over rows runs in Python. A term of numeric features has one name and is hashed once. A
term with categorical features has a name per combination of levels: within a chunk every
combination met is hashed once and kept in a table, unless the combinations are so many that
hashing is cheaper; then at least the beginning of the name is hashed once per first level.
"""

import numpy as np
from numba import njit

from caudal.features.hashing import EMPTY, NOTHING, absorb, column_of, finish, slot_of

TABLE_LIMIT = 1 << 17
"""Largest number of level combinations of a term that get a table (int32 entries)."""


@njit(cache=True)
def _combine(codes, start, features, level_counts, out):
    """Number the combination of levels of each row from ``start``, in mixed radix."""
    out[:] = 0
    for feature in features:
        radix = level_counts[feature]
        feature_codes = codes[feature, start:]
        for row in range(out.size):
            out[row] = out[row] * radix + feature_codes[row]


@njit(cache=True)
def _hash_rows(
    rows, codes, start, features, text, literal_ends, levels, level_ends, first_level,
    beginnings, hashed, rest, length, hashes,
):  # fmt: skip
    """Hash of the term's name in each of ``rows`` (counted from ``start``) into ``hashes[rows]``.

    The name is the term's literals with the row's levels between them. ``beginnings`` (levels of
    the first feature, 3) keeps the hash's state up to the second level, all 0 where not yet known.
    hashed, rest and length are room for the states.
    """
    begin = absorb(NOTHING, text, literal_ends[0], literal_ends[1])
    if features.size == 0:
        for row in rows:
            hashes[row] = finish(begin)
        return
    first_codes = codes[features[0], start:]
    for row in rows:
        code = first_codes[row]
        if beginnings[code, 2] == 0:
            level = first_level[features[0]] + code
            state = absorb(begin, levels, level_ends[level], level_ends[level + 1])
            state = absorb(state, text, literal_ends[1], literal_ends[2])
            beginnings[code, 0], beginnings[code, 1], beginnings[code, 2] = state
    for row in rows:
        code = first_codes[row]
        hashed[row], rest[row] = beginnings[code, 0], beginnings[code, 1]
        length[row] = beginnings[code, 2]
    for i in range(1, features.size):
        base = first_level[features[i]]
        feature_codes = codes[features[i], start:]
        literal, literal_end = literal_ends[i + 1], literal_ends[i + 2]
        for row in rows:
            level = base + feature_codes[row]
            state = hashed[row], rest[row], length[row]
            state = absorb(state, levels, level_ends[level], level_ends[level + 1])
            hashed[row], rest[row], length[row] = absorb(state, text, literal, literal_end)
    for row in rows:
        hashes[row] = finish((hashed[row], rest[row], length[row]))


@njit(cache=True)
def encode(
    codes, products, start, stop,
    term_ends, term_features, term_product, term_place, text, text_ends,
    levels, level_ends, first_level, level_counts,
    tables, table_ends, beginnings, beginning_ends,
    n_features, slot_table, columns, size, first_term,
    out_slots, out_values,
):  # fmt: skip
    """Fill ``out_slots`` and ``out_values`` (rows, places) for the rows ``start:stop`` of a chunk.

    codes (categorical features, rows) int32 and products (numeric products, rows) float64 are the
    chunk's. Term t multiplies the levels of ``term_features[term_ends[t]:term_ends[t + 1]]`` by
    ``products[term_product[t]]`` and goes to the place ``term_place[t]``, where terms that always
    share a column add up. ``tables[table_ends[t]:table_ends[t + 1]]`` keeps
    ``2 * slot + (sign < 0)`` per combination of levels, or EMPTY, unless it has no entries, and
    ``beginnings[beginning_ends[t]:beginning_ends[t + 1]]`` a hash's state per first level.
    Begins at ``first_term``; returns the term after the last one done and the registry's new size.
    That is not the end where the registry lacks room for a column a row: make it and go on.
    """
    rows = stop - start
    everyone = np.arange(rows)
    unknown = np.empty(rows, np.int64)
    combinations = np.empty(rows, np.int64)
    hashes, known = np.empty(rows, np.int32), np.empty(rows, np.int32)
    hashed, rest = np.empty(rows, np.uint32), np.empty(rows, np.uint32)
    length = np.empty(rows, np.int64)
    for t in range(first_term, term_product.size):
        if columns.size < min(size + rows, n_features):
            return t, size
        features = term_features[term_ends[t] : term_ends[t + 1]]
        # A term of numbers has one name for all rows.
        named = rows if features.size else min(rows, 1)
        literal_ends = text_ends[term_ends[t] + t : term_ends[t + 1] + t + 2]
        table = tables[table_ends[t] : table_ends[t + 1]]
        to_hash = everyone[:named]
        if table.size:
            _combine(codes, start, features, level_counts, combinations[:named])
            count = 0
            for row in range(named):
                known[row] = table[combinations[row]]
                unknown[count] = row
                count += known[row] == EMPTY
            to_hash = unknown[:count]
        if to_hash.size:
            _hash_rows(
                to_hash, codes, start, features, text, literal_ends, levels, level_ends,
                first_level, beginnings[beginning_ends[t] : beginning_ends[t + 1]],
                hashed, rest, length, hashes,
            )  # fmt: skip
            for row in to_hash:
                slot = slot_of(column_of(hashes[row], n_features), slot_table, columns, size)
                size += slot == size
                known[row] = np.int32(2 * slot + (hashes[row] < 0))
            if table.size:
                for row in to_hash:
                    table[combinations[row]] = known[row]
        if named < rows:
            known[named:] = known[0]
        product = products[term_product[t], start:stop]
        place = term_place[t]
        for row in range(rows):
            out_slots[row, place] = known[row] >> 1
            out_values[row, place] += (1.0 - 2.0 * (known[row] & 1)) * product[row]
    return term_product.size, size
