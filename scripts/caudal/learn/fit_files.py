"""Fits the points of a job into their files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from caudal.config.grid import make_point
from caudal.learn.fitting import fit_points
from caudal.learn.going_on import never
from caudal.learn.saved_state import NAME, SavedStates
from caudal.models.rung_fits import vouch
from caudal.models.score_record import MODEL, ScoreRecord, write_fit
from caudal.models.score_record import NAME as SCORE


def fit(
    manifest: str | Path,
    models: Sequence[str | Path],
    scores: Sequence[str | Path],
    points: Sequence[dict],
    settings: dict,
    save_seconds: int = -1,
    code: str = "",
    keep_states: bool = True,
    states: Sequence[str | Path] | None = None,
    rows: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Train ``points`` (parameters) and write the model and score files of each, in their order.

    The state of each is saved in the files ``states``, beside its model if left out: in the end if
    ``keep_states``, and every ``save_seconds``, unless they are negative. A fit goes on from the
    state that it finds there. ``rows``: learn only so many, as if the stream ended there; ``more``:
    fields that the records get. Raises UserError where the data and the settings do not fit each
    other.
    """
    order = [make_point(parameters) for parameters in points]
    files = {point.id: pair for point, *pair in zip(order, models, scores, strict=True)}
    homes = states or [Path(model).with_name(NAME) for model in models]
    saved = SavedStates(
        {point.id: file for point, file in zip(order, homes, strict=True)},
        keep=keep_states and not never(settings["stream"]),
        every=save_seconds if save_seconds >= 0 else None,
    )
    for point, model, record in fit_points(
        manifest, order, **settings, states=saved, code=code, rows=rows
    ):
        record = cast(ScoreRecord, {**record, **(more or {})})
        write_fit(model, record, settings, *files[point.id])
    saved.end()


def fit_rung(
    manifest: Path,
    out: Path,
    points: Sequence[dict],
    rung: Mapping[str, Any],
    settings: dict,
    save_seconds: int,
    code: str,
    keep_states: bool,
) -> None:
    """Train ``points`` (parameters) on the rows of their ``rung``, and vouch for them in ``out``.

    Each goes on from its state in ``results/fits``, and leaves its own there. ``rung`` tells the
    number, the rows, and the checksum of what they are.
    """
    names = [make_point(parameters).id for parameters in points]
    homes = [out.with_name(name) for name in names]
    fits = out.parents[2] / "fits"
    fit(
        manifest,
        [home / MODEL for home in homes],
        [home / SCORE for home in homes],
        points,
        settings,
        save_seconds,
        code,
        keep_states,
        states=[fits / name / NAME for name in names],
        rows=rung["rows"],
        more={"rung": rung["rung"], "data_checksum": rung["checksum"]},
    )
    vouch(out, names)
