"""A run's results by hand: the best points, their models, a fit of one's own.

In the run's working directory::

    import caudal

    best = caudal.results(5)[0]
    best.learning_curve.plot(x="rows", y=["loss", "benchmark_loss"])
    best.model.predict_proba(frame)
    caudal.refit(best, alpha=0.003).score
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caudal.config.grid import Point, describe, make_point, task_in
from caudal.errors import UserError
from caudal.models.score_record import (
    MEASURES,
    MODEL,
    NAME,
    ScoreRecord,
    check_model,
    fate,
    load_checked,
    read_score,
)
from caudal.ranking.tables import read_ranking

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline


@dataclass
class Result:
    """A point and what came of it.

    ``rank`` is None for a point that was fitted by hand; a point that diverged or failed has the
    score None and no model. ``record`` holds all fields of ``score.json``.
    """

    rank: int | None
    point: str
    score: float | None
    standard_error: float | None
    r2: float | None
    parameters: dict[str, dict]
    record: ScoreRecord = field(repr=False)
    model_file: Path | None = field(default=None, repr=False)

    @cached_property
    def model(self) -> "Pipeline":
        """The fitted pipeline, loaded when first asked for; ``predict_proba`` takes a DataFrame.

        Raises UserError where the point has none, or the file is not the one that the fit wrote.
        """
        from caudal.models.pickling import load_model

        if self.score is None or self.model_file is None:
            raise UserError(f"The point {self.point} has {fate(self.record)}, so it has no model.")
        return load_model(check_model(self.model_file, self.record))

    @property
    def measures(self) -> dict[str, Any]:
        """Log loss, Brier score, AUC and accuracy, over the rows in the score."""
        return {name: self.record.get(name) for name in MEASURES if name in self.record}

    @cached_property
    def learning_curve(self) -> "pd.DataFrame":
        """A row per checkpoint: rows, loss, loss_since_last and the benchmark's."""
        import pandas as pd

        return pd.DataFrame(self.record["learning_curve"])

    def __repr__(self) -> str:
        place = "by hand" if self.rank is None else f"rank {self.rank}"
        score = fate(self.record)
        if self.score is not None:
            score = f"score {self.score:.5f} ± {_short(self.standard_error)}, r2 {_short(self.r2)}"
        return f"<{place}, point {self.point}: {score}; {describe(self.parameters)}>"


def _short(value: float | None) -> str:
    return "?" if value is None else f"{value:.5f}"


def results(n: int = 10, folder: str | Path = ".") -> list[Result]:
    """The ``n`` best points of the run in ``folder`` (the one that holds ``results``), best first.

    Raises UserError where there is no ranking yet or a record is damaged.
    """
    fits = _results(folder) / "fits"
    ranking = read_ranking(_results(folder))[:n]
    return [
        _from_record(record, place, fits / record["point"] / MODEL)
        for place, (_, record) in enumerate(ranking, 1)
    ]


def load(folder: str | Path = ".") -> "Pipeline":
    """The best model of the run in ``folder``; raises UserError where it is not whole."""
    return load_checked(_results(folder) / "best" / "model.pkl")


def refit(point: str | Result, folder: str | Path = ".", **changes) -> Result:
    """Fit one point of a run again, here and now, with some of its parameters changed.

    ``point`` is a Result or a point's id; ``changes`` are parameters of any step by their names,
    such as ``alpha=0.01`` or ``degree=3``; None for a learner's parameter leaves it to
    scikit-learn. Data, stream, score and seed are the run's. Nothing is written. Raises UserError
    for a parameter that does not exist and for a point that the run has not.
    """
    from caudal.config.learners import check_parameters
    from caudal.learn.fitting import fit_points
    from caudal.models.pickling import as_loaded

    name = point.point if isinstance(point, Result) else point
    score_file = _results(folder) / "fits" / name / NAME
    old = point.record if isinstance(point, Result) else read_score(score_file, name)
    if "settings" not in old:
        raise UserError(f"{score_file} has no 'settings', so the fit cannot be made again.")
    new = _changed(old["parameters"], changes)
    check_parameters(new.learner, new.task)
    settings = old["settings"]
    _, model, record = next(
        fit_points(
            _results(folder) / "data" / "manifest.json", [new],
            settings["stream"], settings["score"], settings["data"], settings["seed"],
        )
    )  # fmt: skip
    record["settings"] = settings
    result = _from_record(record, None, None)
    if model is not None:
        result.model = as_loaded(model)
    return result


def _changed(parameters: dict[str, dict], changes: dict) -> Point:
    from caudal.features.extractor import Extractor
    from caudal.features.vectorizer import Vectorizer

    homes = {"extractor": Extractor().get_params(), "vectorizer": Vectorizer().get_params()}
    new = {step: dict(values) for step, values in parameters.items()}
    learner = task_in(parameters).step
    new["extractor"].setdefault("scale", False)  # a record of 0.1 says it only where it is true
    for name, value in changes.items():
        step = next((step for step, known in homes.items() if name in known), learner)
        new[step][name] = value
        if value is None and step == learner:
            del new[step][name]
    return make_point(new)


def _results(folder: str | Path) -> Path:
    return Path(folder) / "results"


def _from_record(record: ScoreRecord, rank: int | None, model_file: Path | None) -> Result:
    return Result(
        rank=rank,
        point=record["point"],
        score=record["score"],
        standard_error=record["standard_error"],
        r2=record["r2"],
        parameters=record["parameters"],
        record=record,
        model_file=model_file,
    )
