"""The ranking, the costs and the best model."""

import csv
import hashlib

import pytest
from caudal.config.grid import expand
from caudal.errors import UserError
from caudal.models.pickling import dump_model
from caudal.models.score_record import FORMAT, load_checked, write_score
from caudal.ranking.rank import rank, take_best, write_grid
from caudal.ranking.tables import read_table

POINTS = expand([{"classifier": {"alpha": [0.1, 0.01, 0.001, 0.0001], "penalty": "l2"}}])


def record_of(point, score, **fields):
    return {
        "format": FORMAT,
        "point": point.id,
        "parameters": point.parameters,
        "score": score,
        "standard_error": 1 / 3 if score is not None else None,
        "benchmark_score": -0.25,
        "r2": 0.1 if score is not None else None,
        "rows": 1000,
        "seconds": 0.5,
        "rows_per_second": 2000.0,
        "peak_memory_mb": 100.5,
        **fields,
    }


def write_fits(folder, scores):
    """A record and a model for each point; returns the score files."""
    files = []
    for point, score in zip(POINTS, scores, strict=True):
        home = folder / "fits" / point.id
        size = dump_model(None if score is None else {"score": score}, home / "model.pkl")
        digest = hashlib.sha256((home / "model.pkl").read_bytes()).hexdigest()
        record = record_of(point, score, model_bytes=size, model_sha256=digest)
        write_score(home / "score.json", record)
        files.append(home / "score.json")
    return files


def rank_in(folder, files):
    return rank(POINTS, files, folder / "ranking.csv", folder / "costs.csv")


def test_the_best_comes_first_and_the_diverged_last(tmp_path):
    rank_in(tmp_path, write_fits(tmp_path, [-0.2, None, -0.1, -0.3]))
    rows = read_table(tmp_path / "ranking.csv")
    assert list(rows[0]) == [
        "rank", "point", "score", "standard_error", "benchmark_score", "r2", "rows", "alpha",
    ]  # fmt: skip
    assert [row["alpha"] for row in rows] == ["0.001", "0.1", "0.0001", "0.01"]
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["standard_error"] == repr(1 / 3)
    assert (rows[3]["score"], rows[3]["standard_error"], rows[3]["r2"]) == ("", "", "")
    costs = read_table(tmp_path / "costs.csv")
    assert [row["point"] for row in costs] == [row["point"] for row in rows]
    assert list(costs[0]) == [
        "point", "seconds", "rows_per_second", "peak_memory_mb", "model_bytes", "rows_read",
    ]  # fmt: skip


def test_equal_scores_stand_in_the_order_of_their_ids(tmp_path):
    files = write_fits(tmp_path, [-0.2, -0.2, -0.2, -0.2])
    rank_in(tmp_path, files)
    ids = [row["point"] for row in read_table(tmp_path / "ranking.csv")]
    assert ids == sorted(point.id for point in POINTS)
    once = (tmp_path / "ranking.csv").read_bytes()
    rank(POINTS[::-1], files[::-1], tmp_path / "ranking.csv", tmp_path / "costs.csv")
    assert (tmp_path / "ranking.csv").read_bytes() == once


def test_the_grid_has_a_row_per_point(tmp_path):
    write_grid(POINTS, tmp_path / "grid.csv")
    with open(tmp_path / "grid.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["point", "alpha"]
    assert rows == [[p.id, repr(p.parameters["classifier"]["alpha"])] for p in POINTS]


def test_a_truncated_record_is_named(tmp_path):
    files = write_fits(tmp_path, [-0.2, -0.3, -0.1, -0.4])
    files[2].write_text(files[2].read_text()[:-20])
    with pytest.raises(UserError, match=rf"{files[2]} is damaged; delete .* run Snakemake again"):
        rank_in(tmp_path, files)


@pytest.mark.parametrize("text", ["[]", "{}", "null", "7", '"point"'])
def test_a_record_of_something_else_is_named(tmp_path, text):
    files = write_fits(tmp_path, [-0.2, -0.3, -0.1, -0.4])
    files[1].write_text(text)
    with pytest.raises(UserError, match=str(files[1])):
        rank_in(tmp_path, files)


def test_a_record_of_another_point_is_named(tmp_path):
    files = write_fits(tmp_path, [-0.2, -0.3, -0.1, -0.4])
    files[1].write_text(files[0].read_text())
    with pytest.raises(UserError, match=f"{files[1]} is of the point {POINTS[0].id}"):
        rank_in(tmp_path, files)


def test_a_truncated_model_is_named_by_rank(tmp_path):
    files = write_fits(tmp_path, [-0.2, -0.3, -0.1, -0.4])
    model = files[1].with_name("model.pkl")
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(UserError, match=f"{model} is not the file that the fit wrote; delete"):
        rank_in(tmp_path, files)


def test_the_best_model_is_copied_whole(tmp_path):
    rank_in(tmp_path, write_fits(tmp_path, [-0.2, None, -0.1, -0.3]))
    best = take_best(tmp_path, tmp_path / "best.pkl")
    assert best == POINTS[2].id
    model = tmp_path / "fits" / best / "model.pkl"
    assert (tmp_path / "best.pkl").read_bytes() == model.read_bytes()
    assert load_checked(tmp_path / "best.pkl") == {"score": -0.1}


def test_a_best_model_with_other_bytes_is_refused(tmp_path):
    files = write_fits(tmp_path, [-0.2, None, -0.1, -0.3])
    rank_in(tmp_path, files)
    model = files[2].with_name("model.pkl")
    content = bytearray(model.read_bytes())
    content[-3] ^= 1
    model.write_bytes(content)
    with pytest.raises(UserError, match=str(model)):
        take_best(tmp_path, tmp_path / "best.pkl")
    assert not (tmp_path / "best.pkl").exists()


def test_there_is_no_best_where_all_diverged(tmp_path):
    rank_in(tmp_path, write_fits(tmp_path, [None] * 4))
    with pytest.raises(UserError, match="Every point of the grid has diverged"):
        take_best(tmp_path, tmp_path / "best.pkl")
