"""What is wrong with a config, as one sentence that names the key and what to write."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from caudal.config.section import TAGS
from caudal.config.sections import Settings
from caudal.errors import alike

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
LIMITS = {
    "greater_than_equal": ("is below", "ge"),
    "less_than_equal": ("is above", "le"),
    "greater_than": ("is not above", "gt"),
    "less_than": ("is not below", "lt"),
}
KINDS = {
    "int_type": "integer", "float_type": "number", "string_type": "text", "list_type": "list",
    "dict_type": "section of keys", "model_type": "section of keys",
}  # fmt: skip
SCALARS = ("str", "int", "float", "bool")
"""What pydantic adds to a path that ends in a union."""


def sentence(invalid: ValidationError) -> str:
    """The sentence for the first thing that is wrong; a key that is unknown goes before all."""
    errors = invalid.errors(include_url=False)
    error = min(errors, key=lambda e: (e["type"] != "extra_forbidden", errors.index(e)))
    path, section, field = _place(error)
    at = f"{'.'.join(path)}: " if path else ""
    value, kind = error["input"], error["type"]
    described = f". {field.description}" if field and field.description else ""
    if kind == "extra_forbidden":
        return _unknown(path, str(error["loc"][-1]), value, section)
    if kind == "missing":
        key = error["loc"][-1]
        what = section.model_fields[str(key)].description
        return f"{at}the key {key!r} is missing. {what}.".replace("..", ".")
    if kind in ("literal_error", "union_tag_invalid"):
        value = error["ctx"].get("tag", value)
        choices = re.findall(
            r"'([^']*)'", error["ctx"].get("expected_tags") or error["ctx"]["expected"]
        )
        place = f"{path[0]}.model: " if kind == "union_tag_invalid" else at
        near = alike(value, choices)
        return f"{place}{value!r} is none of {', '.join(choices)}{near}; write one of them."
    if kind == "union_tag_not_found":
        return f"{at}the key 'model' is missing; write one of {', '.join(_tags())}."
    if kind in ("int_type", "float_type") and _is_number(value):
        return text_number(".".join(path), value)
    if kind == "string_type" and isinstance(value, int | float):
        return unquoted(at, value)
    return f"{at}{_wrong(error)}{described}".rstrip(". ") + "."


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and NUMBER.fullmatch(value.strip()) is not None


def text_number(at: str, text: str) -> str:
    """The sentence for a number that YAML reads as text, such as 1e-5.

    >>> text_number("alpha", "1e-5")
    'alpha: YAML reads 1e-5 as text, not as a number; write 1.0e-5.'
    """
    mantissa, _, exponent = text.strip().lower().partition("e")
    if exponent:
        sign = "" if exponent[0] in "+-" else "+"
        mantissa += ("" if "." in mantissa else ".0") + "e" + sign + exponent
    return f"{at}: YAML reads {text} as text, not as a number; write {mantissa}."


def unquoted(at: str, value: Any) -> str:
    """The sentence for a name that YAML reads as something else, such as no, on or 1."""
    kind = "truth value" if isinstance(value, bool) else "number"
    words = {True: "yes, on and true", False: "no, off and false"}
    what = f"YAML reads {words[value]}" if isinstance(value, bool) else "YAML reads this name"
    return f"{at}{what} as the {kind} {value}; put the name in quotes."


def _wrong(error: ErrorDetails) -> str:
    value, kind = error["input"], error["type"]
    if kind in LIMITS:
        phrase, key = LIMITS[kind]
        limit = error["ctx"][key]
        return f"{value!r} {phrase} {limit:g}"
    if kind == "bool_type":
        return f"{value!r} is neither true nor false"
    if kind == "twice":
        return error["msg"]
    if kind in ("too_short", "string_too_short"):
        return f"{value!r} is too short" if value else f"{value!r} is empty"
    if kind in KINDS:
        union = error["loc"][-1] in SCALARS
        return f"{value!r} is no {'single value' if union else KINDS[kind]}"
    return f"{value!r} does not fit ({error['msg']})"


def _unknown(path: list[str], key: str, value: Any, section: type[BaseModel]) -> str:
    if path == ["simulate"]:
        owners = [tag for tag, other in _tags().items() if key in other.model_fields]
        model = next(tag for tag, other in _tags().items() if other is section)
        if owners:
            return (
                f"simulate.{key} is no setting of the model {model}: it belongs to the model "
                f"{owners[0]}."
            )
    at = f"{'.'.join(path)}: " if path else ""
    homes = [home for home in _homes(key) if home[: len(path)] == path] or list(_homes(key))
    known = list(section.model_fields)
    if homes and not alike(key, known):
        nested = f"{key}: {str(value).lower() if isinstance(value, bool) else value}"
        for name in reversed(homes[0]):
            nested = f"{name}: {{{nested}}}"
        return f"{at}there is no key {key!r}; it belongs to {'.'.join(homes[0])}: write {nested}."
    return f"{at}there is no key {key!r}{alike(key, known)}; the keys are {', '.join(known)}."


def _homes(
    key: str, section: type[BaseModel] = Settings, path: tuple[str, ...] = ()
) -> Iterator[list[str]]:
    """The sections that have a key of this name, apart from the grid's."""
    for name, field in section.model_fields.items():
        if name == key and path:
            yield list(path)
        for inner in _sections(field.annotation) if name not in ("grid", "simulate") else ():
            yield from _homes(key, inner, (*path, name))


def _place(error: ErrorDetails) -> tuple[list[str], type[BaseModel], FieldInfo | None]:
    """The keys on the way to an error, the section they end in, and the last one's field."""
    path: list[str] = []
    sections: list[type[BaseModel]] = [Settings]
    section: type[BaseModel] = Settings
    field: FieldInfo | None = None
    own = error["type"] in ("extra_forbidden", "missing")
    steps = error["loc"][:-1] if own else error["loc"]
    if error["type"].endswith("_type") and steps and steps[-1] in SCALARS:
        steps = steps[:-1]
    for step in steps:
        if isinstance(step, int | bool) or step in ("[key]", *TAGS):
            continue
        if step in section.model_fields:
            field = section.model_fields[step]
            sections = _sections(field.annotation)
            path.append(step)
        elif path == ["simulate"]:
            sections = [_tags()[step]]
        else:
            path.append(step)
        section = sections[0] if len(sections) == 1 else section
    return path, section, field


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections(part)]


def _tags() -> dict[str, type[BaseModel]]:
    found = _sections(Settings.model_fields["simulate"].annotation)
    return {get_args(section.model_fields["model"].annotation)[0]: section for section in found}
