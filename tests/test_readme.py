"""What the README shows works as it stands."""

import doctest
import re
from pathlib import Path

import pytest
import yaml
from caudal.config.first_grid import FIRST_CLASSIFIER
from caudal.config.grid_checks import make_points
from caudal.config.settings import complete

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_by_hand(folder, monkeypatch):
    monkeypatch.chdir(folder)
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for block in blocks("python"):
        runner.run(parser.get_doctest(block, {}, "README", "README.md", 0))
    assert runner.summarize().attempted >= 7
    assert runner.summarize().failed == 0


def test_the_example_config_is_complete():
    for block in blocks("yaml"):
        settings = complete(yaml.safe_load(block))
        assert len(make_points(settings)) == 6


@pytest.mark.parametrize("file", ["README.md", "examples/own_csv.yaml", "examples/clicks.yaml"])
def test_a_first_config_has_the_grid_to_start_from(file):
    text = (ROOT / file).read_text()
    config = yaml.safe_load(blocks("yaml")[0] if file == "README.md" else text)
    assert config["grid"][0]["classifier"] == FIRST_CLASSIFIER


def test_examples_are_complete():
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        settings = complete(yaml.safe_load(file.read_text()))
        assert make_points(settings)


def test_its_files_are_there():
    for name in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / name).exists(), name


def test_ci_calls_the_readmes_test_command():
    commands = [line for line in blocks("bash")[1].splitlines() if line]
    assert commands[-1] in (ROOT / ".ci/run").read_text()
