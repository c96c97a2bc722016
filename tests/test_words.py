"""Texts as features: a term of each word, by hand, in a fit, in coefficients and predictions."""

import json
import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.data.sources import sources
from caudal.errors import UserError
from caudal.features.extractor import Extractor
from caudal.features.vectorizer import Vectorizer
from caudal.features.words import MOST_WORDS
from caudal.models.coefficients import coefficients
from caudal.models.pickling import load_model
from caudal.models.plain_json import describe
from caudal.models.prediction import predict
from caudal.workflow.plan import plan
from hypothesis import given, settings
from hypothesis import strategies as st
from made_run import make_data, make_fits, make_run
from reference import terms_of
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import SGDClassifier
from workflow import finished, snakemake, write_config

TEXT = {"column": "remarks", "words": True}
WORDS = ["delay", "bird", "strike", "engine", "smoke", "don't", "été", "12", "x", "as_is"]
GAPS = [" ", ", ", "  ", "-", ".\n", "'s ", "/"]
text = st.lists(st.sampled_from([*WORDS, "Bird", "DELAY"]), max_size=8).flatmap(
    lambda words: st.sampled_from(GAPS).map(lambda gap: gap.join(words))
)


def words_by_hand(remark, pairs=False):
    found = [word.strip("'’") for word in re.findall(r"[\w'’]+", (remark or "").lower())]
    found = [word for word in found if word]
    joined = [f"{one} {two}" for one, two in pairwise(found)] if pairs else []
    return list(dict.fromkeys([*found, *joined]))


def expected_matrix(records, n_features, degree, pairs):
    rows = []
    for record in records:
        terms = terms_of({k: v for k, v in record.items() if k != "remarks"}, degree)
        words = words_by_hand(record["remarks"], pairs)
        rows.append(terms | {f"remarks={word}": 1.0 for word in words})
    return FeatureHasher(n_features).transform(rows)


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.sampled_from("uv"), st.none() | text), min_size=1),
    st.sampled_from([1, 2]),
    st.sampled_from([5, 2**20]),
    st.booleans(),
)
@settings(max_examples=80)
def test_words_equal_feature_hasher(rows, degree, n_features, pairs):
    records = [{"x": x, "c": c, "remarks": remark} for x, c, remark in rows]
    taken = Extractor(
        ["x", "c", "remarks"], ["x"], scale=False, words=["remarks"],
        pairs=["remarks"] if pairs else None,
    )  # fmt: skip
    matrix = Vectorizer(n_features, degree).transform(taken.fit_transform(records))
    expected = expected_matrix(records, n_features, degree, pairs)
    np.testing.assert_allclose(matrix.toarray(), expected.toarray(), rtol=1e-12, atol=1e-9)


def test_a_text_has_no_more_words_than_there_is_room_for():
    long = " ".join(f"w{i}" for i in range(3 * MOST_WORDS))
    matrix = Vectorizer(2**20).transform(
        Extractor(words=["remarks"], pairs=["remarks"]).fit_transform([{"remarks": long}] * 2)
    )
    assert matrix.nnz == 2 * MOST_WORDS


@pytest.mark.parametrize("form", ["pandas", "polars"])
def test_words_go_through_a_frame(form):
    if form == "polars":
        pytest.importorskip("polars")
    records = [{"remarks": "bird strike", "x": 0.5}, {"remarks": None, "x": 1.5}]
    taken = Extractor(scale=False, words=["remarks"]).set_output(transform=form)
    assert Vectorizer(2**20).transform(taken.fit_transform(records)).nnz == 4


def test_words_of_what_is_no_feature_are_told():
    for settings_ in ({"words": ["z"]}, {"pairs": ["c"]}):
        with pytest.raises(UserError, match="not among the features"):
            Extractor(**settings_).fit([{"c": "a"}])


# A run


def remarks(rows, seed=0):
    """Rows whose label some words decide, beside an id and a number that say nothing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=rows), "id": [f"{seed}-{i}" for i in range(rows)]})
    chosen = [rng.choice(WORDS, rng.integers(0, 7)).tolist() for _ in range(rows)]
    frame["remarks"] = [", ".join(words).upper() if words else "" for words in chosen]
    lean = [2 * ("delay" in words) - 2 * ("bird" in words) for words in chosen]
    frame["y"] = np.where(np.array(lean) + rng.logistic(size=rows) > 0, "late", "there")
    return frame


DATA = {"label": "y", "missing": {}}
CLASSIFIER = {"class": "FTRLClassifier", "eta0": 0.3}


def grid(features, **vectorizer):
    return {
        "extractor": {"features": [features]},
        "vectorizer": {"n_features": 2**14, **vectorizer},
        "classifier": CLASSIFIER,
    }


@pytest.mark.parametrize("classifier", [CLASSIFIER, {"class": "BernoulliNB"}])
def test_words_say_what_whole_texts_do_not(tmp_path, classifier):
    frame = remarks(3000)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    manifest_file, _ = make_data(tmp_path, tmp_path / "rows.csv", DATA)
    grids = [{**grid(f), "classifier": classifier} for f in (["remarks"], [TEXT])]
    points = make_fits(tmp_path, manifest_file, DATA, grids)
    r2 = {}
    for point in points:
        record = json.loads((tmp_path / f"results/fits/{point.id}/score.json").read_text())
        r2["words" in point.parameters["extractor"]] = record["r2"]
    assert r2[True] > r2[False] + 0.05


@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_a_fit_of_words_is_partial_fit_of_their_matrix(tmp_path, penalty):
    """Rows have any number of words: what is spare in a batch teaches nothing."""
    frame = remarks(700)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    manifest_file, _ = make_data(tmp_path, tmp_path / "rows.csv", DATA)
    parameters = {"loss": "log_loss", "penalty": penalty, "alpha": 0.001}
    written = {**grid([TEXT]), "classifier": parameters}
    (point,) = make_fits(tmp_path, manifest_file, DATA, [written])
    model = load_model(tmp_path / f"results/fits/{point.id}/model.pkl")
    plain = SGDClassifier(**parameters, shuffle=False)
    X = model[:-1].transform(frame)
    for start in range(0, len(frame), 100):
        rows = slice(start, start + 100)
        plain.partial_fit(X[rows], frame.y[rows], classes=model.classes_)
    fitted = model[-1].coef_
    fitted = fitted.toarray() if hasattr(fitted, "toarray") else fitted
    np.testing.assert_allclose(fitted, plain.coef_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model[-1].intercept_, plain.intercept_, rtol=1e-9)


def test_coefficients_name_the_words(tmp_path):
    frame = remarks(2000)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    features = ["x", {**TEXT, "pairs": True}]
    make_run(tmp_path, tmp_path / "rows.csv", DATA, [grid(features, degree=2)])
    best, home = tmp_path / "results/best", tmp_path / "results/data"
    coefficients(best / "model.pkl", home / "manifest.json", best / "coefficients.csv")
    table = pd.read_csv(best / "coefficients.csv", keep_default_na=False).set_index("term")
    assert table.index[0] in ("remarks=delay", "remarks=bird")
    # "there" is the later class, for which the coefficients speak.
    assert table.coefficient["remarks=delay"] < -0.5 < 0.5 < table.coefficient["remarks=bird"]
    expected = {f"remarks={word}" for text in frame.remarks for word in words_by_hand(text, True)}
    assert set(table.index) <= expected | {"x", "x^2", "(intercept)"}
    assert any(" " in term for term in table.index)
    model = load_model(best / "model.pkl")
    told = describe(model)["extractor"]
    assert (told["words"], told["pairs"]) == (["remarks"], ["remarks"])
    dense = {term: row.coefficient for term, row in table.iterrows() if not row.collisions}
    matrix = model[:-1].transform(frame[:5])
    for row, remark in enumerate(frame.remarks[:5]):
        for word in words_by_hand(remark, True):
            if f"remarks={word}" in dense:
                column = int(table.column[f"remarks={word}"])
                assert matrix[row, column] != 0


def test_csv_parquet_and_frames_are_predicted_alike(tmp_path):
    frame = remarks(1500)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    manifest_file, schema = make_data(tmp_path, tmp_path / "rows.csv", DATA)
    (point,) = make_fits(tmp_path, manifest_file, DATA, [grid(["x", TEXT])])
    model_file = tmp_path / f"results/fits/{point.id}/model.pkl"
    new = remarks(300, seed=1).drop(columns="y")
    new.loc[3, "remarks"] = None
    expected = load_model(model_file).predict_proba(new)
    new.to_csv(tmp_path / "new.csv", index=False)
    pq.write_table(pa.Table.from_pandas(new), tmp_path / "other.parquet")
    found = sources([str(tmp_path / "new.csv"), str(tmp_path / "other.parquet")])
    predict(model_file, found, tmp_path / "out", schema, DATA)
    for name in found:
        table = pq.read_table(tmp_path / "out" / f"{name}.parquet")
        np.testing.assert_allclose(table["probability_late"], expected[:, 0], rtol=1e-12)


def test_a_text_in_a_group_or_a_number_as_text_is_told(tmp_path):
    remarks(200).to_csv(tmp_path / "rows.csv", index=False)
    config = {"data": {"files": [str(tmp_path / "rows.csv")], "label": "y"}}
    for written, sentence in (
        (grid(["x", TEXT], interactions=[[["x", "remarks"]]]), "is a text, whose words are terms"),
        (grid([{"column": "x", "words": True}]), "'x' holds numbers and has no words"),
        (grid([{"column": "remark", "words": True}]), "did you mean 'remarks'"),
    ):
        with pytest.raises(UserError, match=sentence):
            plan({**config, "grid": [written]})


def test_a_pattern_leaves_the_texts_to_their_words(tmp_path):
    remarks(200).to_csv(tmp_path / "rows.csv", index=False)
    data = {"files": [str(tmp_path / "rows.csv")], "label": "y"}
    made = plan({"data": data, "grid": [grid(["*", TEXT])]})
    (point,) = made.points.values()
    assert point.parameters["extractor"]["features"] == ["id", "x", "remarks"]
    assert point.parameters["extractor"]["words"] == ["remarks"]


def test_a_run_with_words_and_its_predictions(tmp_path):
    remarks(2000).to_csv(tmp_path / "rows.csv", index=False)
    remarks(200, seed=1).to_csv(tmp_path / "new.csv", index=False)
    config = {
        "data": {"files": ["rows.csv"], "label": "y", "ignore": ["id"]},
        "stream": {"batch_size": 20, "n_batches": 5},
        "grid": [grid(["x", {**TEXT, "pairs": pairs}]) for pairs in (True, False)],
        "predict": {"files": ["new.csv"]},
        "points_per_job": 2,
    }
    write_config(tmp_path, config)
    finished(snakemake(tmp_path, "all", "predict"))
    ranking = pd.read_csv(tmp_path / "results/ranking.csv", keep_default_na=False)
    assert ranking.r2[0] > 0.1
    assert set(ranking.pairs) == {'["remarks"]', ""}
    assert "remarks=delay" in (tmp_path / "results/best/coefficients.csv").read_text()
