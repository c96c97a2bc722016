"""The compiled loop that turns records into slots and values, term by term.

No loop over rows runs in Python. A term of numeric features has one name and is hashed once. A
term with categorical features has a name per combination of levels: where there is room for a
table of the combinations each is hashed once in a stream, and else at least the beginning of the
name is hashed once per first level.

Rows are taken in blocks that stay in the cache. Within a block every step is a loop of its own
over the rows, in which no row waits for another, so that what is fetched from afar is fetched for
many rows at once.
"""

import numpy as np

from caudal.compiled import compiled
from caudal.features.hashing import (
    EMPTY,
    NOTHING,
    absorb,
    column_of,
    finish,
    first_look,
    slot_of,
)

BLOCK = 128
"""Rows that are encoded at once."""


@compiled
def _hash_rows(
    rows, codes, features, text, literal_ends, levels, level_ends, first_level,
    beginnings, states, lengths, hashes,
):  # fmt: skip
    """Hash of the term's name in each of ``rows`` into ``hashes[rows]``.

    The name is the term's literals with the row's levels between them. ``beginnings`` (levels of
    the first feature, 3) keeps the hash's state up to the second level, all 0 where not yet known.
    states and lengths are room for the states.
    """
    begin = absorb(NOTHING, text, literal_ends[0], literal_ends[1])
    if features.size == 0:
        for row in rows:
            hashes[row] = finish(begin)
        return
    for row in rows:
        code = codes[features[0], row]
        if beginnings[code, 2] == 0:
            level = first_level[features[0]] + code
            state = absorb(begin, levels, level_ends[level], level_ends[level + 1])
            state = absorb(state, text, literal_ends[1], literal_ends[2])
            beginnings[code, 0], beginnings[code, 1] = state[0], state[1]
            beginnings[code, 2] = np.uint32(state[2])
        states[row, 0], states[row, 1] = beginnings[code, 0], beginnings[code, 1]
        lengths[row] = beginnings[code, 2]
    for i in range(1, features.size):
        base = first_level[features[i]]
        literal, literal_end = literal_ends[i + 1], literal_ends[i + 2]
        for row in rows:
            level = base + codes[features[i], row]
            state = states[row, 0], states[row, 1], lengths[row]
            state = absorb(state, levels, level_ends[level], level_ends[level + 1])
            states[row, 0], states[row, 1], lengths[row] = absorb(state, text, literal, literal_end)
    for row in rows:
        hashes[row] = finish((states[row, 0], states[row, 1], lengths[row]))


@compiled
def encode(
    codes, numbers, start, stop, first_term,
    term_ends, term_features, factor_ends, factors, term_place, term_opens, text, text_ends,
    levels, level_ends, first_level, level_capacity,
    tables, table_ends, beginnings, beginning_ends,
    n_features, registry, columns, size,
    out_slots, out_values,
):  # fmt: skip
    """Fill ``out_slots`` and ``out_values`` (rows, places) for the rows ``start:stop`` of a chunk.

    codes (categorical features, rows) int32 and numbers (numeric features, rows) float64 are the
    chunk's. Term t multiplies the levels of ``term_features[term_ends[t]:term_ends[t + 1]]`` by
    the ``factors[factor_ends[t]:factor_ends[t + 1]]`` among the numbers and goes to the place
    ``term_place[t]``, where terms that always share a column add up; ``term_opens[t]`` where it is
    the first there. ``tables[table_ends[t]:table_ends[t + 1]]`` keeps ``2 * slot + (sign < 0)``
    per combination of levels, or EMPTY, unless it has no entries, and
    ``beginnings[beginning_ends[t]:beginning_ends[t + 1]]`` a hash's state per first level.

    Returns the row and the term to go on from and the registry's new size. The row is ``stop``
    unless the registry lacks room for a column a row of a block: make it and go on.
    """
    everyone = np.arange(BLOCK)
    unknown, combinations = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    hashes, known = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    met, looks = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int64)
    states, lengths = np.empty((BLOCK, 2), np.uint32), np.empty(BLOCK, np.int64)
    product = np.empty(BLOCK)
    for block in range(start, stop, BLOCK):
        rows = min(BLOCK, stop - block)
        block_codes = codes[:, block : block + rows]
        slots = out_slots[block - start : block - start + rows]
        values = out_values[block - start : block - start + rows]
        for t in range(first_term, term_place.size):
            if columns.size < min(size + rows, n_features):
                return block, t, size
            features = term_features[term_ends[t] : term_ends[t + 1]]
            # A term of numbers has one name for all rows.
            named = rows if features.size else 1
            literal_ends = text_ends[term_ends[t] + t : term_ends[t + 1] + t + 2]
            table = tables[table_ends[t] : table_ends[t + 1]]
            to_hash = everyone[:named]
            if table.size:
                combinations[:named] = 0
                for feature in features:
                    radix = level_capacity[feature]
                    for row in range(named):
                        combinations[row] = combinations[row] * radix + block_codes[feature, row]
                count = 0
                for row in range(named):
                    known[row] = table[combinations[row]]
                    unknown[count] = row
                    count += known[row] == EMPTY
                to_hash = unknown[:count]
            if to_hash.size:
                _hash_rows(
                    to_hash, block_codes, features, text, literal_ends, levels, level_ends,
                    first_level, beginnings[beginning_ends[t] : beginning_ends[t + 1]],
                    states, lengths, hashes,
                )  # fmt: skip
                for row in to_hash:
                    met[row] = column_of(hashes[row], n_features)
                for row in to_hash:
                    looks[row] = first_look(met[row], registry)
                for row in to_hash:
                    slot = slot_of(met[row], looks[row], registry, columns, size)
                    size += slot == size
                    known[row] = np.int32(2 * slot + (hashes[row] < 0))
                if table.size:
                    for row in to_hash:
                        table[combinations[row]] = known[row]
            known[named:rows] = known[0]
            product[:rows] = 1.0
            for factor in factors[factor_ends[t] : factor_ends[t + 1]]:
                for row in range(rows):
                    product[row] *= numbers[factor, block + row]
            place = term_place[t]
            for row in range(rows):
                slots[row, place] = known[row] >> 1
            if term_opens[t]:
                for row in range(rows):
                    values[row, place] = (1.0 - 2.0 * (known[row] & 1)) * product[row]
            else:
                for row in range(rows):
                    values[row, place] += (1.0 - 2.0 * (known[row] & 1)) * product[row]
        first_term = 0
    return stop, 0, size
