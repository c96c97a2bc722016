"""Throughput of `zmq_stream` beside pescador 3's `ZMQStreamer`: same batches, same run, in turns.

    python -m venv peers && peers/bin/pip install -r tests/benchmarks/requirements.txt
    peers/bin/python tests/benchmarks/zmq_throughput.py [ROUNDS]

Both are told in batches a second, the best and the median of the rounds, *steady* (from the first
batch to the last) and *whole* (with the start and the end of the producer: an interpreter of its
own for ours, a fork for pescador's), and as the ratio of the medians: above 1 ours is faster.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pescador

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from caudal.streams import Streamer, zmq_stream

WORKLOADS = {(1000, 10): 40_000, (1000, 1000): 1_500}  # shape of X: batches; some seconds


def repeated(shape: tuple[int, int], batches: int) -> Iterator[dict]:
    """Yield one batch many times: producing costs nothing, so what is measured is the way."""
    batch = {"X": np.random.default_rng(0).normal(size=shape), "Y": np.zeros(shape[0])}
    for _ in range(batches):
        yield batch


def ours(shape: tuple[int, int], batches: int) -> Iterator[dict]:
    return zmq_stream(Streamer(repeated, shape, batches))


def pescadors(shape: tuple[int, int], batches: int) -> Iterator[dict]:
    return pescador.ZMQStreamer(pescador.Streamer(repeated, shape, batches)).iterate()


def rates(stream: Callable, shape: tuple[int, int], batches: int) -> tuple[float, float]:
    """Return the batches a second of one pass, steady and whole."""
    start = time.perf_counter()
    stream = stream(shape, batches)
    next(stream)
    first = time.perf_counter()
    # The end of the last batch, not of the producer, closes the steady part.
    taken = 1
    for batch in stream:
        taken += 1
        assert batch["X"].shape == shape
        last = time.perf_counter()
    assert taken == batches
    return (taken - 1) / (last - first), taken / (time.perf_counter() - start)


def main(rounds: int) -> None:
    for shape, batches in WORKLOADS.items():
        figures = {ours: [], pescadors: []}
        for _ in range(rounds):
            for stream, passes in figures.items():
                passes.append(rates(stream, shape, batches))
        for place, part in enumerate(("steady", "whole")):
            found = {stream: [passed[place] for passed in p] for stream, p in figures.items()}
            middle = {stream: statistics.median(values) for stream, values in found.items()}
            told = ", ".join(
                f"{stream.__name__} {middle[stream]:.0f} (best {max(values):.0f})"
                for stream, values in found.items()
            )
            print(
                f"{shape[0]} x {shape[1]} {part}, batches a second: {told}, "
                f"ratio {middle[ours] / middle[pescadors]:.2f}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
