"""What no point of a grid can have: each gets one sentence before any job starts."""

from collections.abc import Iterator
from typing import Any

from caudal.config.feature_set_checks import check_sets
from caudal.config.feature_sets import alternatives, columns_of
from caudal.config.grid import FEATURE_STEPS, LIST_VALUED, Point, expand, values_of
from caudal.config.learner_checks import check_learner, refuse_same_fits
from caudal.config.sentences import NUMBER, text_number, unquoted
from caudal.data.tasks import REGRESSION, TASKS, Task, task_named
from caudal.errors import UserError, alike

WHOLE_NUMBERS = {"n_features": 2**31 - 1, "degree": 8}
"""Parameters that are whole numbers from 1, and the highest."""


def check_grids(settings: dict) -> None:
    """Raise UserError for what no point of the grids can have, whatever the columns are."""
    task = task_named(settings["data"].get("task"))
    _check_task(task, settings)
    weighted = bool(settings["data"].get("weight"))
    for grid in settings["grid"]:
        _refuse_text_numbers(grid)
        check_learner(grid.get(task.step, {}), task, settings["score"], weighted)
        _check_vectorizer(grid.get("vectorizer", {}))
        _check_extractor(grid.get("extractor", {}))


def make_points(settings: dict, columns: dict[str, str] | None = None) -> list[Point]:
    """The points of the grid; raises UserError for what no point can have.

    ``columns`` maps the sources' columns to their kinds; without it, every list of features has
    to name its columns.
    """
    check_grids(settings)
    step = task_named(settings["data"].get("task")).step
    grids = [{step: {}, **grid} for grid in settings["grid"]]
    if columns is not None:
        grids = [_with_columns(grid, features_of(columns)) for grid in grids]
    points = expand(grids)
    refuse_same_fits(points)
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


def _check_task(task: Task, settings: dict) -> None:
    """Raise UserError for what is written of another task."""
    loss = settings["score"]["loss"]
    if loss not in task.losses:
        raise UserError(
            f"score.loss: {loss} does not go with data.task: {task.name}, whose scores are "
            f"{' and '.join(task.losses)}; write one of them."
        )
    for grid in settings["grid"]:
        for section in grid:
            if section not in (*FEATURE_STEPS, task.step):
                other = next(each.name for each in TASKS.values() if each.step == section)
                raise UserError(
                    f"grid: {section} does not go with data.task: {task.name}; write "
                    f"{task.step}, or data.task: {other}."
                )
    for key in ("classes", "positive") if task is REGRESSION else ():
        if settings["data"].get(key) is not None:
            raise UserError(
                f"data.{key} does not go with data.task: regression, whose labels are numbers; "
                "leave it out."
            )


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


def _check_vectorizer(vectorizer: dict) -> None:
    if "degree" in vectorizer and "interactions" in vectorizer:
        raise UserError(
            "grid: vectorizer: degree and interactions exclude each other; keep one of them, or "
            "make a grid for each."
        )
    for key, highest in WHOLE_NUMBERS.items():
        for value in values_of(vectorizer, key) if key in vectorizer else []:
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
                raise UserError(
                    f"grid: vectorizer.{key}: {value!r} is no whole number from 1 to {highest}."
                )
    for name in _leaves(vectorizer.get("interactions")):
        _check_name("vectorizer.interactions", name)


def _check_extractor(extractor: dict) -> None:
    if extractor.get("features") is not None:
        check_sets(extractor["features"])
    for value in values_of(extractor, "scale", True):
        if not isinstance(value, bool):
            raise UserError(f"grid: extractor.scale: {value!r} is neither true nor false.")


def _check_name(key: str, name: Any) -> None:
    if isinstance(name, int | float):
        raise UserError(unquoted(f"grid: {key}: ", name))
