"""Model files: what goes in comes back, without the zeros in between."""

import numpy as np
import pytest
from caudal.models.pickling import dump_model, load_model
from scipy.sparse import csr_matrix


@pytest.mark.parametrize("shape", [(1, 50_000), (3, 50_000)])
def test_a_sparse_matrix_comes_back_dense(tmp_path, shape):
    rng = np.random.default_rng(0)
    columns = np.sort(rng.choice(50_000, (shape[0], 100), replace=False), axis=1)
    values = rng.normal(size=columns.shape)
    starts = np.arange(shape[0] + 1) * 100
    matrix = csr_matrix((values.ravel(), columns.ravel(), starts), shape=shape)
    size = dump_model({"coef_": matrix}, tmp_path / "model.pkl")
    assert size == (tmp_path / "model.pkl").stat().st_size < 20 * matrix.nnz + 1000
    back = load_model(tmp_path / "model.pkl")["coef_"]
    assert type(back) is np.ndarray
    assert back.shape == shape
    for row in range(shape[0]):
        np.testing.assert_array_equal(back[row, columns[row]], values[row])
    assert np.count_nonzero(back) == matrix.nnz
    np.testing.assert_array_equal(matrix.indices, columns.ravel())


def test_a_dtype_object_of_its_own_changes_no_byte(tmp_path):
    own = np.empty(3, np.dtype(float, copy=True))
    own[:] = 1.5
    usual = np.full(3, 1.5)
    assert own.dtype is not usual.dtype
    dump_model([usual, own, own], tmp_path / "own.pkl")
    dump_model([usual, usual.copy(), own], tmp_path / "usual.pkl")
    plain = [usual, usual.copy(), usual.copy()]
    dump_model([plain[0], plain[1], plain[1]], tmp_path / "plain.pkl")
    assert (tmp_path / "own.pkl").read_bytes() == (tmp_path / "plain.pkl").read_bytes()
    assert np.array_equal(load_model(tmp_path / "usual.pkl"), plain)
