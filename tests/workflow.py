"""Runs of the workflow as a user starts them, for the tests."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
CONFIG = {
    "simulate": {"model": "logistic", "rows": 3000},
    "data": {"label": "y"},
    "stream": {"batch_size": 100, "n_batches": 5},
    "grid": [
        {
            "extractor": {"features": [["x1", "x2", "x3"]]},
            "vectorizer": {"n_features": [1024], "degree": [1, 2]},
            "classifier": {"loss": "log_loss", "alpha": [0.01, 0.1]},
        }
    ],
}


def write_config(folder: Path, config: dict) -> None:
    """Write ``config`` as the folder's config.yaml."""
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def command(*arguments: str, root: Path = ROOT, cores: int = 2) -> list[str]:
    """The command line of a run."""
    snakefile = ["--snakefile", str(root / "Snakefile")]
    return [sys.executable, "-m", "snakemake", *snakefile, "--cores", str(cores), *arguments]


def snakemake(folder: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    """Run Snakemake in ``folder``; what it says is in ``stdout``."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SNAKEMAKE_PROFILE")}
    return subprocess.run(
        command(*arguments, **options),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )


def finished(run: subprocess.CompletedProcess) -> str:
    """What a run said; fails the test unless it ended well."""
    assert run.returncode == 0, run.stdout
    return run.stdout


def jobs(said: str) -> dict[str, int]:
    """The table of jobs by rule that Snakemake prints before it starts."""
    lines = said.split("Job stats:")[1].split("\n\n")[0].splitlines()[3:]
    return {rule: int(count) for rule, count in (line.split() for line in lines if line.strip())}


def results(folder: Path) -> dict[str, bytes]:
    """The bytes of the files that are equal between runs."""
    names = ("grid.csv", "ranking.csv", "best/coefficients.csv")
    return {name: (folder / "results" / name).read_bytes() for name in names}
