"""Whether a fit can go on from a state: to the same bytes as a fit from the start, or not at all.

It can where all that its results depend on is as it was, and the rows that the state has learned
are still the first ones of the stream.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from caudal.config.grid import Point
from caudal.models.score_record import versions

HOW = ("prefetch", "save_every", "keep_state")
"""Settings of the stream that no result depends on."""

Source = list
"""[file, rows, checksum] of a source in the stream."""


def belongings(
    point: Point,
    kinds: Mapping[str, str],
    manifest: Mapping[str, Any],
    stream: dict,
    score: dict,
    data: dict,
    seed: int,
    code: str,
) -> dict:
    """What a state of ``point`` belongs to, as plain values.

    ``kinds`` are those of all columns; of ``manifest`` the classes and the labels count. How much
    of the scores is dropped does not count, nor do columns that the point does not use.
    """
    used = point.parameters["extractor"].get("features") or list(kinds)
    counted = point.learner.get("class_weight") == "counted"
    return {
        "point": point.parameters,
        "stream": {key: value for key, value in stream.items() if key not in HOW},
        "score": {key: value for key, value in score.items() if key != "drop_scores"},
        "data": data,
        "seed": seed,
        "code": code,
        "versions": versions(),
        "columns": {name: kind for name, kind in kinds.items() if name in used},
        "classes": list(manifest["classes"]),
        "positive": manifest.get("positive"),
        "labels": dict(manifest["labels"]) if counted else {},
    }


def checksum(parts: Iterable[Mapping[str, Any]]) -> str:
    """The checksum of a source, from those of its ``parts`` in a manifest."""
    return hashlib.sha256("".join(part["sha256"] for part in parts).encode()).hexdigest()


def sources_of(manifest: Mapping[str, Any]) -> list[Source]:
    """The sources of a merged manifest that have rows, in stream order."""
    parts: dict[str, list] = {}
    for part in manifest["parts"]:
        parts.setdefault(part["file"].split("/")[0], []).append(part)
    return [
        [source["file"], source["rows"], checksum(parts[source["name"]])]
        for source in manifest["sources"]
        if source["rows"]
    ]


def read_up_to(sources: list[Source], rows: int, belongs: dict) -> list[Source]:
    """The sources that a state behind ``rows`` rows depends on: those begun, or all of a mix."""
    if _all_at_once(belongs["stream"]):
        return sources
    begun, place = [], 0
    for source in sources:
        if place < rows:
            begun.append(source)
        place += source[1]
    return begun


def why_not(state: dict, belongs: dict, sources: list[Source], rows: int) -> str | None:
    """Why a fit of ``rows`` rows cannot go on from ``state``, as a clause; None where it can.

    ``belongs`` are the fit's own ``belongings``; those of which nothing is known are left out.
    """
    theirs = state["belongs"]
    for key, value in belongs.items():
        if found := _difference(key, theirs.get(key), value):
            return found
    if found := _other_sources(state["sources"], sources):
        return found
    if _all_at_once(theirs["stream"]) and len(sources) > len(state["sources"]):
        how = "mixes" if theirs["stream"]["order"] == "mux" else "learns"
        return f"{sources[len(state['sources'])][0]} is new, and the stream {how} all rows anew"
    if state["rows"] > rows:
        return f"its state has learned {state['rows']} rows already, more than {rows}"
    return None


def never(stream: dict) -> str | None:
    """Why no state of a fit that has ended can serve another one, as a clause; None if one can."""
    if stream["epochs"] > 1:
        return f"stream.epochs is {stream['epochs']}, and each pass learns all rows"
    return None


def _all_at_once(stream: dict) -> bool:
    """Whether a new source would change the order of the rows that are learned before it."""
    return stream["order"] != "sequential" or stream["epochs"] > 1


def _difference(key: str, theirs: Any, ours: Any) -> str | None:
    """The first difference between two values of ``key``, as a clause."""
    if theirs == ours:
        return None
    if key == "code":
        return "the code has changed"
    if key == "classes":
        new, gone = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
        return f"the class {new[0]!r} is new" if new else f"the class {gone[0]!r} is gone"
    if key == "labels":
        return "classifier.class_weight: counted depends on the labels of all rows"
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in [*ours, *theirs]:
            if found := _difference(f"{key}.{name}", theirs.get(name), ours.get(name)):
                return found
    return f"{key} was {_said(theirs)} and is {_said(ours)}"


def _said(value: Any) -> str:
    return "not there" if value is None else str(value)


def _other_sources(theirs: list[Source], ours: list[Source]) -> str | None:
    files = [file for file, _, _ in ours]
    for place, (file, _, found) in enumerate(theirs):
        if place == len(ours) or file not in files:
            if place < len(ours) and found == ours[place][2]:
                continue  # under another name
            return f"{file} is not there any more"
        if found != ours[place][2]:
            if files[place] == file:
                return f"{file} has changed"
            return f"{files[place]} comes before {file} now"
    return None
