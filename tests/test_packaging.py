"""What the package says of itself: its dependencies, its version, its types."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import caudal
import pytest
from packaging.requirements import Requirement
from test_house import pins

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "scripts/caudal"
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = DECLARED["project"]
IMPORT_NAMES = {"pyyaml": "yaml", "pyzmq": "zmq", "scikit-learn": "sklearn"}


def third_parties():
    """The names of all libraries that the package imports."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.split(".")[0]


def test_what_is_imported_is_declared():
    declared = {Requirement(line).name for line in PROJECT["dependencies"]}
    # Two come with the library whose part they are, the third is asked for by who has it.
    parts = {"pydantic_core", "llvmlite", "polars"}
    imported = set(third_parties()) - {"caudal"} - set(sys.stdlib_module_names) - parts
    assert {IMPORT_NAMES.get(name, name) for name in declared} == imported


def test_the_pins_are_of_what_is_declared():
    lines = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["workflow"]
    declared = {line.name: line.specifier for line in map(Requirement, lines)}
    pinned = pins("requirements.txt")
    assert set(declared) == set(pinned)
    for name, version in pinned.items():
        assert version in declared[name], name


def test_the_version_has_one_home():
    assert DECLARED["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "caudal.__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", caudal.__version__)
    newest = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest[0] == "Unreleased" if ".dev" in caudal.__version__ else caudal.__version__
    assert all(re.fullmatch(r"[\d.]+ \(\d{4}-\d\d-\d\d\)", heading) for heading in newest[1:])


def test_files_beside_the_code_are_packaged():
    """Templates, and the mark that tells type checkers to look."""
    listed = DECLARED["tool"]["setuptools"]["package-data"]
    for file in PACKAGE.rglob("*"):
        if file.is_file() and file.suffix != ".py" and file.parent.name != "__pycache__":
            room = ".".join(file.relative_to(PACKAGE.parent).parent.parts)
            assert any(file.match(pattern) for pattern in listed[room]), file


def test_the_public_names_are_those_of_their_homes():
    assert dir(caudal) == sorted(caudal._HOMES) == sorted(caudal.__all__)
    for name, home in caudal._HOMES.items():
        assert getattr(caudal, name) is getattr(sys.modules[home], name)


@pytest.mark.parametrize("inside", [None, "scripts/caudal/__init__.py"])
def test_a_clone_named_caudal_beside_one_does_not_hide_the_package(tmp_path, inside):
    """A folder without ``__init__.py`` is a package too, to Python, but the last that it takes."""
    clone = tmp_path / "caudal"
    clone.mkdir()
    if inside:
        (clone / inside).parent.mkdir(parents=True)
        (clone / inside).touch()
    done = subprocess.run(
        [sys.executable, "-c", "import caudal; print(caudal.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )  # fmt: skip
    assert done.stdout.strip() == str(PACKAGE / "__init__.py")


@pytest.mark.slow
def test_types():
    done = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
