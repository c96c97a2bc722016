"""Streams of batches, after pescador 0.1: a streamer is a recipe, and recipes nest.

A *batch* is a dict of arrays of equal length (numpy or Arrow), with ``X`` and, supervised, ``Y``.
A *streamer* wraps a generator function, an iterable or a streamer: ``generate()`` begins it anew,
any number of times. A *mux* mixes streamers, and inside a streamer it is one more member of a mux.

Seeds. Without one, every draw is fresh, as in pescador. A seed (an int, a ``SeedSequence`` or a
``numpy.random.Generator``, which gives it by being drawn from) makes the whole tree below it
repeatable:

- A streamer counts its *epochs*: the n-th stream it begins is epoch n, counted from 0 when the
  object is made. ``Streamer(mux, pool, None, 2, seed=0)`` draws epoch n from the seed and n, so
  each epoch has an order of its own and a second run of the program gives the same ones.
- ``streamer.generate(seed=1)`` is one given stream: the same call, the same batches.
- A mux hands every stream that it activates a seed made of its own and of how many it has
  activated before. A streamer handed a seed does not count an epoch; where it also has a seed of
  its own, both count.
- A generator function of yours joins in by the mark ``@seeded``: its streamer passes it, by the
  name ``seed``, a ``SeedSequence`` for ``numpy.random.default_rng``, another one each epoch. To a
  function without the mark ``seed=`` is a keyword like any other, as in pescador.
- A pickled streamer takes its count along; copies count apart. ``zmq_stream`` counts its
  streamer's epoch where it is called, but what streamers deeper in the tree count in the producer
  stays there. So give the seed to the outermost streamer.

A mux draws its activations, their bounds and its choices from three generators that nothing else
touches: what the streams hold or draw changes none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from caudal.streams.streamer import Batch, Seed, Streamer, batch_length, seeded

if TYPE_CHECKING:
    from caudal.streams.buffers import buffer_batch, buffer_streamer
    from caudal.streams.learner import StreamLearner
    from caudal.streams.muxing import mux
    from caudal.streams.zmq import zmq_stream

__all__ = [
    "Batch",
    "Seed",
    "StreamLearner",
    "Streamer",
    "batch_length",
    "buffer_batch",
    "buffer_streamer",
    "mux",
    "seeded",
    "zmq_stream",
]

# Imported when first used: it spares a producer process scikit-learn (over a second), and those
# who use no zmq_stream need no pyzmq.
_HOMES = {
    "StreamLearner": "caudal.streams.learner",
    "buffer_batch": "caudal.streams.buffers",
    "buffer_streamer": "caudal.streams.buffers",
    "mux": "caudal.streams.muxing",
    "zmq_stream": "caudal.streams.zmq",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
