"""Iris: an endless stream of noisy samples, or a mux of such streams of different noise."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from caudal.streams import Batch, Streamer, buffer_batch, mux, seeded

ROWS_PER_BLOCK = 8192
SAMPLES_PER_DRAW = 256
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]  # in cm


def truth(seed: int, noise: list[float], active: int, rate: float) -> dict[str, float]:
    """Return no terms: these labels come from flowers, not from a model."""
    return {}


def blocks(seed: int, noise: list[float], active: int, rate: float) -> Iterator[pa.RecordBatch]:
    """Yield endless blocks of the four measures and the label ``species``.

    Each of ``noise`` is the standard deviation (cm) of a stream's noise; ``active`` of the streams
    are alive at a time, each for 1 + Poisson(``rate``) samples before one takes its place.
    """
    from sklearn.datasets import load_iris  # takes a second: only where it is needed

    iris = load_iris()
    species = pa.array(iris.target_names.tolist())
    streams = [Streamer(noisy_samples, iris.data, iris.target, sigma) for sigma in noise]
    mixed = mux(streams, None, active, lam=rate, with_replacement=False, revive=True, seed=seed)
    for batch in buffer_batch(mixed, ROWS_PER_BLOCK):
        labels = species.take(pa.array(batch["Y"]))
        yield pa.record_batch([*batch["X"].T, labels], names=[*COLUMNS, "species"])


@seeded
def noisy_samples(
    x: np.ndarray, y: np.ndarray, sigma: float, seed: np.random.SeedSequence | None = None
) -> Iterator[Batch]:
    """Yield endless batches of one sample each, drawn from ``x`` (rows, columns) and ``y``.

    Normal noise of standard deviation ``sigma`` is added to each measure.
    """
    rng = np.random.default_rng(seed)
    while True:
        # One draw for many samples: a draw costs more than a sample.
        rows = rng.integers(len(x), size=SAMPLES_PER_DRAW)
        noisy = x[rows] + sigma * rng.standard_normal((SAMPLES_PER_DRAW, x.shape[1]))
        labels = y[rows]
        for i in range(SAMPLES_PER_DRAW):
            yield {"X": noisy[i : i + 1], "Y": labels[i : i + 1]}
