"""Default runs in which something is killed at random moments: the same bytes come out.

    .venv/bin/python tests/kill_loop.py [RUNS] [SEED]

In each of RUNS (10) runs the helper, the process of a job or the job's child in the helper, and
now and then Snakemake itself, is killed by ``kill -9``; the same command is given until it ends
well. What was killed and when is drawn from SEED, which is printed.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from workflow import command, results

HELPER = "caudal.workflow.helper"


def main(runs: int, seed: int) -> None:
    """Make one run undisturbed, then so many with kills, and compare."""
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="caudal-kill-") as home:
        calm = Path(home, "calm")
        calm.mkdir()
        assert start(calm).wait() == 0, (calm / "said").read_text()
        for number in range(runs):
            folder = Path(home, str(number))
            folder.mkdir()
            draw = random.Random(f"{seed} {number}")
            said = disturbed(folder, draw)
            assert results(folder) == results(calm), f"run {number} of seed {seed} differs"
            print(f"run {number}: {said}; the same bytes", flush=True)


def disturbed(folder: Path, draw: random.Random) -> str:
    """A run with kills, repeated until it ends well; gives what was killed."""
    killed = []
    for attempt in range(20):
        run = start(folder)
        until = time.monotonic() + draw.uniform(3, 40)
        while attempt < 3 and run.poll() is None:
            time.sleep(0.02)
            if time.monotonic() > until and (found := victims(run.pid, draw)):
                what, process = found
                killed.append(what)
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    killed[-1] += " (gone)"
                until = time.monotonic() + draw.uniform(1, 20)
        if run.wait() == 0:
            left = [line for each, _, line in processes() if working(each) == folder]
            assert not left, left
            return f"killed {', '.join(killed) or 'nothing'}; {attempt + 1} commands"
    raise AssertionError((folder / "said").read_text()[-3000:])


def start(folder: Path) -> subprocess.Popen:
    """The default run in a folder."""
    with open(folder / "said", "w") as said:
        return subprocess.Popen(command(cores=2), cwd=folder, stdout=said, stderr=said)


def processes() -> list[tuple[int, int, str]]:
    """The process id, the parent's and the command line of all that run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            line = (entry / "cmdline").read_text()
        except OSError:
            continue
        if fields[0] != "Z":
            found.append((int(entry.name), int(fields[1]), line))
    return found


def working(process: int) -> Path | None:
    """The folder that a process works in."""
    try:
        return Path(os.readlink(f"/proc/{process}/cwd"))
    except OSError:
        return None


def victims(run: int, draw: random.Random) -> tuple[str, int] | None:
    """What to kill among the processes of a run."""
    there = processes()
    helpers = {each for each, parent, line in there if parent == run and HELPER in line}
    shells = {each for each, parent, _ in there if parent == run} - helpers
    kinds = {
        "the helper": helpers,
        "a child": {each for each, parent, _ in there if parent in helpers},
        "a job": {each for each, parent, line in there if parent in shells and ".py" in line},
        "Snakemake": {run},
    }
    weights = [4, 4, 4, 1]
    what = draw.choices(list(kinds), weights)[0]
    return (what, draw.choice(sorted(kinds[what]))) if kinds[what] else None


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(words[0]) if words else 10, int(words[1]) if words[1:] else random.randrange(10**6))
