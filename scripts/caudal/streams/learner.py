"""Fit a scikit-learn estimator to a stream of batches, as pescador 0.1's StreamLearner does."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from caudal.errors import UserError
from caudal.streams.streamer import Batch


class StreamLearner(BaseEstimator):
    """An estimator with ``partial_fit`` that also learns streams; all else is the estimator's.

    ``max_batches`` bounds the batches of one `iter_fit` (None: to the end of the stream);
    ``max_steps`` is the name that pescador gave it. Classifiers and regressors are supervised.

    Raises TypeError for an estimator without ``partial_fit``, UserError for a bound below 1.

    >>> import numpy as np
    >>> from sklearn.cluster import MiniBatchKMeans
    >>> learner = StreamLearner(MiniBatchKMeans(2, random_state=0), max_batches=5)
    >>> learner.iter_fit({"X": np.eye(2)[[0, 1] * 8]} for _ in range(9)).cluster_centers_.shape
    (2, 2)
    """

    def __init__(
        self, estimator: Any, max_batches: int | None = None, max_steps: int | None = None
    ):
        if not hasattr(estimator, "partial_fit"):
            raise TypeError(f"A StreamLearner needs an estimator with partial_fit: {estimator!r}.")
        for bound in (max_batches, max_steps):
            if bound is not None and bound < 1:
                raise UserError(f"max_batches must be None or at least 1, not {bound}.")
        self.estimator = estimator
        self.max_batches = max_batches
        self.max_steps = max_steps

    def iter_fit(self, stream: Iterable[Batch], **kwargs: Any) -> "StreamLearner":
        """Learn ``stream`` batch by batch; ``kwargs`` (``classes=`` …) go to ``partial_fit``.

        Raises RuntimeError for a supervised estimator's batch without ``Y``, and for an
        unsupervised one's with it.
        """
        bounds = [bound for bound in (self.max_batches, self.max_steps) if bound is not None]
        for batch in islice(stream, min(bounds, default=None)):
            if self._supervised and "Y" not in batch:
                raise RuntimeError("The estimator is supervised, but a batch has no Y.")
            if not self._supervised and "Y" in batch:
                raise RuntimeError("The estimator is not supervised, but a batch has a Y.")
            self.partial_fit(batch["X"], batch.get("Y"), **kwargs)
        return self

    def fit(self, X: Any, y: Any = None, **kwargs: Any) -> "StreamLearner":
        """Fit the estimator anew, as it fits by itself."""
        self.estimator.fit(X, *self._labels(y), **kwargs)
        return self

    def partial_fit(self, X: Any, y: Any = None, **kwargs: Any) -> "StreamLearner":
        """Let the estimator learn one batch more."""
        self.estimator.partial_fit(X, *self._labels(y), **kwargs)
        return self

    @property
    def _supervised(self) -> bool:
        return isinstance(self.estimator, ClassifierMixin | RegressorMixin)

    def _labels(self, y: Any) -> list:
        return [y] if self._supervised or y is not None else []

    def __sklearn_is_fitted__(self) -> bool:
        try:
            check_is_fitted(self.estimator)
        except NotFittedError:
            return False
        return True

    def __getattr__(self, name: str) -> Any:
        # Not before the estimator is there (unpickling), nor for Python's own protocols.
        if name.startswith("__") or "estimator" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.estimator, name)

    def __sklearn_tags__(self):
        return get_tags(self.estimator)
