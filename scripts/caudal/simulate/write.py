"""Simulated sources: rows from a model whose true coefficients are written beside them."""

import csv
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as pa_csv

from caudal.atomic import whole_file
from caudal.data.column_patterns import named
from caudal.data.tasks import CLASSIFICATION, REGRESSION, task_named
from caudal.errors import UserError

# Each model is a module `<model>` with two functions of the seed and these settings:
# `truth`, a dict from term to coefficient, and `blocks`, an endless iterator of record batches.
ROWS = 100_000
DEFAULTS: dict[str, dict] = {
    "logistic": {},
    "linear": {"noise": 1.0},
    "clicks": {"skew": 1.04},
    "iris": {"noise": [0.5], "active": 2, "rate": 256.0},
}


def simulate(settings: dict, seed: int, csv_files: list[Path], truth_file: Path) -> None:
    """Write simulated rows as CSV, spread evenly over ``csv_files``, and their true coefficients.

    ``settings`` holds ``model``, ``rows`` and the model's own keys (see ``DEFAULTS``); its
    ``files`` is for the caller, who names as many ``csv_files``. The rows depend on the other
    settings and ``seed`` alone: with more files the same stream is cut more often.
    ``truth_file`` gets a row ``term,coefficient`` per effect. Memory does not grow with the rows.
    Raises ``UserError`` for settings that do not fit together.
    """
    settings = complete(settings)
    model = import_module(f"caudal.simulate.{settings['model']}")
    own = {key: settings[key] for key in DEFAULTS[settings["model"]]}
    write_csv_files(model.blocks(seed, **own), settings["rows"], csv_files)
    write_truth(model.truth(seed, **own), truth_file)


def complete(settings: dict) -> dict:
    """Return ``settings`` with the model's defaults filled in.

    Raises ``UserError`` for a key that the model does not have, or an impossible value.

    >>> complete({"model": "clicks", "rows": 10})
    {'model': 'clicks', 'rows': 10, 'files': 1, 'skew': 1.04}
    """
    model = settings.get("model")
    if model not in DEFAULTS:
        raise UserError(f"simulate.model is {model!r}: write one of {', '.join(DEFAULTS)}.")
    known = {"model": model, "rows": ROWS, "files": 1, **DEFAULTS[model]}
    for key in settings:
        if key not in known:
            owners = [name for name, defaults in DEFAULTS.items() if key in defaults]
            advice = f"it belongs to the model {owners[0]}" if owners else "remove it"
            raise UserError(f"simulate.{key} is no setting of the model {model}: {advice}.")
    settings = {**known, **settings}
    if settings["rows"] < 1:
        raise UserError(f"simulate.rows is {settings['rows']}: write 1 or more.")
    if model == "iris":
        noise = settings["noise"]
        settings["noise"] = [noise] if isinstance(noise, int | float) else list(noise)
        if not settings["noise"]:
            raise UserError("simulate.noise is empty: write one number for each stream.")
    return settings


def write_csv_files(blocks: Iterator[pa.RecordBatch], rows: int, csv_files: list[Path]) -> None:
    """Write the first ``rows`` of ``blocks`` as CSV, in order, cut evenly over ``csv_files``."""
    block = next(blocks)
    share, rest = divmod(rows, len(csv_files))
    options = pa_csv.WriteOptions(quoting_style="none", quoting_header="none", batch_size=8192)
    for i, path in enumerate(csv_files):
        missing = share + (i < rest)
        with (
            whole_file(path) as temporary,
            pa_csv.CSVWriter(temporary, block.schema, write_options=options) as writer,
        ):
            while missing:
                if not block.num_rows:
                    block = next(blocks)
                piece = block[:missing]
                writer.write_batch(piece)
                block = block[piece.num_rows :]
                missing -= piece.num_rows


def write_truth(truth: dict[str, float], path: Path) -> None:
    """Write the true coefficients as CSV, each number with all its digits."""
    with whole_file(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["term", "coefficient"])
        writer.writerows((term, repr(float(value))) for term, value in truth.items())


FEATURES = {
    "logistic": dict.fromkeys(("x1", "x2", "x3"), "numeric"),
    "linear": dict.fromkeys(("x1", "x2", "x3"), "numeric"),
    "clicks": dict.fromkeys(("x1", "x2", "x3"), "numeric")
    | dict.fromkeys(("c1", "c2", "c3", "c4", "c5", "c6"), "categorical"),
    "iris": dict.fromkeys(
        ("sepal_length", "sepal_width", "petal_length", "petal_width"), "numeric"
    ),
}
LABELS = {"logistic": "y", "linear": "y", "clicks": "y", "iris": "species"}
NUMBERS, TEXTS = ("linear",), ("iris",)
"""The models whose labels are no classes, and those whose labels are no numbers."""


def schema(model: str, data: dict) -> dict:
    """What ``schema.decide`` would find in the CSV files of ``model``, before they are there.

    Raises ``UserError`` where ``data`` names another label, or a task that this one is not for.
    """
    if data["label"] != LABELS[model]:
        raise UserError(
            f"data.label is {data['label']!r}, but the simulated model {model} has the label "
            f"{LABELS[model]!r}; write that."
        )
    task = task_named(data.get("task"))
    other = CLASSIFICATION if model in TEXTS else REGRESSION if model in NUMBERS else task
    if task is not other:
        raise UserError(
            f"data.task: the label of the simulated model {model} is for {other.name}; write "
            f"task: {other.name} under data."
        )
    columns = {}
    given = data.get("numeric")
    numeric = named(given, list(FEATURES[model])) if isinstance(given, list) else None
    categorical = named(data.get("categorical") or [], list(FEATURES[model]))
    for name, kind in FEATURES[model].items():
        if numeric is not None:
            kind = "numeric" if name in numeric else "categorical"
        columns[name] = "categorical" if name in categorical else kind
    columns[LABELS[model]] = task.label
    form = {"decimal": ".", "delimiter": ",", "encoding": None, "quote": '"', "thousands": None}
    columns = dict(sorted(columns.items()))
    return {"columns": columns, "order": sorted(columns), "derive": {}, "csv": form}
