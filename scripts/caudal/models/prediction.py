"""Scores new sources with a model, block by block, into Parquet."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from caudal.atomic import whole_folder
from caudal.data.dates import derived_columns
from caudal.data.defaults import completed
from caudal.data.ingest import source_rows
from caudal.data.rejects import Rejects
from caudal.data.screening import Screening
from caudal.errors import UserError
from caudal.models.score_record import load_checked

log = logging.getLogger("caudal")

BLOCK_ROWS = 20_000
"""Rows predicted at once."""


def predict(
    model_file: str | Path,
    files: Mapping[str, Path],
    out_folder: str | Path,
    schema: dict,
    data: dict,
) -> dict[str, dict[str, int]]:
    """Score sources with a model into ``out_folder/<source>.parquet``, whole or not at all.

    Parameters
    ----------
    files
        Name to path of the sources, as ``sources`` gives them. They need the model's features
        alone, in any order and with any others; there need be no label.
    schema, data
        What ``schema.decide`` found over the data that the model learned, and the config's section
        ``data``.

    Returns
    -------
    By source the counts ``rows_in``, ``rows``, ``rows_rejected`` and ``rows_dropped``. Each row
    kept has a row in the Parquet file, in order: ``prediction`` and, where the classifier has
    probabilities, ``probability_<class>``. Under ``bad_rows: quarantine`` the rows left out stand
    in ``<source>.rejects.csv``. Memory does not grow with the rows.

    Raises
    ------
    UserError
        If a source cannot be read, lacks a feature, or has a bad row where that is an error.
    """
    model = load_checked(model_file)
    counts = {}
    with whole_folder(out_folder) as folder:
        for name, file in files.items():
            counts[name] = _predict_source(model, Path(file), folder / name, schema, data)
            _tell(file, counts[name], Path(out_folder) / f"{name}.rejects.csv")
    return counts


def predictions(model, table: pa.Table) -> pa.Table:
    """Predictions of ``model`` for the rows of ``table``, in order."""
    last, classes = model[-1], getattr(model[-1], "classes_", np.empty(0))
    X = model[:-1].transform(table) if len(table) else None
    label = classes[:0] if X is None else last.predict(X)
    columns = {"prediction": pa.array(label)}
    if hasattr(last, "predict_proba"):
        share = np.empty((0, len(classes))) if X is None else last.predict_proba(X)
        for k, of_class in enumerate(classes):
            columns[f"probability_{of_class}"] = pa.array(np.ascontiguousarray(share[:, k]))
    return pa.table(columns)


def _predict_source(model, file: Path, out: Path, schema: dict, data: dict) -> dict[str, int]:
    schema = features_alone(schema, model.named_steps["extractor"].features)
    # A CSV's delimiter is told by a header that holds the label; here a feature stands for it.
    data = {**completed(data), **schema["csv"], "classes": None}
    form = predictions(model, pa.table({})).schema
    counts = dict.fromkeys(("rows_in", "rows", "rows_rejected", "rows_dropped"), 0)
    rejects_file = out.with_name(f"{out.name}.rejects.csv")
    with (
        Rejects(rejects_file, file, data) as rejects,
        pq.ParquetWriter(out.with_name(f"{out.name}.parquet"), form) as writer,
    ):
        screening = Screening(schema, data, rejects, file)
        data |= {"label": next(iter(screening.types)), "label_from": None}
        for block in source_rows(file, screening.types, data, rejects):
            counts["rows_in"] += block.rows_in
            for part in _slices(screening.screen(block)):
                writer.write_table(predictions(model, part))
                counts["rows"] += len(part)
            rejects.flush()
        rejects.check_share(counts["rows_in"])
    counts["rows_rejected"] = rejects.rejected.total()
    counts["rows_dropped"] = rejects.dropped.total()
    if not counts["rows_rejected"]:
        rejects_file.unlink()
    return counts


def features_alone(schema: dict, features: list[str]) -> dict:
    """The schema of a source that has these features and need have nothing else."""
    unknown = [name for name in features if name not in schema["columns"]]
    if unknown:
        raise UserError(
            f"The model has a feature {unknown[0]!r} that is not in the schema; take the schema of "
            "the run that made the model."
        )
    return {
        **schema,
        "columns": {name: schema["columns"][name] for name in features},
        "order": list(features),
        "derive": {
            name: parts
            for name, parts in schema["derive"].items()
            if set(derived_columns({name: parts})) & set(features)
        },
    }


def _slices(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, len(table), BLOCK_ROWS):
        yield table.slice(start, BLOCK_ROWS)


def _tell(file: Path, counts: dict[str, int], rejects_file: Path) -> None:
    log.info("%s: %d rows, %d predictions", file, counts["rows_in"], counts["rows"])
    if counts["rows_rejected"]:
        log.warning(
            "%s: %d rows could not be read and have no prediction; see %s.",
            file, counts["rows_rejected"], rejects_file,
        )  # fmt: skip
    if counts["rows_dropped"]:
        log.warning(
            "%s: %d rows lack a value (data.missing: drop), or are the header again, and have no "
            "prediction.",
            file, counts["rows_dropped"],
        )  # fmt: skip
