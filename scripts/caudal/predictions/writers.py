"""Tables written piece by piece, as Parquet or as CSV."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

FORMATS: dict[str, Callable] = {".parquet": pq.ParquetWriter, ".csv": pa_csv.CSVWriter}
"""What predictions are written as: the suffix of the file, and its writer."""


class Writer:
    """A context that writes tables, one below the other."""

    def __init__(self, path: Path, suffix: str):
        """Write to ``path`` what a file of this ``suffix`` holds, one of ``FORMATS``."""
        self._path, self._suffix = path, suffix
        self._writer: Any = None

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_) -> None:
        if self._writer:
            self._writer.close()

    def write(self, table: pa.Table) -> None:
        """Add a table, of the same columns as the first one."""
        if self._suffix == ".csv":
            table = _spelled(table)
        if not self._writer:
            self._writer = FORMATS[self._suffix](self._path, table.schema)
        self._writer.write_table(table)


def _spelled(table: pa.Table) -> pa.Table:
    """The table with truths as the sources spell them: Arrow writes them small."""
    columns = [
        pc.if_else(column, "True", "False") if pa.types.is_boolean(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)
