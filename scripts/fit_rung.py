"""Train the points of one job on the rows of their rung."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.learn.fit_files import fit_rung
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        fit_rung(
            Path(snakemake.input.manifest),
            Path(snakemake.output[0]),
            snakemake.params.points,
            snakemake.params.rung,
            snakemake.params.settings,
            snakemake.resources.save_seconds,
            snakemake.params.state_code,
            bool(snakemake.resources.keep_states),
        )
