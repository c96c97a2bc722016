"""The workflow on a real SLURM: the bytes of a local run, where jobs and nodes are lost, too.

Here without accounting; squeue tells the states of jobs.
"""

import csv
import subprocess
import time
from pathlib import Path

from slurm.runs import NAMES, on_slurm, stopped_fits, write_data
from workflow import ROOT, command, finished, results, snakemake

pytest_plugins = ["slurm.fixtures"]


def test_a_name_that_would_reach_a_shell_is_refused(whole, tmp_path):
    write_data(tmp_path)
    (tmp_path / NAMES[0]).rename(tmp_path / "day '; touch pwned-i; '.csv")
    run = snakemake(tmp_path, *on_slurm())
    assert run.returncode == 1
    assert "has a quote, a backslash or an unprintable character in its name" in run.stdout
    assert not list(tmp_path.glob("**/pwned*"))


def test_the_bytes_of_a_local_run_whatever_is_lost_on_the_way(whole, local_run, tmp_path):
    write_data(tmp_path)
    points = sorted(entry.name for entry in (local_run / "results/fits").iterdir())
    needs = f"fit:mem_mb=100 if attempt == 1 and wildcards.point == '{points[0]}' else 5000"
    with open(tmp_path / "said", "w") as log:
        run = subprocess.Popen(
            command(*on_slurm("--set-resources", needs)), cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        # One fit is over its memory by itself. The others stand still and are lost in three ways.
        late, cancelled, dark = stopped_fits(tmp_path, run, 3)
        subprocess.run(["scontrol", "update", f"JobId={late.job}", "EndTime=now"], check=True)
        subprocess.run(["scancel", cancelled.job], check=True)
        time.sleep(12)  # a younger job that a node does not know counts as on its way there
        whole.kill(dark.node)
        time.sleep(3)
        whole.start(dark.node)
        assert run.wait(timeout=300) == 0, (tmp_path / "said").read_text()
    finally:
        run.kill()
    said = (tmp_path / "said").read_text()
    assert said.count("Caudal: 4 points on about ") == 1
    asked = ["squeue", "--noheader", "--states=all", "--format=%T %Z"]
    states = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
    ended = [line.split()[0] for line in states if line.split()[-1] == str(tmp_path)]
    assert {"CANCELLED", "NODE_FAIL", "TIMEOUT"} <= set(ended)
    assert {"FAILED", "OUT_OF_MEMORY"} & set(ended)
    lost = len(ended) - ended.count("COMPLETED")
    assert said.count("Trying to restart job") == lost >= 4

    assert results(tmp_path) == results(local_run)
    assert "$(touch pwned-e)" in (tmp_path / "results/best/coefficients.csv").read_text()
    for folder in (tmp_path, local_run, ROOT, Path.home()):
        assert not list(folder.glob("pwned*"))
    assert not list(tmp_path.glob("**/pwned*"))


def test_a_file_more_goes_on_from_the_states(whole, local_run, tmp_path):
    write_data(tmp_path)
    later = (tmp_path / NAMES[1]).rename(tmp_path / "later.csv")
    finished(snakemake(tmp_path, *on_slurm()))
    later.rename(tmp_path / NAMES[1])
    said = finished(snakemake(tmp_path, *on_slurm()))
    assert "going on from their states: 4 points" in said
    with open(tmp_path / "results/costs.csv", newline="") as costs:
        assert [row["rows_read"] for row in csv.DictReader(costs)] == ["1200"] * 4
    assert results(tmp_path) == results(local_run)
