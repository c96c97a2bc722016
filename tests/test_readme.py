"""What the README and the pages of docs show works as it stands."""

import doctest
import re
import shlex
from pathlib import Path

import pytest
import yaml
from caudal import cli
from caudal.config.first_grid import FIRST_CLASSIFIER
from caudal.config.grid_checks import make_points
from caudal.config.settings import complete
from snakemake.cli import get_argument_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = {
    str(page.relative_to(ROOT)): page.read_text()
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
LEAST = {"data": {"files": ["data/*.csv"], "label": "bought"}, "grid": [{}]}
"""What a piece of a config is completed with."""


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(text):
    """The command lines of a page, without their comments."""
    lines = [line for block in blocks("bash", text) for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if ">>>" in text])
def test_by_hand(folder, monkeypatch, page):
    monkeypatch.chdir(folder)
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for block in blocks("python", PAGES[page]):
        runner.run(parser.get_doctest(block, {}, page, page, 0))
    found = runner.summarize()
    assert (found.attempted >= 4, found.failed) == (True, 0)


@pytest.mark.parametrize("page", PAGES)
def test_its_configs_are_complete(page):
    for block in blocks("yaml", PAGES[page]):
        written = yaml.safe_load(block)
        settings = complete({**LEAST, **written})
        assert make_points(settings)


@pytest.mark.parametrize("page", PAGES)
def test_its_commands_can_be_given(page):
    for name, *words in commands(PAGES[page]):
        if name == "snakemake":
            get_argument_parser().parse_args(words)
        elif name == "caudal":
            cli._parser().parse_args(words)
        else:
            assert name in ("python3", "cd", "pip", "source"), name


@pytest.mark.parametrize("page", PAGES)
def test_the_profiles_and_examples_that_it_names_are_there(page):
    named = re.findall(r"(?<![\w/])((?:profiles|examples|envs|tests)/[\w./-]*\w)", PAGES[page])
    for name in named:
        assert (ROOT / name).exists(), name


def test_the_readme_leads_to_every_page():
    linked = set(re.findall(r"\]\((docs/\w+\.md)\)", README))
    assert linked == set(PAGES) - {"README.md"}


@pytest.mark.parametrize("file", ["README.md", "examples/own_csv.yaml", "examples/clicks.yaml"])
def test_a_first_config_has_the_grid_to_start_from(file):
    text = (ROOT / file).read_text()
    config = yaml.safe_load(blocks("yaml")[0] if file == "README.md" else text)
    assert config["grid"][0]["classifier"] == FIRST_CLASSIFIER
    assert file != "README.md" or len(make_points(complete(config))) == 6


def test_examples_are_complete():
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        settings = complete(yaml.safe_load(file.read_text()))
        assert make_points(settings)


def test_ci_calls_the_readmes_test_command():
    lines = [line for line in blocks("bash")[1].splitlines() if line]
    assert lines[-1] in (ROOT / ".ci/run").read_text()
