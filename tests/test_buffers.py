"""Rebatching."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from caudal.errors import UserError
from caudal.streams import Streamer, batch_length, buffer_batch, buffer_streamer, mux
from sample_streams import pool_of, ramp
from scipy.sparse import coo_array, csr_array, csr_matrix


@pytest.mark.parametrize("shape", [(), (3,), (3, 2)])
@pytest.mark.parametrize("rows", [1, 2, 5, 17])
@pytest.mark.parametrize("size", [1, 2, 5, 17, 100])
def test_buffers_lose_and_reorder_nothing(shape, rows, size):
    whole = np.random.default_rng(0).normal(size=(rows * 20, *shape))
    batches = [
        {"X": whole[i : i + rows], "Y": whole[i : i + rows]} for i in range(0, len(whole), rows)
    ]
    streamer = Streamer(batches)
    for found in (buffer_batch(batches, size), buffer_streamer(streamer, size)):
        found = list(found)
        lengths = [batch_length(batch) for batch in found]
        assert set(lengths[:-1]) <= {size}
        assert 1 <= lengths[-1] <= size
        for key in ("X", "Y"):
            assert np.array_equal(np.concatenate([batch[key] for batch in found]), whole)


def test_buffers_take_uneven_and_empty_batches():
    batches = [{"X": np.arange(n)} for n in (0, 3, 1, 12, 0, 2)]
    found = list(buffer_batch([{}, *batches], 4))
    assert [len(batch["X"]) for batch in found] == [4, 4, 4, 4, 2]
    expected = np.concatenate([batch["X"] for batch in batches])
    assert np.array_equal(np.concatenate([batch["X"] for batch in found]), expected)
    assert list(buffer_batch([], 4)) == []


def test_buffers_copy_only_what_they_join():
    batches = list(ramp(3, rows=4))
    assert all(a is b for a, b in zip(buffer_batch(batches, 4), batches, strict=True))
    whole = np.arange(10)
    assert all(np.shares_memory(b["X"], whole) for b in buffer_batch([{"X": whole}], 4))


def test_buffers_join_arrow_arrays():
    words = [["a", "b", None], ["c", "b"], ["d"] * 4, [f"w{i}" for i in range(120)]] * 2
    words[-1] = [f"v{i}" for i in range(120)]
    narrow = pa.dictionary(pa.int8(), pa.string())
    batches = [
        {
            "X": pa.array(range(len(w))),
            "word": pa.array(w),
            "level": pa.array(w).dictionary_encode().cast(narrow),
            "chunked": pa.chunked_array([w]),
        }
        for w in words
    ]
    found = list(buffer_batch(batches, 100))
    assert [batch_length(batch) for batch in found[:-1]] == [100] * (len(found) - 1)
    for key in ("word", "level", "chunked"):
        rows = [row for batch in found for row in batch[key].to_pylist()]
        assert rows == [word for batch in words for word in batch]
    assert all(pa.types.is_dictionary(batch["level"].type) for batch in found)


FRAME = pd.DataFrame({"a": np.arange(6.0), "c": list("uvuvuv")}, index=list("fedcba"))


@pytest.mark.parametrize("whole", [FRAME, FRAME["c"], pa.Table.from_pandas(FRAME),
                                   csr_matrix(np.eye(6)), coo_array(np.eye(6)), list("uvwxyz")],
                         ids=lambda whole: type(whole).__name__)  # fmt: skip
@pytest.mark.parametrize("size", [1, 2, 4, 5])
def test_buffers_keep_the_kind_of_what_they_join(whole, size):
    def rows(start, stop):
        if hasattr(whole, "tocsr"):
            return whole.tocsr()[start:stop].asformat(whole.format)
        return getattr(whole, "iloc", whole)[start:stop]

    batches = [{"X": rows(i, i + 2), "Y": np.arange(i, i + 2)} for i in (0, 2, 4)]
    found = list(buffer_batch(batches, size))
    assert [len(batch["Y"]) for batch in found[:-1]] == [size] * (len(found) - 1)
    for batch in found:
        expected = rows(batch["Y"][0], batch["Y"][-1] + 1)
        assert type(batch["X"]) in (type(whole), type(rows(0, 1)), csr_array)
        if hasattr(whole, "tocsr"):
            assert np.array_equal(batch["X"].toarray(), expected.toarray())
        else:
            assert getattr(expected, "equals", expected.__eq__)(batch["X"])


def test_buffers_keep_what_is_masked():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    (joined,) = buffer_batch([{"X": masked}, {"X": np.zeros(2)}], 4)
    assert joined["X"].mask.tolist() == [False, True, False, False]


def test_buffers_refuse_other_keys_and_no_size():
    with pytest.raises(RuntimeError, match="same keys"):
        list(buffer_batch([{"X": np.zeros(1)}, {"X": np.zeros(1), "Y": np.zeros(1)}], 2))
    with pytest.raises(UserError, match="at least 1 row"):
        list(buffer_batch([], 0))


def test_buffer_streamer_is_a_recipe():
    tree = Streamer(buffer_streamer, Streamer(mux, pool_of(3), 10, 2), 4, max_batches=9, seed=1)
    epochs = [[batch["mark"].tolist() for batch in tree.generate()] for _ in range(2)]
    assert [len(batch) for batch in epochs[0]] == [4, 4, 1]
    assert epochs[0] != epochs[1]
