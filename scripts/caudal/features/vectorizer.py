"""Vectorizer: records to hashed terms, column by column."""

from collections.abc import Sequence
from numbers import Integral

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix, vstack
from sklearn.base import BaseEstimator, TransformerMixin

from caudal.errors import UserError
from caudal.features.defaults import DEGREE, N_FEATURES
from caudal.features.encoder import Encoder, to_csr
from caudal.features.hashing import Registry
from caudal.features.tables import finite, text_columns, to_table
from caudal.features.terms import Term, make_terms

ROWS = 1 << 15
"""Rows that are encoded at once: where one has many words, the others have room for as many."""


class Vectorizer(TransformerMixin, BaseEstimator):
    """Interactions of features, hashed into ``n_features`` columns.

    ``transform`` gives exactly the matrix that scikit-learn's ``FeatureHasher(n_features)`` gives
    for the terms of every record: MurmurHash3 with seed 0 of the term's name, column
    ``abs(hash) % n_features``, value times the hash's sign.

    Parameters
    ----------
    n_features : int
        Number of columns, 1 to 2**31 - 1.
    degree : int
        Terms are all products of at most so many features.
    interactions : list of lists of str or None
        Instead of ``degree``: the features and the product of each group named here.

    The words of a text, as an ``Extractor`` gives them, are terms such as ``remarks=delay`` and
    part of no product.

    ``transform`` gives a sparse matrix whatever ``set_output`` asks for: its columns are too many
    for a frame.

    >>> Vectorizer(n_features=2**22).transform([{"x1": 2.0, "c": "red"}]).nnz
    2
    """

    def __init__(self, n_features=N_FEATURES, degree=DEGREE, interactions=None):
        self.n_features = n_features
        self.degree = degree
        self.interactions = interactions

    def fit(self, X, y=None):
        """Nothing to learn but the features' names: hashing needs no vocabulary."""
        self._check_parameters()
        self.feature_names_in_ = np.array(to_table(X).column_names, object)
        self.n_features_in_ = len(self.feature_names_in_)
        return self

    def transform(self, X) -> csr_matrix:
        """Hashed terms of ``X``, CSR of shape (rows, n_features), float64.

        Raises UserError for a missing or infinite number, which has no product, naming the column
        and the record.
        """
        self._check_parameters()
        table = to_table(X)
        for field in table.schema:
            if pa.types.is_floating(field.type):
                _check_numbers(table.column(field.name), field.name)
        encoder = Encoder(self, Registry())
        encoder.load(table)
        blocks = []
        for start in range(0, max(1, table.num_rows), ROWS):
            encoded = encoder.encode(start, min(start + ROWS, table.num_rows))
            blocks.append(to_csr(*encoded, encoder.registry.columns, self.n_features))
        return blocks[0] if len(blocks) == 1 else vstack(blocks, "csr")

    def terms(self, table: pa.Table) -> list[Term]:
        """The terms made of the columns of ``table``."""
        categorical = {f.name for f in table.schema if not pa.types.is_floating(f.type)}
        texts = text_columns(table)
        return make_terms(table.column_names, categorical, self.degree, self.interactions, texts)

    def set_output(self, *, transform: str | None = None) -> "Vectorizer":
        """Take part in a pipeline's ``set_output``; the output stays a sparse matrix."""
        return self

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> np.ndarray:
        """The columns by their numbers, shape (n_features,), object: a hash has no way back."""
        return np.array([f"column{i}" for i in range(self.n_features)], object)

    def _check_parameters(self) -> None:
        if not _whole(self.n_features) or not 1 <= self.n_features < 2**31:
            raise UserError(
                f"n_features is {self.n_features!r}; it is a whole number from 1 to 2**31 - 1."
            )
        if not _whole(self.degree) or self.degree < 1:
            raise UserError(f"degree is {self.degree!r}; it is a whole number from 1.")

    def __sklearn_is_fitted__(self) -> bool:
        return True


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _check_numbers(column: pa.ChunkedArray, name: str) -> None:
    lost = np.isnan(finite(column))
    if lost.any():
        raise UserError(
            f"Column {name!r} has a missing or infinite number in record {lost.argmax() + 1}; an "
            "Extractor before the Vectorizer settles what is missing."
        )
