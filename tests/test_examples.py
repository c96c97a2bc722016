"""Each example runs from its data to the report, on fewer rows than it is for."""

import csv
import random
from pathlib import Path

import pytest
import yaml
from caudal.ranking.tables import read_table
from workflow import ROOT, finished, snakemake, write_config

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
SMALL = {"batch_size": 100, "n_batches": 5}


def own_rows(folder: Path, data: dict) -> None:
    """A file such as a user has, for the examples without a simulation."""
    draw = random.Random(0)
    (folder / "data").mkdir()
    with open(folder / "data/day-1.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["price", "age", "city", data["label"]])
        for _ in range(1500):
            price, age = draw.uniform(1, 50), draw.uniform(18, 80)
            city = draw.choice("abc")
            liking = 20 + 10 * (city == "a") + draw.gauss(0, 5) - price
            label = f"{liking:.2f}" if data.get("task") == "regression" else int(liking > 0)
            writer.writerow([f"{price:.2f}", f"{age:.1f}", city, label])


@pytest.mark.slow
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_runs(file, tmp_path):
    config = yaml.safe_load(file.read_text())
    if config.get("simulate"):
        config["simulate"]["rows"] = 3000
    else:
        own_rows(tmp_path, config["data"])
    write_config(tmp_path, {**config, "stream": SMALL})
    finished(snakemake(tmp_path))
    assert float(read_table(tmp_path / "results/ranking.csv")[0]["r2"]) > 0
    assert (tmp_path / "results/report.html").stat().st_size > 50_000
