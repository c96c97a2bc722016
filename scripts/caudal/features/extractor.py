"""Extractor: from whatever columns a source has to the records of one point."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from caudal.errors import UserError
from caudal.features.defaults import SCALE
from caudal.features.moments import ROUNDING, moments
from caudal.features.tables import finite, to_table, total
from caudal.features.words import words_of

FARTHEST = 10.0
"""Standard deviations from the centre at which scaled numbers are cut off."""


class Extractor(  # type: ignore[call-arg]  # scikit-learn has no types
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
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
        where it is missing and ``there`` where it is not. Where a column has that name already,
        the feature gets one ``?`` more.
    scale : bool
        Standardise numbers by the mean and standard deviation of all chunks up to the first one
        by which they have varied. Until then the feature is 0, so that its terms are left out.
        What lies farther than 10 standard deviations from the centre counts as if it lay there:
        one absurd value cannot wreck a model. Nothing is foreseen: a chunk learns from those
        before it, and only the first one, which is not scored, from itself.
    words : list of str or None
        Those of the features that are texts, of which the words are taken (see ``words_of``);
        a missing text has none.
    pairs : list of str or None
        Those of ``words`` of which every two words that stand side by side are taken, too.

    Attributes
    ----------
    numeric_ : list of str
        The numeric ones among the features.
    feature_names_in_ : ndarray of shape (features,), object
        The features taken, in order; ``n_features_in_`` is their number.
    mean_ : ndarray of shape (len(numeric_),), float64
        The means of what is learned so far, 0 where that is nothing.
    center_, scale_ : ndarray of shape (len(numeric_),), float64
        What is subtracted and then divided by: 0 and 1 where ``scale`` is false, 0 and infinity
        for a feature that has not varied yet.

    >>> Extractor(["x"]).fit_transform([{"x": 0.5, "c": "red"}]).column_names
    ['x']
    """

    words: list[str] | None = None  # for pickles of a time before them
    pairs: list[str] | None = None

    def __init__(
        self, features=None, numeric=None, missing="zero", indicator=False, scale=SCALE,
        words=None, pairs=None,
    ):  # fmt: skip
        self.features = features
        self.numeric = numeric
        self.missing = missing
        self.indicator = indicator
        self.scale = scale
        self.words = words
        self.pairs = pairs

    def fit(self, X, y=None):
        """Learn means and scales from ``X`` alone."""
        if hasattr(self, "mean_"):
            del self.mean_
        return self.partial_fit(X)

    def partial_fit(self, X, y=None):
        """Learn from one chunk more: means, and scales of features that had not varied."""
        table = self._table(X)
        self._learn_kinds(table)
        if not self._learns:
            return self
        for i, name in enumerate(self.numeric_):
            values = finite(table.column(name))
            values = values[~np.isnan(values)]
            if values.size:
                self._learn_moments(i, values)
        return self

    def _table(self, X) -> pa.Table:
        return to_table(X, self.features, self.numeric, self.words or ())

    def _learn_moments(self, i: int, values: np.ndarray) -> None:
        mean, deviation = moments(values)
        self._seen[i] += values.size
        share = values.size / self._seen[i]
        root = np.sqrt(share * (1 - share))
        apart = root * mean - root * self.mean_[i]
        self.mean_[i] = (1 - share) * self.mean_[i] + share * mean
        if self.scale and np.isinf(self.scale_[i]):
            # What came before was constant: all its deviation is that from the chunk's mean.
            deviation = np.hypot(np.sqrt(share) * deviation, apart)
            if deviation > ROUNDING * abs(self.mean_[i]):
                self.center_[i], self.scale_[i] = self.mean_[i], deviation

    def transform(self, X):
        """The records of ``X``: numbers without missing values, categories as dictionaries.

        A pyarrow Table, or the pandas DataFrame or polars one that ``set_output`` asked for.

        Raises UserError naming the column and row of a missing number where that is an error, and
        NotFittedError where something has to be learned first.
        """
        check_is_fitted(self)
        table = self._table(X)
        if not hasattr(self, "numeric_"):
            self._learn_kinds(table)
        columns = {name: table.column(name) for name in table.column_names}
        indicators = self._indicators(table.column_names)
        for i, name in enumerate(self.numeric_):
            column = table.column(name)
            values = finite(column)
            lost = np.isnan(values) if self._may_miss(column, values) else None
            if lost is not None and lost.any():
                values = self._fill(values, lost, i, name)
            else:
                lost = None
            if self.indicator:
                columns[indicators[i]] = _indicator(lost, len(values))
            if self.scale:
                with np.errstate(over="ignore"):  # what overflows is cut off
                    values = (values - self.center_[i]) / self.scale_[i]
                values = np.clip(values, -FARTHEST, FARTHEST)
            columns[name] = pa.array(values)
        for name in self.words or ():
            columns[name] = words_of(columns[name], name in (self.pairs or ()))
        return self._as_asked(pa.table(columns), X)

    def set_output(self, *, transform: str | None = None) -> "Extractor":
        """Let ``transform`` give ``default`` (a pyarrow Table), ``pandas`` or ``polars``."""
        if transform not in (None, "default", "pandas", "polars"):
            raise UserError(f"set_output: {transform!r} is none of default, pandas and polars.")
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}  # clone() copies this one
        return self

    def _as_asked(self, records: pa.Table, X):
        form = getattr(self, "_sklearn_output_config", {}).get("transform", "default")
        if form == "pandas":
            frame = records.to_pandas()
            frame.index = X.index if hasattr(X, "iloc") else frame.index
            return frame
        if form == "polars":
            import polars

            return polars.from_arrow(records)
        return records

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> np.ndarray:
        """The names of the records' columns, shape (columns,), object."""
        check_is_fitted(self, "feature_names_in_")
        indicators = self._indicators(self.feature_names_in_) if self.indicator else []
        return np.array([*self.feature_names_in_, *indicators], object)

    @property
    def n_features_in_(self) -> int:
        """The number of features taken."""
        check_is_fitted(self, "feature_names_in_")
        return len(self.feature_names_in_)

    def learned(self) -> dict[str, list]:
        """All that was learned, as plain values."""
        names = ("mean_", "center_", "scale_", "_seen")
        learned = {name: getattr(self, name).tolist() for name in names}
        return {"features": self.feature_names_in_.tolist(), "numeric_": self.numeric_} | learned

    def set_learned(self, learned: dict[str, list]) -> None:
        """Take over what another extractor of the same settings has learned."""
        self.feature_names_in_ = np.array(learned["features"], object)
        self.numeric_ = list(learned["numeric_"])
        for name in ("mean_", "center_", "scale_"):
            setattr(self, name, np.array(learned[name], np.float64))
        self._seen = np.array(learned["_seen"], np.int64)

    def _learn_kinds(self, table: pa.Table) -> None:
        if hasattr(self, "mean_"):
            return
        for name in [*(self.words or ()), *(self.pairs or ())]:
            if name not in (self.words or ()) or name not in table.column_names:
                raise UserError(
                    f"Extractor: {name!r} is among the words or pairs, but not among the features "
                    f"and words; name it there, too."
                )
        numeric = [f.name for f in table.schema if pa.types.is_floating(f.type)]
        zeros = [0.0] * len(numeric)
        self.set_learned(
            {
                "features": table.column_names,
                "numeric_": numeric,
                "mean_": zeros,
                "center_": zeros,
                "scale_": [np.inf if self.scale else 1.0] * len(numeric),
                "_seen": zeros,
            }
        )

    @property
    def _learns(self) -> bool:
        return self.scale or self.missing == "mean"

    def _indicators(self, features: Iterable[str]) -> list[str]:
        """The names of the indicators of ``numeric_``: none of them is one of ``features``."""
        names, taken = [], set(features)
        for name in self.numeric_:
            free = f"{name}?"
            while free in taken:
                free += "?"
            taken.add(free)
            names.append(free)
        return names

    @staticmethod
    def _may_miss(column: pa.ChunkedArray, values: np.ndarray) -> bool:
        # A sum is nan as soon as one value is: one pass without a mask.
        return column.null_count > 0 or bool(np.isnan(total(values)))

    def _fill(self, values, lost, i, name) -> np.ndarray:
        if self.missing == "error":
            raise UserError(
                f"Column {name!r} has a missing or infinite number in record {lost.argmax() + 1}; "
                f"set data.missing.numeric to zero, mean or drop."
            )
        # The centre becomes 0 by scaling, and without scaling it is 0.
        return np.where(lost, (self.mean_ if self.missing == "mean" else self.center_)[i], values)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "mean_") or not self._learns


def _indicator(lost: np.ndarray | None, rows: int) -> pa.DictionaryArray:
    codes = np.zeros(rows, np.int32) if lost is None else lost.astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(["there", "missing"]))
