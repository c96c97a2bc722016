"""Fits the points of a job into their files."""

from collections.abc import Sequence
from pathlib import Path

from caudal.config.grid import make_point
from caudal.learn.fitting import fit_points
from caudal.learn.going_on import never
from caudal.learn.saved_state import NAME, SavedStates
from caudal.models.score_record import write_fit


def fit(
    manifest: str | Path,
    models: Sequence[str | Path],
    scores: Sequence[str | Path],
    points: Sequence[dict],
    settings: dict,
    save_seconds: int = -1,
    code: str = "",
    keep_states: bool = True,
) -> None:
    """Train ``points`` (parameters) and write the model and score files of each, in their order.

    The state of each is saved beside its model: in the end if ``keep_states``, and every
    ``save_seconds``, unless they are negative. A fit goes on from the state that it finds there.
    Raises UserError where the data and the settings do not fit each other.
    """
    order = [make_point(parameters) for parameters in points]
    files = {point.id: pair for point, *pair in zip(order, models, scores, strict=True)}
    states = SavedStates(
        {point: Path(model).with_name(NAME) for point, (model, _) in files.items()},
        keep=keep_states and not never(settings["stream"]),
        every=save_seconds if save_seconds >= 0 else None,
    )
    for point, model, record in fit_points(manifest, order, **settings, states=states, code=code):
        write_fit(model, record, settings, *files[point.id])
    states.end()
