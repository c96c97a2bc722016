"""Extractor: from whatever columns a source has to the records of one point."""

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator, TransformerMixin

from caudal.errors import UserError
from caudal.features.defaults import SCALE
from caudal.features.tables import to_table


class Extractor(TransformerMixin, BaseEstimator):
    """Takes the features of a point out of the columns, and settles what is missing.

    Parameters
    ----------
    features : list of str or None
        The columns to take, in this order. None: all.
    numeric : list of str or None
        Those of them that are numbers. None: the columns of floats.
    missing : "error", "zero" or "mean"
        A missing or infinite number is an error, becomes 0 (so that its terms are left out), or
        the mean of the chunks learned so far. A missing category is a level of its own, the empty
        text.
    indicator : bool
        Add for every numeric feature a categorical one ``<name>?`` with the level ``missing``
        where it is missing and ``there`` where it is not.
    scale : bool
        Standardise numbers by the mean and standard deviation of the first chunk learned. The
        first chunk is not scored, so nothing is foreseen.

    Attributes
    ----------
    numeric_ : list of str
        The numeric ones among the features.
    mean_, scale_ : ndarray of shape (len(numeric_),), float64
        The means of what is learned so far; the standard deviations of the first chunk (1 where
        ``scale`` is false or a column is constant).
    center_ : ndarray of shape (len(numeric_),), float64
        What is subtracted: the means of the first chunk, or 0.

    >>> Extractor(["x"]).fit_transform([{"x": 0.5, "c": "red"}]).column_names
    ['x']
    """

    def __init__(self, features=None, numeric=None, missing="zero", indicator=False, scale=SCALE):
        self.features = features
        self.numeric = numeric
        self.missing = missing
        self.indicator = indicator
        self.scale = scale

    def fit(self, X, y=None):
        """Learn means and scales from ``X`` alone."""
        if hasattr(self, "mean_"):
            del self.mean_
        return self.partial_fit(X)

    def partial_fit(self, X, y=None):
        """Learn from one chunk more: the means always, the scales from the first chunk only."""
        table = to_table(X, self.features, self.numeric)
        self._learn_kinds(table)
        if not self.numeric_ or (self.missing != "mean" and not self.scale):
            return self
        first = not self._seen.any()
        for i, name in enumerate(self.numeric_):
            values = _finite(table.column(name))
            values = values[~np.isnan(values)]
            if not values.size:
                continue
            self._seen[i] += values.size
            self.mean_[i] += (values.mean() - self.mean_[i]) * values.size / self._seen[i]
            if first and self.scale:
                self.center_[i] = values.mean()
                self.scale_[i] = values.std() or 1.0
        return self

    def transform(self, X) -> pa.Table:
        """The records of ``X``: numbers without missing values, categories as dictionaries.

        Raises UserError naming the column and row of a missing number where that is an error.
        """
        table = to_table(X, self.features, self.numeric)
        if not hasattr(self, "numeric_"):
            self._learn_kinds(table)
        columns = {name: table.column(name) for name in table.column_names}
        for i, name in enumerate(self.numeric_):
            column = table.column(name)
            values = _finite(column)
            lost = np.isnan(values) if self._may_miss(column, values) else None
            if lost is not None and lost.any():
                values = self._fill(values, lost, i, name)
            else:
                lost = None
            if self.indicator:
                columns[f"{name}?"] = _indicator(lost, len(values))
            if self.scale:
                values = (values - self.center_[i]) / self.scale_[i]
            columns[name] = pa.array(values)
        return pa.table(columns)

    def learned(self) -> dict[str, list]:
        """All that was learned, as plain values."""
        names = ("mean_", "center_", "scale_", "_seen")
        return {"numeric_": self.numeric_} | {name: getattr(self, name).tolist() for name in names}

    def set_learned(self, learned: dict[str, list]) -> None:
        """Take over what another extractor of the same settings has learned."""
        self.numeric_ = list(learned["numeric_"])
        for name in ("mean_", "center_", "scale_"):
            setattr(self, name, np.array(learned[name], np.float64))
        self._seen = np.array(learned["_seen"], np.int64)

    def _learn_kinds(self, table: pa.Table) -> None:
        if hasattr(self, "mean_"):
            return
        numeric = [f.name for f in table.schema if pa.types.is_floating(f.type)]
        zeros, ones = [0] * len(numeric), [1] * len(numeric)
        self.set_learned(
            {"numeric_": numeric, "mean_": zeros, "center_": zeros, "scale_": ones, "_seen": zeros}
        )

    @staticmethod
    def _may_miss(column: pa.ChunkedArray, values: np.ndarray) -> bool:
        # A sum is nan as soon as one value is: one pass without a mask.
        return column.null_count > 0 or np.isnan(values.sum())

    def _fill(self, values, lost, i, name) -> np.ndarray:
        if self.missing == "error":
            raise UserError(
                f"Column {name!r} has a missing or infinite number in record {lost.argmax() + 1}; "
                f"set data.missing.numeric to zero, mean or drop."
            )
        # The centre becomes 0 by scaling, and without scaling it is 0.
        return np.where(lost, (self.mean_ if self.missing == "mean" else self.center_)[i], values)

    def __sklearn_is_fitted__(self):
        return True


def _finite(column: pa.ChunkedArray) -> np.ndarray:
    """The column as float64 with nan for null and for infinite values; no copy without nulls."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    values = array.to_numpy(zero_copy_only=False)
    if not np.isfinite(values.sum()):
        values = np.where(np.isinf(values), np.nan, values)
    return values


def _indicator(lost: np.ndarray | None, rows: int) -> pa.DictionaryArray:
    codes = np.zeros(rows, np.int32) if lost is None else lost.astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(["there", "missing"]))
