"""The classifiers that a grid can name, and their parameters."""

import importlib
import inspect

from caudal.errors import UserError

MODULES = (
    "sklearn.linear_model",
    "sklearn.naive_bayes",
    "sklearn.neural_network",
    "sklearn.neighbors",
    "sklearn.dummy",
)
"""Where a classifier is looked for by its name."""


def classifier_class(name: str) -> type:
    """The scikit-learn classifier called ``name``; raises UserError where there is none.

    >>> classifier_class("Perceptron").__name__
    'Perceptron'
    """
    for module in MODULES:
        found = getattr(importlib.import_module(module), name, None)
        if inspect.isclass(found) and hasattr(found, "predict"):
            if not hasattr(found, "partial_fit"):
                raise UserError(
                    f"grid: classifier.class: {name} has no partial_fit, so it cannot learn a "
                    f"stream; take one that has, such as SGDClassifier."
                )
            return found
    raise UserError(
        f"grid: classifier.class: scikit-learn has no classifier {name!r}; write its class name, "
        f"such as SGDClassifier, Perceptron or MLPClassifier."
    )


def check_parameters(parameters: dict) -> None:
    """Raise UserError where a classifier does not know a parameter."""
    kind = classifier_class(parameters.get("class", "SGDClassifier"))
    known = sorted(kind().get_params())
    for name in parameters:
        if name != "class" and name not in known:
            raise UserError(
                f"grid: classifier.{name}: {kind.__name__} has no such parameter; it has "
                f"{', '.join(known)}."
            )
