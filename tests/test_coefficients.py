"""Named coefficients: every term that the data hold, its column, sign, collisions and truth."""

import csv
import json
import math
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from caudal.features.tables import to_table
from caudal.features.terms import make_terms
from caudal.models.coefficients import coefficients
from caudal.models.pickling import load_model
from caudal.models.plain_json import write as write_json
from caudal.models.term_names import Naming, columns_and_signs
from caudal.simulate.write import simulate
from made_run import make_run
from reference import terms_of
from scipy.special import expit
from sklearn.utils import murmurhash3_32

PUBLISHED = [477344, 610204, 969760, 1019690, 1895073, 2084643, 3270775, 3540263, 3674509]
DATA = {"label": "y", "missing": {}}
LEVELS = ["red", "green", "a,b", 'say "so"', "", "new\nline", "back\rline", "grün", "*x1"]


def read(path):
    return pd.read_csv(path, keep_default_na=False, lineterminator="\n")


def mixed_rows(rows, labels=2):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "x1": rng.normal(size=rows),
            "x2": rng.normal(size=rows),
            "c1": rng.choice(LEVELS, rows),
            "c2": [f"l{i}" for i in rng.integers(0, 40, rows)],
            "c3": rng.choice(["u", "v"], rows),
        }
    )
    margin = frame.x1 + (frame.c1 == "red") * 2 - (frame.c2 == "l3") * 3
    frame["y"] = np.digitize(margin + rng.logistic(size=rows), np.linspace(0, 1, labels - 1))
    return frame


def run_of(folder, frame, **vectorizer):
    frame.to_csv(folder / "rows.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    grid = {"vectorizer": vectorizer, "classifier": {"loss": "log_loss", "alpha": 0.001}}
    make_run(folder, folder / "rows.csv", DATA, [grid])
    best, home = folder / "results" / "best", folder / "results" / "data"
    coefficients(best / "model.pkl", home / "manifest.json", best / "coefficients.csv")
    return load_model(best / "model.pkl"), read(best / "coefficients.csv")


def expected_rows(model, frame, degree):
    """The table, named row by row."""
    classifier, width = model.named_steps["classifier"], model.named_steps["vectorizer"].n_features
    records = frame.drop(columns="y").to_dict("records")
    names = sorted({name for record in records for name in terms_of(record, degree)})
    hashes = {name: murmurhash3_32(name) for name in names}
    column = {name: abs(hashed) % width for name, hashed in hashes.items()}
    shared = Counter(column.values())
    return {
        (name, str(label)): (
            column[name],
            weights[column[name]] * (-1 if hashes[name] < 0 else 1),
            shared[column[name]] - 1,
        )
        for label, weights in zip(classifier.classes_[-len(classifier.coef_) :],
                                  classifier.coef_, strict=True)
        for name in names
        if classifier.coef_[:, column[name]].any()
    }  # fmt: skip


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize(("n_features", "degree"), [(2**20, 2), (50, 2), (2**16, 3)])
def test_equals_naming_row_by_row(tmp_path, n_features, degree, labels):
    frame = mixed_rows(1000, labels)
    model, table = run_of(tmp_path, frame, n_features=n_features, degree=degree)
    expected = expected_rows(model, frame, degree)
    terms = table[table.term != "(intercept)"]
    classes = terms["class"].astype(str) if labels > 2 else ["1"] * len(terms)
    found = {
        (row.term, label): (int(row.column), row.coefficient, row.collisions)
        for row, label in zip(terms.itertuples(), classes, strict=True)
    }
    assert len(found) == len(terms)
    assert found == expected
    sizes = table.coefficient.abs().to_list()
    assert sizes == sorted(sizes, reverse=True)


def test_the_simulated_terms_stand_in_the_published_columns(tmp_path):
    simulate({"model": "logistic", "rows": 20000}, 0, [tmp_path / "rows.csv"], tmp_path / "t.csv")
    grid = {
        "vectorizer": {"n_features": 2**22, "degree": 2},
        "classifier": {"loss": "log_loss", "alpha": 0.001},
    }
    make_run(tmp_path, tmp_path / "rows.csv", DATA, [grid])
    home = tmp_path / "results"
    out = home / "best" / "coefficients.csv"
    rows = coefficients(
        home / "best" / "model.pkl", home / "data" / "manifest.json", out, tmp_path / "t.csv"
    )
    table = pd.read_csv(out)
    assert rows == len(table) == 10
    assert list(table) == ["term", "column", "coefficient", "collisions", "truth"]
    assert sorted(table.column.dropna().astype(int)) == PUBLISHED
    assert (np.sign(table.coefficient) == np.sign(table.truth)).all()
    assert not table.collisions.any()
    assert table.column[table.term == "(intercept)"].isna().all()


def test_terms_with_a_comma_or_a_line_end_come_back(tmp_path):
    _, table = run_of(tmp_path, mixed_rows(600), n_features=2**20, degree=1)
    assert {f"c1={level}" for level in LEVELS} <= set(table.term)


def test_a_classifier_without_coefficients_leaves_the_header(tmp_path, caplog):
    frame = mixed_rows(600)[["x1", "x2", "y"]]
    frame.to_csv(tmp_path / "rows.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    grid = {
        "vectorizer": {"n_features": 64},
        "classifier": {"class": "MLPClassifier", "hidden_layer_sizes": 3},
    }
    make_run(tmp_path, tmp_path / "rows.csv", DATA, [grid])
    home = tmp_path / "results"
    with caplog.at_level("INFO", "caudal"):
        coefficients(
            home / "best/model.pkl", home / "data/manifest.json", home / "best/coefficients.csv"
        )
    assert (home / "best/coefficients.csv").read_text() == "term,column,coefficient,collisions\n"
    assert "MLPClassifier has no coefficients" in caplog.text
    write_json(load_model(home / "best/model.pkl"), home / "best/model.json")
    assert json.loads((home / "best/model.json").read_text())["columns"] is None


def test_a_level_that_changes_its_code_between_chunks_keeps_its_name():
    terms = make_terms(["a", "b"], {"a", "b"}, degree=2)
    naming = Naming(terms)
    for first, second in [(["u", "v"], ["p", "q"]), (["w", "v", "u"], ["q", "q", None])]:
        naming.add(to_table(pa.table({"a": first, "b": second})))
    names = [name for block in naming.names() for name in block.to_pylist()]
    assert sorted(names) == sorted(
        ["a=u", "a=v", "a=w", "b=p", "b=q", "b=", "a=u*b=p", "a=v*b=q", "a=w*b=q", "a=u*b="]
    )


def test_beyond_the_most_combinations_the_first_are_named_and_it_is_told(caplog):
    naming = Naming(make_terms(["a"], {"a"}), most=3)
    for levels in (["u", "v"], ["u", "w", "x", "y"]):
        naming.add(to_table(pa.table({"a": levels})))
    assert [n for b in naming.names() for n in b.to_pylist()] == ["a=u", "a=v", "a=w"]
    assert "more level combinations than can be named" in caplog.text


def test_many_combinations_are_told_apart():
    codes = np.arange(5000)
    texts = pa.array([f"l{i}" for i in codes])
    naming = Naming(make_terms(["a", "b"], {"a", "b"}, degree=2))
    for shift in (0, 1, 0, 7):
        naming.add(
            to_table(pa.table({"a": texts, "b": texts.take(pa.array(np.roll(codes, shift)))}))
        )
    names = pa.chunked_array(list(naming.names()))
    assert len(names) == 5000 + 5000 + 3 * 5000
    assert pc.count_distinct(names).as_py() == len(names)


def test_names_are_hashed_as_scikit_learn_hashes_them():
    names = ["", "x", "x1*x2", "c=grün", "c=" + "y" * 100]
    columns, signs = columns_and_signs(pa.array(["skipped", *names]).slice(1), 1000)
    hashes = [murmurhash3_32(name) for name in names]
    assert columns.tolist() == [abs(hashed) % 1000 for hashed in hashes]
    assert signs.tolist() == [math.copysign(1, hashed) for hashed in hashes]


def score_from_json(content, record):
    """Probabilities of one record by the JSON alone, with plain Python."""
    extractor, vectorizer = content["extractor"], content["vectorizer"]
    record = {name: record[name] for name in extractor["features"]}
    for name, mean, center, scale in zip(
        *(extractor[key] for key in ("numeric", "mean", "center", "scale")), strict=True
    ):
        missing = record[name] is None or math.isnan(record[name])
        value = {"mean": mean, "zero": center}[extractor["missing"]] if missing else record[name]
        record[name] = 0.0 if scale is None else (value - center) / scale
        if extractor["farthest"] is not None:
            record[name] = max(-extractor["farthest"], min(record[name], extractor["farthest"]))
        if extractor["indicator"]:
            record[f"{name}?"] = "missing" if missing else "there"
    place = {column: i for i, column in enumerate(content["columns"])}
    margins = list(content["intercept"])
    for term, value in terms_of(record, vectorizer["degree"], vectorizer["interactions"]).items():
        hashed = murmurhash3_32(term)
        i = place.get(abs(hashed) % vectorizer["n_features"])
        if i is not None:
            for k, weights in enumerate(content["weights"]):
                margins[k] += value * weights[i] * (-1 if hashed < 0 else 1)
    assert content["probability"] == "logistic"
    shares = [float(expit(margin)) for margin in margins]
    if len(shares) == 1:
        return [1 - shares[0], shares[0]]
    return [share / sum(shares) for share in shares]


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("missing", [{}, {"numeric": "zero", "indicator": True}])
def test_the_json_alone_scores_as_the_model(tmp_path, labels, missing):
    frame = mixed_rows(1000, labels)
    frame.loc[::7, "x1"] = np.nan
    frame.loc[3, "x1"] = 1e3
    frame["constant"] = 0.5
    frame.to_csv(tmp_path / "rows.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    grid = {
        "extractor": {"scale": True},
        "vectorizer": {"n_features": 2**12, "degree": 2},
        "classifier": {"loss": "log_loss"},
    }
    make_run(tmp_path, tmp_path / "rows.csv", {"label": "y", "missing": missing}, [grid])
    model = load_model(tmp_path / "results" / "best" / "model.pkl")
    write_json(model, tmp_path / "model.json")
    content = json.loads((tmp_path / "model.json").read_text())
    records = frame.head(40).drop(columns="y")
    found = [score_from_json(content, record) for record in records.to_dict("records")]
    np.testing.assert_allclose(found, model.predict_proba(records), rtol=1e-9)
    assert all(any(row[i] for row in content["weights"]) for i in range(len(content["columns"])))
