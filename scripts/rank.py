"""Rank the points by their scores."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.config.grid import make_point
from caudal.data.manifest import load
from caudal.ranking.rank import check_grid, rank
from caudal.ranking.rung_tables import read_plan
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        points = [make_point(parameters) for parameters in snakemake.params.points]
        check_grid(points, snakemake.input.grid)
        rungs = snakemake.input.rungs and read_plan(snakemake.input.rungs)
        rank(
            points,
            [Path(file) for file in snakemake.input.scores],
            Path(snakemake.output.ranking),
            Path(snakemake.output.costs),
            {rung.rung: rung.checksum for rung in rungs}
            if rungs
            else load(snakemake.input.manifest)["checksum"],
            snakemake.params.settings,
        )
