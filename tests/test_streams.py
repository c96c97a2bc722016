"""Batches, streamers and their seeds."""

import pickle
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from caudal.streams import Streamer, batch_length, mux
from sample_streams import marks, noise, pool_of, ramp, steps, values

# Batches and streamers


def test_batch_length():
    assert batch_length({"X": np.zeros((5, 2)), "Y": pa.array([1] * 5)}) == 5
    assert batch_length({}) is None
    with pytest.raises(RuntimeError, match="same length"):
        batch_length({"X": np.zeros(5), "Y": np.zeros(4)})


@pytest.mark.parametrize("most", [None, 0, 3, 5, 100])
@pytest.mark.parametrize("kind", ["function", "iterable", "streamer"])
def test_streamer_restarts_and_is_bounded(kind, most):
    streamer = Streamer(ramp, 5, rows=3)
    if kind == "iterable":
        streamer = Streamer(list(ramp(5, rows=3)), "ignored, as in pescador")
    elif kind == "streamer":
        streamer = Streamer(streamer)
    for _ in range(3):
        assert steps(streamer.generate(max_batches=most)) == list(range(5))[:most]


def test_streamer_takes_no_more_than_it_gives():
    given = iter(list(ramp(5)))
    assert steps(Streamer(given).generate(max_batches=2)) == [0, 1]
    assert steps(given) == [2, 3, 4]


@pytest.mark.parametrize("what", [6, None, len, lambda: 6, list, "batches", {"X": np.zeros(3)}])
def test_streamer_refuses_what_gives_no_batches(what):
    with pytest.raises(TypeError, match="A streamer takes"):
        Streamer(what)


def test_streamer_closes_what_it_began():
    closed = []

    def watched():
        try:
            yield from ramp(5)
        finally:
            closed.append(True)

    streamer = Streamer(Streamer(watched))
    list(streamer.generate(max_batches=2))
    abandoned = streamer.generate()
    next(abandoned)
    abandoned.close()
    assert closed == [True, True]


def test_a_tree_survives_pickling():
    inner = Streamer(mux, [Streamer(noise), Streamer(ramp, 5)], 20, 2, lam=3)
    outer = Streamer(mux, [inner, Streamer(noise)], 30, 2, seed=1)
    list(outer.generate())
    copy = pickle.loads(pickle.dumps(outer))
    # The copy goes on with the epoch that the original would begin.
    assert values(copy.generate()) == values(outer.generate())


def test_streams_need_neither_zmq_nor_scikit_learn_until_used():
    code = (
        "import sys; from caudal.streams import Streamer, mux, buffer_batch\n"
        "assert not {'zmq', 'sklearn', 'pyarrow'} & set(sys.modules)\n"
        "from caudal.streams import zmq_stream, StreamLearner\n"
        "assert {'zmq', 'sklearn'} <= set(sys.modules)"
    )
    search = f"import sys; sys.path[:] = {sys.path!r}\n"
    subprocess.run([sys.executable, "-c", search + code], check=True)


# Seeds


def a_tree(seed, own=None):
    inner = Streamer(mux, [Streamer(noise), Streamer(noise, 3)], None, 2, lam=2, seed=own)
    return Streamer(mux, [inner, Streamer(noise), Streamer(inner)], 40, 2, lam=3, seed=seed)


def test_seed_gives_the_same_in_each_run_and_another_in_each_epoch():
    first, second = a_tree(7), a_tree(7)
    epochs = [values(first.generate()) for _ in range(3)]
    assert epochs == [values(second.generate()) for _ in range(3)]
    assert len({str(epoch) for epoch in epochs}) == 3
    # Not one draw in common: the noise at the leaves is another too.
    drawn = [{x for batch in epoch for x in batch} for epoch in epochs]
    assert not drawn[0] & drawn[1]


def test_seed_may_be_a_generator_or_a_sequence():
    for make in (np.random.default_rng, np.random.SeedSequence, int):
        assert values(a_tree(make(3)).generate()) == values(a_tree(make(3)).generate())
    rng = np.random.default_rng(3)
    assert values(a_tree(rng).generate()) != values(a_tree(rng).generate())


def test_seed_of_one_stream_stands_in_for_its_epoch():
    tree = a_tree(None)
    given = values(tree.generate(seed=5))
    assert given == values(tree.generate(seed=5))
    assert given != values(tree.generate(seed=6))
    assert tree.epoch == 0


def test_seeds_inside_and_outside_both_count():
    seeds = [(1, 1), (1, 2), (2, 1), (1, None)]
    found = {str(values(a_tree(outer, own).generate())) for outer, own in seeds}
    assert len(found) == len(seeds)


def test_without_a_seed_every_stream_is_fresh():
    tree = a_tree(None)
    assert values(tree.generate()) != values(tree.generate())
    assert values(a_tree(None).generate()) != values(a_tree(None).generate())


def test_a_plain_function_gets_its_seed_as_any_other_keyword():
    def old(seed):
        yield {"X": np.full((1, 1), seed)}

    streamer = Streamer(old, seed=5)
    assert steps(streamer.generate()) == steps(streamer.generate(seed=1)) == [5]


def test_seeded_mux_without_streamer_is_one_stream():
    pool = pool_of(4)
    assert marks(mux(pool, 50, 2, lam=3, seed=1)) == marks(mux(pool, 50, 2, lam=3, seed=1))
    assert marks(mux(pool, 50, 2, lam=3, seed=1)) != marks(mux(pool, 50, 2, lam=3, seed=2))
