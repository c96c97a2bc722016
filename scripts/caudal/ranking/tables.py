"""The run's tables: written, read, and held against the records that they are made of."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from caudal.atomic import whole_file
from caudal.config.grid import STEPS, cell
from caudal.errors import Damaged
from caudal.models.score_record import COSTS, NAME, SCORES, ScoreRecord, fields, read_score

RANKING_FIELDS = ("rank", "point", *SCORES)
"""The columns of ``ranking.csv`` before those of the varied parameters."""

Row = dict[str, str]


def write_table(path: str | Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Write a CSV file: floats with all their digits, None as nothing, Unix line ends."""
    with whole_file(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_table(path: str | Path) -> list[Row]:
    """The rows of a CSV file as texts by column; raises Damaged where it is none or has none."""
    path = Path(path)
    csv.field_size_limit(2**31 - 1)
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
    except FileNotFoundError:
        raise Damaged(f"{path} is missing", [path]) from None
    except (IsADirectoryError, UnicodeDecodeError, csv.Error):
        raise Damaged(f"{path} is damaged: it is no table", [path]) from None
    if not rows:
        raise Damaged(f"{path} has no rows", [path])
    if any(None in row or None in row.values() for row in rows):
        raise Damaged(f"{path} is damaged: a row is longer or shorter than the header", [path])
    return rows


def read_ranking(results: Path) -> list[tuple[Row, ScoreRecord]]:
    """The rows of a run's ``ranking.csv`` and the records of their points, best first.

    ``results`` is the folder ``results``. Raises Damaged where a record is not whole or the
    ranking is not what ``rank`` makes of the records.
    """
    file = results / "ranking.csv"
    rows = read_table(file)
    found = []
    for row in rows:
        record = results / "fits" / row.get("point", "") / NAME
        if not record.exists():
            raise Damaged(f"{file} is damaged: there is no {record}", [file])
        found.append((row, read_score(record, row["point"])))
    check_ranking(file, rows, {record["point"]: record for _, record in found})
    return found


def check_ranking(file: Path, rows: Sequence[Row], records: Mapping[str, ScoreRecord]) -> None:
    """Raise Damaged where the ranking in ``file`` is not that of the ``records``, by their point.

    A row whose record is not among them is left unchecked.
    """
    grid = file.with_name("grid.csv")
    if not set(RANKING_FIELDS) <= set(rows[0]):
        raise Damaged(f"{file} is damaged: it is no ranking", [file])
    if grid.exists() and {row.get("point") for row in read_table(grid)} != {
        row["point"] for row in rows
    }:
        raise Damaged(f"{file} has other points than {grid}", [file, grid])
    orders = []
    for place, row in enumerate(rows, 1):
        if row["rank"] != str(place):
            raise Damaged(f"{file} is damaged: rank {row['rank']} is in place {place}", [file])
        if record := records.get(row["point"]):
            _check_cells(file, row, fields(record, SCORES))
            _check_parameters(file, row, record)
            orders.append((record_order(record), record["point"]))
    if orders != sorted(set(orders)):
        raise Damaged(f"{file} is damaged: it is not in order", [file])


def check_costs(
    file: Path, rows: Sequence[Row], ranking: Sequence[Row], records: Mapping[str, ScoreRecord]
) -> None:
    """Raise Damaged where ``file`` has not the ranking's points with their records' costs."""
    points, ranked = (sorted(row.get("point", "") for row in table) for table in (rows, ranking))
    if points != ranked:
        raise Damaged(f"{file} is damaged: its points are not those of the ranking", [file])
    for row in rows:
        if record := records.get(row.get("point", "")):
            _check_cells(file, row, fields(record, COSTS))


def record_order(record: ScoreRecord) -> tuple[bool, float]:
    """What sorts score records best first, those without a score last."""
    score = record["score"]
    return (score is None, 0.0 if score is None else -score)


def _check_cells(file: Path, row: Row, values: Mapping[str, object]) -> None:
    for key, value in values.items():
        if row.get(key, "") != ("" if value is None else str(value)):
            raise Damaged(
                f"{file} is damaged: {key} of the point {row['point']} is {row.get(key)!r}, and "
                f"{value} in its record", [file],
            )  # fmt: skip


def _check_parameters(file: Path, row: Row, record: ScoreRecord) -> None:
    own = record["parameters"]
    known: dict[str, set[str]] = {}
    for step in STEPS:
        for name, value in own.get(step, {}).items():
            for label in (name, f"{step}.{name}"):
                known.setdefault(label, set()).add(cell(value))
    for label in row.keys() - set(RANKING_FIELDS):
        if row[label] not in known.get(label, {""}):
            raise Damaged(
                f"{file} is damaged: {label} of the point {row['point']} is {row[label]!r}", [file]
            )
