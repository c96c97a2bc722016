"""The scikit-learn objects that a point's parameters stand for."""

import hashlib
import importlib
import inspect

from sklearn.pipeline import Pipeline

from caudal.chunks import typed_classes
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


def make_classifier(parameters: dict, point: str, seed: int, manifest: dict):
    """An unfitted classifier of a point's ``parameters``.

    A stream is learned in its order: ``shuffle`` is false unless given. Every draw comes from
    ``seed`` and the point's id. Raises UserError for parameters that scikit-learn refuses.
    """
    parameters = dict(parameters)
    kind = classifier_class(parameters.pop("class", "SGDClassifier"))
    names = kind().get_params()
    if "shuffle" in names:
        parameters.setdefault("shuffle", False)
    if "random_state" in names:
        parameters.setdefault("random_state", point_seed(seed, point))
    if parameters.get("class_weight") is not None:
        parameters["class_weight"] = _class_weight(parameters["class_weight"], manifest)
    try:
        classifier = kind(**parameters)
        classifier._validate_params()
    except (TypeError, ValueError) as error:
        raise UserError(f"grid: classifier: {error}") from None
    return classifier


def point_seed(seed: int, point: str) -> int:
    """A seed of 31 bits from the run's ``seed`` and a point's id."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{point}".encode()).digest()[:4]) >> 1


def _class_weight(weights, manifest: dict) -> dict:
    classes = typed_classes(manifest)
    counts = manifest["labels"]
    if weights == "counted":
        total = sum(counts.values())
        return {
            label: total / (len(classes) * counts[text])
            for label, text in zip(classes.tolist(), manifest["classes"], strict=True)
        }
    unknown = sorted(set(map(str, weights)) - set(manifest["classes"]))
    if unknown:
        raise UserError(
            f"grid: classifier.class_weight: there is no class {unknown[0]!r}; the classes are "
            f"{', '.join(manifest['classes'])}."
        )
    texts = {str(key): value for key, value in weights.items()}
    return {
        label: texts[text]
        for label, text in zip(classes.tolist(), manifest["classes"], strict=True)
        if text in texts
    }


def make_pipeline(extractor, vectorizer, classifier) -> Pipeline:
    """The model of a point: from columns to predictions."""
    steps = [("extractor", extractor), ("vectorizer", vectorizer), ("classifier", classifier)]
    return Pipeline(steps)
