"""Train the points of one job in a single pass over the data."""

from caudal.learn.fit_files import fit
from caudal.ranking.status import say_status
from caudal.workflow.job_log import job_log

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
        say_status()
