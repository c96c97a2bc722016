"""The scikit-learn objects that a point's parameters stand for."""

import hashlib

from sklearn.pipeline import Pipeline

from caudal.config.grid import Point, learner_name
from caudal.config.learners import learner_class
from caudal.data.labels import find_class, typed_classes
from caudal.errors import UserError, alike
from caudal.learn.learners.ftrl_classifier import FTRLClassifier
from caudal.learn.learners.ftrl_regressor import FTRLRegressor

OWN = {"FTRLClassifier": FTRLClassifier, "FTRLRegressor": FTRLRegressor}
"""The learners of our own, by the names that a grid gives them."""


def make_estimator(point: Point, seed: int, manifest: dict):
    """An unfitted estimator of a point's last step.

    A stream is learned in its order: ``shuffle`` is false unless given. Every draw comes from
    ``seed`` and the point's id. Raises UserError for parameters that scikit-learn refuses.
    """
    name = learner_name(point.learner, point.task)
    parameters = {key: value for key, value in point.learner.items() if key != "class"}
    kind = OWN[name] if name in OWN else learner_class(name, point.task)
    names = kind().get_params()
    if "shuffle" in names:
        parameters.setdefault("shuffle", False)
    if "random_state" in names:
        parameters.setdefault("random_state", point_seed(seed, point.id))
    if parameters.get("class_weight") is not None:
        parameters["class_weight"] = _class_weight(parameters["class_weight"], manifest)
    try:
        estimator = kind(**parameters)
        estimator._validate_params()
    except (TypeError, ValueError) as error:
        raise UserError(f"grid: {point.task.step}: {error}") from None
    return estimator


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
    texts = {_class_named(str(key), manifest["classes"]): value for key, value in weights.items()}
    return {
        label: texts[text]
        for label, text in zip(classes.tolist(), manifest["classes"], strict=True)
        if text in texts
    }


def _class_named(key: str, classes: list[str]) -> str:
    """The class that the key of a weight means: YAML reads yes as a truth value."""
    found = find_class(key, classes)
    if found is None and key in ("True", "False"):
        found = find_class(key == "True", classes)
    if found is None:
        raise UserError(
            f"grid: classifier.class_weight: there is no class {key!r}{alike(key, classes)}; the "
            f"classes are {', '.join(classes)}."
        )
    return found


def make_pipeline(extractor, vectorizer, last: tuple[str, object]) -> Pipeline:
    """The model of a point, from columns to predictions; ``last`` is a step with its name."""
    return Pipeline([("extractor", extractor), ("vectorizer", vectorizer), last])
