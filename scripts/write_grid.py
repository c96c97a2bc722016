"""Write the table of the grid's points."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from caudal.config.grid import make_point
from caudal.ranking.rank import write_grid
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        write_grid([make_point(point) for point in snakemake.params.points], snakemake.output[0])
