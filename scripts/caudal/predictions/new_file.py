"""Predicts the rows of a new file with a run's best model, block by block."""

import logging
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

import caudal
from caudal.atomic import whole_file
from caudal.data.identity import Watched
from caudal.data.ingest import source_rows
from caudal.data.rejects import Rejects
from caudal.data.row_block import RowBlock
from caudal.data.screening import Screening
from caudal.errors import UserError
from caudal.learn.targets import make_target
from caudal.models import best_schema
from caudal.models.prediction import predictions
from caudal.models.score_record import NAME, ScoreRecord, load_checked, plain, read_score
from caudal.predictions.reading import Reading
from caudal.predictions.record import SUFFIX, write_record
from caudal.predictions.scoring import Scoring
from caudal.predictions.writers import Writer
from caudal.wording import counted

log = logging.getLogger("caudal")

BLOCK_ROWS = 20_000
"""Rows predicted at once."""


def predict(
    model_file: str | Path, file: str | Path, out: str | Path, keep: Sequence[str] = ()
) -> dict[str, Any]:
    """Predict the rows of ``file`` into ``out`` (.parquet or .csv), whole or not at all.

    Parameters
    ----------
    model_file
        The best model of a run, with its record and its schema beside it; nothing else of the run
        is looked at.
    file
        A source; it needs the model's features alone, in any order and with any others.
    keep
        Columns of ``file`` that go along, first: from CSV as the texts that stand there, from
        Parquet with their types, a feature as the model takes it.

    Returns
    -------
    The record, which is written beside ``out`` as ``<stem>.json``: the file, the model, the counts
    ``rows_in``, ``rows``, ``rows_rejected`` and ``rows_dropped`` and, where the file has labels,
    how true the predictions came, by the names of ``score.json``. Each row that was kept has a row
    in ``out``, in order. Under ``bad_rows: quarantine`` those left out stand in
    ``<stem>.rejects.csv``. Memory does not grow with the rows.

    Raises
    ------
    UserError
        If the source cannot be read, is replaced meanwhile, lacks a feature or a column to keep,
        or has a bad row where that is an error.
    """
    model_file, file, out = Path(model_file), Path(file), Path(out)
    model, score = load_checked(model_file), read_score(model_file.with_name(NAME))
    known = best_schema.read_schema(model_file.with_name(best_schema.NAME), score)
    features = model.named_steps["extractor"].feature_names_in_.tolist()
    reading = Reading(file, known, features, keep)
    scoring = _scoring(known["label"], score) if reading.label else None
    rejects_file = out.with_name(f"{out.stem}.rejects.csv")
    with (
        whole_file(rejects_file) as aside,
        whole_file(out) as temporary,
        Rejects(aside, file, reading.data) as rejects,
        Writer(temporary, out.suffix) as writer,
    ):
        found = _predict_rows(model, reading, rejects, writer, scoring)
    if not found["rows_rejected"]:
        rejects_file.unlink()
    record = plain(
        {
            "caudal": caudal.__version__,
            "file": str(file),
            "predictions": out.name,
            "point": score["point"],
            "model_sha256": score["model_sha256"],
            "loss": score["settings"]["score"]["loss"],
            **found,
            **(scoring.record() if scoring else {}),
        }
    )
    write_record(out.with_suffix(SUFFIX), record)
    _tell(file, record, rejects_file)
    return record


def _scoring(label: dict[str, Any], score: ScoreRecord) -> Scoring:
    """Scores as the fit was scored, beside the benchmark as it stood after it."""
    target = make_target(label, score["settings"]["score"])
    return Scoring(target, score["benchmark"], label["classes"])


def _predict_rows(
    model, reading: Reading, rejects: Rejects, writer: Writer, scoring: Scoring | None
) -> dict[str, Any]:
    """Predict all rows; what the record tells of them and of the file."""
    screening = Screening(reading.schema, reading.data, rejects, reading.file)
    screening.types |= reading.own_types
    nothing = pa.schema(list(screening.types.items())).empty_table()
    rows_in = rows = 0
    with Watched(reading.file) as source:
        read = source_rows(reading.file, screening.types, reading.form, rejects, source)
        # A file without rows gives a table without rows.
        for block in chain([RowBlock(nothing, 0, lambda: [].__getitem__)], read):
            rows_in += block.rows_in
            for part in _slices(screening.screen(block)):
                predicted = predictions(model, part)
                writer.write(_beside(part.select(reading.keep), predicted))
                if scoring:
                    scoring.add(predicted, part[reading.label].combine_chunks())
                rows += len(part)
            rejects.flush()
        rejects.check_share(rows_in)
        identity = source.identity()
    return {
        "identity": identity,
        "rows_in": rows_in,
        "rows": rows,
        "rows_rejected": rejects.rejected.total(),
        "rows_dropped": rejects.dropped.total(),
    }


def _beside(kept: pa.Table, predicted: pa.Table) -> pa.Table:
    """The columns that were kept, then the predictions."""
    double = set(kept.column_names) & set(predicted.column_names)
    if double:
        raise UserError(
            f"predict.keep: {min(double)!r} is a column of the predictions, too; rename it in the "
            "file, or keep another."
        )
    for name in predicted.column_names:
        kept = kept.append_column(name, predicted[name])
    return kept


def _slices(table: pa.Table) -> Iterator[pa.Table]:
    """The table in pieces of ``BLOCK_ROWS``; one that is empty is a piece, too."""
    for start in range(0, max(1, len(table)), BLOCK_ROWS):
        yield table.slice(start, BLOCK_ROWS)


def _tell(file: Path, record: dict[str, Any], rejects_file: Path) -> None:
    log.info("%s: %d rows, %d predictions", file, record["rows_in"], record["rows"])
    for key, what in (
        ("rows_rejected", f"could not be read and got no prediction; see {rejects_file}"),
        ("rows_dropped", "without a value (data.missing: drop), or the header again, got none"),
        ("rows_of_other_labels", "with a label that the model has not learned got no score"),
    ):
        if record.get(key):
            log.warning("%s: %s %s.", file, counted(record[key], "row"), what)
    if record.get("r2") is not None:
        log.info(
            "%s with a label: score %.5f, benchmark %.5f, r2 %.4f",
            counted(record["rows_scored"], "row"),
            record["score"], record["benchmark_score"], record["r2"],
        )  # fmt: skip
