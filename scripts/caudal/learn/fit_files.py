"""Fits the points of a job into their files."""

from collections.abc import Sequence
from pathlib import Path

from caudal.config.grid import make_point
from caudal.learn.fitting import fit_points
from caudal.learn.saved_state import NAME, SavedState
from caudal.models.score_record import write_fit


def fit(
    manifest: str | Path,
    models: Sequence[str | Path],
    scores: Sequence[str | Path],
    points: Sequence[dict],
    settings: dict,
    save_seconds: int = -1,
    code: str = "",
) -> None:
    """Train ``points`` (parameters) and write the model and score files of each, in their order.

    The state is saved beside the first model every ``save_seconds``, unless they are negative.
    Raises UserError where the data and the settings do not fit each other.
    """
    state = SavedState(Path(models[0]).with_name(NAME), save_seconds) if save_seconds >= 0 else None
    order = [make_point(parameters) for parameters in points]
    files = {point.id: pair for point, *pair in zip(order, models, scores, strict=True)}
    for point, model, record in fit_points(manifest, order, **settings, saved=state, code=code):
        write_fit(model, record, settings, *files[point.id])
    for model_file in models:  # those of other jobs that the point was in before, too
        Path(model_file).with_name(NAME).unlink(missing_ok=True)
