"""Terms: products of features, their names and their parts.

A term's name joins its factors, sorted, by ``*``: ``x1``, ``x1^2``, ``x1*x2``, ``c=red``,
``c=red*x1``. A categorical factor is ``name=level`` and is never raised to a power.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from caudal.errors import UserError


@dataclass(frozen=True)
class Term:
    """A product of features.

    ``literals`` are the fixed parts of the name; between ``literals[i]`` and ``literals[i + 1]``
    stands the level of ``categorical[i]``. ``numeric`` holds (feature, power) pairs.
    """

    literals: tuple[str, ...]
    categorical: tuple[str, ...]
    numeric: tuple[tuple[str, int], ...]

    def name(self, levels: Sequence[str] = ()) -> str:
        """The term's name with ``levels`` for its categorical features, in their order."""
        parts = [self.literals[0]]
        for level, literal in zip(levels, self.literals[1:], strict=True):
            parts += [level, literal]
        return "".join(parts)


def make_term(features: Iterable[str], categorical: set[str]) -> Term | None:
    """The product of ``features`` (repeated ones are powers), or None if it is no term.

    >>> make_term(["x2", "x1", "x1"], set()).name()
    'x1^2*x2'
    >>> make_term(["x1", "c"], {"c"}).name(["red"])
    'c=red*x1'
    >>> make_term(["c", "c="], {"c"}).name(["red"])
    'c=*c=red'
    >>> make_term(["c", "c"], {"c"}) is None
    True
    """
    powers = Counter(features)
    if any(power > 1 for feature, power in powers.items() if feature in categorical):
        return None
    # A number called ``c=`` sorts before every level of the category ``c``.
    factors = sorted(
        (
            f"{name}=" if name in categorical else name if power == 1 else f"{name}^{power}",
            name in categorical,
            name,
        )
        for name, power in powers.items()
    )
    literals = [""]
    levels: list[str] = []
    numeric: list[tuple[str, int]] = []
    for position, (text, _, name) in enumerate(factors):
        literals[-1] += ("*" if position else "") + text
        if name in categorical:
            levels.append(name)
            literals.append("")
        else:
            numeric.append((name, powers[name]))
    return Term(tuple(literals), tuple(levels), tuple(numeric))


def make_terms(
    features: Sequence[str],
    categorical: set[str],
    degree: int = 1,
    interactions: Sequence[Sequence[str]] | None = None,
    texts: Collection[str] = (),
) -> list[Term]:
    """All terms of ``features``, in a fixed order.

    Those of ``texts`` come last: a word is a term as a level is, and no factor of any other.

    With ``interactions`` the terms are the features themselves and the product of each group;
    without, all products of at most ``degree`` features. Different products may have one name, as
    ``a`` squared and a column called ``a^2`` have: they share a column and add up. Raises UserError
    for a group that names an unknown feature or is no term.

    >>> [t.name() for t in make_terms(["x1", "x2"], set(), degree=2)]
    ['x1', 'x2', 'x1^2', 'x1*x2', 'x2^2']
    >>> [t.name() for t in make_terms(["x1", "x2", "x3"], set(), interactions=[["x1", "x3"]])]
    ['x1', 'x2', 'x3', 'x1*x3']
    """
    given = list(dict.fromkeys(features))
    features = [feature for feature in given if feature not in texts]
    if interactions is None:
        groups: list[tuple[str, ...]] = [
            group
            for size in range(1, degree + 1)
            for group in combinations_with_replacement(features, size)
        ]
    else:
        groups = [(feature,) for feature in features]
        for group in interactions:
            unknown = sorted(set(group) - set(features))
            if unknown and unknown[0] in texts:
                raise UserError(
                    f"vectorizer.interactions: {list(group)} names {unknown[0]!r}, whose words are "
                    f"terms of their own and no factors; leave it out of the group."
                )
            if unknown:
                raise UserError(
                    f"vectorizer.interactions: {list(group)} names {unknown[0]!r}, which is not "
                    f"among the point's features {list(features)}; add it there or leave it out."
                )
            groups.append(tuple(group))
    terms: dict[frozenset[tuple[str, int]], Term] = {}
    for group in groups:
        term = make_term(group, categorical)
        if term is not None:
            terms.setdefault(frozenset(Counter(group).items()), term)
        elif interactions is not None:
            raise UserError(
                f"vectorizer.interactions: {list(group)} repeats a categorical feature; a level "
                f"has the value 1 and no powers, so name it once."
            )
    words = [Term((f"{name}=", ""), (name,), ()) for name in given if name in texts]
    return list(terms.values()) + words
