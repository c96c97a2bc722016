"""The section on new files: what the best model has predicted, and how true that came."""

import math
from collections.abc import Mapping
from typing import Any

from caudal.predictions.record import FOLDER
from caudal.ranking.run import Run
from caudal.report.markup import Markup, join, tag
from caudal.report.tables import NUMBER, calibration, cell, table
from caudal.wording import cut, number

MOST_CALIBRATIONS = 5
"""Files whose calibration is shown, the last ones by name."""


def new_files(run: Run) -> Markup:
    """A row for each file that was predicted, and the calibration of those that have labels."""
    heads = ["file", ("predictions", NUMBER), "by", ("with a label", NUMBER), ("score", NUMBER),
             ("benchmark", NUMBER), ("r2", NUMBER), ("AUC", NUMBER)]  # fmt: skip
    rows = [_row(run, record) for record in run.predictions]
    scored = [record for record in run.predictions if record.get("calibration")]
    parts = [
        tag("p", f"The predictions lie in results/{FOLDER}. Where a file has the label, they are "
            "scored: the model, and the benchmark as it stood when the model was made, have "
            "learned nothing of these rows.", class_="note"),
        table(heads, [_learned(run), *rows], class_="sortable"),
    ]  # fmt: skip
    for record in scored[-MOST_CALIBRATIONS:]:
        parts.append(tag("h3", f"Calibration on {cut(record['file'], 60)}"))
        parts.append(calibration(record["calibration"]))
    return join(parts)


def _learned(run: Run) -> Markup:
    """What the same model's score was while it learned."""
    best = run.best.record
    cells = [tag("td", "while it learned"), cell("–"), tag("td", "this model"), cell("–")]
    return tag("tr", *cells, *_scores(best))


def _row(run: Run, record: Mapping[str, Any]) -> Markup:
    same = record["model_sha256"] == run.best.record.get("model_sha256")
    by = "this model" if same else f"an earlier model, of the point {record['point']}"
    labels = record.get("rows_scored")
    return tag(
        "tr",
        tag("td", cut(record["file"], 60)),
        cell(f"{record['rows']:,}", record["rows"]),
        tag("td", by),
        cell("–" if labels is None else f"{labels:,}", labels or 0),
        *_scores(record),
    )


def _scores(record: Mapping[str, Any]) -> list[Markup]:
    """The cells of score, benchmark, r2 and AUC, as far as they are known."""
    error = record.get("standard_error") or math.nan
    found = [record.get(key) for key in ("score", "benchmark_score", "r2", "auc")]
    known = [math.nan if value is None else value for value in found]
    errors = (error, error, 0.01, 0.01)
    return [cell(number(value, e), value) for value, e in zip(known, errors, strict=True)]
