"""The streamer, a recipe for a stream of batches, and the seeds of a tree of streams."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from inspect import isgeneratorfunction
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.random import SeedSequence

Batch = dict[str, Any]
Seed = int | SeedSequence | np.random.Generator
Function = TypeVar("Function", bound=Callable)


def seeded(function: Function) -> Function:
    """Mark a generator function: its streamer fills its keyword ``seed``, anew each epoch.

    >>> import numpy as np
    >>> @seeded
    ... def noise(rows, seed=None):
    ...     yield {"X": np.random.default_rng(seed).normal(size=(rows, 1))}
    >>> first, second = (Streamer(noise, 3, seed=0) for _ in range(2))
    >>> bool((next(first.generate())["X"] == next(second.generate())["X"]).all())
    True
    >>> bool((next(first.generate(seed=1))["X"] == next(first.generate())["X"]).any())
    False
    """
    vars(function)["takes_seed"] = True
    return function


def as_seed(seed: Seed | None) -> SeedSequence | None:
    if seed is None or isinstance(seed, SeedSequence):
        return seed
    if isinstance(seed, np.random.Generator):
        return SeedSequence(seed.integers(2**32, size=4).tolist())
    return SeedSequence(seed)


def branch_seed(seed: SeedSequence | None, *key: int) -> SeedSequence | None:
    """Return the seed of one branch; unlike ``spawn`` it leaves the parent as it was."""
    return seed and SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, *key))


class Streamer:
    """A recipe for a stream of batches: restartable any number of times, and picklable.

    ``streamer`` is a generator function (called with ``args`` and ``kwargs``), an iterable (they
    are ignored, as in pescador) or a streamer (they go to its ``generate``). ``seed=`` among the
    ``kwargs`` is the streamer's own, except for a function without the mark `seeded`.
    It is restartable and picklable as far as what it wraps is: an iterator has one pass.

    Raises TypeError for what gives no batches; a dict is one batch, not a stream of them.

    >>> import numpy as np
    >>> def ramp(stop):
    ...     for start in range(stop):
    ...         yield {"X": np.full((2, 1), start)}
    >>> streamer = Streamer(ramp, 5)
    >>> [len(list(streamer.generate(max_batches=most))) for most in (None, 3, 100)]
    [5, 3, 5]
    """

    def __init__(self, streamer: Callable | Iterable, *args: Any, **kwargs: Any):
        self.stream = streamer.generate if isinstance(streamer, Streamer) else streamer
        if not isgeneratorfunction(self.stream) and (
            not isinstance(self.stream, Iterable) or isinstance(self.stream, str | bytes | Mapping)
        ):
            raise TypeError(
                "A streamer takes a generator function, an iterable of batches or a streamer, "
                f"not {streamer!r}."
            )
        own = not isgeneratorfunction(self.stream) or hasattr(self.stream, "takes_seed")
        self.seed = as_seed(kwargs.pop("seed", None)) if own else None
        self.args = args
        self.kwargs = kwargs
        self.epoch = 0

    @seeded
    def generate(
        self, max_batches: int | None = None, seed: Seed | None = None
    ) -> Generator[Batch]:
        """Begin the stream anew and yield its batches, at most ``max_batches`` of them.

        An epoch begins when its first batch is asked for; ``seed`` stands in for its number.
        """
        seed = self._epoch_seed(as_seed(seed))
        stream: Any = self.stream
        if not isgeneratorfunction(stream):
            yield from islice(stream, max_batches)
            return
        kwargs = dict(self.kwargs)
        if seed is not None and hasattr(self.stream, "takes_seed"):
            kwargs["seed"] = seed
        with closing(stream(*self.args, **kwargs)) as batches:
            yield from islice(batches, max_batches)

    def _epoch_seed(self, seed: SeedSequence | None) -> SeedSequence | None:
        """Return the seed of the stream that begins now, and count its epoch if none is given."""
        if seed is None:
            self.epoch += 1
            return branch_seed(self.seed, self.epoch - 1)
        return branch_seed(self.seed, *seed.generate_state(4).tolist()) or seed


def batch_length(batch: Batch) -> int | None:
    """Return the rows of a batch, None for an empty dict.

    Raises RuntimeError if its arrays are not of equal length.

    >>> import numpy as np
    >>> batch_length({"X": np.zeros((5, 2)), "Y": np.zeros(5)})
    5
    """
    lengths = {key: _rows_of(array) for key, array in batch.items()}
    if len(set(lengths.values())) > 1:
        raise RuntimeError(f"The arrays of a batch must have the same length, not {lengths}.")
    return next(iter(lengths.values()), None)


def _rows_of(array: Any) -> int:
    shape = getattr(array, "shape", None)  # a sparse matrix has no len
    return shape[0] if shape else len(array)
