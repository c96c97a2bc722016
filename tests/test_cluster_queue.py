"""What is left in a cluster's queue, and what is mended and said of SLURM, without one.

Stand-ins for squeue and scancel keep a queue in a file; ``test_slurm_leftover`` has the real ones.
"""

import asyncio
import os
import sys
import types

import pytest
from caudal.errors import UserError
from caudal.workflow import cluster_queue, run_lock, slurm_plugin, slurm_words

NAME = "caudal_6f1f1e3c-0d2b-4f5e-9a44-1c2d3e4f5a6b"
OTHER = "caudal_00000000-0d2b-4f5e-9a44-1c2d3e4f5a6b"
SQUEUE = """#!/bin/sh
test -e $(dirname $0)/away && echo 'slurm_load_jobs error: Unable to contact slurm' >&2 && exit 1
cat $(dirname $0)/queue
"""
SCANCEL = """#!/bin/sh
cd $(dirname $0)
for job in "$@"; do grep -v "^$job|" queue > less; mv less queue; done
"""


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """A queue's file: a line for each job, its id, name and folder."""
    programs = tmp_path / "programs"
    (tmp_path / "run/.snakemake").mkdir(parents=True)
    programs.mkdir()
    for name, text in (("squeue", SQUEUE), ("scancel", SCANCEL)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.chdir(tmp_path / "run")
    (programs / "queue").touch()
    return programs / "queue"


def ids(queue):
    return [line.split("|")[0] for line in queue.read_text().splitlines()]


def test_a_new_run_ends_the_jobs_of_a_killed_one_and_names_them(queue, tmp_path, capsys):
    with run_lock.take():
        cluster_queue.note(run_lock.FOLDER, NAME)
        lines = [f"{job}|{NAME}|/elsewhere" for job in (11, 12)]
        lines += [f"13|{OTHER}|/elsewhere", f"14|bash|{tmp_path}/run"]
        queue.write_text("\n".join(lines) + "\n")
        run_lock.take().close()  # one is alive
        assert ids(queue) == ["11", "12", "13", "14"]
    run_lock.take(starts_jobs=False).close()
    assert ids(queue) == ["11", "12", "13", "14"]
    run_lock.take().close()
    assert ids(queue) == ["13", "14"]
    assert "leftover jobs of it (11, 12): they are ended" in capsys.readouterr().err
    run_lock.take().close()
    assert not capsys.readouterr().err


def test_the_jobs_of_a_run_on_another_machine_stay(queue):
    with run_lock.take():
        cluster_queue.note(run_lock.FOLDER, NAME)
    queue.write_text(f"11|{NAME}|/elsewhere\n")
    locks = run_lock.FOLDER / "locks"
    locks.mkdir()
    (locks / "0.input.lock").touch()
    lock = run_lock.FOLDER / "caudal.lock"
    lock.write_text("another\nrun\n")
    run_lock.take().close()
    assert ids(queue) == ["11"]
    assert lock.read_text() == "another\nrun\n"
    assert run_lock.host_of_locks() == "another"


def test_jobs_that_no_run_has_noted_are_named(queue, tmp_path):
    queue.write_text(f"11|{NAME}|{tmp_path}/run\n12|{OTHER}|/elsewhere\n")
    with pytest.raises(UserError, match="end them by 'scancel 11'"):
        cluster_queue.note(run_lock.FOLDER, OTHER)


def test_a_queue_that_does_not_answer(queue):
    with run_lock.take():
        cluster_queue.note(run_lock.FOLDER, NAME)
    queue.with_name("away").touch()
    with pytest.raises(UserError, match=r"cannot be asked .*squeue: .*Unable to contact"):
        run_lock.take()
    queue.with_name("away").unlink()
    run_lock.take().close()


def test_jobs_that_do_not_end(queue, monkeypatch):
    (queue.with_name("scancel")).write_text("#!/bin/sh\n")
    monkeypatch.setattr(cluster_queue, "PATIENCE", 0)
    with run_lock.take():
        cluster_queue.note(run_lock.FOLDER, NAME)
    queue.write_text(f"11|{NAME}|/elsewhere\n")
    with pytest.raises(UserError, match=r"do not end \(11"):
        run_lock.take()


def test_a_machine_without_a_queue(queue, monkeypatch, capsys):
    with run_lock.take():
        cluster_queue.note(run_lock.FOLDER, NAME)
    monkeypatch.setenv("PATH", "/nowhere")
    run_lock.take().close()
    assert "make sure that none of them is at work" in capsys.readouterr().err
    assert (run_lock.FOLDER / cluster_queue.NOTE).read_text() == f"{NAME}\n"


class Job:
    def __init__(self, number):
        self.external_jobid = number


def plugin(states):
    """A module as Snakemake's plugin is: it forgets jobs where no state came.

    ``states`` are those that SLURM tells, one question after the other.
    """
    found = types.ModuleType("plugin")

    class Executor:
        def __init__(self):
            self.run_uuid, self.failed, self.next_seconds_between_status_checks = NAME, [], 0
            settings = types.SimpleNamespace(seconds_between_status_checks=5)
            self.workflow = types.SimpleNamespace(remote_execution_settings=settings)
            self.__post_init__()

        def __post_init__(self):
            pass

        async def check_active_jobs(self, jobs):
            told, _ = await found.query_job_status("squeue --name x", None)
            for job in jobs if told is not None else ():
                if told.get(job.external_jobid) != "COMPLETED":
                    yield job

        def report_job_error(self, job, msg):
            self.failed.append((job.external_jobid, msg))

    async def query_job_status(command, logger):
        return states.pop(0), 0.1

    found.Executor, found.query_job_status = Executor, query_job_status
    found.is_query_tool_available = lambda tool: True
    found.WorkflowError = RuntimeError
    return found


@pytest.fixture
def mended(monkeypatch):
    """Makes an executor of a mended plugin, and what asks it for the jobs that are still there."""
    clock = [0.0]
    monkeypatch.setattr(slurm_plugin.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(slurm_plugin, "has_accounting", lambda: False)

    def make(states, begin=lambda name: None):
        module = plugin(states)
        monkeypatch.setitem(sys.modules, slurm_plugin.PLUGIN, module)
        slurm_plugin.mend(begin)
        slurm_plugin.mend(begin)  # once is enough
        executor = module.Executor()

        def ask(jobs, at):
            clock[0] = at

            async def still():
                return [job.external_jobid async for job in executor.check_active_jobs(jobs)]

            return asyncio.run(still())

        return executor, ask, module

    return make


def test_a_jobs_state_that_does_not_come_is_asked_for_again(mended, capsys):
    jobs = [Job("1"), Job("2_1")]
    running = {"1": "RUNNING", "2": "RUNNING"}
    _, ask, module = mended([None, None, running, {"1": "COMPLETED", "2": "RUNNING"}])
    assert not module.is_query_tool_available("sacct")
    assert module.is_query_tool_available("squeue")
    assert ask(jobs, 0) == ask(jobs, 1000) == ask(jobs, 2000) == ["1", "2_1"]
    assert ask(jobs, 2005) == ["2_1"]
    said = capsys.readouterr().err
    assert said.count("SLURM does not answer (squeue)") == 1
    assert said.count("SLURM answers again") == 1


def test_a_job_that_slurm_has_lost_fails(mended):
    jobs = [Job("1"), Job("2")]
    executor, ask, _ = mended([{"1": "RUNNING"}] * 2 + [None] + [{"1": "RUNNING"}] * 2)
    assert ask(jobs, 0) == ask(jobs, 80) == ask(jobs, 95) == ["1", "2"]
    assert ask(jobs, 100) == ["1"]
    assert executor.failed == [("2", "SLURM has lost its job 2. ")]


def test_pauses_grow_with_the_time_since_a_job_ended(mended):
    jobs = [Job("1"), Job("2")]
    both = {"1": "RUNNING", "2": "RUNNING"}
    executor, ask, _ = mended([both, both, both, {**both, "1": "COMPLETED"}])
    pauses = []
    for at in (0, 200, 3600, 3660):
        ask(jobs, at)
        pauses.append(executor.next_seconds_between_status_checks)
    assert pauses == [5, 20, 60, 5]


def test_a_run_notes_its_name_before_its_jobs(mended):
    noted = []
    mended([], noted.append)
    assert noted == [NAME]

    def refuse(name):
        raise UserError("jobs are left")

    with pytest.raises(RuntimeError, match="jobs are left"):
        mended([], refuse)


SUBMITTED = """Error in rule fit:
    message: SLURM sbatch failed. The error message was 'sbatch: error: {}'.
    sbatch call:
        sbatch --parsable --job-name caudal_1 -p nope /dev/stdin
    sbatch script:
#!/bin/sh
cd '/tmp' && python -m snakemake --snakefile '/tmp/Snakefile'
For further error details see the cluster/cloud log and the log files of the involved rule(s).
    jobid: 3"""


@pytest.mark.parametrize(
    "said, cure",
    [
        ("invalid partition specified: nope", "slurm_partition, a line marked SITE"),
        ("Batch job submission failed: Invalid account or account/partition", "slurm_"),
        ("Batch job submission failed: Invalid qos specification", "slurm-qos, a line marked SITE"),
        ("Requested time limit is invalid (missing or exceeds some limit)", "set runtime"),
        ("Requested node configuration is not available", "mem_mb, threads"),
        ("something new", "the lines marked SITE"),
    ],
)
def test_a_refused_job_is_a_sentence_with_its_cure(said, cure):
    plain = slurm_words.plainly(SUBMITTED.format(said))
    assert "sbatch script" not in plain
    assert "snakemake" not in plain
    assert f"SLURM refuses the job ({said}): " in plain
    assert cure in plain
    assert plain.endswith("    jobid: 3")


def test_a_job_that_met_its_limit_is_told_the_cure():
    said = (
        "SLURM-job '7' failed, SLURM status is: '{}'. Detailed failure reason unavailable "
        "(status command is not 'sacct')."
    )
    assert "save_every" in slurm_words.plainly(said.format("TIMEOUT"))
    assert slurm_words.plainly(said.format("FAILED")) == said.format("FAILED")
