"""FTRL-Proximal as a learner of encoded batches."""

from typing import Any

import numpy as np

from caudal.features.hashing import Registry
from caudal.learn.learners import ftrl_kernel
from caudal.learn.learners.base import CompiledLearner, Diverged
from caudal.learn.learners.ftrl_estimator import FTRLEstimator
from caudal.learn.learners.sgd import weigh_classes
from caudal.learn.learners.slots import as_shaped, sparse_rows, widened


class FTRLLearner(CompiledLearner):
    """An estimator of FTRL-Proximal: what its own ``partial_fit`` gives on the same batches."""

    @staticmethod
    def learns(estimator: Any) -> bool:
        """Whether this is a learner for ``estimator``."""
        return isinstance(estimator, FTRLEstimator)

    def __init__(
        self, estimator: Any, classes: np.ndarray | None, registry: Registry, n_features: int
    ):
        """Raises ValueError for parameters out of their range."""
        super().__init__(estimator, classes, registry, n_features)
        estimator._validate_params()
        models = self.models
        self._class_weights = weigh_classes(getattr(estimator, "class_weight", None), classes)
        self._rule = estimator._rule()
        self._model = ftrl_kernel.Model(
            np.zeros((models, 512, 4)), np.zeros((models, 1, 4)), np.zeros(1), estimator._ends()
        )
        self._starts = np.zeros(1, np.int64)

    def predict(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Predictions (rows, outputs) of an encoded batch."""
        self._widen()
        decision = np.empty((len(slots), len(self._model.intercept)))
        batches = self._batches(slots, values, np.empty(0, np.int64), np.empty(0))
        for k in range(decision.shape[1]):
            ftrl_kernel.margins(batches, 0, len(slots), self._model, k, decision)
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
        decision = np.empty((len(y), len(self._model.intercept)) if predicts else (0, 0))
        ftrl_kernel.predict_then_learn(
            self._batches(slots, values, y, weight), batch_size, self._class_weights, self._rule,
            self._model, predicts, decision,
        )  # fmt: skip
        return decision

    def _batches(self, slots, values, y, weight) -> ftrl_kernel.Batches:
        rows, places = slots.shape
        if len(self._starts) <= rows or self._starts[1] != places:
            self._starts = np.arange(rows + 1) * places
        return ftrl_kernel.Batches(
            self._starts[: rows + 1], slots.ravel(), values.ravel(), y, weight
        )

    def _widen(self) -> None:
        cells = widened(self._model.cells, len(self.registry.columns), 1)
        if cells is not self._model.cells:
            self._model = self._model._replace(cells=cells)

    def fitted(self) -> FTRLEstimator:
        """The estimator, fitted, with sparse arrays; learns no more. Raises Diverged."""
        c, touched = self.estimator, self.registry.touched()
        cells, intercept = self._model.cells[:, : len(touched)], self._model.intercept
        c._set_ends(self._model.ends)
        del self._model  # its memory goes before the result's comes
        self.registry.close()
        if not (np.isfinite(cells).all() and np.isfinite(intercept).all()):
            raise Diverged
        c.coef_, c.z_, c.n_ = (
            as_shaped(
                sparse_rows(np.ascontiguousarray(cells[:, :, i]), touched, self.n_features),
                self.classes,
            )
            for i in (ftrl_kernel.WEIGHT, ftrl_kernel.Z, ftrl_kernel.N)
        )
        c.set_intercept(intercept[:, 0])
        if self.classes is not None:
            c.classes_ = self.classes
        c.n_features_in_ = self.n_features
        return c

    def state(self) -> dict:
        """The cells of the slots in use."""
        size = self.registry.size
        return {
            "cells": widened(self._model.cells, size, 1)[:, :size],
            "intercept": self._model.intercept,
            "rows": self._model.rows,
            "ends": self._model.ends,
        }

    def set_state(self, state: dict) -> None:
        """Take over the cells of another learner of the same estimator."""
        self._model = ftrl_kernel.Model(*(np.array(state[name]) for name in self._model._fields))
        self._widen()
