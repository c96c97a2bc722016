"""One form for the records of every source: an Arrow table of numeric and categorical columns.

Numeric columns are float64, categorical ones dictionary-encoded text, and those of texts lists of
their words. A missing value is null; the level of a missing category is the empty text, as in the
file's empty field.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa

from caudal.data.value_texts import NoText, levels
from caudal.errors import UserError
from caudal.features.words import WORDS


def to_table(
    X,
    features: Sequence[str] | None = None,
    numeric: Collection[str] | None = None,
    texts: Collection[str] = (),
) -> pa.Table:
    """``X`` as a table of float64 and dictionary columns, and lists of words, rows in order.

    ``X`` is a pandas DataFrame, a pyarrow Table or RecordBatch, a mapping of columns, or a list of
    dicts (a key that a dict lacks is missing). ``features`` are the columns wanted, default all;
    ``numeric`` those that are numbers, default the columns of floats but for the ``texts``. Raises
    UserError naming the column that is not there or is no number.

    >>> to_table([{"x": 0.5, "c": "red"}, {"x": 1.5}]).to_pylist()
    [{'x': 0.5, 'c': 'red'}, {'x': 1.5, 'c': None}]
    """
    table = _as_table(X)
    names = table.column_names if features is None else list(features)
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise UserError(
            f"There is no column {missing[0]!r}: the columns are {', '.join(table.column_names)}."
        )
    columns = []
    for name in names:
        column = table.column(name)
        is_numeric = name not in texts and pa.types.is_floating(column.type)
        if name in numeric if numeric is not None else is_numeric:
            columns.append(_number(column, name))
        elif is_words(column.type):
            columns.append(column.cast(WORDS))
        else:
            columns.append(_category(column, name))
    return pa.table(columns, names=names)


def is_words(kind: pa.DataType) -> bool:
    """Whether a column holds lists of words."""
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return lists and (
        pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
    )


def text_columns(table: pa.Table) -> list[str]:
    """The names of the columns of words."""
    return [field.name for field in table.schema if is_words(field.type)]


def _as_table(X) -> pa.Table:
    if isinstance(X, pa.Table):
        return X
    if isinstance(X, pa.RecordBatch):
        return pa.Table.from_batches([X])
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        return pa.table({str(name): _from_pandas(X[name]) for name in X.columns})
    if isinstance(X, Mapping):
        return pa.table(dict(X))
    if isinstance(X, Sequence) and all(isinstance(record, Mapping) for record in X):
        names = list(dict.fromkeys(name for record in X for name in record))
        return pa.table({name: _from_values([r.get(name) for r in X]) for name in names})
    raise UserError(
        f"Records come as a DataFrame, a pyarrow Table or a list of dicts, not {type(X).__name__}."
    )


def _from_pandas(series) -> pa.Array:
    if series.dtype == object:
        return _from_values(series.tolist())
    return pa.Array.from_pandas(series)


def _from_values(values: list) -> pa.Array:
    """Floats where all values are numbers and one is a float, lists of words, otherwise text."""
    if any(isinstance(value, list | np.ndarray) for value in values):
        return pa.array([list(value) for value in values], WORDS)
    present = [v for v in values if not _is_missing(v)]
    numbers = all(isinstance(v, (int, float, np.number)) for v in present)
    if numbers and any(isinstance(v, (float, np.floating)) for v in present):
        return pa.array([None if _is_missing(v) else float(v) for v in values], pa.float64())
    return pa.array([None if _is_missing(v) else _text(v) for v in values], pa.string())


def _is_missing(value) -> bool:
    """None, NaN, and pandas' NaT and NA, which is equal to nothing and no truth either."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def _text(value) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _number(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if column.type == pa.float64():
        return column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        return column.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(
            f"Column {name!r} is numeric, but holds what is no number: {error}."
        ) from None


def _category(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    try:
        return levels(column)
    except NoText as kind:
        raise UserError(
            f"Column {name!r} is of type {kind}, which is no category; leave it out of the "
            "features, or make a text of it."
        ) from None
    except pa.ArrowInvalid as error:
        raise UserError(f"Column {name!r} holds bytes that are no UTF-8 text: {error}.") from None


def finite(column: pa.ChunkedArray) -> np.ndarray:
    """A column of floats with nan for null and for infinite values; no copy without nulls."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    values = array.to_numpy(zero_copy_only=False)
    if not np.isfinite(total(values)):
        values = np.where(np.isinf(values), np.nan, values)
    return values


def total(values: np.ndarray) -> float:
    """The sum, which is infinite or nan where it is out of range."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.sum()
