"""Score files: the records of the fits, and the models that they vouch for."""

import csv
import hashlib
import math
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Required, TypedDict, cast

from caudal import checked_json
from caudal.errors import Damaged

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from caudal.config.grid import Point

FORMAT = 2
"""Of ``score.json``; records of another format are made again."""

SCORES = ("score", "standard_error", "benchmark_score", "r2", "rows")
"""The fields that stand in ``ranking.csv``."""

COSTS = ("seconds", "rows_per_second", "peak_memory_mb", "model_bytes", "rows_read")
"""The fields that stand in ``costs.csv``."""

MEASURES = ("log_loss", "brier", "auc", "accuracy")
"""The fields that are measures beside the score, of one number each."""

NAME = "score.json"
MODEL = "model.pkl"
BEST = "best"
"""The folder of a run's best model."""

PACKAGES = ("scikit-learn", "numpy", "scipy", "pyarrow", "numba")


class ScoreRecord(TypedDict, total=False):
    """What a fit came to; numbers that there are none of, as a diverged point's score, are None.

    ``failure`` says in a sentence why a point has no score, None where it has one. ``seconds`` are
    those of all rows, ``rows_read`` the rows that the last job read: the others it went on from.
    The fields from ``settings`` on are known when the model is written; the curves are those of
    ``progressive.Progress.record``.
    """

    format: int
    caudal: str
    point: Required[str]
    parameters: Required[dict[str, dict]]
    score: Required[float | None]
    standard_error: Required[float | None]
    benchmark_score: Required[float | None]
    r2: Required[float | None]
    rows: Required[int]
    batches: int
    batches_in_score: int
    learning_curve: list[dict]
    losses: list[list[float]]
    losses_weights: list[float]
    drift: list[dict]
    calibration: list[dict]
    sources: list[dict]
    yesterday: float | None
    measured_rows: int
    log_loss: float | None
    brier: float | None
    accuracy: float | None
    auc: float | None
    by_class: list[dict]
    confusion: list[list[int]]
    predicted_true: list[dict]
    residuals: list[dict]
    diverged: bool
    failure: str | None
    seconds: float
    rows_per_second: float
    rows_read: int
    columns_touched: int
    data_checksum: str
    versions: dict[str, str]
    settings: dict[str, Any]
    model_bytes: int
    model_sha256: str
    peak_memory_mb: float
    checksum: str


def make_record(
    point: "Point",
    progress: Mapping[str, Any],
    *,
    diverged: bool,
    failure: str | None,
    seconds: float,
    rows_read: int,
    columns_touched: int,
    data_checksum: str,
) -> ScoreRecord:
    """The record of a fit of ``point``; ``progress`` are the fields that tell losses."""
    import caudal

    record = {
        "format": FORMAT,
        "caudal": caudal.__version__,
        "point": point.id,
        "parameters": point.parameters,
        **progress,
        "diverged": diverged,
        "failure": failure,
        "seconds": seconds,
        "rows_per_second": progress["rows"] / seconds,
        "rows_read": rows_read,
        "columns_touched": columns_touched,
        "data_checksum": data_checksum,
        "versions": versions(),
    }
    if failure:
        record |= dict.fromkeys({"score", "standard_error", "r2", "yesterday"} & record.keys())
    return cast(ScoreRecord, plain(record))


def fields(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Some of a record's fields, in that order; None where it has no such one."""
    return {name: record.get(name) for name in names}


def fate(record: Mapping[str, Any]) -> str:
    """What became of a point without a score: it ``diverged``, or its learner ``failed``."""
    return "diverged" if record.get("diverged", True) else "failed"


def versions() -> dict[str, str]:
    """Of Python and of the packages that results depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def write_score(file: str | Path, record: ScoreRecord) -> None:
    """Write a record whole, with its checksum."""
    checked_json.write(file, plain(record))


def write_fit(
    model: object,
    record: ScoreRecord,
    settings: dict[str, Any],
    model_file: str | Path,
    score_file: str | Path,
) -> None:
    """Write a fitted model, then the record that vouches for it."""
    from caudal.models.peak_memory import peak_memory_mb
    from caudal.models.pickling import dump_model

    size = dump_model(model, model_file)
    own = {
        "settings": settings,
        "model_bytes": size,
        "model_sha256": sha256(Path(model_file)),
        "peak_memory_mb": peak_memory_mb(),
    }
    write_score(score_file, cast(ScoreRecord, {**record, **own}))


def read_score(file: str | Path, point: str | None = None) -> ScoreRecord:
    """The record in a ``score.json``; raises Damaged where it is no record or not ``point``'s."""
    file = Path(file)
    record = checked_json.read(file, _files(file))
    if record.get("format") != FORMAT:
        raise damaged(file, f"is of format {record.get('format')}, not {FORMAT}")
    lost = [key for key in ScoreRecord.__required_keys__ if key not in record]
    if lost:
        raise damaged(file, f"has no {min(lost)!r}")
    if point is not None and record["point"] != point:
        raise damaged(file, f"is of the point {record['point']}, not {point}")
    return cast(ScoreRecord, record)


def load_checked(model_file: str | Path) -> "Pipeline":
    """The model in a file of the run, if ``check_best`` finds nothing against it."""
    from caudal.models.pickling import load_model

    return load_model(check_best(model_file))


def check_best(model_file: str | Path) -> Path:
    """The model file, if it is what the ``score.json`` beside it vouches for.

    Raises Damaged where either is missing or damaged, or where the best model of a run is not that
    of the point which its ranking has first.
    """
    model_file = Path(model_file)
    record = read_score(model_file.with_name(NAME))
    ranking = model_file.parent.with_name("ranking.csv")
    if model_file.parent.name == BEST and ranking.is_file():
        with open(ranking, newline="", encoding="utf-8", errors="replace") as file:
            first = next(csv.DictReader(file), {}).get("point")
        if record["point"] != first:
            raise damaged(model_file, f"is of the point {record['point']}; the first is {first}")
    return check_model(model_file, record)


def check_quickly(model_file: Path, record: ScoreRecord) -> None:
    """Raise Damaged where a model file is not as long as its record says.

    The checksum is looked at where the file is younger than the record, which is written after it.
    """
    if not model_file.is_file() or model_file.stat().st_size != record.get("model_bytes"):
        raise _damaged_model(model_file)
    if model_file.stat().st_mtime_ns > model_file.with_name(NAME).stat().st_mtime_ns:
        check_model(model_file, record)


def check_model(model_file: str | Path, record: ScoreRecord) -> Path:
    """The model file, if its checksum is the one that the fit recorded; else raises Damaged.

    A pickle can run any code, so none is loaded that the run itself did not write.
    """
    model_file = Path(model_file)
    if not model_file.is_file() or sha256(model_file) != record.get("model_sha256"):
        raise _damaged_model(model_file)
    return model_file


def damaged(file: Path, what: str) -> Damaged:
    """The error that ``file``, a fit's or the best one's, ``what``; both files of it have to go."""
    return Damaged(f"{file} {what}", _files(file))


def _files(file: Path) -> list[Path]:
    return [file.with_name(NAME), file.with_name(MODEL)]


def _damaged_model(file: Path) -> Damaged:
    return damaged(file, "is not the file that the fit wrote" if file.exists() else "is missing")


def sha256(file: Path) -> str:
    """The checksum of a file's bytes, in hexadecimal."""
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def plain(value: Any) -> Any:
    """``value`` as a record's file gives it back: lists for tuples, None for what is no number."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
