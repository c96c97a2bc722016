"""What the first rows of a stream are made of, so that they are known in a longer one."""

from caudal import checked_json


def first_rows_checksum(
    manifest: dict, rows: int, mixed: bool = False, counted: bool = False
) -> str:
    """The checksum of all in a merged ``manifest`` that a fit of its first ``rows`` rows needs.

    A new source behind them leaves it as it is, unless that brings a new class. ``mixed``: the
    rows are drawn from all parts, so all of them count; ``counted``: the numbers of the labels
    among all rows count, too.
    """
    parts, left = [], rows
    for part in manifest["parts"]:
        if left <= 0 and not mixed:
            break
        parts.append([part["file"], part["sha256"]])
        left -= part["rows"]
    content = {
        "rows": rows,
        "parts": parts,
        "kinds": {name: column["kind"] for name, column in manifest["columns"].items()},
        "classes": manifest.get("classes"),
        "positive": manifest.get("positive"),
        "labels": manifest.get("labels") if counted else None,
    }
    return checked_json.checksum(content)
