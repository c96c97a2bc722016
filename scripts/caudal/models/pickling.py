"""Model files: a scikit-learn Pipeline, pickled without the zeros of its arrays."""

import io
import math
import pickle
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, issparse

from caudal.atomic import write_bytes

_WORTH_IT = 1024
"""Entries from which on an array of mostly zeros is stored without them."""


class _Pickler(pickle.Pickler):
    """Stores arrays of mostly zeros by their other entries; they come back as plain arrays.

    Equal arrays give equal bytes, also where one has a dtype object of its own, as those have that
    compiled code makes before it is taken from its cache.
    """

    PROTOCOL = 5

    def reducer_override(self, value):
        if issparse(value):
            matrix = csr_matrix(value if value.ndim == 2 else value.reshape(1, -1))
            places = matrix.indices
            if matrix.shape[0] > 1:
                places = places.astype(_places_type(matrix.shape))
                for row, start in enumerate(matrix.indptr[:-1]):
                    places[start : matrix.indptr[row + 1]] += row * matrix.shape[1]
            return dense, (value.shape, matrix.dtype.str, places, matrix.data)
        if type(value) is np.ndarray and value.dtype.kind in "fiu" and value.size >= _WORTH_IT:
            places = np.flatnonzero(value).astype(_places_type(value.shape))
            if places.size * 3 < value.size:
                flat = value.reshape(-1)
                return dense, (value.shape, value.dtype.str, places, flat[places])
        if type(value) is np.ndarray and value.dtype.kind in "biufc":
            usual = np.dtype(value.dtype.str)
            if value.dtype is not usual:
                return value.view(usual).__reduce_ex__(self.PROTOCOL)
        return NotImplemented


def _places_type(shape: tuple) -> type:
    return np.uint32 if math.prod(shape) <= 2**32 else np.int64


def dense(shape: tuple, dtype: str, places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """An array of zeros with ``values`` at the flat ``places``; untouched pages take no memory."""
    array = np.zeros(int(np.prod(shape)), dtype)
    array[places] = values
    return array.reshape(shape)


def dump_model(model, path: str | Path) -> int:
    """Write ``model`` to ``path``, whole or not at all; returns its size in bytes.

    A sparse ``coef_`` comes back dense, so that a loaded model can go on learning.
    """
    pickled = _pickled(model)
    write_bytes(path, pickled)
    return pickled.nbytes


def as_loaded(model):
    """The model that ``load_model`` would give, without a file."""
    return pickle.loads(_pickled(model))


def _pickled(model) -> memoryview:
    buffer = io.BytesIO()
    _Pickler(buffer, _Pickler.PROTOCOL).dump(model)
    return buffer.getbuffer()


def load_model(path: str | Path):
    """Read a model that ``dump_model`` wrote. A pickle can run any code: load only your own."""
    with open(path, "rb") as file:
        return pickle.load(file)
