"""Fit a tree ensemble to a sample, beside the best point."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from caudal.learn.yardstick import measure, write
from caudal.models.score_record import read_score
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        found = measure(
            snakemake.input.manifest,
            read_score(snakemake.input.best),
            snakemake.params.settings,
            snakemake.params.rows,
            snakemake.resources.attempts > 1,
        )
        write(snakemake.output[0], found)
