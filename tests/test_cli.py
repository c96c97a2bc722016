"""The command ``caudal``."""

import subprocess
import sys

import pytest
from caudal import cli
from finished_run import write_run


@pytest.fixture
def folder(tmp_path):
    """A finished run whose models are not looked at."""
    records = write_run(tmp_path)
    ids = "".join(f"{record['point']},1\n" for record in records)
    (tmp_path / "results/grid.csv").write_text("point,alpha\n" + ids)
    return tmp_path


def call(*words):
    with pytest.raises(SystemExit) as end:
        cli.main([str(word) for word in words])
    return end.value.code


def test_it_says_how_far_the_run_is(folder, capsys):
    assert not call("--directory", folder)
    assert "12 of 12 points" in capsys.readouterr().out
    assert not call("--directory", folder, "watch")


def test_check_names_what_is_damaged_and_removes_it_only_when_told(folder, capsys):
    ranking = folder / "results/ranking.csv"
    ranking.write_text(ranking.read_text().replace("0.001", "0.002", 1))
    assert call("--directory", folder, "check") == 1
    assert f"{ranking} is damaged" in capsys.readouterr().out
    assert ranking.exists()
    assert call("--directory", folder, "check", "--discard") == 1
    assert not ranking.exists()


def test_elsewhere_it_says_where_to_call_it(tmp_path):
    for words in ([], ["watch"], ["check"]):
        assert "working directory of a run" in call("--directory", tmp_path, *words)


def test_help_names_the_commands():
    said = subprocess.run(
        [sys.executable, "-c", "from caudal.cli import main; main()", "--help"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "watch" in said and "check" in said
