"""Labels that are made of a column, from the config to the report's head."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.config.settings import complete
from caudal.data import manifest
from caudal.data.ingest import to_parquet
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import UserError
from caudal.workflow.plan import plan
from workflow import finished, snakemake, write_config

ROWS = pd.DataFrame(
    {
        "x": [0.5, 1.5, 2.5, 3.5, 4.5, 5.5],
        "status": ["Current", "Late", None, "Paid ", "Current", "Late"],
        "effect": [None, "nausea", None, "None", "rash", "rash"],
        "rating": [3.5, 4.0, None, 0.5, 5.0, 3.6],
        "paid": ["yes", "no", "yes", "", "no", "no"],
    }
)
WANTED = {
    "is": ({"column": "status", "is": "Current"}, "status is Current", "TF.FTF"),
    "is one of": ({"column": "status", "is": ["Late", "Paid"]}, "status is Late or Paid", "FT.TFT"),
    "is yes": ({"column": "paid", "is": True}, "paid is True", "TFT.FF"),
    "missing": ({"column": "effect", "missing": True}, "effect is missing", "TFTTFF"),
    "there": ({"column": "effect", "missing": False}, "effect is there", "FTFFTT"),
    "above": ({"column": "rating", "above": 3.5}, "rating above 3.5", "FT.FTT"),
    "below": ({"column": "rating", "below": 4}, "rating below 4", "TF.TFT"),
}


def write(folder, frame, kind):
    path = folder / f"rows.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pandas(frame), path)
    else:
        frame.to_csv(path, index=False, sep=";" if kind == "semicolon.csv" else ",")
    return path


def settings(path, label, **data):
    """A whole config, settled."""
    return complete({"data": {"files": [str(path)], "label": label, **data}, "grid": [{}]})


def ingest(path, label, out, **data):
    """Take a file in; gives the parts' rows and the manifest."""
    section = settings(path, label, **data)["data"]
    schema, notes = decide(sources([str(path)]), section)
    found = to_parquet(path, out / path.stem, schema, section, 100)
    rows = pa.concat_tables(map(pq.read_table, sorted((out / path.stem).glob("*.parquet"))))
    return rows, found, notes


@pytest.mark.parametrize("kind", ["csv", "parquet", "semicolon.csv"])
@pytest.mark.parametrize("rule", WANTED)
def test_the_label_is_what_the_rule_says_of_each_row(tmp_path, rule, kind):
    label, name, wanted = WANTED[rule]
    path = write(tmp_path, ROWS, kind)
    rows, found, _ = ingest(path, label, tmp_path / "out")
    answers = {"T": "True", "F": "False"}
    assert rows[name].to_pylist() == [answers[letter] for letter in wanted if letter != "."]
    assert rows["x"].to_pylist() == [x for x, w in zip(ROWS.x, wanted, strict=True) if w != "."]
    # The column that it is made of is no feature: it would tell the label.
    assert found["columns"][name]["kind"] == "label"
    assert label["column"] not in found["columns"]
    assert found["rows_dropped"] == wanted.count(".")
    assert found["dropped"] == ({"missing label": wanted.count(".")} if "." in wanted else {})


def test_a_missing_value_may_be_an_error(tmp_path):
    path = write(tmp_path, ROWS, "csv")
    with pytest.raises(UserError, match="line 4: missing label"):
        ingest(path, WANTED["above"][0], tmp_path / "out", missing={"label": "error"})


def test_a_text_among_numbers_is_a_bad_row(tmp_path):
    path = tmp_path / "rows.csv"
    numbers = "".join(f"{i}.5,{i % 7}\n" for i in range(300))
    path.write_text(f"x,rating\n{numbers}1.5,good\n")
    label = {"column": "rating", "above": 3}
    with pytest.raises(UserError, match="line 302: column 'rating': 'good' is not a number"):
        ingest(path, label, tmp_path / "out")
    _, found, _ = ingest(path, label, tmp_path / "out", bad_rows="quarantine")
    assert found["rejects"] == {"not a number": 1}


def test_thousands_and_decimal_commas_are_read(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("x;price\n" + "1,5;1.200,50\n2,5;99,95\n" * 5)
    label = {"column": "price", "above": 100}
    rows, _, _ = ingest(path, label, tmp_path / "out", thousands=".", decimal=",")
    assert rows["price above 100"].to_pylist() == ["True", "False"] * 5


def test_the_positive_class_is_true_and_may_be_false(tmp_path):
    path = write(tmp_path, ROWS, "csv")
    ingest(path, WANTED["missing"][0], tmp_path / "out")
    for given, wanted in ((None, "True"), (False, "False")):
        home = tmp_path / "out"
        merged = manifest.merge([home / "rows/manifest.json"], home / "manifest.json", given)
        assert (merged["classes"], merged["positive"]) == (["False", "True"], wanted)


# What is told before a job starts


@pytest.mark.parametrize(
    "label, data, sentence",
    [
        ({"column": "status", "is": "Curent"}, {}, "did you mean 'Current'"),
        ({"column": "stauts", "is": "Late"}, {}, "column 'stauts'.* is missing"),
        ({"column": "status", "above": 3}, {}, "above asks for numbers, which the column 'status'"),
        ({"column": "status", "is": "Late"}, {"numeric": ["status"]}, "is given two kinds"),
        ({"column": "status", "is": "Late"}, {"ignore": ["status"]}, "is also used"),
        (
            {"column": "status", "is": "Late"},
            {"classes": [True, False]},
            "classes has no effect",
        ),
        ("status", {"positive": "Current"}, "write label: {column: status, is: Current}"),
        ("paid", {"positive": "maybe"}, "the labels are 'no', 'yes'; name one of the two"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_cannot_be_is_one_sentence(tmp_path, label, data, sentence, kind):
    path = write(tmp_path, ROWS, kind)
    with pytest.raises(UserError, match=sentence):
        plan({"data": {"files": [str(path)], "label": label, **data}, "grid": [{}]})


def test_a_value_that_may_still_come_is_a_note(tmp_path):
    many = pd.concat([ROWS] * 3000)
    path = write(tmp_path, many, "csv")
    made = plan({"data": {"files": [str(path)], "label": {"column": "status", "is": "Gone"}},
                 "grid": [{}]})  # fmt: skip
    assert any("no value of the column 'status' is 'Gone'" in note for note in made.notes)


def test_the_column_asked_is_no_feature(tmp_path):
    path = write(tmp_path, ROWS, "csv")
    config = {
        "data": {"files": [str(path)], "label": WANTED["above"][0]},
        "grid": [{"extractor": {"features": [["x", "rating"]]}}],
    }
    with pytest.raises(UserError, match="'rating' is what the label is made of"):
        plan(config)


def test_a_column_of_the_labels_name_is_told(tmp_path):
    path = write(tmp_path, ROWS.assign(**{"rating above 3.5": 1}), "csv")
    with pytest.raises(UserError, match=r"a column 'rating above 3\.5' is there already"):
        plan({"data": {"files": [str(path)], "label": WANTED["above"][0]}, "grid": [{}]})


def test_a_run_of_a_label_by_a_rule_and_its_predictions(tmp_path):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=1500), "c": rng.choice(["a", "b"], 1500)})
    frame["grade"] = np.digitize(frame.x + rng.normal(size=1500) / 2, [-1, 0, 1])
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame[:50].to_csv(tmp_path / "new.csv", index=False)
    frame[:50].drop(columns="grade").to_csv(tmp_path / "bare.csv", index=False)
    config = {
        "data": {"files": ["rows.csv"], "label": {"column": "grade", "is": [2, 3]}},
        "stream": {"batch_size": 10, "n_batches": 10},
        "grid": [{"classifier": {"class": "FTRLClassifier"}}],
        "predict": {"files": ["new.csv", "bare.csv"]},
    }
    write_config(tmp_path, config)
    finished(snakemake(tmp_path, "all", "predict"))
    merged = json.loads((tmp_path / "results/data/manifest.json").read_text())
    assert merged["columns"]["grade is 2 or 3"]["kind"] == "label"
    assert merged["labels"]["True"] == int((frame.grade >= 2).sum())
    ranking = pd.read_csv(tmp_path / "results/ranking.csv")
    assert ranking.r2[0] > 0.2
    assert "grade is 2 or 3" in (tmp_path / "results/report.html").read_text()
    # What is predicted is the label, though the new file has the column that it is made of.
    tables = [
        pq.read_table(path) for path in sorted((tmp_path / "results/predictions").glob("*.parquet"))
    ]
    assert tables[0]["probability_True"].to_pylist() == tables[1]["probability_True"].to_pylist()
