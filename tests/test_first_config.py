"""``caudal init``: a config to start from, for files as people have them, which runs as it is."""

import gzip
import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from caudal import cli
from caudal.config.first_columns import Numbers
from caudal.config.first_numbers import how_numbers_are_written
from caudal.data.defaults import completed
from caudal.workflow.plan import plan
from workflow import ROOT, finished, snakemake


def call(*words):
    with pytest.raises(SystemExit) as end:
        cli.main([str(word) for word in words])
    return end.value.code


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of the user's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*words):
    """Call init; gives the config as YAML reads it, and its text."""
    assert not call("init", *words), words
    text = Path("config.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text), text


# The like of the five files that a new user came with


def bird_strikes(rows):
    """Grouped by site and year; remarks of words; an id; a column that is always the same."""
    rng = np.random.default_rng(7)
    words = ["engine", "windshield", "gulls", "at", "takeoff", "no", "damage", "on", "approach"]
    frame = pd.DataFrame({"record_id": np.arange(rows) + 200_001, "site": np.arange(rows) // 90})
    frame["incident_date"] = pd.date_range("2001-01-01", periods=rows, freq="11h").strftime(
        "%m/%d/%Y"
    )
    frame["height"] = rng.integers(0, 9000, rows)
    frame["speed"] = np.where(rng.random(rows) < 0.3, "", rng.integers(60, 250, rows).astype(str))
    frame["operator"] = rng.choice(["AMERICAN", "UNITED", "MILITARY"], rows)
    frame["remarks"] = [" ".join(rng.choice(words, rng.integers(3, 9))) for _ in range(rows)]
    frame["country"] = "USA"
    hit = frame.remarks.str.contains("engine") * 2 + frame.height / 9000 + rng.logistic(size=rows)
    frame["effect"] = np.where(hit > 1, "precautionary landing", "")
    return frame


def loans(rows):
    """Many columns, money and per cent as text, several classes, codes, free text."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"id": rng.permutation(10**7)[:rows]})
    frame["member_url"] = [f"https://x/{i:08}" for i in rng.permutation(10**6)[:rows]]
    frame["loan_amnt"] = rng.integers(10, 400, rows) * 100
    frame["int_rate"] = [f"{rate:.2f}%" for rate in rng.uniform(5, 25, rows)]
    frame["annual_inc"] = [f"{income:,}" for income in rng.integers(20_000, 190_000, rows)]
    frame["term"] = rng.choice([" 36 months", " 60 months"], rows)
    frame["zip_code"] = [f"{code}xx" for code in rng.integers(100, 999, rows)]
    for i in range(48):
        frame[f"open acc {i}: #"] = rng.integers(0, 60, rows) if i % 2 else rng.normal(size=rows)
    late = frame.loan_amnt / 20_000 + rng.logistic(size=rows)
    frame["loan_status"] = np.select([late > 3, late > 2], ["Charged Off", "Late"], "Current")
    return frame


def pets(rows):
    """Semicolons, decimal commas, German dates, names that YAML would misread."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"on": rng.choice(["ja", "nein"], rows), "größe": rng.normal(30, 9, rows)})
    frame["größe"] = frame["größe"].map(lambda value: f"{value:.2f}".replace(".", ","))
    frame["Alter: in Tagen"] = rng.integers(10, 4000, rows)
    frame["Geburt"] = pd.date_range("2011-01-01", periods=rows, freq="9h").strftime("%d.%m.%Y")
    frame["[Rasse]*"] = rng.choice(["Boxer", "Dackel", "'n Mix"], rows)
    frame["no"] = np.where((frame["on"] == "ja") & (rng.random(rows) < 0.8), "yes", "no")
    return frame


def health(rows):
    """Numbers with placeholders, few whole numbers, a label of which some are missing."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"person": [f"A{i:06}" for i in rng.integers(0, rows // 3, rows)]})
    frame["plan"] = rng.integers(1, 15, rows)
    frame["visits"] = np.where(rng.random(rows) < 0.1, "?", rng.poisson(40, rows).astype(str))
    frame["meddol"] = rng.lognormal(3, 1, rows).round(2)
    frame["female"] = rng.integers(0, 2, rows)
    frame["ghindx"] = rng.normal(70, 15, rows).round(1)
    lean = frame.female + (frame.meddol > 25) + rng.logistic(size=rows)
    frame["claim"] = np.select([rng.random(rows) < 0.05, lean > 1], ["", "1"], "0")
    return frame


def films(rows):
    """Titles, lists of genres, seconds since 1970, and the number that the label is made of."""
    rng = np.random.default_rng(7)
    genres = [f"{a}|{b}|{c}" for a in "ABCDEFGH" for b in "IJKLM" for c in "NOPQ"]
    frame = pd.DataFrame(
        {"movieId": rng.integers(1, 900, rows), "userId": rng.integers(1, 300, rows)}
    )
    frame["title"] = [f"The {w} of {i} nights (19{i % 90 + 10})" for i, w in
                      enumerate(rng.choice(["King", "Queen", "Night"], rows))]  # fmt: skip
    frame["genres"] = rng.choice(genres, rows)
    frame["timestamp"] = np.sort(rng.integers(8e8, 1.4e9, rows))
    frame["rating"] = rng.integers(1, 11, rows) / 2
    frame["like"] = np.where(frame.rating > 3, "yes", "no")
    return frame


def write(path, frame):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pandas(frame), path)
    else:
        frame.to_csv(path, index=False, sep=";" if frame.columns[0] == "on" else ",")
    return path.name


CASES = {
    "strikes": (bird_strikes, "strikes.csv", "effect"),
    "loans": (loans, "loans.csv.gz", "loan_status"),
    "pets": (pets, "pets.csv", "no"),
    "health": (health, "health.parquet", "claim"),
    "films": (films, "films.csv", "like"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_config_runs_as_it_is_to_a_report(here, name, capsys):
    make, file, label = CASES[name]
    write(here / file, make(1500))
    written, text = init(file, "--label", label)
    assert written["data"]["files"] == [file]
    # The command that it says is the one that runs.
    said = capsys.readouterr().out.splitlines()
    command = shlex.split(said[-1])
    assert command[1:] == ["-s", str(ROOT / "Snakefile"), "--cores", "all"]
    finished(snakemake(here))
    ranking = pd.read_csv("results/ranking.csv")
    assert len(ranking) == 6
    merged = json.loads(Path("results/data/manifest.json").read_text())
    assert merged["rows_rejected"] == 0
    assert label in Path("results/report.html").read_text()
    # Every column has its line and its reason.
    lines = [line.strip() for line in text.splitlines() if "#" in line]
    assert all(line.partition("#")[2].strip() for line in lines)


def kinds(config):
    data = config["data"]
    return {
        kind: set(data.get(kind) or []) for kind in ("numeric", "categorical", "ignore", "derive")
    }


def test_a_label_that_is_there_or_not_and_texts_to_words(here):
    write(here / "a.csv", bird_strikes(1500))
    config, text = init("a.csv", "--label", "effect")
    assert config["data"]["label"] == {"column": "effect", "missing": True}
    found = kinds(config)
    assert found["numeric"] == {"height", "speed"}
    assert found["ignore"] == {"record_id", "country"}
    assert config["data"]["derive"] == {"incident_date": ["weekday", "month"]}
    assert config["data"]["date_format"] == "%m/%d/%Y"
    features = config["grid"][0]["extractor"]["features"]
    assert features == [["*", {"column": "remarks", "words": True}]]
    assert "always USA" in text and "an id: 1,500 different ones in 1,500 rows" in text


def test_numbers_written_as_text_ids_and_many_columns(here):
    write(here / "a.csv", loans(1500))
    config, text = init("a.csv", "--label", "loan_status")
    found = kinds(config)
    assert config["data"]["thousands"] == ","
    assert {"loan_amnt", "annual_inc", "open acc 1: #", "open acc 0: #"} <= found["numeric"]
    assert found["ignore"] == {"id", "member_url", "int_rate"}
    assert found["categorical"] == {"term", "zip_code"}
    assert "with percent signs (take these off)" in text
    assert config["grid"][0]["vectorizer"] == {"degree": [1]}  # 53 columns have 1,431 pairs
    assert "3 classes: Current" in text
    assert "# label: {column: loan_status, is: Current}" in text


def test_commas_dates_and_names_that_yaml_misreads(here):
    write(here / "a.csv", pets(1500))
    config, _ = init("a.csv", "--label", "no")
    found = kinds(config)
    assert config["data"]["label"] == "no" and config["data"]["decimal"] == ","
    assert found["numeric"] == {"größe", "Alter: in Tagen"}
    assert found["categorical"] == {"on", "[Rasse]*"}
    assert config["data"]["date_format"] == "%d.%m.%Y"
    assert plan(config).schema["columns"]["größe"] == "numeric"


def test_placeholders_codes_and_rows_without_a_label(here):
    write(here / "a.csv", health(1500))
    config, text = init("a.csv", "--label", "claim")
    found = kinds(config)
    assert found["numeric"] == {"visits", "meddol", "ghindx"}
    assert {"plan", "female", "person"} <= found["categorical"]
    assert config["data"]["missing"] == {"texts": ["?"]}
    assert "missing, rows that are left out" in text


def test_a_leak_lists_of_words_and_seconds(here, capsys):
    write(here / "a.csv", films(1500))
    config, _ = init("a.csv", "--label", "like")
    assert "rating: fractions" in (said := capsys.readouterr().out) and "tells the label" in said
    assert config["data"]["date_format"] == "%s"
    assert {"movieId", "userId", "genres", "title"} == set(config["data"]["categorical"])
    texts = [entry["column"] for entry in config["grid"][0]["extractor"]["features"][0][1:]]
    assert texts == ["title", "genres"]


# Where the files lie, and what is said


def test_it_overwrites_nothing(here):
    write(here / "a.csv", health(300))
    (here / "config.yaml").write_text("seed: 1\n")
    assert "config.yaml is there already; write another by --output" in call(
        "init", "a.csv", "--label", "claim"
    )
    assert (here / "config.yaml").read_text() == "seed: 1\n"
    assert not call("init", "a.csv", "--label", "claim", "--output", "mine.yaml")
    assert plan(yaml.safe_load((here / "mine.yaml").read_text())).points


def test_in_the_projects_folder_and_elsewhere_the_right_command_is_said(here, monkeypatch, capsys):
    write(here / "a.csv", health(300))
    monkeypatch.chdir(ROOT)
    mine = here / "m y.yaml"
    assert not call("init", here / "a.csv", "--label", "claim", "--output", mine)
    command = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert command[1:] == ["--cores", "all", "--configfile", str(mine)]
    monkeypatch.chdir("/")
    assert not call("--directory", here, "init", "a.csv", "--label", "claim")
    assert (here / "config.yaml").exists()


def test_new_files_are_met_by_a_pattern(here):
    (here / "days").mkdir()
    for day in (1, 2, 10):
        write(here / f"days/{day}.csv", health(200))
    files = [f"days/{day}.csv" for day in (1, 2, 10)]
    config, _ = init(*files, "--label", "claim")
    assert config["data"]["files"] == ["days/*.csv"]
    (here / "config.yaml").unlink()
    assert init(*files[:2], "--label", "claim")[0]["data"]["files"] == files[:2]
    (here / "config.yaml").unlink()
    assert init("days", "--label", "claim")[0]["data"]["files"] == ["days"]


def test_partitions_indexes_twins_and_encodings(here):
    for site in "ab":
        (here / f"d/site={site}").mkdir(parents=True)
        frame = health(200).reset_index().rename(columns={"index": "", "plan": "naïve"})
        text = frame.to_csv(index=False).replace("female", "visits")
        (here / f"d/site={site}/x.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    config, text = init("d", "--label", "claim")
    assert config["data"]["encoding"] == "cp1252"
    assert config["data"]["ignore"] == ["visits"] and "twice in the header" in text
    assert {"naïve", "site"} <= set(config["data"]["categorical"])
    assert plan(config).points


def test_rows_sorted_by_the_label_are_mixed(here):
    write(here / "a.csv", health(900).sort_values("claim"))
    config, _ = init("a.csv", "--label", "claim")
    assert config["stream"]["order"] == "mux"
    finished(snakemake(here, "results/ranking.csv"))


@pytest.mark.parametrize("rows", [40, 300, 5000, 30_000, 250_000])
def test_a_tenth_is_learned_first(here, rows):
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"x": rng.normal(size=rows), "y": rng.integers(0, 2, rows)})
    write(here / "a.csv", frame)
    stream = plan(init("a.csv", "--label", "y")[0]).settings["stream"]
    chunk = stream["batch_size"] * stream["n_batches"]
    assert rows / 20 <= chunk <= min(rows / 5, 20_000)


@pytest.mark.parametrize(
    "label, sentence",
    [
        ("clam", "has no column 'clam' .did you mean 'claim'"),
        ("key", "a value of its own in nearly every row"),
        ("same", "all rows have the label 'x'"),
        ("none", "has no values"),
    ],
)
def test_a_label_that_cannot_be_predicted_is_told(here, label, sentence):
    frame = health(300).assign(key=[f"k{i}" for i in range(300)], same="x", none="")
    write(here / "a.csv", frame)
    with pytest.raises(SystemExit, match=sentence):
        cli.main(["init", "a.csv", "--label", label])
    assert not (here / "config.yaml").exists()


def test_files_without_a_feature_or_a_row_are_told(here):
    write(here / "a.csv", pd.DataFrame({"y": [0, 1] * 50, "id": range(100), "one": 1}))
    assert "no column to learn from beside 'y' (id: " in call("init", "a.csv", "--label", "y")
    (here / "b.csv").write_text("x,y\n")
    assert "no rows" in call("init", "b.csv", "--label", "y")
    assert "no file matches" in call("init", "c.csv", "--label", "y")


@pytest.mark.parametrize(
    "texts, form",
    [
        (["1.5", "12"], Numbers()),
        (["1,5", "12,25"], Numbers(",")),
        (["1,234", "12,500", "7"], Numbers(None, ",")),
        (["1.234,5", "12,25"], Numbers(",", ".")),
        (["1 234,5", "12,25"], Numbers(",", " ")),
        (["1\u202f234", "12"], Numbers(None, "\u202f")),
        (["a,b", "c"], Numbers()),
    ],
)
def test_how_numbers_are_written(texts, form):
    columns = {"a": pa.chunked_array([texts * 20])}
    assert how_numbers_are_written(columns, completed({"label": "y"})) == form
