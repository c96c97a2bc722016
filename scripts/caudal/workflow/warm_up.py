"""Imports what jobs import, and has the compiled code in memory before the first of them.

A made-up fit of each kind of learner in the grid finds what there is to compile or to load.
"""

import os
import pkgutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import caudal
from caudal.config.grid import learner_in, learner_name, task_in

MADE_UP: dict[str, dict] = {
    "simulate": {"model": "clicks", "rows": 60},
    "data": {"label": "y"},
    "stream": {"batch_size": 10, "n_batches": 2},
}


def warm_up(learners: list[dict]) -> None:
    """Import the package, and fit a point of each class among ``learners`` on made-up rows.

    ``learners`` are parameters of points, of which the last step counts.

    Says so where it compiles. Raises nothing: what fails here fails, and is told, in a job.
    """
    try:
        for module in pkgutil.walk_packages(caudal.__path__, "caudal."):
            import_module(module.name)
        for name in ("snakemake.iocontainers", "snakemake.logging"):
            import_module(name)  # every script begins with these
    except ImportError as error:
        _say(f"the helper lacks a module: {error}")
    for parameters in {learner_name(learner_in(p), task_in(p)): p for p in learners}.values():
        try:
            with _telling_of_compilation(), warnings.catch_warnings(action="ignore"):
                _fit(parameters)
        except Exception as error:
            _say(f"the compiled code is loaded by each job: {type(error).__name__}: {error}")


def _fit(parameters: dict) -> None:
    from caudal.config.grid import expand
    from caudal.data import ingest, manifest
    from caudal.learn.fitting import fit_points
    from caudal.simulate.write import simulate
    from caudal.workflow.plan import plan

    task = task_in(parameters)
    grid = [{task.step: learner_in(parameters), "vectorizer": {"degree": 2, "n_features": 1024}}]
    home = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="caudal-") as folder:
        os.chdir(folder)
        try:
            data = {**MADE_UP["data"], "task": task.name}
            made = plan({**MADE_UP, "data": data, "grid": grid})
            file = Path(made.simulated[0])
            simulate(made.settings["simulate"], 0, [file], Path("truth.csv"))
            ingest.to_parquet(
                file, Path("parts"), made.schema, made.ingest_settings, made.chunk_rows
            )
            manifest.merge([Path("parts/manifest.json")], Path("manifest.json"), None)
            for _ in fit_points("manifest.json", expand(grid), **made.fit_settings):
                pass
        finally:
            os.chdir(home)


@contextmanager
def _telling_of_compilation() -> Iterator[None]:
    from numba.core import event

    class Teller(event.Listener):
        told = False

        def on_start(self, event):
            if not self.told:
                _say("compiling the inner loop, once after an install; it takes some seconds.")
                self.told = True

        def on_end(self, event):
            pass

    with event.install_listener("numba:compile", Teller()):
        yield


def _say(sentence: str) -> None:
    print(f"Caudal: {sentence}", file=sys.stderr, flush=True)
