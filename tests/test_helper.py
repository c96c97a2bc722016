"""The run's helper, and what a job does without: every way in which either can end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from caudal.workflow import compiled_cache, hand_over, helper
from workflow import CONFIG, finished, snakemake, write_config

SCRIPTS = Path(helper.SCRIPTS)
PREAMBLE = f"""
import sys
sys.path.append({str(SCRIPTS)!r})
snakemake = "as Snakemake's own preamble has it"
from caudal.workflow.hand_over import hand_over, why_alone
hand_over(globals())
import os, pathlib, signal, time
def say(*words):
    with open("said", "a") as file:
        print(*words, file=file)
"""
RUN = f"""
import os, subprocess, sys
sys.path.insert(0, {str(SCRIPTS)!r})
from caudal.workflow import helper, run_lock
lock = run_lock.take()
os.environ["OMP_NUM_THREADS"] = "1"
helper.start([])
for line in sys.stdin:
    job = subprocess.Popen([sys.executable, line.strip()])
    print(job.pid, flush=True)
    print(job.wait(), flush=True)
"""


class Run:
    """A process that stands for a run's: it starts the helper, and the jobs that it is told."""

    def __init__(self, folder):
        self.folder = folder
        with open(folder / "errors", "a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN], cwd=folder, text=True, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def start(self, body):
        """Start a job; gives its process id."""
        script = self.folder / "job.py"
        script.write_text(PREAMBLE + body)
        self.process.stdin.write(f"{script}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        """The status with which the job that was started ended."""
        return int(self.process.stdout.readline())

    def do(self, body):
        self.start(body)
        return self.end()

    def helper(self):
        """The helper's process id."""
        return children(self.process.pid, "caudal.workflow.helper")[0]

    def said(self, lines=1):
        """What the jobs said, when there is so much of it."""
        file = self.folder / "said"
        until(lambda: file.exists() and file.read_text().count("\n") >= lines)
        return file.read_text()


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path)
    yield run
    run.process.kill()
    run.process.communicate()


def until(happened, seconds=120):
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def children(parent, word=""):
    """The living children of a process, those with a word in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                found += [int(entry.name)] if word in (entry / "cmdline").read_text() else []
        except OSError:
            continue
    return found


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_job_is_the_helpers_child_and_ends_as_it_ends(run):
    imported = "'pyarrow' in sys.modules, 'sklearn' in sys.modules"
    assert run.do(f"say(os.getppid(), {imported}, repr(why_alone()), os.getcwd())") == 0
    assert run.said() == f"{run.helper()} True True '' {run.folder}\n"
    assert run.do("sys.exit(3)") == 3
    assert run.do("print('here', file=sys.stderr); sys.exit('a sentence')") == 1
    assert run.do("os.kill(os.getpid(), signal.SIGKILL)") == -signal.SIGKILL
    assert run.do("1 / 0") == 1
    errors = (run.folder / "errors").read_text()
    assert "here\n" in errors
    assert "ZeroDivisionError" in errors


def test_the_helper_is_killed_before_a_job(run):
    run.do("say(why_alone())")
    os.kill(run.helper(), signal.SIGKILL)
    assert run.do("say(why_alone())") == 0
    assert "the run's helper is not there" in run.said(2)


def test_the_helper_is_killed_during_a_job(run):
    run.start("say(os.getpid()); why_alone() or time.sleep(600); say(why_alone())")
    child = int(run.said())
    os.kill(run.helper(), signal.SIGKILL)
    assert run.end() == 0
    assert not alive(child)
    assert "the run's helper is not there: it has ended" in run.said(3)


@pytest.mark.parametrize("stopped", [False, True])
def test_the_run_is_killed(run, stopped):
    job = run.start("say(os.getpid()); time.sleep(600)")
    child, helping = int(run.said()), run.helper()
    if stopped:
        os.kill(helping, signal.SIGSTOP)
        os.kill(child, signal.SIGSTOP)
    run.process.kill()
    run.process.wait()
    until(lambda: not any(map(alive, (job, child, helping))))
    assert run.said() == f"{child}\n"


def test_a_job_is_killed(run):
    job = run.start("say(os.getpid()); time.sleep(600)")
    child = int(run.said())
    os.kill(job, signal.SIGKILL)
    until(lambda: not alive(child))
    assert run.end() == -signal.SIGKILL
    assert run.do("say('the next')") == 0


def test_a_jobs_child_is_killed(run):
    run.start("say(os.getpid()); time.sleep(600)")
    os.kill(int(run.said()), signal.SIGKILL)
    assert run.end() == -signal.SIGKILL


def test_two_runs_have_a_helper_each(run, tmp_path_factory):
    other = Run(tmp_path_factory.mktemp("other"))
    for each in (run, other):
        assert each.do("say(os.getppid())") == 0
        assert int(each.said()) == each.helper()
    other.process.kill()
    other.process.communicate()
    assert run.do("say(repr(why_alone()))") == 0
    assert run.said(2).endswith("''\n")


@pytest.fixture
def socket_name():
    name = f"caudal-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen()
        yield name, listener


def refused(name, listener):
    """The error that a job meets at a helper in this process."""
    serving = threading.Thread(target=lambda: helper.Helper._accept(served))
    served = helper.Helper.__new__(helper.Helper)
    served.listener, served.children, served.selector = (
        listener,
        {},
        helper.selectors.DefaultSelector(),
    )
    serving.start()
    with pytest.raises(OSError) as error:
        hand_over._ask(name)
    serving.join()
    return str(error.value)


def test_no_process_can_be_forked(socket_name, monkeypatch):
    def fork():
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert "cannot take the job" in refused(*socket_name)


def test_the_job_is_of_another_python(socket_name, monkeypatch):
    class Other:
        executable, version, argv = "/usr/bin/another", sys.version, []

    monkeypatch.setattr(hand_over, "sys", Other)
    assert "cannot take the job" in refused(*socket_name)


def test_the_helper_hangs(socket_name, monkeypatch):
    monkeypatch.setattr(hand_over, "PATIENCE", 0.1)
    with pytest.raises(TimeoutError):
        hand_over._ask(socket_name[0])


def test_there_are_no_unix_sockets(monkeypatch, capsys):
    def none(*arguments):
        raise OSError("Address family not supported by protocol")

    monkeypatch.setenv(hand_over.HELPER, "")
    monkeypatch.setattr(socket, "socket", none)
    helper.start([])
    assert "each job starts by itself, without a helper" in capsys.readouterr().err
    with pytest.raises(OSError):
        hand_over._ask(os.environ[hand_over.HELPER])


def test_compiled_code_is_kept_where_it_can_be(tmp_path, monkeypatch):
    monkeypatch.delenv(compiled_cache.VARIABLE, raising=False)
    monkeypatch.setattr(compiled_cache, "PACKAGE", tmp_path / "package")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    compiled_cache.choose(tmp_path / "run")
    assert compiled_cache.VARIABLE not in os.environ
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    compiled_cache.choose(tmp_path / "run")
    assert os.environ[compiled_cache.VARIABLE] == str(tmp_path / "run")


def test_the_loop_is_compiled_once_and_said_so(tmp_path):
    command = "from caudal.workflow.warm_up import warm_up; warm_up([{}, {'alpha': 0.1}])"
    environment = {
        **os.environ, "PYTHONPATH": str(SCRIPTS), compiled_cache.VARIABLE: str(tmp_path)
    }  # fmt: skip
    said = [
        subprocess.run(
            [sys.executable, "-c", command], env=environment, stderr=subprocess.PIPE, check=True
        ).stderr.decode()
        for _ in range(2)
    ]
    assert said[0].count("Caudal: compiling the inner loop") == 1
    assert said[0].count("\n") == 1
    assert said[1] == ""


@pytest.mark.slow
def test_a_model_is_the_same_from_the_helper_and_from_a_process_of_its_own(tmp_path, monkeypatch):
    said, models = [], []
    for name in ("helped", "alone"):
        folder = tmp_path / name
        folder.mkdir()
        write_config(folder, CONFIG)
        if name == "alone":  # the name is too long for a socket
            long = "import secrets\nsecrets.token_hex = lambda size: 200 * 'x'\n"
            (tmp_path / "sitecustomize.py").write_text(long)
            monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        said.append(finished(snakemake(folder)))
        files = sorted((folder / "results").rglob("*/model.*"))
        models.append({file.relative_to(folder): file.read_bytes() for file in files})
    assert ["without a helper" in words for words in said] == [False, True]
    assert len(models[0]) == 6
    assert models[0] == models[1]
