"""How many rows the rungs of a search by halving have, and who goes on from one."""

from itertools import pairwise

import numpy as np
import pytest
from caudal.data.first_rows import first_rows_checksum
from caudal.errors import Damaged, UserError
from caudal.learn.progressive import Plan
from caudal.ranking.promotion import finish, promote
from caudal.ranking.rung_plan import check_first_rows, least_rows
from caudal.ranking.rung_tables import Rung, read_places, read_plan, write_places, write_plan
from caudal.ranking.rungs import default_first_rows, places, row_visits, rung_rows
from hypothesis import given
from hypothesis import strategies as some

COUNTS = some.integers(1, 10**7)
FACTORS = some.integers(2, 5)


@given(total=COUNTS, first=COUNTS, factor=FACTORS)
def test_rungs_grow_by_the_factor_up_to_the_whole_stream(total, first, factor):
    rows = rung_rows(total, first, factor)
    assert rows[-1] == total
    assert rows[0] == min(first, total)
    assert all(after == factor * before for before, after in pairwise(rows[:-1]))
    assert all(before < after <= factor * before for before, after in pairwise(rows))


@given(total=COUNTS, least=some.integers(1, 10**5), points=some.integers(1, 500), factor=FACTORS)
def test_the_first_rung_is_as_long_as_the_points_need(total, least, points, factor):
    first = default_first_rows(total, least, points, factor)
    assert first >= least
    left = points
    rungs = 1
    while left >= factor:
        left, rungs = left // factor, rungs + 1
    if first > least:  # the whole stream suffices for all promotions, and not for one rung more
        assert first * factor ** (rungs - 1) <= total < first * factor**rungs


def test_the_first_rung_stays_when_the_stream_grows_a_little():
    firsts = {default_first_rows(rows, 1000, 9, 3) for rows in range(9000, 27000, 500)}
    assert firsts == {1000}
    assert default_first_rows(27000, 1000, 9, 3) == 3000


def test_ties_on_one_rung_are_made_up_for_on_the_next():
    """The share is one of all points of the search, however many have come to the rung."""
    assert [places(48, 3, rung) for rung in (1, 2, 3, 4)] == [16, 5, 1, 1]


@given(points=some.integers(1, 500), factor=FACTORS, first=some.integers(1, 1000))
def test_no_more_rows_are_visited_than_by_the_grid(points, factor, first):
    rows = rung_rows(10_000, first, factor)
    assert row_visits(rows, points, factor) <= points * 10_000
    assert row_visits(rows, 1, factor) == 10_000


@given(batch_size=some.integers(1, 50), n_batches=some.integers(1, 50), drop=some.floats(0, 0.98))
def test_the_least_rows_have_a_score_with_an_error(batch_size, n_batches, drop):
    stream, score = {"batch_size": batch_size, "n_batches": n_batches}, {"drop_scores": drop}
    rows = least_rows(stream, score)
    plan = Plan(rows, batch_size, n_batches, drop)
    assert plan.batches - plan.first_kept >= 2
    assert rows >= 2 * batch_size * n_batches
    check_first_rows(rows, stream, score)


def test_too_few_first_rows_are_one_sentence():
    with pytest.raises(UserError, match=r"^search.first_rows: 500 rows are too few .* 1000, or"):
        check_first_rows(500, {"batch_size": 100, "n_batches": 5}, {"drop_scores": 0.7})


def fitted(number, losses, rows=1000):
    """A fit whose score is minus the mean of ``losses``; None for a point that diverged."""
    known = losses is not None
    drift = [{"rows": 1000 * i, "loss": loss} for i, loss in enumerate(losses, 2)] if known else []
    record = {
        "point": f"{number:012x}", "score": -float(np.mean(losses)) if known else None,
        "drift": drift, "rows": rows, "diverged": not known, "checksum": str(number),
    }  # fmt: skip
    return record, f"job{number}"


def went_on(found):
    return {int(place.point, 16) for place in found if place.goes_on}


def noise(seed, size=0.01):
    return size * np.random.default_rng(seed).standard_normal(20)


def test_the_best_third_goes_on():
    hard = noise(0, 0.1)  # batches are hard for all alike
    fits = [fitted(i, 0.2 + i / 100 + hard + noise(i, 1e-4)) for i in range(9)]
    found = promote(fits[::-1], 3)
    assert [int(place.point, 16) for place in found] == list(range(9))
    assert went_on(found) == {0, 1, 2}
    assert {place.why for place in found[:3]} == {"among the best 3"}
    assert {place.why for place in found[3:]} == {"below the cut"}
    assert found[3].behind == pytest.approx(0.01, rel=0.1)
    assert 0 < found[3].at_least < found[3].behind


def test_ties_and_what_cannot_be_told_from_the_cut_stay_in():
    levels = [0.2, 0.21, 0.21, 0.2101, 0.23, 0.24]
    same = noise(0, 0.02)
    fits = [fitted(i, level + same) for i, level in enumerate(levels)]
    fits[3] = fitted(3, 0.2101 + noise(3, 0.02))
    found = {int(place.point, 16): place for place in promote(fits, 2)}
    assert went_on(found.values()) == {0, 1, 2, 3}
    assert found[2].why == "the same as the cut"
    assert found[3].why == "not told from the cut"


def test_points_without_a_score_never_go_on():
    found = promote([fitted(0, None), fitted(1, None), fitted(2, 0.2 + noise(2))], 2)
    assert went_on(found) == {2}
    assert [place.why for place in found] == ["among the best 2", "diverged", "diverged"]
    assert went_on(promote([fitted(0, None)], 3)) == set()


def test_nobody_goes_on_from_the_last_rung():
    found = finish([fitted(0, None), fitted(1, 0.3 + noise(1)), fitted(2, 0.2 + noise(2))])
    assert went_on(found) == set()
    assert [int(place.point, 16) for place in found] == [2, 1, 0]
    assert [place.why for place in found] == ["the end of the stream"] * 2 + ["diverged"]


@given(
    levels=some.lists(some.one_of(some.none(), some.floats(0, 1)), min_size=1, max_size=40),
    count=some.integers(1, 50),
)
def test_the_best_go_on_whatever_the_order(levels, count):
    fits = [
        fitted(i, None if level is None else level + noise(i, 0.05))
        for i, level in enumerate(levels)
    ]
    found = promote(fits, count)
    scored = sum(level is not None for level in levels)
    assert all(place.goes_on for place in found[: min(count, scored)])
    assert found == promote(fits[::-1], count)
    scores = [place.score for place in found if place.score is not None]
    assert scores == sorted(scores, reverse=True)


def test_the_tables_are_read_as_they_were_written(tmp_path):
    rungs = [Rung(1, 1000, "a"), Rung(2, 3000, "b")]
    write_plan(tmp_path / "plan.csv", rungs)
    assert read_plan(tmp_path / "plan.csv") == rungs
    found = promote([fitted(i, 0.2 + i / 50 + noise(i)) for i in range(5)] + [fitted(5, None)], 2)
    write_places(tmp_path / "1.csv", found)
    assert read_places(tmp_path / "1.csv") == found
    assert [place.place for place in found] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("text", ["", "rung,rows\n1,x\n", "rung,rows,checksum\n2,10,a\n"])
def test_a_damaged_plan_is_named(tmp_path, text):
    (tmp_path / "plan.csv").write_text(text)
    with pytest.raises(Damaged, match=r"plan\.csv"):
        read_plan(tmp_path / "plan.csv")
    (tmp_path / "1.csv").write_text(text)
    with pytest.raises(Damaged, match=r"1\.csv"):
        read_places(tmp_path / "1.csv")


def manifest(*parts, **more):
    return {
        "parts": [{"file": f, "sha256": sha, "rows": rows} for f, sha, rows in parts],
        "columns": {"x": {"kind": "numeric", "mean": 0.0}},
        "classes": ["0", "1"], "positive": "1", "labels": {"0": 3, "1": 4}, **more,
    }  # fmt: skip


def test_the_first_rows_are_known_in_a_longer_stream():
    day = manifest(("a/part-0", "A", 10), ("a/part-1", "B", 10))
    longer = manifest(("a/part-0", "A", 10), ("a/part-1", "B", 10), ("b/part-0", "C", 10),
                      labels={"0": 5, "1": 8})  # fmt: skip
    one = first_rows_checksum(day, 10)
    assert one == first_rows_checksum(longer, 10)
    assert one == first_rows_checksum(manifest(("a/part-0", "A", 10)), 10)
    assert one != first_rows_checksum(day, 11)
    assert first_rows_checksum(day, 20) == first_rows_checksum(longer, 20)
    assert one != first_rows_checksum(manifest(("a/part-0", "Z", 10)), 10)
    assert one != first_rows_checksum(day | {"classes": ["0", "1", "2"]}, 10)
    for how in ({"mixed": True}, {"counted": True}):
        assert first_rows_checksum(day, 10, **how) != first_rows_checksum(longer, 10, **how)
