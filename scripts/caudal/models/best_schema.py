"""What a new file is read by: the columns, and the form, of the data that the best model learned.

It stands beside the model, so that the two predict wherever the training files and their chunks
have gone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caudal import checked_json
from caudal.errors import Damaged

NAME = "schema.json"
LABEL = ("classes", "label_type", "positive")
"""What the manifest tells of the label."""


def write_schema(path: str | Path, schema: dict, data: dict, manifest: Mapping[str, Any]) -> None:
    """Write it down: the ``schema`` that ``decide`` found, what of the config's section ``data``
    decides how files are read, and what the manifest of the data tells of the label.
    """
    label = {key: manifest[key] for key in LABEL}
    content = {"schema": schema, "data": data, "label": label}
    checked_json.write(path, {**content, "data_checksum": manifest["checksum"]})


def read_schema(path: str | Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """The ``schema``, ``data`` and ``label`` that were written; raises Damaged where they are not
    of the data that the model of ``record`` has learned.
    """
    path = Path(path)
    found = checked_json.read(path)
    if found.get("data_checksum") != record.get("data_checksum"):
        raise Damaged(f"{path} is of other data than the model beside it", [path])
    return found
