"""The learners that a grid can name, and their parameters."""

import importlib
import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from caudal.config.grid import learner_name
from caudal.data.tasks import CLASSIFICATION, REGRESSION, TASKS, Task
from caudal.errors import UserError, alike

COMPILED = (
    "SGDClassifier", "FTRLClassifier", "Perceptron", "PassiveAggressiveClassifier",
    "SGDRegressor", "FTRLRegressor",
)  # fmt: skip
"""Those that run in the compiled loop."""
MODULES = (
    "sklearn.linear_model",
    "sklearn.naive_bayes",
    "sklearn.neural_network",
    "sklearn.neighbors",
    "sklearn.dummy",
)
"""Where a learner of scikit-learn is looked for by its name."""
EXAMPLES = {
    CLASSIFICATION.name: "SGDClassifier, Perceptron or MLPClassifier",
    REGRESSION.name: "SGDRegressor or MLPRegressor",
}


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
    """What a grid can say of a learner that is checked without importing it.

    ``task`` is the one that it is for. ``numbers`` and ``choices`` map a parameter to its values,
    ``others`` have values of their own kind. ``hints`` tell, for another learner's parameter, what
    to write here.
    """

    task: Task
    numbers: Mapping[str, Range]
    choices: Mapping[str, Collection]
    others: Collection[str]
    hints: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self.choices, *self.numbers, *self.others]


SGD_NUMBERS = {
    "alpha": Range(least=0),
    "l1_ratio": Range(least=0, most=1),
    "epsilon": Range(least=0),
    "eta0": Range(over=0),
    "power_t": Range(least=0),
}
SGD_CHOICES = {
    "penalty": ("l2", "l1", "elasticnet", None),
    "learning_rate": ("optimal", "constant", "invscaling", "adaptive", "pa1", "pa2"),
}
SGD_OTHERS = ("fit_intercept", "shuffle", "average", "random_state", "early_stopping")
SGD_HINTS = {"l1": "write penalty: l1 and alpha", "l2": "write penalty: l2 and alpha"}
REGRESSION_LOSSES = (
    "squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive",
)  # fmt: skip
FTRL_NUMBERS = {
    "eta0": Range(over=0),
    "beta": Range(least=0),
    "l1": Range(least=0),
    "l2": Range(least=0),
}
FTRL_HINTS = {
    "alpha": "its penalties are l1 and l2, and its learning rate is eta0",
    "penalty": "write l1 and l2, the strengths of the two penalties",
    "l1_ratio": "write l1 and l2, the strengths of the two penalties",
    "learning_rate": "each column has a rate of its own, from eta0 and beta",
    "power_t": "each column has a rate of its own, from eta0 and beta",
}

CHECKED = {
    "SGDClassifier": Parameters(
        CLASSIFICATION,
        numbers=SGD_NUMBERS,
        choices={
            "loss": (
                "log_loss", "modified_huber", "hinge", "squared_hinge", "perceptron",
                *REGRESSION_LOSSES,
            ),
            **SGD_CHOICES,
        },
        others=(*SGD_OTHERS, "class_weight"),
        hints=SGD_HINTS,
    ),
    "FTRLClassifier": Parameters(
        CLASSIFICATION,
        numbers=FTRL_NUMBERS,
        choices={"fit_intercept": (True, False)},
        others=("class_weight",),
        hints={**FTRL_HINTS, "loss": "its loss is the log loss"},
    ),
    "SGDRegressor": Parameters(
        REGRESSION,
        numbers=SGD_NUMBERS,
        choices={"loss": REGRESSION_LOSSES, **SGD_CHOICES},
        others=SGD_OTHERS,
        hints=SGD_HINTS,
    ),
    "FTRLRegressor": Parameters(
        REGRESSION,
        numbers={**FTRL_NUMBERS, "epsilon": Range(over=0)},
        choices={
            "loss": ("squared_error", "absolute_error", "huber"),
            "fit_intercept": (True, False),
            "clip": (True, False),
        },
        others=(),
        hints=FTRL_HINTS,
    ),
}  # fmt: skip
"""The learners of a grid's usual run: importing them takes longer than all the rest of a start."""


def is_compiled(learner: dict, task: Task) -> bool:
    """Whether a point's learner runs in the compiled loop.

    Of regressors those with passive-aggressive rates do not.
    """
    passive_aggressive = str(learner.get("learning_rate")).startswith("pa")
    own_loop = task is CLASSIFICATION or not passive_aggressive
    return learner_name(learner, task) in COMPILED and own_loop and not learner.get("average")


def learner_class(name: str, task: Task) -> type:
    """The scikit-learn class of that name; raises UserError where there is none for the task.

    >>> learner_class("Perceptron", CLASSIFICATION).__name__
    'Perceptron'
    """
    known = [each for each, its in CHECKED.items() if its.task is task]
    if name in CHECKED and name not in known:
        raise _of_another_task(name, CHECKED[name].task.step, task)
    for module in map(importlib.import_module, MODULES):
        found = getattr(module, name, None)
        if inspect.isclass(found) and hasattr(found, "predict"):
            _check_class(name, found, task)
            return found
        known += [each for each in dir(module) if hasattr(getattr(module, each), "partial_fit")]
    raise UserError(
        f"grid: {task.step}.class: there is no {task.step} {name!r}{alike(name, known)}; write the "
        f"name of scikit-learn's class, such as {EXAMPLES[task.name]}."
    )


def check_parameters(parameters: dict, task: Task) -> None:
    """Raise UserError where a learner is not for the task, or does not know a parameter."""
    name = learner_name(parameters, task)
    hints: Mapping[str, str] = {}
    if name in CHECKED and CHECKED[name].task is task:
        known, hints = CHECKED[name].names, CHECKED[name].hints
    else:
        known = sorted(learner_class(name, task)().get_params())
    for key in parameters:
        if key in ("class", *known):
            continue
        if key in hints:
            raise UserError(f"grid: {task.step}.{key}: {name} has none; {hints[key]}.")
        raise UserError(
            f"grid: {task.step}.{key}: {name} has no such parameter{alike(key, known)}; it has "
            f"{', '.join(known)}."
        )


def _check_class(name: str, kind: type, task: Task) -> None:
    """Raise UserError where a class is not for the task, or cannot learn hashed terms."""
    if not hasattr(kind, "partial_fit"):
        raise UserError(
            f"grid: {task.step}.class: {name} has no partial_fit, so it cannot learn a stream; "
            f"take one that has, such as {task.learner}."
        )
    tags = kind().__sklearn_tags__()
    if tags.estimator_type != task.step:
        raise _of_another_task(name, tags.estimator_type or "transformer", task)
    lacks = "values below 0" if tags.input_tags.positive_only else "sparse matrices"
    if tags.input_tags.positive_only or not tags.input_tags.sparse:
        raise UserError(
            f"grid: {task.step}.class: {name} takes no {lacks}, as hashed terms are; take another, "
            f"such as SGDClassifier or BernoulliNB."
        )


def _of_another_task(name: str, kind: str, task: Task) -> UserError:
    """The error that a class is no learner of the task but a ``kind``."""
    what = f"a{'n' * (kind[0] in 'aeio')} {kind.replace('_', ' ')}"
    other = next((each.name for each in TASKS.values() if each.step == kind), None)
    return UserError(
        f"grid: {task.step}.class: {name} is no {task.step} (it is {what}); take one, such as "
        f"{task.learner}{f', or write data.task: {other}' if other else ''}."
    )
