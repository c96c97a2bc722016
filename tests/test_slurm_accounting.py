"""The workflow on a real SLURM with accounting, where sacct tells the states of jobs."""

import subprocess
import time

from slurm.runs import SACCT, on_slurm, stopped_fits, write_data
from workflow import command, finished, results, snakemake

pytest_plugins = ["slurm.fixtures"]
ACCOUNT = ("--default-resources", "slurm_partition=main", "slurm_account=lab", "mem_mb=500",
           "runtime=10")  # fmt: skip


def accounts(folder, *fields):
    """What sacct tells of the jobs of a folder's run, a tuple of fields for each."""
    asked = ["sacct", "--allocations", "--noheader", "--parsable2", "--allusers"]
    asked += [f"--format=WorkDir,{','.join(fields)}"]
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    rows = [line.split("|") for line in said.splitlines()]
    return [tuple(row[1:]) for row in rows if row[0] == str(folder)]


def test_the_bytes_of_a_local_run_though_a_job_is_late_and_a_node_lost(
    accounted, local_run, tmp_path
):
    write_data(tmp_path)
    with open(tmp_path / "said", "w") as log:
        run = subprocess.Popen(
            command(*on_slurm(*SACCT, *ACCOUNT)), cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        late, lost = stopped_fits(tmp_path, run, 2)
        subprocess.run(["scontrol", "update", f"JobId={late.job}", "EndTime=now"], check=True)
        time.sleep(12)  # a younger job that a node does not know counts as on its way there
        accounted.kill(lost.node)
        assert run.wait(timeout=300) == 0, (tmp_path / "said").read_text()
    finally:
        run.kill()
    states, owners = zip(*accounts(tmp_path, "State", "Account"), strict=True)
    assert set(states) == {"TIMEOUT", "NODE_FAIL", "COMPLETED"}
    assert set(owners) == {"lab"}
    restarts = (tmp_path / "said").read_text().count("Trying to restart job")
    assert restarts == len(states) - states.count("COMPLETED")
    assert results(tmp_path) == results(local_run)


def test_a_group_gives_the_same_bytes(accounted, local_run, tmp_path):
    write_data(tmp_path)
    group = ("--groups", "fit=fits", "--group-components", "fits=4")
    finished(snakemake(tmp_path, *on_slurm(*SACCT, *ACCOUNT, *group, "--", "results/ranking.csv")))
    # Two conversions, their merging, and the four fits as one; rank is a local rule.
    assert len(accounts(tmp_path, "JobID")) == 4
    ranking = "results/ranking.csv"
    assert (tmp_path / ranking).read_bytes() == (local_run / ranking).read_bytes()
