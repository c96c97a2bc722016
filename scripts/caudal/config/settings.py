"""The config: completed with its defaults, and every error one sentence before any job starts."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import yaml

from caudal.config.grid_checks import alike
from caudal.errors import UserError

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def complete(config: dict, given: dict, schema_file: str | Path) -> dict:
    """The config with every default filled in.

    ``given`` is what the user gave on the command line, by ``--configfile`` or ``--config``, and
    is part of ``config``: where it brings files of its own, the workflow's own simulation and
    description of data do not apply. Raises UserError for the first thing that is wrong.
    """
    settings = deepcopy(config)
    if "files" in (given.get("data") or {}):
        settings["data"] = deepcopy(given["data"])
        if "simulate" not in given:
            settings.pop("simulate", None)
    for key in ("simulate", "predict"):
        if not settings.get(key):
            settings.pop(key, None)
    _refuse_text_numbers(settings)
    schema = yaml.safe_load(Path(schema_file).read_text(encoding="utf-8"))
    _check(settings, schema)
    _fill(settings, schema)
    if "simulate" in settings:
        from caudal.simulate.write import complete as complete_simulation

        settings["simulate"] = complete_simulation(settings["simulate"])
        settings["data"].pop("files", None)
    elif "files" not in settings["data"]:
        raise UserError(
            "data.files is missing: write the CSV files to read, such as files: [data/*.csv], or a "
            "section simulate."
        )
    stream = settings["stream"]
    if stream["order"] == "mux" and stream["rate"] is not None and not stream["replacement"]:
        raise UserError(
            "stream.rate ends a chunk before all its rows are taken, so without replacement rows "
            "would be lost; write replacement: true beside it, or leave rate out."
        )
    return _in_order(settings)


def _in_order(value):
    """The same with the keys of every section sorted: their order in the file means nothing."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=str)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def _refuse_text_numbers(settings: dict) -> None:
    for section in ("seed", "stream", "score", "points_per_job", "simulate", "grid"):
        for path, value in _leaves(settings.get(section), section):
            if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
                raise UserError(
                    f"{path}: YAML reads {value} as text, not as a number; write "
                    f"{_as_yaml_number(value)}."
                )


def _as_yaml_number(text: str) -> str:
    mantissa, _, exponent = text.strip().lower().partition("e")
    if not exponent:
        return text.strip()
    sign = exponent if exponent[0] in "+-" else f"+{exponent}"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{sign}"


def _leaves(value, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("features", "interactions", "weights"):
                yield from _leaves(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    else:
        yield path, value


def _check(settings: dict, schema: dict) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema).iter_errors(settings))
    if error is None:
        return
    path = ".".join(str(key) for key in error.absolute_path if not isinstance(key, int))
    at = f"{path}: " if path else ""
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = next(key for key in error.instance if key not in known)
        raise UserError(
            f"{at}there is no key {unknown!r}{alike(unknown, known)}; the keys are "
            f"{', '.join(known)}."
        )
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        what = error.schema["properties"].get(missing, {}).get("description", "")
        raise UserError(f"{at}the key {missing!r} is missing. {what}".rstrip(". ") + ".")
    if error.validator == "enum":
        choices = ", ".join("null" if c is None else str(c) for c in error.validator_value)
        raise UserError(f"{at}{error.instance!r} is none of {choices}; write one of them.")
    described = error.schema.get("description", "")
    phrases = {
        "minimum": "is below",
        "maximum": "is above",
        "exclusiveMinimum": "is not above",
        "exclusiveMaximum": "is not below",
    }
    if error.validator == "type":
        wanted = f"is no {_types(error.validator_value)}"
    elif error.validator in phrases:
        wanted = f"{phrases[error.validator]} {error.validator_value}"
    else:
        wanted = f"does not fit ({error.message})"
    raise UserError(f"{at}{error.instance!r} {wanted}. {described}".rstrip(". ") + ".")


def _types(value) -> str:
    names = {"object": "section of keys", "array": "list", "string": "text"}
    values = [value] if isinstance(value, str) else value
    return " or ".join(names.get(v, v) for v in values)


def _fill(settings: dict, schema: dict) -> None:
    for key, part in schema.get("properties", {}).items():
        if key in ("simulate", "grid"):
            continue
        if "default" in part:
            settings.setdefault(key, deepcopy(part["default"]))
        if isinstance(settings.get(key), dict):
            _fill(settings[key], part)
