"""Ranks the points by their scores, and takes the best one's model."""

import csv
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from caudal.atomic import whole_file
from caudal.config.grid import Point, column_names, row
from caudal.errors import Damaged, UserError
from caudal.models.score_record import SCORES, check_model, check_size, damaged, read_score

COSTS = ("seconds", "rows_per_second", "peak_memory_mb", "model_bytes")


def write_grid(points: Sequence[Point], path: str | Path) -> None:
    """Write ``results/grid.csv``: a row per point, a column per parameter that varies."""
    columns = column_names(points)
    rows = ([point.id, *row(point, columns).values()] for point in points)
    write_table(path, ["point", *columns.values()], rows)


def rank(
    points: Sequence[Point],
    score_files: Sequence[str | Path],
    ranking_file: str | Path,
    costs_file: str | Path,
    data_checksum: str | None = None,
    settings: dict | None = None,
) -> list[dict]:
    """Write the ranking and the costs, the best point first; returns the records in that order.

    Points of equal score stand in the order of their ids; those that diverged come last, with an
    empty score. ``score_files`` are those of ``points``, in the same order. Raises Damaged
    naming the first file where a record is damaged or not the point's, a model file has lost
    bytes, or a point was fitted on other data than those of ``data_checksum`` or by other
    ``settings``.
    """
    found = _read_all(points, score_files, data_checksum, settings)
    found.sort(key=lambda pair: (record_order(pair[1]), pair[0].id))
    columns = column_names(points)
    write_table(
        ranking_file,
        ["rank", "point", *SCORES, *columns.values()],
        (
            [place, point.id, *(record[key] for key in SCORES), *row(point, columns).values()]
            for place, (point, record) in enumerate(found, 1)
        ),
    )
    write_table(
        costs_file,
        ["point", *COSTS],
        ([point.id, *(record.get(key) for key in COSTS)] for point, record in found),
    )
    return [record for _, record in found]


def _read_all(points, score_files, data_checksum, settings) -> list[tuple[Point, dict]]:
    found, errors = [], []
    settings = settings and json.loads(json.dumps(settings))  # as a record holds them
    for point, file in zip(points, score_files, strict=True):
        try:
            record = read_score(file, point.id)
            check_size(Path(file).with_name("model.pkl"), record)
            if data_checksum not in (None, record.get("data_checksum")):
                raise damaged(Path(file), "is of other data than the manifest's")
            if settings not in (None, record.get("settings")):
                raise damaged(Path(file), "is of other settings than the config's")
        except Damaged as error:
            errors.append(error)
        else:
            found.append((point, record))
    if errors:
        more = f" (and {len(errors) - 1} more points)" if errors[1:] else ""
        raise Damaged(errors[0].what + more, [f for error in errors for f in error.files])
    return found


def record_order(record: dict) -> tuple[bool, float]:
    """What sorts score records best first, those without a score last."""
    score = record["score"]
    return (score is None, 0.0 if score is None else -score)


def take_best(ranking_file: str | Path, fits_folder: str | Path, out_model: str | Path) -> str:
    """Copy the best point's model to ``out_model``, its record beside it; returns the point's id.

    Raises UserError where every point diverged or the model file is damaged.
    """
    best = read_table(ranking_file)[0]
    if not best["score"]:
        raise UserError(
            "Every point of the grid has diverged, so none is the best; set extractor.scale: "
            "true, lower eta0 or raise alpha."
        )
    folder = Path(fits_folder) / best["point"]
    record = folder / "score.json"
    model = check_model(folder / "model.pkl", read_score(record, best["point"]))
    for source, target in ((record, Path(out_model).with_name(record.name)), (model, out_model)):
        with whole_file(target) as temporary:
            shutil.copyfile(source, temporary)
    return best["point"]


def write_table(path: str | Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Write a CSV file: floats with all their digits, None as nothing, Unix line ends."""
    with whole_file(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_table(path: str | Path) -> list[dict[str, str]]:
    """The rows of a CSV file as texts by column; raises UserError where there are none."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run Snakemake again to make it.") from None
    if not rows:
        raise UserError(f"{path} has no rows; delete it and run Snakemake again.")
    return rows
