"""Ranks the points by their scores, and takes the best one's model."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from caudal.atomic import whole_file
from caudal.config.grid import Point, column_names, row
from caudal.errors import Damaged, UserError
from caudal.models.score_record import (
    COSTS,
    MODEL,
    NAME,
    SCORES,
    ScoreRecord,
    check_model,
    check_quickly,
    damaged,
    fate,
    fields,
    plain,
    read_score,
)
from caudal.ranking.tables import (
    RUNG,
    read_ranking,
    read_table,
    record_order,
    write_table,
)


def write_grid(points: Sequence[Point], path: str | Path) -> None:
    """Write ``results/grid.csv``: a row per point, a column per parameter that varies."""
    header, rows = _grid(points)
    write_table(path, header, rows)


def check_grid(points: Sequence[Point], path: str | Path) -> None:
    """Raise Damaged where ``results/grid.csv`` is not that of ``points``."""
    header, rows = _grid(points)
    if read_table(path) != [dict(zip(header, row, strict=True)) for row in rows]:
        raise Damaged(f"{path} is not the grid of the config", [Path(path)])


def _grid(points: Sequence[Point]) -> tuple[list[str], list[list[str]]]:
    columns = column_names(points)
    rows = [[point.id, *row(point, columns).values()] for point in points]
    return ["point", *columns.values()], rows


def rank(
    points: Sequence[Point],
    score_files: Sequence[str | Path],
    ranking_file: str | Path,
    costs_file: str | Path,
    data_checksum: str | Mapping[int, str] | None = None,
    settings: dict | None = None,
) -> list[ScoreRecord]:
    """Write the ranking and the costs, the best point first; returns the records in that order.

    Points of equal score stand in the order of their ids; those that diverged or failed come last,
    with an empty score; in a search by halving those of a later rung come first. ``score_files``
    are those of ``points``, in the same order. Raises Damaged naming the first file where a record
    is damaged or not the point's, a model file has lost bytes, or a point was fitted on other data
    than those of ``data_checksum`` (by halving: of its rung's) or by other ``settings``.
    """
    found = _read_all(points, score_files, data_checksum, settings)
    found.sort(key=lambda pair: (record_order(pair[1]), pair[0].id))
    columns = column_names(points)
    names = [*SCORES, RUNG] if any(RUNG in record for _, record in found) else SCORES
    write_table(
        ranking_file,
        ["rank", "point", *names, *columns.values()],
        (
            [place, point.id, *fields(record, names).values(), *row(point, columns).values()]
            for place, (point, record) in enumerate(found, 1)
        ),
    )
    write_table(
        costs_file,
        ["point", *COSTS],
        ([point.id, *fields(record, COSTS).values()] for point, record in found),
    )
    return [record for _, record in found]


def _read_all(points, score_files, data_checksum, settings) -> list[tuple[Point, ScoreRecord]]:
    found, errors = [], []
    settings = settings and plain(settings)  # as a record holds them
    for point, file in zip(points, score_files, strict=True):
        try:
            record = read_score(file, point.id)
            check_quickly(Path(file).with_name(MODEL), record)
            if _checksum_of(record, data_checksum) not in (None, record.get("data_checksum")):
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


def _checksum_of(record: ScoreRecord, data: str | Mapping[int, str] | None) -> str | None:
    """The checksum of the data that a record has to be of."""
    return data.get(record.get("rung", 0), "") if isinstance(data, Mapping) else data


def take_best(results: str | Path, out_model: str | Path) -> str:
    """Copy the best point's model to ``out_model``, its record beside it; returns the point's id.

    ``results`` is the folder that holds ``ranking.csv`` and ``fits``.

    Raises UserError where no point has a score, and Damaged where the ranking is not that of the
    records or the model file is not what its fit wrote.
    """
    _, best = read_ranking(Path(results))[0]
    if best["score"] is None:
        raise UserError(
            "Every point of the grid has diverged, so none is the best; set extractor.scale: "
            "true, lower eta0 or raise alpha."
            if fate(best) == "diverged"
            else f"No point of the grid has a score; of the first one {best['failure']}"
        )
    record = Path(results) / "fits" / best["point"] / NAME
    model = check_model(record.with_name(MODEL), best)
    for source, target in ((record, Path(out_model).with_name(record.name)), (model, out_model)):
        with whole_file(target) as temporary:
            shutil.copyfile(source, temporary)
    return best["point"]
