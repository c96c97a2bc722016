"""The extractor: what it learns, from which rows, and what it makes of numbers at the edges."""

import numpy as np
import pandas as pd
import pytest
from caudal.config.grid import expand
from caudal.errors import UserError
from caudal.features.extractor import FARTHEST, Extractor
from caudal.features.vectorizer import Vectorizer
from caudal.learn.fitting import fit_points
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_run import CONFIG, make_data
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline

ROWS, CHUNK = 1000, 200
DATA = {"label": "y", "weight": None, "missing": {"numeric": "mean"}}
GRID = [{"extractor": {"scale": [True, False]}, "vectorizer": {"n_features": 64, "degree": 2}}]


def stream_rows():
    """Rows of which one feature has gaps and one begins in the third chunk."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=ROWS), "late": rng.normal(3e4, 5e3, ROWS)})
    frame["y"] = (frame["x"] + rng.normal(size=ROWS) > 0).astype(int)
    frame.loc[: 2 * CHUNK - 1, "late"] = np.nan
    frame.loc[::3, "x"] = np.nan
    return frame


def losses(folder, frame):
    """The loss of every scored batch, by point."""
    folder.mkdir()
    frame.to_csv(folder / "rows.csv", index=False)
    manifest = make_data(folder, folder / "rows.csv", {"label": "y", "numeric": ["x", "late"]})[0]
    fits = fit_points(manifest, expand(GRID), CONFIG["stream"], CONFIG["score"], DATA, 0)
    return np.array([[batch["loss"] for batch in record["drift"]] for _, _, record in fits])


@given(st.integers(CHUNK, ROWS - 1), st.sampled_from([None, -50.0, 0.25]))
@settings(
    deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_loss_depends_on_a_later_row(tmp_path_factory, row, value):
    folder = tmp_path_factory.mktemp("rows")
    frame = stream_rows()
    changed = frame.copy()
    changed.loc[row, ["x", "late"]] = value
    before, after = losses(folder / "a", frame), losses(folder / "b", changed)
    scored = (row - CHUNK) // CONFIG["stream"]["batch_size"]
    assert before.shape == (2, (ROWS - CHUNK) // CONFIG["stream"]["batch_size"])
    np.testing.assert_array_equal(before[:, :scored], after[:, :scored])


def values_after(chunks, new, **parameters):
    """What becomes of the column x of ``new`` after ``chunks`` are learned."""
    extractor = Extractor(scale=True, **parameters)
    for chunk in chunks:
        extractor.partial_fit(pd.DataFrame({"x": np.array(chunk, float)}))
    return extractor.transform(pd.DataFrame({"x": np.array(new, float)}))["x"].to_pylist()


@pytest.mark.parametrize("constant", [0.0, 0.1, -3e7, 1e200])
@pytest.mark.parametrize("times", [1, 20_011])
def test_a_feature_that_has_not_varied_is_left_out(constant, times):
    assert values_after([[constant] * times] * 2, [constant, constant + 5, 1e300]) == [0, 0, 0]


def test_a_feature_that_is_not_there_at_first_is_left_out_until_it_is():
    gone = [np.nan] * 4
    assert values_after([gone], [3e4, np.nan]) == [0, 0]
    assert values_after([gone, [1.0, 3.0], [100.0]], [1.0, 3.0, np.nan]) == [-1, 1, 0]


def test_scales_are_those_of_all_rows_by_which_a_feature_has_varied():
    chunks = [[5.0] * 30, [5.0] * 20, [7.0, 9.0, 4.0], [1e9]]
    met = np.concatenate(chunks[:3])
    expected = (np.array([4.0, 6.0]) - met.mean()) / met.std()
    np.testing.assert_allclose(values_after(chunks, [4.0, 6.0]), expected, rtol=1e-12)
    one_by_one = [[value] for value in (2.0, 2.0, 4.0, 50.0)]
    np.testing.assert_allclose(
        values_after(one_by_one, [2.0]), (2 - 8 / 3) / np.std([2, 2, 4]), rtol=1e-12
    )


def test_numbers_without_squares_are_standardised_too():
    huge = np.array([1e200, -1e200, 3e200, 1.0])
    expected = (huge / 1e200 - 0.75) / np.std(huge / 1e200)
    np.testing.assert_allclose(values_after([huge], huge), expected, rtol=1e-12)
    largest = np.finfo(float).max
    found = values_after([[largest, -largest, largest]], [largest, -largest])
    assert np.isfinite(found).all()
    assert values_after([[-1.0, 1.0]], [1e6, -largest]) == [FARTHEST, -FARTHEST]


def test_missing_numbers_become_the_mean_of_what_was_learned():
    extractor = Extractor(missing="mean", scale=False)
    for chunk in ([1.0, 3.0], [np.nan], [5.0, np.nan, np.inf]):
        extractor.partial_fit(pd.DataFrame({"x": chunk}))
    frame = pd.DataFrame({"x": [np.nan, -np.inf, 7.0]})
    assert extractor.transform(frame)["x"].to_pylist() == [3.0, 3.0, 7.0]


def test_an_indicator_takes_no_column_of_the_users():
    frame = pd.DataFrame({"v": [1.0, np.nan], "v?": ["no", "yes"], "v??": [1.0, 2.0]})
    extractor = Extractor(indicator=True).fit(frame)
    records = extractor.transform(frame)
    assert records.column_names == extractor.get_feature_names_out().tolist()
    assert records.column_names == ["v", "v?", "v??", "v???", "v????"]
    assert records["v?"].to_pylist() == ["no", "yes"]
    assert records["v???"].to_pylist() == ["there", "missing"]


@pytest.mark.parametrize("column", [[None, None], pd.array([None, None], "string")])
def test_a_category_without_any_value_is_the_empty_level(column):
    frame = pd.DataFrame({"x": [1.0, 2.0], "c": column})
    model = Pipeline([("extractor", Extractor()), ("vectorizer", Vectorizer(64, 2))])
    expected = model.fit_transform(frame.assign(c=["", ""])).toarray()
    np.testing.assert_array_equal(model.fit_transform(frame).toarray(), expected)


def test_what_has_to_be_learned_is_asked_for():
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    assert Extractor(scale=False).transform(frame)["x"].to_pylist() == [1.0, 2.0]
    for parameters in ({}, {"missing": "mean", "scale": False}):
        with pytest.raises(NotFittedError):
            Extractor(**parameters).transform(frame)


def test_the_customs_of_scikit_learn():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 5.0], "c": list("abab")}, index=list("pqrs"))
    steps = [("e", Extractor(scale=True)), ("v", Vectorizer(32)), ("c", SGDClassifier())]
    model = Pipeline(steps).set_output(transform="pandas").fit(frame, [0, 1, 0, 1])
    assert model.feature_names_in_.tolist() == ["x", "c"]
    assert (model.n_features_in_, model[1].n_features_in_) == (2, 2)
    records = model[0].transform(frame)
    assert type(records) is pd.DataFrame
    assert records.columns.tolist() == model[:1].get_feature_names_out().tolist() == ["x", "c"]
    assert records.index.tolist() == list("pqrs")
    assert model[1].transform(records).shape == (4, len(model[1].get_feature_names_out()))
    assert len(model.predict(frame)) == 4


@pytest.mark.parametrize(
    "vectorizer, records, words",
    [
        (Vectorizer(64), [{"x": 1.5}, {"x": None}], "Column 'x' .* record 2"),
        (Vectorizer(64), [{"x": np.inf}], "Column 'x' .* record 1"),
        (Vectorizer(0), [{"x": 1.5}], "n_features is 0"),
        (Vectorizer(2**31), [{"x": 1.5}], "n_features is 2147483648"),
        (Vectorizer(64, 0), [{"x": 1.5}], "degree is 0"),
        (Vectorizer(64, True), [{"x": 1.5}], "degree is True"),
    ],
)
def test_what_the_vectorizer_cannot_do_gets_a_sentence(vectorizer, records, words):
    with pytest.raises(UserError, match=words):
        vectorizer.transform(records)


def test_no_records_make_an_empty_matrix():
    assert Vectorizer(64).transform([]).shape == (0, 64)
    assert Vectorizer(64).transform(pd.DataFrame({"x": [1.0]})[:0]).shape == (0, 64)
