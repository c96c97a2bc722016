"""Lists of features as a grid may write them: all, all but some, by pattern, or by a name."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from caudal.errors import UserError, alike

ALL, EXCEPT = "all", "except"


def alternatives(written: Any) -> list:
    """The sets that ``features`` lists; one alone, or a mapping from names to sets, are lists too.

    >>> alternatives("all"), alternatives({"except": ["id"]}), alternatives({"base": ["x"]})
    (['all'], [{'except': ['id']}], [['x']])
    """
    if written == ALL or (isinstance(written, dict) and set(written) == {EXCEPT}):
        return [written]
    return list(written.values()) if isinstance(written, dict) else written


def columns_of(written: Any, known: Sequence[str]) -> list[str]:
    """The columns of a set among the ``known`` ones, each once.

    Raises UserError for a pattern that no column matches, and for an exception that is none.

    >>> columns_of(["y", "a_*"], ["a_1", "a_2", "y"]), columns_of({"except": ["y"]}, ["x", "y"])
    (['y', 'a_1', 'a_2'], ['x'])
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
    return _matching(written, known)


def _matching(names: Sequence[str], known: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for name in names:
        if name in known or not any(sign in name for sign in "*?["):
            found[name] = None
            continue
        matching = [column for column in known if fnmatchcase(column, name)]
        if not matching:
            raise UserError(
                f"grid: extractor.features: no column matches {name!r}; the features to choose "
                f"from are {', '.join(known)}."
            )
        found |= dict.fromkeys(matching)
    return list(found)
