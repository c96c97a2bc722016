"""Gathers what a run has written, as far as it is there: ranking, score records, costs, data."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from caudal import checked_json
from caudal.config.grid import task_in
from caudal.data.manifest import load
from caudal.data.stretches import NAME as STRETCHES
from caudal.data.tasks import LABEL_KINDS, Task
from caudal.models.plain_json import NAME as PLAIN
from caudal.models.plain_json import check_coefficients
from caudal.models.score_record import BEST, COSTS, NAME, ScoreRecord, fields, read_score
from caudal.ranking.tables import RANKING_FIELDS, check_costs, check_ranking, read_table

YARDSTICK = "yardstick.json"

MOST_TERMS = 1_000
"""Terms of the best model that are read, the largest."""

MOST_REJECTS = 5
"""Rejected rows that are read from each source."""


@dataclass
class Result:
    """One ranked point.

    ``values`` holds the cell of each varied parameter, empty where the point has no such one.
    ``score``, ``standard_error``, ``benchmark_score`` and ``r2`` are nan where there is none.
    """

    rank: int
    point: str
    score: float
    standard_error: float
    benchmark_score: float
    r2: float
    rows: int
    values: dict[str, str] = field(default_factory=dict)
    record: dict = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)

    @property
    def scored(self) -> bool:
        """Whether the point has a score: one that diverged has none."""
        return math.isfinite(self.score)


@dataclass
class Run:
    """All that a report tells.

    ``axes`` names the varied parameters and their values, in order; ``terms`` are the largest rows
    of ``coefficients.csv``, ``terms_in_all`` how many there are, ``weights`` the sums of their
    absolute coefficients and the numbers of terms, of all and of those that share a column (the
    intercept left out); ``rejects`` the first rejected rows of each source; ``stretches`` how those
    of the data compare (``data.stretches.compare``); ``yardstick`` what trees make of the best
    point's features (``learn.yardstick.measure``), empty where there is none of this best point;
    ``made`` the day of the ranking.
    """

    results: list[Result]
    axes: dict[str, list[str]]
    manifest: dict = field(default_factory=dict)
    terms: list[dict] = field(default_factory=list)
    terms_in_all: int = 0
    weights: dict[str, float] = field(default_factory=dict)
    rejects: dict[str, list[dict]] = field(default_factory=dict)
    stretches: dict = field(default_factory=dict)
    yardstick: dict = field(default_factory=dict)
    made: date | None = None

    @property
    def best(self) -> Result:
        """The first of the ranking."""
        return self.results[0]

    @property
    def scored(self) -> list[Result]:
        """The points that have a score, best first."""
        return [result for result in self.results if result.scored]

    @property
    def settings(self) -> dict:
        """The settings of the run, as the best point's record tells them."""
        return self.best.record.get("settings") or {}

    @property
    def loss(self) -> str:
        """The name of the loss that the score is minus of."""
        name = (self.settings.get("score") or {}).get("loss", "squared")
        return self.task.losses.get(name, name)

    @property
    def task(self) -> Task:
        """What the points learned."""
        return task_in(self.best.record.get("parameters", {}))

    @property
    def label(self) -> str:
        """The name of the label."""
        columns = self.manifest.get("columns", {})
        return next((n for n, c in columns.items() if c["kind"] in LABEL_KINDS), "the label")

    def at(self, axis: str, value: str) -> list[Result]:
        """The scored points with ``value`` on ``axis``, best first."""
        return [result for result in self.scored if result.values[axis] == value]


def gather(folder: Path) -> Run:
    """Read the run whose working directory is ``folder``.

    Only ``results/ranking.csv`` must be there. Raises Damaged where it is not, or where anything
    that is there is not what the run wrote.
    """
    home = Path(folder) / "results"
    rows = read_table(home / "ranking.csv")
    records = _records(home / "fits", [row.get("point", "") for row in rows])
    check_ranking(home / "ranking.csv", rows, records)
    if (home / "costs.csv").exists():
        check_costs(home / "costs.csv", read_table(home / "costs.csv"), rows, records)
    results = [_result(row, records.get(row["point"]) or {}) for row in rows]
    labels = [name for name in rows[0] if name not in RANKING_FIELDS]
    manifest_file = home / "data" / "manifest.json"
    manifest = load(manifest_file) if manifest_file.exists() else {}
    run = Run(results, {label: _axis(results, label) for label in labels}, manifest)
    stretches = manifest_file.with_name(STRETCHES)
    if stretches.exists():
        run.stretches = checked_json.read(stretches)
    run.made = date.fromtimestamp((home / "ranking.csv").stat().st_mtime)
    if (home / YARDSTICK).exists():
        found = checked_json.read(home / YARDSTICK)
        fits = (found["point"], found["data_checksum"]) == (
            run.best.point, run.best.record.get("data_checksum"),
        )  # fmt: skip
        run.yardstick = found if fits else {}
    terms = home / BEST / "coefficients.csv"
    if terms.with_name(PLAIN).exists():
        check_coefficients(terms)
    _read_terms(run, terms)
    for source in manifest.get("sources", []):
        file = home / "data" / source["name"] / "rejects.csv"
        run.rejects[source["name"]] = _rows(file, MOST_REJECTS)
    return run


def _records(fits: Path, points: Sequence[str]) -> dict[str, ScoreRecord]:
    """The records that are there."""
    files = {point: fits / point / NAME for point in points}
    return {point: read_score(file, point) for point, file in files.items() if file.exists()}


def value_of(cell: str):
    """What a cell of a table stands for: a number, a list, a truth value, None or a text.

    >>> value_of("0.001"), value_of('["x1","x2"]'), value_of("l2"), value_of("")
    (0.001, ['x1', 'x2'], 'l2', '')
    """
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def is_number(cell: str) -> bool:
    """Whether a cell holds a finite number."""
    value = value_of(cell)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _axis(results: list[Result], label: str) -> list[str]:
    """The values of a parameter in order: numbers by size, others as they come, none last."""
    cells = list(dict.fromkeys(result.values[label] for result in results))
    numbers = sorted((cell for cell in cells if is_number(cell)), key=value_of)
    texts = sorted(cell for cell in cells if cell and not is_number(cell))
    return numbers + sorted(texts, key=len) + [cell for cell in cells if not cell]


def _result(row: dict[str, str], record: Mapping[str, Any]) -> Result:
    return Result(
        rank=int(row["rank"]),
        point=row["point"],
        rows=int(row["rows"]),
        values={name: cell for name, cell in row.items() if name not in RANKING_FIELDS},
        record=dict(record),
        cost={key: _number(value) for key, value in fields(record, COSTS).items()},
        **{key: _number(row[key]) for key in RANKING_FIELDS[2:6]},
    )


def _read_terms(run: Run, file: Path) -> None:
    """Take in the largest terms; of all of them only the weight in shared columns is kept."""
    run.terms = _rows(file, MOST_TERMS)
    if not run.terms:
        return
    for row in run.terms:
        row["coefficient"] = _number(row["coefficient"])
        row["collisions"] = int(row["collisions"] or 0)
        row["truth"] = _number(row.get("truth"))
    run.weights = dict.fromkeys(("all", "collided", "terms", "collided_terms"), 0)
    numbers = pa_csv.ConvertOptions(
        include_columns=["term", "coefficient", "collisions"],
        column_types={"term": pa.string(), "coefficient": pa.float64(), "collisions": pa.float64()},
    )
    layout = pa_csv.ParseOptions(newlines_in_values=True)
    blocks = pa_csv.ReadOptions(block_size=2**24)
    with pa_csv.open_csv(file, blocks, layout, numbers) as reader:
        for block in reader:
            run.terms_in_all += block.num_rows
            _weigh(block, run.weights)


def _weigh(block: pa.RecordBatch, weights: dict) -> None:
    columns = {name: block.column(name) for name in block.schema.names}
    own = pc.not_equal(columns["term"], "(intercept)").to_numpy(zero_copy_only=False)
    sizes = np.abs(np.nan_to_num(columns["coefficient"].to_numpy(zero_copy_only=False)))
    shared = own & (columns["collisions"].to_numpy(zero_copy_only=False) > 0)
    weights["all"] += float(sizes[own].sum())
    weights["collided"] += float(sizes[shared].sum())
    weights["terms"] += int(own.sum())
    weights["collided_terms"] += int(shared.sum())


def _rows(file: Path, most: int | None = None) -> list[dict]:
    if not file.exists():
        return []
    csv.field_size_limit(2**31 - 1)
    with open(file, encoding="utf-8", newline="") as opened:
        return list(islice(csv.DictReader(opened), most))


def _number(value) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
