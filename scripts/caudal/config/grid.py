"""The grid: its points, their ids and their names in tables."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from caudal.config.feature_sets import split_texts
from caudal.data.tasks import CLASSIFICATION, TASKS, Task
from caudal.errors import UserError
from caudal.features.defaults import DEGREE, N_FEATURES, SCALE

FEATURE_STEPS = ("extractor", "vectorizer")
STEPS = (*FEATURE_STEPS, *(task.step for task in TASKS.values()))
"""The sections of a grid; a point has the last one of its task alone."""

LIST_VALUED = {"features": 1, "interactions": 2}
"""Parameters whose single values are lists, and how deep."""
DEFAULTS: dict[str, dict] = {
    "extractor": {"features": None, "scale": SCALE},
    "vectorizer": {"n_features": N_FEATURES, "degree": DEGREE, "interactions": None},
    **{task.step: {"class": task.learner} for task in TASKS.values()},
}
"""What a point has where nothing is written; a learner's own defaults are its class's."""


@dataclass(frozen=True)
class Point:
    """One parametrisation: its id and, by step, its parameters."""

    id: str
    parameters: dict[str, dict]

    @property
    def completed(self) -> dict[str, dict]:
        """The parameters with the defaults of what is not written."""
        return {step: DEFAULTS[step] | given for step, given in self.parameters.items()}

    @property
    def task(self) -> Task:
        """What it learns."""
        return task_in(self.parameters)

    @property
    def learner(self) -> dict:
        """The parameters of its last step."""
        return self.parameters[self.task.step]


def task_in(parameters: Mapping[str, dict]) -> Task:
    """The task that the sections of a point or of a grid are of; classification if none says it."""
    return next((task for task in TASKS.values() if task.step in parameters), CLASSIFICATION)


def learner_in(parameters: Mapping[str, dict]) -> dict:
    """What is written for the last step of a point."""
    return parameters.get(task_in(parameters).step, {})


def learner_name(learner: Mapping, task: Task) -> str:
    """The class of a learner."""
    return learner.get("class", task.learner)


def values_of(section: Mapping, key: str, default: object = None) -> list:
    """The alternatives that a section of a grid has for a parameter.

    >>> values_of({"alpha": [0.1, 1]}, "alpha"), values_of({}, "loss", "hinge")
    ([0.1, 1], ['hinge'])
    """
    value = section.get(key, default)
    return value if isinstance(value, list) else [value]


def _steps(parameters: Mapping[str, dict]) -> tuple[str, ...]:
    return (*FEATURE_STEPS, task_in(parameters).step)


def expand(grids: Sequence[dict]) -> list[Point]:
    """All points of a list of grids, each the product of its lists.

    Their order is that of the lists' values, whatever the order of the keys. Raises UserError
    where two points are equal.

    >>> [p.parameters["classifier"] for p in expand([{"classifier": {"alpha": [0.1, 0.2]}}])]
    [{'alpha': 0.1}, {'alpha': 0.2}]
    """
    points: dict[str, Point] = {}
    for grid in grids:
        axes = [
            (step, name, _alternatives(name, value))
            for step in _steps(grid)
            for name, value in sorted(grid.get(step, {}).items())
        ]
        for step, name, alternatives in axes:
            if not alternatives:
                raise UserError(f"grid: {step}.{name} is an empty list; give it a value.")
        for values in product(*(alternatives for _, _, alternatives in axes)):
            parameters: dict[str, dict] = {step: {} for step in _steps(grid)}
            for (step, name, _), value in zip(axes, values, strict=True):
                parameters[step][name] = value
            point = make_point(parameters)
            if point.id in points:
                raise UserError(
                    f"grid: the point {describe(parameters)} is there twice; write each value of a "
                    f"list once, and no point in two grids."
                )
            points[point.id] = point
    return list(points.values())


def make_point(parameters: dict[str, dict]) -> Point:
    """The point of ``parameters``; its id is made of them alone, whatever their order.

    ``scale`` is written into them where it is not there, so that what is read later tells it. A
    point that is not scaled has the id that it had when that was the default, and any other one
    the id that it has with ``scale: true`` written: no model changes under its name.
    """
    parameters = {
        step: {name: _plain(value) for name, value in sorted(parameters.get(step, {}).items())}
        for step in _steps(parameters)
    }
    extractor = {"scale": SCALE, **split_texts(parameters["extractor"])}
    parameters["extractor"] = dict(sorted(extractor.items()))
    extractor = dict(parameters["extractor"])
    if extractor["scale"] is False:
        del extractor["scale"]
    text = json.dumps({**parameters, "extractor": extractor}, sort_keys=True, separators=(",", ":"))
    return Point(hashlib.sha256(text.encode()).hexdigest()[:12], parameters)


def column_names(points: Sequence[Point]) -> dict[tuple[str, str], str]:
    """The names in tables of the parameters that vary over ``points``, by (step, parameter)."""
    seen: dict[tuple[str, str], set] = {}
    for point in points:
        for step, given in point.parameters.items():
            for name in given:
                seen.setdefault((step, name), set())
    for key, values in seen.items():
        step, name = key
        values.update(cell(p.parameters[step][name]) if name in p.parameters[step] else None
                      for p in points)  # fmt: skip
    varied = sorted(key for key, values in seen.items() if len(values) > 1)
    names = [name for _, name in varied]
    return {
        (step, name): name if names.count(name) == 1 else f"{step}.{name}"
        for step, name in sorted(varied, key=lambda key: (STEPS.index(key[0]), key[1]))
    }


def row(point: Point, columns: dict[tuple[str, str], str]) -> dict[str, str]:
    """The cells of a point in a table of ``columns``; empty where it has no such parameter."""
    return {
        label: cell(point.parameters[step][name]) if name in point.parameters[step] else ""
        for (step, name), label in columns.items()
    }


def cell(value) -> str:
    """A parameter's value as text: bare for plain values, JSON for lists and mappings.

    >>> cell(["x1", "x2"]), cell(0.1), cell("l2"), cell(None)
    ('["x1","x2"]', '0.1', 'l2', 'null')
    """
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def describe(parameters: dict[str, dict]) -> str:
    """The parameters in one line, for messages and logs."""
    return ", ".join(
        f"{step}.{name}={cell(value)}"
        for step in STEPS
        for name, value in parameters.get(step, {}).items()
    )


def jobs(points: Sequence[Point], points_per_job: int) -> list[list[Point]]:
    """The points in jobs of at most ``points_per_job``, those that share features together.

    Points with the same extractor and vectorizer are neighbours, so that a job reads and
    vectorises for many at once.
    """
    together = sorted(points, key=lambda point: (shared_features(point), point.id))
    return [together[i : i + points_per_job] for i in range(0, len(together), points_per_job)]


def shared_features(point: Point) -> str:
    """What points have in common that read and vectorise alike, as text."""
    steps = [point.parameters["extractor"], point.parameters["vectorizer"]]
    return json.dumps(steps, sort_keys=True)


def _alternatives(name: str, value) -> list:
    depth = LIST_VALUED.get(name, 0)
    if _depth(value) == depth + 1:
        return list(value)
    if _depth(value) == depth and not isinstance(value, list):
        return [value]
    if depth and _depth(value) == depth:
        raise UserError(
            f"grid: {name} is a list of alternatives, each itself a list; write "
            f"{name}: {cell([value])} for the one alternative {cell(value)}."
        )
    raise UserError(f"grid: {name}: {cell(value)} is nested too deep; write a list of values.")


def _depth(value) -> int:
    if not isinstance(value, list):
        return 0
    return 1 + max((_depth(item) for item in value), default=0)


def _plain(value):
    """Equal numbers alike: 1.0 is 1, so that the two make one point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in sorted(value.items(), key=str)}
    return value
