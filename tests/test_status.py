"""The state of a run while it runs."""

import os
import shutil

from caudal.models.score_record import FORMAT, write_score
from caudal.ranking.rung_tables import Place, Rung, write_places, write_plan
from caudal.ranking.status import status


def run_with(folder, scores, points=5):
    fits = folder / "results/fits"
    fits.mkdir(parents=True)
    ids = [f"{i:012x}" for i in range(points)]
    (folder / "results/grid.csv").write_text("point,alpha\n" + "".join(f"{i},0.1\n" for i in ids))
    for i, score in enumerate(scores):
        file = fits / ids[i] / "score.json"
        file.parent.mkdir()
        steps = {"extractor": {}, "vectorizer": {"degree": 2}, "classifier": {"alpha": 0.1}}
        record = {"format": FORMAT, "point": ids[i], "score": score, "standard_error": 0.1,
                  "benchmark_score": -0.2, "r2": 0.1, "rows": 10, "parameters": steps}  # fmt: skip
        write_score(file, record)
        os.utime(file, (1000 + 10 * i, 1000 + 10 * i))
    return ids


def test_a_run_half_way(tmp_path):
    ids = run_with(tmp_path, [-0.3, -0.1, None])
    found = status(tmp_path)
    assert (found.done, found.points) == (3, 5)
    assert found.leader["point"] == ids[1]
    assert found.seconds_left == 20.0
    assert str(found) == (
        f"3 of 5 points, 20 s left; best so far -0.10000 (r2 0.100): {ids[1]}, degree 2, alpha 0.1"
    )


def test_before_the_first_point_and_without_a_run(tmp_path):
    assert status(tmp_path).points == 0
    run_with(tmp_path, [])
    assert str(status(tmp_path)) == "0 of 5 points"


def test_half_written_and_foreign_points_do_not_count(tmp_path):
    ids = run_with(tmp_path, [-0.3, -0.1])
    (tmp_path / "results/fits" / ids[1] / "score.json").write_text('{"score": ')
    (tmp_path / "results/fits/ffffffffffff").mkdir()
    (tmp_path / "results/fits/ffffffffffff/score.json").write_text('{"score": 0}')
    assert status(tmp_path).leader["point"] == ids[0]


def test_a_finished_run_has_no_time_left(tmp_path):
    run_with(tmp_path, [-0.1] * 60, points=60)
    assert status(tmp_path).seconds_left is None


def run_by_halving(folder, scores, promoted=None):
    """A run of two rungs: its scores on the first one, and how many went on from it."""
    ids = run_with(folder, scores)
    rungs = folder / "results/rungs"
    (folder / "results/fits").rename(rungs)
    (rungs / "1").mkdir()
    for point in ids[: len(scores)]:
        (rungs / point).rename(rungs / "1" / point)
    write_plan(rungs / "plan.csv", [Rung(1, 1000, "a"), Rung(2, 3000, "b")])
    if promoted is not None:
        order = sorted(zip(scores, ids, strict=True), reverse=True)
        write_places(
            rungs / "1.csv",
            [
                Place(place, point, score, None, None, place <= promoted, "", "job", "")
                for place, (score, point) in enumerate(order, 1)
            ],
        )
    return ids


def test_a_rung_half_way(tmp_path):
    run_by_halving(tmp_path, [-0.3, -0.1, -0.2])
    found = status(tmp_path)
    assert str(found).startswith(
        "rung 1 of 2, 1,000 rows: 3 of 5 points, 20 s left; best so far -0.10000"
    )
    assert not found.ended


def test_a_rung_whose_points_are_all_done_is_not_the_end(tmp_path):
    run_by_halving(tmp_path, [-0.1] * 5)
    assert not status(tmp_path).ended


def test_the_next_rung_begins_with_those_that_went_on(tmp_path):
    ids = run_by_halving(tmp_path, [-0.3, -0.1, -0.2, -0.4, -0.5], promoted=2)
    found = status(tmp_path)
    assert str(found).startswith("rung 2 of 2, 3,000 rows: 0 of 2 points; best so far -0.10000")
    home = tmp_path / "results/rungs"
    for point in ids[1:3]:
        shutil.copytree(home / "1" / point, home / "2" / point)
        assert status(tmp_path).ended == (point == ids[2])
