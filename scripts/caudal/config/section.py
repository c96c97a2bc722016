"""What a section of the config is, and the kinds of its values."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
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
Texts = Annotated[list[str], AfterValidator(_once_each), UNIQUE]
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
DateParts = Annotated[
    list[Literal["hour", "weekday", "month"]],
    Field(min_length=1),
    AfterValidator(_once_each),
    UNIQUE,
]
