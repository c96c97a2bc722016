"""What no point of a grid can have: each gets one sentence before any job starts."""

import inspect
from collections.abc import Iterator
from typing import Any

from caudal.config.classifiers import CHECKED, check_parameters, classifier_class, is_compiled
from caudal.config.feature_set_checks import check_sets
from caudal.config.feature_sets import alternatives, columns_of
from caudal.config.grid import DEFAULT_CLASS, LIST_VALUED, Point, cell, expand
from caudal.config.sentences import NUMBER, text_number, unquoted
from caudal.errors import UserError, alike

WITHOUT_EFFECT = (
    "max_iter", "tol", "n_iter_no_change", "validation_fraction", "warm_start", "n_jobs", "verbose",
)  # fmt: skip
WITH_PROBABILITIES = ("log_loss", "modified_huber")
WHOLE_NUMBERS = {"n_features": 2**31 - 1, "degree": 8}
"""Parameters that are whole numbers from 1, and the highest."""


def check_grids(settings: dict) -> None:
    """Raise UserError for what no point of the grids can have, whatever the columns are."""
    for grid in settings["grid"]:
        _refuse_text_numbers(grid)
        _check_classifier(grid.get("classifier", {}), settings["score"])
        if settings["data"].get("weight"):
            _check_weighted(grid.get("classifier", {}))
        _check_vectorizer(grid.get("vectorizer", {}))
        _check_extractor(grid.get("extractor", {}))


def make_points(settings: dict, columns: dict[str, str] | None = None) -> list[Point]:
    """The points of the grid; raises UserError for what no point can have.

    ``columns`` maps the sources' columns to their kinds; without it, every list of features has
    to name its columns.
    """
    check_grids(settings)
    grids = settings["grid"]
    if columns is not None:
        grids = [_with_columns(grid, features_of(columns)) for grid in grids]
    points = expand(grids)
    _refuse_same_fits(points)
    return points


def features_of(columns: dict[str, str]) -> list[str]:
    """The columns that can be features."""
    return [name for name, kind in columns.items() if kind in ("numeric", "categorical")]


def _with_columns(grid: dict, known: list[str]) -> dict:
    extractor = grid.get("extractor", {})
    if extractor.get("features") is None:
        return grid
    sets = [columns_of(each, known) for each in alternatives(extractor["features"])]
    return {**grid, "extractor": {**extractor, "features": sets}}


def check_features(
    points: list[Point], columns: dict[str, str], label_column: str | None = None
) -> None:
    """Raise UserError where a point names a feature that is no column of the sources.

    ``columns`` maps a column's name to its kind; ``label_column`` tells the label.
    """
    known = features_of(columns)
    for point in points:
        features = point.parameters["extractor"].get("features", known)
        for name in features:
            if name not in known:
                asked = "what the label is made of" if name == label_column else "in no source"
                what = f"the {columns[name]}" if name in columns else asked
                raise UserError(
                    f"grid: extractor.features: {name!r} is {what}{alike(name, known)}; the "
                    f"features to choose from are {', '.join(known)}."
                )
        words = point.parameters["extractor"].get("words", [])
        for name in words:
            if columns[name] != "categorical":
                raise UserError(
                    f"grid: extractor.features: {name!r} holds numbers and has no words; name it "
                    f"in data.categorical, or leave words out."
                )
        for group in point.parameters["vectorizer"].get("interactions", []):
            for name in group:
                if name in words:
                    raise UserError(
                        f"grid: vectorizer.interactions: {name!r} in {group} is a text, whose "
                        f"words are terms of their own and no factors; leave it out of the group."
                    )
                if name not in features:
                    raise UserError(
                        f"grid: vectorizer.interactions: {name!r} in {group} is not among the "
                        f"features {features}{alike(name, features)}; add it there or leave it out."
                    )


def _values(section: dict, key: str, default: Any = None) -> list:
    value = section.get(key, default)
    return value if isinstance(value, list) else [value]


def _refuse_text_numbers(grid: dict) -> None:
    for step, parameters in grid.items():
        for name, value in parameters.items():
            for text in _leaves(value) if name not in LIST_VALUED else ():
                if isinstance(text, str) and NUMBER.fullmatch(text.strip()):
                    raise UserError(text_number(f"grid.{step}.{name}", text))


def _leaves(value: Any) -> Iterator:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def _check_classifier(classifier: dict, score: dict) -> None:
    for name in _values(classifier, "class", DEFAULT_CLASS):
        parameters = {key: value for key, value in classifier.items() if key != "class"}
        _check_stream_parameters(parameters)
        check_parameters({"class": name, **parameters})
        if name in CHECKED:
            _check_values(name, parameters)
        if name == "SGDClassifier":
            _check_sgd(parameters)
        without = _without_probabilities(name, parameters)
        if score["loss"] == "log" and without:
            raise UserError(
                f"score.loss: log needs probabilities, and {name} with loss {without[0]} has none; "
                f"write score.loss: squared, or loss: log_loss in the grid."
            )


def _check_weighted(classifier: dict) -> None:
    averages = any(_values(classifier, "average"))
    for name in _values(classifier, "class", DEFAULT_CLASS):
        if name in CHECKED or is_compiled({"class": name, "average": averages}):
            continue
        learn = getattr(classifier_class(name), "partial_fit")  # noqa: B009  # a type has none
        if "sample_weight" not in inspect.signature(learn).parameters:
            raise UserError(
                f"grid: classifier.class: {name} takes no weights of rows; leave data.weight out "
                f"or take another, such as SGDClassifier."
            )


def _without_probabilities(name: str, parameters: dict) -> list:
    """The losses by which a classifier has no probabilities."""
    if name == "SGDClassifier":
        losses = _values(parameters, "loss", "hinge")
        return [loss for loss in losses if loss not in WITH_PROBABILITIES]
    if name in CHECKED or hasattr(classifier_class(name)(), "predict_proba"):
        return []
    return ["of its own"]


def _check_stream_parameters(parameters: dict) -> None:
    if any(_values(parameters, "early_stopping")):
        raise UserError(
            "grid: classifier.early_stopping cannot be true: partial_fit refuses it, as a stream "
            "has no rows to hold out; leave it out, progressive validation does that work."
        )
    if "balanced" in _values(parameters, "class_weight"):
        raise UserError(
            "grid: classifier.class_weight: partial_fit refuses balanced, as it cannot know the "
            "stream's labels; write class_weight: counted, which takes them from the manifest."
        )
    for key in WITHOUT_EFFECT:
        if key in parameters:
            raise UserError(
                f"grid: classifier.{key} has no effect on a stream, which partial_fit learns once; "
                f"leave it out."
            )


def _check_values(name: str, parameters: dict) -> None:
    known = CHECKED[name]
    for key in parameters:
        for value in _values(parameters, key):
            fault = known.numbers[key].fault(value) if key in known.numbers else None
            if key in known.choices and value not in known.choices[key]:
                choices = [cell(choice) for choice in known.choices[key]]
                fault = f"{value!r} is none of {', '.join(choices)}{alike(value, choices)}"
            if fault:
                raise UserError(f"grid: classifier.{key}: {fault}.")


def _check_sgd(parameters: dict) -> None:
    penalties = _values(parameters, "penalty", "l2")
    if "l1_ratio" in parameters and set(penalties) != {"elasticnet"}:
        other = next(p for p in penalties if p != "elasticnet")
        raise UserError(
            f"grid: classifier.l1_ratio has no effect with penalty {other}; write penalty: "
            f"elasticnet beside it, or make a second grid for the other penalties."
        )
    rates = _values(parameters, "learning_rate", "optimal")
    if {"pa1", "pa2"} & set(rates) and set(_values(parameters, "loss")) - {None, "hinge"}:
        raise UserError("grid: classifier.learning_rate: pa1 and pa2 go with loss: hinge alone.")
    if "optimal" in rates and 0 in _values(parameters, "alpha"):
        raise UserError(
            "grid: classifier.alpha: 0 leaves the learning rate optimal undefined; write a "
            "positive number, or learning_rate: constant."
        )


def _idle(classifier: dict) -> dict[str, str]:
    """The written parameters of SGD that have no effect beside the others, and why."""
    rate = classifier.get("learning_rate", "optimal")
    loss = classifier.get("loss", "hinge")
    idle = {}
    if rate in ("optimal", "pa1", "pa2"):
        idle["eta0"] = f"learning_rate {rate}"
    if rate != "invscaling":
        idle["power_t"] = f"learning_rate {rate}"
    if loss not in ("huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
        idle["epsilon"] = f"loss {loss}"
    if "penalty" in classifier and classifier["penalty"] is None and rate != "optimal":
        idle["alpha"] = "penalty null"
    return {key: why for key, why in idle.items() if key in classifier}


def _refuse_same_fits(points: list[Point]) -> None:
    """Points that differ only in what has no effect are one point, trained several times."""
    seen: dict[str, Point] = {}
    for point in points:
        classifier = point.parameters["classifier"]
        idle = _idle(classifier) if classifier.get("class", DEFAULT_CLASS) == DEFAULT_CLASS else {}
        acting = {key: value for key, value in classifier.items() if key not in idle}
        text = cell({**point.parameters, "classifier": acting})
        other = seen.setdefault(text, point).parameters["classifier"]
        for key, why in idle.items():
            if point is not seen[text] and other.get(key) != classifier[key]:
                raise UserError(
                    f"grid: classifier.{key} has no effect with {why}, so the points with "
                    f"{key} {cell(other.get(key))} and {cell(classifier[key])} are one; leave it "
                    f"out, or make a grid of its own for where it has."
                )


def _check_vectorizer(vectorizer: dict) -> None:
    if "degree" in vectorizer and "interactions" in vectorizer:
        raise UserError(
            "grid: vectorizer: degree and interactions exclude each other; keep one of them, or "
            "make a grid for each."
        )
    for key, highest in WHOLE_NUMBERS.items():
        for value in _values(vectorizer, key) if key in vectorizer else []:
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
                raise UserError(
                    f"grid: vectorizer.{key}: {value!r} is no whole number from 1 to {highest}."
                )
    for name in _leaves(vectorizer.get("interactions")):
        _check_name("vectorizer.interactions", name)


def _check_extractor(extractor: dict) -> None:
    if extractor.get("features") is not None:
        check_sets(extractor["features"])
    for value in _values(extractor, "scale", True):
        if not isinstance(value, bool):
            raise UserError(f"grid: extractor.scale: {value!r} is neither true nor false.")


def _check_name(key: str, name: Any) -> None:
    if isinstance(name, int | float):
        raise UserError(unquoted(f"grid: {key}: ", name))
