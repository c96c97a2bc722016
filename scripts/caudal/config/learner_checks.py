"""What a grid cannot say of its learners, with one sentence for each."""

import inspect

from caudal.config.grid import Point, cell, learner_name, values_of
from caudal.config.learners import CHECKED, check_parameters, is_compiled, learner_class
from caudal.data.tasks import CLASSIFICATION, Task
from caudal.errors import UserError, alike

WITHOUT_EFFECT = (
    "max_iter", "tol", "n_iter_no_change", "validation_fraction", "warm_start", "n_jobs", "verbose",
)  # fmt: skip
WITH_PROBABILITIES = ("log_loss", "modified_huber")
SGD = {
    "SGDClassifier": {"loss": "hinge", "learning_rate": "optimal"},
    "SGDRegressor": {"loss": "squared_error", "learning_rate": "invscaling"},
}
"""scikit-learn's SGD, and what it has where it is left out."""

PASSIVE_AGGRESSIVE_LOSS = {"SGDClassifier": "hinge", "SGDRegressor": "epsilon_insensitive"}
"""The loss that passive-aggressive rates go with."""


def check_learner(section: dict, task: Task, score: dict, weighted: bool) -> None:
    """Raise UserError for what a grid's last section cannot say.

    ``weighted``: whether the rows have weights.
    """
    for name in values_of(section, "class", task.learner):
        parameters = {key: value for key, value in section.items() if key != "class"}
        _check_stream_parameters(parameters, task)
        check_parameters({"class": name, **parameters}, task)
        if name in CHECKED:
            _check_values(name, parameters)
        if name in SGD:
            _check_sgd(name, parameters, task)
        if score["loss"] == "log":
            _check_probabilities(name, parameters)
        if weighted:
            _check_weighted(name, parameters, task)


def _check_weighted(name: str, parameters: dict, task: Task) -> None:
    averages = any(values_of(parameters, "average"))
    if name in CHECKED or is_compiled({"class": name, "average": averages}, task):
        return
    learn = getattr(learner_class(name, task), "partial_fit")  # noqa: B009  # a type has none
    if "sample_weight" not in inspect.signature(learn).parameters:
        raise UserError(
            f"grid: {task.step}.class: {name} takes no weights of rows; leave data.weight out "
            f"or take another, such as {task.learner}."
        )


def _check_probabilities(name: str, parameters: dict) -> None:
    without = _without_probabilities(name, parameters)
    if without:
        raise UserError(
            f"score.loss: log needs probabilities, and {name} with loss {without[0]} has none; "
            f"write score.loss: squared, or loss: log_loss in the grid."
        )


def _without_probabilities(name: str, parameters: dict) -> list:
    """The losses by which a classifier has no probabilities."""
    if name == "SGDClassifier":
        losses = values_of(parameters, "loss", "hinge")
        return [loss for loss in losses if loss not in WITH_PROBABILITIES]
    if name in CHECKED or hasattr(learner_class(name, CLASSIFICATION)(), "predict_proba"):
        return []
    return ["of its own"]


def _check_stream_parameters(parameters: dict, task: Task) -> None:
    if any(values_of(parameters, "early_stopping")):
        raise UserError(
            f"grid: {task.step}.early_stopping cannot be true: partial_fit refuses it, as a stream "
            "has no rows to hold out; leave it out, progressive validation does that work."
        )
    if task is CLASSIFICATION and "balanced" in values_of(parameters, "class_weight"):
        raise UserError(
            "grid: classifier.class_weight: partial_fit refuses balanced, as it cannot know the "
            "stream's labels; write class_weight: counted, which takes them from the manifest."
        )
    for key in WITHOUT_EFFECT:
        if key in parameters:
            raise UserError(
                f"grid: {task.step}.{key} has no effect on a stream, which partial_fit learns "
                "once; leave it out."
            )


def _check_values(name: str, parameters: dict) -> None:
    known = CHECKED[name]
    for key in parameters:
        for value in values_of(parameters, key):
            fault = known.numbers[key].fault(value) if key in known.numbers else None
            if key in known.choices and value not in known.choices[key]:
                choices = [cell(choice) for choice in known.choices[key]]
                fault = f"{value!r} is none of {', '.join(choices)}{alike(value, choices)}"
            if fault:
                raise UserError(f"grid: {known.task.step}.{key}: {fault}.")


def _check_sgd(name: str, parameters: dict, task: Task) -> None:
    penalties = values_of(parameters, "penalty", "l2")
    if "l1_ratio" in parameters and set(penalties) != {"elasticnet"}:
        other = next(p for p in penalties if p != "elasticnet")
        raise UserError(
            f"grid: {task.step}.l1_ratio has no effect with penalty {other}; write penalty: "
            f"elasticnet beside it, or make a second grid for the other penalties."
        )
    rates = values_of(parameters, "learning_rate", SGD[name]["learning_rate"])
    losses = set(values_of(parameters, "loss", SGD[name]["loss"]))
    if {"pa1", "pa2"} & set(rates) and losses - {PASSIVE_AGGRESSIVE_LOSS[name]}:
        raise UserError(
            f"grid: {task.step}.learning_rate: pa1 and pa2 go with loss: "
            f"{PASSIVE_AGGRESSIVE_LOSS[name]} alone."
        )
    if "optimal" in rates and 0 in values_of(parameters, "alpha"):
        raise UserError(
            f"grid: {task.step}.alpha: 0 leaves the learning rate optimal undefined; write a "
            "positive number, or learning_rate: constant."
        )


def _idle(name: str, learner: dict) -> dict[str, str]:
    """The written parameters that have no effect beside the others, and why."""
    if name == "FTRLRegressor" and learner.get("loss") != "huber" and "epsilon" in learner:
        return {"epsilon": f"loss {learner.get('loss', 'squared_error')}"}
    if name not in SGD:
        return {}
    rate = learner.get("learning_rate", SGD[name]["learning_rate"])
    loss = learner.get("loss", SGD[name]["loss"])
    idle = {}
    if rate == "optimal":
        idle["eta0"] = f"learning_rate {rate}"
    if rate != "invscaling":
        idle["power_t"] = f"learning_rate {rate}"
    if loss not in ("huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
        idle["epsilon"] = f"loss {loss}"
    if "penalty" in learner and learner["penalty"] is None and rate != "optimal":
        idle["alpha"] = "penalty null"
    return {key: why for key, why in idle.items() if key in learner}


def refuse_same_fits(points: list[Point]) -> None:
    """Raise UserError for points that differ only in what has no effect: they are one point."""
    seen: dict[str, Point] = {}
    for point in points:
        learner, step = point.learner, point.task.step
        idle = _idle(learner_name(learner, point.task), learner)
        acting = {key: value for key, value in learner.items() if key not in idle}
        text = cell({**point.parameters, step: acting})
        other = seen.setdefault(text, point).learner
        for key, why in idle.items():
            if point is not seen[text] and other.get(key) != learner[key]:
                raise UserError(
                    f"grid: {step}.{key} has no effect with {why}, so the points with "
                    f"{key} {cell(other.get(key))} and {cell(learner[key])} are one; leave it "
                    f"out, or make a grid of its own for where it has."
                )
