"""The two tasks: the label is one of some classes, or a number.

What they differ in is named here, and done by the target of a fit (``learn/targets.py``), the
learners of its family and the figures of the report that are a task's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """name: as ``data.task`` has it; label: the kind of the label's column; step: the last section
    of a grid and the last step of a pipeline, scikit-learn's own word for such estimators; learner:
    the class of that step where none is written; losses: those that can score, in words.
    """

    name: str
    label: str
    step: str
    learner: str
    losses: Mapping[str, str]


CLASSIFICATION = Task(
    "classification", "label", "classifier", "SGDClassifier",
    {"squared": "squared loss", "log": "log loss"},
)  # fmt: skip
REGRESSION = Task(
    "regression", "numeric label", "regressor", "SGDRegressor",
    {"squared": "squared error", "absolute": "absolute error"},
)  # fmt: skip
TASKS = {task.name: task for task in (CLASSIFICATION, REGRESSION)}
LABEL_KINDS = tuple(task.label for task in TASKS.values())


def task_named(name: str | None) -> Task:
    """The task of that name; classification where none is written."""
    return TASKS[name or CLASSIFICATION.name]


def task_of(manifest: Mapping) -> Task:
    """The task of a manifest; those of before there were two are of classes."""
    return task_named(manifest.get("task"))
