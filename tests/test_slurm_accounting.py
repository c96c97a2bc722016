"""The workflow on a real SLURM with accounting, where sacct tells the states of jobs."""

import shutil
import subprocess

from slurm.runs import SACCT, on_slurm, stopped_fits, write_data
from workflow import command, finished, snakemake

pytest_plugins = ["slurm.fixtures"]
RANKING = "results/ranking.csv"
ACCOUNT = ("--default-resources", "slurm_partition=main", "slurm_account=lab", "mem_mb=500",
           "runtime=10")  # fmt: skip


def accounts(folder, *fields):
    """What sacct tells of the jobs of a folder's run, a tuple of fields for each."""
    asked = ["sacct", "--allocations", "--noheader", "--parsable2", "--allusers"]
    asked += [f"--format=WorkDir,{','.join(fields)}"]
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    rows = [line.split("|") for line in said.splitlines()]
    return [tuple(row[1:]) for row in rows if row[0] == str(folder)]


def test_a_late_job_and_a_group_give_the_bytes_of_a_local_run(accounted, local_run, tmp_path):
    write_data(tmp_path)
    arguments = on_slurm(*SACCT, *ACCOUNT)
    with open(tmp_path / "said", "w") as log:
        run = subprocess.Popen(
            command(*arguments, "--", RANKING), cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        (late,) = stopped_fits(tmp_path, run, 1)
        subprocess.run(["scontrol", "update", f"JobId={late.job}", "EndTime=now"], check=True)
        assert run.wait(timeout=300) == 0, (tmp_path / "said").read_text()
    finally:
        run.kill()
    states, owners = zip(*accounts(tmp_path, "State", "Account"), strict=True)
    assert sorted(states) == ["COMPLETED"] * 7 + ["TIMEOUT"]
    assert set(owners) == {"lab"}
    assert (tmp_path / "said").read_text().count("Trying to restart job") == 1
    assert (tmp_path / RANKING).read_bytes() == (local_run / RANKING).read_bytes()

    shutil.rmtree(tmp_path / "results/fits")
    group = ("--groups", "fit=fits", "--group-components", "fits=4")
    finished(snakemake(tmp_path, *arguments, *group, "--force", RANKING))
    assert len(accounts(tmp_path, "JobID")) == len(states) + 1  # the four fits as one
    assert (tmp_path / RANKING).read_bytes() == (local_run / RANKING).read_bytes()
