"""A number is told from a class before any job starts, and read as one where that is meant."""

import numpy as np
import pandas as pd
import pytest
from caudal.config.settings import complete
from caudal.data import ingest
from caudal.data.label_task import MOST_TEXTS
from caudal.data.manifest import merge
from caudal.data.quantiles import Quantiles
from caudal.data.quantities import FEW
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import UserError
from caudal.simulate.write import schema as simulated_schema
from caudal.workflow.plan import plan
from hypothesis import given
from hypothesis import strategies as st
from made_run import make_data

ROWS = 2000
INDEX = np.arange(ROWS)


def kinds_of(folder, labels, data=None, form="csv"):
    """The kinds of the columns ``x`` and ``y``, the label, in a file of these labels."""
    frame = pd.DataFrame({"x": INDEX / 7, "y": labels})
    file = folder / f"rows.{form}"
    if form == "csv":
        frame.to_csv(file, index=False, sep=(data or {}).get("delimiter", ","))
    else:
        frame.to_parquet(file)
    schema, _ = decide(sources([str(file)]), {"label": "y", **(data or {})})
    return schema["columns"]


NUMBERS = {
    "fractions": (INDEX / 100, "numbers with fractions, such as"),
    "a rating": (INDEX % 10 / 2, "numbers with fractions, such as 0.5"),
    "58 whole numbers": (INDEX % 58, "58 different whole numbers in the first rows alone"),
    "900 whole numbers": (INDEX % 900, "900 different whole numbers in the first rows alone"),
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("labels, words", NUMBERS.values(), ids=NUMBERS)
def test_a_label_that_looks_like_a_number_has_to_be_told(tmp_path, form, labels, words):
    with pytest.raises(UserError, match=f"data.task: the label 'y' holds {words}.*task: regress"):
        kinds_of(tmp_path, labels, form=form)
    for meant in ({"task": "classification"}, {"classes": sorted({float(y) for y in labels})}):
        assert kinds_of(tmp_path, labels, meant, form)["y"] == "label"
    assert kinds_of(tmp_path, labels, {"task": "regression"}, form)["y"] == "numeric label"


def test_classes_are_taken_as_such(tmp_path):
    for labels in (
        INDEX % 2,
        (INDEX % 2).astype(float),  # as pandas writes whole numbers where some are missing
        INDEX % FEW,
        np.array(list("abc"))[INDEX % 3],
        [f"a{i % MOST_TEXTS}" for i in INDEX],
        np.where(INDEX % 2, "1.10", "yes"),
    ):
        assert kinds_of(tmp_path, labels)["y"] == "label"


def test_far_too_many_texts(tmp_path):
    with pytest.raises(UserError, match="the label 'y' has 2,000 classes in the first rows"):
        kinds_of(tmp_path, [f"a{i}" for i in INDEX])
    with pytest.raises(UserError, match="looks like numbers with currency signs"):
        kinds_of(tmp_path, [f"${i}" for i in INDEX])


def test_regression_of_texts_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds texts such as 'no'; write task: classification"):
        kinds_of(tmp_path, np.where(INDEX % 2, "yes", "no"), {"task": "regression"})
    with pytest.raises(UserError, match="looks like numbers with signs between their thousands"):
        kinds_of(tmp_path, [f"{1000 + i:,}" for i in INDEX], {"task": "regression"})


def test_classes_that_come_late_are_told_when_all_rows_are_read(tmp_path):
    pd.DataFrame({"x": INDEX, "y": INDEX % 40}).to_csv(tmp_path / "rows.csv", index=False)
    data = {"label": "y", "task": "classification"}
    schema, _ = decide(sources([str(tmp_path / "rows.csv")]), data)
    ingest.to_parquet(tmp_path / "rows.csv", tmp_path / "rows", schema, data, 100)
    manifests = [tmp_path / "rows/manifest.json"]
    with pytest.raises(UserError, match="holds 40 different whole numbers; write task: regress"):
        merge(manifests, tmp_path / "manifest.json")
    assert len(merge(manifests, tmp_path / "manifest.json", classes_meant=True)["classes"]) == 40


def converted(folder, text, data=None, name="rows.csv"):
    """The labels that are kept of a file, and its manifest."""
    (folder / name).write_text(text, encoding="utf-8")
    data = {"label": "y", "task": "regression", "bad_rows": "quarantine", "max_bad_share": 1.0,
            **(data or {})}  # fmt: skip
    schema, _ = decide(sources([str(folder / name)]), data)
    found = ingest.to_parquet(folder / name, folder / "rows", schema, data, 1000)
    part = pd.read_parquet(folder / "rows" / found["parts"][0]["file"])
    return part["y"].tolist(), found


def test_hostile_labels(tmp_path):
    rows = ["1.5", "inf", "NaN", "", "abc", "1e101", "-2e3", " 7 ", "−4", "0x10", "1e-400", "-inf"]
    text = "x,y\n" + "".join(f"1,{label}\n" for label in ["2.5"] * 300 + rows)
    labels, found = converted(tmp_path, text)
    assert labels == [2.5] * 300 + [1.5, -2000.0, 7.0, -4.0, 0.0]
    assert found["rejects"] == {"label is no number": 2, "label not finite": 3}
    assert found["dropped"] == {"missing label": 2}
    assert found["labels"] == {}
    with pytest.raises(UserError, match=r"line 303: the label 'y' is beyond 1e\+100"):
        converted(tmp_path, text, {"bad_rows": "error"})
    with pytest.raises(UserError, match=r"'abc' is not a number.*write data.task: classification"):
        converted(tmp_path, text.replace("inf", "1"), {"bad_rows": "error"})
    with pytest.raises(UserError, match="missing label"):
        converted(tmp_path, text, {"missing": {"label": "error"}})


def test_labels_as_people_write_them(tmp_path):
    text = "x;y\n" + "1;2,5\n" * 9 + "1;1.234,5\n"
    labels, _ = converted(tmp_path, text, {"decimal": ",", "thousands": "."})
    assert labels == [2.5] * 9 + [1234.5]
    labels, _ = converted(tmp_path, "x;y\n" + "1;2,5\n" * 9 + "1;3\n")  # the sign is found
    assert labels == [2.5] * 9 + [3.0]
    labels, found = converted(tmp_path, "x,y\n1,-999\n1,3\n", {"missing": {"texts": ["-999"]}})
    assert labels == [3.0]
    assert found["dropped"] == {"missing label": 1}


def test_the_manifest_tells_the_numbers(tmp_path):
    frame = pd.DataFrame({"x": INDEX, "y": np.random.default_rng(0).lognormal(3, 2, ROWS)})
    frame[:1500].to_csv(tmp_path / "a.csv", index=False)
    frame[1500:].to_csv(tmp_path / "b.csv", index=False)
    file, _ = make_data(tmp_path, tmp_path / "*.csv", {"label": "y", "task": "regression"})
    known = merge([file.parent / name / "manifest.json" for name in "ab"], file)
    assert known["task"] == "regression"
    assert known["classes"] == [] and known["positive"] is None
    column = known["columns"]["y"]
    assert column["kind"] == "numeric label"
    assert column["mean"] == pytest.approx(frame["y"].mean())
    assert column["std"] == pytest.approx(frame["y"].std(ddof=0))
    for source, rows in zip(known["sources"], (frame[:1500], frame[1500:]), strict=True):
        assert source["label"]["max"] == rows["y"].max()
        expected = rows["y"].quantile([0.05, 0.25, 0.5, 0.75, 0.95], "lower")
        assert source["label"]["quantiles"] == pytest.approx(expected.tolist(), rel=0.03)


def test_a_label_without_differences(tmp_path):
    pd.DataFrame({"x": INDEX, "y": 2.5}).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(UserError, match=r"all 2000 rows have the label 2\.5; there is nothing"):
        make_data(tmp_path, tmp_path / "rows.csv", {"label": "y", "task": "regression"})


@given(st.lists(st.floats(-1e50, 1e50), min_size=1), st.floats(0, 1))
def test_quantiles_are_those_of_the_values(values, share):
    found = Quantiles()
    for half in (values[: len(values) // 2], values[len(values) // 2 :]):
        found.add(np.array(half))
    exact = np.quantile(values, share, method="inverted_cdf")
    assert found.at((share,)) == [pytest.approx(exact, rel=0.021, abs=1e-300)]


CONFIG = {"data": {"label": "y", "task": "regression"}, "simulate": {"model": "linear", "rows": 9}}
WRONG = {
    "score.loss: log does not go with": {"score": {"loss": "log"}},
    "score.loss: absolute does not go with": {
        "score": {"loss": "absolute"}, "data": {"label": "y"}, "simulate": {"model": "logistic"},
    },
    "grid: classifier does not go with data.task: regression; write regressor": {
        "grid": [{"classifier": {"alpha": 0.1}}]
    },
    "grid: regressor does not go with data.task: classification; write classifier, or": {
        "data": {"label": "y"}, "simulate": {"model": "logistic"}, "grid": [{"regressor": {}}],
    },
    "SGDClassifier is no regressor .it is a classifier.*SGDRegressor, or write data.task: class": {
        "grid": [{"regressor": {"class": "SGDClassifier"}}]
    },
    "there is no regressor 'SGDRegresor' .did you mean 'SGDRegressor'": {
        "grid": [{"regressor": {"class": "SGDRegresor"}}]
    },
    "Ridge has no partial_fit": {"grid": [{"regressor": {"class": "Ridge"}}]},
    "SGDRegressor has no such parameter": {"grid": [{"regressor": {"class_weight": "counted"}}]},
    "'log_loss' is none of squared_error": {"grid": [{"regressor": {"loss": "log_loss"}}]},
    "FTRLRegressor has none; write l1 and l2": {
        "grid": [{"regressor": {"class": "FTRLRegressor", "penalty": "l1"}}]
    },
    "pa1 and pa2 go with loss: epsilon_insensitive": {
        "grid": [{"regressor": {"learning_rate": "pa1"}}]
    },
    "epsilon has no effect with loss squared_error": {
        "grid": [{"regressor": {"class": "FTRLRegressor", "epsilon": [1, 2]}}]
    },
    "data.positive does not go with data.task: regression": {
        "data": {"label": "y", "task": "regression", "positive": 1}
    },
    "the label of the simulated model linear is for regression": {"data": {"label": "y"}},
    "the label of the simulated model iris is for classification": {
        "data": {"label": "species", "task": "regression"}, "simulate": {"model": "iris"},
    },
    "PassiveAggressiveRegressor takes no weights of rows": {
        "data": {"label": "y", "task": "regression", "weight": "x1"},
        "grid": [{"regressor": {"class": "PassiveAggressiveRegressor"}}],
    },
}  # fmt: skip


@pytest.mark.parametrize("words, changes", WRONG.items(), ids=range(len(WRONG)))
@pytest.mark.filterwarnings("ignore:.*PassiveAggressive:FutureWarning")
def test_what_belongs_to_the_other_task_is_one_sentence(words, changes):
    with pytest.raises(UserError, match=words):
        plan({"grid": [{}], **CONFIG, **changes})


def test_a_grid_without_a_learner_has_the_task_s_own():
    points = plan({**CONFIG, "grid": [{"vectorizer": {"degree": [1, 2]}}]}).points.values()
    assert [point.completed["regressor"] for point in points] == [{"class": "SGDRegressor"}] * 2
    assert all(list(point.parameters)[-1] == "regressor" for point in points)


def test_simulated_labels_may_be_either():
    data = complete({**CONFIG, "grid": [{}]})["data"]
    assert simulated_schema("logistic", data)["columns"]["y"] == "numeric label"
