"""Which points of a rung go on to the next one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from caudal.errors import Damaged
from caudal.learn.error_bars import MeanEstimate, estimate_mean
from caudal.models.rung_fits import read_fits
from caudal.models.score_record import ScoreRecord, fate, plain
from caudal.ranking.rung_tables import Place, Rung, read_plan, write_places
from caudal.ranking.rungs import places
from caudal.ranking.tables import record_order

Fitted = tuple[ScoreRecord, str]
"""The record of a fit, and the job that made it."""


def promote_rung(
    plan: Path, fits: Sequence[Path], out: Path, points: int, factor: int, settings: dict
) -> list[Place]:
    """Write who goes on from a rung; ``fits`` are the files that vouch for its fits.

    ``points`` are all of the search. Raises Damaged where a fit is not what its job wrote, or of
    other rows or ``settings``.
    """
    rungs = read_plan(plan)
    rung = rungs[int(out.stem) - 1]
    fitted = [fit for file in fits for fit in _of_the_rung(file, rung, settings)]
    last = rung is rungs[-1]
    found = finish(fitted) if last else promote(fitted, places(points, factor, rung.rung))
    write_places(out, found)
    return found


def _of_the_rung(file: Path, rung: Rung, settings: dict) -> list[Fitted]:
    records = list(read_fits(file))
    for record in records:
        if (record["data_checksum"], record["settings"]) != (rung.checksum, plain(settings)):
            raise Damaged(f"{file} is of other rows or settings than its rung", [file])
    return [(record, file.stem) for record in records]


def promote(fitted: Sequence[Fitted], count: int) -> list[Place]:
    """What a rung comes to for its points, the best first: the best ``count`` go on.

    Of the others those do, too, that cannot be told from the last one of these, the cut: the
    paired difference of the losses, over all batches that were scored, is not above zero to 95 %.
    Points without a score never go on.
    """
    ranked = _ranked(fitted)
    cut, _ = ranked[min(count, len(ranked)) - 1]
    return [_place(place, fit, cut, count) for place, fit in enumerate(ranked, 1)]


def finish(fitted: Sequence[Fitted]) -> list[Place]:
    """What the last rung comes to for its points, the best first: nobody goes on."""
    return [
        _make(place, fit, False, "the end of the stream")
        for place, fit in enumerate(_ranked(fitted), 1)
    ]


def _ranked(fitted: Sequence[Fitted]) -> list[Fitted]:
    return sorted(fitted, key=lambda fit: (record_order(fit[0]), fit[0]["point"]))


def _place(place: int, fit: Fitted, cut: ScoreRecord, count: int) -> Place:
    if place <= count:
        return _make(place, fit, True, f"among the best {count}" if count > 1 else "the best")
    record, _ = fit
    behind = None if record["score"] is None else _behind(cut, record)
    if behind is None:
        return _make(place, fit, False, "below the cut")
    told = behind.at_least > 0
    same = behind.mean == behind.standard_error == 0
    why = "below the cut" if told else "the same as the cut" if same else "not told from the cut"
    found = _make(place, fit, not told, why)
    return found._replace(behind=behind.mean, at_least=behind.at_least)


def _make(place: int, fit: Fitted, goes_on: bool, why: str) -> Place:
    record, job = fit
    point, score = record["point"], record["score"]
    if score is None:
        goes_on, why = False, fate(record)
    return Place(place, point, score, None, None, goes_on, why, job, record["checksum"])


def _behind(cut: ScoreRecord, record: ScoreRecord) -> MeanEstimate | None:
    """How much less the cut loses, batch by batch over the same rows; None below two blocks.

    A short rung has too few batches in the score to tell points apart, so all that were scored
    count.
    """
    ours, theirs = (np.array([block["loss"] for block in each["drift"]]) for each in (cut, record))
    if len(ours) != len(theirs) or len(ours) < 2:
        return None
    apart = theirs - ours
    # Sums in another order differ in their last digits; that is no difference.
    apart[np.isclose(ours, theirs, rtol=1e-9, atol=0)] = 0.0
    rows = np.diff([block["rows"] for block in cut["drift"]])
    return estimate_mean(apart, [rows[0], *rows])  # the first block is as long as the second
