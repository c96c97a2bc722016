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
def test_damaged_files_are_said_and_made_again(source, caplog, damage):
    imported(source).outer(1)
    whole = set(files(source))
    for file in whole:
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

    monkeypatch.setattr(compiled_module._Files, "save", full)
    with caplog.at_level(logging.WARNING, "caudal"):
        assert imported(source).outer(1) == 4
    assert "cannot be written" in caplog.text
    assert "No space left" in caplog.text


def test_an_edit_is_seen_and_is_no_damage(source, caplog):
    assert imported(source).outer(1) == 4
    source.write_text(SOURCE.replace("2 *", "30 *"))
    module = imported(source)
    assert module.outer(1) == 60
    assert hits(module) == (0, 1)
    assert not caplog.text


def test_an_edit_of_what_is_called_in_another_file_is_seen(source, monkeypatch):
    called = source.with_name("called_here.py")
    inner, outer = SOURCE.split("\n\n\n@compiled(")
    source.write_text(f"from called_here import inner{SOURCE.split('@')[0]}\n@compiled({outer}")
    monkeypatch.syspath_prepend(source.parent)
    said = []
    for more in ("+ 1", "+ 20"):
        called.write_text(inner.replace("+ 1", more))
        monkeypatch.delitem(sys.modules, "called_here", raising=False)
        importlib.invalidate_caches()
        said.append(imported(source).outer(1))
    assert said == [4, 42]


def test_files_of_numbas_own_are_no_damage(source, caplog):
    plain = SOURCE.replace("from caudal.compiled import compiled", "import numba").replace(
        "@compiled(", "@numba.njit(cache=True, "
    )
    source.write_text(plain.replace("@compiled", "@numba.njit(cache=True)"))
    assert imported(source).outer(1) == 4
    source.write_text(SOURCE)
    assert imported(source).outer(1) == 4
    assert not caplog.text


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
