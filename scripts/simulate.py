"""Write simulated sources and their true effects."""

from caudal.logs import job_log
from caudal.simulate import simulate

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        simulate(
            snakemake.params.settings,
            snakemake.params.seed,
            list(snakemake.output.files),
            snakemake.output.truth,
        )
