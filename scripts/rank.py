"""Rank the points by their scores."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.config.grid import make_point
from caudal.data.manifest import load
from caudal.ranking.rank import rank
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        rank(
            [make_point(point) for point in snakemake.params.points],
            [Path(file) for file in snakemake.input.scores],
            Path(snakemake.output.ranking),
            Path(snakemake.output.costs),
            load(snakemake.input.manifest)["checksum"],
            snakemake.params.settings,
        )
