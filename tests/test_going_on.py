"""A fit of a stream that has grown goes on, to the bytes of a fit from the start."""

import errno
import json

import pytest
from caudal.learn import state_file
from caudal.learn.job import Job
from growing import CHUNK, ROWS, STREAM, Growing, write_day

VECTORIZERS = {"n_features": 4096, "degree": [1, 2]}
SGD = {"loss": "log_loss", "penalty": "elasticnet", "alpha": 0.001}
WILD = {"loss": "squared_error", "learning_rate": "constant", "eta0": 1e300}
FTRL = {"class": "FTRLClassifier", "l1": 0.1}
NUMBERS = {"extractor": {"features": [["price", "flat"]]}}
LEVELS = {"extractor": {"features": [["colour"]], "scale": False}}
ALL = {"extractor": {"features": [["price", "flat", "colour"]]}}


def grid(*classifiers, features=ALL):
    return [{**features, "vectorizer": VECTORIZERS, "classifier": c} for c in classifiers]


def lines_of(caplog, word):
    return [line for line in caplog.messages if word in line]


@pytest.mark.parametrize(
    "days, classes, points, sections",
    [
        (10, 2, grid(SGD, FTRL), {}),
        (10, 3, grid(SGD, FTRL), {}),
        (4, 2, grid(SGD, FTRL, features=NUMBERS), {"stream": {**STREAM, "batch_size": 1}}),
        (10, 3, grid(SGD, FTRL, features=LEVELS), {"score": {"loss": "log", "drop_scores": 0.2}}),
        (10, 2, grid(SGD, FTRL), {"data": {"weight": "worth", "missing": {"indicator": True}}}),
        (3, 3, grid({**SGD, "shuffle": True}), {"stream": {**STREAM, "prefetch": True}}),
        (4, 2, grid({"class": "BernoulliNB"}, {**SGD, "average": True, "shuffle": True}), {}),
        (4, 2, grid({"class": "Perceptron"}, {"loss": "hinge"}), {"data": {"positive": "k0"}}),
    ],
)
def test_days_one_at_a_time(tmp_path, days, classes, points, sections):
    run = Growing(tmp_path, points, **sections)
    chunk = run.config["stream"]["batch_size"] * run.config["stream"]["n_batches"]
    for day in range(1, days + 1):
        write_day(tmp_path, day, classes)
        grown, read = run.grow()
        assert grown == run.scratch()
        learned = (day - 1) * ROWS // chunk * chunk if day > 1 else 0
        assert set(read.values()) == {day * ROWS - learned}
        assert all(run.file(point).exists() for point in run.points)


def test_points_of_a_job_may_stand_at_different_places(tmp_path):
    """New points of the grid, a job each or three to one, beside those that go on."""
    run = Growing(tmp_path, grid(SGD))
    for day in (1, 2):
        write_day(tmp_path, day)
        run.grow()
    write_day(tmp_path, 3)
    run.points = Growing(tmp_path, grid(SGD, FTRL)).points
    grown, read = run.grow(per_job=3)
    assert grown == run.scratch()
    assert sorted(read.values()) == [3 * ROWS - 2 * ROWS // CHUNK * CHUNK] * 2 + [3 * ROWS] * 2


def test_a_fit_that_is_killed_while_it_goes_on(tmp_path, monkeypatch):
    run = Growing(tmp_path, grid(SGD, FTRL))
    write_day(tmp_path, 1)
    run.grow()
    write_day(tmp_path, 2)
    learn, saved = Job.learn, state_file.write

    def killed(*_):
        raise KeyboardInterrupt

    def after_some(job, batches):
        return killed() if job.batches == 20 else learn(job, batches)

    def of_the_first(path, content):
        return saved(path, content) if path == run.file(run.points[0]) else killed()

    for target, name, instead in [(Job, "learn", after_some), (state_file, "write", of_the_first)]:
        with monkeypatch.context() as patch:
            patch.setattr(target, name, instead)
            with pytest.raises(KeyboardInterrupt):
                run.grow()
    grown, read = run.grow()
    assert grown == run.scratch()
    assert sorted(read.values()) == [60, 360, 360, 360]


def test_a_full_disk_while_a_state_is_saved(tmp_path, monkeypatch, caplog):
    run = Growing(tmp_path, grid(SGD))
    write_day(tmp_path, 1)
    run.grow()
    write_day(tmp_path, 2)

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(state_file, "write", full)
        assert run.grow()[0] == run.scratch()
    assert len(lines_of(caplog, "the disk is full: the state of")) == 4
    write_day(tmp_path, 3)
    grown, read = run.grow()
    assert grown == run.scratch()
    assert set(read.values()) == {3 * ROWS - ROWS // CHUNK * CHUNK}


def damage(file):
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "fault", ["damaged", "cut", "deleted", "edited", "gone", "before", "class"]
)
def test_what_cannot_go_on_starts_over_and_says_why(tmp_path, caplog, fault):
    caplog.set_level("INFO")
    run = Growing(tmp_path, grid(SGD))
    for day in (2, 3):
        write_day(tmp_path, day)
    run.grow()
    files = [run.file(point) for point in run.points]
    yesterday, days = tmp_path / "day03.csv", [2, 3, 4]
    for file in files:
        if fault == "damaged":
            damage(file)
        elif fault == "cut":
            file.write_bytes(file.read_bytes()[:99])
        elif fault == "deleted":
            file.unlink()
    if fault == "edited":
        yesterday.write_text(yesterday.read_text().replace("c2", "c3", 1))
    elif fault == "gone":
        (tmp_path / "day02.csv").unlink()
        days.remove(2)
    elif fault == "before":
        write_day(tmp_path, 1)
        days.append(1)
    write_day(tmp_path, 4, classes=3 if fault == "class" else 2)
    caplog.clear()
    grown, read = run.grow()
    said = lines_of(caplog, "starts over") + lines_of(caplog, "begins at the first row")
    assert set(read.values()) == {ROWS * len(days)}
    assert grown == run.scratch()
    why = {
        "damaged": "{file} is damaged",
        "cut": "{file} is damaged",
        "deleted": "there is no {file}",
        "edited": "day03.csv has changed",
        "gone": "day02.csv is not there any more",
        "before": "day01.csv comes before",
        "class": "the class 'k2' is new",
    }[fault]
    assert len(said) == len(files)
    for line, file in zip(said, files, strict=True):
        assert why.format(file=file) in line


@pytest.mark.parametrize(
    "sections, points, why",
    [
        ({"stream": {**STREAM, "order": "mux"}}, grid(SGD), "the stream mixes all rows anew"),
        ({"stream": {**STREAM, "epochs": 2}}, grid(SGD), "each pass learns all rows"),
        ({}, grid({**SGD, "class_weight": "counted"}), "depends on the labels of all rows"),
    ],
)
def test_what_depends_on_all_rows_starts_over(tmp_path, caplog, sections, points, why):
    caplog.set_level("INFO")
    run = Growing(tmp_path, points, **sections)
    epochs = run.config["stream"]["epochs"]
    write_day(tmp_path, 1)
    run.grow()
    assert all(run.file(point).exists() == (epochs == 1) for point in run.points)
    write_day(tmp_path, 2)
    caplog.clear()
    grown, read = run.grow()
    assert set(read.values()) == {2 * ROWS * epochs}
    assert len(lines_of(caplog, why)) == len(run.points)
    assert grown == run.scratch()


def test_settings_code_and_versions_have_to_be_the_same(tmp_path, caplog, monkeypatch):
    caplog.set_level("INFO")
    run = Growing(tmp_path, grid(SGD)[:1])
    write_day(tmp_path, 1)
    run.grow(code="1")
    last = ROWS % CHUNK

    def reads(rows, why=None, **how):
        caplog.clear()
        grown, read = run.grow(**how)
        assert set(read.values()) == {rows}
        assert bool(lines_of(caplog, f"starts over: {why}" if why else "goes on after 300 rows"))
        return grown

    reads(last, code="1")
    run.config["score"]["drop_scores"] = 0.2
    assert reads(last, code="1") == run.scratch()
    reads(ROWS, "the code has changed", code="2")
    run.config["stream"]["batch_size"], run.config["stream"]["n_batches"] = 50, 2
    reads(ROWS, "stream.batch_size was 25 and is 50", code="2")
    run.config["seed"] = 1
    reads(ROWS, "seed was 0 and is 1", code="2")
    run.config["data"]["missing"]["numeric"] = "zero"
    reads(ROWS, "data.missing.numeric was mean and is zero", code="2")
    monkeypatch.setattr("caudal.learn.going_on.versions", lambda: {"numpy": "0.1"})
    assert lines_of(caplog, "starts over")
    reads(ROWS, "versions.numpy was ", code="2")


def test_a_column_of_another_kind(tmp_path, caplog):
    caplog.set_level("INFO")
    run = Growing(tmp_path, grid(SGD)[:1])
    write_day(tmp_path, 1)
    run.grow()
    run.config["data"]["categorical"] = ["flat"]
    (tmp_path / "day01.csv").touch()
    grown, read = run.grow()
    assert lines_of(caplog, "starts over: columns.flat was numeric and is categorical")
    assert set(read.values()) == {ROWS}
    assert grown == run.scratch()


def test_states_can_be_left_out(tmp_path):
    run = Growing(tmp_path, grid(SGD))
    write_day(tmp_path, 1)
    run.grow(keep_states=False)
    assert not any(run.file(point).exists() for point in run.points)
    run.grow()
    run.grow(keep_states=False)
    assert not any(run.file(point).exists() for point in run.points)


def test_a_point_that_has_diverged_does_so_again(tmp_path):
    run = Growing(tmp_path, grid(WILD, SGD, features=NUMBERS))
    for day in (1, 2):
        write_day(tmp_path, day)
        grown, _ = run.grow()
        assert grown == run.scratch()
    records = [json.loads(run.file(point, "score.json").read_text()) for point in run.points]
    assert any(record["diverged"] for record in records)


def test_a_state_is_small_however_many_rows_it_has_learned():
    import numpy as np
    from caudal.learn.progressive import Plan, Progress
    from caudal.learn.targets import Calibration

    progress = Progress(Plan(10**9, 1, 1000, 0.7), Calibration())
    progress.skip(1000)
    losses = np.full(10**6, 0.25)
    for _ in range(3):
        progress.add(losses, losses, np.full((10**6, 2), 0.5), np.zeros(10**6, int))
    state = progress.state()
    assert state["losses"]["sums"].nbytes <= 2**21
    assert state["measured"]["sums"].nbytes < 2**18


@pytest.mark.parametrize("order", ["sequential", "mux"])
def test_a_fit_of_the_first_rows_and_of_more(tmp_path, order):
    from caudal.learn.fitting import fit_points
    from caudal.learn.saved_state import SavedStates

    run = Growing(tmp_path, grid(SGD, FTRL), stream={**STREAM, "order": order})
    for day in (1, 2, 3):
        write_day(tmp_path, day)
    merged = run.convert()
    files = {point.id: run.file(point) for point in run.points}
    before = 0
    for rows in (250, 500, None):
        for states in (SavedStates(files, keep=True), None):
            found = []
            for point, _, record in fit_points(
                merged, run.points, **run.settings, states=states, rows=rows
            ):
                read = record.pop("rows_read")
                for cost in ("seconds", "rows_per_second"):
                    record.pop(cost)
                found.append((point, record))
                assert read == (rows or 3 * ROWS) - (before if states else 0)
            assert [record["rows"] for _, record in found] == [rows or 3 * ROWS] * len(found)
            if states:
                expected = found
        assert found == expected
        before = (rows or 0) // CHUNK * CHUNK
    # One that has learned more serves no fit of fewer rows, and stays.
    state = run.file(run.points[0]).read_bytes()
    again = next(fit_points(merged, run.points[:1], **run.settings,
                            states=SavedStates(files, keep=True), rows=250))  # fmt: skip
    assert again[2]["rows_read"] == 250
    assert run.file(run.points[0]).read_bytes() == state
