"""What no point of a grid can have: each gets one sentence before any job starts."""

from difflib import get_close_matches

from caudal.config.grid import Point, expand
from caudal.errors import UserError

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
    from caudal.config.classifiers import check_parameters, classifier_class

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
                f"{alike(key, known)}; it has {', '.join(known)}."
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


def alike(key, known: list[str]) -> str:
    """`` (did you mean 'x'?)`` where one of ``known`` is like ``key``, else nothing."""
    close = get_close_matches(str(key), known, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""
