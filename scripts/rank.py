"""Rank the points by their scores."""

from pathlib import Path

from caudal.grid import make_point
from caudal.logs import job_log
from caudal.manifest import load
from caudal.ranking import rank

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
