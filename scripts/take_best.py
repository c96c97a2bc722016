"""Copy the best point's model."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.ranking.rank import take_best
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        take_best(
            Path(snakemake.input.ranking).parent,
            Path(snakemake.output.model),
        )
