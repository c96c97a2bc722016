"""Jobs that outlive their run in SLURM's queue: the next run ends them, and nothing old stays."""

import os
import signal
import subprocess
from contextlib import suppress

from slurm.runs import NAMES, on_slurm, wait_for, write_data
from workflow import command, finished, results, snakemake

pytest_plugins = ["slurm.fixtures"]


def replace(folder):
    """The first source's labels the other way round: as many bytes."""
    file = folder / NAMES[0]
    head, *lines = file.read_text().splitlines()
    turned = [line[:-1] + str(1 - int(line[-1])) for line in lines]
    file.write_text("\n".join([head, *turned]) + "\n")


def test_a_conversion_that_outlives_its_run_puts_nothing_old_in_place(whole, tmp_path):
    killed, fresh = tmp_path / "killed", tmp_path / "fresh"
    for folder in (killed, fresh):
        folder.mkdir()
        write_data(folder)
    with open(tmp_path / "said", "w") as log:
        run = subprocess.Popen(command(*on_slurm()), cwd=killed, stdout=log, stderr=log)
    left = wait_for(killed, run, "to_parquet")
    for process in left:
        os.kill(process, signal.SIGSTOP)
    run.kill()
    run.wait()
    for folder in (killed, fresh):
        replace(folder)
    finished(snakemake(fresh))

    said = finished(snakemake(killed, *on_slurm()))
    for process, at_work in left.items():
        assert at_work.job in said.split("leftover jobs of it (")[1].split(")")[0]
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
    assert results(killed) == results(fresh)
    assert "Nothing to be done" in finished(snakemake(killed, *on_slurm()))
    assert not whole.jobs_of(killed)
