"""A file grouped by site and year, from the run to its page: the reader is led to the mux."""

import csv
import html
import re

import numpy as np
import pandas as pd
import pytest
from workflow import finished, snakemake, write_config

ROWS, SITES = 24_000, 48
FEW = ["a0", "a1", "a2", "a3"]
CONFIG = {
    "data": {"files": ["rows.csv"], "label": "y"},
    "stream": {"batch_size": 500, "n_batches": 2},
    "yardstick": {"rows": 1},
    "grid": [
        {
            "extractor": {"features": {"few": FEW, "wide": "all"}},
            "classifier": {"class": "FTRLClassifier", "eta0": 0.1},
        }
    ],
}


def grouped():
    """Four columns that mean the same everywhere; 27 that tell the site, which has its own rate."""
    rng = np.random.default_rng(0)
    site = np.arange(ROWS) * SITES // ROWS
    x = rng.normal(size=(ROWS, 29))
    x[:, 4:] += rng.normal(0, 2, (SITES, 25))[site]
    z = x[:, :4] @ [0.7, -0.6, 0.5, 0.4] + rng.normal(0, 2, SITES)[site]
    frame = pd.DataFrame(x.round(4), columns=FEW + [f"b{i:02d}" for i in range(25)])
    frame.insert(0, "site", [f"s{i:02d}" for i in site])
    frame.insert(1, "year", 2005 + np.arange(ROWS) * SITES * 10 // ROWS % 10)
    return frame.assign(y=np.where(rng.random(ROWS) < 1 / (1 + np.exp(-z)), "yes", "no"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("grouped")
    grouped().to_csv(made / "rows.csv", index=False)
    write_config(made, CONFIG)
    return made


def told(folder):
    """The features of the first point; the page's heading and what to do next; the whole page."""
    with open(folder / "results/ranking.csv") as file:
        first = next(csv.DictReader(file))["features"]
    page = html.unescape((folder / "results/report.html").read_text())
    todo = re.search(r'<ol class="advice">(.*?)</ol>', page, re.DOTALL)[1]
    return first, re.search("<h1>(.*?)</h1>", page)[1], re.findall("<b>(.*?)</b>", todo), page


def test_the_reader_is_led_to_the_right_conclusion(folder):
    said = finished(snakemake(folder))
    assert "Caudal: the rows differ along the stream" in said
    assert "set stream.order: mux" in said
    first, heading, todo, page = told(folder)
    assert first.count(",") == 3  # few columns win, for the wrong reason
    assert "on the last stretch of a stream that changes" in heading
    assert todo[0] == "Set stream.order: mux, unless the rows come in the order of time."
    assert not [line for line in todo if "More rows" in line]
    assert "There is no yardstick beside the best point: it failed" in page
    assert ">few<" in page and ">wide<" in page

    write_config(
        folder, CONFIG | {"stream": CONFIG["stream"] | {"order": "mux"}, "yardstick": None}
    )
    said = finished(snakemake(folder))
    assert "differ along the stream" not in said
    first, heading, todo, page = told(folder)
    assert first.count(",") == 30  # mixed, all columns do
    assert "stretch" not in heading
    assert not [line for line in todo if "mux" in line]
    assert "yardstick" not in page
