"""What a target tells of predictions beside their loss: the protocol."""

from typing import Protocol

import numpy as np


class Measures(Protocol):
    """What is told of the scored predictions beside their loss, made of sums over the rows.

    The sums are kept in blocks along the stream, so that they can be told of any later part of it.
    """

    size: int

    def sums(self, predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The sums (size,) over rows: predictions (rows, outputs) and the targets (rows,)."""

    def record(self, sums: np.ndarray) -> dict:
        """The fields of ``score.json`` that tell ``sums`` (size,)."""

    def along(self, sums: np.ndarray, ends: np.ndarray) -> dict:
        """Those that tell blocks (blocks, size) of the stream, up to the rows ``ends`` each."""
