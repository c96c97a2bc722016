"""Holds all that a run has written against the checksums that it wrote with it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from caudal.data import manifest
from caudal.errors import Damaged
from caudal.learn import state_file
from caudal.learn.saved_state import NAME as STATE
from caudal.models import best_schema
from caudal.models.plain_json import check_coefficients
from caudal.models.score_record import BEST, MODEL, NAME, check_best, check_model, read_score
from caudal.predictions.record import read_record, record_files
from caudal.ranking.tables import check_costs, read_ranking, read_table


def damages(folder: str | Path = ".") -> Iterator[Damaged]:
    """What of the run in ``folder`` is not what it wrote; reads every part and model once.

    What is not there is not looked for: a run that has not ended is not damaged.
    """
    results = Path(folder) / "results"
    for home in sorted(path.parent for path in results.glob("data/*/manifest.json")):
        yield from _source(home)
    for file, check in [
        (results / "data" / "manifest.json", manifest.load),
        *((home / NAME, _fit) for home in sorted(results.glob("fits/*"))),
        *((file, _state) for file in sorted(results.glob(f"fits/*/{STATE}"))),
        (results / "ranking.csv", lambda file: read_ranking(file.parent)),
        (results / "costs.csv", _costs),
        (results / BEST / NAME, lambda file: check_best(file.with_name(MODEL))),
        (results / BEST / "coefficients.csv", check_coefficients),
        (results / BEST / best_schema.NAME, _schema),
        *((file, read_record) for file in record_files(results)),
    ]:
        if file.exists():
            yield from _damage(check, file)


def _damage(check: Callable, *arguments) -> Iterator[Damaged]:
    try:
        check(*arguments)
    except Damaged as error:
        yield error


def _source(home: Path) -> Iterator[Damaged]:
    try:
        found = manifest.load(home / "manifest.json")
    except Damaged as error:
        yield error
        return
    for part in found["parts"]:
        yield from _damage(manifest.verify_part, home, part)


def _fit(score_file: Path) -> None:
    check_model(score_file.with_name(MODEL), read_score(score_file, score_file.parent.name))


def _schema(file: Path) -> None:
    best_schema.read_schema(file, read_score(file.with_name(NAME)))


def _state(file: Path) -> None:
    if state_file.read(file) is None:
        raise Damaged(f"{file} is damaged: its checksums are not those of its content", [file])


def _costs(file: Path) -> None:
    ranking = read_ranking(file.parent)
    records = {record["point"]: record for _, record in ranking}
    check_costs(file, read_table(file), [row for row, _ in ranking], records)
