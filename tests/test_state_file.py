"""Files of arrays and plain values: to the bit, or not at all."""

import math
import pickle

import numpy as np
import pytest
from caudal.learn import state_file

FEW = np.zeros((50, 40))
FEW[3, 7], FEW[49, 39], FEW[0, 0] = 0.5, np.nan, -0.0
CONTENT = {
    "numbers": [0, -1, 2**70, 0.1, 1e-320, -0.0, math.inf, math.nan, True, None],
    "text": "ä\n\0",
    "empty": [{}, [], ""],
    "arrays": [
        np.arange(6, dtype=np.float64).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(20, dtype=np.int32)[::3],
        np.array([np.nan, -0.0, np.inf]),
        np.array(7, np.uint8),
        np.zeros((0, 3)),
        np.array([True, False]),
        np.array(["a", "längst"]),
        np.array([1 + 2j]),
        FEW,
        np.asfortranarray(FEW.astype(np.float32)),
        np.zeros(5000, np.int32),
    ],
    "same": {"array": 1},
}


def test_what_is_read_is_what_was_written(tmp_path):
    state_file.write(tmp_path / "state", CONTENT)
    found = state_file.read(tmp_path / "state")
    plain = {key: value for key, value in CONTENT.items() if key != "arrays"}
    assert repr({key: value for key, value in found.items() if key != "arrays"}) == repr(plain)
    for array, again in zip(CONTENT["arrays"], found["arrays"], strict=True):
        assert (again.dtype, again.shape) == (array.dtype, array.shape)
        assert again.tobytes("A") == array.tobytes("A")
        assert again.flags.writeable


def test_an_array_that_was_read_is_pickled_to_the_same_bytes(tmp_path):
    arrays = [np.arange(3.0), np.ones(3)]
    state_file.write(tmp_path / "state", arrays)
    assert pickle.dumps(state_file.read(tmp_path / "state"), 5) == pickle.dumps(arrays, 5)


def test_zeros_take_no_room(tmp_path):
    few = np.zeros((2, 2**20))
    few[1, ::1000] = 0.5
    state_file.write(tmp_path / "state", {"weights": few})
    assert (tmp_path / "state").stat().st_size < 20_000
    np.testing.assert_array_equal(state_file.read(tmp_path / "state")["weights"], few)


def test_what_is_peeked_at_has_all_but_the_arrays(tmp_path):
    state_file.write(tmp_path / "state", {"a": FEW, "b": [np.arange(3), 1.5, "x"]})
    assert state_file.peek(tmp_path / "state")["b"][1:] == [1.5, "x"]
    (tmp_path / "state").write_bytes(b"x" * 99)
    assert state_file.peek(tmp_path / "state") is None


def test_the_same_content_makes_the_same_file(tmp_path):
    state_file.write(tmp_path / "one", CONTENT)
    state_file.write(tmp_path / "two", state_file.read(tmp_path / "one"))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_every_flipped_bit_and_every_cut_is_noticed(tmp_path):
    file = tmp_path / "state"
    state_file.write(file, {"a": np.arange(4.0), "b": [1.5, "x"]})
    whole = file.read_bytes()
    for place in range(len(whole)):
        for damaged in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
        ):
            file.write_bytes(damaged)
            assert state_file.read(file) is None, place
    file.write_bytes(whole + b"x")
    assert state_file.read(file) is None
    file.write_bytes(pickle.dumps({"a": 1}))
    assert state_file.read(file) is None


def test_a_length_beyond_the_file_takes_no_memory(tmp_path):
    digest = b"0" * 64
    (tmp_path / "state").write_bytes(b"caudal-state-1 %d %s\n{}" % (10**30, digest))
    assert state_file.read(tmp_path / "state") is None


@pytest.mark.parametrize(
    "content",
    [{1: 2}, (1, 2), {"a": object()}, np.array([object()]), np.float64(1), {"array number": 0}],
)
def test_what_is_not_plain_is_refused(tmp_path, content):
    with pytest.raises(TypeError):
        state_file.write(tmp_path / "state", content)
    assert not list(tmp_path.iterdir())


def test_where_there_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        state_file.read(tmp_path / "state")
