"""Convert one source to chunked Parquet and its manifest."""

from caudal.workflow.hand_over import hand_over

hand_over(globals())  # to the helper, which has made the imports that follow


from pathlib import Path

from caudal.data.ingest import to_parquet
from caudal.data.manifest import DAMAGED
from caudal.workflow.job_log import job_log


def convert(source: str, manifest: str, schema: dict, data: dict, chunk_rows: int, log) -> None:
    """Convert ``source`` into the folder of ``manifest``, and log what became of its rows."""
    found = to_parquet(Path(source), Path(manifest).parent, schema, data, chunk_rows)
    Path(manifest).with_name(DAMAGED).unlink(missing_ok=True)
    log.info(
        "%s: %d rows in, %d kept, %d rejected, %d dropped, in %d parts",
        source, found["rows_in"], found["rows"], found["rows_rejected"], found["rows_dropped"],
        len(found["parts"]),
    )  # fmt: skip
    for note in found["notes"]:
        log.info(note)


if __name__ == "__main__":
    with job_log(snakemake.log[0]) as log:
        convert(
            snakemake.input[0],
            snakemake.output.manifest,
            snakemake.params.schema,
            snakemake.params.data,
            snakemake.params.chunk_rows,
            log,
        )
