"""scikit-learn's SGD family, learned by a compiled loop."""

from typing import Any

import numpy as np
from sklearn.linear_model._stochastic_gradient import BaseSGDClassifier, BaseSGDRegressor
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight

from caudal.features.hashing import Registry
from caudal.learn.learners import sgd_kernel
from caudal.learn.learners.base import CompiledLearner, Diverged
from caudal.learn.learners.losses import LOSSES, gradient
from caudal.learn.learners.slots import as_shaped, sparse_rows, widened

_MAX_INT = np.iinfo(np.int32).max


class SGDLearner(CompiledLearner):
    """An estimator of the SGD family.

    Gives the coefficients, intercepts and predictions of ``estimator.partial_fit`` on the same
    batches as sparse matrices, to rounding.
    """

    @staticmethod
    def learns(estimator: Any) -> bool:
        """Whether this is a learner for ``estimator``."""
        if isinstance(estimator, BaseSGDRegressor):
            return not estimator.average and not estimator.learning_rate.startswith("pa")
        return isinstance(estimator, BaseSGDClassifier) and not estimator.average

    def __init__(
        self, estimator: Any, classes: np.ndarray | None, registry: Registry, n_features: int
    ):
        """Check the parameters as scikit-learn does; raises its ValueError for those it refuses."""
        super().__init__(estimator, classes, registry, n_features)
        estimator._validate_params()
        estimator._more_validate_params(for_partial_fit=True)
        models = self.models
        self._class_weights = weigh_classes(getattr(estimator, "class_weight", None), classes)
        self._rule = _rule(estimator, numbers=classes is None)
        passive_aggressive = self._rule.learning_rate >= sgd_kernel.PA1
        self._model = sgd_kernel.Model(
            weights=np.zeros((models, 512)),
            scale=np.ones(models),
            intercept=np.zeros(models),
            applied=np.zeros((models, 512 if self._rule.truncate else 0)),
            room=np.zeros(512 if passive_aggressive else 0),
        )
        self._t = 1.0
        self._seeds = self._draw_seeds()

    def predict(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Predictions (rows, outputs) of an encoded batch; 0 or 1 where classes have no more."""
        self._widen()
        decision = np.empty((len(slots), len(self._model.scale)))
        batches = sgd_kernel.Batches(slots, values, np.empty(0, np.int64), np.empty(0))
        sgd_kernel.margins(batches, 0, len(slots), self._model, decision)
        return self.outputs(decision)

    def run(
        self,
        slots: np.ndarray,
        values: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray,
        batch_size: int,
        predicts: bool,
    ) -> np.ndarray:
        """Margins (rows, models), each made before its batch was learned."""
        self._widen()
        decision = np.empty((len(y), len(self._model.scale)) if predicts else (0, 0))
        self._t = sgd_kernel.predict_then_learn(
            sgd_kernel.Batches(slots, values, y, weight), batch_size, self._class_weights,
            self._seeds, self._rule, self._model, self.registry.size, self._t, predicts, decision,
        )  # fmt: skip
        return decision

    def _draw_seeds(self) -> np.ndarray:
        """The seeds of a batch's shuffles, drawn as scikit-learn draws them anew in each call."""
        if not self.estimator.shuffle:
            return np.empty(0, np.int64)
        random = check_random_state(self.estimator.random_state)
        if self.classes is None:
            return np.array([random.randint(_MAX_INT)])
        if self.models == 1:
            return np.array([_second_draw(random)])
        seeds = random.randint(_MAX_INT, size=self.models)
        return np.array([_second_draw(check_random_state(seed)) for seed in seeds])

    def _widen(self) -> None:
        size = len(self.registry.columns)
        if self._model.weights.shape[1] >= size:
            return
        grown = {"weights": widened(self._model.weights, size, 1)}
        if self._model.applied.shape[1]:
            grown["applied"] = widened(self._model.applied, size, 1)
        if self._model.room.size:
            grown["room"] = np.zeros(size)
        self._model = self._model._replace(**grown)

    def fitted(self) -> Any:
        """The estimator, fitted, with sparse ``coef_``; learns no more. Raises Diverged."""
        c, touched = self.estimator, self.registry.touched()
        self._widen()
        weights, intercept = self._model.weights[:, : len(touched)], self._model.intercept.copy()
        weights *= self._model.scale[:, None]
        del self._model  # its memory goes before the result's comes
        self.registry.close()
        if not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
            raise Diverged
        c.coef_ = as_shaped(sparse_rows(weights, touched, self.n_features), self.classes)
        if self.classes is not None:
            c.classes_ = self.classes
        c.intercept_ = intercept
        c.t_ = self._t
        c.n_iter_ = 1
        c.n_features_in_ = self.n_features
        return c

    def state(self) -> dict:
        """Weights by slot, and the count of rows."""
        size = self.registry.size
        return {
            "weights": widened(self._model.weights, size, 1)[:, :size],
            "scale": self._model.scale,
            "intercept": self._model.intercept,
            "t": self._t,
        }

    def set_state(self, state: dict) -> None:
        """Take over the weights of another learner of the same estimator."""
        self._model = self._model._replace(
            weights=np.array(state["weights"]),
            scale=np.array(state["scale"]),
            intercept=np.array(state["intercept"]),
        )
        self._t = state["t"]
        size = self._model.weights.shape[1]
        if self._model.applied.shape[1]:
            self._model = self._model._replace(applied=np.zeros((len(state["scale"]), size)))
        if self._model.room.size:
            self._model = self._model._replace(room=np.zeros(size))
        self._widen()


def weigh_classes(class_weight: Any, classes: np.ndarray | None) -> np.ndarray:
    """Of every model the weights of the other classes and of its own, shape (models, 2).

    Numbers, ``classes`` None, all weigh 1.
    """
    if classes is None:
        return np.ones((1, 2))
    own = compute_class_weight(class_weight, classes=classes, y=classes)
    if len(classes) == 2:
        return np.asarray(own[None], np.float64)
    return np.column_stack([np.ones(len(classes)), own])


def _rule(estimator: Any, numbers: bool) -> sgd_kernel.Rule:
    """The rule that an estimator's parameters stand for."""
    c = estimator
    loss, rate = LOSSES[c.loss], sgd_kernel.LEARNING_RATES[c.learning_rate]
    hinge = c.loss in ("hinge", "squared_hinge")
    threshold = 1.0 if hinge else 0.0 if c.loss == "perceptron" else float(c.epsilon)
    l1_ratio = 0.0 if c.l1_ratio is None else float(c.l1_ratio)
    optimal_init = 0.0
    if rate == sgd_kernel.OPTIMAL:
        typical = np.sqrt(1.0 / np.sqrt(c.alpha))
        slope = gradient(loss, threshold, 1.0, -typical)
        optimal_init = float(1.0 / (typical / max(1.0, slope) * c.alpha))
    return sgd_kernel.Rule(
        loss=loss,
        numbers=numbers,
        threshold=threshold,
        learning_rate=rate,
        eta0=float(c.eta0),
        power_t=float(c.power_t),
        alpha=float(c.alpha),
        shrink={"l2": 1.0, "elasticnet": 1.0 - l1_ratio}.get(c.penalty, -1.0),
        truncate={"l1": 1.0, "elasticnet": l1_ratio}.get(c.penalty, 0.0),
        fit_intercept=bool(c.fit_intercept),
        optimal_init=optimal_init,
    )


def _second_draw(random: np.random.RandomState) -> int:
    random.randint(1, _MAX_INT)  # scikit-learn's make_dataset takes the first one
    return random.randint(_MAX_INT)
