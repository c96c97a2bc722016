"""Train the points of one job in a single pass over the data."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


import hashlib
from pathlib import Path

from caudal.atomic import write_text
from caudal.config.grid import make_point
from caudal.learn.fitting import fit_points, write_record
from caudal.learn.saved_state import NAME, SavedState
from caudal.models.pickling import dump_model
from caudal.workflow.job_log import job_log
from caudal.workflow.peak_memory import peak_memory_mb


def fit(
    manifest: str,
    models: list[str],
    scores: list[str],
    points: list[dict],
    settings: dict,
    save_seconds: int = -1,
    code: str = "",
) -> None:
    """Train ``points`` (parameters) and write the model and score files of each, in their order.

    The state is saved beside the first model every ``save_seconds``, unless they are negative.
    """
    state = SavedState(Path(models[0]).with_name(NAME), save_seconds) if save_seconds >= 0 else None
    order = [make_point(parameters) for parameters in points]
    files = {
        point.id: (model, score) for point, model, score in zip(order, models, scores, strict=True)
    }
    for point, model, record in fit_points(manifest, order, **settings, saved=state, code=code):
        model_file, score_file = files[point.id]
        record["settings"] = settings
        record["model_bytes"] = dump_model(model, model_file)
        with open(model_file, "rb") as written:
            record["model_sha256"] = hashlib.file_digest(written, "sha256").hexdigest()
        record["peak_memory_mb"] = peak_memory_mb()
        write_text(score_file, write_record(record))
    for model_file in models:  # those of other jobs that the point was in before, too
        Path(model_file).with_name(NAME).unlink(missing_ok=True)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        fit(
            snakemake.input[0],
            list(snakemake.output.models),
            list(snakemake.output.scores),
            snakemake.params.points,
            snakemake.params.settings,
            snakemake.resources.save_seconds,
            snakemake.params.code,
        )
