"""The config's schema for readers and editors, made of the sections.

``python -m caudal.config.schema > rules/config.schema.yaml`` writes it anew.
"""

from typing import Any

import yaml

from caudal.config.sections import Settings

HEAD = (
    "# The config, closed: what is not here is a typing error. `default` is what a key left out "
    "means.\n"
)


def schema_text() -> str:
    """The JSON schema as YAML, every section where it stands in the config."""
    schema = Settings.model_json_schema()
    inner = schema.pop("$defs")
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Caudal"}
    found |= {k: v for k, v in _plain(schema, inner).items() if k != "description"}
    return HEAD + yaml.safe_dump(found, sort_keys=False, width=120, allow_unicode=True)


def _plain(part: Any, inner: dict[str, dict]) -> Any:
    """A part without references and titles; what a key means goes before its section's words."""
    if isinstance(part, list):
        return [_plain(item, inner) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        part = {**inner[part["$ref"].rsplit("/", 1)[1]], **part}
    if "default" in part and "$ref" in part:  # the section's keys say it
        del part["default"]
    return {
        key: {name: _plain(value, inner) for name, value in item.items()}
        if key == "properties"
        else _plain(item, inner)
        for key, item in part.items()
        if key not in ("title", "$ref", "discriminator")
    }


if __name__ == "__main__":
    print(schema_text(), end="")
