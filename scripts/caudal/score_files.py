"""Score files: the records of the fits, and the models that they vouch for."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from caudal.errors import UserError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SCORES = ("score", "standard_error", "benchmark_score", "r2", "rows")
REMEDY = "delete the folder {} and run Snakemake again"


def load_checked(model_file: str | Path) -> "Pipeline":
    """The model in a file of the run, if it is what the ``score.json`` beside it vouches for.

    Raises UserError where either is missing or damaged.
    """
    from caudal.model import load_model

    model_file = Path(model_file)
    return load_model(check_model(model_file, read_score(model_file.with_name("score.json"))))


def read_score(file: str | Path, point: str | None = None) -> dict:
    """The record in a ``score.json``; raises UserError where it is damaged or not ``point``'s."""
    file = Path(file)
    remedy = REMEDY.format(file.parent)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        lost = [key for key in ("point", "parameters", *SCORES) if key not in record]
    except FileNotFoundError:
        raise UserError(f"{file} is missing; {remedy}.") from None
    except (ValueError, TypeError):
        raise UserError(f"{file} is damaged; {remedy}.") from None
    if lost:
        raise UserError(f"{file} has no {lost[0]!r}; {remedy}.")
    if point is not None and record["point"] != point:
        raise UserError(f"{file} is of the point {record['point']}, not {point}; {remedy}.")
    return record


def check_size(model_file: Path, record: dict) -> None:
    """Raise UserError where a model file is not as long as its record says."""
    size = record.get("model_bytes")
    if size is not None and (not model_file.exists() or model_file.stat().st_size != size):
        raise _damaged(model_file)


def check_model(model_file: str | Path, record: dict) -> Path:
    """The model file, if its checksum is the one that the fit recorded; else raises UserError.

    A pickle can run any code, so none is loaded that the run itself did not write.
    """
    model_file = Path(model_file)
    if not model_file.exists():
        raise _damaged(model_file)
    with open(model_file, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != record.get("model_sha256"):
        raise _damaged(model_file)
    return model_file


def _damaged(model_file: Path) -> UserError:
    what = "is not the file that the fit wrote" if model_file.exists() else "is missing"
    return UserError(f"{model_file} {what}; {REMEDY.format(model_file.parent)}.")
