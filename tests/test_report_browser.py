"""The page in a real browser, without network: it opens, hovers, sorts and searches."""

import base64
import functools
import html
import json
import os
import re
import shutil
import subprocess

import pytest
from caudal.report.page import write_report
from finished_run import term, write_run

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(not BROWSER, reason="chromium is not installed")

WATCH = """
window.wrong = [];
addEventListener("error", event => wrong.push("error: " + event.message));
addEventListener("securitypolicyviolation", event => wrong.push("refused: " + event.blockedURI));
for (const name of ["error", "warn"]) console[name] = (...words) => wrong.push(words.join(" "));
window.found = {};
function shown(table) { return [...document.querySelectorAll(`#${table} tbody tr:not(.off)`)]; }
function column(table, name) {
  const heads = [...document.querySelectorAll(`#${table} th`)];
  const i = heads.findIndex(head => head.textContent.trim() === name);
  return { head: heads[i], cells: () => shown(table).map(row => row.cells[i].textContent.trim()) };
}
function type(table, words) {
  const field = document.querySelector(`.tools[data-for=${table}] input`);
  field.value = words;
  field.dispatchEvent(new Event("input"));
}
function hover(node) {
  const figure = node.closest("svg"), box = node.getBoundingClientRect();
  figure.dispatchEvent(new MouseEvent("mousemove",
    { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true }));
  const tip = document.getElementById("tip");
  return tip.hidden ? null : tip.textContent;
}
"""

TELL = """
found.requests = performance.getEntriesByType("resource").map(entry => entry.name);
found.wrong = wrong;
const told = document.createElement("pre");
told.id = "told";
told.textContent = JSON.stringify(found);
document.body.append(told);
"""


def browse(page, folder, *flags):
    """What the browser prints and says of a page, with the network off."""
    profile = folder / "profile"
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-background-networking", "--enable-logging=stderr",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}",
        "--window-size=1280,1000", *flags, page.as_uri(),
    ]  # fmt: skip
    if may_unshare():
        command = ["unshare", "-n", *command]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "HOME": str(folder)},
    )


@functools.cache
def may_unshare():
    """Whether a process without any network can be started here."""
    if not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0


@pytest.fixture
def page(tmp_path):
    axes = {"degree": [1, 2], "alpha": [10.0**-k for k in range(1, 7)], "<b>n": [1, 2, 3, 4]}
    terms = [term("x1", 0.7, truth=0.8), term("c=red", -0.4, 1, truth=-0.3), term("x2", 0.1)]
    for row in terms:
        row.setdefault("truth", "")
    sources = [("a", 60_000, {"bad encoding": 3}), ("b", 40_000, {})]
    write_run(tmp_path, axes, terms=terms, sources=sources)
    out = tmp_path / "report.html"
    write_report(tmp_path, out)
    return out


def act(page, script):
    """Run ``script`` in the page, after the page's own; returns what it put into ``found``."""
    text = page.read_text(encoding="utf-8")
    text = text.replace("<head>", f"<head><script>{WATCH}</script>", 1)
    text = text.replace("</body>", f"<script>{script};{TELL}</script></body>", 1)
    probe = page.with_name("probe.html")
    probe.write_text(text, encoding="utf-8")
    done = browse(probe, page.parent, "--dump-dom")
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.S)
    assert told, done.stderr[-2000:]
    return json.loads(html.unescape(told[1]))


def test_it_opens_without_network_and_without_an_error(page):
    script = """
        found.title = document.title;
        found.sections = document.querySelectorAll("section").length;
        """
    found = act(page, script)
    assert found == {"title": "Caudal", "sections": 8, "requests": [], "wrong": []}
    done = browse(page, page.parent, "--dump-dom")
    assert ":CONSOLE" not in done.stderr


def test_a_request_would_have_been_seen(page):
    script = "const i = new Image(); i.src = 'https://example.org/x.png'; document.body.append(i)"
    page.write_text(page.read_text().replace("</body>", f"<script>{script}</script></body>"))
    done = browse(page, page.parent, "--dump-dom")
    assert ":CONSOLE" in done.stderr


def test_the_ranking_sorts_by_any_column_and_back(page):
    found = act(
        page,
        """
        const alpha = column("ranking-table", "alpha");
        document.querySelector(".tools[data-for=ranking-table] button").click();
        alpha.head.click(); found.up = alpha.cells();
        alpha.head.click(); found.down = alpha.cells();
        const rank = column("ranking-table", "rank");
        rank.head.click(); found.rank = rank.cells();
        """,
    )
    assert found["wrong"] == []
    assert len(found["up"]) == 48
    assert [float(v) for v in found["up"]] == sorted(map(float, found["up"]))
    assert [float(v) for v in found["down"]] == sorted(map(float, found["up"]), reverse=True)
    assert found["rank"] == [str(i) for i in range(1, 49)]


def test_the_ranking_shows_its_head_and_finds_words(page):
    found = act(
        page,
        """
        found.first = shown("ranking-table").length;
        type("ranking-table", "alpha=0.001 degree=2");
        found.alpha = column("ranking-table", "alpha").cells();
        found.strange = column("ranking-table", "<b>n").cells();
        found.count = document.querySelector(".tools[data-for=ranking-table] .count").textContent;
        type("ranking-table", "nowhere"); found.none = shown("ranking-table").length;
        type("ranking-table", ""); found.again = shown("ranking-table").length;
        """,
    )
    assert found["first"] == found["again"] == 20
    assert found["alpha"] == ["0.001"] * 4
    assert sorted(found["strange"]) == ["1", "2", "3", "4"]
    assert found["count"] == "4 of 48 shown"
    assert found["none"] == 0


def test_figures_tell_what_is_under_the_pointer(page):
    found = act(
        page,
        """
        const dots = document.querySelectorAll("#figure-parameters circle.best[data-rank]");
        found.point = hover(dots[0]);
        found.lit = document.querySelectorAll("[data-rank='1'].hot").length;
        found.bar = hover(document.querySelector("#figure-coefficients rect"));
        const box = document.querySelector("#figure-costs svg").getBoundingClientRect();
        document.querySelector("#figure-costs svg").dispatchEvent(new MouseEvent("mouseleave"));
        found.left = document.getElementById("tip").hidden;
        """,
    )
    assert found["point"].startswith("#1: ")
    assert "alpha 0.001" in found["point"]
    assert found["lit"] > 2
    assert found["bar"].startswith("x1: 0.7, truth 0.8")
    assert found["left"] is True


def test_it_is_painted(page):
    shot = page.with_name("shot.png")
    browse(page, page.parent, f"--screenshot={shot}")
    content = shot.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 50_000, base64.b64encode(content[:80])
