"""The workflow from outside: what runs, what does not run again, and what it says."""

import copy
import csv
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from workflow import CONFIG, ROOT, command, finished, jobs, results, snakemake, write_config


def planned(folder, **options):
    said = finished(snakemake(folder, "-n", **options))
    return {} if "Nothing to be done" in said else jobs(said)


def changed(folder, **sections):
    config = copy.deepcopy(CONFIG)
    for section, values in sections.items():
        config[section] = values(config[section]) if callable(values) else values
    write_config(folder, config)


def test_a_run_makes_everything(done):
    with open(done / "results/ranking.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert list(rows[0]) == [
        "rank", "point", "score", "standard_error", "benchmark_score", "r2", "rows",
        "degree", "alpha",
    ]  # fmt: skip
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert {row["rows"] for row in rows} == {"3000"}
    terms = pd.read_csv(done / "results/best/coefficients.csv")
    assert {"term", "column", "coefficient", "collisions", "truth"} == set(terms.columns)
    for name in ("report.html", "costs.csv", "grid.csv", "best/model.pkl", "best/model.json"):
        assert (done / "results" / name).stat().st_size > 50
    for row in rows:
        assert (done / f"logs/fit/{row['point']}.log").read_text().count("point") >= 2
        assert (done / f"benchmarks/fit/{row['point']}.tsv").exists()


def test_a_second_run_has_nothing_to_do(folder):
    assert planned(folder) == {}
    os.utime(ROOT / "scripts/fit.py")
    assert planned(folder) == {}


def test_a_new_value_trains_only_the_new_points(folder):
    before = {f: f.stat().st_mtime_ns for f in (folder / "results/fits").glob("*/score.json")}

    def wider(grids):
        grids[0]["classifier"]["alpha"] = [0.001, 0.01, 0.1]
        return grids

    changed(folder, grid=wider)
    assert planned(folder)["fit"] == 2
    finished(snakemake(folder))
    assert all(f.stat().st_mtime_ns == when for f, when in before.items())
    assert len(pd.read_csv(folder / "results/ranking.csv")) == 6
    assert planned(folder) == {}


def test_reordering_keys_runs_nothing(folder):
    def reverse(value):
        if isinstance(value, dict):
            return {key: reverse(value[key]) for key in reversed(value)}
        return [reverse(item) for item in value] if isinstance(value, list) else value

    config = reverse(CONFIG)
    config["grid"][0]["classifier"]["alpha"] = [0.01, 0.1]
    write_config(folder, config)
    assert planned(folder) == {}


def test_settings_rerun_what_they_touch(folder):
    changed(folder, score={"loss": "log"})
    again = planned(folder)
    assert again["fit"] == 4
    assert not {"simulate", "to_parquet"} & set(again)
    changed(folder, simulate={"model": "logistic", "rows": 3100})
    assert {"simulate", "to_parquet", "fit"} <= set(planned(folder))


def test_an_edit_of_the_package_reruns_what_it_affects(done, tmp_path):
    code = tmp_path / "code"
    shutil.copytree(
        ROOT, code, ignore=shutil.ignore_patterns(".*", "__pycache__", "results", "logs")
    )
    run = tmp_path / "run"
    run.mkdir()
    write_config(run, CONFIG)
    finished(snakemake(run, root=code))
    assert planned(run, root=code) == {}
    module = code / "scripts/caudal/learn/learners/sgd_kernel.py"
    source = module.read_text()
    module.write_text(source + "\n# one word more\n")
    assert planned(run, root=code) == {}
    module.write_text(source.replace("_LARGEST_GRADIENT = 1e12", "_LARGEST_GRADIENT = 1e11"))
    again = planned(run, root=code)
    assert again["fit"] == 4
    assert not {"simulate", "to_parquet"} & set(again)


@pytest.mark.parametrize("cores, points_per_job", [(1, 1), (4, 1), (2, 3), (2, 100)])
def test_same_bytes_whatever_the_cores_and_the_jobs(done, tmp_path, cores, points_per_job):
    write_config(tmp_path, {**CONFIG, "points_per_job": points_per_job})
    said = finished(snakemake(tmp_path, cores=cores))
    assert results(tmp_path) == results(done)
    if points_per_job > 1:
        fits = [rule for rule in jobs(said) if rule.startswith("fit")]
        assert len(fits) == -(-4 // points_per_job)
    for model in (done / "results/fits").glob("*/model.pkl"):
        assert model.read_bytes() == (tmp_path / model.relative_to(done)).read_bytes()


def test_a_killed_run_is_finished_by_the_same_command(done, tmp_path):
    write_config(tmp_path, CONFIG)
    run = subprocess.Popen(
        command(), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while not list((tmp_path / "results/fits").glob("*/score.json")):
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    run.wait(timeout=120)
    finished_before = {f: f.stat().st_mtime_ns for f in tmp_path.glob("results/data/*/part-*")}
    finished(snakemake(tmp_path))
    assert results(tmp_path) == results(done)
    assert all(f.stat().st_mtime_ns == when for f, when in finished_before.items())


def test_a_failing_fit_says_its_sentence_and_leaves_no_target(tmp_path):
    changed(tmp_path, stream={"batch_size": 1000, "n_batches": 20})
    run = snakemake(tmp_path)
    assert run.returncode == 1
    assert "3000 rows make 3 batches of 1000" in run.stdout
    assert "Traceback" not in run.stdout
    assert not (tmp_path / "results/data/manifest.json").exists()


@pytest.mark.parametrize(
    "section, value, sentence",
    [
        ("strem", {}, "there is no key 'strem'"),
        ("grid", [{"classifier": {"alpha": "1e-5"}}], "write 1.0e-5"),
        ("grid", [{"extractor": {"features": [["x9"]]}}], "'x9' is in no source"),
    ],
)
def test_a_wrong_config_stops_before_any_job(tmp_path, section, value, sentence):
    changed(tmp_path, **{section: value} if section == "grid" else {})
    if section != "grid":
        write_config(tmp_path, {**CONFIG, section: value})
    run = snakemake(tmp_path)
    assert run.returncode == 1
    assert sentence in run.stdout
    assert "Traceback" not in run.stdout
    assert not (tmp_path / "results").exists()


def test_own_csv_by_configfile(tmp_path):
    rows = pd.DataFrame({"a": [0.5, -0.5] * 600, "b": ["red", "blue", "green"] * 400})
    rows["bought"] = [("yes", "no")[i % 3 == 0] for i in range(len(rows))]
    for day in range(2):
        rows[day * 600 : day * 600 + 600].to_csv(tmp_path / f"day{day}.csv", index=False)
    mine = {
        "data": {"files": ["day*.csv"], "label": "bought"},
        "stream": {"batch_size": 50, "n_batches": 4},
        "grid": [{"vectorizer": {"degree": [1, 2]}, "classifier": {"loss": "log_loss"}}],
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(mine))
    finished(snakemake(tmp_path, "--configfile", "mine.yaml"))
    assert len(pd.read_csv(tmp_path / "results/ranking.csv")) == 2
    sources = json.loads((tmp_path / "results/data/manifest.json").read_text())["sources"]
    assert [source["name"] for source in sources] == ["day0", "day1"]
    rows[:10].drop(columns="bought").to_csv(tmp_path / "new.csv", index=False)
    new = ("--config", "predict={files: [new.csv]}")
    finished(snakemake(tmp_path, "predict", "--configfile", "mine.yaml", *new))
    predicted = pq.read_table(tmp_path / "results/predictions/new.parquet").to_pandas()
    with open(tmp_path / "results/best/model.pkl", "rb") as file:
        model = pickle.load(file)
    assert list(predicted["prediction"]) == list(model.predict(rows[:10]))
    assert predicted["probability_yes"].tolist() == model.predict_proba(rows[:10])[:, 1].tolist()


def test_a_new_file_converts_only_that_file(tmp_path):
    rows = pd.DataFrame({"a": [0.5, -0.5, 0.1] * 400, "y": [1, 0, 0, 1] * 300})
    config = {
        "data": {"files": ["day*.csv"], "label": "y"},
        "stream": {"batch_size": 50, "n_batches": 4},
        "grid": [{"classifier": {"loss": "log_loss", "alpha": 0.01}}],
    }
    write_config(tmp_path, config)
    for day in (1, 2):
        rows[day * 400 : day * 400 + 400].to_csv(tmp_path / f"day{day}.csv", index=False)
    finished(snakemake(tmp_path))
    rows[:400].to_csv(tmp_path / "day10.csv", index=False)
    again = planned(tmp_path)
    assert (again["to_parquet"], again["fit"]) == (1, 1)
    finished(snakemake(tmp_path))
    sources = json.loads((tmp_path / "results/data/manifest.json").read_text())["sources"]
    assert [source["name"] for source in sources] == ["day1", "day2", "day10"]


def test_a_model_is_read_from_any_folder(done, tmp_path):
    code = (
        "import pickle, pandas, sys; model = pickle.load(open(sys.argv[1], 'rb')); "
        "frame = pandas.DataFrame({'x1': [0.5], 'x2': [1.0], 'x3': [-1.0]}); "
        "print(model.predict_proba(frame).shape)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(done / "results/best/model.pkl")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
    )  # fmt: skip
    assert run.stdout == "(1, 2)\n", run.stderr


def test_another_folder_by_directory(done, tmp_path):
    write_config(tmp_path, CONFIG)
    finished(snakemake(ROOT, "--directory", str(tmp_path)))
    assert results(tmp_path) == results(done)


def test_as_a_module_of_another_workflow(done, tmp_path):
    (tmp_path / "Snakefile").write_text(
        f"""
configfile: "config.yaml"

module caudal:
    snakefile: "{ROOT / "Snakefile"}"
    config: config

use rule * from caudal as caudal_*

rule everything:
    default_target: True
    input: rules.caudal_all.input
"""
    )
    write_config(tmp_path, CONFIG)
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    finished(run)
    assert results(tmp_path) == results(done)


def test_snakemakes_own_report(folder):
    finished(snakemake(folder, "--report", "provenance.zip"))
    assert (folder / "provenance.zip").stat().st_size > 100_000
