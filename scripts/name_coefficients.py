"""Name the coefficients of the best model, and write it down without a pickle."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.models.best import describe_best
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        describe_best(
            Path(snakemake.input.model),
            Path(snakemake.input.manifest),
            Path(snakemake.output.coefficients),
            Path(snakemake.output.plain),
            Path(snakemake.input.truth) if snakemake.input.truth else None,
        )
