"""Plan how many rows each rung of a search by halving has."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.ranking.rung_plan import plan_rungs
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]) as log:
        rungs = plan_rungs(
            Path(snakemake.input[0]),
            Path(snakemake.output[0]),
            snakemake.params.search,
            snakemake.params.points,
            snakemake.params.settings,
        )
        log.info("rungs of %s rows", ", ".join(f"{rung.rows:,}" for rung in rungs))
