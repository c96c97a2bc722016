"""Runs in which something is killed at random moments: the same bytes come out.

    .venv/bin/python tests/kill_loop.py [--runs RUNS] [--seed SEED] [--default]

In each of RUNS (20) runs the helper, the process of a job or the job's child in the helper, and
now and then Snakemake itself, is killed by ``kill -9``; the same command is given until it ends
well. What was killed and when is drawn from SEED, which is printed. A run has 24 points, or is the
default one.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from workflow import CONFIG, command, results, write_config

HELPER = "caudal.workflow.helper"


AT_ONCE = 2
"""Runs side by side, each in a folder of its own."""
KILLS = 2
"""At most so many commands of a run are disturbed."""
SMALL = {
    **CONFIG,
    "simulate": {"model": "logistic", "rows": 20_000},
    "grid": [
        {
            "extractor": {"features": [["x1", "x2"], ["x1", "x2", "x3"]]},
            "vectorizer": {"n_features": [1024], "degree": [1, 2]},
            "classifier": {"loss": "log_loss", "alpha": [1e-05, 1e-04, 0.001, 0.01, 0.1, 1.0]},
        }
    ],
}
"""24 points."""


def main(runs: int, seed: int, config: dict | None) -> None:
    """Make one run undisturbed, then so many with kills, and compare."""
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="caudal-kill-") as home:
        began = time.monotonic()
        calm = made(home, "calm", config)
        assert start(calm).wait() == 0, (calm / "said").read_text()
        seconds = time.monotonic() - began
        print(f"undisturbed: {len(everything(calm)) - 3} points, {seconds:.0f} s", flush=True)

        def one(number: int) -> None:
            folder = made(home, str(number), config)
            said = disturbed(folder, seconds, random.Random(f"{seed} {number}"))
            assert everything(folder) == everything(calm), f"run {number} of seed {seed} differs"
            print(f"run {number}: {said}; the same bytes", flush=True)
            shutil.rmtree(folder)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(one, range(runs)):  # raises what a run has raised
                pass


def made(home: str, name: str, config: dict | None) -> Path:
    """A new folder for a run."""
    folder = Path(home, name)
    folder.mkdir()
    if config:
        write_config(folder, config)
    return folder


def everything(folder: Path) -> dict[str, bytes]:
    """The bytes of the tables and of all models."""
    models = {str(file.relative_to(folder)): file for file in folder.glob("results/fits/*/*.pkl")}
    return results(folder) | {
        name: file.read_bytes() for name, file in models.items() if file.name == "model.pkl"
    }


def disturbed(folder: Path, seconds: float, draw: random.Random) -> str:
    """A run with kills, repeated until it ends well; gives what was killed.

    ``seconds``: what an undisturbed one takes.
    """
    killed = []
    for attempt in range(20):
        run = start(folder)
        until = time.monotonic() + draw.uniform(0.1, 0.9) * seconds
        while attempt < KILLS and run.poll() is None:
            time.sleep(0.02)
            if time.monotonic() > until and (found := victims(run.pid, draw)):
                what, process = found
                killed.append(what)
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    killed[-1] += " (gone)"
                until = time.monotonic() + draw.uniform(0.1, 0.9) * seconds
        if run.wait() == 0:
            wait_until_gone(folder)
            return f"killed {', '.join(killed) or 'nothing'}; {attempt + 1} commands"
    raise AssertionError((folder / "said").read_text()[-3000:])


def wait_until_gone(folder: Path) -> None:
    """Wait for the end of what a run that has ended leaves: a process takes a moment to die."""
    end = time.monotonic() + 30
    while left := [line for each, _, line in processes() if working(each) == folder]:
        assert time.monotonic() < end, left
        time.sleep(0.05)


def start(folder: Path) -> subprocess.Popen:
    """A run in a folder."""
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
    weights = {"the helper": 4, "a child": 8, "a job": 8, "Snakemake": 1}
    there_are = [what for what in kinds if kinds[what]]
    if there_are == ["Snakemake"]:  # wait for others, or it would always be the first
        return None
    what = draw.choices(there_are, [weights[each] for each in there_are])[0]
    return what, draw.choice(sorted(kinds[what]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--default", action="store_true", help="the default run, 144 points")
    words = parser.parse_args()
    main(words.runs, words.seed, None if words.default else SMALL)
