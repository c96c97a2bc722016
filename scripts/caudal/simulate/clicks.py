"""Clicks: numeric and categorical features, rare levels, and interactions among the effects."""

from collections.abc import Iterator
from itertools import count, product

import numpy as np
import pyarrow as pa

ROWS_PER_BLOCK = 65_536
NUMERIC = ["x1", "x2", "x3"]
LEVELS = {"c1": 7, "c2": 24, "c3": 50, "c4": 100, "c5": 1000, "c6": 10_000}
LETTERS = dict(zip(LEVELS, "abcdef", strict=True))  # the levels of c1 are a0, a1, …
INTERCEPT = -1.4

# For each group of features with an effect, the spread (standard deviation) of its coefficients:
# one per level of a categorical feature, one per combination of levels where two interact. The
# largest combinations have none, so that the truth stays a file of about a megabyte.
SPREADS = {
    ("x1",): 0.5,
    ("x2",): 0.5,
    ("x3",): 0.5,
    ("x1", "x2"): 0.3,
    ("c1",): 0.5,
    ("c2",): 0.5,
    ("c3",): 0.5,
    ("c4",): 0.5,
    ("c5",): 0.5,
    ("c6",): 0.5,
    ("c1", "x1"): 0.4,
    ("c2", "x2"): 0.4,
    ("c4", "x3"): 0.4,
    ("c1", "c2"): 0.5,
    ("c1", "c4"): 0.5,
    ("c2", "c3"): 0.5,
    ("c1", "c5"): 0.4,
}


def truth(seed: int, skew: float) -> dict[str, float]:
    """Return the true coefficient of each term, its factors in sorted order joined by ``*``."""
    terms = {"(intercept)": INTERCEPT}
    for group, coefficients in _effects(seed, skew).items():
        names = map("*".join, product(*map(_factors, group)))
        terms.update(zip(names, coefficients.ravel().tolist(), strict=True))
    return terms


def blocks(seed: int, skew: float) -> Iterator[pa.RecordBatch]:
    """Yield endless blocks of ``x1, x2, x3, c1, …, c6`` and the label ``y`` (0 or 1).

    The frequency of a categorical feature's i-th level is in proportion to ``1 / i ** skew``.
    """
    effects = _effects(seed, skew)
    edges = {feature: np.cumsum(_frequencies(feature, skew))[:-1] for feature in LEVELS}
    levels = {feature: pa.array(_levels(feature)) for feature in LEVELS}
    for number in count():
        rng = np.random.default_rng([seed, 1, number])
        values = {feature: rng.standard_normal(ROWS_PER_BLOCK) for feature in NUMERIC}
        codes = {
            feature: np.searchsorted(edges[feature], rng.random(ROWS_PER_BLOCK), side="right")
            for feature in LEVELS
        }
        odds = np.exp(_log_odds(effects, values, codes))
        y = (rng.random(ROWS_PER_BLOCK) < odds / (1 + odds)).astype(np.int8)
        columns = values | {c: levels[c].take(pa.array(codes[c])) for c in LEVELS} | {"y": y}
        yield pa.record_batch(columns)


def _log_odds(effects: dict, values: dict, codes: dict) -> np.ndarray:
    total = np.full(ROWS_PER_BLOCK, INTERCEPT)
    for group, coefficients in effects.items():
        effect = coefficients[tuple(codes[f] if f in LEVELS else 0 for f in group)]
        for feature in group:
            if feature in NUMERIC:
                effect = effect * values[feature]
        total += effect
    return total


def _effects(seed: int, skew: float) -> dict[tuple[str, ...], np.ndarray]:
    """Draw each group's coefficients: an axis per feature, of length 1 for a numeric one."""
    rng = np.random.default_rng([seed, 0])
    effects = {}
    for group, spread in SPREADS.items():
        frequencies = np.ones(())
        for feature in group:
            frequencies = np.multiply.outer(frequencies, _frequencies(feature, skew))
        coefficients = rng.normal(scale=spread, size=frequencies.shape)
        if frequencies.size > 1 and not set(group) & set(NUMERIC):
            # Their mean over the rows is none, so that the share of clicks hangs on no seed.
            coefficients -= (frequencies * coefficients).sum()
        effects[group] = coefficients.round(4)
    return effects


def _frequencies(feature: str, skew: float) -> np.ndarray:
    weights = np.arange(1.0, LEVELS.get(feature, 1) + 1) ** -skew
    return weights / weights.sum()


def _levels(feature: str) -> list[str]:
    return [f"{LETTERS[feature]}{level}" for level in range(LEVELS[feature])]


def _factors(feature: str) -> list[str]:
    if feature in NUMERIC:
        return [feature]
    return [f"{feature}={level}" for level in _levels(feature)]
