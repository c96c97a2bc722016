"""The compiled SGD against scikit-learn's partial_fit on FeatureHasher's matrices."""

import warnings

import numpy as np
import pytest
from caudal import FTRLClassifier
from caudal.errors import UserError
from caudal.features.encoder import Encoder
from caudal.features.hashing import Registry
from caudal.features.tables import to_table
from caudal.features.vectorizer import Vectorizer
from caudal.learn.learners import Diverged, make_learner
from caudal.learn.learners.base import check_finite
from caudal.learn.learners.partial_fit import PartialFitLearner
from caudal.learn.learners.sgd import SGDLearner
from reference import matrix_of
from sklearn.base import clone
from sklearn.linear_model import Perceptron, SGDClassifier
from sklearn.naive_bayes import BernoulliNB

LOSSES = list(SGDClassifier.loss_functions)
RATES = ["constant", "optimal", "invscaling", "adaptive"]
PENALTIES = ["l2", "l1", "elasticnet", None]


def batches_of(classes, count=6, rows=60, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        records = [
            {
                "x": float(rng.normal()),
                "z": float(rng.choice([0.0, 1.0, -0.5])),
                "c": f"v{rng.integers(12)}",
                "d": f"w{rng.integers(40)}",
            }
            for _ in range(rows)
        ]
        signal = np.array([r["x"] + len(r["c"]) - 2 for r in records])
        y = (signal + rng.normal(size=rows) > 0) + (classes > 2) * rng.integers(0, 2, rows)
        yield records, y.astype(int), rng.uniform(0.5, 2.0, rows)


def train_both(classifier, classes, n_features=128, weighted=False):
    """Train scikit-learn's and ours; compare predictions before every batch, then the models."""
    labels = np.arange(classes)
    plain = type(classifier)(**classifier.get_params())
    encoder = Encoder(Vectorizer(n_features, 2), Registry())
    learner = make_learner(classifier, labels, encoder.registry, n_features)
    assert isinstance(learner, SGDLearner)
    for i, (records, y, weight) in enumerate(batches_of(classes)):
        matrix = matrix_of(records, n_features, 2)
        encoder.load(to_table(records))
        encoded = encoder.encode(0, len(records))
        if i:
            ours = learner.predict(*encoded)
            if hasattr(plain, "predict_proba"):
                np.testing.assert_allclose(ours, plain.predict_proba(matrix), rtol=1e-9, atol=1e-12)
            else:
                assert (labels[ours.argmax(axis=1)] == plain.predict(matrix)).all()
        learner.learn(*encoded, y, weight if weighted else None)
        plain.partial_fit(matrix, y, labels, weight if weighted else None)
    fitted = learner.fitted()
    scale = np.abs(plain.coef_).max()
    np.testing.assert_allclose(
        fitted.coef_.toarray(), plain.coef_, rtol=1e-9, atol=1e-12 * max(scale, 1.0)
    )
    np.testing.assert_allclose(fitted.intercept_, plain.intercept_, rtol=1e-9, atol=1e-13)
    assert fitted.t_ == plain.t_
    return fitted


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("loss", LOSSES)
def test_equals_partial_fit(loss, rate, penalty, classes):
    train_both(
        SGDClassifier(
            loss=loss, learning_rate=rate, penalty=penalty, alpha=0.05, l1_ratio=0.4,
            eta0=0.01, power_t=0.4, shuffle=False,
        ),
        classes,
    )  # fmt: skip


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("rate", ["pa1", "pa2"])
def test_passive_aggressive_equals_partial_fit(rate, classes):
    train_both(
        SGDClassifier(loss="hinge", learning_rate=rate, penalty=None, eta0=0.5, shuffle=False),
        classes,
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_weights_shuffle_and_intercept_equal_partial_fit(classes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train_both(SGDClassifier(loss="log_loss", alpha=0.01, random_state=3), classes)
        train_both(
            SGDClassifier(loss="log_loss", alpha=0.01, shuffle=False, class_weight={1: 3.0}),
            classes,
            weighted=True,
        )
        train_both(
            SGDClassifier(loss="log_loss", alpha=0.01, fit_intercept=False, shuffle=False), classes
        )
        train_both(Perceptron(shuffle=False, penalty="l1", alpha=1e-3), classes)


def test_strong_shrinkage_and_wide_models_equal_partial_fit():
    train_both(
        SGDClassifier("log_loss", alpha=0.9, learning_rate="constant", eta0=1.0, shuffle=False), 2
    )
    train_both(SGDClassifier("log_loss", alpha=0.01, shuffle=False), 2, n_features=2**18)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_numbers_alone_give_the_same_bits(penalty):
    """A small alpha makes the first steps so large that any other order of sums would show."""
    rng = np.random.default_rng(0)
    for n_features in (2, 4, 2**10):
        classifier = SGDClassifier("log_loss", penalty=penalty, alpha=1e-4, shuffle=False)
        encoder = Encoder(Vectorizer(n_features, 2), Registry())
        plain = SGDClassifier(**classifier.get_params())
        learner = make_learner(classifier, np.arange(2), encoder.registry, n_features)
        for _ in range(10):
            records = [
                dict(zip("abc", map(float, row), strict=True)) for row in rng.normal(size=(50, 3))
            ]
            matrix = matrix_of(records, n_features, 2)
            y = rng.integers(0, 2, 50)
            encoder.load(to_table(records))
            learner.learn(*encoder.encode(0, 50), y)
            plain.partial_fit(matrix, y, [0, 1])
        ours = learner.fitted().coef_.toarray()
        if n_features > 9:
            assert (ours == plain.coef_).all()
        np.testing.assert_allclose(ours, plain.coef_, rtol=1e-9)


@pytest.mark.parametrize("batch_size", [1, 7, 50, 200])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "classifier",
    [
        SGDClassifier("log_loss", alpha=0.01, shuffle=False),
        SGDClassifier("log_loss", alpha=0.01, penalty="elasticnet", random_state=1),
        SGDClassifier("hinge", learning_rate="pa1", penalty=None, eta0=0.5, shuffle=False),
        FTRLClassifier(l1=0.1),
        BernoulliNB(),
    ],
    ids=lambda c: type(c).__name__,
)
def test_many_batches_in_one_call_are_the_plain_loop(classifier, classes, batch_size):
    """Each batch is predicted by what was learned before it, whatever its size."""
    parts = list(batches_of(classes))
    records = [record for some, _, _ in parts for record in some]
    y, weight = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
    matrix, labels = matrix_of(records, 128, 2), np.arange(classes)
    encoder = Encoder(Vectorizer(128, 2), Registry())
    learner = make_learner(clone(classifier), labels, encoder.registry, 128)
    encoder.load(to_table(records))
    encoded, first = encoder.encode(0, len(y)), batch_size
    before = [part[:first] for part in (*encoded, y, weight)]
    learner.learn(*before, batch_size)
    found = learner.predict_then_learn(
        *(part[first:] for part in (*encoded, y, weight)), batch_size
    )
    plain = clone(classifier).partial_fit(matrix[:first], y[:first], labels, weight[:first])
    for start in range(first, len(y), batch_size):
        rows = slice(start, start + batch_size)
        guess = found[start - first : start - first + batch_size]
        if hasattr(plain, "predict_proba"):
            expected = plain.predict_proba(matrix[rows])
            np.testing.assert_allclose(guess, expected, rtol=1e-7, atol=1e-10)
        else:
            assert (labels[guess.argmax(axis=1)] == plain.predict(matrix[rows])).all()
        plain.partial_fit(matrix[rows], y[rows], None, weight[rows])


def test_divergence_is_said():
    encoder = Encoder(Vectorizer(64), Registry())
    learner = make_learner(
        SGDClassifier("squared_error", learning_rate="constant", eta0=1e3),
        np.arange(2), encoder.registry, 64,
    )  # fmt: skip
    encoder.load(to_table([{"x": 1e200}] * 100))
    batch = encoder.encode(0, 100)

    def learn_on():
        for _ in range(100):
            learner.learn(*batch, np.arange(100) % 2)
            learner.predict(*batch)

    with pytest.raises(Diverged):
        learn_on()


def test_margins_that_cancel_are_not_finite():
    with pytest.raises(Diverged):
        check_finite(np.array([[np.inf], [-np.inf]]))
    large = np.array([[1e308], [1e308]])  # the sum alone is infinite
    assert check_finite(large) is large


def test_other_classifiers_learn_by_partial_fit():
    encoder = Encoder(Vectorizer(128, 2), Registry())
    learner = make_learner(BernoulliNB(), np.arange(2), encoder.registry, 128)
    assert isinstance(learner, PartialFitLearner)
    plain = BernoulliNB()
    for records, y, weight in batches_of(2):
        encoder.load(to_table(records))
        learner.learn(*encoder.encode(0, len(records)), y, weight)
        plain.partial_fit(matrix_of(records, 128, 2), y, [0, 1], weight)
    matrix = matrix_of(records, 128, 2)
    encoded = encoder.encode(0, len(records))
    np.testing.assert_allclose(learner.predict(*encoded), plain.predict_proba(matrix))


def test_averaged_sgd_goes_the_general_way():
    averaged = SGDClassifier("log_loss", average=True)
    assert isinstance(make_learner(averaged, np.arange(2), Registry(), 8), PartialFitLearner)


def test_a_classifier_without_partial_fit_is_refused():
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(UserError, match="partial_fit"):
        make_learner(LogisticRegression(), np.arange(2), Registry(), 8)
