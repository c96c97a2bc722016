"""What stands behind --config, read as the YAML of a file would be."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import yaml


def reread(config: dict, arguments: Sequence[str]) -> dict:
    """The config with the nested values of ``arguments``, as in ``stream={batch_size: 50}``.

    Snakemake leaves every value within braces a text. ``arguments`` are those of --config; what
    does not come from them stays as it is.

    >>> reread({"stream": {"batch_size": "50", "epochs": 2}}, ["stream={batch_size: 50}"])
    {'stream': {'batch_size': 50, 'epochs': 2}}
    """
    settings = deepcopy(config)
    for argument in arguments:
        key, _, text = argument.partition("=")
        if key not in settings or not text.lstrip().startswith(("{", "[")):
            continue
        try:
            texts, values = yaml.load(text, yaml.BaseLoader), yaml.safe_load(text)
        except yaml.YAMLError:  # Snakemake takes it as a text, and so do we
            continue
        settings[key] = _replaced(settings[key], texts, values)
    return settings


def _replaced(found: Any, texts: Any, values: Any) -> Any:
    """``found`` with the values in place of their texts."""
    if not (isinstance(found, dict) and isinstance(texts, dict)):
        return values if found == texts else found
    new = dict(found)
    for (name, text), (key, value) in zip(texts.items(), values.items(), strict=True):
        if name in found:
            del new[name]
            new[key] = _replaced(found[name], text, value)
    return new
