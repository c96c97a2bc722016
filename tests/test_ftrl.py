"""FTRL-Proximal: the compiled loop and the classifier against the plain algorithm, row by row."""

import math

import numpy as np
import pytest
from caudal import FTRLClassifier, Vectorizer
from caudal.features.encoder import Encoder
from caudal.features.hashing import Registry
from caudal.features.tables import to_table
from caudal.learn.learners import make_learner
from caudal.learn.learners.ftrl import FTRLLearner
from caudal.models.pickling import dump_model, load_model
from reference import matrix_of
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks
from test_learners import batches_of

ONE_PASS = "one pass in the order of the rows, with steps that shrink by what was met before: {}"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": ONE_PASS.format(
        "a row of weight 2 makes one step, two rows make two; so it is with SGDClassifier"
    ),
    "check_sample_weight_equivalence_on_sparse_data": ONE_PASS.format("as above"),
    "check_class_weight_classifiers": ONE_PASS.format(
        "50 rows of raw numbers are too few for a weight of 1000 to win everywhere"
    ),
}


@parametrize_with_checks([FTRLClassifier()], expected_failed_checks=lambda _: EXPECTED)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def plain_ftrl(X, y, weight, eta0, beta, l1, l2, fit_intercept=True):
    """McMahan et al. (2013), algorithm 1, for a dense matrix; returns weights, z and n."""
    X = np.column_stack([X, np.ones(len(X))]) if fit_intercept else X
    bare = [False] * (X.shape[1] - fit_intercept) + [True] * fit_intercept
    z, n = np.zeros(X.shape[1]), np.zeros(X.shape[1])

    def weights():
        found = np.zeros(len(z))
        for i in range(len(z)):
            lasso, ridge = (0.0, 0.0) if bare[i] else (l1, l2)
            if abs(z[i]) > lasso:
                rate = (beta + math.sqrt(n[i])) / eta0 + ridge
                found[i] = -(z[i] - math.copysign(lasso, z[i])) / rate
        return found

    for row, true, own in zip(X, y, weight, strict=True):
        w = weights()
        slope = own * (1 / (1 + math.exp(-(row @ w))) - true)
        g = slope * row
        sigma = (np.sqrt(n + g * g) - np.sqrt(n)) / eta0
        z += g - sigma * w
        n += g * g
    return weights(), z, n


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("l1, l2", [(0.0, 0.0), (0.5, 0.0), (0.0, 2.0), (0.3, 1.0)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_equals_the_plain_algorithm(sparse, l1, l2, fit_intercept):
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 5)) * (random.uniform(size=(300, 5)) < 0.6)
    y = (X[:, 0] - X[:, 1] + random.normal(size=300) > 0).astype(int)
    weight = random.uniform(0.0, 3.0, 300)
    parameters = {"eta0": 0.3, "beta": 0.7, "l1": l1, "l2": l2, "fit_intercept": fit_intercept}
    expected, z, n = plain_ftrl(X, y, weight, **parameters)
    model = FTRLClassifier(**parameters)
    for part in np.array_split(np.arange(300), 7):
        rows = csr_matrix(X[part]) if sparse else X[part]
        model.partial_fit(rows, y[part], [0, 1], weight[part])
    np.testing.assert_allclose(model.coef_[0], expected[:5], rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(model.z_[0], z[:5], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.n_[0], n[:5], rtol=1e-9)
    assert model.intercept_[0] == pytest.approx(expected[5] if fit_intercept else 0.0)
    margins = X @ model.coef_[0] + model.intercept_[0]
    np.testing.assert_allclose(model.decision_function(X), margins)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-margins)))


@pytest.mark.parametrize("n_features", [8, 64, 2**18])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_compiled_loop_equals_partial_fit(n_features, classes, weighted):
    """Also where terms of one row share a column."""
    labels = np.arange(classes)
    parameters = {"eta0": 0.4, "l1": 0.1, "l2": 0.2, "class_weight": {1: 2.5}}
    plain = FTRLClassifier(**parameters)
    encoder = Encoder(Vectorizer(n_features, 2), Registry())
    learner = make_learner(FTRLClassifier(**parameters), labels, encoder.registry, n_features)
    assert isinstance(learner, FTRLLearner)
    for i, (records, y, weight) in enumerate(batches_of(classes)):
        matrix = matrix_of(records, n_features, 2)
        encoder.load(to_table(records))
        encoded, own = encoder.encode(0, len(records)), weight if weighted else None
        found = learner.predict_then_learn(*encoded, y, own, len(y))
        if i:
            np.testing.assert_allclose(found, plain.predict_proba(matrix), rtol=1e-8, atol=1e-12)
        plain.partial_fit(matrix, y, labels, own)
    fitted = learner.fitted()
    for name in ("coef_", "z_", "n_"):
        ours, theirs = getattr(fitted, name).toarray(), getattr(plain, name)
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-11, err_msg=name)
    np.testing.assert_allclose(fitted.intercept_, plain.intercept_, rtol=1e-8)
    assert (plain.coef_ == 0).any() or n_features < 2**18


def fitted_model(l1, rows=4000):
    random = np.random.default_rng(3)
    X = csr_matrix(
        (np.ones(4 * rows), random.integers(0, 3000, 4 * rows), np.arange(0, 4 * rows + 1, 4)),
        shape=(rows, 2**20),
    )
    y = (X.indices.reshape(-1, 4).sum(axis=1) + random.normal(0, 900, rows) > 6000).astype(int)
    return FTRLClassifier(eta0=0.3, l1=l1).fit(X, y), X, y


def test_l1_leaves_true_zeros_which_leave_the_file(tmp_path):
    sizes = {}
    for l1 in (0.0, 2.0):
        model, X, y = fitted_model(l1)
        touched = np.unique(X.indices)
        zero = model.coef_[0, touched] == 0.0
        assert zero.mean() > 0.5 if l1 else not zero.any()
        assert model.score(X, y) > 0.6
        sizes[l1] = dump_model(model, tmp_path / "model.pkl")
    assert sizes[2.0] < 0.9 * sizes[0.0]


@pytest.mark.parametrize("l1", [0.0, 1.0])
def test_a_loaded_model_goes_on_to_the_same_bits(tmp_path, l1):
    model, X, y = fitted_model(l1)
    dump_model(model, tmp_path / "model.pkl")
    loaded = load_model(tmp_path / "model.pkl")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    for one in (model, loaded):
        one.partial_fit(X[::-1], y[::-1])
    for name in ("coef_", "z_", "n_", "intercept_", "intercept_z_", "intercept_n_"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(model, name), err_msg=name)


def test_learns_what_logistic_regression_learns():
    random = np.random.default_rng(0)
    X = random.normal(size=(20_000, 3))
    truth = np.array([1.0, -2.0, 0.5])
    y = random.uniform(size=20_000) < 1 / (1 + np.exp(-(X @ truth + 0.7)))
    model = FTRLClassifier(eta0=0.3).fit(X, y)
    best = LogisticRegression(C=np.inf).fit(X, y)
    np.testing.assert_allclose(model.coef_, best.coef_, atol=0.15)
    assert model.score(X, y) > best.score(X, y) - 0.01


def test_what_cannot_be_is_said():
    X, y = [[0.0], [1.0]], [0, 1]
    with pytest.raises(ValueError, match="eta0"):
        FTRLClassifier(eta0=0).fit(X, y)
    with pytest.raises(ValueError, match="balanced"):
        FTRLClassifier(class_weight="balanced").partial_fit(X, y, [0, 1])
    with pytest.raises(ValueError, match="which is new"):
        FTRLClassifier().partial_fit(X, y, [0, 1]).partial_fit(X, [0, 2])
    with pytest.raises(ValueError, match="first call"):
        FTRLClassifier().partial_fit(X, y)
