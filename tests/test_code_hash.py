"""The hash of a script's code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from caudal.workflow import code_hash as module

ROOT = Path(__file__).parents[1]
RULES = sorted(file.stem for file in (ROOT / "scripts").glob("*.py"))
TABLE = Path(__file__).with_name("code_by_rule.txt")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the scripts, whose files a test may edit."""
    shutil.copytree(
        ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(module, "PACKAGE", tmp_path / "scripts/caudal")

    def hashes(*names):
        for cached in (module._imports, module._passed_on, module._tree, module._meaning):
            cached.cache_clear()
        return [module.code_hash(tmp_path / f"scripts/{name}.py") for name in names]

    yield tmp_path / "scripts/caudal", hashes
    hashes()


def test_an_edit_is_seen_where_the_module_is_used(package):
    folder, hashes = package
    before = hashes("fit", "to_parquet", "simulate")
    with open(folder / "learn/scoring.py", "a") as file:
        file.write("\nMORE = 1\n")
    after = hashes("fit", "to_parquet", "simulate")
    assert before[0] != after[0]
    assert before[1:] == after[1:]


def test_comments_docstrings_and_layout_do_not_count(package):
    folder, hashes = package
    before = hashes("fit")
    source = (folder / "learn/scoring.py").read_text()
    edited = source.replace('"""', '"""In other words: ') + "\n\n# A word more.\n"
    (folder / "learn/scoring.py").write_text(edited.replace('"""In other words: \n', '"""\n'))
    assert hashes("fit") == before


def test_annotations_of_functions_do_not_count(package):
    folder, hashes = package
    before = hashes("fit")
    source = (folder / "learn/scoring.py").read_text()
    edited = re.sub(r"\) -> [^:\n]+:\n", "):\n", source)
    assert edited != source
    (folder / "learn/scoring.py").write_text(edited)
    assert hashes("fit") == before


def test_lazy_imports_are_seen(package):
    folder, hashes = package
    before = hashes("simulate", "fit")
    for name in ("simulate/clicks", "streams/muxing"):
        with open(folder / f"{name}.py", "a") as file:
            file.write("\nMORE = 1\n")
    after = hashes("simulate", "fit")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_what_no_result_depends_on_does_not_count(package):
    folder, hashes = package
    before = hashes(*RULES)
    for name in (
        "workflow/job_log", "errors", "streams/learner", "__init__", "moved", "streams/__init__",
    ):  # fmt: skip
        with open(folder / f"{name}.py", "a") as file:
            file.write("\nMORE = 1\n")
    assert hashes(*RULES) == before


def test_a_template_counts_where_its_page_is_written(package):
    folder, hashes = package
    before = hashes("write_report", "fit")
    with open(folder / "report/page.css", "a") as file:
        file.write("p { margin: 0 }")
    after = hashes("write_report", "fit")
    assert before[0] != after[0]
    assert before[1] == after[1]


def table():
    """The modules that each rule's results depend on."""
    reached = {rule: set(module.modules_of(ROOT / f"scripts/{rule}.py")) for rule in RULES}
    modules = sorted(set.union(*reached.values()))
    lines = [
        [str(file.relative_to(module.PACKAGE)), *(rule for rule in RULES if file in reached[rule])]
        for file in modules
    ]
    return "".join(" ".join(line) + "\n" for line in lines)


def test_the_table_of_modules_and_rules():
    """An edit of the module reruns these rules. After a change of imports look at what
    ``python tests/test_code_hash.py`` writes: is it what the results depend on?"""
    assert TABLE.read_text() == table()


def test_what_tells_exists():
    for name in module.TELLING:
        assert module._file(name).is_file() or (module.PACKAGE / name).is_dir()


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_no_module_that_a_job_loads_is_left_out(rule):
    """What Python itself loads for a script, beside what only passes names on or tells."""
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1]);"
        "print(*(m.__file__ for n, m in list(sys.modules.items()) if n.startswith('caudal')))"
    )
    script = ROOT / f"scripts/{rule}.py"
    said = subprocess.run(
        [sys.executable, "-c", code, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {Path(name) for name in said.stdout.split()} - set(module.modules_of(script))
    left = {file for file in loaded if file.name != "__init__.py" and not module.tells(file)}
    # The first is loaded by streams/__init__ for its own users, the second by what only tells.
    assert left <= {module.PACKAGE / "streams/streamer.py", module.PACKAGE / "wording.py"}


if __name__ == "__main__":
    TABLE.write_text(table())
