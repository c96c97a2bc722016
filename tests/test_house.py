"""What holds the project together: pins, lint, format, and words that stay out."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def pins(name):
    lines = (ROOT / "envs" / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def conda_pins(name):
    found = yaml.safe_load((ROOT / "envs" / name).read_text())["dependencies"]
    matched = [re.fullmatch(r"(\S+) =([0-9.]+)", line) for line in found]
    return {m[1].replace("-minimal", ""): m[2] for m in matched if m}


def run(*arguments):
    done = subprocess.run(
        arguments,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def tracked():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_conda_files_carry_the_same_pins():
    assert conda_pins("caudal.yaml") == pins("requirements.txt")
    everything = pins("requirements.txt") | pins("requirements-dev.txt")
    assert conda_pins("caudal-dev.yaml") == everything


def test_ruff():
    run(str(BIN / "ruff"), "check", ".")
    run(str(BIN / "ruff"), "format", "--check", ".")


def test_snakefmt():
    run(str(BIN / "snakefmt"), "--check", "Snakefile", "rules")


def test_snakemake_lint(tmp_path):
    run(sys.executable, "-m", "snakemake", "--lint", "--directory", str(tmp_path))


def test_no_address_of_a_package_registry():
    word = re.compile(r"pypi\.|files\.pythonhosted|registry\.npmjs|deb\.debian", re.IGNORECASE)
    for file in tracked():
        if file.suffix in {".py", ".md", ".txt", ".yaml", ".toml", ".smk", ""}:
            assert not word.search(file.read_text(errors="ignore")), file


def test_nothing_in_the_package_imports_snakemake():
    for file in (ROOT / "scripts/caudal").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) snakemake", file.read_text(), re.MULTILINE), file


def test_the_snakefile_is_short_and_without_functions():
    lines = (ROOT / "Snakefile").read_text().splitlines()
    assert len(lines) < 60
    assert not any(line.startswith("def ") for line in lines)
    assert len((ROOT / "rules/common.smk").read_text().splitlines()) < 100


ROOMS = (
    ["errors", "wording", "atomic", "checked_json", "compiled", "moved"],
    ["streams"],
    ["data"],
    ["features"],
    ["simulate"],
    ["config"],
    ["models"],
    ["learn"],
    ["predictions"],
    ["ranking"],
    ["report"],
    ["workflow"],
    ["cli"],
)
"""The package's modules and folders, in the order of the data's way."""


def imported(file):
    """The rooms that a module imports from, lazily or not."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        ours = (name for name in names if name.startswith("caudal."))
        yield from (name.split(".")[1] for name in ours if name != "caudal.__version__")


def test_the_package_names_the_modules_that_it_uses():
    """The code hash follows names: ``caudal.predict`` would hide which module that is."""
    for file in (ROOT / "scripts/caudal").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "caudal":
                assert node.attr in ("__version__", "__path__"), file


def test_imports_point_one_way():
    home = ROOT / "scripts/caudal"
    floor = {room: i for i, rooms in enumerate(ROOMS) for room in rooms}
    found = {path.stem for path in home.iterdir() if path.stem not in ("__init__", "__pycache__")}
    assert found - {"py"} == set(floor)
    for file in home.rglob("*.py"):
        room = file.relative_to(home).parts[0].removesuffix(".py")
        for other in imported(file) if room != "__init__" else ():
            assert floor[other] <= floor[room], f"{file} imports {other}"
