"""The sections ``simulate`` and ``data``: where the rows come from."""

from typing import Annotated, Literal

from pydantic import Field

from caudal.config.section import (
    Class,
    Classes,
    Count,
    DateParts,
    Files,
    Label,
    Names,
    Noise,
    Numeric,
    Section,
    Share,
    Text,
    Texts,
)
from caudal.data.defaults import DATA, MISSING
from caudal.simulate.write import DEFAULTS, ROWS


class _Simulation(Section):
    rows: Count = Field(default=ROWS, description="How many rows, over all files.")
    files: Count = Field(
        default=1,
        description="How many CSV files the rows are spread over evenly, in stream order.",
    )


class Logistic(_Simulation):
    """x1, x2, x3 and the label y: a logistic model of their squares and interactions."""

    model: Literal["logistic"]


class Linear(_Simulation):
    """As logistic, and the label y is the number itself, with noise."""

    model: Literal["linear"]
    noise: float = Field(
        default=DEFAULTS["linear"]["noise"],
        ge=0,
        description="The standard deviation of the noise.",
    )


class Clicks(_Simulation):
    """As logistic, and c1 to c6 of 7 to 10,000 levels, with effects of levels and of pairs."""

    model: Literal["clicks"]
    skew: float = Field(
        default=DEFAULTS["clicks"]["skew"],
        ge=0,
        description="A feature's i-th level has a frequency in proportion to 1 / i ** skew.",
    )


class Iris(_Simulation):
    """Noisy samples of the Iris flowers, label species."""

    model: Literal["iris"]
    noise: Noise = Field(
        default=DEFAULTS["iris"]["noise"],
        description="The standard deviation of the noise, in cm; a list makes one stream of each "
        "and multiplexes them.",
    )
    active: Count = Field(
        default=DEFAULTS["iris"]["active"],
        description="How many of the streams are alive at a time.",
    )
    rate: float = Field(
        default=DEFAULTS["iris"]["rate"],
        gt=0,
        description="A stream gives 1 + Poisson(rate) samples before another takes its place.",
    )


Simulation = Annotated[Logistic | Linear | Clicks | Iris, Field(discriminator="model")]


class Missing(Section):
    """What to do with missing and non-finite values."""

    numeric: Literal["mean", "zero", "drop", "error"] = Field(
        default=MISSING["numeric"],
        description="mean (of the rows so far), zero, drop (the row, counted) or error",
    )
    indicator: bool = Field(
        default=MISSING["indicator"],
        description="Whether a missing number is also a term of its own",
    )
    categorical: Literal["level", "drop", "error"] = Field(
        default=MISSING["categorical"],
        description="level (missing is a level of its own), drop (the row, counted) or error",
    )
    label: Literal["drop", "error"] = Field(
        default=MISSING["label"],
        description="drop (the row, counted) or error; a missing label is never learned",
    )
    texts: Texts = Field(
        default=MISSING["texts"],
        description="Further texts that mean missing in every column (an empty field always does; "
        "NA, NaN, null do in numbers, dates and labels)",
    )


class Data(Section):
    """The sources and what their columns are."""

    files: Files | None = Field(
        default=None,
        description="The sources, globs or paths, in stream order (.csv .csv.gz .csv.bz2 .csv.zst "
        ".parquet)",
    )
    label: Label = Field(
        description="The column to predict, or a question to one, as in {column: status, is: "
        "paid}, {column: effect, missing: true} or {column: rating, above: 3.5}"
    )
    task: Literal["classification", "regression"] | None = Field(
        default=None,
        description="classification (the label is one of some classes) or regression (a number); "
        "null is classification, unless the label looks like a number, which has to be said",
    )
    positive: Class | None = Field(
        default=None,
        description="The class that counts as positive, for a label of two classes (null is the "
        "last one in order)",
    )
    classes: Classes | None = Field(
        default=None,
        description="The labels there may be; rows with any other are bad (null allows all)",
    )
    numeric: Numeric | None = Field(
        default=None,
        description="Numeric columns, with patterns such as amt_*; all others are then categorical "
        "(null takes the columns of floats, auto also those of whole numbers that look like "
        "quantities)",
    )
    categorical: Names | None = Field(
        default=None, description="Categorical columns, even if they hold floats; with patterns"
    )
    ignore: Names | None = Field(
        default=None, description="Columns that are not read; with patterns"
    )
    weight: Text | None = Field(
        default=None,
        description="The column of the rows' weights, zero or more (null weighs all alike); they "
        "count in learning, not in the score",
    )
    delimiter: str | None = Field(
        default=None,
        pattern=r"^([\x01-\x7f]|\\t)$",
        description="The sign between fields (null finds comma, semicolon, tab or bar in each "
        "source)",
    )
    quote: str = Field(
        default=DATA["quote"],
        pattern=r"^[\x01-\x7f]?$",
        description="The sign around fields that hold delimiters or newlines (an empty text for "
        "none)",
    )
    encoding: Text | None = Field(
        default=None,
        description="The encoding of the sources, such as latin-1 (null is UTF-8, or what a byte "
        "order mark says)",
    )
    decimal: Literal[".", ","] | None = Field(
        default=None,
        description="The decimal sign (null finds a comma where the delimiter is none)",
    )
    thousands: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="The sign between groups of three digits, such as a comma (null for none)",
    )
    derive: dict[Text, DateParts] = Field(
        default=DATA["derive"],
        description="Categorical columns to make of dates, such as {pickup: [hour, weekday, "
        "month]}",
    )
    date_format: Text | None = Field(
        default=None,
        description='How dates are written, such as "%d.%m.%Y %H:%M" (null is ISO 8601)',
    )
    missing: Missing = Field(
        default_factory=Missing, description="What to do with missing and non-finite values"
    )
    bad_rows: Literal["error", "quarantine"] = Field(
        default=DATA["bad_rows"],
        description="error stops at the first row that cannot be read; quarantine puts such rows "
        "into rejects.csv",
    )
    max_bad_share: Share = Field(
        default=DATA["max_bad_share"],
        description="The share of bad rows in a source above which quarantine stops, too",
    )
