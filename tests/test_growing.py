"""A new file every day, as a user has it: the workflow, the report, the forecast."""

import csv
import json
import shutil

import pytest
from caudal.models.score_record import read_score
from caudal.ranking.run import gather
from caudal.report.days import days
from growing import CHUNK, ROWS, STREAM, Growing, write_day
from workflow import finished, jobs, results, snakemake, write_config

CONFIG = {
    "data": {"files": ["*.csv"], "label": "label"},
    "stream": STREAM,
    "score": {"drop_scores": 0.5},
    "points_per_job": 2,
    "grid": [
        {
            "vectorizer": {"n_features": [1024]},
            "classifier": {"loss": "log_loss", "alpha": [0.001, 0.1]},
        },
        {"vectorizer": {"n_features": [1024]}, "classifier": {"class": "FTRLClassifier"}},
    ],
}


def read_of(folder):
    with open(folder / "results/costs.csv", newline="") as file:
        return [int(row["rows_read"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """Three days, a run each; the last run's words, and those of the dry one before."""
    folder = tmp_path_factory.mktemp("grown")
    write_config(folder, CONFIG)
    for day in (1, 2):
        write_day(folder, day)
        finished(snakemake(folder))
    write_day(folder, 3)
    dry = finished(snakemake(folder, "-n"))
    said = finished(snakemake(folder))
    return folder, dry, said


def test_a_new_day_costs_a_day_and_gives_what_all_days_do(grown, tmp_path):
    folder, dry, said = grown
    for words in (dry, said):
        assert "Caudal: going on from their states: 3 points; rows to be read: about " in words
    assert jobs(said)["to_parquet"] == 1
    assert read_of(folder) == [3 * ROWS - 2 * ROWS // CHUNK * CHUNK] * 3
    for file in folder.glob("*.csv"):
        shutil.copy(file, tmp_path)
    write_config(tmp_path, CONFIG)
    first = finished(snakemake(tmp_path))
    assert "going on" not in first
    assert results(tmp_path) == results(folder)
    for file in [*tmp_path.glob("results/fits/*/model.pkl"), tmp_path / "results/best/model.json"]:
        assert file.read_bytes() == (folder / file.relative_to(tmp_path)).read_bytes()


def test_a_day_that_brought_nothing_runs_nothing(grown):
    folder, _, _ = grown
    said = finished(snakemake(folder))
    assert "Nothing to be done" in said
    assert "going on from" not in said


def test_the_report_tells_the_days(grown):
    folder, _, _ = grown
    page = (folder / "results/report.html").read_text()
    run = gather(folder)
    record = run.best.record
    assert [source["source"] for source in record["sources"]] == [f"day0{i}.csv" for i in (1, 2, 3)]
    assert [source["rows"] for source in record["sources"]] == [ROWS] * 3
    assert "Source by source" in page
    assert "day03.csv" in str(days(run))
    before = max(run.scored, key=lambda result: result.record["yesterday"])
    if before is run.best:
        assert "would have been the best without day03.csv, too" in page
    else:
        assert f"would have been #{before.rank}" in page


def test_what_starts_over_is_said_before_it_starts(grown, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(grown[0], folder, copy_function=shutil.copy2, symlinks=True)
    grid = json.loads(json.dumps(CONFIG["grid"]))
    grid[0]["classifier"]["alpha"].append(0.01)
    write_config(folder, {**CONFIG, "grid": grid})
    point = next(folder.glob("results/fits/*"))
    (point / "state.pkl").write_bytes(b"")
    write_day(folder, 4)
    said = finished(snakemake(folder, "-n"))
    assert (
        "going on from their states: 2 points; starting over: 1 (their states are missing or "
        "damaged); new: 1; rows to be read: about " in said
    )
    yesterday = folder / "day03.csv"
    yesterday.write_text(yesterday.read_text().replace("c2", "c3", 1))
    said = finished(snakemake(folder, "-n"))
    assert (
        "going on from their states: 0 points; starting over: 2 (day03.csv has changed), 1 ("
        in said
    )


def test_states_are_no_result_of_a_setting(grown, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(grown[0], folder, copy_function=shutil.copy2, symlinks=True)
    write_config(folder, {**CONFIG, "stream": {**STREAM, "keep_state": False}})
    assert "Nothing to be done" in finished(snakemake(folder, "-n"))


def test_yesterday_is_the_score_that_there_was(tmp_path):
    """Days of whole batches, so that nothing has to be split."""
    run = Growing(tmp_path, CONFIG["grid"], stream={"batch_size": 33, "n_batches": 3})
    scores = []
    for day in (1, 2, 3):
        write_day(tmp_path, day)
        run.grow()
        records = [read_score(run.file(point, "score.json")) for point in run.points]
        if day == 1:
            assert not any("yesterday" in record for record in records)
        else:
            assert [record["yesterday"] for record in records] == pytest.approx(scores)
            losses = [(source["rows"], source["loss"]) for source in records[0]["sources"]]
            assert [rows for rows, _ in losses] == [ROWS] * day
            scored = [ROWS - 99, *[ROWS] * (day - 1)]
            mean = sum(rows * loss for rows, (_, loss) in zip(scored, losses, strict=True))
            end = records[0]["learning_curve"][-1]["loss"]
            assert mean / sum(scored) == pytest.approx(end)
        scores = [record["score"] for record in records]
