"""Write simulated sources and their true effects."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from caudal.simulate.write import simulate
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        simulate(
            snakemake.params.settings,
            snakemake.params.seed,
            list(snakemake.output.files),
            snakemake.output.truth,
        )
