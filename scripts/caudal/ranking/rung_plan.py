"""The plan of a search by halving: the rows of its rungs, and the checksums of what these are."""

from collections.abc import Sequence
from pathlib import Path

from caudal.data.first_rows import first_rows_checksum
from caudal.data.manifest import load
from caudal.errors import UserError
from caudal.ranking.rung_tables import Rung, write_plan
from caudal.ranking.rungs import default_first_rows, rung_rows

LEAST_CHUNKS = 2
"""Chunks that the first rung has where its rows are not given: the first one is not scored."""


def plan_rungs(
    manifest_file: Path, out: Path, search: dict, points: Sequence[dict], settings: dict
) -> list[Rung]:
    """Write how many rows each rung has; ``points`` are the parameters of all points."""
    manifest = load(manifest_file)
    mixed = settings["stream"]["order"] == "mux"
    counted = any(point["classifier"].get("class_weight") == "counted" for point in points)
    rungs = [
        Rung(number, rows, first_rows_checksum(manifest, rows, mixed, counted))
        for number, rows in enumerate(
            rows_of_rungs(manifest["rows"], search, len(points), settings), 1
        )
    ]
    write_plan(out, rungs)
    return rungs


def rows_of_rungs(total: int, search: dict, points: int, settings: dict) -> list[int]:
    """The rows of each rung of a stream of ``total`` rows, by the sections ``search``, and
    ``stream`` and ``score`` of ``settings``.
    """
    first, factor = search["first_rows"], search["factor"]
    if not first:
        least = least_rows(settings["stream"], settings["score"])
        first = default_first_rows(total, least, points, factor)
    return rung_rows(total, first, factor)


def least_rows(stream: dict, score: dict) -> int:
    """The rows of the fewest chunks, two or more, after which a point has a score with an error.

    >>> least_rows({"batch_size": 1000, "n_batches": 20}, {"drop_scores": 0.7})
    40000
    """
    chunks = LEAST_CHUNKS
    while not _is_scored(chunks * stream["batch_size"] * stream["n_batches"], stream, score):
        chunks += 1
    return chunks * stream["batch_size"] * stream["n_batches"]


def check_first_rows(first: int, stream: dict, score: dict) -> None:
    """Raise UserError where a point has no score with an error after ``first`` rows."""
    if not _is_scored(first, stream, score):
        chunk = stream["batch_size"] * stream["n_batches"]
        raise UserError(
            f"search.first_rows: {first} rows are too few for a score, as the first chunk ({chunk} "
            f"rows) is learned but not scored, and of the rest the first "
            f"{score['drop_scores']:.0%} are dropped; write at least {least_rows(stream, score)}, "
            "or leave it out."
        )


def _is_scored(rows: int, stream: dict, score: dict) -> bool:
    from caudal.learn.progressive import Plan  # a run's start has no other use for numba

    plan = Plan(rows, stream["batch_size"], stream["n_batches"], score["drop_scores"])
    return plan.batches - plan.first_kept >= 2
