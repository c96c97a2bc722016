"""Sums along a stream in blocks of equally many batches, however long the stream becomes."""

import numpy as np

from caudal.compiled import compiled


@compiled
def _take(sums, each, blocks, batches, size):
    """Add ``sums``, each of so many batches, to their blocks; returns batches and size anew."""
    for row in range(sums.shape[0]):
        if batches == size * blocks.shape[0]:
            half = blocks.shape[0] // 2
            for block in range(half):
                for i in range(blocks.shape[1]):
                    blocks[block, i] = blocks[2 * block, i] + blocks[2 * block + 1, i]
            blocks[half:] = 0.0
            size *= 2
        for i in range(blocks.shape[1]):
            blocks[batches // size, i] += sums[row, i]
        batches += each
    return batches, size


class Blocks:
    """Sums over at most ``most`` blocks, an even number, of ``size`` batches each.

    A block is one batch until all are full; then pairs are joined, and blocks are twice as long.
    So the borders depend on the place in the stream alone, not on where it ends.
    """

    def __init__(self, most: int, width: int):
        """Start before the first batch; a sum has ``width`` numbers."""
        self._blocks = np.zeros((most, width))  # pages that are not touched take no memory
        self.batches, self.size = 0, 1

    @property
    def sums(self) -> np.ndarray:
        """The sums of the blocks, (blocks, width); the last one may not be full."""
        return self._blocks[: -(-self.batches // self.size)]

    @property
    def room(self) -> int:
        """Batches until the block is full."""
        full = self.batches == self.size * len(self._blocks)
        size = 2 * self.size if full else self.size
        return size - self.batches % size

    def add(self, sums: np.ndarray, each: int = 1) -> None:
        """Take in ``sums`` (n, width), one after the other, each of ``each`` batches.

        One of several batches has to find room in its block.
        """
        self.batches, self.size = _take(sums, each, self._blocks, self.batches, self.size)

    def state(self) -> dict:
        """What was taken in, as plain values."""
        return {"sums": self.sums, "batches": self.batches, "size": self.size}

    def set_state(self, state: dict) -> None:
        """Take over what others, as many and as wide, have taken in."""
        self._blocks[: len(state["sums"])] = state["sums"]
        self.batches, self.size = state["batches"], state["size"]


@compiled
def running_mean(means, weights):
    """The weighted mean of ``means`` (n,), taken in one by one (Chan, Golub and LeVeque, 1979)."""
    mean = total = 0.0
    for i in range(means.size):
        total += weights[i]
        mean += (means[i] - mean) * weights[i] / total
    return mean


def grouped(sums: np.ndarray, rows: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Means over groups of equally many blocks, at most ``most`` groups, and the groups' rows.

    ``sums`` (blocks, width), ``rows`` (blocks,). The last group may have fewer blocks.

    >>> grouped(np.array([[2.0], [4.0], [9.0]]), np.array([2, 2, 3]), 2)
    (array([[1.5],
           [3. ]]), array([4, 3]))
    """
    starts = np.arange(0, len(sums), max(1, -(-len(sums) // most)))
    rows = np.add.reduceat(rows, starts)
    return np.add.reduceat(sums, starts) / rows[:, None], rows
