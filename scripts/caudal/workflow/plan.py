"""What the workflow needs to know before any job starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from caudal.config import grid, grid_checks
from caudal.config import settings as config_settings
from caudal.config.feature_set_names import set_names
from caudal.data import ingest
from caudal.data.label_rules import label_column
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.data.tasks import Task, task_named
from caudal.errors import UserError
from caudal.simulate.write import schema as simulated_schema


@dataclass(frozen=True)
class RunPlan:
    """settings: the completed config; sources: name to file; schema: the columns' kinds and the
    CSV format, for the ingest; points: id to point; jobs: the points that each fit trains; notes:
    sentences for the user; simulated: the CSV files to make first; new_files: name to file of
    those to predict.
    """

    settings: dict
    sources: dict[str, Path]
    schema: dict
    points: dict[str, grid.Point]
    jobs: dict[str, list[grid.Point]]
    notes: list[str]
    simulated: list[str]
    new_files: dict[str, str]

    @property
    def task(self) -> Task:
        """What the points learn."""
        return task_named(self.settings["data"]["task"])

    @property
    def chunk_rows(self) -> int:
        """Rows in a chunk."""
        return self.settings["stream"]["batch_size"] * self.settings["stream"]["n_batches"]

    @property
    def fit_settings(self) -> dict:
        """The settings that a fit's results depend on, beside the point's parameters."""
        data = self.settings["data"]
        stream = self.settings["stream"]
        stream = {k: v for k, v in stream.items() if k not in ("save_every", "keep_state")}
        fields = {"label": data["label"], "weight": data["weight"], "missing": data["missing"]}
        return {
            "stream": stream,
            "score": self.settings["score"],
            "data": fields,
            "seed": self.settings["seed"],
        }

    @property
    def set_names(self) -> dict[str, str]:
        """The names of sets of features, by their cells in tables."""
        return set_names(self.settings["grid"], grid_checks.features_of(self.schema["columns"]))

    @property
    def save_seconds(self) -> int:
        """How often a fit saves its state, -1 for never."""
        minutes = self.settings["stream"]["save_every"]
        return -1 if minutes is None else round(60 * minutes)

    @property
    def keep_states(self) -> int:
        """Whether fits that have ended keep their states, as 0 or 1."""
        return int(self.settings["stream"]["keep_state"])

    @property
    def ingest_settings(self) -> dict:
        """What of the section ``data`` decides the parts."""
        return ingest.settings(self.settings["data"])


def plan(configured: dict, given: dict | None = None, arguments: Sequence[str] = ()) -> RunPlan:
    """Check the config against itself and the sources' heads.

    ``configured`` is the whole config, ``given`` the part from the command line, ``arguments``
    the words behind --config. Raises UserError.
    """
    settings = config_settings.complete(configured, given, arguments)
    grid_checks.check_grids(settings)
    simulated: list[str] = []
    notes: list[str] = []
    if settings["simulate"]:
        model = settings["simulate"]["model"]
        count = settings["simulate"]["files"]
        names = [model] if count == 1 else [f"{model}-{i}" for i in range(count)]
        simulated = [f"results/simulated/{name}.csv" for name in names]
        files = dict(zip(names, map(Path, simulated), strict=True))
        schema = simulated_schema(model, settings["data"])
    else:
        files = _training_files(settings)
        schema, notes = decide(files, settings["data"])
    points = grid_checks.make_points(settings, schema["columns"])
    grid_checks.check_features(points, schema["columns"], label_column(settings["data"]))
    jobs = {
        job[0].id if len(job) == 1 else f"{job[0].id}-{len(job)}": job
        for job in grid.jobs(points, settings["points_per_job"])
    }
    new = sources(settings["predict"]["files"]) if settings["predict"] else {}
    new_files = {name: str(path) for name, path in new.items()}
    return RunPlan(
        settings, files, schema, {p.id: p for p in points}, jobs, notes, simulated, new_files
    )


def _training_files(settings: dict) -> dict[str, Path]:
    """The sources; where they are gone and there is something to predict, what to do instead."""
    try:
        return sources(settings["data"]["files"])
    except UserError as error:
        if not settings["predict"]:
            raise
        raise UserError(
            f"{error} The workflow looks at the training files to predict, too; where they are "
            "archived, put them back, or use the model by hand: pickle.load(open("
            "'results/best/model.pkl', 'rb')).predict(pandas.read_csv('new.csv'))."
        ) from error
