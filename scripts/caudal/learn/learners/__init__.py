"""Learners: what learns the batches of a stream, a file each with its compiled loop beside it.

A new one is a file with a subclass of ``Learner``, its kernel, and a line in ``COMPILED``.
"""

from typing import Any

import numpy as np

from caudal.features.hashing import Registry
from caudal.learn.learners.base import Diverged, Learner
from caudal.learn.learners.ftrl import FTRLLearner
from caudal.learn.learners.partial_fit import PartialFitLearner, PartialFitNumberLearner
from caudal.learn.learners.sgd import SGDLearner

__all__ = ["COMPILED", "Diverged", "Learner", "make_learner"]

COMPILED = (SGDLearner, FTRLLearner)
"""The learners with a loop of their own; all else learns by its ``partial_fit``."""


def make_learner(
    estimator: Any, classes: np.ndarray | None, registry: Registry, n_features: int
) -> Learner:
    """The learner for an unfitted ``estimator``: the first that can learn it.

    ``classes`` are the labels' in order, None where they are numbers.

    Raises ValueError for parameters that the estimator refuses, UserError where it cannot learn
    batch by batch.
    """
    plain = PartialFitLearner if classes is not None else PartialFitNumberLearner
    kind = next((kind for kind in COMPILED if kind.learns(estimator)), plain)
    return kind(estimator, classes, registry, n_features)
