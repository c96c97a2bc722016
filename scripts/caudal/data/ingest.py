"""Streams one source into Parquet parts and its manifest."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from caudal import checked_json
from caudal.atomic import remove
from caudal.data.csv_format import check_header, csv_format, read_head
from caudal.data.csv_rows import csv_rows
from caudal.data.defaults import completed
from caudal.data.identity import Watched
from caudal.data.labels import looks_numeric
from caudal.data.lookahead import ahead
from caudal.data.parquet_rows import open_parquet, parquet_rows
from caudal.data.part_writer import PartWriter
from caudal.data.quantities import all_different
from caudal.data.rejects import Rejects
from caudal.data.row_block import RowBlock
from caudal.data.screening import Screening
from caudal.data.sources import partition_values, shown_path, suffix
from caudal.data.tasks import CLASSIFICATION
from caudal.data.value_texts import LEVEL

USED = ("bad_rows", "classes", "date_format", "label", "label_from", "max_bad_share")


def settings(data: dict) -> dict:
    """What of the config's section ``data`` decides the content of the parts, beside the schema.

    Give this to ``to_parquet``: a change elsewhere, such as from ``mean`` to ``zero``, then
    converts nothing again.

    >>> settings({"files": ["a.csv"], "missing": {"numeric": "zero", "label": "error"}})
    {'missing': {'label': 'error'}}
    """
    used = {key: data[key] for key in USED if data.get(key) is not None}
    missing = data.get("missing") or {}
    acting = {key: missing[key] for key in ("categorical", "label", "texts") if missing.get(key)}
    if missing.get("numeric") in ("drop", "error"):
        acting["numeric"] = missing["numeric"]
    return dict(sorted({**used, "missing": dict(sorted(acting.items()))}.items()))


def to_parquet(file: Path, folder: Path, schema: dict, data: dict, chunk_rows: int) -> dict:
    """Write ``file`` as ``folder/part-*.parquet`` of ``chunk_rows`` rows each, and its manifest.

    Parameters
    ----------
    file, folder
        The source, and where its parts go; the folder's name is the source's.
    schema
        What ``schema.decide`` found over all sources.
    data
        The config's section ``data``, whole or its ``settings``.
    chunk_rows
        Rows in each part; the last one may be shorter.

    Returns
    -------
    The manifest, which is written last: a folder without it is not finished.

    Raises
    ------
    UserError
        If the source cannot be read, is replaced meanwhile, or holds what the settings make an
        error.
    """
    file, folder = Path(file), Path(folder)
    data = {**completed(data), **schema["csv"]}  # what was decided over all sources
    clear(folder)
    parts = PartWriter(folder, {n: schema["columns"][n] for n in schema["order"]}, chunk_rows)
    rows_in = 0
    with Rejects(folder / "rejects.csv", file, data) as rejects, Watched(file) as source:
        screening = Screening(schema, data, rejects, file)
        for block_rows, table in ahead(_screened(screening, file, data, rejects, source)):
            rows_in += block_rows
            parts.add(table)
        parts.finish()
        rejects.check_share(rows_in)
        identity = source.identity()
    found = {
        "source": folder.name,
        "file": shown_path(file),
        "identity": identity,
        "rows_in": rows_in,
        "rows": parts.rows,
        "rows_rejected": rejects.rejected.total(),
        "rows_dropped": rejects.dropped.total(),
        "columns": _columns(schema, parts, screening),
        "labels": _labels(schema, parts),
        "dates": {name: found.slices for name, found in screening.times.items()},
        "parts": parts.parts,
        "rejects": dict(sorted(rejects.rejected.items())),
        "dropped": dict(sorted(rejects.dropped.items())),
        "notes": _notes(schema, parts, screening, rows_in),
    }
    kept = parts.rows + rejects.rejected.total() + rejects.dropped.total()
    if rows_in != kept:
        raise AssertionError(f"{file}: {rows_in} rows came in and {kept} are accounted for")
    checked_json.write(folder / "manifest.json", found)
    return found


def _screened(
    screening: Screening, file: Path, data: dict, rejects: Rejects, source: Watched
) -> Iterator[tuple[int, pa.Table]]:
    """Yield for each block of a source the rows that came in, and a table of those kept."""
    for block in source_rows(file, screening.types, data, rejects, source):
        table = screening.screen(block)
        rejects.flush()
        yield block.rows_in, table


def _columns(schema: dict, parts: PartWriter, screening: Screening) -> dict[str, dict]:
    columns = {}
    for name, stats in parts.stats.items():
        columns[name] = {"kind": schema["columns"][name], **stats.summary()}
        if name in screening.nonfinite:
            columns[name]["nonfinite"] = screening.nonfinite[name]
    return columns


def _labels(schema: dict, parts: PartWriter) -> dict[str, int]:
    names = [name for name, kind in schema["columns"].items() if kind == CLASSIFICATION.label]
    return dict(sorted(parts.levels[names[0]].counts.items())) if names else {}


def _notes(schema: dict, parts: PartWriter, screening: Screening, rows_in: int) -> list[str]:
    notes = []
    if not rows_in:
        notes.append("the source holds no rows")
    for name, count in screening.nonfinite.items():
        notes.append(f"column {name!r}: {count} values are not finite and count as missing")
    for name, stats in parts.levels.items():
        if schema["columns"][name] != "categorical":
            continue
        values, levels = stats.told_apart
        if all_different(values, levels):
            notes.append(
                f"column {name!r}: nearly every row has a level of its own ({levels:,} in "
                f"{values:,}), which tells nothing of the next one: data.ignore leaves it out, and "
                f"{{column: {name}, words: true}} among the features takes the words of a text"
            )
        elif not stats.exact:
            notes.append(f"column {name!r}: there are more levels than are counted")
        if looks_numeric(list(stats.counts)):
            notes.append(
                f"column {name!r} is categorical but its levels are numbers with fractions; "
                "data.numeric overrules"
            )
    return notes


def clear(folder: Path) -> None:
    """Make the folder, and remove what an earlier attempt left there, its manifest first."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (folder / "manifest.json", folder / "rejects.csv", *folder.glob("part-*.parquet")):
        remove(old)


def source_rows(
    file: Path,
    types: dict[str, pa.DataType],
    data: dict,
    rejects: Rejects,
    source: Watched | None = None,
) -> Iterator[RowBlock]:
    """Yield the rows of a source with the columns of ``types``; none if the file is empty.

    ``data`` is the config's section ``data`` with what was decided over all sources, ``source``
    the file if it is open already. A column that the file has not may stand in the names of its
    folders.
    """
    if suffix(file) == ".parquet":
        with open_parquet(file) as opened:
            header = tuple(opened.schema_arrow.names)
    else:
        head, encoding = read_head(file, data["encoding"])
        fmt = csv_format(file, head, encoding, data)
        header = fmt.header
    if not header:
        return
    told = {n: v for n, v in partition_values(file).items() if n in types and n not in header}
    inside = {name: kind for name, kind in types.items() if name not in told}
    check_header(file, header, inside)
    if suffix(file) == ".parquet":
        if source:
            source.sum_up()  # its columns are read by themselves
        blocks = parquet_rows(file, inside, rejects)
    else:
        blocks = csv_rows(file, fmt, inside, data, rejects, source)
    for block in blocks:
        yield replace(block, table=_with_constants(block.table, told, types)) if told else block


def _with_constants(
    table: pa.Table, values: dict[str, str | None], types: dict[str, pa.DataType]
) -> pa.Table:
    """The table with columns of one text each, the columns in the order of ``types``."""
    for name, value in values.items():
        column = pa.repeat(pa.scalar(value, pa.string()), len(table))
        table = table.append_column(
            name, column.dictionary_encode().cast(LEVEL) if types[name] == LEVEL else column
        )
    return table.select(list(types))
