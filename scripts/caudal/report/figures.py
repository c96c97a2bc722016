"""The list of the report's figures: what the rule, the page and Snakemake's own report show.

A new figure is a function that draws it from a ``Run`` and an entry here; it stands at the end of
its section unless the section puts it elsewhere. Importing this list imports nothing else.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from caudal.data.tasks import CLASSIFICATION, REGRESSION, Task

if TYPE_CHECKING:
    from caudal.ranking.run import Run
    from caudal.report.markup import Markup


@dataclass(frozen=True)
class Figure:
    """name: of its file, and of the function in ``module`` that draws it; category: in Snakemake's
    report; section: the page's, by its anchor; caption: what is to be seen, a sentence or three;
    task: the only one that it is for, if any.
    """

    name: str
    module: str
    category: str
    section: str
    caption: str
    task: str | None = None

    @property
    def title(self) -> str:
        """The name for people."""
        return self.name.replace("_", " ")

    def is_of(self, task: Task) -> bool:
        """Whether it is drawn for runs of ``task``."""
        return self.task in (None, task.name)

    def draw(self, run: "Run") -> "Markup":
        """The figure of a run; a ``Notice`` where it has nothing to draw from."""
        return getattr(import_module(self.module), self.name)(run)


FIGURES = (
    Figure(
        "leads", "caudal.report.figures_points", "Points", "glance",
        "How far the best points are behind the best one, over the same batches, with the 95 % "
        "interval of the paired difference, which knows that neighbouring batches are alike. An "
        "interval that touches zero: the two cannot be told apart.",
    ),
    Figure(
        "learning_curves", "caudal.report.figures_points", "Points", "learning",
        "Progressive loss since the last checkpoint against the rows learned (log axis): the best "
        "points, the benchmark (a moving average of the label), and all other points behind them. "
        "Each batch was predicted before it was learned. Lower is better.",
    ),
    Figure(
        "parameters", "caudal.report.figures_grid", "Grid", "parameters",
        "Score against each parameter that varies over the grid. A mark is a point; the line "
        "joins the best of each value; an arrow counts the points below the frame. A best value "
        "at the end of its axis asks for a wider grid.",
    ),
    Figure(
        "heat_map", "caudal.report.figures_grid", "Grid", "parameters",
        "The best score for each pair of values of the two parameters that explain most of the "
        "scores' variance, over all other parameters. The frame marks the best point.",
    ),
    Figure(
        "coefficients", "caudal.report.figures_model", "Best model", "coefficients",
        "The largest coefficients of the best model, by the names of their terms; hollow diamonds "
        "are the truth where the data are simulated. All terms stand in "
        "results/best/coefficients.csv.",
    ),
    Figure(
        "importance", "caudal.report.figures_model", "Best model", "coefficients",
        "How much of the best model's weight each feature carries, its terms taken together; a "
        "product counts in equal parts for its features. Only standardised features compare.",
    ),
    Figure(
        "truth", "caudal.report.figures_model", "Best model", "coefficients",
        "Learned against true coefficients of the best model's terms, for simulated data. On the "
        "dashed line they agree.",
    ),
    Figure(
        "calibration", "caudal.report.figures_model", "Best model", "trust",
        "Shares that came true against predicted probabilities, over the rows that the score "
        "counts, with 95 % intervals; the boxes show how many rows each bin holds. On the dashed "
        "line the probabilities can be taken at their word.",
        CLASSIFICATION.name,
    ),
    Figure(
        "predicted_true", "caudal.report.figures_numbers", "Best model", "trust",
        "Means of the label against means of the prediction, in ten groups of the prediction with "
        "as equally many rows as can be, over the rows that the score counts; the bars are one "
        "standard deviation of the labels in the group. On the dashed line predictions are true "
        "on average.",
        REGRESSION.name,
    ),
    Figure(
        "residuals", "caudal.report.figures_numbers", "Best model", "trust",
        "The label less its prediction, on average, along the stream; the shaded part is what the "
        "score counts. Away from zero the model lags behind the label, or errs to one side.",
        REGRESSION.name,
    ),
    Figure(
        "drift", "caudal.report.figures_model", "Best model", "trust",
        "Loss of the best point and of the benchmark along the stream; the shaded part is what "
        "the score counts. Where both move together the rows were harder; where only the best "
        "point's rises, what it has learned no longer holds.",
    ),
    Figure(
        "labels", "caudal.report.figures_data", "Data", "data",
        "The label in every tenth of the data, in the order of the files: the shares of its "
        "classes, or its mean. Where it changes along the stream, the score, which counts the last "
        "part, speaks of that part only.",
        CLASSIFICATION.name,
    ),
    Figure(
        "label_means", "caudal.report.figures_numbers", "Data", "data",
        "The mean of the label in every tenth of the data, in the order of the files. Where it "
        "changes along the stream, the score, which counts its last part, speaks of that part "
        "only.",
        REGRESSION.name,
    ),
    Figure(
        "costs", "caudal.report.figures_points", "Costs", "costs",
        "Score against the seconds of each point. Seconds, rows per second, memory and model size "
        "of every point stand in results/costs.csv.",
    ),
)  # fmt: skip
