"""Predict the rows of a new file with the best model."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from caudal.predictions.new_file import predict
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        predict(
            snakemake.input.model,
            snakemake.input.file[0],
            snakemake.output.predictions,
            snakemake.params.keep,
        )
