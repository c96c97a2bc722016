"""Columns that tell the label by themselves: mostly they are known after it, or made of it."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

MOST_VALUES = 200
"""Different values of a column up to which it is looked at."""
ROWS_PER_VALUE = 20
"""Rows for each value, on average, from which it is no chance."""
TELLS = 0.99
"""The share of rows whose label is told by a column alone."""
USUAL = 0.9
"""The share of the most frequent class beyond which every column would tell so much."""


def leaks(columns: Mapping[str, pa.ChunkedArray], label: pa.ChunkedArray) -> list[str]:
    """The names of the ``columns`` of texts (rows,) each of whose values has nearly one label."""
    there = label.is_valid()
    label = label.filter(there)
    if not len(label) or pc.max(label.value_counts().field("counts")).as_py() > USUAL * len(label):
        return []
    return [name for name, column in columns.items() if _tells(column.filter(there), label)]


def _tells(column: pa.ChunkedArray, label: pa.ChunkedArray) -> bool:
    if pc.count_distinct(column).as_py() > min(MOST_VALUES, len(column) / ROWS_PER_VALUE):
        return False
    pairs = pa.table({"value": column, "label": label}).group_by(["value", "label"])
    counts = pairs.aggregate([([], "count_all")])
    most = counts.group_by("value").aggregate([("count_all", "max")])
    return pc.sum(most["count_all_max"]).as_py() >= TELLS * len(column)
