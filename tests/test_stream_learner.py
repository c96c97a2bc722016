"""Estimators that learn streams."""

import pickle
from itertools import islice

import numpy as np
import pytest
from caudal.errors import UserError
from caudal.streams import Streamer, StreamLearner, seeded
from sklearn.base import clone, is_classifier
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted


@seeded
def iris(supervised=True, seed=None):
    rng = np.random.default_rng(seed)
    data, target = load_iris(return_X_y=True)
    while True:
        rows = rng.integers(len(data), size=32)
        batch = {"X": data[rows] + 0.1 * rng.normal(size=(32, 4)), "Y": target[rows]}
        yield batch if supervised else {"X": batch["X"]}


def test_learner_learns_classes():
    stream = Streamer(iris, seed=0)
    learner = StreamLearner(SGDClassifier(random_state=0), max_batches=200)
    assert learner.iter_fit(stream.generate(), classes=[0, 1, 2]) is learner
    data, target = load_iris(return_X_y=True)
    assert learner.score(data, target) > 0.8
    assert learner.coef_.shape == (3, 4)
    assert learner.predict(data[:5]).shape == (5,)
    assert learner.t_ == 1 + 200 * 32
    assert is_classifier(learner)


def test_learner_learns_clusters_and_numbers():
    learner = StreamLearner(MiniBatchKMeans(3, random_state=0))
    learner.iter_fit(Streamer(iris, supervised=False, seed=0).generate(max_batches=50))
    assert learner.cluster_centers_.shape == (3, 4)
    assert learner.transform(np.zeros((2, 4))).shape == (2, 3)
    regressor = StreamLearner(SGDRegressor(random_state=0))
    assert regressor.iter_fit(Streamer(iris).generate(max_batches=3)).t_ == 1 + 3 * 32


@pytest.mark.parametrize("name", ["max_batches", "max_steps"])
def test_learner_takes_no_more_than_its_bound(name):
    stream = Streamer(iris, supervised=False).generate(max_batches=10)
    StreamLearner(MiniBatchKMeans(2, random_state=0), **{name: 3}).iter_fit(stream)
    assert len(list(stream)) == 7


def test_learner_wants_labels_where_the_estimator_does():
    with pytest.raises(RuntimeError, match="no Y"):
        StreamLearner(SGDClassifier()).iter_fit(
            islice(iris(supervised=False), 3), classes=[0, 1, 2]
        )
    with pytest.raises(RuntimeError, match="has a Y"):
        StreamLearner(MiniBatchKMeans()).iter_fit(islice(iris(), 3))


ITS_OWN = {
    "check_estimators_overwrite_params": "the estimator itself learns, as pescador's does",
    "check_do_not_raise_errors_in_init_or_set_params": "what cannot learn a stream is told at once",
}
WEIGHTS = {
    f"check_sample_weight_equivalence_on_{kind}_data": "SGDClassifier's own failure"
    for kind in ("dense", "sparse")
}


@pytest.mark.filterwarnings("ignore")  # the estimators have their own
@parametrize_with_checks(
    [StreamLearner(SGDClassifier(random_state=0)), StreamLearner(GaussianNB())],
    expected_failed_checks=lambda learner: (
        ITS_OWN | (WEIGHTS if isinstance(learner.estimator, SGDClassifier) else {})
    ),
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_learner_is_the_last_step_of_a_pipeline():
    data, target = load_iris(return_X_y=True)
    estimator = SGDClassifier(random_state=0)
    model = make_pipeline(StandardScaler(), StreamLearner(clone(estimator))).fit(data, target)
    plain = make_pipeline(StandardScaler(), estimator).fit(data, target)
    np.testing.assert_array_equal(model.predict(data), plain.predict(data))
    assert model.score(data, target) == plain.score(data, target)
    again = make_pipeline(StandardScaler(), StreamLearner(SGDClassifier(random_state=0)))
    scores = [cross_val_score(each, data, target, cv=3).tolist() for each in (again, plain)]
    assert scores[0] == scores[1]


def test_learner_is_fitted_once_it_has_learned():
    learner = StreamLearner(SGDClassifier())
    with pytest.raises(NotFittedError):
        check_is_fitted(learner)
    check_is_fitted(learner.iter_fit(Streamer(iris).generate(max_batches=1), classes=[0, 1, 2]))
    data, target = load_iris(return_X_y=True)
    assert learner.fit(data, target) is learner
    assert learner.partial_fit(data, target) is learner


def test_learner_is_an_estimator():
    learner = StreamLearner(SGDClassifier(alpha=0.5), 3)
    copy = clone(pickle.loads(pickle.dumps(learner)))
    assert copy.get_params()["estimator__alpha"] == 0.5
    assert copy.max_batches == 3
    assert not hasattr(learner, "transform")
    with pytest.raises(AttributeError):
        _ = learner.coef_
    with pytest.raises(TypeError, match="partial_fit"):
        StreamLearner(object())
    with pytest.raises(UserError, match="at least 1"):
        StreamLearner(SGDClassifier(), max_batches=-1)
