"""Every record that another job believes, damaged in every way: named, made again, the same."""

import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from caudal.atomic import sweep, whole_file, whole_folder
from caudal.config.grid import expand
from caudal.data.conversion import convert
from caudal.data.manifest import load, merge
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import Damaged
from caudal.learn.fit_files import fit
from caudal.models.best import describe_best
from caudal.ranking.check import damages
from caudal.ranking.rank import check_grid, rank, take_best, write_grid
from caudal.report.page import write_report
from caudal.simulate.write import simulate
from caudal.workflow import repairs
from made_run import CONFIG

DATA = {"label": "y", "weight": None, "missing": {"numeric": "mean"}}
SETTINGS = {"stream": CONFIG["stream"], "score": CONFIG["score"], "data": DATA, "seed": 0}
POINTS = expand([{"vectorizer": {"n_features": 256}, "classifier": {"alpha": [0.001, 0.01]}}])
HOME, BEST = Path("results"), Path("results/best")
FITS = [HOME / "fits" / point.id for point in POINTS]
SOURCE, MERGED = HOME / "data/rows/manifest.json", HOME / "data/manifest.json"
MODELS = [fit / "model.pkl" for fit in FITS]
SCORES = [fit / "score.json" for fit in FITS]
RANKING, COSTS, GRID = HOME / "ranking.csv", HOME / "costs.csv", HOME / "grid.csv"
TERMS, PLAIN = BEST / "coefficients.csv", BEST / "model.json"


def to_parquet():
    files = sources(["rows.csv"])
    convert(files["rows"], SOURCE, decide(files, DATA)[0], DATA, 200)


def fit_point(number):
    one = slice(number, number + 1)
    fit(MERGED, MODELS[one], SCORES[one], [POINTS[number].parameters], SETTINGS)


def rank_points():
    check_grid(POINTS, GRID)
    rank(POINTS, SCORES, RANKING, COSTS, load(MERGED)["checksum"], SETTINGS)


PLAN = SimpleNamespace(sources={"rows": "rows.csv"}, settings={"data": {"positive": None}})

STEPS = [
    ("to_parquet", [Path("rows.csv")], [SOURCE], to_parquet),
    ("merge_manifests", [SOURCE], [MERGED], lambda: merge([SOURCE], MERGED)),
    *(
        (f"fit {i}", [MERGED], [MODELS[i], SCORES[i]], lambda i=i: fit_point(i))
        for i in range(len(POINTS))
    ),
    ("write_grid", [], [GRID], lambda: write_grid(POINTS, GRID)),
    ("rank", [GRID, MERGED, *SCORES, *MODELS], [RANKING, COSTS], rank_points),
    ("take_best", [RANKING, *MODELS, *SCORES], [BEST / "model.pkl", BEST / "score.json"],
     lambda: take_best(HOME, BEST / "model.pkl")),
    ("name_coefficients", [BEST / "model.pkl", BEST / "score.json", MERGED], [TERMS, PLAIN],
     lambda: describe_best(BEST / "model.pkl", MERGED, TERMS, PLAIN)),
    ("write_report", [RANKING, COSTS, GRID, TERMS, PLAIN, MERGED, *SCORES], [HOME / "report.html"],
     lambda: write_report(Path("."), HOME / "report.html", "Caudal", HOME / "figures")),
]  # fmt: skip
"""The rules: name, inputs, outputs, what the script does."""

FILES = [SOURCE, HOME / "data/rows/part-00001.parquet", MERGED, MODELS[0], SCORES[0], GRID, RANKING,
         COSTS, BEST / "model.pkl", BEST / "score.json", TERMS, PLAIN]  # fmt: skip


def date(file):
    return file.stat().st_mtime_ns


def run():
    """One call of the command, as Snakemake plans it; (jobs done, the sentence it ended with)."""
    lost = repairs.find(PLAN)
    done, made = [], set()
    for name, inputs, outputs, call in STEPS:
        believed = [file for file in inputs if not (lost and file == MERGED)]  # ancient
        due = not all(file.exists() for file in outputs) or any(
            date(file) > min(map(date, outputs)) for file in believed
        )
        if due or made & set(believed):
            try:
                call()
            except Damaged as error:
                return done, error.discard()
            done.append(name)
            made |= set(outputs)
    return done, None


def content():
    """What has to come out the same."""
    seconds = ("score.json", "costs.csv", "report.html")
    return {
        file: file.read_bytes()
        for file in sorted(HOME.rglob("*"))
        if file.is_file() and file.name not in seconds and file.suffix not in (".svg", ".html")
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folders of two finished runs of other data."""
    folders = []
    for seed in (0, 1):
        folder = tmp_path_factory.mktemp(f"run{seed}")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            simulate({"model": "logistic", "rows": 2000}, seed, ["rows.csv"], "truth.csv")
            assert run()[1] is None
            assert run() == ([], None)
        folders.append(folder)
    return folders


def flip(file, other):
    text = bytearray(file.read_bytes())
    # A number's first digit: in the last of many another one may be the same float.
    places = [found.start() for found in re.finditer(rb"(?<![\d.])\d", text)]
    place = places[len(places) // 2]
    text[place] = ord("3") if text[place] != ord("3") else ord("4")
    file.write_bytes(text)


def cut(file, other):
    file.write_bytes(file.read_bytes()[:-9])


def folder_instead(file, other):
    file.unlink()
    file.mkdir()
    (file / "inside").touch()


def of_another_run(file, other):
    shutil.copyfile(other / file, file)


DAMAGES = {
    "a digit": flip,
    "cut": cut,
    "empty": lambda file, other: file.write_bytes(b""),
    "{}": lambda file, other: file.write_text("{}"),
    "null": lambda file, other: file.write_text("null"),
    "[]": lambda file, other: file.write_text("[]"),
    "a folder": folder_instead,
    "missing": lambda file, other: file.unlink(),
    "another run's": of_another_run,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", FILES, ids=str)
def test_damage_is_named_and_mended(finished, tmp_path, monkeypatch, file, damage):
    shutil.copytree(finished[0], tmp_path / "run", copy_function=shutil.copy2)
    monkeypatch.chdir(tmp_path / "run")
    expected = content()
    DAMAGES[damage](file, finished[1])
    if content() == expected and file.name not in ("score.json", "costs.csv"):
        pytest.skip("the two runs have the same")
    said = [str(error) for error in damages()]
    for _ in range(4):
        done, sentence = run()
        if sentence is None:
            break
        said.append(sentence)
    assert sentence is None, said
    assert content() == expected
    assert not list(damages())
    if damage != "missing":
        # Of two files that are whole and not of one run either may be named.
        named = file.parent if damage == "another run's" else file
        assert any(str(named) in line for line in said), said
    if file not in (MODELS[0], SCORES[0]) and (file, damage) != (MERGED, "missing"):
        assert not any(name.startswith("fit") for name in done)


def test_what_killed_writers_left_is_swept(finished, tmp_path, monkeypatch):
    shutil.copytree(finished[0], tmp_path / "run", copy_function=shutil.copy2)
    monkeypatch.chdir(tmp_path / "run")
    left = HOME / ".ranking.csv.abcdefgh.writing"
    left.write_text("half")
    assert run() == ([], None)
    assert not left.exists()


def test_what_is_being_written_is_not_swept(tmp_path):
    with whole_file(tmp_path / "one") as file, whole_folder(tmp_path / "two") as folder:
        file.write_text("half")
        assert sweep(tmp_path) == []
        assert file.exists() and folder.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_part_that_was_copied_is_looked_at_once(finished, tmp_path, monkeypatch):
    shutil.copytree(finished[0], tmp_path / "run", copy_function=shutil.copy2)
    monkeypatch.chdir(tmp_path / "run")
    part = HOME / "data/rows/part-00001.parquet"
    os.utime(part)
    assert run() == ([], None)
    assert date(part) == date(SOURCE)


def test_costs_of_a_point_that_is_not_ranked_are_damaged(finished, tmp_path, monkeypatch):
    shutil.copytree(finished[0], tmp_path / "run", copy_function=shutil.copy2)
    monkeypatch.chdir(tmp_path / "run")
    COSTS.write_text(COSTS.read_text().replace(POINTS[0].id, "f" * 12))
    assert [str(COSTS) in str(error) for error in damages()] == [True]


def test_another_source_is_no_damage(finished, monkeypatch):
    """Else the merged manifest would be taken as it was, and nothing fitted on the new rows."""
    monkeypatch.chdir(finished[0])
    more = SimpleNamespace(sources={**PLAN.sources, "new": "new.csv"}, settings=PLAN.settings)
    assert repairs.find(more) == []
