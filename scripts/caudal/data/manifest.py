"""Manifests: what stands in the parts, written, read, merged, and held against the parts."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from caudal import checked_json
from caudal.data.column_stats import TOP_LEVELS, merge_moments, top, unit_of
from caudal.data.identity import is_another
from caudal.data.label_task import check_classes
from caudal.data.labels import find_class, label_type, sort_classes
from caudal.data.tasks import CLASSIFICATION, REGRESSION
from caudal.data.time_order import MOST_SLICES, thinned
from caudal.errors import Damaged, UserError

DAMAGED = "damaged"
"""The name of the mark beside a manifest that has to be made anew, to the same bytes."""

MOST_CLASSES = 10_000
COUNTS = ("rows_in", "rows", "rows_rejected", "rows_dropped")


def load(path: str | Path) -> dict:
    """Read a manifest, its checksum included; raises Damaged where it is not what was written."""
    return checked_json.read(path, mark=Path(path).with_name(DAMAGED))


def merge(
    paths: list[Path],
    out: Path,
    positive: object = None,
    files: Mapping[str, Path] | None = None,
    classes_meant: bool = False,
) -> dict:
    """Merge the manifests of the sources, in stream order, into one file.

    ``positive`` is the class of two that a model's coefficients are to speak for; None: the last.
    ``files`` are the sources themselves, by name; one that is gone may be archived.
    ``classes_meant``: whether the config says that the label is one of classes.

    Returns
    -------
    The merged manifest. ``parts`` names each part by its path from the folder of ``out``, in
    stream order; ``classes`` are the labels in order, ``positive`` is that of two which
    coefficients speak for; ``checksum`` is that of all the rest.

    Raises
    ------
    UserError
        If nothing can be learned from the data: no rows, one label, classes that are far too many
        or, where the config does not say that they are meant, look like numbers.
    Damaged
        If a source is not the file any more that was converted.
    """
    found = [load(path) for path in paths]
    for path, source in zip(paths, found, strict=True):
        file = (files or {}).get(source["source"])
        if file and is_another(file, source["identity"]):
            raise Damaged(f"{file} is not the file any more that was converted", [path])
    for source in found:
        for name, column in source["columns"].items():
            if column["kind"] == CLASSIFICATION.label and not column["levels_exact"]:
                raise UserError(
                    f"{source['file']}: the label {name!r} has more than {column['levels']} "
                    "classes; write data.task: regression if it is a number."
                )
    labels: Counter[str] = Counter()
    for source in found:
        labels.update(source["labels"])
    classes = sort_classes(list(labels))
    kinds = {column["kind"]: name for name, column in found[0]["columns"].items()}
    merged = {
        "task": (REGRESSION if REGRESSION.label in kinds else CLASSIFICATION).name,
        **{key: sum(source[key] for source in found) for key in COUNTS},
        "sources": [_summary(source, kinds.get(REGRESSION.label)) for source in found],
        "columns": {name: _merge_column(name, found) for name in found[0]["columns"]},
        "dates": _merge_dates(found),
        "labels": {text: labels[text] for text in classes},
        "classes": classes,
        "positive": _positive(classes, positive),
        "label_type": label_type(classes),
        "parts": [
            {**part, "file": f"{source['source']}/{part['file']}"}
            for source in found
            for part in source["parts"]
        ],
        "notes": [f"{source['file']}: {note}" for source in found for note in source["notes"]]
        + _twins(found),
    }
    _check(merged, kinds, classes_meant)
    checked_json.write(out, merged)
    out.with_name(DAMAGED).unlink(missing_ok=True)
    return checked_json.sealed(merged)


def _twins(sources: list[dict]) -> list[str]:
    """A note for each source with the same content as one before."""
    first: dict[str, dict] = {}
    notes = []
    for source in sources:
        other = first.setdefault(source["identity"]["sha256"], source)
        if other is not source and source["rows_in"]:
            notes.append(
                f"{source['file']}: the same bytes as {other['file']}, its rows count twice"
            )
    return notes


def _positive(classes: list[str], given: object) -> str | None:
    """The class that coefficients speak for: of two the one that is ``given``, or the last."""
    if given is None:
        return classes[-1] if len(classes) == 2 else None
    found = find_class(given, classes)
    if found is None or len(classes) != 2:
        raise UserError(
            f"data.positive is {given!r}, but the labels are {', '.join(classes[:20])}; name "
            "one of two labels, or leave it out."
        )
    return found


def verify_part(root: Path, part: dict) -> pa.Buffer:
    """The content of a part, read once, if it is what the manifest says.

    Parameters
    ----------
    root, part
        The folder of the manifest, and one entry of its ``parts``.

    Raises
    ------
    Damaged
        If the file is missing or not what the manifest says; the sentence names it.
    """
    path = Path(root) / part["file"]
    try:
        with pa.OSFile(str(path)) as file:
            content = file.read_buffer()
    except FileNotFoundError:
        raise damaged_part(path, "is missing, though the manifest names it") from None
    except OSError as error:
        if path.is_file():
            raise
        raise damaged_part(path, "is no file") from error
    if hashlib.sha256(content).hexdigest() != part["sha256"]:
        raise damaged_part(path, "is damaged: its checksum is not the manifest's")
    return content


def damaged_part(path: Path, what: str) -> Damaged:
    """The error that a part ``what``: its source has to be converted again."""
    manifest = path.with_name("manifest.json")
    return Damaged(f"{path} {what}", [manifest], path.with_name(DAMAGED))


def _summary(source: dict, numeric_label: str | None) -> dict:
    keys = (*COUNTS, "rejects", "dropped", "labels")
    told = {"name": source["source"], "file": source["file"], **{key: source[key] for key in keys}}
    if numeric_label is None:
        return told
    figures = ("min", "max", "mean", "std", "quantiles")
    return told | {"label": {key: source["columns"][numeric_label][key] for key in figures}}


def _merge_column(name: str, sources: list[dict]) -> dict:
    columns = [source["columns"][name] for source in sources]
    kind = columns[0]["kind"]
    if any(column["kind"] != kind for column in columns):
        raise UserError(f"Column {name!r} differs in kind between sources; delete results/data.")
    missing = sum(column["missing"] for column in columns)
    merged = {"kind": kind, "missing": missing}
    if kind in ("categorical", CLASSIFICATION.label):
        return merged | _merge_levels(columns)
    nonfinite = sum(column.get("nonfinite", 0) for column in columns)
    if nonfinite:
        merged["nonfinite"] = nonfinite
    return merged | _merge_numbers(columns, [source["rows"] for source in sources])


def _merge_dates(sources: list[dict]) -> dict[str, list]:
    """The mean dates of slices of the rows, in stream order; see ``time_order.Slices``."""
    slices: dict[str, list] = {}
    for source in sources:
        for name, found in source.get("dates", {}).items():
            slices.setdefault(name, []).extend(found)
    return {name: thinned(found, MOST_SLICES) for name, found in slices.items()}


def _merge_levels(columns: list[dict]) -> dict:
    counts: Counter[str] = Counter()
    for column in columns:
        counts.update(column["top_levels"])
    # The lists name every level if they are as long as the counts of levels say.
    complete = all(column["levels"] == len(column["top_levels"]) for column in columns)
    exact = all(c["levels_exact"] for c in columns) and (complete or len(columns) == 1)
    levels = len(counts) if complete else max(len(counts), *(c["levels"] for c in columns))
    return {
        "levels": levels,
        "levels_exact": exact,
        "top_levels": dict(top(counts, TOP_LEVELS)),
    }


def _merge_numbers(columns: list[dict], rows: list[int]) -> dict:
    seen = [
        (c, n - c["missing"]) for c, n in zip(columns, rows, strict=True) if c["mean"] is not None
    ]
    if not seen:
        return dict.fromkeys(("min", "max", "mean", "std"))
    low, high = min(c["min"] for c, _ in seen), max(c["max"] for c, _ in seen)
    unit = unit_of(low, high)
    count, mean, squares = 0, 0.0, 0.0
    for column, more in seen:
        other = (more, column["mean"] / unit, (column["std"] / unit) ** 2 * more)
        mean, squares = merge_moments((count, mean, squares), other)
        count += more
    std = unit * math.sqrt(squares / count)
    return {"min": low, "max": high, "mean": unit * mean, "std": std}


def _check(merged: dict, kinds: dict[str, str], classes_meant: bool) -> None:
    rows_in, classes = merged["rows_in"], merged["classes"]
    if not merged["rows"]:
        gone = merged["rows_rejected"] + merged["rows_dropped"]
        why = f"all {gone} were rejected or dropped" if rows_in else "the sources hold none"
        raise UserError(f"data.files: there are no rows to learn from, {why}.")
    if REGRESSION.label in kinds:
        column = merged["columns"][kinds[REGRESSION.label]]
        if column["min"] == column["max"]:
            raise UserError(
                f"data.label: all {merged['rows']} rows have the label {column['min']:g}; there is "
                "nothing to predict."
            )
    if CLASSIFICATION.label not in kinds:
        return
    if len(classes) == 1:
        raise UserError(
            f"data.label: all {merged['rows']} rows have the label {classes[0]!r}; "
            "a classifier needs two classes."
        )
    if not classes_meant:
        check_classes(kinds[CLASSIFICATION.label], merged["labels"])
    if len(classes) > MOST_CLASSES:
        raise UserError(
            f"data.label: the label has {len(classes)} classes; write data.task: regression if it "
            "is a number."
        )
    if label_type(classes) in ("int", "float"):
        for one, other in pairwise(classes):  # in the order of their numbers
            if float(one) == float(other):
                raise UserError(
                    f"data.label: the classes {one!r} and {other!r} are the same number; "
                    "write them alike."
                )
