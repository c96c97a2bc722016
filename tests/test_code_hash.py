"""The hash of a script's code."""

import shutil
from pathlib import Path

import pytest
from caudal.workflow import code_hash as module

ROOT = Path(__file__).parents[1]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the scripts, whose files a test may edit."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__*__"))
    monkeypatch.setattr(module, "PACKAGE", tmp_path / "scripts/caudal")

    def hashes(*names):
        for cached in (module._imports, module._tree, module._meaning):
            cached.cache_clear()
        return [module.code_hash(tmp_path / f"scripts/{name}.py") for name in names]

    yield tmp_path / "scripts/caudal", hashes
    hashes()


def test_an_edit_is_seen_where_the_module_is_used(package):
    folder, hashes = package
    before = hashes("fit", "to_parquet", "simulate")
    source = (folder / "learn/sgd_kernel.py").read_text()
    (folder / "learn/sgd_kernel.py").write_text(source.replace("1e12", "1e13"))
    after = hashes("fit", "to_parquet", "simulate")
    assert before[0] != after[0]
    assert before[1:] == after[1:]


def test_comments_docstrings_and_layout_do_not_count(package):
    folder, hashes = package
    before = hashes("fit")
    source = (folder / "learn/sgd_kernel.py").read_text()
    source = source.replace('"""Stochastic', '"""Slow and stochastic') + "\n\n# A word more.\n"
    (folder / "learn/sgd_kernel.py").write_text(source)
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
