"""What no set of features can be: each gets one sentence before any job starts."""

from typing import Any

from caudal.config.feature_sets import ALL, COLUMN, EXCEPT, PAIRS, WORDS, alternatives
from caudal.config.sentences import unquoted
from caudal.errors import UserError, alike

A_SET = "a set is a list of columns, all, or {except: [some, columns]}"
A_TEXT = "a text is written {column: remarks, words: true}, with pairs: true for pairs of its words"


def check_sets(features: Any) -> None:
    """Raise UserError where ``features`` is written as none of the forms."""
    if isinstance(features, dict) and len(features) > 1 and EXCEPT in features:
        raise UserError(
            "grid: extractor.features: except is no name of a set; write {all_but_some: {except: "
            "[some, columns]}} beside the others, or except alone."
        )
    if isinstance(features, dict) and COLUMN in features:
        raise UserError(
            f"grid: extractor.features: {features} is one feature and no set; write it within a "
            f"list of lists, as in [[{{column: {features[COLUMN]}, words: true}}]]."
        )
    written = alternatives(features)
    if not isinstance(written, list) or any(
        (isinstance(each, str) and each != ALL) or (isinstance(each, dict) and COLUMN in each)
        for each in written
    ):
        named = ", ".join(map(_shown, written if isinstance(written, list) else [written]))
        raise UserError(
            f"grid: extractor.features is a list of lists of columns; write [[{named}]] for the "
            f"one alternative of these columns."
        )
    for each in written:
        if each != ALL:
            _check_set(each)


def _check_set(written: Any) -> None:
    entries = written
    if isinstance(written, dict):
        entries = written.get(EXCEPT) if set(written) == {EXCEPT} else None
    if not isinstance(entries, list):
        raise UserError(f"grid: extractor.features: {A_SET}; write one of them.")
    if not entries:
        raise UserError("grid: extractor.features: a list of columns is empty; name at least one.")
    for entry in entries:
        if isinstance(entry, dict) and entries is written:
            _check_text(entry)
        elif isinstance(entry, int | float):
            raise UserError(unquoted("grid: extractor.features: ", entry))
        elif not isinstance(entry, str):
            raise UserError(f"grid: extractor.features: {A_SET}; write one of them.")
    names = [entry[COLUMN] if isinstance(entry, dict) else entry for entry in entries]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise UserError(
            f"grid: extractor.features: {double!r} is named twice in "
            f"[{', '.join(map(_shown, entries))}]."
        )


def _check_text(entry: dict) -> None:
    name = entry.get(COLUMN)
    if isinstance(name, int | float):
        raise UserError(unquoted("grid: extractor.features: column: ", name))
    unknown = next((key for key in entry if key not in (COLUMN, WORDS, PAIRS)), None)
    if unknown is not None:
        raise UserError(
            f"grid: extractor.features: there is no key {unknown!r}"
            f"{alike(unknown, (COLUMN, WORDS, PAIRS))}; {A_TEXT}."
        )
    if not isinstance(name, str) or entry.get(WORDS) is not True:
        raise UserError(f"grid: extractor.features: {_shown(entry)} is no feature; {A_TEXT}.")
    if not isinstance(entry.get(PAIRS, False), bool):
        raise UserError(
            f"grid: extractor.features: pairs: {entry[PAIRS]!r} is neither true nor false; "
            f"{A_TEXT}."
        )


def _shown(entry: Any) -> str:
    """An entry as it may be written again."""
    if not isinstance(entry, dict):
        return str(entry)
    words = {True: "true", False: "false"}
    inner = (f"{key}: {words.get(v, v) if isinstance(v, bool) else v}" for key, v in entry.items())
    return f"{{{', '.join(inner)}}}"
