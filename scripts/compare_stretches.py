"""Compare the stretches of the stream."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from caudal.data.stretches import write
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        write(snakemake.input[0], snakemake.output[0])
