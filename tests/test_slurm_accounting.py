"""The workflow on a real SLURM with accounting, where sacct tells the states of jobs."""

import subprocess
import time

from slurm.runs import SACCT, array_profile, on_slurm, stopped_fits, write_data
from workflow import CONFIG, command, finished, results, snakemake, write_config

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


def test_the_bytes_of_a_local_run_though_a_node_and_a_job_are_lost(accounted, done, tmp_path):
    write_data(tmp_path)
    with open(tmp_path / "said", "w") as log:
        run = subprocess.Popen(
            command(*on_slurm(*SACCT, *ACCOUNT)), cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        held = stopped_fits(tmp_path, run, 2)
        (cancelled, _), (_, node) = held.values()
        subprocess.run(["scancel", cancelled], check=True)
        time.sleep(12)  # a younger job that a node does not know counts as on its way there
        accounted.kill(node)
        assert run.wait(timeout=300) == 0, (tmp_path / "said").read_text()
    finally:
        run.kill()
    assert (tmp_path / "said").read_text().count("Trying to restart job") == 2
    states = [state.split()[0] for state, _ in accounts(tmp_path, "State", "Account")]
    assert {"CANCELLED", "NODE_FAIL", "COMPLETED"} == set(states)
    assert {"lab"} == {account for _, account in accounts(tmp_path, "State", "Account")}
    assert results(tmp_path) == results(done)


def test_an_array_and_a_group_give_the_same_bytes(accounted, tmp_path):
    folders = {name: tmp_path / name for name in ("local", "array", "group")}
    for folder in folders.values():
        folder.mkdir()
        write_config(folder, CONFIG)
    finished(snakemake(folders["local"]))
    profile = array_profile(tmp_path / "profile")
    array = on_slurm(*SACCT, *ACCOUNT, "--slurm-array-jobs", "fit", profile=profile)
    finished(snakemake(folders["array"], *array))
    group = ("--groups", "fit=fits", "--group-components", "fits=4")
    finished(snakemake(folders["group"], *on_slurm(*SACCT, *ACCOUNT, *group)))

    jobs = {name: [job for (job,) in accounts(folder, "JobID")] for name, folder in folders.items()}
    assert sum("_" in job for job in jobs["array"]) == 4
    assert len(jobs["array"]) - len(jobs["group"]) == 3
    assert results(folders["array"]) == results(folders["group"]) == results(folders["local"])
