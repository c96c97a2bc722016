"""The compiled cache: damage and a full disk cost a compilation, and no job."""

import errno
import importlib.util
import logging
import subprocess
import sys

import pytest
from caudal import compiled as compiled_module

SOURCE = """
from caudal.compiled import compiled


@compiled
def inner(x):
    return x + 1


@compiled(fastmath=False)
def outer(x):
    return 2 * inner(x)
"""


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A module with compiled functions."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    file = tmp_path / "compiled_here.py"
    file.write_text(SOURCE)
    return file


def imported(file):
    """The module, executed anew."""
    spec = importlib.util.spec_from_file_location("compiled_here", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hits(module):
    module_stats = module.outer.stats
    return sum(module_stats.cache_hits.values()), sum(module_stats.cache_misses.values())


def files(source):
    return sorted(source.parent.rglob("*.nb[ic]"))


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_it_is_compiled_once(source):
    first, second = imported(source), imported(source)
    assert (first.outer(1), second.outer(1)) == (4, 4)
    assert (hits(first), hits(second)) == ((0, 1), (1, 0))
    assert files(source)


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[:-20], flipped, lambda content: b"x" * 99],
)
@pytest.mark.parametrize("kind", [".nbi", ".nbc"])
def test_damaged_files_are_said_and_made_again(source, caplog, damage, kind):
    imported(source).outer(1)
    whole = set(files(source))
    for file in files(source):
        if file.suffix == kind:
            file.write_bytes(damage(file.read_bytes()))
    with caplog.at_level(logging.WARNING, "caudal"):
        module = imported(source)
        assert module.outer(1) == 4
    assert "is damaged: the function in it is compiled anew" in caplog.text
    assert hits(module) == (0, 1)
    again = imported(source)
    assert again.outer(1) == 4
    assert hits(again) == (1, 0)
    assert set(files(source)) == whole


def test_a_full_disk_is_said(source, caplog, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(compiled_module._Files, "_write", full)
    with caplog.at_level(logging.WARNING, "caudal"):
        assert imported(source).outer(1) == 4
    assert "cannot be written" in caplog.text
    assert "No space left" in caplog.text


def test_an_edit_is_seen(source):
    assert imported(source).outer(1) == 4
    source.write_text(SOURCE.replace("2 *", "30 *"))
    assert imported(source).outer(1) == 60


def test_another_process_takes_it_from_the_disk(source):
    code = "import compiled_here as c; print(c.outer(1), sum(c.outer.stats.cache_hits.values()))"
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=source.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert said == [["4", "0"], ["4", "1"]]
