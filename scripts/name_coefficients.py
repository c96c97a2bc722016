"""Name the coefficients of the best model."""

from pathlib import Path

from caudal.coefficients import coefficients
from caudal.logs import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        coefficients(
            Path(snakemake.input.model),
            Path(snakemake.input.manifest),
            Path(snakemake.output.coefficients),
            Path(snakemake.input.truth) if snakemake.input.truth else None,
        )
