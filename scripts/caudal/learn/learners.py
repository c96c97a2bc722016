"""What learns from encoded batches: scikit-learn's classifiers, the SGD family by our own loop."""

import inspect

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.linear_model._stochastic_gradient import BaseSGDClassifier
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight

from caudal.errors import UserError
from caudal.features.encoder import to_csr
from caudal.features.hashing import Registry
from caudal.learn import sgd_kernel

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
        self._class_weights = self._weigh_classes()
        self._settings = _settings(classifier)
        passive_aggressive = sgd_kernel.LEARNING_RATES[classifier.learning_rate] >= sgd_kernel.PA1
        truncates = classifier.penalty in ("l1", "elasticnet")
        self._room = np.zeros(512 if passive_aggressive else 0)
        self._applied = np.zeros((self._models, 512 if truncates else 0))

    def _weigh_classes(self) -> np.ndarray:
        """Of every model the weights of the other classes and of its own, shape (models, 2)."""
        own = compute_class_weight(
            self.classifier.class_weight, classes=self.classes, y=self.classes
        )
        return own[None] if self._models == 1 else np.column_stack([np.ones(self._models), own])

    def predict_proba(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Probabilities (rows, classes) of an encoded batch; 0 or 1 where the loss gives none.

        Raises Diverged where the weights are no longer finite.
        """
        self._widen()
        decision = np.empty((len(slots), self._models))
        sgd_kernel.margins(slots, values, self._weights, self._scale, self._intercept, decision)
        if not np.isfinite(decision.sum()) and not np.isfinite(decision).all():
            raise Diverged
        return probabilities(decision, self.classifier.loss)

    def learn(self, slots, values, y: np.ndarray, sample_weight: np.ndarray | None = None) -> None:
        """Learn an encoded batch with the class codes ``y`` (rows,)."""
        self._widen()
        seeds = self._seeds()
        weight = np.empty(0) if sample_weight is None else np.array(sample_weight, np.float64)
        order = np.arange(len(y))
        for k in range(self._models):
            if seeds is not None:
                order = np.arange(len(y))
                sgd_kernel.shuffled(order, seeds[k])
            self._learn_class(k, slots, values, y, weight, order)
        self._t += len(y)

    def _learn_class(self, k, slots, values, y, weight, order) -> None:
        positive = 1 if self._models == 1 else k
        self._scale[k], self._intercept[k] = sgd_kernel.learn(
            slots, values, y, positive, self._class_weights[k], weight, order, *self._settings,
            self._weights[k], self._scale[k], self._intercept[k], self._t,
            self._applied[k], self._room,
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
        for name in ("_weights", "_applied"):
            old = getattr(self, name)
            if 0 < old.shape[1] < size:
                wider = np.zeros((self._models, size), old.dtype)
                wider[:, : old.shape[1]] = old
                setattr(self, name, wider)
        if 0 < len(self._room) < size:
            self._room = np.zeros(size)

    def fitted(self):
        """The classifier, fitted, with sparse ``coef_``; learns no more. Raises Diverged."""
        c, touched = self.classifier, self.registry.touched()
        self._widen()
        weights, self._weights = self._weights[:, : len(touched)], None
        self._room = self._applied = None
        self.registry.close()
        weights *= self._scale[:, None]
        if not (np.isfinite(weights).all() and np.isfinite(self._intercept).all()):
            raise Diverged
        c.coef_ = _sparse(weights, touched, self.n_features)
        c.classes_ = self.classes
        c.intercept_ = self._intercept.copy()
        c.t_ = self._t
        c.n_iter_ = 1
        c.n_features_in_ = self.n_features
        return c


def _settings(classifier) -> tuple:
    """The arguments of ``sgd_kernel.learn`` from ``loss`` to ``optimal_init``."""
    c = classifier
    loss, rate = sgd_kernel.LOSSES[c.loss], sgd_kernel.LEARNING_RATES[c.learning_rate]
    hinge = c.loss in ("hinge", "squared_hinge")
    threshold = 1.0 if hinge else 0.0 if c.loss == "perceptron" else float(c.epsilon)
    l1_ratio = 0.0 if c.l1_ratio is None else float(c.l1_ratio)
    shrink = {"l2": 1.0, "elasticnet": 1.0 - l1_ratio}.get(c.penalty, -1.0)
    truncate = {"l1": 1.0, "elasticnet": l1_ratio}.get(c.penalty, 0.0)
    optimal_init = 0.0
    if rate == sgd_kernel.OPTIMAL:
        typical = np.sqrt(1.0 / np.sqrt(c.alpha))
        slope = sgd_kernel.gradient(loss, threshold, 1.0, -typical)
        optimal_init = float(1.0 / (typical / max(1.0, slope) * c.alpha))
    return (
        loss, threshold, rate, float(c.eta0), float(c.power_t), float(c.alpha), shrink, truncate,
        bool(c.fit_intercept), optimal_init,
    )  # fmt: skip


def _second_draw(random: np.random.RandomState) -> int:
    random.randint(1, _MAX_INT)  # scikit-learn's make_dataset takes the first one
    return random.randint(_MAX_INT)


def _sparse(weights: np.ndarray, touched: np.ndarray, n_features: int) -> csr_matrix:
    """``weights`` (models, slots) in their columns ``touched``, zeros left out, CSR in order.

    Takes little memory beside its result, which may be the largest thing of a fit.
    """
    # Numbers sort several times as fast as argsort finds their order: column and slot in one.
    order = touched.astype(np.int64)
    order <<= 32
    order += np.arange(len(order), dtype=np.int32)
    order.sort()
    rows = [sgd_kernel.in_order(row, order if i == len(weights) - 1 else order.copy())
            for i, row in enumerate(weights)]  # fmt: skip
    if len(rows) == 1:
        data, indices = rows[0]
    else:
        data, indices = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    starts = np.cumsum([0] + [len(data) for data, _ in rows])
    return csr_matrix((data, indices, starts), shape=(len(weights), n_features))


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
            # It has the classes sorted; here the positive one is last.
            own = list(self.classifier.classes_)
            return self.classifier.predict_proba(X)[:, [own.index(c) for c in self.classes]]
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
            return _both(p[:, 0])
        p[p.sum(axis=1) == 0.0] = 1.0
        return p / p.sum(axis=1, keepdims=True)
    if decision.shape[1] == 1:
        return _both((decision[:, 0] > 0.0).astype(float))
    return (decision.argmax(axis=1)[:, None] == np.arange(decision.shape[1])).astype(float)


def _both(positive: np.ndarray) -> np.ndarray:
    p = np.empty((len(positive), 2))
    np.subtract(1.0, positive, out=p[:, 0])
    p[:, 1] = positive
    return p
