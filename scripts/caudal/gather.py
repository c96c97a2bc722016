"""Gathers what a run has written, as far as it is there: ranking, score records, costs, data."""

import csv
import json
import math
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from caudal.errors import UserError

RANKING_FIELDS = ("rank", "point", "score", "standard_error", "benchmark_score", "r2", "rows")
COST_FIELDS = ("seconds", "rows_per_second", "peak_memory_mb", "model_bytes")
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

    ``axes`` names the varied parameters and their values, in order; ``terms`` are the rows of
    ``coefficients.csv``, the largest first, ``terms_in_all`` how many there are of them.
    """

    results: list[Result]
    axes: dict[str, list[str]]
    manifest: dict = field(default_factory=dict)
    terms: list[dict] = field(default_factory=list)
    terms_in_all: int = 0
    weights: dict[str, float] = field(default_factory=dict)
    rejects: dict[str, list[dict]] = field(default_factory=dict)

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
        return {"squared": "squared loss", "log": "log loss"}.get(name, name)

    def at(self, axis: str, value: str) -> list[Result]:
        """The scored points with ``value`` on ``axis``, best first."""
        return [result for result in self.scored if result.values[axis] == value]


def gather(folder: Path) -> Run:
    """Read the run whose working directory is ``folder``.

    Only ``results/ranking.csv`` must be there; raises UserError where it is not or is empty.
    """
    results_folder = Path(folder) / "results"
    rows = _rows(results_folder / "ranking.csv")
    if not rows:
        raise UserError(
            f"{results_folder / 'ranking.csv'} is missing or holds no points; "
            "run Snakemake again to make it."
        )
    costs = {row["point"]: row for row in _rows(results_folder / "costs.csv")}
    results = [_result(row, costs.get(row["point"], {}), results_folder) for row in rows]
    labels = [name for name in rows[0] if name not in RANKING_FIELDS]
    manifest = _json(results_folder / "data" / "manifest.json")
    run = Run(results, {label: _axis(results, label) for label in labels}, manifest)
    _read_terms(run, results_folder / "best" / "coefficients.csv")
    for source in manifest.get("sources", []):
        file = results_folder / "data" / source["name"] / "rejects.csv"
        run.rejects[source["name"]] = _rows(file, MOST_REJECTS)
    return run


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


def _result(row: dict, cost: dict, folder: Path) -> Result:
    record = _json(folder / "fits" / row["point"] / "score.json")
    return Result(
        rank=int(row["rank"]),
        point=row["point"],
        rows=int(row["rows"]),
        values={name: cell for name, cell in row.items() if name not in RANKING_FIELDS},
        record=record,
        cost={key: _number(cost.get(key) or record.get(key)) for key in COST_FIELDS},
        **{key: _number(row[key]) for key in RANKING_FIELDS[2:6]},
    )


def _read_terms(run: Run, file: Path) -> None:
    """Take in the terms; of all of them, only the weight in collided columns is kept."""
    if not file.exists():
        return
    run.weights = {"all": 0.0, "collided": 0.0, "terms": 0, "collided_terms": 0}
    with open(file, encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            row["coefficient"] = _number(row["coefficient"])
            row["collisions"] = int(row.get("collisions") or 0)
            row["truth"] = _number(row.get("truth"))
            if run.terms_in_all < MOST_TERMS:
                run.terms.append(row)
            run.terms_in_all += 1
            _weigh(row, run.weights)


def _weigh(row: dict, weights: dict) -> None:
    if row["term"] == "(intercept)" or not math.isfinite(row["coefficient"]):
        return
    size = abs(row["coefficient"])
    weights["all"] += size
    weights["terms"] += 1
    if row["collisions"]:
        weights["collided"] += size
        weights["collided_terms"] += 1


def _rows(file: Path, most: int | None = None) -> list[dict]:
    if not file.exists():
        return []
    csv.field_size_limit(2**31 - 1)
    with open(file, encoding="utf-8", newline="") as opened:
        return list(islice(csv.DictReader(opened), most))


def _json(file: Path) -> dict:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise UserError(f"{file} is damaged; delete it and run Snakemake again.") from None


def _number(value) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
