"""The names that a grid gives to its sets of features, for tables and figures."""

from collections import Counter
from collections.abc import Sequence

from caudal.config.feature_sets import EXCEPT, columns_of
from caudal.config.grid import cell


def set_names(grids: Sequence[dict], known: Sequence[str]) -> dict[str, str]:
    """The name of each named set, by its cell in tables; none for a list that has two names.

    ``known`` are the columns to choose from.

    >>> set_names([{"extractor": {"features": {"base": ["x1"], "all": "all"}}}], ["x1", "x2"])
    {'["x1"]': 'base', '["x1","x2"]': 'all'}
    """
    named = []
    for grid in grids:
        written = grid.get("extractor", {}).get("features")
        if isinstance(written, dict) and set(written) != {EXCEPT}:
            for name, chosen in written.items():
                named.append((cell(_column_names(columns_of(chosen, known))), str(name)))
    times = Counter(text for text, _ in dict.fromkeys(named))
    return {text: name for text, name in named if times[text] == 1}


def _column_names(features: Sequence) -> list[str]:
    """Of a text, which is a mapping, the column."""
    return [entry["column"] if isinstance(entry, dict) else entry for entry in features]
