"""The config: completed with its defaults, and every error one sentence before any job starts."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import yaml

from caudal.errors import UserError
from caudal.grid import Point, expand

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")

SGD_CHOICES = {
    "loss": (
        "log_loss", "modified_huber", "hinge", "squared_hinge", "perceptron", "squared_error",
        "huber", "epsilon_insensitive", "squared_epsilon_insensitive",
    ),
    "penalty": ("l2", "l1", "elasticnet", None),
    "learning_rate": ("optimal", "constant", "invscaling", "adaptive", "pa1", "pa2"),
}  # fmt: skip
SGD_NUMBERS = ("alpha", "l1_ratio", "epsilon", "eta0", "power_t")
SGD_OTHERS = ("fit_intercept", "shuffle", "class_weight", "average", "random_state")
WITHOUT_EFFECT = (
    "max_iter", "tol", "n_iter_no_change", "validation_fraction", "warm_start", "n_jobs", "verbose",
)  # fmt: skip
WITH_PROBABILITIES = ("log_loss", "modified_huber")


def complete(config: dict, given: dict, schema_file: str | Path) -> dict:
    """The config with every default filled in.

    ``given`` is what the user gave on the command line, by ``--configfile`` or ``--config``, and
    is part of ``config``: where it brings files of its own, the workflow's own simulation and
    description of data do not apply. Raises UserError for the first thing that is wrong.
    """
    settings = deepcopy(config)
    if "files" in (given.get("data") or {}):
        settings["data"] = deepcopy(given["data"])
        if "simulate" not in given:
            settings.pop("simulate", None)
    for key in ("simulate", "predict"):
        if not settings.get(key):
            settings.pop(key, None)
    _refuse_text_numbers(settings)
    schema = yaml.safe_load(Path(schema_file).read_text(encoding="utf-8"))
    _check(settings, schema)
    _fill(settings, schema)
    if "simulate" in settings:
        from caudal.simulate import complete as complete_simulation

        settings["simulate"] = complete_simulation(settings["simulate"])
        settings["data"].pop("files", None)
    elif "files" not in settings["data"]:
        raise UserError(
            "data.files is missing: write the CSV files to read, such as files: [data/*.csv], or a "
            "section simulate."
        )
    stream = settings["stream"]
    if stream["order"] == "mux" and stream["rate"] is not None and not stream["replacement"]:
        raise UserError(
            "stream.rate ends a chunk before all its rows are taken, so without replacement rows "
            "would be lost; write replacement: true beside it, or leave rate out."
        )
    return _in_order(settings)


def _in_order(value):
    """The same with the keys of every section sorted: their order in the file means nothing."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=str)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def make_points(settings: dict) -> list[Point]:
    """The points of the grid; raises UserError for what no point can have."""
    for grid in settings["grid"]:
        _check_classifier(grid.get("classifier", {}), settings["score"])
        _check_vectorizer(grid.get("vectorizer", {}))
        _check_extractor(grid.get("extractor", {}))
    return expand(settings["grid"])


def check_features(points: list[Point], columns: dict[str, str]) -> None:
    """Raise UserError where a point names a feature that is no column of the sources.

    ``columns`` maps a column's name to its kind.
    """
    known = [name for name, kind in columns.items() if kind in ("numeric", "categorical")]
    for point in points:
        features = point.parameters["extractor"].get("features", known)
        for name in features:
            if name not in known:
                what = f"the {columns[name]}" if name in columns else "in no source"
                raise UserError(
                    f"grid: extractor.features: {name!r} is {what}; the features to choose from "
                    f"are {', '.join(known)}."
                )
        for group in point.parameters["vectorizer"].get("interactions", []):
            for name in group:
                if name not in features:
                    raise UserError(
                        f"grid: vectorizer.interactions: {name!r} in {group} is not among the "
                        f"features {features}; add it there or leave it out."
                    )


def _refuse_text_numbers(settings: dict) -> None:
    for section in ("seed", "stream", "score", "points_per_job", "simulate", "grid"):
        for path, value in _leaves(settings.get(section), section):
            if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
                raise UserError(
                    f"{path}: YAML reads {value} as text, not as a number; write "
                    f"{_as_yaml_number(value)}."
                )


def _as_yaml_number(text: str) -> str:
    mantissa, _, exponent = text.strip().lower().partition("e")
    if not exponent:
        return text.strip()
    sign = exponent if exponent[0] in "+-" else f"+{exponent}"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{sign}"


def _leaves(value, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("features", "interactions", "weights"):
                yield from _leaves(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    else:
        yield path, value


def _check(settings: dict, schema: dict) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema).iter_errors(settings))
    if error is None:
        return
    path = ".".join(str(key) for key in error.absolute_path if not isinstance(key, int))
    at = f"{path}: " if path else ""
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = next(key for key in error.instance if key not in known)
        raise UserError(
            f"{at}there is no key {unknown!r}{_alike(unknown, known)}; the keys are "
            f"{', '.join(known)}."
        )
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        what = error.schema["properties"].get(missing, {}).get("description", "")
        raise UserError(f"{at}the key {missing!r} is missing. {what}".rstrip(". ") + ".")
    if error.validator == "enum":
        choices = ", ".join("null" if c is None else str(c) for c in error.validator_value)
        raise UserError(f"{at}{error.instance!r} is none of {choices}; write one of them.")
    described = error.schema.get("description", "")
    phrases = {
        "minimum": "is below",
        "maximum": "is above",
        "exclusiveMinimum": "is not above",
        "exclusiveMaximum": "is not below",
    }
    if error.validator == "type":
        wanted = f"is no {_types(error.validator_value)}"
    elif error.validator in phrases:
        wanted = f"{phrases[error.validator]} {error.validator_value}"
    else:
        wanted = f"does not fit ({error.message})"
    raise UserError(f"{at}{error.instance!r} {wanted}. {described}".rstrip(". ") + ".")


def _types(value) -> str:
    names = {"object": "section of keys", "array": "list", "string": "text"}
    values = [value] if isinstance(value, str) else value
    return " or ".join(names.get(v, v) for v in values)


def _alike(key, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(str(key), known, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _fill(settings: dict, schema: dict) -> None:
    for key, part in schema.get("properties", {}).items():
        if key in ("simulate", "grid"):
            continue
        if "default" in part:
            settings.setdefault(key, deepcopy(part["default"]))
        if isinstance(settings.get(key), dict):
            _fill(settings[key], part)


def _values(section: dict, key: str) -> list:
    value = section.get(key)
    return value if isinstance(value, list) else [value]


def _check_classifier(classifier: dict, score: dict) -> None:
    if not isinstance(classifier, dict):
        raise UserError("grid: classifier is a section of keys, such as {loss: log_loss}.")
    for name in _values(classifier, "class") if "class" in classifier else ["SGDClassifier"]:
        parameters = {key: value for key, value in classifier.items() if key != "class"}
        _check_stream_parameters(parameters)
        if name == "SGDClassifier":
            _check_sgd(parameters)
            losses = _values(parameters, "loss") if "loss" in parameters else ["hinge"]
            without = [loss for loss in losses if loss not in WITH_PROBABILITIES]
        else:
            without = _check_other(name, parameters)
        if score["loss"] == "log" and without:
            raise UserError(
                f"score.loss: log needs probabilities, and {name} with loss {without[0]} has none; "
                f"write score.loss: squared, or loss: log_loss in the grid."
            )


def _check_other(name: str, parameters: dict) -> list[str]:
    # Only here, as importing scikit-learn takes longer than all the rest of a start.
    from caudal.estimators import check_parameters, classifier_class

    check_parameters({"class": name, **parameters})
    return [] if hasattr(classifier_class(name)(), "predict_proba") else ["of its own"]


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


def _check_sgd(parameters: dict) -> None:
    known = [*SGD_CHOICES, *SGD_NUMBERS, *SGD_OTHERS]
    for key in parameters:
        if key not in [*known, "early_stopping"]:
            raise UserError(
                f"grid: classifier.{key}: SGDClassifier has no such parameter"
                f"{_alike(key, known)}; it has {', '.join(known)}."
            )
        for value in _values(parameters, key):
            _check_sgd_value(key, value)
    penalties = _values(parameters, "penalty") if "penalty" in parameters else ["l2"]
    if "l1_ratio" in parameters and set(penalties) != {"elasticnet"}:
        other = next(p for p in penalties if p != "elasticnet")
        raise UserError(
            f"grid: classifier.l1_ratio has no effect with penalty {other}; write penalty: "
            f"elasticnet beside it, or make a second grid for the other penalties."
        )
    rates = _values(parameters, "learning_rate") if "learning_rate" in parameters else ["optimal"]
    if {"pa1", "pa2"} & set(rates) and set(_values(parameters, "loss")) - {None, "hinge"}:
        raise UserError("grid: classifier.learning_rate: pa1 and pa2 go with loss: hinge alone.")
    if "optimal" in rates and 0 in _values(parameters, "alpha"):
        raise UserError(
            "grid: classifier.alpha: 0 leaves the learning rate optimal undefined; write a "
            "positive number, or learning_rate: constant."
        )


def _check_sgd_value(key: str, value) -> None:
    if key in SGD_CHOICES and value not in SGD_CHOICES[key]:
        choices = ", ".join("null" if c is None else c for c in SGD_CHOICES[key])
        raise UserError(f"grid: classifier.{key}: {value!r} is none of {choices}.")
    if key in SGD_NUMBERS and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise UserError(f"grid: classifier.{key}: {value!r} is no number.")
    limits = {"alpha": 0, "l1_ratio": 0, "epsilon": 0, "power_t": 0}
    if key in limits and value < 0:
        raise UserError(f"grid: classifier.{key}: {value} is below 0.")
    if key == "l1_ratio" and value > 1:
        raise UserError(f"grid: classifier.l1_ratio: {value} is above 1.")
    if key == "eta0" and value <= 0:
        raise UserError(f"grid: classifier.eta0: {value} is not above 0.")


def _check_vectorizer(vectorizer: dict) -> None:
    if "degree" in vectorizer and "interactions" in vectorizer:
        raise UserError(
            "grid: vectorizer: degree and interactions exclude each other; keep one of them, or "
            "make a grid for each."
        )
    for key, highest in (("n_features", 2**31 - 1), ("degree", 8)):
        for value in _values(vectorizer, key) if key in vectorizer else []:
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
                raise UserError(
                    f"grid: vectorizer.{key}: {value!r} is no whole number from 1 to {highest}."
                )


def _check_extractor(extractor: dict) -> None:
    for features in extractor.get("features", []):
        if not isinstance(features, list) or not features:
            raise UserError(
                f"grid: extractor.features is a list of lists of columns; write "
                f"[[{features}]] for the one alternative {features!r}."
                if not isinstance(features, list)
                else "grid: extractor.features: a list of columns is empty; name at least one."
            )
        double = next((name for name in features if features.count(name) > 1), None)
        if double is not None:
            raise UserError(f"grid: extractor.features: {double!r} is named twice in {features}.")
    for value in _values(extractor, "scale") if "scale" in extractor else []:
        if not isinstance(value, bool):
            raise UserError(f"grid: extractor.scale: {value!r} is neither true nor false.")
