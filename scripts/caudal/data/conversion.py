"""The conversion of one source, and what its log says."""

import logging
from pathlib import Path

from caudal.data.ingest import to_parquet
from caudal.data.manifest import DAMAGED

log = logging.getLogger("caudal")


def convert(source: Path, manifest: Path, schema: dict, data: dict, chunk_rows: int) -> dict:
    """Convert ``source`` into the folder of ``manifest``, and log what became of its rows.

    As ``to_parquet``; a mark that the source had to be converted anew is gone then.
    """
    found = to_parquet(source, manifest.parent, schema, data, chunk_rows)
    manifest.with_name(DAMAGED).unlink(missing_ok=True)
    log.info(
        "%s: %d rows in, %d kept, %d rejected, %d dropped, in %d parts",
        source, found["rows_in"], found["rows"], found["rows_rejected"], found["rows_dropped"],
        len(found["parts"]),
    )  # fmt: skip
    for note in found["notes"]:
        log.info(note)
    return found
