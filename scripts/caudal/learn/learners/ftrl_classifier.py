"""FTRLClassifier: FTRL-Proximal as a classifier of scikit-learn's kind, on any matrix."""

from typing import ClassVar

import numpy as np
from scipy.special import expit
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from caudal.data.labels import codes_of
from caudal.learn.learners.ftrl_estimator import FTRLEstimator


class FTRLClassifier(ClassifierMixin, FTRLEstimator):
    """Logistic regression learned row by row, with a rate of its own for every column.

    FTRL-Proximal: columns that are seldom met keep large steps, common ones settle. Source: McMahan
    et al. (2013), "Ad click prediction: a view from the trenches", algorithm 1. More than two
    classes are learned one against the rest. ``fit`` is one pass in the order of the rows, and
    standardised features suit it best.

    Parameters
    ----------
    eta0 : float
        The rate, McMahan's alpha: the larger, the faster weights move.
    beta : float
        What damps a column's first steps.
    l1 : float
        Lambda 1: columns whose sums stay below it have the weight zero.
    l2 : float
        Lambda 2: shrinks the weights.
    fit_intercept : bool
        Whether there is an intercept; it is not regularised.
    class_weight : dict, "balanced" or None
        Weights of the classes; ``partial_fit`` takes no "balanced".

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
    coef_ : ndarray of shape (1 or classes, features)
        The weights, zero for columns never met.
    intercept_ : ndarray of shape (1 or classes,)
    z_, n_ : ndarray of the shape of ``coef_``
        What the weights follow from: sums of gradients less the steps made, and of their squares.

    >>> FTRLClassifier().fit([[0.0], [1.0]] * 20, [0, 1] * 20).predict([[0.0], [1.0]])
    array([0, 1])
    """

    loss: ClassVar = "log_loss"

    _parameter_constraints: ClassVar[dict] = {
        **FTRLEstimator._parameter_constraints,
        "class_weight": [dict, None, str],
    }

    def __init__(
        self, eta0=0.1, beta=1.0, l1=0.0, l2=0.0, fit_intercept=True, class_weight=None
    ):  # fmt: skip
        self.eta0 = eta0
        self.beta = beta
        self.l1 = l1
        self.l2 = l2
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight

    def fit(self, X, y, sample_weight=None):
        """Learn the rows of ``X`` (rows, features), dense or sparse, anew and in their order."""
        self._validate_params()
        for name in ("coef_", "classes_"):
            if hasattr(self, name):
                delattr(self, name)
        return self._learn(X, y, None, sample_weight, True)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Learn one batch more; the first call names all ``classes``."""
        self._validate_params()
        first = not hasattr(self, "classes_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight 'balanced' is not supported for partial_fit: a batch does not know "
                "how often a class will come; give the weights as a dict."
            )
        if (
            not first
            and classes is not None
            and not np.array_equal(unique_labels(classes), self.classes_)
        ):
            raise ValueError(
                f"classes {classes!r} are not those of the first call to partial_fit, "
                f"{self.classes_!r}."
            )
        return self._learn(X, y, classes if first else self.classes_, sample_weight, first)

    def _learn(self, X, y, classes, sample_weight, first: bool):
        X, y, weight = self._checked(X, y, sample_weight, first)
        check_classification_targets(y)
        if first:
            self._begin(unique_labels(y if classes is None else classes), X.shape[1])
        codes = codes_of(y, self.classes_)
        own = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        if len(self.coef_) == 1:
            class_weights = np.asarray(own[None], np.float64)
        else:
            class_weights = np.column_stack([np.ones(len(own)), own])
        self._step(X, codes, weight, class_weights)
        return self

    def _begin(self, classes: np.ndarray, features: int) -> None:
        if len(classes) < 2:
            raise ValueError(
                f"A classifier needs two classes; the data has one class, {classes[0]!r}."
            )
        self.classes_ = classes
        models = 1 if len(classes) == 2 else len(classes)
        self._allocate((models, features), models)

    def decision_function(self, X) -> np.ndarray:
        """Margins (rows,), or (rows, classes) where they are more than two."""
        margins = self._margins(X)
        return margins.ravel() if margins.shape[1] == 1 else margins

    def predict_proba(self, X) -> np.ndarray:
        """Probabilities (rows, classes); of more than two classes each one's, over their sum."""
        p = expit(self.decision_function(X))
        if p.ndim == 1:
            return np.column_stack([1.0 - p, p])
        p[p.sum(axis=1) == 0.0] = 1.0
        return p / p.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X) -> np.ndarray:
        """The logarithms of the probabilities (rows, classes)."""
        return np.log(self.predict_proba(X))

    def predict(self, X) -> np.ndarray:
        """The most probable class of each row (rows,)."""
        margins = self.decision_function(X)
        codes = (margins > 0).astype(int) if margins.ndim == 1 else margins.argmax(axis=1)
        return self.classes_[codes]
