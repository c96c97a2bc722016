"""The config's sections: each key's kind, default and meaning, in this one place.

What is not here is a typing error. ``python -m caudal.config.schema`` writes it down for readers.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from caudal.config.section import Count, Files, Section, Seed, Text
from caudal.config.source_sections import Data, Simulation
from caudal.features.defaults import DEGREE, N_FEATURES, SCALE


class Mux(Section):
    """How chunks are mixed, where the order is mux."""

    active: Count = Field(default=16, description="Chunks that are mixed at a time.")
    piece: Count = Field(
        default=25,
        description="Rows taken from a chunk at a time; batches are made of such pieces.",
    )
    rate: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="Mean number of pieces taken from a chunk before another takes its place "
        "(null: all); wants replacement.",
    )
    weights: dict[Text, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="The proportion of each source, by its name; those left out have 1."
    )
    replacement: bool = Field(
        default=False,
        description="Whether a chunk may be taken again; the stream has as many rows either way.",
    )


class Stream(Section):
    """How the rows are streamed."""

    batch_size: Count = Field(
        default=1000, description="Rows that are scored, then learned, at once."
    )
    n_batches: Count = Field(
        default=20,
        description="Batches in a chunk, the rows read at once; those of the first chunk are not "
        "scored.",
    )
    order: Literal["sequential", "mux"] = Field(
        default="sequential",
        description="sequential (the files' own order) or mux (several chunks at a time, mixed).",
    )
    mux: Mux | None = Field(
        default=None,
        description="How chunks are mixed; goes with order: mux (null: by its defaults).",
    )
    epochs: Count = Field(
        default=1, description="Passes over the data; the score is taken from the first one only."
    )
    prefetch: bool = Field(
        default=False,
        description="Whether a process of its own reads and vectorises ahead of the fit.",
    )
    save_every: Annotated[float, Field(ge=0)] | None = Field(
        default=10,
        description="Minutes after which a long fit saves its state, to go on from there after a "
        "kill (null for never).",
    )
    keep_state: bool = Field(
        default=True,
        description="Whether fits keep their states, to go on from there when files are added; "
        "goes with order: sequential and epochs: 1.",
    )


class Score(Section):
    """How a point is scored."""

    loss: Literal["squared", "log", "absolute"] = Field(
        default="squared",
        description="squared (of the predicted probability, the Brier score; of a number) or, for "
        "classes, log or, for numbers, absolute; the score is minus the loss.",
    )
    drop_scores: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.7,
        description="The share of the scored batches, the first ones, that do not enter the score.",
    )


class Yardstick(Section):
    """A tree ensemble beside the best point, on a sample: what it costs to be linear."""

    rows: Count = Field(
        default=50_000,
        description="Rows that it learns, evenly spread over those that the score leaves out.",
    )


class Predict(Section):
    """New files that `snakemake predict` scores with the best model."""

    files: Files = Field(description="The files, globs or paths; they need no label.")


class Extractor(Section):
    """What is taken out of the columns."""

    features: Any = Field(
        default=None,
        description="Lists of columns, one list an alternative, with patterns such as amt_*; an "
        "alternative may be all or {except: [id]} as well; left out, all columns.",
    )
    scale: Any = Field(
        default=SCALE,
        description="Whether numbers are standardised by the mean and deviation of the first "
        "chunk.",
    )


class Vectorizer(Section):
    """How features interact and are hashed."""

    n_features: Any = Field(
        default=N_FEATURES, description="Columns that the terms are hashed into."
    )
    degree: Any = Field(
        default=DEGREE, description="Terms are all products of at most so many features."
    )
    interactions: Any = Field(
        default=None,
        description="Instead of degree: lists of groups of features, each group a product.",
    )


class Grid(Section):
    """The product of its lists; a learner's parameters are checked by ``learner_checks``."""

    extractor: Extractor = Field(
        default_factory=Extractor, description="What is taken out of the columns."
    )
    vectorizer: Vectorizer = Field(
        default_factory=Vectorizer, description="How features interact and are hashed."
    )
    classifier: dict[str, Any] = Field(
        default={},
        description="class (SGDClassifier if left out) and the parameters of that classifier.",
    )
    regressor: dict[str, Any] = Field(
        default={},
        description="Instead of classifier where data.task is regression: class (SGDRegressor if "
        "left out) and the parameters of that regressor.",
    )


class Settings(Section):
    """The whole config."""

    seed: Seed = Field(
        default=0,
        description="The source of every draw; another seed, another simulation and shuffles.",
    )
    simulate: Simulation | None = Field(
        default=None,
        description="Simulate the sources instead of reading your own; leave the section out to "
        "bring your own files.",
    )
    data: Data = Field(description="The sources and what their columns are.")
    stream: Stream = Field(default_factory=Stream, description="How the rows are streamed.")
    score: Score = Field(default_factory=Score, description="How a point is scored.")
    points_per_job: Count = Field(
        default=1,
        description="Points that a job trains in one pass; those that share features cost the "
        "reading once.",
    )
    yardstick: Yardstick | None = Field(
        default_factory=Yardstick,
        description="A tree ensemble on a sample, for the report to tell what being linear costs "
        "(null for none).",
    )
    predict: Predict | None = Field(
        default=None, description="New files that `snakemake predict` scores with the best model."
    )
    grid: Annotated[list[Grid], Field(min_length=1)] = Field(
        description="A list of grids, each the product of its lists."
    )
