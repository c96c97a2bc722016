"""Model files: a scikit-learn Pipeline, pickled without the zeros of its arrays."""

import io
import pickle
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, issparse

from caudal.atomic import whole_file

_WORTH_IT = 1024
"""Entries from which on an array of mostly zeros is stored without them."""


class _Pickler(pickle.Pickler):
    """Stores arrays of mostly zeros by their other entries; they come back as plain arrays."""

    def reducer_override(self, value):
        if issparse(value):
            matrix = csr_matrix(value)
            rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
            places = rows * matrix.shape[1] + matrix.indices
            return dense, (matrix.shape, matrix.dtype.str, places, matrix.data)
        if type(value) is np.ndarray and value.dtype.kind in "fiu" and value.size >= _WORTH_IT:
            places = np.flatnonzero(value)
            if places.size * 3 < value.size:
                flat = value.reshape(-1)
                return dense, (value.shape, value.dtype.str, places, flat[places])
        return NotImplemented


def dense(shape: tuple, dtype: str, places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """An array of zeros with ``values`` at the flat ``places``; untouched pages take no memory."""
    array = np.zeros(int(np.prod(shape)), dtype)
    array[places] = values
    return array.reshape(shape)


def dump_model(model, path: str | Path) -> int:
    """Write ``model`` to ``path``, whole or not at all; returns its size in bytes.

    A sparse ``coef_`` comes back dense, so that a loaded model can go on learning.
    """
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=5).dump(model)
    with whole_file(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())
    return buffer.getbuffer().nbytes


def load_model(path: str | Path):
    """Read a model that ``dump_model`` wrote. A pickle can run any code: load only your own."""
    with open(path, "rb") as file:
        return pickle.load(file)
