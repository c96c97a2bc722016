"""The plain way, row by row, that the fast one is held to."""

from itertools import combinations_with_replacement
from math import prod

from caudal.data.spelling import spell
from sklearn.feature_extraction import FeatureHasher


def terms_of(record, degree=1, interactions=None):
    """The terms of one record (a dict) and their values, by their names; equal names add up."""
    names = list(record)
    if interactions is None:
        groups = [g for d in range(1, degree + 1) for g in combinations_with_replacement(names, d)]
    else:
        groups = [(name,) for name in names] + [tuple(group) for group in interactions]
    terms = {}
    for group in dict.fromkeys(tuple(sorted(group)) for group in groups):
        factors, values = [], []
        for name in sorted(set(group)):
            value, power = record[name], group.count(name)
            if isinstance(value, str):
                if power > 1:
                    break
                factors.append((f"{name}=", f"{name}={spell(value)}"))
            else:
                factors.append((name if power == 1 else f"{name}^{power}",) * 2)
                values += [value] * power
        else:
            name = "*".join(text for _, text in sorted(factors))
            terms[name] = terms.get(name, 0.0) + prod(values, start=1.0)
    return terms


def matrix_of(records, n_features, degree=1, interactions=None):
    """scikit-learn's own matrix for ``records`` (list of dicts)."""
    rows = [terms_of(record, degree, interactions) for record in records]
    return FeatureHasher(n_features).transform(rows)
