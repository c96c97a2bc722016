"""What the heads of all sources decide: names, kinds of columns, the format of numbers."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from caudal.data.schema import decide
from caudal.data.sources import sources
from caudal.errors import UserError

DATA = {"label": "y"}


def write(folder: Path, **files: str) -> dict[str, Path]:
    """Write CSV files and give them as sources."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return sources([f"{name}.csv" for name in files], folder)


def columns(files: dict[str, Path], **data) -> dict[str, str]:
    """The kinds that are decided."""
    return decide(files, {**DATA, **data})[0]["columns"]


# Sources and their names


def names(folder: Path, files: list[str], patterns: list[str]) -> list[str]:
    """The names of sources among these empty files."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return list(sources(patterns, folder))


def test_a_glob_is_in_natural_order_and_patterns_keep_theirs(tmp_path):
    files = ["day10.csv", "day2.csv", "day1.csv.gz", "a.parquet"]
    found = names(tmp_path, files, ["day*", "a.parquet", "day1*"])
    assert found == ["day1", "day2", "day10", "a"]


def test_names_are_fit_for_files_and_told_apart(tmp_path):
    files = ["2019/a.csv", "2020/a.csv", "manifest.csv", "ä b.csv", "x.1.csv"]
    found = names(tmp_path, files, ["**/*.csv"])
    assert len(set(found)) == len(files)
    assert "manifest" not in found
    assert all(set(name) <= set("abcdefmnistx0123456789_-") for name in found)


def test_a_further_file_renames_none(tmp_path):
    before = names(tmp_path, ["b/a.csv", "c/a.csv", "c/ü.csv"], ["**/*.csv"])
    after = names(tmp_path, ["d/a.csv", "d/ö.csv", "d/new.csv"], ["**/*.csv"])
    assert after[: len(before)] == before


def test_what_a_run_has_written_is_no_source(tmp_path):
    written = ["results/ranking.csv", "results/data/a/rejects.csv", "a.csv", "b/results/c.csv"]
    assert names(tmp_path, written, ["**/*.csv"]) == ["a", "c"]
    assert names(tmp_path, [], ["./results/*.csv"]) == ["ranking"]


def test_a_name_with_brackets_is_no_pattern(tmp_path):
    assert len(names(tmp_path, ["a[1].csv"], ["a[1].csv"])) == 1


@pytest.mark.parametrize(("pattern", "words"), [("no*.csv", "no file"), ("a.txt", "must end in")])
def test_a_pattern_without_sources_is_told(tmp_path, pattern, words):
    with pytest.raises(UserError, match=words) as told:
        names(tmp_path, ["a.txt"], [pattern])
    assert pattern in str(told.value)


# Kinds


def test_floats_are_numeric_and_the_rest_categorical(tmp_path):
    files = write(tmp_path, a="x,n,b,d,t,y,w\n1.5,1,True,2019-01-01,a,0,1\n,,,,,,\n")
    found = columns(files, weight="w")
    assert [found[name] for name in "xnbdtyw"] == [
        "numeric",
        *["categorical"] * 4,
        "label",
        "weight",
    ]


def test_settings_overrule(tmp_path):
    files = write(tmp_path, a="x,z,n,t,y\n1.5,1.5,1,a,0\n")
    assert columns(files, categorical=["x"])["x"] == "categorical"
    assert columns(files, categorical=["x"])["z"] == "numeric"
    found = columns(files, numeric=["n"])
    assert (found["n"], found["x"], found["t"]) == ("numeric", "categorical", "categorical")
    assert "t" not in columns(files, ignore=["t"])


def test_a_column_is_of_one_kind_in_all_sources_and_it_is_told(tmp_path):
    files = write(
        tmp_path, a="p,q,y\n1,1,0\n2,2,1\n", b="p,q,y\n1.5,one,0\n", c="p,q,y\n1.5,2.5,0\n"
    )
    schema, notes = decide(files, DATA)
    assert schema["columns"] == {"p": "numeric", "q": "categorical", "y": "label"}
    assert any("'p'" in note and "a.csv" in note for note in notes)
    assert any("'q'" in note and "b.csv" in note for note in notes)


def test_a_little_text_among_floats_is_bad_not_a_level(tmp_path):
    files = write(tmp_path, a="x,y\noops,0\n" + "1.5,1\n" * 50)
    schema, notes = decide(files, DATA)
    assert schema["columns"]["x"] == "numeric"
    assert any("'x'" in note for note in notes)


def test_whole_numbers_with_points_and_empty_columns_are_told(tmp_path):
    schema, notes = decide(write(tmp_path, a="n,e,y\n1.0,,0\n,,1\n"), DATA)
    assert schema["columns"] == {"e": "categorical", "n": "numeric", "y": "label"}
    assert len(notes) == 2


def test_the_schema_is_the_same_each_time_and_with_a_further_file(tmp_path):
    files = write(tmp_path, a="x,c,y\n1.5,a,0\n")
    first = decide(files, DATA)[0]
    assert json.dumps(decide(files, DATA)[0]) == json.dumps(first)
    more = write(tmp_path, a="x,c,y\n1.5,a,0\n", b="extra;y;c;x\n9;1;b;2.5\n", c="")
    schema, notes = decide(more, DATA)
    assert json.dumps(schema) == json.dumps(first)
    assert any("extra" in note for note in notes)
    assert any("c.csv is empty" in note for note in notes)


def test_a_missing_column_names_both_sources(tmp_path):
    files = write(tmp_path, a="x,c,y\n1.5,a,0\n", b="x,y\n1.5,1\n")
    with pytest.raises(UserError, match=r"b\.csv, line 1: the column 'c', which .*a\.csv has"):
        decide(files, DATA)
    assert "c" not in columns(files, ignore=["c"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"numeric": ["x1"]}, "'x1' is missing"),
        ({"categorical": ["X"]}, "'X' is written 'x'"),
        ({"weight": "w"}, "'w' is missing"),
        ({"ignore": ["q"]}, "data.ignore: no source has a column 'q'"),
        ({"ignore": ["x"], "numeric": ["x"]}, "data.ignore: .* also used"),
        ({"categorical": ["x"], "numeric": ["x"]}, "given two kinds"),
        ({"weight": "y"}, "given two kinds"),
        ({"derive": {"y": ["hour"]}}, "data.derive: .*'y' is also used"),
        ({"encoding": "latin-99"}, "data.encoding: there is no encoding 'latin-99'"),
    ],
)
def test_settings_that_cannot_be_are_told(tmp_path, data, words):
    with pytest.raises(UserError, match=words):
        decide(write(tmp_path, a="x,c,y\n1.5,a,0\n"), {**DATA, **data})


def test_derived_columns_stand_for_their_date(tmp_path):
    files = write(tmp_path, a="d,x,y\n2019-03-23 20:21:09,1.5,0\n")
    found = columns(files, derive={"d": ["hour", "month"]})
    assert found == {
        "d.hour": "categorical",
        "d.month": "categorical",
        "x": "numeric",
        "y": "label",
    }
    kept = columns(files, derive={"d": ["hour"]}, categorical=["d"])
    assert kept["d"] == "categorical"


def test_an_index_is_left_out_and_told(tmp_path):
    schema, notes = decide(write(tmp_path, a="Unnamed: 0,x,y\n0,1.5,0\n"), DATA)
    assert list(schema["columns"]) == ["x", "y"]
    assert "Unnamed: 0" in notes[0]
    assert "Unnamed: 0" in columns(
        write(tmp_path, a="Unnamed: 0,x,y\n0,1.5,0\n"), numeric=["Unnamed: 0"]
    )


# Numbers


def test_decimal_commas_are_found_where_no_point_speaks_against_them(tmp_path):
    schema, notes = decide(write(tmp_path, a="x;y\n1,5;0\n2;1\n"), DATA)
    assert (schema["columns"]["x"], schema["csv"]["decimal"]) == ("numeric", ",")
    assert "commas" in notes[0]
    schema, notes = decide(write(tmp_path, a="x;z;y\n1,5;1.5;0\n"), DATA)
    assert (schema["columns"]["x"], schema["csv"]["decimal"]) == ("categorical", ".")
    assert any("data.decimal" in note for note in notes)
    assert columns(write(tmp_path, a='x,y\n"1,5",0\n'))["x"] == "categorical"
    assert columns(write(tmp_path, a='x,y\n"1,5",0\n'), decimal=",")["x"] == "numeric"


def test_thousands_are_numbers_if_set(tmp_path):
    files = write(tmp_path, a='x,y\n"1,234.5",0\n12,1\n')
    assert columns(files)["x"] == "categorical"
    assert columns(files, thousands=",")["x"] == "numeric"


def test_parquet_counts_like_csv(tmp_path):
    table = pa.table({"x": [1.5], "n": [1], "t": ["a"], "b": [True], "y": ["0"]})
    pq.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("x,n,t,b,y\n1.5,2.5,a,True,0\n")
    found = columns(sources(["a.parquet"], tmp_path))
    assert list(found.values()) == ["categorical", "categorical", "categorical", "numeric", "label"]
    assert columns(sources(["a.parquet", "b.csv"], tmp_path))["n"] == "numeric"


def test_without_a_label_none_is_looked_for(tmp_path):
    schema, _ = decide(write(tmp_path, a="x;c\n1.5;a\n"), {})
    assert schema["columns"] == {"c": "categorical", "x": "numeric"}


def test_what_would_count_twice_or_leads_nowhere_is_told(tmp_path):
    write(tmp_path, a="x,y\n1.5,0\n")
    for name, target, words in (
        ("b.csv", tmp_path / "a.csv", "a.csv and .*b.csv are links to one file"),
        ("c.csv", tmp_path / "none.csv", "c.csv is a link to nothing"),
        ("a.csv.gz", None, "a.csv and .*a.csv.gz are one file in two forms"),
    ):
        other = tmp_path / name
        other.symlink_to(target) if target else other.write_bytes(b"")
        with pytest.raises(UserError, match=words):
            sources(["*.csv*"], tmp_path)
        other.unlink()
    assert list(sources(["*.csv*"], tmp_path)) == ["a"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["1.234,5", "12,5", "3.456,5"], "signs between their thousands (set data.thousands"),
        (["12.5%", "0.4 %", "3%"], "percent signs"),
        (["$12.50", "$1", "$3.25"], "currency signs"),
    ],
)
def test_what_looks_like_numbers_is_told(tmp_path, values, words):
    text = "x;c;y\n" + "".join(f"{value};a;0\n" for value in values)
    schema, notes = decide(write(tmp_path, a=text), DATA)
    assert schema["columns"]["x"] == "categorical"
    assert [note for note in notes if words in note and "'x'" in note]


def test_labels_that_are_dropped_or_differ_in_case_are_told(tmp_path):
    text = "x,y\n" + "1.5,None\n1.5,yes\n1.5,Yes\n" * 3
    _, notes = decide(write(tmp_path, a=text), DATA)
    assert [note for note in notes if note.startswith("33 % of the first labels are 'None'")]
    assert [note for note in notes if "'Yes', 'yes'" in note]
    _, notes = decide(write(tmp_path, a=text), {**DATA, "classes": ["None", "yes", "Yes"]})
    assert not [note for note in notes if "None" in note]


def test_many_columns_have_one_note_and_kinds_of_few_rows_are_told(tmp_path):
    names = [f"c{i}" for i in range(200)]
    rows = [",".join("1.0" if i % 2 else "7" for i in range(200)) + ",0"] * 3
    _, notes = decide(write(tmp_path, a="\n".join([",".join([*names, "y"]), *rows, ""])), DATA)
    assert len(notes) == 2
    assert notes[0].startswith("Each of the 100 columns 'c1', 'c3', 'c5', 'c7', 'c9', ... holds")
    assert notes[1].startswith("The kinds of the 201 columns are a guess from 3 rows")
