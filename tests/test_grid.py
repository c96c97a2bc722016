"""The grid: points, ids, names in tables, jobs."""

import pytest
from caudal.config.grid import cell, column_names, expand, jobs, make_point, row
from caudal.config.grid_checks import make_points
from caudal.errors import UserError

GRID = {
    "extractor": {"features": [["x1", "x2"], ["x1", "x2", "x3"]]},
    "vectorizer": {"n_features": [1024, 2048], "degree": [1, 2]},
    "classifier": {"loss": "log_loss", "alpha": [0.1, 0.01, 0.001]},
}


def ids(grids):
    return [point.id for point in expand(grids)]


def test_a_grid_is_the_product_of_its_lists():
    points = expand([GRID])
    assert len(points) == 2 * 2 * 2 * 3
    assert len({point.id for point in points}) == len(points)
    assert points[0].parameters == {
        "extractor": {"features": ["x1", "x2"], "scale": True},
        "vectorizer": {"degree": 1, "n_features": 1024},
        "classifier": {"alpha": 0.1, "loss": "log_loss"},
    }


def test_ids_depend_on_the_parameters_alone():
    reordered = {step: dict(reversed(GRID[step].items())) for step in reversed(GRID)}
    assert set(ids([reordered])) == set(ids([GRID]))
    wider = {**GRID, "classifier": {**GRID["classifier"], "alpha": [1.0, 0.1, 0.01, 0.001]}}
    assert set(ids([GRID])) < set(ids([wider]))
    assert all(len(i) == 12 and int(i, 16) >= 0 for i in ids([wider]))


def test_equal_numbers_make_equal_points():
    one, same = ({"classifier": {"alpha": value}} for value in (1, 1.0))
    assert make_point(one).id == make_point(same).id
    assert make_point({"classifier": {"shuffle": True}}).id != make_point(one).id


def test_a_point_made_from_its_own_parameters_is_the_same():
    for point in expand([GRID]):
        assert make_point(point.parameters) == point


@pytest.mark.parametrize(
    "grids",
    [
        [{"classifier": {"alpha": [0.1, 0.1]}}],
        [{"classifier": {"alpha": [1, 1.0]}}],
        [{"classifier": {"alpha": [0.1, 0.2]}}, {"classifier": {"alpha": 0.2}}],
    ],
)
def test_equal_points_are_refused(grids):
    with pytest.raises(UserError, match=r"there twice"):
        expand(grids)


def test_a_flat_list_of_features_gets_its_sentence():
    with pytest.raises(UserError, match=r'write features: \[\["x1","x2"\]\]'):
        expand([{"extractor": {"features": ["x1", "x2"]}}])


def test_tables_name_what_varies():
    grids = [
        {"vectorizer": {"degree": [1, 2]}, "classifier": {"penalty": "l2", "alpha": 0.1}},
        {"vectorizer": {"degree": [1]}, "classifier": {"penalty": "l1", "alpha": 0.1}},
    ]
    points = expand(grids)
    columns = column_names(points)
    assert list(columns.values()) == ["degree", "penalty"]
    assert row(points[1], columns) == {"degree": "2", "penalty": "l2"}
    only_some = column_names(expand([{"classifier": {"alpha": 0.1}}, {"classifier": {}}]))
    assert list(only_some.values()) == ["alpha"]


def test_cells_are_plain():
    assert [cell(v) for v in (["a b", "c"], 1e-5, True, "l2")] == [
        '["a b","c"]',
        "1e-05",
        "true",
        "l2",
    ]


@pytest.mark.parametrize("size", [1, 5, 12, 1000])
def test_jobs_keep_points_that_share_features_together(size):
    points = expand([GRID])
    cut = jobs(points, size)
    assert sorted(p.id for job in cut for p in job) == sorted(p.id for p in points)
    assert all(len(job) <= size for job in cut)
    if size == 3:
        assert all(len({str(p.parameters["vectorizer"]) for p in job}) == 1 for job in cut)


@pytest.mark.filterwarnings("ignore:Class PassiveAggressiveClassifier:FutureWarning")
def test_weights_of_rows_need_a_learner_that_takes_them():
    settings = {"data": {"weight": "w"}, "score": {"loss": "squared"}}
    passive = {"class": "PassiveAggressiveClassifier"}
    for each in (passive, {"class": "BernoulliNB"}, {"average": True}):
        make_points({**settings, "grid": [{"classifier": each}]})
    averaged = {**settings, "grid": [{"classifier": {**passive, "average": [False, True]}}]}
    with pytest.raises(UserError, match="PassiveAggressiveClassifier takes no weights of rows"):
        make_points(averaged)
    make_points({**averaged, "data": {}})
