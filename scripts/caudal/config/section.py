"""What a section of the config is, and the kinds of its values."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """Closed, and strict: ``"5"`` is no number, ``1`` no truth value."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """A section whose keys are all commented out is empty."""
        return {} if value is None else value


def _whole(value: Any) -> Any:
    """YAML has no whole number in scientific notation: 1.0e+6 is a float."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _written(value: Any) -> Any:
    """A number as a text: YAML takes -999 for one."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _once_each(values: list) -> list:
    texts = [repr(value) for value in values]  # 0 and False are two
    double = next((text for text in texts if texts.count(text) > 1), None)
    if double:
        raise PydanticCustomError("twice", "{double} is named twice", {"double": double})
    return values


Seed = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Count = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
Share = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, Field(min_length=1)]
Class = str | int | float | bool
UNIQUE = Field(json_schema_extra={"uniqueItems": True})
Names = Annotated[list[Text], AfterValidator(_once_each), UNIQUE]
Texts = Annotated[
    list[Annotated[str, BeforeValidator(_written, json_schema_input_type=str | float)]],
    AfterValidator(_once_each),
    UNIQUE,
]
Files = Annotated[
    list[Text],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=Text | list[Text]),
]
Noise = Annotated[
    list[Annotated[float, Field(ge=0)]],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=float | list[float]),
]
Classes = Annotated[list[Class], Field(min_length=2), AfterValidator(_once_each), UNIQUE]
Numeric = Annotated[
    Annotated[Names, Tag("[names]")] | Annotated[Literal["auto"], Tag("[auto]")],
    Discriminator(lambda value: "[auto]" if value == "auto" else "[names]"),
]
ClassOrClasses = Annotated[
    list[Class],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=Class | list[Class]),
]
DateParts = Annotated[
    list[Literal["hour", "weekday", "month"]],
    Field(min_length=1),
    AfterValidator(_once_each),
    UNIQUE,
]


# ``is`` is no name in Python, so the section is made by a call.
LabelRule = create_model(  # type: ignore[call-overload]
    "LabelRule",
    __base__=Section,
    __doc__="A label that is made of a column: one of is, missing, above and below.",
    **{
        "column": (Text, Field(description="The column to ask; it is no feature then")),
        "is": (
            ClassOrClasses | None,
            Field(default=None, description="Whether it is this value, or one of these"),
        ),
        "missing": (
            bool | None,
            Field(default=None, description="Whether it is missing (false: whether it is there)"),
        ),
        "above": (float | None, Field(default=None, description="Whether it is above this number")),
        "below": (float | None, Field(default=None, description="Whether it is below this number")),
    },
)
Label = Annotated[
    Annotated[Text, Tag("[name]")] | Annotated[LabelRule, Tag("[rule]")],  # type: ignore[valid-type]
    Discriminator(lambda value: "[rule]" if isinstance(value, dict | BaseModel) else "[name]"),
]
"""The name of a column, or a rule."""
TAGS = ("[names]", "[auto]", "[name]", "[rule]")
"""What pydantic adds to the path of a value that may be of several kinds."""
