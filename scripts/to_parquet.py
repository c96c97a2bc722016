"""Convert one source to chunked Parquet and its manifest."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.data.conversion import convert
from caudal.workflow.job_log import job_log

if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        convert(
            Path(snakemake.input[0]),
            Path(snakemake.output.manifest),
            snakemake.params.schema,
            snakemake.params.data,
            snakemake.params.chunk_rows,
        )
