"""The benchmark as an estimator of scikit-learn's kind."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from caudal import BenchmarkClassifier
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

FRAME = pd.DataFrame({"x": [1.0, np.nan, 3.0], "c": ["a", None, "b"]})


@parametrize_with_checks([BenchmarkClassifier(), BenchmarkClassifier(window=5)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "records", [FRAME, pa.Table.from_pandas(FRAME), FRAME.to_dict("records")], ids=type
)
def test_records_come_in_any_form(records):
    fitted = BenchmarkClassifier().fit(records, [0, 1, 1])
    np.testing.assert_allclose(fitted.predict_proba(records), [[1 / 3, 2 / 3]] * 3)
    assert fitted.n_features_in_ == 2
    if isinstance(records, pd.DataFrame):
        assert fitted.feature_names_in_.tolist() == ["x", "c"]
        assert cross_val_score(fitted, pd.concat([FRAME] * 2), [0, 1, 1] * 2, cv=2).mean() == 2 / 3


@pytest.mark.parametrize("label", ["b", "d", "A"])
def test_a_label_of_no_class_is_refused(label):
    begun = BenchmarkClassifier().partial_fit([[0.0]], ["a"], classes=["a", "c"])
    with pytest.raises(ValueError, match=f"class '{label}', which is new"):
        begun.partial_fit([[0.0]], [label])
    assert begun.counts_.tolist() == [1, 0]


@pytest.mark.parametrize("window", [0, -1, 1.5, "all"])
def test_a_window_is_a_whole_number(window):
    with pytest.raises(ValueError, match="'window' parameter"):
        BenchmarkClassifier(window).fit([[0.0]], [1])
