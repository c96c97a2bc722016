"""The config: completed with its defaults, and every error one sentence before any job starts."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from caudal.config.command_line import reread
from caudal.config.sections import Mux, Settings
from caudal.config.sentences import sentence
from caudal.data.label_rules import TESTS, asked_tests, settle_label
from caudal.data.tasks import REGRESSION
from caudal.errors import UserError


def complete(config: dict, given: dict | None = None, arguments: Sequence[str] = ()) -> dict:
    """The config with every default filled in, plain and with sorted keys.

    ``given`` is what the user gave on the command line, by ``--configfile`` or ``--config``, and
    is part of ``config``; ``arguments`` are the words behind ``--config``. Where a config that
    simulates is given files, its simulation and its description of data do not apply. The grid is
    left as it is written. Raises UserError for the first thing that is wrong.
    """
    config, given = reread(config, arguments), reread(given or {}, arguments)
    if (
        config.get("simulate")
        and "simulate" not in given
        and (given.get("data") or {}).get("files")
    ):
        config = {**config, "simulate": None, "data": given["data"]}
    try:
        settings = Settings.model_validate(config)
    except ValidationError as error:
        raise UserError(sentence(error)) from None
    _check_sources(settings)
    _settle_order(settings)
    plain = settings.model_dump(exclude={"grid"})
    _check_label(plain["data"])
    plain["data"] |= settle_label(plain["data"]["label"])
    plain["grid"] = [grid.model_dump(exclude_unset=True) for grid in settings.grid]
    return _in_order(plain)


def _check_sources(settings: Settings) -> None:
    if settings.simulate and settings.data.files:
        raise UserError(
            "simulate and data.files contradict each other; leave one of them out, or write null "
            "for it."
        )
    if not settings.simulate and not settings.data.files:
        raise UserError(
            "data.files is missing: write the CSV files to read, such as files: [data/*.csv], or a "
            "section simulate."
        )


def _check_label(data: dict) -> None:
    if isinstance(data["label"], str):
        return
    asked = asked_tests(data["label"])
    if len(asked) != 1:
        raise UserError(
            f"data.label asks {' and '.join(asked) or 'nothing'} of the column "
            f"{data['label']['column']!r}; write one of {', '.join(TESTS)}, as in label: {{column: "
            f"{data['label']['column']}, missing: true}}."
        )
    if data["task"] == REGRESSION.name:
        raise UserError(
            f"data.label asks a question, whose answers are classes, and data.task is regression; "
            f"write label: {data['label']['column']} for the number itself, or leave task out."
        )
    if data["classes"]:
        raise UserError(
            "data.classes has no effect on a label that is made of a column, whose classes are "
            "True and False; leave it out."
        )


def _settle_order(settings: Settings) -> None:
    stream = settings.stream
    if stream.order != "mux":
        if stream.mux:
            raise UserError(
                f"stream.mux has no effect with order: {stream.order}; write order: mux beside it, "
                f"or leave it out."
            )
        return
    stream.mux = stream.mux or Mux()
    if stream.mux.rate is not None and not stream.mux.replacement:
        raise UserError(
            "stream.mux.rate ends a chunk before all its rows are taken, so without replacement "
            "rows would be lost; write replacement: true beside it, or leave rate out."
        )


def _in_order(value: Any) -> Any:
    """The same with the keys of every section sorted: their order in the file means nothing."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=str)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value
