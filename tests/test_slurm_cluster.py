"""The cluster that other tests rely on: its nodes work, fail and come back; it leaves no trace."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
from slurm.cluster import LINK, PORTS

pytest_plugins = ["slurm.fixtures"]


def folders_in_use() -> set[str]:
    """The working directory of every process that has one."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            found.add(os.readlink(entry / "cwd"))
        except OSError:  # it has ended, or is the kernel's
            continue
    return found


def processes_with(variable: str) -> list[str]:
    """Every process that has the environment variable, as NAME=VALUE."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if variable.encode() in environment:
            found.append(entry.name)
    return found


def test_every_node_runs_a_job(whole, tmp_path):
    said = {node: tmp_path / node for node in whole.nodes}
    jobs = [
        whole.submit(f"echo $SLURMD_NODENAME > {said[node]}", f"--nodelist={node}")
        for node in whole.nodes
    ]
    for job in jobs:
        whole.wait(job, "COMPLETED")
    assert [said[node].read_text().strip() for node in whole.nodes] == list(whole.nodes)


def test_a_request_no_node_can_meet_is_refused(whole):
    with pytest.raises(subprocess.CalledProcessError):
        whole.submit("true", "--mem=1000000")


def test_a_job_above_its_memory_is_killed(whole):
    greedy = "python3 -c 'import time; x = bytes([1]) * 300_000_000; time.sleep(60)'"
    job = whole.submit(f"srun {greedy}", "--mem=100")
    assert whole.wait(job, "FAILED", "OUT_OF_MEMORY", "COMPLETED") != "COMPLETED"


def test_a_lost_node_fails_its_job_and_comes_back(whole, tmp_path):
    started = tmp_path / "started"
    # A child that leaves its job's session dies with the node, too.
    job = whole.submit(
        f"MARK={started} setsid sleep 600 & touch {started}; sleep 600",
        "--nodelist=n2",
        "--no-requeue",
    )
    whole.wait(job, "RUNNING")
    while not started.exists():
        assert whole.state(job) == "RUNNING"

    whole.kill("n2")
    assert processes_with(f"MARK={started}") == []
    assert processes_with("SLURMD_NODENAME=n2") == []
    whole.wait(job, "NODE_FAIL")

    whole.start("n2")
    whole.wait(whole.submit("true", "--nodelist=n2"), "COMPLETED")


def test_jobs_outlive_the_controller(whole):
    job = whole.submit("sleep 10")
    whole.wait(job, "RUNNING")
    started = time.time()
    while (whole.folder / "slurmctld" / "job_state").stat().st_mtime < started:
        assert whole.state(job) == "RUNNING"
    whole.kill("slurmctld")
    whole.start("slurmctld")
    whole.wait(job, "COMPLETED")


def test_down_leaves_nothing_and_up_brings_it_back(whole):
    job = whole.submit("sleep 600 & sleep 600", "--nodelist=n3")
    whole.wait(job, "RUNNING")

    whole.down()
    try:
        assert not any(folder.startswith(f"{whole.folder}/") for folder in folders_in_use())
        assert not any(processes_with(f"SLURMD_NODENAME={node}") for node in whole.nodes)
        assert not os.path.lexists(LINK)
        assert [entry.name for entry in whole.folder.iterdir()] == ["log"]
        for port in PORTS.values():
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0
    finally:
        whole.up()
    whole.wait(whole.submit("true"), "COMPLETED")
