"""Copy the best point's model, and write down what new files are read by."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.data.manifest import load
from caudal.models.best_schema import write_schema
from caudal.ranking.rank import take_best
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        take_best(
            Path(snakemake.input.ranking).parent,
            Path(snakemake.output.model),
        )
        write_schema(
            snakemake.output.schema,
            snakemake.params.schema,
            snakemake.params.data,
            load(snakemake.input.manifest),
        )
