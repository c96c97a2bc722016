"""Whether the stretches of a stream differ by more than chance, and by how much.

A stretch is made of blocks of rows. If all rows were of one kind, the means of the stretches would
vary as those of the blocks within them do: that is a one-way analysis of variance with the blocks
as its values (Fisher, 1925), so that rows which are alike because they are neighbours, as one
user's are, do not count as many. Levels are compared by their distance in chi squared, with the
degrees of freedom that their blocks show (Box, 1954). With millions of rows every difference is
more than chance; so its size counts as well, without what chance would give it (Kelley, 1935).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import fdtrc


class Variation(NamedTuple):
    """p: how probable it is that chance alone makes the stretches differ so; effect: how much they
    differ beyond chance; means: of each stretch and quantity (stretches, d).
    """

    p: float
    effect: float
    means: np.ndarray


def between_stretches(
    means: np.ndarray, rows: np.ndarray, stretch: np.ndarray, variance: np.ndarray
) -> Variation | None:
    """Compare stretches by their blocks.

    Parameters
    ----------
    means
        Of each block (blocks, d); the shares of levels, or a single number.
    rows
        In each block (blocks,); none is empty.
    stretch
        The stretch of each block (blocks,), counted from 0 without a gap.
    variance
        What the d quantities are measured by (d,): the variance of a number's rows; the shares of
        levels, which makes the distance between stretches that of chi squared.

    Returns
    -------
    None where a stretch has a single block, or nothing varies. The ``effect`` of a number is the
    share of its variance that the stretches explain, that of levels the square of Cohen's w, which
    is the same for two of them and can be more than 1 for many.

    >>> between_stretches(np.array([[1.0], [1.2], [3.0], [3.2]]), np.full(4, 50.0),
    ...                   np.array([0, 0, 1, 1]), np.array([2.0])).means.round(1).tolist()
    [[1.1], [3.1]]
    """
    count = int(stretch.max()) + 1
    blocks = np.bincount(stretch, minlength=count)
    if count < 2 or blocks.min() < 2 or not (variance > 0).all():
        return None
    total = np.bincount(stretch, rows, count)
    weighted = np.zeros((count, means.shape[1]))
    np.add.at(weighted, stretch, means * rows[:, None])
    stretches = weighted / total[:, None]
    middle = weighted.sum(0) / total.sum()
    between = float((total @ np.square(stretches - middle)) @ (1 / variance))
    apart = (means - stretches[stretch]) * np.sqrt(rows[:, None] / variance)
    spread = apart.T @ apart
    within = float(spread.trace())
    above, below = count - 1, len(rows) - count
    noise = within / below
    if between <= 1e-12 * total.sum():
        return Variation(1.0, 0.0, stretches)
    if not noise:
        return Variation(0.0, between / float(total.sum()), stretches)
    freedom = within**2 / float(np.square(spread).sum())  # of the d quantities together
    p = float(fdtrc(above * freedom, below * freedom, between / above / noise))
    return Variation(p, max(0.0, between - above * noise) / float(total.sum()), stretches)


def holm(p: list[float], level: float) -> list[bool]:
    """Which of several tests are significant together at ``level`` (Holm, 1979).

    >>> holm([0.02, 0.001, 0.04], 0.05)
    [True, True, True]
    >>> holm([0.02, 0.03, 0.04], 0.05)
    [False, False, False]
    """
    found = [False] * len(p)
    for place, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[i] > level / (len(p) - place):
            break
        found[i] = True
    return found
