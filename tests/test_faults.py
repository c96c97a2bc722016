"""What breaks is finished by the same command: the same bytes, and only what was missing."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from caudal.config.grid import expand
from caudal.errors import Damaged
from caudal.ranking.rank import rank
from caudal.ranking.tables import read_table
from workflow import CONFIG, command, finished, jobs, results, snakemake, write_config


def start(folder, cores=1):
    """A run in the background, in a session of its own."""
    (folder / "config.yaml").exists() or write_config(folder, CONFIG)
    with open(folder / "said", "w") as said:
        return subprocess.Popen(
            command(cores=cores), cwd=folder, stdout=said, stderr=said, start_new_session=True
        )


def wait_until(happened, run, seconds=120):
    """What ``happened()`` gives as soon as it is true, while ``run`` goes on."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert run.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)
    return found


def processes(folder, script):
    """The process ids of the jobs of a script at work in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[-2].endswith(f".{script}.py".encode()) and len(words) == 3:
                found += [int(entry.name)] if (entry / "cwd").readlink() == folder else []
        except (OSError, IndexError):  # it has ended, or is the kernel's
            continue
    return found


def ages(folder, pattern):
    """When each file was written."""
    return {file: file.stat().st_mtime_ns for file in folder.glob(pattern)}


def same_again(folder, done, **made):
    """The same command ends well, in the same bytes; ``made`` are the jobs of some rules."""
    said = finished(snakemake(folder))
    counts = jobs(said)
    assert {rule: counts.get(rule, 0) for rule in made} == made, said
    assert results(folder) == results(done)
    return said


def test_killed_at_every_stage(done, tmp_path):
    run = start(tmp_path)
    wait_until(lambda: processes(tmp_path, "to_parquet"), run)
    os.kill(run.pid, signal.SIGKILL)  # Snakemake alone: its job lives on
    run.wait()
    assert any((tmp_path / ".snakemake/locks").iterdir())

    run = start(tmp_path)
    os.kill(wait_until(lambda: processes(tmp_path, "fit"), run)[0], signal.SIGKILL)
    assert run.wait(timeout=120) == 1
    scores = ages(tmp_path, "results/fits/*/score.json")
    assert len(scores) == 3

    run = start(tmp_path)
    wait_until(lambda: processes(tmp_path, "fit"), run)
    os.killpg(run.pid, signal.SIGKILL)  # all of it, as when a machine loses power
    run.wait()
    parts = ages(tmp_path, "results/data/*/part-*")

    run = start(tmp_path)
    wait_until(lambda: processes(tmp_path, "fit"), run)
    while run.poll() is None and "Terminating processes" not in (tmp_path / "said").read_text():
        os.kill(run.pid, signal.SIGINT)  # Python may lose one in a callback
        time.sleep(0.3)
    assert run.wait(timeout=120) == 1
    same_again(tmp_path, done, simulate=0, to_parquet=0, merge_manifests=0, fit=1)
    assert ages(tmp_path, "results/data/*/part-*") == parts
    assert scores.items() <= ages(tmp_path, "results/fits/*/score.json").items()


def test_two_runs_in_one_folder(done, tmp_path):
    run = start(tmp_path)
    locks = tmp_path / ".snakemake/locks"
    wait_until(lambda: locks.exists() and any(locks.iterdir()), run)
    os.kill(run.pid, signal.SIGSTOP)  # or it may end before the other has looked
    other = snakemake(tmp_path)
    os.kill(run.pid, signal.SIGCONT)
    assert other.returncode == 1
    assert "LockException" in other.stdout
    assert "One is at work there: wait for its end" in other.stdout
    assert "--unlock" not in other.stdout
    assert run.wait(timeout=120) == 0
    assert results(tmp_path) == results(done)


@contextmanager
def small_disk(folder):
    """A disk of its own for the results; gives the function that sets the bytes free on it."""
    if os.geteuid():
        pytest.skip("mounting a small disk needs root")
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", folder]
    if subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("this machine mounts no tmpfs")

    def leave(free):
        size = shutil.disk_usage(folder).used + free
        subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)

    try:
        yield leave
    finally:
        subprocess.run(["umount", folder], check=True)


def test_the_disk_full_while_converting_and_while_fitting(done, tmp_path):
    with small_disk(tmp_path / "results") as leave:
        run = start(tmp_path)
        wait_until(lambda: processes(tmp_path, "to_parquet"), run)
        leave(free=40_000)
        assert run.wait(timeout=120) == 1
        said = (tmp_path / "said").read_text()
        assert "The disk is full: no room for the 12,9" in said
        assert "results/data/logistic/part-0000" in said
        assert not list(tmp_path.glob("results/data/*/manifest.json"))

        again = snakemake(tmp_path)
        assert again.returncode == 1
        assert "The disk is too small: at least " in again.stdout

        leave(free=50_000_000)
        run = start(tmp_path)
        fit = wait_until(lambda: processes(tmp_path, "fit"), run)
        wait_until(lambda: set(processes(tmp_path, "fit")) - set(fit), run)
        first = ages(tmp_path, "results/fits/*/score.json")
        leave(free=0)
        assert run.wait(timeout=120) == 1
        assert "The disk is full: no room for the 1," in (tmp_path / "said").read_text()
        written = ages(tmp_path, "results/fits/*/score.json")
        assert first.items() <= written.items()
        leave(free=50_000_000)
        same_again(tmp_path, done, to_parquet=0, fit=4 - len(written))
        assert written.items() <= ages(tmp_path, "results/fits/*/score.json").items()
        assert not list(tmp_path.glob("results/**/.*"))


def test_a_damaged_chunk_is_named_and_made_again(folder, done):
    point = read_table(folder / "results/ranking.csv")[2]["point"]
    (folder / f"results/fits/{point}/score.json").unlink()
    (folder / "results/ranking.csv").unlink()
    part = folder / "results/data/logistic/part-00003.parquet"
    part.write_bytes(part.read_bytes()[:-7])
    others = ages(folder, "results/fits/*/model.pkl")
    said = same_again(folder, done, simulate=0, to_parquet=1, merge_manifests=1, fit=1)
    assert "part-00003.parquet is damaged: its size is not the manifest's" in said
    assert "Traceback" not in said
    again = ages(folder, "results/fits/*/model.pkl")
    assert {file.parent.name for file in others if again[file] != others[file]} == {point}
    assert "Nothing to be done" in finished(snakemake(folder, "-n"))


def test_what_was_deleted_is_made_again(folder, done):
    shutil.rmtree(folder / "results/data/logistic")
    point = read_table(folder / "results/ranking.csv")[2]["point"]
    shutil.rmtree(folder / f"results/fits/{point}")
    shutil.rmtree(folder / "results/figures")
    same_again(folder, done, simulate=0, to_parquet=1, merge_manifests=1, fit=1, write_report=1)
    assert "Nothing to be done" in finished(snakemake(folder, "-n"))


def test_truncated_models_are_named_and_made_again(folder, done):
    points = [row["point"] for row in read_table(folder / "results/ranking.csv")]
    for point in points[1:3]:
        model = folder / f"results/fits/{point}/model.pkl"
        model.write_bytes(model.read_bytes()[:-7])
    run = snakemake(folder)
    assert run.returncode == 1
    assert "model.pkl is not the file that the fit wrote (and 1 more points)" in run.stdout
    assert any(point in run.stdout for point in points[1:3])
    same_again(folder, done, to_parquet=0, fit=2)


def test_a_clock_that_jumps(folder, done):
    for i, file in enumerate(sorted(folder.glob("results/**/*.*"))):
        jumped = time.time() + (i % 3 - 1) * 86400
        os.utime(file, (jumped, jumped))
    said = finished(snakemake(folder, "-n"))
    assert "Nothing to be done" in said or "fit" not in jobs(said)
    finished(snakemake(folder))
    assert results(folder) == results(done)


def test_a_clock_that_was_set_back(folder, done):
    tomorrow = time.time() + 86400
    for file in (folder / "results/data").rglob("*.json"):
        os.utime(file, (tomorrow, tomorrow))
    (folder / "results/ranking.csv").unlink()
    shutil.rmtree(next((folder / "results/fits").iterdir()))
    same_again(folder, done, to_parquet=0, fit=1)


def test_results_of_other_settings_are_not_ranked(folder):
    # Without Snakemake's own records, which would make all of it again.
    shutil.rmtree(folder / ".snakemake")
    write_config(folder, {**CONFIG, "seed": 1})
    (folder / "results/ranking.csv").unlink()
    run = snakemake(folder)
    assert run.returncode == 1
    assert "score.json is of other settings than the config's (and 3 more points)" in run.stdout
    finished(snakemake(folder))


def test_how_often_a_state_is_saved_is_nobodys_result(folder):
    config = {**CONFIG, "stream": {**CONFIG["stream"], "save_every": 60}}
    write_config(folder, config)
    assert "Nothing to be done" in finished(snakemake(folder, "-n"))


def test_points_fitted_on_other_data_are_not_ranked(done, tmp_path):
    points = expand(CONFIG["grid"])
    files = [done / f"results/fits/{point.id}/score.json" for point in points]
    with pytest.raises(
        Damaged, match=r"is of other data than the manifest's \(and 3 more"
    ) as error:
        rank(points, files, tmp_path / "ranking.csv", tmp_path / "costs.csv", "another checksum")
    assert set(files) < set(error.value.files)
    assert not (tmp_path / "ranking.csv").exists()
