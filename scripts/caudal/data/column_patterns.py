"""Columns named by patterns such as ``amt_*``, in the config's lists of columns."""

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

SIGNS = "*?["


def is_pattern(name: str, known: Collection[str]) -> bool:
    """Whether a name stands for others: it has a sign of patterns and is no column itself.

    >>> is_pattern("amt_*", ["amt_1"]), is_pattern("5*", ["5*"]), is_pattern("amt", [])
    (True, False, False)
    """
    return name not in known and any(sign in name for sign in SIGNS)


def matching(name: str, known: Iterable[str]) -> list[str]:
    """The columns that a pattern stands for, in their order.

    >>> matching("amt_*", ["amt_2", "x", "amt_1"])
    ['amt_2', 'amt_1']
    """
    return [column for column in known if fnmatchcase(column, name)]


def named(names: Sequence[str], known: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The columns that names and patterns stand for, each once.

    A pattern leaves out the columns ``taken`` otherwise: a name that is written goes before it. A
    pattern that matches nothing stays as it is, for the caller to tell.

    >>> named(["y", "a_*"], ["a_1", "a_2", "y"], ["a_2"]), named(["b_*"], ["a_1"])
    (['y', 'a_1'], ['b_*'])
    """
    found: dict[str, None] = {}
    for name in names:
        if not is_pattern(name, known):
            found[name] = None
            continue
        columns = matching(name, known)
        found |= dict.fromkeys(column for column in columns if column not in taken)
        if not columns:
            found[name] = None
    return list(found)
