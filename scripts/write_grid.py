"""Write the table of the grid's points."""

from caudal.grid import make_point
from caudal.logs import job_log
from caudal.ranking import write_grid

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        write_grid([make_point(point) for point in snakemake.params.points], snakemake.output[0])
