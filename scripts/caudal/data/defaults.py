"""What the section ``data`` of the config is where it is not written: the one home of it."""

from typing import Any

MISSING: dict[str, Any] = {
    "numeric": "mean", "indicator": False, "categorical": "level", "label": "drop", "texts": [],
}  # fmt: skip

DATA: dict[str, Any] = {
    "label": None, "label_from": None, "task": None, "positive": None, "classes": None,
    "weight": None,
    "numeric": None, "categorical": None, "ignore": None, "derive": {}, "date_format": None,
    "delimiter": None, "quote": '"', "encoding": None, "decimal": None, "thousands": None,
    "bad_rows": "error", "max_bad_share": 0.01,
}  # fmt: skip


def completed(data: dict) -> dict:
    """The section with all that it does not write.

    >>> completed({"label": "y", "missing": {"label": "error"}})["missing"]["categorical"]
    'level'
    """
    return {**DATA, **data, "missing": {**MISSING, **(data.get("missing") or {})}}
