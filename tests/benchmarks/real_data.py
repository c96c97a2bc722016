"""Caudal beside Vowpal Wabbit on real data, or on a CSV file of one's own: scores, speed, memory.

Both learn the same rows in the same order, all pairs of the features. Caudal's are the best points
of a grid, SGD's of the twelve in ``SGD_GRID``, FTRL's of the six that a first config has; Vowpal
Wabbit's learners are its default, `--coin` and `--ftrl`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from caudal.config.first_grid import FIRST_CLASSIFIER
from caudal.config.grid import expand
from caudal.data.manifest import load
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import UserError
from caudal.learn.fitting import fit_points
from caudal.learn.progressive import Plan, make_plan
from markdown_tables import heading, put_between, table
from measuring import HERE, convert, in_turns, own_cost, run, simulated
from ours import CHUNK_ROWS, fit_settings
from vw_text import labels_of, write_vw_text

N_FEATURES = 2**22
REPEATS = 3
SGD_GRID: list[dict] = [
    {"loss": "log_loss", "alpha": [1e-6, 1e-5, 1e-4, 1e-3]},
    {
        "loss": "log_loss", "learning_rate": "invscaling", "power_t": 0.25, "eta0": [0.03, 0.1],
        "alpha": [1e-6, 1e-5],
    },
    {
        "loss": "log_loss", "learning_rate": "constant", "eta0": [0.01, 0.03],
        "alpha": [1e-6, 1e-5],
    },
]  # fmt: skip
OURS = {"SGD": SGD_GRID, "FTRL": [FIRST_CLASSIFIER]}
VWS = ("", "--coin", "--ftrl")
"""Vowpal Wabbit's words for its learners; nothing is its default."""
REAL = {
    "movielens": ("liked", ["year", "userId", "movieId", "genre"], ["year"]),
    "stops": (
        "problem",
        ["lat", "long", "hour", "race", "gender", "policePrecinct", "neighborhood"],
        ["lat", "long"],
    ),
}
"""Label, features and numeric features of the sets in real_sets.py."""

HEADINGS = ("data", "program", "batch", "r2", "score", "M rows/s", "peak MB", "best point")
NOTES = """\
*score*: minus the Brier score, progressive, over the same rows for all: the last 30 % of those
after the first {chunk:,}. *r2*: 1 less its ratio to the benchmark's, which is the moving average of
the last {chunk:,} labels, known up to the last 1,000. *batch*: rows that are predicted before they
are learned. All learn all pairs of the features with the logistic loss. Caudal's are the best point
of a grid, FTRL's of the six that a first config has, SGD's of twelve (`real_data.py`), on numbers
standardised by the first chunk. Vowpal Wabbit has numbers as they are, and (scaled) as Caudal
standardises them. *M rows/s*: one pass of that point on one core, ours with the reading of Parquet,
Vowpal Wabbit's from its cache; the fastest of {passes}."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this table."""
    parser.add_argument("--real", action="store_true", help="movielens, stops and clicks")
    parser.add_argument("--csv", type=Path, help="a file of your own, over 24,000 rows")
    parser.add_argument("--label", help="its label, of two classes")
    parser.add_argument("--positive", help="the class of the two that counts as positive")
    parser.add_argument("--features", type=_names, help="the columns to learn from; all")
    parser.add_argument("--numeric", type=_names, help="those that are numbers; columns of floats")


def _names(text: str) -> list[str]:
    return text.split(",")


def main(arguments: argparse.Namespace, cache: Path, peers: str | None, page: Path) -> None:
    """Measure, print, write: real data into docs/speed.md, one's own file beside the data."""
    passes = 1 if arguments.quick else REPEATS
    try:
        if arguments.csv:
            written = cache / f"{arguments.csv.name.partition('.')[0]}.md"
            rows = of_own(arguments, cache, peers, passes)
        else:
            written = HERE / "results_real.md"
            rows = of_real(cache, peers, passes)
    except UserError as error:
        sys.exit(str(error))
    notes = NOTES.format(chunk=CHUNK_ROWS, passes=passes)
    text = "\n".join([heading(), *table(HEADINGS, rows), "", notes]) + "\n"
    print(text)
    if arguments.quick:
        return
    written.write_text("# Real data\n\n" + text, encoding="utf-8")
    if not arguments.csv:
        put_between(page, text, "real data")


def of_own(arguments: argparse.Namespace, cache: Path, peers, passes: int) -> list[tuple]:
    """The rows of the table for one CSV file."""
    if not arguments.label:
        sys.exit("--csv needs --label, the column to predict.")
    given = {"label": arguments.label, "numeric": arguments.numeric, "positive": arguments.positive}
    file, name = arguments.csv.resolve(), arguments.csv.name.partition(".")[0]
    manifest_file = converted(file, cache / name, given, arguments.features)
    return list(compared(name, manifest_file, arguments.label, peers, passes))


def of_real(cache: Path, peers: str, passes: int) -> list[tuple]:
    """The rows of the table for the real sets, and for simulated clicks."""
    rows: list[tuple] = []
    for name, (label, features, numeric) in REAL.items():
        file = cache / f"{name}.csv"
        run(peers, str(HERE / "real_sets.py"), name, str(file))
        given = {"label": label, "numeric": numeric}
        manifest_file = converted(file, cache / name, given, features)
        rows += compared(name, manifest_file, label, peers, passes)
    _, manifest_file = simulated(cache, "clicks", 200_000)
    return rows + list(compared("clicks", manifest_file, "y", peers, passes))


def converted(file: Path, folder: Path, given: dict, features: list[str] | None) -> Path:
    """The manifest of a file, of its ``features`` alone where they are given."""
    given = {name: value for name, value in given.items() if value}
    if features:
        there = decide(sources([str(file)]), given)[0]["order"]
        given["ignore"] = [name for name in there if name not in (*features, given["label"])]
    convert(file, folder / "manifest.json", given)
    return folder / "manifest.json"


def compared(
    name: str, manifest_file: Path, label: str, peers: str | None, passes: int
) -> Iterator[tuple]:
    """A row of the table for each learner."""
    known = load(manifest_file)
    if len(known["classes"]) != 2:
        sys.exit(f"{name}: the label {label!r} has {len(known['classes'])} classes; it needs two.")
    kinds = known["columns"].items()
    features = [column for column, told in kinds if told["kind"] in ("numeric", "categorical")]
    by_batches = fit_settings(label)
    plan = make_plan(known, by_batches["stream"], by_batches["score"])
    scores, programs, points = {}, {}, {}
    benchmark = None
    for batch_size in (1, 1000):
        settings = settings_of(label, batch_size, plan)
        for learner, grid in OURS.items():
            record = best_of(manifest_file, grid, settings)
            if batch_size == 1000:
                benchmark = record["benchmark_score"]
            key = f"Caudal, {learner}", f"{batch_size:,}"
            scores[key], points[key] = record["score"], told_point(record["parameters"])
            programs[key] = partial(
                own_cost, manifest_file, record["parameters"], passes,
                "--label", label, "--batch-size", batch_size,
            )  # fmt: skip
    if peers:
        for scale, learner in product((False, True), VWS):
            key = f"Vowpal Wabbit {learner}".rstrip() + ", scaled" * scale, "1"
            text = manifest_file.with_name("scaled.vw" if scale else "rows.vw")
            if learner == VWS[0]:
                write_vw_text(manifest_file, features, label, text, scale)
            programs[key] = partial(vw_cost, peers, text, learner, passes)
    costs = in_turns(programs, 1)
    for key, cost in costs.items():
        score = scores[key] if key in scores else vw_score(manifest_file, label, cost, plan)
        yield (
            name, *key, f"{1 - score / benchmark:.4f}", f"{score:.5f}",
            f"{cost['rows_per_second'] / 1e6:.2f}", f"{cost['peak_memory_mb']:.0f}",
            points.get(key, ""),
        )  # fmt: skip


def settings_of(label: str, batch_size: int, plan: Plan) -> dict:
    """The settings of a fit whose score is over the rows that ``plan`` keeps."""
    settings = fit_settings(label, batch_size)
    unscored, kept = (batches * plan.batch_size for batches in (plan.unscored, plan.first_kept))
    dropped = plan.rows - unscored if batch_size == 1 else (plan.batches - plan.unscored) * 1000
    settings["score"]["drop_scores"] = (kept - unscored) / dropped
    return settings


def best_of(manifest_file: Path, classifiers: Sequence[dict], settings: dict) -> dict:
    """The record of the best point over all pairs of the features."""
    vectorizer = {"n_features": [N_FEATURES], "degree": [2]}
    grids = [
        {"vectorizer": vectorizer, "classifier": as_lists(classifier)} for classifier in classifiers
    ]
    fitted = fit_points(manifest_file, expand(grids), **settings)
    records = [record for _, _, record in fitted if record["score"] is not None]
    return max(records, key=lambda record: record["score"])


def as_lists(classifier: dict) -> dict:
    """A section of a grid with every value a list."""
    return {name: v if isinstance(v, list) else [v] for name, v in classifier.items()}


def told_point(parameters: dict) -> str:
    """What the learner of a point was given, but its name and loss."""
    given = parameters["classifier"].items()
    return ", ".join(f"{name} {value}" for name, value in given if name not in ("class", "loss"))


def vw_cost(peers: str, text: Path, learner: str, passes: int) -> dict:
    """What a pass of one of Vowpal Wabbit's learners costs, and where its predictions are."""
    predictions = text.with_name(f"{text.stem}{learner}.predictions")
    command = [peers, str(HERE / "vw_learners.py"), str(text), str(predictions)]
    cost = json.loads(run(*command, "--repeats", str(passes), f"--learner={learner}"))
    return cost | {"predictions": predictions}


def vw_score(manifest_file: Path, label: str, cost: dict, plan: Plan) -> float:
    """Minus the Brier score of its predictions over the rows that the plan keeps."""
    errors = (np.loadtxt(cost["predictions"]) - labels_of(manifest_file, label)) ** 2
    return -float(errors[plan.first_kept * plan.batch_size :].mean())
