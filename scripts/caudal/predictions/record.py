"""The record beside the predictions of a new file: of what, by which model, how true they came."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caudal import checked_json

FOLDER = "predictions"
"""Where they lie in a run's results."""
SUFFIX = ".json"


def write_record(path: str | Path, record: Mapping[str, Any]) -> None:
    """Write a record, whole and with its checksum."""
    checked_json.write(path, record)


def read_record(path: str | Path) -> dict[str, Any]:
    """The record in a file; raises Damaged where it is not what was written."""
    return checked_json.read(path)


def record_files(results: str | Path) -> list[Path]:
    """The records in a run's folder ``results``, by name."""
    return sorted(Path(results, FOLDER).glob(f"*{SUFFIX}"))
