"""What learns from encoded batches: scikit-learn's classifiers, the SGD family by our own loop."""

import inspect

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.linear_model._stochastic_gradient import BaseSGDClassifier
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight

from caudal import sgd
from caudal.errors import UserError
from caudal.hashing import Registry
from caudal.vectorizer import to_csr

_MAX_INT = np.iinfo(np.int32).max


class Diverged(ArithmeticError):
    """The weights have left the range of floating-point numbers."""


def make_learner(classifier, classes: np.ndarray, registry: Registry, n_features: int):
    """The learner for an unfitted ``classifier``: compiled where it is of the SGD family."""
    compiled = isinstance(classifier, BaseSGDClassifier) and not classifier.average
    kind = SGDLearner if compiled else PartialFitLearner
    return kind(classifier, classes, registry, n_features)


class SGDLearner:
    """A classifier of the SGD family, learned by the compiled loop.

    Gives the coefficients, intercepts and predictions of ``classifier.partial_fit`` on the same
    batches as sparse matrices, to rounding.
    """

    def __init__(self, classifier, classes: np.ndarray, registry: Registry, n_features: int):
        """Check the parameters as scikit-learn does; raises its ValueError for those it refuses."""
        classifier._validate_params()
        classifier._more_validate_params(for_partial_fit=True)
        self.classifier = classifier
        self.classes = classes
        self.registry = registry
        self.n_features = n_features
        self._models = 1 if len(classes) == 2 else len(classes)
        self._weights = np.zeros((self._models, 512))
        self._scale = np.ones(self._models)
        self._intercept = np.zeros(self._models)
        self._t = 1.0
        self._batches = 0
        self._set_parameters()
        self._room = np.zeros(512 if self._rate >= sgd.PA1 else 0)
        self._applied = np.zeros((self._models, 512 if self._truncate > 0 else 0))
        self._stamps = np.zeros((self._models, self._applied.shape[1]), np.int32)

    def _set_parameters(self) -> None:
        c = self.classifier
        self._loss = sgd.LOSSES[c.loss]
        hinge = c.loss in ("hinge", "squared_hinge")
        self._threshold = 1.0 if hinge else 0.0 if c.loss == "perceptron" else float(c.epsilon)
        self._rate = sgd.LEARNING_RATES[c.learning_rate]
        l1_ratio = 0.0 if c.l1_ratio is None else float(c.l1_ratio)
        self._shrink = {"l2": 1.0, "elasticnet": 1.0 - l1_ratio}.get(c.penalty, -1.0)
        self._truncate = {"l1": 1.0, "elasticnet": l1_ratio}.get(c.penalty, 0.0)
        self._optimal_init = 0.0
        if self._rate == sgd.OPTIMAL:
            typical = np.sqrt(1.0 / np.sqrt(c.alpha))
            slope = sgd.gradient(self._loss, self._threshold, 1.0, -typical)
            self._optimal_init = 1.0 / (typical / max(1.0, slope) * c.alpha)
        self._class_weight = compute_class_weight(
            c.class_weight, classes=self.classes, y=self.classes
        )

    def predict_proba(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Probabilities (rows, classes) of an encoded batch; 0 or 1 where the loss gives none.

        Raises Diverged where the weights are no longer finite.
        """
        self._widen()
        decision = np.empty((len(slots), self._models))
        for k in range(self._models):
            margin = np.empty(len(slots))
            sgd.margins(slots, values, self._weights[k], self._scale[k], self._intercept[k], margin)
            decision[:, k] = margin
        if not np.isfinite(decision.sum()) and not np.isfinite(decision).all():
            raise Diverged
        return probabilities(decision, self.classifier.loss)

    def learn(self, slots, values, y: np.ndarray, sample_weight: np.ndarray | None = None) -> None:
        """Learn an encoded batch with the class codes ``y`` (rows,)."""
        self._widen()
        self._batches += 1
        seeds = self._seeds()
        for k in range(self._models):
            positive = y == (1 if self._models == 1 else k)
            pos, neg = (
                self._class_weight[::-1] if self._models == 1 else (self._class_weight[k], 1.0)
            )
            weight = np.where(positive, pos, neg)
            if sample_weight is not None:
                weight = weight * sample_weight
            target = np.where(positive, 1.0, 0.0 if self._loss == sgd.LOG_LOSS else -1.0)
            order = np.arange(len(y))
            if seeds is not None:
                sgd.shuffled(order, seeds[k])
            self._learn_class(k, slots, values, target, weight, order)
        self._t += len(y)

    def _learn_class(self, k, slots, values, target, weight, order) -> None:
        c = self.classifier
        self._scale[k], self._intercept[k] = sgd.learn(
            slots, values, target, weight, order,
            self._loss, self._threshold, self._rate, float(c.eta0), float(c.power_t),
            float(c.alpha), self._shrink, self._truncate, bool(c.fit_intercept),
            self._weights[k], self._scale[k], self._intercept[k], self._t, self._optimal_init,
            self._applied[k], self._stamps[k], self._batches, self._room,
        )  # fmt: skip
        if self.registry.size <= slots.size:
            # As scikit-learn does after each call; postponed where it would cost more than the
            # batch itself.
            self._weights[k, : self.registry.size] *= self._scale[k]
            self._scale[k] = 1.0

    def _seeds(self) -> list[int] | None:
        """The seeds of a batch's shuffles, drawn as scikit-learn draws them."""
        if not self.classifier.shuffle:
            return None
        random = check_random_state(self.classifier.random_state)
        if self._models == 1:
            return [_second_draw(random)]
        seeds = random.randint(_MAX_INT, size=self._models)
        return [_second_draw(check_random_state(seed)) for seed in seeds]

    def _widen(self) -> None:
        size = len(self.registry.columns)
        for name in ("_weights", "_applied", "_stamps"):
            old = getattr(self, name)
            if 0 < old.shape[1] < size:
                wider = np.zeros((self._models, size), old.dtype)
                wider[:, : old.shape[1]] = old
                setattr(self, name, wider)
        if 0 < len(self._room) < size:
            self._room = np.zeros(size)

    def fitted(self):
        """The classifier, fitted, with sparse ``coef_``. Raises Diverged."""
        c, touched = self.classifier, self.registry.touched()
        self._widen()
        self._room = self._applied = self._stamps = None
        weights = self._weights[:, : len(touched)]
        weights *= self._scale[:, None]
        self._scale[:] = 1.0
        if not (np.isfinite(weights).all() and np.isfinite(self._intercept).all()):
            raise Diverged
        rows = [_sparse_row(touched, row, self.n_features) for row in weights]
        starts = np.cumsum([0] + [len(columns) for columns, _ in rows])
        c.coef_ = csr_matrix(
            (np.concatenate([v for _, v in rows]), np.concatenate([i for i, _ in rows]), starts),
            shape=(self._models, self.n_features),
        )
        c.classes_ = self.classes
        c.intercept_ = self._intercept.copy()
        c.t_ = self._t
        c.n_iter_ = 1
        c.n_features_in_ = self.n_features
        return c


def _second_draw(random: np.random.RandomState) -> int:
    random.randint(1, _MAX_INT)  # scikit-learn's make_dataset takes the first one
    return random.randint(_MAX_INT)


def _sparse_row(touched, weights, n_features) -> tuple[np.ndarray, np.ndarray]:
    kept = np.flatnonzero(weights)
    columns = touched[kept]
    order = np.argsort(columns)
    return columns[order], weights[kept[order]]


class PartialFitLearner:
    """Any other classifier with ``partial_fit``, fed sparse matrices of all columns."""

    def __init__(self, classifier, classes: np.ndarray, registry: Registry, n_features: int):
        """Raises UserError where the classifier cannot learn batch by batch."""
        if not hasattr(classifier, "partial_fit"):
            raise UserError(
                f"classifier.class: {type(classifier).__name__} has no partial_fit, so it cannot "
                f"learn a stream; take one that has, SGDClassifier for one."
            )
        self.classifier = classifier
        self.classes = classes
        self.registry = registry
        self.n_features = n_features
        self._weighted = "sample_weight" in inspect.signature(classifier.partial_fit).parameters

    def predict_proba(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Probabilities (rows, classes) of an encoded batch; 0 or 1 where there are none."""
        X = self._matrix(slots, values)
        if hasattr(self.classifier, "predict_proba"):
            return self.classifier.predict_proba(X)
        return (self.classifier.predict(X)[:, None] == self.classes).astype(float)

    def learn(self, slots, values, y: np.ndarray, sample_weight: np.ndarray | None = None) -> None:
        """Learn an encoded batch with the class codes ``y`` (rows,)."""
        extra = {}
        if sample_weight is not None:
            if not self._weighted:
                raise UserError(
                    f"data.weight: {type(self.classifier).__name__} takes no sample weights; "
                    f"leave the weight out or take SGDClassifier."
                )
            extra["sample_weight"] = sample_weight
        X = self._matrix(slots, values)
        self.classifier.partial_fit(X, self.classes[y], classes=self.classes, **extra)

    def _matrix(self, slots, values) -> csr_matrix:
        return to_csr(slots, values, self.registry.columns, self.n_features)

    def fitted(self):
        """The classifier as it is."""
        return self.classifier


def probabilities(decision: np.ndarray, loss: str) -> np.ndarray:
    """Class probabilities (rows, classes) from margins (rows, 1 or classes).

    As SGDClassifier.predict_proba gives them for log_loss and modified_huber; for other losses,
    which have none, 1 for the predicted class.
    """
    if loss in ("log_loss", "modified_huber"):
        p = expit(decision) if loss == "log_loss" else (np.clip(decision, -1.0, 1.0) + 1.0) / 2.0
        if p.shape[1] == 1:
            return np.hstack([1.0 - p, p])
        p[p.sum(axis=1) == 0.0] = 1.0
        return p / p.sum(axis=1, keepdims=True)
    if decision.shape[1] == 1:
        positive = (decision > 0.0).astype(float)
        return np.hstack([1.0 - positive, positive])
    return (decision.argmax(axis=1)[:, None] == np.arange(decision.shape[1])).astype(float)
