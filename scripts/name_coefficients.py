"""Name the coefficients of the best model, and write it down without a pickle."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.models import plain_json
from caudal.models.coefficients import coefficients
from caudal.models.score_record import load_checked
from caudal.workflow.job_log import job_log


def name_coefficients(
    model: str, manifest: str, coefficients_csv: str, plain: str, truth: str | None
) -> None:
    """Write the table of coefficients and the model as JSON."""
    coefficients(
        Path(model), Path(manifest), Path(coefficients_csv), Path(truth) if truth else None
    )
    plain_json.write(load_checked(Path(model)), Path(plain))


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        name_coefficients(
            snakemake.input.model,
            snakemake.input.manifest,
            snakemake.output.coefficients,
            snakemake.output.plain,
            snakemake.input.truth or None,
        )
