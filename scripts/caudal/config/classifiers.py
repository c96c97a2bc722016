"""The classifiers that a grid can name, and their parameters."""

import importlib
import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from caudal.config.grid import DEFAULT_CLASS
from caudal.errors import UserError, alike

COMPILED = ("SGDClassifier", "FTRLClassifier", "Perceptron", "PassiveAggressiveClassifier")
"""Those that run in the compiled loop."""
MODULES = (
    "sklearn.linear_model",
    "sklearn.naive_bayes",
    "sklearn.neural_network",
    "sklearn.neighbors",
    "sklearn.dummy",
)
"""Where a classifier of scikit-learn is looked for by its name."""


@dataclass(frozen=True)
class Range:
    """The numbers from ``least``, or above ``over``, up to ``most``."""

    least: float | None = None
    over: float | None = None
    most: float | None = None

    def fault(self, value: object) -> str | None:
        """What is wrong with a value, or None."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{value!r} is no number"
        if self.least is not None and not value >= self.least:
            return f"{value} is below {self.least:g}"
        if self.over is not None and not value > self.over:
            return f"{value} is not above {self.over:g}"
        if self.most is not None and not value <= self.most:
            return f"{value} is above {self.most:g}"
        return None


@dataclass(frozen=True)
class Parameters:
    """What a grid can say of a classifier that is checked without importing it.

    ``numbers`` and ``choices`` map a parameter to its values, ``others`` have values of their own
    kind. ``hints`` tell, for another learner's parameter, what to write here.
    """

    numbers: Mapping[str, Range]
    choices: Mapping[str, Collection]
    others: Collection[str]
    hints: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self.choices, *self.numbers, *self.others]


CHECKED = {
    "SGDClassifier": Parameters(
        numbers={
            "alpha": Range(least=0),
            "l1_ratio": Range(least=0, most=1),
            "epsilon": Range(least=0),
            "eta0": Range(over=0),
            "power_t": Range(least=0),
        },
        choices={
            "loss": (
                "log_loss", "modified_huber", "hinge", "squared_hinge", "perceptron",
                "squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive",
            ),
            "penalty": ("l2", "l1", "elasticnet", None),
            "learning_rate": ("optimal", "constant", "invscaling", "adaptive", "pa1", "pa2"),
        },
        others=(
            "fit_intercept", "shuffle", "class_weight", "average", "random_state", "early_stopping",
        ),
        hints={"l1": "write penalty: l1 and alpha", "l2": "write penalty: l2 and alpha"},
    ),
    "FTRLClassifier": Parameters(
        numbers={
            "eta0": Range(over=0),
            "beta": Range(least=0),
            "l1": Range(least=0),
            "l2": Range(least=0),
        },
        choices={"fit_intercept": (True, False)},
        others=("class_weight",),
        hints={
            "alpha": "its penalties are l1 and l2, and its learning rate is eta0",
            "penalty": "write l1 and l2, the strengths of the two penalties",
            "l1_ratio": "write l1 and l2, the strengths of the two penalties",
            "loss": "its loss is the log loss",
            "learning_rate": "each column has a rate of its own, from eta0 and beta",
            "power_t": "each column has a rate of its own, from eta0 and beta",
        },
    ),
}  # fmt: skip
"""The learners of a grid's usual run: importing them takes longer than all the rest of a start."""


def is_compiled(classifier: dict) -> bool:
    """Whether a point's classifier runs in the compiled loop."""
    return classifier.get("class", DEFAULT_CLASS) in COMPILED and not classifier.get("average")


def classifier_class(name: str) -> type:
    """The scikit-learn classifier called ``name``; raises UserError where there is none.

    >>> classifier_class("Perceptron").__name__
    'Perceptron'
    """
    known: list[str] = [*CHECKED]
    for module in map(importlib.import_module, MODULES):
        found = getattr(module, name, None)
        if inspect.isclass(found) and hasattr(found, "predict"):
            _check_class(name, found)
            return found
        known += [each for each in dir(module) if hasattr(getattr(module, each), "partial_fit")]
    raise UserError(
        f"grid: classifier.class: there is no classifier {name!r}{alike(name, known)}; write the "
        f"name of scikit-learn's class, such as SGDClassifier, Perceptron or MLPClassifier."
    )


def check_parameters(parameters: dict) -> None:
    """Raise UserError where a classifier does not know a parameter."""
    name = parameters.get("class", DEFAULT_CLASS)
    hints: Mapping[str, str] = {}
    if name in CHECKED:
        known, hints = CHECKED[name].names, CHECKED[name].hints
    else:
        known = sorted(classifier_class(name)().get_params())
    for key in parameters:
        if key in ("class", *known):
            continue
        if key in hints:
            raise UserError(f"grid: classifier.{key}: {name} has none; {hints[key]}.")
        raise UserError(
            f"grid: classifier.{key}: {name} has no such parameter{alike(key, known)}; it has "
            f"{', '.join(known)}."
        )


def _check_class(name: str, kind: type) -> None:
    """Raise UserError where a class cannot learn hashed terms by batches."""
    if not hasattr(kind, "partial_fit"):
        raise UserError(
            f"grid: classifier.class: {name} has no partial_fit, so it cannot learn a stream; take "
            f"one that has, such as SGDClassifier."
        )
    tags = kind().__sklearn_tags__()
    if tags.estimator_type != "classifier":
        what = (tags.estimator_type or "transformer").replace("_", " ")
        raise UserError(
            f"grid: classifier.class: {name} is no classifier (it is a{'n' * (what[0] in 'aeio')} "
            f"{what}); take one, such as SGDClassifier."
        )
    lacks = "values below 0" if tags.input_tags.positive_only else "sparse matrices"
    if tags.input_tags.positive_only or not tags.input_tags.sparse:
        raise UserError(
            f"grid: classifier.class: {name} takes no {lacks}, as hashed terms are; take another, "
            f"such as SGDClassifier or BernoulliNB."
        )
