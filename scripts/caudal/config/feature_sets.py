"""Sets of features as a grid may write them: lists, all, all but some, by pattern, texts, named."""

from collections.abc import Sequence
from typing import Any

from caudal.data.column_patterns import is_pattern, named
from caudal.errors import UserError, alike

ALL, EXCEPT = "all", "except"
COLUMN, WORDS, PAIRS = "column", "words", "pairs"


def alternatives(written: Any) -> list:
    """The sets that ``features`` lists; one alone, or a mapping from names to sets, are lists too.

    >>> alternatives("all"), alternatives({"except": ["id"]}), alternatives({"base": ["x"]})
    (['all'], [{'except': ['id']}], [['x']])
    """
    if written == ALL or (isinstance(written, dict) and set(written) == {EXCEPT}):
        return [written]
    return list(written.values()) if isinstance(written, dict) else written


def columns_of(written: Any, known: Sequence[str]) -> list:
    """The features of a set among the ``known`` columns, each once: names, and texts as mappings.

    What is named, be it as a text, goes before what a pattern matches. Raises UserError for a
    pattern that no column matches, and for an exception that is none.

    >>> columns_of(["y", "a_*"], ["a_1", "a_2", "y"]), columns_of({"except": ["y"]}, ["x", "y"])
    (['y', 'a_1', 'a_2'], ['x'])
    >>> columns_of(["*", {"column": "t", "words": True}], ["t", "x"])
    ['x', {'column': 't', 'words': True}]
    """
    if written == ALL:
        return list(known)
    if isinstance(written, dict):
        left_out = _matching(written[EXCEPT], known)
        unknown = next((name for name in left_out if name not in known), None)
        if unknown is not None:
            raise UserError(
                f"grid: extractor.features: except: {unknown!r} is no feature"
                f"{alike(unknown, known)}; the features are {', '.join(known)}."
            )
        return [name for name in known if name not in left_out]
    texts = [entry for entry in written if isinstance(entry, dict)]
    as_texts = [entry[COLUMN] for entry in texts]
    names = [entry for entry in written if isinstance(entry, str)]
    return [name for name in _matching(names, known) if name not in as_texts] + texts


def split_texts(extractor: dict) -> dict:
    """An extractor's parameters with its features by name, and which are texts beside them.

    >>> split_texts({"features": ["x", {"column": "t", "words": True, "pairs": True}]})
    {'features': ['x', 't'], 'words': ['t'], 'pairs': ['t']}
    """
    features = extractor.get("features") or []
    texts = [entry for entry in features if isinstance(entry, dict)]
    if not texts:
        return extractor
    found = {
        **extractor,
        "features": [e[COLUMN] if isinstance(e, dict) else e for e in features],
        WORDS: [entry[COLUMN] for entry in texts],
    }
    pairs = [entry[COLUMN] for entry in texts if entry.get(PAIRS)]
    return {**found, PAIRS: pairs} if pairs else found


def _matching(names: Sequence[str], known: Sequence[str]) -> list[str]:
    found = named(names, known)
    lost = next((name for name in found if is_pattern(name, known)), None)
    if lost is not None:
        raise UserError(
            f"grid: extractor.features: no column matches {lost!r}; the features to choose from "
            f"are {', '.join(known)}."
        )
    return found
