"""Jobs that outlive a killed run: the next one ends them, and nothing old is put in its place."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from caudal.errors import UserError
from caudal.workflow import run_lock
from test_faults import processes, wait_until
from test_helper import alive, until
from workflow import command, finished, results, snakemake, write_config

MINE = {
    "data": {"files": ["mine.csv"], "label": "y"},
    "stream": {"batch_size": 50, "n_batches": 4},
    "grid": [{"vectorizer": {"n_features": 64}, "classifier": {"loss": "log_loss"}}],
}
ALONE = ("--set-threads", "to_parquet=2")
"""A conversion of several threads is not the helper's."""


def write_source(folder, sign):
    rows = [f"{sign * (i % 7 - 3)},{int(i % 7 > 3 - sign)}\n" for i in range(1000)]
    (folder / "mine.csv").write_text("a,y\n" + "".join(rows))


def holds_the_lock(folder, process):
    file = folder / ".snakemake/caudal.jobs"
    if not file.exists():
        return False
    with open(file, "r+") as opened:
        return run_lock._holder(opened) == process


@pytest.fixture
def orphan(tmp_path):
    """Makes a stopped conversion of the old source, whose run has been killed."""
    orphans = []

    def make(at_work):
        write_config(tmp_path, MINE)
        write_source(tmp_path, 1)
        with open(tmp_path / "said", "w") as said:
            run = subprocess.Popen(command(*ALONE), cwd=tmp_path, stdout=said, stderr=said)
        process = wait_until(lambda: processes(tmp_path, "to_parquet"), run)[0]
        if at_work:
            wait_until(lambda: holds_the_lock(tmp_path, process), run)
        os.kill(process, signal.SIGSTOP)
        run.kill()
        run.wait()
        write_source(tmp_path, -1)
        orphans.append(process)
        return process

    yield make
    for process in orphans:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("at_work", [True, False])
def test_a_conversion_of_the_old_file_is_not_put_in_place_of_the_new(
    orphan, tmp_path, tmp_path_factory, at_work
):
    process = orphan(at_work)
    if at_work:  # it has asked the kernel to end it with its run
        until(lambda: not alive(process))
    finished(snakemake(tmp_path))
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGCONT)
    until(lambda: not alive(process))
    fresh = tmp_path_factory.mktemp("fresh")
    write_config(fresh, MINE)
    write_source(fresh, -1)
    finished(snakemake(fresh))
    assert results(tmp_path) == results(fresh)
    assert "Nothing to be done" in finished(snakemake(tmp_path, "-n"))


JOB = """
import sys, time
from caudal.workflow import run_lock
lock = run_lock.join()
print("joined", flush=True)
time.sleep(600)
"""


def job(**environment):
    """A job of the run that this process stands for."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.Popen(
        [sys.executable, "-c", JOB], env=variables, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_dry_run_leaves_them_and_a_run_ends_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run_lock.take().close()
    jobs = [job() for _ in range(3)]
    assert [each.stdout.readline() for each in jobs] == ["joined\n"] * 3
    run_lock.take(starts_jobs=False).close()
    assert all(each.poll() is None for each in jobs)
    run_lock.take().close()
    for each in jobs:
        each.communicate()
        assert each.returncode == -signal.SIGKILL
    said = capsys.readouterr().err
    assert all(str(each.pid) in said for each in jobs)


def test_the_jobs_of_a_run_that_is_alive_are_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with run_lock.take():
        mine = job()
        mine.stdout.readline()
        run_lock.take().close()
        assert mine.poll() is None
    mine.kill()
    mine.communicate()


def test_a_job_that_comes_too_late_ends(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_lock.take().close()
    old = os.environ[run_lock.RUN]
    with run_lock.take():
        late = job(**{run_lock.RUN: old})
        assert "another has begun" in late.communicate()[1]
        assert late.returncode == 1
        run_lock.check_alive()
    with pytest.raises(SystemExit):
        run_lock.check_alive()


def test_another_machines_jobs_are_not_killed_by_their_numbers_here(tmp_path, monkeypatch):
    for holder in (0, -1):
        answer = run_lock._FLOCK.pack(run_lock.fcntl.F_RDLCK, 0, 0, 0, holder)
        monkeypatch.setattr(run_lock.fcntl, "fcntl", lambda *asked, answer=answer: answer)
        with pytest.raises(UserError, match="on another machine"):
            run_lock.take(tmp_path)


def test_who_is_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with run_lock.take() as mine:
        assert run_lock.is_alone(mine)
        with run_lock.take() as other:
            assert not run_lock.is_alone(mine)
            assert not run_lock.is_alone(other)
        assert run_lock.is_alone(mine)
