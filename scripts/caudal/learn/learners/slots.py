"""Arrays by slot: room for new slots, and the way back to columns."""

import numpy as np
from scipy.sparse import coo_array, csr_matrix

from caudal.compiled import compiled


def widened(array: np.ndarray, size: int, axis: int) -> np.ndarray:
    """``array`` with zeros behind it up to ``size`` along ``axis``; itself where that is there."""
    if array.shape[axis] >= size:
        return array
    shape = list(array.shape)
    shape[axis] = size
    wider = np.zeros(shape, array.dtype)
    wider[tuple(slice(length) for length in array.shape)] = array
    return wider


@compiled
def in_order(weights, order):
    """The weights that are not zero, by column, and their columns (int32).

    ``order`` (slots,) is sorted and holds ``column << 32 | slot``; it is overwritten.
    """
    found = order.view(np.float64)
    columns = np.empty(order.size, np.int32)
    count = 0
    for packed in order:
        weight = weights[packed & 0xFFFFFFFF]
        found[count], columns[count] = weight, packed >> 32
        count += weight != 0.0
    return found[:count], columns[:count]


def sparse_rows(weights: np.ndarray, touched: np.ndarray, n_features: int) -> csr_matrix:
    """``weights`` (models, slots) in their columns ``touched``, zeros left out, CSR in order.

    Takes little memory beside its result, which may be the largest thing of a fit.
    """
    # Numbers sort several times as fast as argsort finds their order: column and slot in one.
    order = touched.astype(np.int64)
    order <<= 32
    order += np.arange(len(order), dtype=np.int32)
    order.sort()
    rows = [in_order(row, order if i == len(weights) - 1 else order.copy())
            for i, row in enumerate(weights)]  # fmt: skip
    if len(rows) == 1:
        data, indices = rows[0]
    else:
        data, indices = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    starts = np.cumsum([0] + [len(data) for data, _ in rows])
    return csr_matrix((data, indices, starts), shape=(len(weights), n_features))


def as_shaped(rows: csr_matrix, classes: np.ndarray | None) -> csr_matrix | coo_array:
    """Weights as linear models have them: of numbers, ``classes`` None, (features,) for one row."""
    return rows if classes is not None else coo_array(rows).reshape(rows.shape[1])
