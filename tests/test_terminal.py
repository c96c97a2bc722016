"""What stands on the terminal, and where a log goes that cannot be written."""

import logging
import sys

import pytest
from caudal.errors import UserError
from caudal.workflow import run_lock, terminal
from caudal.workflow.job_log import job_log
from workflow import CONFIG, ROOT, snakemake, write_config

STEERS = ("\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2066", "\u200b")


@pytest.mark.parametrize("sign", STEERS)
def test_snakemakes_lines_steer_nothing(sign):
    record = logging.makeLogRecord({"msg": f"input: a{sign}b.csv\n\tÅ 表"})
    said = terminal.Short(None).format(record)
    assert sign not in said
    assert said.endswith("b.csv\n\tÅ 表")


def test_names_steer_no_terminal(tmp_path):
    name = "a\x1b[31m\x07\u202eb.csv"
    config = {**CONFIG, "data": {"files": ["*.csv"], "label": "y"}}
    del config["simulate"]
    write_config(tmp_path, config)
    (tmp_path / name).write_text("x1,x2,x3,y\n1,2,3,4\n1,2,3,0,0\n")
    run = snakemake(tmp_path)
    assert run.returncode == 1
    assert not set("\x1b\x07\u202e") & set(run.stdout)
    assert r"a\x1b[31m\x07\u202eb.csv" in run.stdout


def test_a_word_in_braces_is_no_file_name(tmp_path):
    config = {**CONFIG, "data": {"files": ["a{b}.csv"], "label": "y"}}
    del config["simulate"]
    write_config(tmp_path, config)
    (tmp_path / "a{b}.csv").write_text("x1,y\n1,0\n")
    run = snakemake(tmp_path, "-n")
    assert run.returncode == 1
    assert "a{b}.csv has a word in braces in its name" in run.stdout


def lock_exception():
    sys.path.insert(0, str(ROOT / "scripts"))
    from snakemake.exceptions import LockException

    return logging.makeLogRecord({"msg": f"LockException:\n{LockException()}"})


def test_unlock_is_offered_where_nobody_is_at_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = lock_exception()
    with run_lock.take() as lock:
        short = terminal.Short(None, lock)
        assert "--unlock" in short.format(record)
        with run_lock.take():
            assert terminal.AT_WORK in short.format(record)
            assert "--unlock" not in short.format(record)
    assert "--unlock" in terminal.Short(None).format(record)


@pytest.fixture
def full_disk(tmp_path, monkeypatch):
    """A log whose file can be opened and not written to, as on a full disk."""
    path = tmp_path / "logs/fit/a.log"
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/full")
    return path


def test_a_job_goes_on_where_its_log_cannot_be_written(full_disk, capsys):
    with job_log(full_disk) as log:
        log.info("the first line")
        log.info("the second line")
    said = capsys.readouterr().err
    assert said.count("cannot be written (No space left on device)") == 1
    assert "the first line" in said
    assert "the second line" in said
    assert "Traceback" not in said
    assert "Logging error" not in said


def test_a_job_without_a_folder_for_its_log(tmp_path, capsys):
    (tmp_path / "logs").write_text("no folder")
    with job_log(tmp_path / "logs/fit/a.log") as log:
        log.info("a line")
    said = capsys.readouterr().err
    assert "cannot be written (Not a directory)" in said
    assert "a line" in said


def test_a_failure_is_told_though_the_log_cannot_be_written(full_disk, capsys):
    with pytest.raises(SystemExit), job_log(full_disk):
        raise UserError("a sentence \x1b[2J")
    said = capsys.readouterr().err
    assert "Caudal: a sentence \\x1b[2J" in said
