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
from caudal.errors import UserError
from caudal.models import best_schema
from caudal.models.score_record import BEST, MODEL, NAME
from caudal.predictions.names import new_files
from caudal.predictions.record import FOLDER, SUFFIX, record_files
from caudal.simulate.write import schema as simulated_schema

MODEL_FILE = Path("results", BEST, MODEL)
REPORT = Path("results/report.html")
REPORTED = (
    "ranking.csv", "costs.csv", "grid.csv", "best/coefficients.csv", "best/model.json",
    "data/manifest.json", "data/stretches.json",
)  # fmt: skip
"""Of what in the results the report is made, beside the fits."""


@dataclass(frozen=True)
class RunPlan:
    """settings: the completed config; sources: name to file; schema: the columns' kinds and the
    CSV format, for the ingest; points: id to point; jobs: the points that each fit trains; notes:
    sentences for the user; simulated: the CSV files to make first; new_files: name to file of
    those to predict; nothing_new: why there are none; archived: why the training files cannot be
    looked at, where the model that is there predicts without them, else empty.
    """

    settings: dict
    sources: dict[str, Path]
    schema: dict
    points: dict[str, grid.Point]
    jobs: dict[str, list[grid.Point]]
    notes: list[str]
    simulated: list[str]
    new_files: dict[str, str]
    nothing_new: str = ""
    archived: str = ""

    @property
    def predictions(self) -> list[str]:
        """The records of the predictions of the new files."""
        return [f"results/{FOLDER}/{name}{SUFFIX}" for name in self.new_files]

    def check_new_files(self) -> list[str]:
        """The predictions to make; raises UserError where there are no new files."""
        if not self.new_files:
            raise UserError(f"There is nothing to predict: {self.nothing_new}")
        return self.predictions

    def check_training_files(self) -> list[str]:
        """Raise UserError where they cannot be looked at."""
        if self.archived:
            raise UserError(self.archived)
        return []

    @property
    def report(self) -> list[str]:
        """The report, where there is what it is made of: of archived results all may have gone
        but the model.
        """
        made_of = list(REPORTED)
        if self.settings["yardstick"]:
            made_of.append("yardstick.json")
        gone = self.archived and not all(Path("results", name).exists() for name in made_of)
        return [] if gone else [str(REPORT)]

    @property
    def reported(self) -> list[str]:
        """The records that the report shows: of these, and of what was predicted before."""
        return sorted({*self.predictions, *map(str, record_files("results"))})

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
    new, nothing_new = _new_files(settings["predict"]["files"])
    simulated: list[str] = []
    notes = (
        [f"Nothing is predicted: {nothing_new}"] if settings["predict"]["files"] and not new else []
    )
    if settings["simulate"]:
        model = settings["simulate"]["model"]
        count = settings["simulate"]["files"]
        names = [model] if count == 1 else [f"{model}-{i}" for i in range(count)]
        simulated = [f"results/simulated/{name}.csv" for name in names]
        files = dict(zip(names, map(Path, simulated), strict=True))
        schema = simulated_schema(model, settings["data"])
    else:
        try:
            files = sources(settings["data"]["files"])
        except UserError as error:
            if not new:
                raise
            return _of_the_model(settings, new, str(error))
        schema, said = decide(files, settings["data"])
        notes += said
    points = grid_checks.make_points(settings, schema["columns"])
    grid_checks.check_features(points, schema["columns"], label_column(settings["data"]))
    jobs = {
        job[0].id if len(job) == 1 else f"{job[0].id}-{len(job)}": job
        for job in grid.jobs(points, settings["points_per_job"])
    }
    return RunPlan(
        settings, files, schema, {p.id: p for p in points}, jobs, notes, simulated, new, nothing_new
    )


def _new_files(patterns: list[str] | None) -> tuple[dict[str, str], str]:
    """The files to predict, by name; where there are none, why.

    A folder that nothing has come into today keeps no model from being trained.
    """
    if not patterns:
        return {}, "name the new files, as in --config 'predict={files: [new.csv]}'."
    try:
        return new_files(patterns), ""
    except UserError as error:
        return {}, str(error)


def _of_the_model(settings: dict, new: dict[str, str], why: str) -> RunPlan:
    """The plan to predict by the model that is there, without the files that it has learned."""
    for name in (MODEL, NAME, best_schema.NAME):
        if not MODEL_FILE.with_name(name).exists():
            raise UserError(
                f"{why} Nor is there a {MODEL_FILE.with_name(name)}, without which nothing can be "
                "predicted: put the training files back, or the folder of a model."
            )
    note = f"{why} {MODEL_FILE} predicts as it is."
    return RunPlan(settings, {}, {}, {}, {}, [note], [], new, archived=why)
