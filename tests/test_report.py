"""The report: one page that holds everything, its figures as files, whatever the run was like."""

import base64
import html
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from caudal.data.tasks import CLASSIFICATION
from caudal.errors import UserError
from caudal.ranking.run import gather
from caudal.report.figures import FIGURES
from caudal.report.figures_grid import score_range
from caudal.report.markup import Markup
from caudal.report.page import LANDING, write_report
from finished_run import AXES, term, write_json, write_run

SHOWN = [figure for figure in FIGURES if figure.is_of(CLASSIFICATION)]
TERMS = [
    term("(intercept)", 0.8, truth=0.9),
    term("x1", 0.7, truth=0.8),
    term("c=red*x1", -0.4, 1, truth=-0.3),
    term("c=red", 0.2, truth=""),
]
SOURCES = [("a", 60_000, {"bad encoding": 3}), ("b", 40_000, {})]
STRANGE = [
    '<script>alert("x")</script>',
    "</style><b>",
    'it\'s & "so"',
    "🦆 日本",
    "w" * 3000,
    "\x1b[",
]


class Elements(HTMLParser):
    """Counts the elements of a page and keeps its text."""

    def __init__(self):
        super().__init__()
        self.names, self.words, self.inside = [], [], []

    def handle_starttag(self, name, _):
        self.names.append(name)
        self.inside.append(name)

    def handle_endtag(self, name):
        while self.inside and self.inside.pop() != name:
            pass

    def handle_data(self, words):
        if not {"script", "style"} & set(self.inside[-1:]):
            self.words.append(words)


def page_of(folder, **more):
    out = Path(folder) / "results" / "report.html"
    write_report(folder, out, figures=Path(folder) / "results" / "figures", **more)
    return out.read_text(encoding="utf-8")


def read(page):
    found = Elements()
    found.feed(page)
    return found.names, " ".join(found.words)


@pytest.fixture
def run(tmp_path):
    write_run(tmp_path, terms=TERMS, sources=SOURCES)
    return tmp_path


def test_the_first_page_answers_the_questions(run):
    _, words = read(page_of(run))
    for said in ("The best of 12 points beats the benchmark", "100,000 rows", "Over the benchmark",
                 "Over the next, #3", "What to do next", "How sure is the order?"):  # fmt: skip
        assert said in words


def test_the_page_needs_nothing_from_elsewhere(run):
    page = page_of(run)
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert set(re.findall(r"https?://[\w./]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in page
    assert "url(" not in page.replace("url(#", "")


def test_every_figure_is_a_file_that_is_whole(run):
    out = run / "results" / "report.html"
    figures = run / "results" / "figures"
    written = write_report(run, out, figures=figures)
    ends = [f"{figure.name}.{end}" for figure in SHOWN for end in ("svg", "rst")]
    assert written == [out, *(figures / end for end in ends), figures / LANDING]
    page = out.read_text()
    for figure in SHOWN:
        root = ET.parse(figures / f"{figure.name}.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert page.count(f'id="figure-{figure.name}"') == 1
        assert figure.caption in html.unescape(page)


def test_a_figure_is_an_entry_and_a_function(run, monkeypatch):
    """A new one is drawn, written, and stands in its section without another word."""
    new = replace(FIGURES[0], name="costs", section="data", caption="The new one.")
    new = replace(new, module="caudal.report.figures_points")
    listed = (*(figure for figure in FIGURES if figure.name != "costs"), new)
    monkeypatch.setattr("caudal.report.drawings.FIGURES", listed)
    monkeypatch.setattr("caudal.report.sections.costs", lambda run, drawn: Markup(""))
    page = page_of(run)
    section = page[page.index('id="data"') : page.index('id="costs"')]
    assert 'id="figure-costs"' in section
    assert "The new one." in section


def test_the_list_of_figures_is_light():
    """The rule reads it at every start."""
    code = (
        "import sys, caudal.report.figures as f; assert not {'numpy', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_same_run_gives_the_same_bytes(run):
    assert page_of(run) == page_of(run)


def test_the_download_is_the_ranking(run):
    page = page_of(run)
    data = re.search(r'href="data:text/csv[^,]*,([^"]*)" download="ranking.csv"', page)[1]
    assert base64.b64decode(data) == (run / "results" / "ranking.csv").read_bytes()


def test_a_row_for_every_point_with_its_parameters(run):
    page = page_of(run)
    table = page[page.index('id="ranking-table"') :]
    table = table[: table.index("</table>")]
    assert table.count("<tr") == 1 + 12
    assert re.findall(r"<th[^>]*data-axis[^>]*>([^<]*)<", table) == list(AXES)


def test_the_ranking_alone_is_enough(tmp_path):
    write_run(tmp_path)
    for record in (tmp_path / "results" / "fits").rglob("score.json"):
        record.unlink()
    (tmp_path / "results" / "costs.csv").unlink()
    _, words = read(page_of(tmp_path))
    assert "There are no losses to compare." in words
    assert "There is no results/best/coefficients.csv" in words
    assert "There is no results/data/manifest.json" in words
    assert "The record of the best point holds no calibration." in words


def test_without_a_ranking_there_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"ranking\.csv is missing"):
        page_of(tmp_path)


def test_a_damaged_record_is_named(run):
    file = next((run / "results" / "fits").rglob("score.json"))
    file.write_text("{")
    with pytest.raises(UserError, match=f"{file.parent.name}/score.json is damaged"):
        page_of(run)


def test_strange_names_stay_text(tmp_path):
    terms = [term(f"c={name}", 1.0 - i / 10) for i, name in enumerate(STRANGE)]
    axes = {"degree": [1, 2], "name": STRANGE, "loss<b>": ["a&b", '"q"']}
    write_run(tmp_path, axes, lambda v: 0.18 - 0.001 * len(v["name"][:20]), terms, SOURCES)
    manifest_file = tmp_path / "results" / "data" / "manifest.json"
    manifest = json.loads(manifest_file.read_text())
    manifest["columns"]["c"]["top_levels"] = dict.fromkeys(STRANGE, 5)
    manifest["classes"] = ["</script>", "<i>"]
    manifest["sources"][0] |= {"file": "<u>.csv", "labels": {"</script>": 1, "<i>": 2}}
    write_json(manifest_file, manifest)
    page = page_of(tmp_path)
    names, words = read(page)
    assert names.count("script") == 1
    assert names.count("style") == 1
    assert "u" not in names
    assert '<script>alert("x")</script>' in words
    assert "🦆 日本" in words
    assert "w" * 200 not in words
    for figure in SHOWN:
        ET.parse(tmp_path / "results" / "figures" / f"{figure.name}.svg")


@pytest.mark.parametrize(
    ("axes", "level"),
    [
        ({"degree": [2]}, lambda v: 0.18),
        ({"degree": [1, 2]}, lambda v: 0.18),
        ({"degree": [1, 2]}, lambda v: None),
        ({"degree": [1, 2, 3]}, lambda v: 0.18 if v["degree"] == 2 else None),
        ({"alpha": [0.1, 0.2]}, lambda v: 0.25),
        (
            {"features": [["x1"], ["x1", "x2"]], "p": [None, "l2"]},
            lambda v: 0.1 * len(v["features"]),
        ),
    ],
    ids=["one", "tie", "all diverged", "one left", "worse than the benchmark", "lists"],
)
def test_every_kind_of_run_has_a_page(tmp_path, axes, level):
    write_run(tmp_path, axes, level, TERMS, SOURCES)
    names, words = read(page_of(tmp_path))
    assert names.count("section") == 8
    assert "nan" not in words.lower().split()


def test_all_diverged_is_said(tmp_path):
    write_run(tmp_path, {"degree": [1, 2]}, lambda v: None)
    assert "The best of 2 points has no score." in read(page_of(tmp_path))[1]


def test_three_classes(tmp_path):
    terms = [
        {"term": "x1", "column": 3, "coefficient": 1.0 - i, "collisions": 0, "class": name}
        for i, name in enumerate(["red", "green", "blue"])
    ]
    write_run(tmp_path, terms=terms, sources=SOURCES)
    page_of(tmp_path)
    figure = (tmp_path / "results" / "figures" / "coefficients.svg").read_text()
    assert all(name in figure for name in ("red", "green", "blue"))


def test_a_classifier_without_coefficients(tmp_path):
    write_run(tmp_path)
    file = tmp_path / "results" / "best" / "coefficients.csv"
    file.parent.mkdir()
    file.write_text("term,column,coefficient,collisions\n")
    assert "have no named terms" in " ".join(read(page_of(tmp_path))[1].split())


def test_the_head_names_label_classes_and_files(run):
    _, words = read(page_of(run))
    today = date.today()
    assert (
        "Label: y; classes: 0 and 1; files: a.csv and b.csv; ranked on "
        f"{today.day} {today:%B %Y}." in words
    )


def test_notes_from_reading_and_unused_columns_stand_above_the_table(tmp_path):
    write_run(tmp_path, {"features": [["x1"]], "degree": [1, 2]}, sources=SOURCES)
    file = tmp_path / "results" / "data" / "manifest.json"
    write_json(file, json.loads(file.read_text()) | {"notes": ["x1 holds whole numbers."]})
    page = page_of(tmp_path)
    data = page[page.index('id="data"') :]
    assert data.index("1 note from reading") < data.index("x1 holds whole numbers.")
    assert data.index("x1 holds whole numbers.") < data.index("<table")
    assert "No point uses c." in data
    assert "<details" not in data


def test_long_lists_are_told_by_what_sets_them_apart(tmp_path):
    names = [f"column_{i:02d}" for i in range(40)]
    lists = [names, names[:20] + names[21:], names[:2]]
    write_run(tmp_path, {"features": lists, "degree": [1, 2]}, lambda v: 0.001 * len(v["features"]))
    page = page_of(tmp_path)
    table = page[page.index('id="ranking-table"') :]
    shown = re.findall(r"<td[^>]*>(all[^<]*|column_[^<]*)</td>", table[: table.index("</table>")])
    assert set(shown) == {"all 40", "all but column_20", "column_00, column_01"}


def test_rejected_rows_are_shown_with_their_reasons(run):
    file = run / "results" / "data" / "a" / "rejects.csv"
    file.parent.mkdir(parents=True)
    file.write_text('file,line,reason,detail,row\na.csv,17,not a number,"x is ""é""","<b>,1"\n')
    _, words = read(page_of(run))
    assert "bad encoding: 3" in words
    assert 'x is "é"' in words


def test_a_thousand_points_stay_under_three_megabytes(tmp_path):
    axes = {
        "features": [["x1"], ["x1", "x2"]],
        "n_features": [2**18, 2**19, 2**20, 2**21, 2**22],
        "degree": [1, 2],
        "l1_ratio": [0.1, 0.3, 0.5, 0.7, 0.9],
        "alpha": [10.0**-k for k in range(10)],
    }
    write_run(tmp_path, axes, terms=TERMS, sources=SOURCES)
    page = page_of(tmp_path)
    for table in ("ranking-table", "costs-table"):
        start = page.index(f'id="{table}"')
        assert page.count("<tr", start, page.index("</table>", start)) == 1 + 1000
    assert len(page.encode()) < 3_000_000


def test_the_title_is_the_users_own(run):
    page = page_of(run, title="Clicks <2026>")
    assert "<title>Clicks &lt;2026&gt;</title>" in page


def test_the_benchmark_lies_within_every_panel(tmp_path):
    write_run(tmp_path, {"degree": [1, 2]}, lambda v: 0.05 + 0.001 * v["degree"])
    low, high = score_range(gather(tmp_path))
    assert low < -0.2 < -0.05 < high
