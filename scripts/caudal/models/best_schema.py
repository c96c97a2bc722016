"""What a new file is read by: the columns, and the form, of the data that the best model learned.

It stands beside the model, so that the two predict wherever the training files and their chunks
have gone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caudal import checked_json

NAME = "schema.json"
LABEL = ("classes", "label_type", "positive")
"""What the manifest tells of the label."""


def write_schema(path: str | Path, schema: dict, data: dict, manifest: Mapping[str, Any]) -> None:
    """Write it down: the ``schema`` that ``decide`` found, what of the config's section ``data``
    decides how files are read, and what the manifest of the data tells of the label.
    """
    label = {key: manifest[key] for key in LABEL}
    checked_json.write(path, {"schema": schema, "data": data, "label": label})


def read_schema(path: str | Path) -> dict[str, Any]:
    """The ``schema``, ``data`` and ``label`` that were written; raises Damaged."""
    return checked_json.read(path)
