"""New files as a user predicts them: what comes, what stays, what is said."""

import json
import os
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from caudal.models.pickling import load_model
from caudal.workflow import closing
from caudal.workflow.retraining import retraining
from test_predictions import make_rows
from workflow import finished, snakemake, write_config

CONFIG = {
    "data": {"files": ["old/*.csv"], "label": "y", "ignore": ["when"]},
    "stream": {"batch_size": 50, "n_batches": 2},
    "grid": [
        {
            "vectorizer": {"n_features": [1024], "degree": [1, 2]},
            "classifier": {"loss": "log_loss", "alpha": 0.001},
        }
    ],
    "points_per_job": 2,
    "predict": {"keep": ["id"]},
}
PREDICTIONS = "results/predictions"


def write_rows(file, rows, seed, **columns):
    file.parent.mkdir(exist_ok=True)
    frame = make_rows(rows, seed=seed).assign(**columns)
    frame.insert(0, "id", np.arange(rows) + 1000 * seed)
    frame.to_csv(file, index=False)
    return frame


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project with a finished run on files of its own, and two new ones."""
    folder = tmp_path_factory.mktemp("trained")
    write_config(folder, {**CONFIG, "data": {**CONFIG["data"], "ignore": ["when", "id"]}})
    write_rows(folder / "old/day1.csv", 600, seed=0)
    write_rows(folder / "new/day2.csv", 300, seed=2)
    write_rows(folder / "new/day3.csv", 40, seed=3)
    finished(snakemake(folder))
    return folder


@pytest.fixture
def project(trained, tmp_path):
    copied = tmp_path / "project"
    shutil.copytree(trained, copied, copy_function=shutil.copy2, symlinks=True)
    return copied


def predict(folder, *files, **options):
    listed = ", ".join(files)
    words = ("predict", "--config", f"predict={{files: [{listed}]}}", *options.pop("words", ()))
    return snakemake(folder, *words, **options)


def predicted(folder, name):
    return pq.read_table(folder / PREDICTIONS / f"{name}.parquet")


def test_each_file_keeps_its_own_and_is_shown_in_the_report(project):
    said = finished(predict(project, "new/day2.csv"))
    assert "300 rows of new/day2.csv are predicted in results/predictions/day2.parquet" in said
    new = pd.read_csv(project / "new/day2.csv")
    model = load_model(project / "results/best/model.pkl")
    first = predicted(project, "day2")
    assert first["id"].to_pylist() == new["id"].astype(str).tolist()
    assert first["prediction"].to_pylist() == model.predict(new).tolist()
    finished(predict(project, "new/day3.csv"))
    assert predicted(project, "day2").equals(first)
    assert len(predicted(project, "day3")) == 40
    page = (project / "results/report.html").read_text()
    assert "New files" in page and "new/day2.csv" in page and "new/day3.csv" in page
    assert "Nothing to be done" in finished(snakemake(project, "-n"))
    assert "Nothing to be done" in finished(predict(project, "new/day2.csv", words=["-n"]))


def test_one_that_fails_removes_nothing(project):
    finished(predict(project, "new/day2.csv", "new/day3.csv"))
    before = {f: f.read_bytes() for f in (project / PREDICTIONS).iterdir()}
    assert len(before) == 4
    write_rows(project / "new/day3.csv", 41, seed=3, x1="much")
    write_rows(project / "new/day4.csv", 41, seed=3)
    run = predict(project, "new/day3.csv", "new/day4.csv")
    assert run.returncode == 1
    assert "new/day3.csv, line 2: column 'x1': 'much' is not a number" in run.stdout
    assert {f: f.read_bytes() for f in before} == before


def test_a_folder_that_nothing_has_come_into_keeps_no_model_from_training(project):
    empty = ("--config", "predict={files: [inbox/*.csv]}")
    assert "Nothing is predicted: predict.files: no file matches" in finished(
        snakemake(project, "-n", *empty)
    )
    run = snakemake(project, "predict", "-n", *empty)
    assert run.returncode == 1
    assert "There is nothing to predict: predict.files: no file matches 'inbox/*.csv'" in run.stdout
    run = snakemake(project, "predict", "-n")
    assert "There is nothing to predict: name the new files" in run.stdout


@pytest.mark.parametrize("everything", [True, False])
def test_the_training_files_may_be_archived(project, everything):
    expected = load_model(project / "results/best/model.pkl")
    shutil.rmtree(project / "old")
    if not everything:
        shutil.move(project / "results/best", project / "best")
        for folder in ("results", "logs", ".snakemake"):
            shutil.rmtree(project / folder)
        (project / "results").mkdir()
        shutil.move(project / "best", project / "results/best")
    said = finished(predict(project, "new/day2.csv"))
    assert "no file matches 'old/*.csv'" in said and "model.pkl predicts as it is" in said
    new = pd.read_csv(project / "new/day2.csv")
    assert predicted(project, "day2")["prediction"].to_pylist() == expected.predict(new).tolist()
    assert (project / "results/report.html").exists() == everything
    if everything:
        assert "new/day2.csv" in (project / "results/report.html").read_text()
    run = snakemake(project, "--config", "predict={files: [new/day2.csv]}")
    assert run.returncode == 1
    assert "no file matches 'old/*.csv'" in run.stdout


def test_without_training_files_and_model_it_says_what_is_needed(tmp_path):
    write_config(tmp_path, CONFIG)
    write_rows(tmp_path / "new/day2.csv", 5, seed=2)
    run = predict(tmp_path, "new/day2.csv", words=["-n"])
    assert run.returncode == 1
    assert "no file matches 'old/*.csv'" in run.stdout
    assert "Nor is there a results/best/model.pkl" in run.stdout


def test_after_a_change_it_says_what_it_trains(project):
    config = {**CONFIG, "data": {**CONFIG["data"], "ignore": ["when", "id"]}}
    config["grid"] = [{**CONFIG["grid"][0], "classifier": {"loss": "log_loss", "alpha": 0.01}}]
    write_config(project, config)
    model = (project / "results/best/model.pkl").read_bytes()
    said = finished(predict(project, "new/day2.csv", words=["-n"]))
    assert said.count("2 points trained anew before anything is predicted") == 1
    as_it_is = ["--allowed-rules", "predict_file", "predict"]
    finished(predict(project, "new/day2.csv", words=as_it_is))
    assert (project / "results/best/model.pkl").read_bytes() == model
    record = json.loads((project / PREDICTIONS / "day2.json").read_text())
    finished(predict(project, "new/day3.csv"))
    assert (project / "results/best/model.pkl").read_bytes() != model
    page = (project / "results/report.html").read_text()
    assert f"an earlier model, of the point {record['point']}" in page


def test_only_a_run_for_predictions_says_what_it_trains(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jobs = {"to_parquet": 1, "caudal_fit": 2, "fit_0123456789ab-12": 1, "predict": 1, "total": 5}
    assert "there is no model yet: 1 source converted and 14 points trained" in retraining(jobs)
    (tmp_path / "results/best").mkdir(parents=True)
    (tmp_path / "results/best/model.pkl").touch()
    assert "1 source converted and 14 points trained anew" in retraining(jobs)
    assert retraining({**jobs, "all": 1}) == ""
    assert retraining({"rank": 1, "predict": 1}) == ""


def test_a_report_of_an_earlier_model_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/best").mkdir(parents=True)
    for name, when in (("best/model.pkl", 100), ("report.html", 200)):
        (tmp_path / "results" / name).touch()
        os.utime(tmp_path / "results" / name, (when, when))
    assert not closing.about_report()
    os.utime(tmp_path / "results/best/model.pkl", (300, 300))
    closing.say_failed()
    assert "report.html is of an earlier model" in capsys.readouterr().out
