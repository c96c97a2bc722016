"""Train the points of one job in a single pass over the data."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from caudal.learn.fit_files import fit
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
            bool(snakemake.resources.keep_states),
        )
