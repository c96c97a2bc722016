"""Score files: the records of the fits, and the models that they vouch for."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from caudal.errors import Damaged

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SCORES = ("score", "standard_error", "benchmark_score", "r2", "rows")


def load_checked(model_file: str | Path) -> "Pipeline":
    """The model in a file of the run, if it is what the ``score.json`` beside it vouches for.

    Raises Damaged where either is missing or damaged.
    """
    from caudal.models.pickling import load_model

    model_file = Path(model_file)
    return load_model(check_model(model_file, read_score(model_file.with_name("score.json"))))


def read_score(file: str | Path, point: str | None = None) -> dict:
    """The record in a ``score.json``; raises Damaged where it is no record or not ``point``'s."""
    file = Path(file)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        lost = [key for key in ("point", "parameters", *SCORES) if key not in record]
    except FileNotFoundError:
        raise damaged(file, "is missing") from None
    except (ValueError, TypeError):
        raise damaged(file, "is damaged") from None
    if lost:
        raise damaged(file, f"has no {lost[0]!r}")
    if point is not None and record["point"] != point:
        raise damaged(file, f"is of the point {record['point']}, not {point}")
    return record


def check_size(model_file: Path, record: dict) -> None:
    """Raise Damaged where a model file is not as long as its record says."""
    size = record.get("model_bytes")
    if size is not None and (not model_file.exists() or model_file.stat().st_size != size):
        raise _damaged_model(model_file)


def check_model(model_file: str | Path, record: dict) -> Path:
    """The model file, if its checksum is the one that the fit recorded; else raises Damaged.

    A pickle can run any code, so none is loaded that the run itself did not write.
    """
    model_file = Path(model_file)
    if not model_file.exists():
        raise _damaged_model(model_file)
    with open(model_file, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != record.get("model_sha256"):
        raise _damaged_model(model_file)
    return model_file


def damaged(file: Path, what: str) -> Damaged:
    """The error that ``file``, a fit's or the best one's, ``what``; both files of it have to go."""
    return Damaged(f"{file} {what}", [file.with_name("score.json"), file.with_name("model.pkl")])


def _damaged_model(file: Path) -> Damaged:
    return damaged(file, "is not the file that the fit wrote" if file.exists() else "is missing")
