"""Writes the parts of a source: Parquet files of equally many rows, their sums and statistics."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from caudal.atomic import write_bytes
from caudal.data.column_stats import LabelStats, LevelStats, NumericStats
from caudal.data.tasks import CLASSIFICATION, REGRESSION
from caudal.data.value_texts import spelled


class PartWriter:
    """Collects tables and writes a part whenever ``chunk_rows`` rows are there."""

    def __init__(self, folder: Path, columns: dict[str, str], chunk_rows: int):
        self._folder, self._chunk_rows = folder, chunk_rows
        kinds = ("categorical", CLASSIFICATION.label)
        self._levels = [name for name, kind in columns.items() if kind in kinds]
        self.levels = {name: LevelStats() for name in self._levels}
        self.numbers = {
            name: LabelStats() if kind == REGRESSION.label else NumericStats()
            for name, kind in columns.items()
            if name not in self.levels
        }
        self._order = list(columns)
        self.parts: list[dict] = []
        self.rows = 0
        self._waiting: list[pa.Table] = []
        self._rows_waiting = 0

    @property
    def stats(self) -> dict[str, LevelStats | NumericStats]:
        """The statistics of each column, in the columns' order."""
        return {n: self.levels[n] if n in self.levels else self.numbers[n] for n in self._order}

    def add(self, table: pa.Table) -> None:
        """Take in rows, floats and texts; the columns are those of the schema, in its order."""
        if not len(table):
            return
        self._waiting.append(table)
        self._rows_waiting += len(table)
        if self._rows_waiting < self._chunk_rows:
            return
        together = pa.concat_tables(self._waiting)
        whole = len(together) - len(together) % self._chunk_rows
        for start in range(0, whole, self._chunk_rows):
            self._write(together.slice(start, self._chunk_rows))
        rest = together.slice(whole)
        self._waiting, self._rows_waiting = [rest] if len(rest) else [], len(rest)

    def finish(self) -> None:
        """Write the rows that are left as a shorter part."""
        if self._waiting:
            self._write(pa.concat_tables(self._waiting))
            self._waiting, self._rows_waiting = [], 0

    def _write(self, rows: pa.Table) -> None:
        columns = [self._count(name, rows[name]) for name in rows.column_names]
        rows = pa.table(columns, names=rows.column_names)
        sink = pa.BufferOutputStream()
        # Floats plain and all uncompressed: it is read many times and written once.
        pq.write_table(
            rows,
            sink,
            row_group_size=max(len(rows), 1),
            use_dictionary=self._levels,
            dictionary_pagesize_limit=1 << 30,
            compression="none",
            write_statistics=False,
        )
        content = sink.getvalue()
        name = f"part-{len(self.parts):05d}.parquet"
        write_bytes(self._folder / name, content)
        digest = hashlib.sha256(content).hexdigest()
        part = {"file": name, "rows": len(rows), "bytes": content.size, "sha256": digest}
        self.parts.append(part)
        self.rows += len(rows)

    def _count(self, name: str, column: pa.ChunkedArray) -> pa.Array:
        """Take a column of one part into the statistics; give it as it is written."""
        if name in self.numbers:
            column = column.combine_chunks()
            self.numbers[name].add(column)
            return column
        # Encoded, then joined: joined texts would have room for 2 GB only.
        column = spelled(column.dictionary_encode().combine_chunks())
        counts = np.bincount(
            column.indices.drop_null().to_numpy(), minlength=len(column.dictionary)
        )
        self.levels[name].add(column.dictionary, counts, column.null_count)
        return column
