"""Learners of numbers: the compiled loops, the estimators by hand, and the benchmark."""

import math

import numpy as np
import pandas as pd
import pytest
from caudal import BenchmarkRegressor, FTRLRegressor, StandardisedRegressor, Vectorizer
from caudal.features.encoder import Encoder
from caudal.features.hashing import Registry
from caudal.features.tables import to_table
from caudal.learn.learners import make_learner
from caudal.learn.learners.ftrl import FTRLLearner
from caudal.learn.learners.partial_fit import PartialFitNumberLearner
from caudal.learn.learners.sgd import SGDLearner
from caudal.models.pickling import as_loaded
from reference import matrix_of
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, SGDRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks
from test_learners import batches_of

ONE_PASS = "one pass in the order of the rows, with steps that shrink by what was met before: {}"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": ONE_PASS.format(
        "a row of weight 2 makes one step, two rows make two; so it is with SGDRegressor"
    ),
    "check_sample_weight_equivalence_on_sparse_data": ONE_PASS.format("as above"),
}
LOSSES = ["squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"]
FTRL_LOSSES = ["squared_error", "absolute_error", "huber"]


@parametrize_with_checks(
    [
        FTRLRegressor(eta0=1.0),
        FTRLRegressor("huber", eta0=1.0),
        StandardisedRegressor(),
        StandardisedRegressor(FTRLRegressor(eta0=1.0)),
        BenchmarkRegressor(),
        BenchmarkRegressor(5, "median"),
    ],
    expected_failed_checks=lambda _: EXPECTED,
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def numbers_of(count=6, rows=60):
    """Batches of records, numbers and weights, as ``batches_of`` has them."""
    for i, (records, _, weight) in enumerate(batches_of(2, count, rows)):
        noise = np.random.default_rng(i).normal(size=rows)
        yield records, np.array([r["x"] + len(r["c"]) - 2 for r in records]) + noise, weight


def close(found, expected):
    """Equal to rounding, beside the largest."""
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())


def train_both(regressor, kind, n_features=128, weighted=False, rows=60):
    """Train the estimator itself and its learner; compare all predictions, and the models."""
    plain = clone(regressor)
    encoder = Encoder(Vectorizer(n_features, 2), Registry())
    learner = make_learner(clone(regressor), None, encoder.registry, n_features)
    assert type(learner) is kind
    for i, (records, y, weight) in enumerate(numbers_of(rows=rows)):
        matrix, own = matrix_of(records, n_features, 2), weight if weighted else None
        encoder.load(to_table(records))
        found = learner.predict_then_learn(*encoder.encode(0, rows), y, own, rows)
        assert found.shape == (rows, 1)
        expected = plain.predict(matrix) if i else np.zeros(rows)
        close(found[:, 0], expected)
        plain.partial_fit(matrix, y, **({"sample_weight": own} if weighted else {}))
    fitted = as_loaded(learner.fitted())
    if hasattr(plain, "coef_"):
        assert fitted.coef_.shape == plain.coef_.shape == (n_features,)
        close(fitted.coef_, plain.coef_)
        close(fitted.intercept_, plain.intercept_)
    close(fitted.predict(matrix), plain.predict(matrix))
    for model in (fitted, plain):  # a loaded model goes on
        model.partial_fit(matrix, y)
    close(fitted.predict(matrix), plain.predict(matrix))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("rate", ["constant", "optimal", "invscaling", "adaptive"])
@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet", None])
def test_sgd_equals_partial_fit(loss, rate, penalty):
    alpha = 1.0 if rate == "optimal" else 0.01  # a small one makes its first steps huge
    regressor = SGDRegressor(
        loss, penalty=penalty, learning_rate=rate, alpha=alpha, epsilon=0.3, shuffle=False
    )
    train_both(regressor, SGDLearner)


def test_sgd_shuffles_weighs_and_does_without_intercept_as_it_does():
    train_both(SGDRegressor(random_state=3), SGDLearner)
    train_both(SGDRegressor(shuffle=False), SGDLearner, weighted=True)
    train_both(SGDRegressor(fit_intercept=False, shuffle=False), SGDLearner, n_features=2**18)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_others_learn_by_their_own_partial_fit():
    for regressor in (
        MLPRegressor(hidden_layer_sizes=4, random_state=0),
        SGDRegressor(average=True, random_state=0),
        SGDRegressor("epsilon_insensitive", learning_rate="pa1", penalty=None, random_state=0),
    ):
        train_both(regressor, PartialFitNumberLearner)


@pytest.mark.parametrize("loss", FTRL_LOSSES)
@pytest.mark.parametrize("n_features", [8, 2**18])
@pytest.mark.parametrize("weighted", [False, True])
def test_ftrl_s_loop_equals_partial_fit(loss, n_features, weighted):
    regressor = FTRLRegressor(loss, eta0=0.4, l1=0.1, l2=0.2, epsilon=0.7)
    train_both(regressor, FTRLLearner, n_features, weighted)


@pytest.mark.parametrize("batch_size", [1, 7, 360])
@pytest.mark.parametrize(
    "regressor",
    [SGDRegressor(shuffle=False), SGDRegressor(penalty="l1", random_state=1), FTRLRegressor(l1=0.1),
     MLPRegressor(hidden_layer_sizes=2, random_state=0)],
    ids=repr,
)  # fmt: skip
def test_many_batches_in_one_call_are_the_plain_loop(regressor, batch_size):
    parts = list(numbers_of())
    records = [record for some, _, _ in parts for record in some]
    y = np.concatenate([part[1] for part in parts])
    encoder = Encoder(Vectorizer(64, 2), Registry())
    learner = make_learner(clone(regressor), None, encoder.registry, 64)
    encoder.load(to_table(records))
    found = learner.predict_then_learn(*encoder.encode(0, len(y)), y, None, batch_size)
    matrix, plain = matrix_of(records, 64, 2), clone(regressor)
    for start in range(0, len(y), batch_size):
        rows = slice(start, start + batch_size)
        expected = plain.predict(matrix[rows]) if start else 0.0
        np.testing.assert_allclose(found[rows, 0], expected, rtol=1e-7, atol=1e-10)
        plain.partial_fit(matrix[rows], y[rows])


@pytest.mark.parametrize(
    "regressor",
    [
        SGDRegressor(penalty="l1", random_state=0),
        FTRLRegressor(),
        MLPRegressor(hidden_layer_sizes=2, random_state=0),
    ],
    ids=repr,
)
def test_a_learner_goes_on_from_its_state(regressor):
    fitted = []
    for stop in (None, 3):
        encoder = Encoder(Vectorizer(64, 2), Registry())
        learner = make_learner(clone(regressor), None, encoder.registry, 64)
        for i, (records, y, _) in enumerate(numbers_of()):
            if i == stop:
                state = learner.state()
                learner = make_learner(clone(regressor), None, encoder.registry, 64)
                learner.set_state(state)
            encoder.load(to_table(records))
            learner.learn(*encoder.encode(0, len(y)), y)
        fitted.append(as_loaded(learner.fitted()))
    matrix = matrix_of(records, 64, 2)
    np.testing.assert_array_equal(*(model.predict(matrix) for model in fitted))


def slope_of(loss, epsilon, error):
    return {
        "squared_error": error,
        "absolute_error": math.copysign(1.0, error),
        "huber": max(-epsilon, min(epsilon, error)),
    }[loss]


@pytest.mark.parametrize("loss", FTRL_LOSSES)
def test_ftrl_equals_the_plain_algorithm(loss):
    """McMahan et al. (2013), algorithm 1, with the gradient of the loss."""
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 5)) * (random.uniform(size=(300, 5)) < 0.6)
    y = X[:, 0] - X[:, 1] + random.normal(size=300) + 2
    eta0, beta, l1, l2, epsilon = 0.3, 0.7, 0.3, 1.0, 0.5
    z, n, w = np.zeros((3, 6))
    ridges = np.array([l2] * 5 + [0.0])
    for row, true in zip(np.column_stack([X, np.ones(300)]), y, strict=True):
        error = row @ w - true
        slope = slope_of(loss, epsilon, error)
        rates = (beta + np.sqrt(n)) / eta0 + ridges
        way = abs(slope) * (row**2 / rates).sum() / abs(error)
        g = slope * (1 - math.exp(-way)) / way * row
        z += g - (np.sqrt(n + g * g) - np.sqrt(n)) / eta0 * w
        n += g * g
        for i in range(6):
            lasso, ridge = (l1, l2) if i < 5 else (0.0, 0.0)
            rate = (beta + math.sqrt(n[i])) / eta0 + ridge
            w[i] = -(z[i] - math.copysign(lasso, z[i])) / rate if abs(z[i]) > lasso else 0.0
    model = FTRLRegressor(loss, eta0, beta, l1, l2, epsilon)
    for part in np.array_split(np.arange(300), 7):
        model.partial_fit(csr_matrix(X[part]), y[part])
    np.testing.assert_allclose(model.coef_, w[:5], rtol=1e-9, atol=1e-14)
    assert model.intercept_[0] == pytest.approx(w[5])


def test_ftrl_learns_what_least_squares_find():
    random = np.random.default_rng(0)
    X = random.normal(size=(20_000, 3))
    y = X @ [1.0, -2.0, 0.5] + 0.7 + random.normal(size=20_000)
    model, best = FTRLRegressor(eta0=0.5).fit(X, y), LinearRegression().fit(X, y)
    np.testing.assert_allclose(model.coef_, best.coef_, atol=0.05)
    assert model.intercept_[0] == pytest.approx(best.intercept_, abs=0.05)


def test_ftrl_predicts_within_what_it_has_learned():
    X, y = np.arange(100.0)[:, None] / 100, np.arange(100.0)
    model = FTRLRegressor(eta0=10.0).fit(X, y, np.append(np.ones(99), 0.0))
    assert (model.low_, model.high_) == (0.0, 98.0)  # a row that weighs nothing teaches nothing
    assert model.predict([[-50.0], [50.0]]).tolist() == [0.0, 98.0]
    free = FTRLRegressor(eta0=10.0, clip=False).fit(X, y)
    assert free.predict([[50.0]])[0] > 1000


@pytest.mark.parametrize("loss", FTRL_LOSSES)
@pytest.mark.parametrize("eta0", [0.3, 1e6])
def test_a_step_of_ftrl_ends_before_its_number(loss, eta0):
    """Whatever the rate and the size of the features."""
    random = np.random.default_rng(0)
    model, before = FTRLRegressor(loss, eta0, clip=False, epsilon=0.1), 0.0
    rows, numbers = 100 * random.normal(size=(50, 1, 4)), random.normal(size=50)
    for row, y in zip(rows, numbers, strict=True):
        before = model.predict(row)[0] if hasattr(model, "coef_") else 0.0
        after = model.partial_fit(row, [y]).predict(row)[0]
        assert min(before, y) - 1e-9 <= after <= max(before, y) + 1e-9


def test_ftrl_s_losses_lead_to_their_averages():
    """The mean of a skewed number, and its median."""
    y = np.random.default_rng(0).exponential(size=20_000)
    X = np.zeros((len(y), 1))
    for loss, average in (("squared_error", np.mean(y)), ("absolute_error", np.median(y))):
        assert FTRLRegressor(loss, eta0=0.3).fit(X, y).intercept_[0] == pytest.approx(
            average, abs=0.05
        )


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_a_standardised_regressor_knows_no_unit(unit):
    random = np.random.default_rng(0)
    X = random.normal(size=(2000, 3))
    y = X @ [1.0, -2.0, 0.5] + 40 + random.normal(size=2000)
    model = StandardisedRegressor(SGDRegressor(random_state=0))
    scaled = clone(model)
    for rows in np.array_split(np.arange(2000), 4):
        model.partial_fit(X[rows], y[rows])
        scaled.partial_fit(X[rows], unit * y[rows])
    np.testing.assert_allclose(scaled.predict(X), unit * model.predict(X), rtol=1e-9)
    np.testing.assert_allclose(scaled.predict(X), X @ scaled.coef_ + scaled.intercept_, rtol=1e-9)
    assert model.center_ == y[:500].mean()
    assert not hasattr(StandardisedRegressor(MLPRegressor()), "coef_")


@pytest.mark.parametrize("average", ["mean", "median"])
@pytest.mark.parametrize("batch_size", [1, 7, 100])
@pytest.mark.parametrize("ties", [False, True])
def test_the_benchmark_moves_with_the_last_numbers(average, batch_size, ties):
    y = np.random.default_rng(0).normal(size=300)
    y = y.round() if ties else y
    benchmark = BenchmarkRegressor(40, average).begin()
    halves = [benchmark.predict_then_learn(part, batch_size) for part in (y[:200], y[200:])]
    known = {"mean": np.mean, "median": np.median}[average]
    starts = [*range(0, 200, batch_size), *range(200, 300, batch_size)]
    expected = [known(y[max(0, s - 40) : s]) if s else 0.0 for s in starts]
    np.testing.assert_allclose(np.concatenate(halves)[:, 0], expected, atol=1e-12)
    again = BenchmarkRegressor(40, average).begin()
    again.set_state(benchmark.state())
    more = np.arange(50.0)
    np.testing.assert_array_equal(
        again.predict_then_learn(more, 1), benchmark.predict_then_learn(more, 1)
    )


def test_an_absurd_number_leaves_no_trace_in_the_benchmark():
    y = np.ones(100)
    y[10] = 1e90
    assert BenchmarkRegressor(20).begin().predict_then_learn(y, 1)[-1] == 1.0


def test_the_benchmark_takes_records_of_any_form():
    frame = pd.DataFrame({"x": [1.0, np.nan, 3.0], "c": ["a", None, "b"]})
    assert BenchmarkRegressor().fit(frame, [0, 1, 5]).predict(frame).tolist() == [2.0] * 3
