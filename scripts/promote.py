"""Say which points of a rung go on to the next one."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.ranking.promotion import promote_rung
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]) as log:
        places = promote_rung(
            Path(snakemake.input.plan),
            [Path(file) for file in snakemake.input.fits],
            Path(snakemake.output[0]),
            snakemake.params.points,
            snakemake.params.factor,
            snakemake.params.settings,
        )
        going = sum(place.goes_on for place in places)
        log.info("%d of %d points go on", going, len(places))
