"""The fits of a rung of successive halving: written by its jobs, read by those who promote.

They lie in the rung's folder, ``results/rungs/<rung>/<point>``, like those of ``results/fits``.
The file that a job writes last, ``<job>.json`` beside them, vouches for the fits of its points.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from caudal import checked_json
from caudal.atomic import whole_file
from caudal.errors import Damaged
from caudal.models.score_record import (
    MODEL,
    NAME,
    ScoreRecord,
    check_model,
    check_quickly,
    damaged,
    read_score,
)


def vouch(file: Path, points: Sequence[str]) -> None:
    """Write the file of a job whose ``points``, their ids, have their fits beside it."""
    records = {point: read_score(file.with_name(point) / NAME, point) for point in points}
    checked_json.write(file, {"fits": {p: record["checksum"] for p, record in records.items()}})


def read_fits(
    file: Path, check: Callable[[Path, ScoreRecord], object] = check_quickly
) -> Iterator[ScoreRecord]:
    """The records that the file of a job vouches for, their models looked at by ``check``.

    Raises Damaged where one is not what the job wrote: all fits of the job are made again.
    """
    for point, checksum in checked_json.read(file)["fits"].items():
        yield _read_fit(file, point, checksum, check)


def check_there(file: Path) -> None:
    """Raise Damaged where a fit that the file of a job vouches for has lost its files."""
    for point in checked_json.read(file)["fits"]:
        for name in (MODEL, NAME):
            if not (there := file.with_name(point) / name).is_file():
                raise Damaged(f"{there} is missing", [file])


def take_fits(fits: Sequence[tuple[str, int, str, str]], results: Path) -> None:
    """Copy the last fit of each point to where the others look for it, dated as it is.

    ``fits`` are a point, its rung, the job and the checksum of the record each. Raises Damaged
    where a fit is not what its job wrote.
    """
    for point, rung, job, checksum in fits:
        home = results / "rungs" / str(rung)
        _read_fit(home / f"{job}.json", point, checksum, check_model)
        for name in (MODEL, NAME):
            with whole_file(results / "fits" / point / name) as temporary:
                shutil.copy2(home / point / name, temporary)


def _read_fit(
    vouching: Path, point: str, checksum: str, check: Callable[[Path, ScoreRecord], object]
) -> ScoreRecord:
    file = vouching.with_name(point) / NAME
    try:
        record = read_score(file, point)
        if record.get("checksum") != checksum:
            raise damaged(file, "is not what its job wrote")
        check(file.with_name(MODEL), record)
    except Damaged as error:
        raise Damaged(error.what, [*error.files, vouching]) from None
    return record
