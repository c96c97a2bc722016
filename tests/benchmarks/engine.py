"""What Snakemake and SLURM cost beside the fits: the same run, locally and on a cluster.

    .venv/bin/python tests/benchmarks/engine.py [POINTS]       # as root, with SLURM installed
    .venv/bin/python tests/benchmarks/engine.py local          # the default run beside trivial jobs

Runs POINTS (24) small points on two cores: locally, and on the tests' cluster with accounting as
single jobs, as an array, in groups, and with many points a job. Told are the seconds by the clock,
those of a point, and the seconds of CPU that the submitting side took, its jobs left out where
they are not its children. The loop is compiled before, and what precedes the fits is made before.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CLUSTER = [sys.executable, str(ROOT / "tests/slurm/cluster.py")]
ON_SLURM = [
    "--slurm-status-command", "sacct",
    "--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2",
    "--max-status-checks-per-second", "1",
    "--default-resources", "slurm_partition=main", "slurm_account=lab", "mem_mb=500", "runtime=10",
]  # fmt: skip
LOCAL = ["--cores", "2"]
ARRAY = ["--slurm-array-jobs", "fit"]
GROUPED = [
    "--groups",
    "fit=fits",
    "--group-components",
    "fits=4",
]  # a group asks for the sum of its jobs
MODES = {
    "local, single": (LOCAL, 1),
    "local, 12 points a job": (LOCAL, 12),
    "SLURM, single": (ON_SLURM, 1),
    "SLURM, an array": ([*ON_SLURM, *ARRAY], 1),
    "SLURM, groups of 4": ([*ON_SLURM, *GROUPED], 1),
    "SLURM, 4 points a job": (ON_SLURM, 4),
    "SLURM, 12 points a job": (ON_SLURM, 12),
}


def main(points: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="caudal-") as folder:
        data = Path(folder) / "data"
        run(data, points, LOCAL, 12)
        subprocess.run([*CLUSTER, "up", "--accounting"], check=True)
        try:
            rankings = set()
            for place, (mode, (options, points_per_job)) in enumerate(MODES.items()):
                made = Path(folder) / str(place)
                shutil.copytree(data, made, ignore=shutil.ignore_patterns("fits", "ranking.csv"))
                seconds, cpu = run(made, points, options, points_per_job)
                rankings.add((made / "results/ranking.csv").read_bytes())
                print(
                    f"{mode:24} {seconds:6.1f} s, {seconds / points:5.2f} s a point, "
                    f"{cpu:6.1f} s of CPU",
                    flush=True,
                )
        finally:
            subprocess.run([*CLUSTER, "down"], check=True)
    assert len(rankings) == 1, "the rankings differ"


def beside_trivial_jobs() -> None:
    """Measure the default run, a job a point, and as many script jobs that do nothing."""
    trivial = "rule all:\n    input: [f'{i}' for i in range(144)]\n"
    trivial += "rule one:\n    output: '{i,[0-9]+}'\n    script: 'one.py'\n"
    with tempfile.TemporaryDirectory(prefix="caudal-") as folder:
        seconds = {}
        for name, snakefile in {"trivial": "Snakefile", "default": ROOT / "Snakefile"}.items():
            home = Path(folder, name)
            home.mkdir()
            if name == "trivial":
                (home / "Snakefile").write_text(trivial)
                (home / "one.py").write_text("open(snakemake.output[0], 'w').close()\n")
            command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), *LOCAL]
            command += ["--scheduler", "greedy"]
            start = time.perf_counter()
            subprocess.run(command, cwd=home, check=True, stderr=subprocess.DEVNULL)
            seconds[name] = time.perf_counter() - start
            print(f"{name:10} {seconds[name]:6.1f} s", flush=True)
        print(f"ratio      {seconds['default'] / seconds['trivial']:6.2f}")


def run(folder: Path, points: int, options: list[str], points_per_job: int) -> tuple[float, float]:
    """Make the ranking of so many points; give the seconds by the clock and of CPU."""
    folder.mkdir(exist_ok=True)
    config = {
        "simulate": {"model": "logistic", "rows": 40_000},
        "data": {"label": "y"},
        "points_per_job": points_per_job,
        "grid": [
            {"classifier": {"alpha": [round(0.001 * step, 3) for step in range(1, points + 1)]}}
        ],
    }
    (folder / "grid.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", "grid.yaml", *options]
    if options is not LOCAL:
        command += ["--profile", str(profile(folder, as_script=ARRAY[0] not in options))]
    command += ["--", "results/ranking.csv"]
    start = time.perf_counter()
    with open(folder / "said", "w") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit("\n".join((folder / "said").read_text().splitlines()[-30:]))
    return seconds, used.ru_utime + used.ru_stime


def profile(folder: Path, as_script: bool) -> Path:
    """The cluster's profile; the plugin 2.8.0 loses an array's commands when they are a script."""
    settings = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    settings["slurm-pass-command-as-script"] = as_script
    (folder / "profile").mkdir()
    (folder / "profile/config.yaml").write_text(yaml.safe_dump(settings))
    return folder / "profile"


if __name__ == "__main__":
    if sys.argv[1:] == ["local"]:
        sys.exit(beside_trivial_jobs())
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
