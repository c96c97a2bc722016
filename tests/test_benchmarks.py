"""The speed benchmark: that it runs, and says what it is to say. Nothing here is timed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "benchmarks" / "run.py"


@pytest.fixture(scope="module")
def benchmarks():
    """The module run.py."""
    spec = importlib.util.spec_from_file_location("benchmarks_run", RUN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_quick_run(tmp_path):
    done = subprocess.run(
        [sys.executable, str(RUN), "--quick", "--cache", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tables = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in done.stdout.splitlines()
        if line.startswith("|") and not line.startswith("|-")
    ]
    headings, *rows = [row for row in tables if len(row) == len(tables[0])]
    assert [row[:3] for row in rows] == [
        [case, "24,000", program]
        for case in ("numeric", "categorical")
        for program in ("Caudal", "Caudal, invscaling rate")
    ]
    for row in rows:
        told = dict(zip(headings, row, strict=True))
        assert float(told["M rows/s"]) > 0
        assert -0.25 < float(told["score"]) < -0.05
    columns = [row for row in tables if "2^18" in row]
    assert [row[0] for row in columns] == ["numeric", "categorical"]
    assert columns[0][2] == "9"


def test_the_tables_stand_between_the_marks(benchmarks, tmp_path):
    readme = tmp_path / "README.md"
    assert not benchmarks.put_between(readme, "new\n")
    readme.write_text("a\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nb\n")
    for text in ("new\n", "newer\n"):
        assert benchmarks.put_between(readme, text)
        expected = f"a\n<!-- benchmark -->\n{text}<!-- /benchmark -->\nb\n"
        assert readme.read_text() == expected
