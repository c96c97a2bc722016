"""A linear model as JSON: enough to score without any pickle.

Score a record so: settle its missing numbers as ``extractor`` says, subtract the ``center``, divide
by the ``scale`` (where that is null the number is 0) and cut off what lies beyond plus or minus
``farthest``, unless that is null. Of a text that ``words`` names take the different words, in small
letters, cut at whatever is no letter, digit, underscore or apostrophe within a word, and of those
that ``pairs`` names every two words side by side, joined by a blank, ``most_words`` at most: each
is a term as a level is, and part of no product. Form the terms that ``vectorizer`` asks for with
their values, and hash each name by MurmurHash3 (32 bits, seed 0, signed). A term counts in the
column ``abs(hash) % n_features`` with its value times the hash's sign. A class's margin is its
intercept plus the sum over terms of value times weight, where a column that is not listed weighs 0.
A ``regressor`` predicts its margin, in the label's own unit, cut off at the ends of ``range``
unless that is null. Of a ``classifier`` ``probability`` says what becomes of margins:

- ``logistic``: ``1 / (1 + exp(-margin))``; ``modified_huber``: the margin clipped to -1 and 1,
  plus 1, halved. With two classes there is one margin, that of the second class; with more, the
  probabilities are divided by their sum, and are alike where that is 0.
- null: there are no probabilities. The second of two classes is predicted where the margin is
  above 0, of more classes the one with the largest margin.
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from caudal import checked_json
from caudal.errors import Damaged
from caudal.features.extractor import FARTHEST
from caudal.features.words import MOST_WORDS
from caudal.models.score_record import sha256

log = logging.getLogger("caudal")

NAME = "model.json"
FORMAT = 1
PROBABILITIES: dict[str | None, str] = {"log_loss": "logistic", "modified_huber": "modified_huber"}


def write(model, path: str | Path, **more: Any) -> None:
    """Write a fitted pipeline to ``path`` with the fields ``more`` and the checksum of all.

    ``columns`` is null where it is not linear.
    """
    content = {**describe(model), **more}
    if content["columns"] is None:
        named = type(learner_of(model)).__name__
        log.info("%s is not linear: model.json holds its settings alone.", named)
    checked_json.write(path, content, indent=None)


def check_coefficients(coefficients_csv: Path) -> None:
    """Raise Damaged where a table is not the one that ``model.json`` beside it was written with."""
    plain = coefficients_csv.with_name(NAME)
    files = [plain, coefficients_csv]
    told = checked_json.read(plain, files).get("coefficients_sha256")
    if not coefficients_csv.is_file() or sha256(coefficients_csv) != told:
        raise Damaged(f"{coefficients_csv} is not the table that {plain} was written with", files)


def learner_of(model) -> Any:
    """The estimator at the end of a pipeline: of numbers the one that learns their deviations."""
    return getattr(model[-1], "regressor_", model[-1])


def describe(model) -> dict:
    """A fitted pipeline in plain values.

    ``columns`` (ascending) are those with a weight, ``weights`` a row per margin with a weight for
    each of them, ``intercept`` a number per margin.
    """
    extractor, vectorizer = (model.named_steps[step] for step in ("extractor", "vectorizer"))
    step, last = model.steps[-1]
    loss = getattr(learner_of(model), "loss", None)
    return {
        "format": FORMAT,
        step: type(learner_of(model)).__name__,
        "loss": loss,
        "probability": PROBABILITIES.get(loss) if hasattr(last, "predict_proba") else None,
        "classes": last.classes_.tolist() if hasattr(last, "classes_") else None,
        "extractor": {
            "features": list(extractor.features),
            "numeric": extractor.numeric_,
            "missing": extractor.missing,
            "indicator": extractor.indicator,
            "mean": extractor.mean_.tolist(),
            "center": extractor.center_.tolist(),
            "scale": [s if np.isfinite(s) else None for s in extractor.scale_.tolist()],
            "farthest": FARTHEST if extractor.scale else None,
            **_texts(extractor),
        },
        "vectorizer": vectorizer.get_params(),
        "range": _range(last),
        **_weights(last),
    }


def _texts(extractor) -> dict:
    if not extractor.words:
        return {}
    return {
        "words": extractor.words, "pairs": extractor.pairs or [], "most_words": MOST_WORDS,
    }  # fmt: skip


def _range(last) -> list[float] | None:
    """The ends of the predictions of a regressor that has any."""
    if not getattr(getattr(last, "regressor_", None), "clip", False):
        return None
    ends = last.regressor_.low_, last.regressor_.high_
    return [float(last.center_ + last.scale_ * end) for end in ends]


def _weights(last) -> dict:
    if not hasattr(last, "coef_"):
        return {"columns": None, "weights": None, "intercept": None}
    weights = last.coef_
    weights = np.atleast_2d(weights.toarray() if hasattr(weights, "toarray") else weights)
    columns = np.flatnonzero(weights.any(axis=0))
    intercept = np.broadcast_to(np.ravel(last.intercept_), len(weights))
    return {
        "columns": columns.tolist(),
        "weights": weights[:, columns].tolist(),
        "intercept": intercept.tolist(),
    }
