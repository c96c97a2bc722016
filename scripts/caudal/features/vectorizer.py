"""Vectorizer: records to hashed terms, column by column."""

import pyarrow as pa
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

from caudal.features.defaults import DEGREE, N_FEATURES
from caudal.features.encoder import Encoder, to_csr
from caudal.features.hashing import Registry
from caudal.features.tables import to_table
from caudal.features.terms import Term, make_terms


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

    >>> Vectorizer(n_features=2**22).transform([{"x1": 2.0, "c": "red"}]).nnz
    2
    """

    def __init__(self, n_features=N_FEATURES, degree=DEGREE, interactions=None):
        self.n_features = n_features
        self.degree = degree
        self.interactions = interactions

    def fit(self, X, y=None):
        """Nothing to learn: hashing needs no vocabulary."""
        return self

    def transform(self, X) -> csr_matrix:
        """Hashed terms of ``X``, CSR of shape (rows, n_features), float64."""
        table = to_table(X)
        encoder = Encoder(self, Registry())
        encoder.load(table)
        slots, values = encoder.encode(0, table.num_rows)
        return to_csr(slots, values, encoder.registry.columns, self.n_features)

    def terms(self, table: pa.Table) -> list[Term]:
        """The terms made of the columns of ``table``."""
        categorical = {f.name for f in table.schema if not pa.types.is_floating(f.type)}
        return make_terms(table.column_names, categorical, self.degree, self.interactions)

    def __sklearn_is_fitted__(self):
        return True
