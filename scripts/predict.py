"""Score new files with the best model."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.models.prediction import predict
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        predict(
            Path(snakemake.input.model),
            {name: Path(file) for name, file in snakemake.params.files.items()},
            Path(snakemake.output[0]),
            snakemake.params.schema,
            snakemake.params.data,
        )
