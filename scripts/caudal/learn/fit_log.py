"""What a fit tells in its log: its settings, and a line at doubling rows, after Vowpal Wabbit's."""

import logging
from collections.abc import Sequence

from caudal.config.grid import Point, describe
from caudal.learn.progressive import Plan
from caudal.learn.targets import Target

log = logging.getLogger("caudal")

HEADINGS = ("point", "rows", "mean loss", "since last", "benchmark", "rows/s", "seconds left")


def say_settings(
    points: Sequence[Point], target: Target, stream: dict, score: dict, plan: Plan
) -> None:
    """The points and settings, and the headings of the lines to come."""
    for point in points:
        log.info("point %s: %s", point.id, describe(point.parameters))
    log.info("stream: %s", ", ".join(f"{k}={v}" for k, v in stream.items()))
    log.info("score: %s", ", ".join(f"{k}={v}" for k, v in score.items()))
    log.info(
        "%d rows, %d batches: %d learned unscored, %d in the score; %s",
        plan.rows, plan.batches, plan.unscored, plan.batches - plan.first_kept, target,
    )  # fmt: skip
    log.info("%s", " ".join(f"{h:>12}" for h in HEADINGS))


def say_checkpoint(point: str, checkpoint: dict, rate: float, rows: int) -> None:
    """A line for a ``checkpoint`` of the curve: ``rate`` rows a second, ``rows`` in the stream."""
    log.info(
        "%12s %12d %12.6f %12.6f %12.6f %12.0f %12.1f",
        point, checkpoint["rows"], checkpoint["loss"], checkpoint["loss_since_last"],
        checkpoint["benchmark_loss"], rate, (rows - checkpoint["rows"]) / rate,
    )  # fmt: skip
