"""The learning curve: mean losses at checkpoints, a few to each doubling of the rows."""

import math

import numpy as np

STEPS_PER_DOUBLING = 4
"""Checkpoints per doubling of the rows."""

FIELDS = ("rows", "loss", "benchmark_loss", "loss_since_last", "benchmark_loss_since_last")


class LearningCurve:
    """Sums the losses of a point and of the benchmark up, and keeps their means at checkpoints.

    Where checkpoints stand depends on the rows before them alone; the end of the stream is one
    only in what is told of it.
    """

    def __init__(self) -> None:
        """Start before the first scored row."""
        self._reached: list[list[float]] = []
        # Scored rows and both losses: of all rows, and of those since the last checkpoint.
        self._all, self._since = np.zeros(3), np.zeros(3)
        self._next = 0.0

    def batches_left(self, rows: int, batch_size: int) -> int:
        """Batches from the row ``rows`` of the stream to the next checkpoint, at least one."""
        return max(1, math.ceil((self._next - rows) / batch_size))

    def add(self, rows: int, scored: int, losses: np.ndarray) -> bool:
        """Take in the ``losses`` (2,) of ``scored`` rows, with which the stream has ``rows``.

        Returns whether this is a checkpoint.
        """
        for sums in (self._all, self._since):
            sums[0] += scored
            sums[1:] += losses
        if rows < self._next:
            return False
        self._reached.append(self._means(rows))
        self._next = rows * 2 ** (1 / STEPS_PER_DOUBLING)
        self._since = np.zeros(3)
        return True

    def checkpoints(self, rows: int) -> list[dict]:
        """All checkpoints, and the end of the stream so far, at ``rows``, as the last one."""
        ended = [self._means(rows)] if self._since[0] else []
        return [
            dict(zip(FIELDS, (int(point[0]), *point[1:]), strict=True))
            for point in [*self._reached, *ended]
        ]

    def _means(self, rows: int) -> list[float]:
        means = [sums[1:] / sums[0] for sums in (self._all, self._since)]
        return [rows, *np.concatenate(means).tolist()]

    def state(self) -> dict:
        """All that was taken in, as plain values."""
        reached = np.array(self._reached, float).reshape(-1, len(FIELDS))
        return {"reached": reached, "all": self._all, "since": self._since, "next": self._next}

    def set_state(self, state: dict) -> None:
        """Take over what another has taken in."""
        self._reached, self._next = state["reached"].tolist(), state["next"]
        self._all, self._since = np.array(state["all"]), np.array(state["since"])
