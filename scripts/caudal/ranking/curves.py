"""A point's losses along the stream, ready to be drawn: no piece is much shorter than the others.

The last block of a stream, and the last checkpoint of a curve, may hold a few rows only; their
loss would be noise beside that of thousands. Such a piece is taken together with the one before.
"""

from itertools import pairwise

from caudal.ranking.run import Result

SHORT = 0.5
"""Share of its neighbour's rows below which a last piece is no piece of its own."""


def stream_blocks(result: Result) -> list[dict]:
    """The blocks of losses along the scored stream: rows, loss, benchmark_loss."""
    blocks = [b for b in result.record.get("drift") or [] if b.get("loss") is not None]
    return _joined(blocks, ("loss", "benchmark_loss"))


def checkpoints(result: Result) -> list[dict]:
    """The checkpoints of the learning curve."""
    curve = result.record.get("learning_curve") or []
    return _joined(curve, ("loss_since_last", "benchmark_loss_since_last"))


def _joined(pieces: list[dict], keys: tuple[str, ...]) -> list[dict]:
    """The pieces, the last one taken into the one before where it is short."""
    if len(pieces) < 3:
        return pieces
    (before, last), rows = pieces[-2:], [b["rows"] - a["rows"] for a, b in pairwise(pieces[-3:])]
    if rows[1] >= SHORT * rows[0] or any(p[k] is None for p in (before, last) for k in keys):
        return pieces
    means = {
        key: (rows[0] * before[key] + rows[1] * last[key]) / sum(rows) for key in keys
    }  # fmt: skip
    return [*pieces[:-2], last | means]
