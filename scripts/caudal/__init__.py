"""Caudal: model selection over data streams that are too large for memory.

By hand, in a run's working directory: ``caudal.results(5)``, ``caudal.load()``,
``caudal.refit(point)``. What these need is imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from caudal import moved

if TYPE_CHECKING:
    from caudal.errors import UserError
    from caudal.features.extractor import Extractor
    from caudal.features.vectorizer import Vectorizer
    from caudal.learn.benchmark import BenchmarkClassifier
    from caudal.learn.benchmark_regressor import BenchmarkRegressor
    from caudal.learn.learners.ftrl_classifier import FTRLClassifier
    from caudal.learn.learners.ftrl_regressor import FTRLRegressor
    from caudal.learn.standardised import StandardisedRegressor
    from caudal.models.prediction import predict
    from caudal.ranking.api import load, refit, results

__version__ = "0.2.0.dev0"

__all__ = [
    "BenchmarkClassifier",
    "BenchmarkRegressor",
    "Extractor",
    "FTRLClassifier",
    "FTRLRegressor",
    "StandardisedRegressor",
    "UserError",
    "Vectorizer",
    "load",
    "predict",
    "refit",
    "results",
]

_HOMES = {
    "BenchmarkClassifier": "caudal.learn.benchmark",
    "BenchmarkRegressor": "caudal.learn.benchmark_regressor",
    "Extractor": "caudal.features.extractor",
    "FTRLClassifier": "caudal.learn.learners.ftrl_classifier",
    "FTRLRegressor": "caudal.learn.learners.ftrl_regressor",
    "StandardisedRegressor": "caudal.learn.standardised",
    "UserError": "caudal.errors",
    "Vectorizer": "caudal.features.vectorizer",
    "load": "caudal.ranking.api",
    "predict": "caudal.models.prediction",
    "refit": "caudal.ranking.api",
    "results": "caudal.ranking.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'caudal' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__


moved.install()
