"""The vectorizer against scikit-learn's FeatureHasher, row by row."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from caudal.errors import UserError
from caudal.features import encoder, levels
from caudal.features.encoder import Encoder, to_csr
from caudal.features.hashing import Registry
from caudal.features.levels import Levels
from caudal.features.tables import to_table
from caudal.features.vectorizer import Vectorizer
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import matrix_of, terms_of
from sklearn.feature_extraction import FeatureHasher

PUBLISHED = [477344, 610204, 969760, 1019690, 1895073, 2084643, 3270775, 3540263, 3674509]

level_text = st.text(st.characters(codec="utf-8"), max_size=9)
number = st.floats(-10, 10).map(lambda x: 0.0 if abs(x) < 1e-2 else x)


@st.composite
def mixed_records(draw):
    numeric = draw(st.lists(st.sampled_from(["x1", "x2", "x10", "weight"]), unique=True))
    categorical = draw(st.lists(st.sampled_from(["c1", "c2", "ort ü", "c10"]), unique=True))
    if not numeric + categorical:
        numeric = ["x1"]
    record = st.fixed_dictionaries(
        dict.fromkeys(numeric, number) | dict.fromkeys(categorical, level_text)
    )
    return draw(st.lists(record, min_size=1, max_size=12))


def assert_same(matrix, expected):
    """Equal in index, sign and value; where terms share a column their sums are rounded apart."""
    assert matrix.shape == expected.shape
    np.testing.assert_allclose(matrix.toarray(), expected.toarray(), rtol=1e-12, atol=1e-9)


@given(mixed_records(), st.integers(1, 3), st.sampled_from([1, 2, 7, 64, 1000, 2**16]))
@settings(deadline=None, max_examples=200)
def test_equals_feature_hasher(records, degree, n_features):
    names = list(records[0])
    table = to_table(records, names, [n for n in names if isinstance(records[0][n], float)])
    matrix = Vectorizer(n_features, degree).transform(table)
    assert_same(matrix, matrix_of(records, n_features, degree))


HOSTILE = ["a", "a^2", "a*b", "b", "b=a", "a=", "c=1", "b=1*c", "", "=", "*", "a?", "ü^2"]
HOSTILE_LEVELS = ["", "1", "a", "1*c=1", "1*a", "=", "a^2", "1*b=1*c", "nan"]


@given(st.data(), st.integers(1, 3), st.sampled_from([3, 2**20]))
@settings(deadline=None, max_examples=150)
def test_names_that_collide_add_up_as_in_feature_hasher(data, degree, n_features):
    names = data.draw(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=5, unique=True))
    numeric = [name for name in names if data.draw(st.booleans())]
    record = st.fixed_dictionaries(
        {name: number if name in numeric else st.sampled_from(HOSTILE_LEVELS) for name in names}
    )
    records = data.draw(st.lists(record, min_size=1, max_size=6))
    matrix = Vectorizer(n_features, degree).transform(to_table(records, names, numeric))
    assert_same(matrix, matrix_of(records, n_features, degree))


def test_a_square_beside_a_column_of_its_name():
    matrix = Vectorizer(2**20, 2).transform([{"a": 3.0, "a^2": 5.0}])
    expected = FeatureHasher(2**20, input_type="pair").transform(
        [[("a", 3.0), ("a^2", 5.0), ("a^2", 9.0), ("a*a^2", 15.0), ("a^2^2", 25.0)]]
    )
    assert_same(matrix, expected)


@given(mixed_records(), st.data())
@settings(deadline=None, max_examples=50)
def test_interactions_equal_feature_hasher(records, data):
    names = list(records[0])
    numeric = [n for n in names if isinstance(records[0][n], float)]
    group = st.lists(st.sampled_from(names), min_size=2, max_size=3).filter(
        lambda g: all(n in numeric or g.count(n) == 1 for n in g)
    )
    groups = data.draw(st.lists(group, max_size=3)) if len(names) > 1 else []
    table = to_table(records, names, numeric)
    matrix = Vectorizer(512, interactions=groups).transform(table)
    assert_same(matrix, matrix_of(records, 512, interactions=groups))


def test_published_columns():
    record = {"x1": 0.5, "x2": -1.5, "x3": 2.0}
    matrix = Vectorizer(2**22, degree=2).transform([record])
    assert sorted(matrix.indices) == PUBLISHED


@pytest.mark.parametrize("room", [0, 10, 10**6])
def test_tables_change_nothing(monkeypatch, room):
    monkeypatch.setattr(encoder, "TABLE_ENTRIES", room)
    rng = np.random.default_rng(0)
    records = [
        {"x": float(rng.normal()), **{c: f"v{rng.integers(30)}" for c in ("a", "b", "c")}}
        for _ in range(300)
    ]
    assert_same(Vectorizer(2**12, 3).transform(records), matrix_of(records, 2**12, 3))


@pytest.mark.parametrize("most", [0, 20, 10**6])
def test_levels_that_grow_and_are_forgotten_change_nothing(monkeypatch, most):
    monkeypatch.setattr(levels, "MOST_LEVELS", most)
    rng = np.random.default_rng(2)
    shared = Encoder(Vectorizer(2**12, 3), Registry())
    for chunk in range(8):
        records = [
            {"x": float(rng.normal()), "a": f"{rng.integers(9)}", "id": f"{chunk}:{i % 40}"}
            for i in range(130)
        ]
        shared.load(to_table(records))
        slots, values = shared.encode(0, 130)
        matrix = to_csr(slots, values, shared.registry.columns, 2**12)
        assert_same(matrix, matrix_of(records, 2**12, 3))


def test_levels_are_numbered_alike_in_all_chunks_within_bounds(monkeypatch):
    monkeypatch.setattr(levels, "MOST_LEVELS", 4)
    met = Levels()
    texts = [["b", "", "a"], ["a", "c", "b"], ["d", "e", "b"], ["b"], list("uvwxyz")]
    numbers = [met.number(pa.array(chunk, pa.string())).tolist() for chunk in texts]
    assert numbers == [[0, 1, 2], [2, 3, 0], [0, 1, 2], [2], [0, 1, 2, 3, 4, 5]]
    assert (met.forgotten, met.size) == (2, 6)


def test_a_column_keeps_its_slot_over_chunks():
    rng = np.random.default_rng(1)
    registry = Registry()
    encoder = Encoder(Vectorizer(2**20, 2), registry)
    seen = {}
    for _ in range(4):
        records = [{"x": float(rng.normal()), "c": f"v{rng.integers(400)}"} for _ in range(500)]
        encoder.load(to_table(records))
        for start in range(0, 500, 130):
            slots, values = encoder.encode(start, min(start + 130, 500))
            for row, record in enumerate(records[start : start + 130]):
                columns = registry.columns[slots[row]]
                expected = matrix_of([record], 2**20, 2)
                assert sorted(columns[values[row] != 0]) == sorted(expected.indices)
                for slot, column in zip(slots[row], columns, strict=True):
                    assert seen.setdefault(slot, column) == column
    assert registry.size == len(set(seen.values()))


def test_every_kind_of_input_gives_the_same_matrix():
    records = [{"x": 0.5, "c": "red"}, {"x": 1.5, "c": "blue"}, {"x": -2.5, "c": "red"}]
    expected = Vectorizer(64, 2).transform(records).toarray()
    frame = pd.DataFrame(records)
    for same in (frame, frame.astype({"c": "category"}), pa.Table.from_pylist(records)):
        np.testing.assert_array_equal(Vectorizer(64, 2).transform(same).toarray(), expected)


def test_missing_category_is_the_empty_level():
    matrix = Vectorizer(2**20).transform([{"c": "a"}, {"c": None}])
    expected = matrix_of([{"c": "a"}, {"c": ""}], 2**20)
    assert_same(matrix, expected)


def test_unknown_feature_in_a_group_is_named():
    with pytest.raises(UserError, match="'z'"):
        Vectorizer(8, interactions=[["x", "z"]]).transform([{"x": 1.0}])


def test_reference_names():
    assert set(terms_of({"x1": 2.0, "c": "red"}, 2)) == {"x1", "c=red", "x1^2", "c=red*x1"}
