"""What a run says before it starts, what its jobs ask for, and its lock."""

import dataclasses
import gzip
from pathlib import Path

import pytest
from caudal import checked_json
from caudal.data.manifest import DAMAGED
from caudal.errors import Damaged, UserError
from caudal.workflow import footprint, plan, resources, run_lock
from workflow import CONFIG


def planned(**sections):
    return plan.plan({**CONFIG, **sections})


def clicks(**vectorizer):
    return planned(
        simulate={"model": "clicks", "rows": 1000},
        grid=[{"vectorizer": vectorizer, "classifier": {"loss": "log_loss"}}],
    )


def test_what_the_run_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = footprint.footprint(planned(points_per_job=3), 3000, True)
    assert str(found).startswith("4 points on 3,000 rows, 1 pass each, in 2 jobs; ")
    assert found.there == 0
    (tmp_path / "results").mkdir()
    (tmp_path / "results/some.bin").write_bytes(bytes(1000))
    again = footprint.footprint(planned(points_per_job=3), 3000, True)
    assert found.needed - again.needed == 1000
    assert found.size / 3 < found.least < found.size
    dataclasses.replace(found, free=found.least).check()
    with pytest.raises(UserError, match=r"The disk is too small: at least \d[\d.]* kB are still"):
        dataclasses.replace(found, free=found.least - 1).check()


def test_columns_that_may_not_come_refuse_no_run():
    wide = footprint.footprint(clicks(n_features=2**22, degree=3), 10**9, True)
    narrow = footprint.footprint(clicks(n_features=2**22), 10**9, True)
    assert wide.size - narrow.size > 5 * 10**6 > wide.least - narrow.least


def test_more_rows_and_points_take_more_disk():
    few, more = planned(), planned(grid=[{"classifier": {"alpha": [0.1, 0.2, 0.3, 0.4, 0.5]}}])
    sizes = [footprint.footprint(p, rows, True).size for p in (few, more) for rows in (10, 10**6)]
    assert sizes[0] < sizes[2] < sizes[1] < sizes[3]


def test_rows_are_counted_or_estimated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert resources.count_rows(planned()) == (3000, True)
    text = "x,y\n" + "".join(f"{i % 10},{i % 2}\n" for i in range(1000, 2000))
    Path("a.csv").write_text(text)
    with gzip.open("b.csv.gz", "wt") as file:
        file.write(text)
    mine = {"simulate": None, "data": {"files": ["*.csv", "*.gz"], "label": "y"}, "grid": [{}]}
    rows, exact = resources.count_rows(planned(**mine))
    assert 1000 < rows < 2000
    assert not exact
    Path("results/data").mkdir(parents=True)
    checked_json.write("results/data/manifest.json", {"rows": 2000})
    assert resources.count_rows(planned(**mine)) == (2000, True)


def test_a_fits_minutes_grow_with_the_rows_and_its_memory_does_not():
    run = planned()
    points = list(run.points.values())[:1]
    assert (
        resources.fit_minutes(run, points, 10**9, 1)
        > 100
        > resources.fit_minutes(run, points, 10**6, 1)
    )
    assert resources.fit_memory(run, points, 10**9, 1) == resources.fit_memory(
        run, points, 10**6, 1
    )
    for need in (resources.fit_minutes, resources.fit_memory):
        assert need(run, points, 10**6, 3) == 4 * need(run, points, 10**6, 1)


def test_a_fits_memory_holds_the_columns_it_may_touch():
    small, large = clicks(n_features=2**10), clicks(n_features=2**22, degree=2)
    memory = [resources.fit_memory(p, list(p.points.values()), 10**9, 1) for p in (small, large)]
    assert memory[1] - memory[0] > 28 * 2**22 / 1e6 * 0.9


def test_a_lock_is_removed_only_where_nobody_is_alive(tmp_path):
    stale = tmp_path / "locks/0.output.lock"
    mine = run_lock.take(tmp_path)
    stale.parent.mkdir()
    stale.touch()
    another = run_lock.take(tmp_path)
    assert stale.exists()
    mine.close()
    third = run_lock.take(tmp_path)
    assert stale.exists()
    another.close()
    third.close()
    run_lock.take(tmp_path).close()
    assert not stale.exists()


def test_a_lock_of_another_machine_stays(tmp_path):
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/0.output.lock").touch()
    (tmp_path / "caudal.lock").write_text("elsewhere")
    for _ in range(2):
        run_lock.take(tmp_path).close()
        assert (tmp_path / "locks/0.output.lock").exists()


def test_damaged_results_are_discarded(tmp_path):
    files = [tmp_path / "model.pkl", tmp_path / "score.json"]
    error = Damaged("model.pkl is short", files, tmp_path / DAMAGED)
    assert str(error) == "model.pkl is short; run Snakemake again to make it."
    for file, goes in zip(files, (files[0], f"the folder {tmp_path}"), strict=True):
        file.touch()
        assert str(error) == f"model.pkl is short; delete {goes} and run Snakemake again."
    assert error.discard().startswith("model.pkl is short. Run the same command again")
    assert [file.name for file in tmp_path.iterdir()] == [DAMAGED]
