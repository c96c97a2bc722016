"""Measures of predicted classes: they are scikit-learn's, from sums that add up over rows."""

from itertools import pairwise

import numpy as np
import pytest
from caudal.learn.class_measures import CELLS, ClassMeasures, area, bins_of_cells
from sklearn import metrics

ROWS = 20_000


def made(classes, seed=0, shift=0.0):
    """Probabilities (rows, classes) and classes drawn by them."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(ROWS, classes))
    z[:, 0] += shift
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    y = (p.cumsum(1) < rng.random((ROWS, 1))).sum(1).clip(max=classes - 1)
    return p, y


def record_of(p, y, positive=1):
    """The record, from sums taken in pieces of uneven length."""
    measures = ClassMeasures([f"c{i}" for i in range(p.shape[1])], positive)
    ends = [0, 1, 8, 1000, 1001, 7000, len(y)]
    sums = sum(measures.sums(p[a:b], y[a:b]) for a, b in pairwise(ends))
    np.testing.assert_allclose(sums, measures.sums(p, y), rtol=1e-9)
    return measures.record(sums)


@pytest.mark.parametrize("classes", [2, 3, 12, 13, 60])
def test_measures_are_those_of_scikit_learn(classes):
    p, y = made(classes)
    found, guess = record_of(p, y), p.argmax(1)
    assert found["measured_rows"] == ROWS
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, p, labels=range(classes)))
    brier = np.square(p - (y[:, None] == np.arange(classes))).sum(1).mean()
    assert found["brier"] == pytest.approx(brier if classes > 2 else brier / 2)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(y, guess))
    if classes <= 12:
        assert found["confusion"] == metrics.confusion_matrix(y, guess).tolist()
        auc = metrics.roc_auc_score(y, p if classes > 2 else p[:, 1], multi_class="ovr")
        assert found["auc"] == pytest.approx(auc, abs=0.003)
    else:
        assert "confusion" not in found
        assert found["auc"] is None
    if classes <= 50:
        told = [[c["precision"] or 0.0, c["recall"], c["rows"]] for c in found["by_class"]]
        expected = metrics.precision_recall_fscore_support(y, guess, zero_division=0)
        np.testing.assert_allclose(told, np.array(expected)[[0, 1, 3]].T)
    else:
        assert "by_class" not in found


@pytest.mark.parametrize("shift", [0.0, 3.0, 8.0])
def test_the_area_by_bins_is_that_of_the_ranks(shift):
    p, y = made(2, shift=shift)
    assert record_of(p, y)["auc"] == pytest.approx(metrics.roc_auc_score(y, p[:, 1]), abs=0.001)


def test_which_class_is_positive_turns_only_the_calibration_round():
    p, y = made(2, shift=1.0)
    last, first = record_of(p, y), record_of(p, y, positive=0)
    for name in ("log_loss", "brier", "accuracy", "auc"):
        assert first[name] == pytest.approx(last[name], abs=1e-3)
    assert first["confusion"] == last["confusion"]
    shares = [[row["share"] for row in found["calibration"]] for found in (first, last)]
    np.testing.assert_allclose(shares[0], 1 - np.array(shares[1])[::-1])


@pytest.mark.parametrize("classes", [2, 3])
def test_calibration_counts_every_probability(classes):
    p, y = made(classes)
    p[:2] = np.eye(classes)[:2]
    flat, true = p.ravel(), (y[:, None] == np.arange(classes)).ravel()
    if classes == 2:
        flat, true = p[:, 1], y == 1
    table = record_of(p, y)["calibration"]
    assert sum(row["rows"] for row in table) == len(flat)
    for row in table:
        inside = (flat >= row["low"]) & ((flat < row["high"]) | (row["high"] == 1.0))
        assert row["rows"] == inside.sum()
        assert row["share"] == pytest.approx(true[inside].mean())
        assert row["mean_probability"] == pytest.approx(flat[inside].mean())


def test_certain_predictions_that_fail_cost_a_finite_loss():
    p, y = np.array([[1.0, 0.0]] * 3000 + [[0.5, 0.5]]), np.ones(3001, int)
    assert record_of(p, y)["log_loss"] == pytest.approx(metrics.log_loss(y, p, labels=[0, 1]))


def test_hard_predictions_have_no_log_loss_and_all_else():
    y = np.array([0, 0, 1, 1] * 500)
    guess = np.array([0, 1, 1, 1] * 500)
    found = record_of(np.eye(2)[guess], y)
    assert found["log_loss"] is None
    assert found["accuracy"] == 0.75
    assert found["auc"] == 0.75
    assert [row["recall"] for row in found["by_class"]] == [0.5, 1.0]


@pytest.mark.parametrize("classes", [2, 4, 20])
def test_no_rows_no_measures(classes):
    found = ClassMeasures([str(i) for i in range(classes)])
    record = found.record(np.zeros(found.size))
    assert record["measured_rows"] == 0
    assert record["calibration"] == []
    assert {record[name] for name in ("log_loss", "brier", "accuracy", "auc")} == {None}
    assert {row["recall"] for row in record["by_class"]} == {None}


def test_a_class_that_did_not_come_is_left_out_of_the_area():
    came, missed = np.array([[0.0, 2.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [3.0, 0.0]])
    assert area(came, missed) == 0.75


def test_bins_are_narrow_at_both_ends_and_keep_to_tenths():
    for growth, most in ((1.12, 100), (1.4, 500)):
        bins = bins_of_cells(growth, most).astype(int)
        assert len(bins) == CELLS + 1
        steps = np.diff(bins)
        assert set(steps.tolist()) == {0, 1}
        assert steps[:3].tolist() == steps[-4:-1].tolist() == [1, 1, 1]
        assert (steps[CELLS // 10 - 1 : -1 : CELLS // 10] == 1).all()
