"""The docs name what is there: rooms, files, keys of the config, words of the command line."""

import json
import re
from pathlib import Path

import pytest
import yaml
from caudal import cli

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "scripts/caudal"
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
DOCS = {name: (ROOT / name).read_text() for name in ("ARCHITECTURE.md", "CONTRIBUTING.md")}
PAGES = {
    str(page.relative_to(ROOT)): page.read_text()
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
SCHEMA = ROOT / "rules/config.schema.yaml"
KEYS = ROOT / "config/README.md"
MARKS = "<!-- keys -->", "<!-- /keys -->"


def test_the_architecture_names_the_rooms_that_are_there():
    text = DOCS["ARCHITECTURE.md"]
    assert sorted(re.findall(r"^    (\w+)\[\"<b>\1</b>", text, re.MULTILINE)) == ROOMS
    assert sorted(re.findall(r"^\| `(\w+)` \| .*\| `\1/", text, re.MULTILINE)) == ROOMS


def test_its_arrows_are_the_imports_way():
    """A room uses only those above it, as the test of imports has them."""
    from test_house import ROOMS as FLOORS

    floor = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}
    rooms_picture = DOCS["ARCHITECTURE.md"].split("```mermaid")[1].split("```")[0]
    chains = [line.strip().split(" --> ") for line in rooms_picture.splitlines() if "-->" in line]
    assert set(sum(chains, [])) == set(ROOMS)
    for chain in chains:
        assert sorted(chain, key=floor.__getitem__) == chain


@pytest.mark.parametrize("name", DOCS)
def test_the_files_that_it_names_are_there(name):
    named = re.findall(r"`([\w<>*-]+(?:/[\w<>*-]+)*\.(?:py|smk|yaml|txt|md))`", DOCS[name])
    assert len(named) > 5
    for file in named:
        if "<" not in file and file not in ("score.json",):
            homes = (ROOT, PACKAGE, PACKAGE / "learn", PACKAGE / "learn/learners")
            assert any(list(home.glob(file)) for home in homes), file


def anchors(page):
    """The anchors of a page's headings, as a Markdown host makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", [*DOCS, *PAGES, "config/README.md", "CHANGELOG.md"])
def test_its_links_lead_somewhere(name):
    for link in re.findall(r"\]\(([^) ]+)\)", (ROOT / name).read_text()):
        if not link.startswith("http"):
            path, _, anchor = link.partition("#")
            page = (ROOT / name).parent / path if path else ROOT / name
            assert page.exists(), link
            assert not anchor or anchor in anchors(page), link


def test_commands_of_make_are_there():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for text in [
        *DOCS.values(),
        *PAGES.values(),
        (ROOT / ".github/workflows/test.yml").read_text(),
    ]:
        assert set(re.findall(r"(?:`|run: )make (\w+)", text)) <= targets


def keys(schema, above=""):
    """The dotted keys of a schema; each with what it means and, where there is one, its default."""
    for name, inner in schema.get("properties", {}).items():
        words = inner.get("description") or inner.get("const", "")
        yield f"{above}{name}", words, inner.get("default")
        yield from keys(inner, f"{above}{name}.")
    for inner in [schema.get("items"), *schema.get("anyOf", []), *schema.get("oneOf", [])]:
        if isinstance(inner, dict):
            yield from keys(inner, above)


def table_of_keys():
    """The config's keys as a table in Markdown, each once."""
    found = {}
    for key, words, default in keys(yaml.safe_load(SCHEMA.read_text())):
        known, _ = found.setdefault(key, ([], default))
        if words not in known:
            known.append(words)
    lines = ["| key | default | what it means |", "|---|---|---|"]
    for key, (words, default) in found.items():
        shown = "" if default in (None, {}) else f"`{json.dumps(default)}`"
        lines.append(f"| `{key}` | {shown} | {'; '.join(words).replace('|', '/')} |")
    return "\n".join(lines) + "\n"


def test_every_key_of_the_config_stands_in_its_table():
    """``make tables`` writes it anew."""
    table = table_of_keys()
    assert table.count("\n") > 40
    assert MARKS[0] + "\n" + table + MARKS[1] in KEYS.read_text()


def test_every_key_of_the_config_has_a_meaning():
    for key, words, _ in keys(yaml.safe_load(SCHEMA.read_text())):
        assert words, key


def test_the_words_of_the_command_line_stand_in_the_docs():
    told = "\n".join(PAGES.values())
    parser = cli._parser()
    commands = next(action.choices for action in parser._actions if action.choices)
    assert {"watch", "check"} <= set(commands)
    for word, command in commands.items():
        assert f"caudal {word}" in told
        for option in command._option_string_actions:
            assert option in told or option in ("-h", "--help"), option


if __name__ == "__main__":
    before, rest = KEYS.read_text().split(MARKS[0])
    KEYS.write_text(f"{before}{MARKS[0]}\n{table_of_keys()}{MARKS[1]}{rest.split(MARKS[1])[1]}")
