"""One spelling of a level, whatever source and type it came from."""

import datetime as dt
import decimal
import io
import uuid

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from caudal.data.dates import parse_dates
from caudal.data.ingest import to_parquet
from caudal.data.schema import decide
from caudal.data.spelling import spell, spell_levels
from caudal.features.tables import to_table
from hypothesis import given, settings
from hypothesis import strategies as st

SPELLED = {
    "True": ("true", "TRUE", "True", " true "),
    "False": ("false", "FALSE", "\tFalse"),
    "3": ("3", "3.0", "3.", "3.000", "3.0e0", "3.000000000000000000e+00", " 3 ", "+3.0"),
    "0": ("0", "0.0", "-0.0", "0.000000000000000000e+00"),
    "-2": ("-2", "-2.0"),
    "100000000000000000": ("100000000000000000", "1e+17", "1.0e17"),
    "1e-07": ("1e-07", "1.0e-7", "1.00e-07"),
    "1.10": ("1.10",),
    "1.1": ("1.1",),
    "007": ("007",),
    "007.0": ("007.0",),
    "+1": ("+1",),
    "1e3": ("1e3",),  # a code, or a hash cut short
    "2.0.1": ("2.0.1",),
    "2019-03-23": (
        "2019-03-23",
        "2019-03-23 00:00:00",
        "2019-03-23T00:00:00.000",
        "2019-03-23 00:00",
    ),
    "2019-03-23 20:21:09": ("2019-03-23 20:21:09", "2019-03-23T20:21:09.000000000"),
    "2019-03-23 20:21:09.5": ("2019-03-23 20:21:09.500000",),
    "2019-03-23 20:21:09+01:00": ("2019-03-23T20:21:09+01", "2019-03-23 20:21:09+0100"),
    "2019-03-23 00:00:00+00:00": ("2019-03-23 00:00:00Z", "2019-03-23 00:00:00 UTC"),
    "12:30:00": ("12:30:00", "12:30:00.000000"),
    "": ("", "   ", "\t", "\u00a0", "            "),
    "red": ("red", "red   ", "\u00a0red"),
    "日本": ("日本", "日本\u3000"),
    "a-b": ("a-b",),
}


def test_every_way_to_write_a_level_is_one():
    for level, ways in SPELLED.items():
        assert [spell(way) for way in ways] == [level] * len(ways)


def test_levels_are_spelled_at_once_as_one_by_one():
    texts = [way for ways in SPELLED.values() for way in ways]
    for start in range(3):
        column = pa.array([None, *texts])[start:]
        wanted = [text if text is None else spell(text) for text in column.to_pylist()]
        assert spell_levels(column).to_pylist() == wanted


TEXT = st.text(alphabet="truefalsTRUEFALS0123456789.+-:eET \tZ\u00a0é", max_size=24)


@settings(max_examples=500, deadline=None)
@given(texts=st.lists(TEXT, min_size=1, max_size=5))
def test_a_level_is_spelled_once_and_quickly_as_slowly(texts):
    once = [spell(text) for text in texts]
    assert [spell(text) for text in once] == once
    assert spell_levels(pa.array(texts)).to_pylist() == once


# The same values as CSV, as Parquet and as a DataFrame.

WORDS = st.sampled_from(["red", "blue", "TRUE", "true", "007", "1.10", "x ", "日本", "2019-03-23"])
STAMPS = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1)).map(
    lambda stamp: stamp.replace(microsecond=0)
)
TYPES = {
    "truths": (pa.bool_(), st.booleans()),
    "whole numbers": (pa.int64(), st.integers(-(2**53), 2**53)),
    "large whole numbers": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "large unsigned numbers": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "whole numbers in doubles": (pa.float64(), st.integers(-(2**53), 2**53).map(float)),
    "doubles": (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "decimals": (pa.decimal128(9, 2), st.decimals(-99, 99, places=2)),
    "whole decimals": (pa.decimal128(20, 0), st.decimals(0, 10**19, places=0)),
    "dates": (pa.date32(), st.dates(dt.date(1900, 1, 1), dt.date(2300, 1, 1))),
    "time stamps": (pa.timestamp("us"), STAMPS),
    "times with a zone": (pa.timestamp("us", "UTC"), STAMPS),
    "times of day": (pa.time64("us"), st.times().map(lambda time: time.replace(microsecond=0))),
    "texts": (pa.string(), WORDS),
    "views": (pa.string_view(), WORDS),
    "large texts": (pa.large_string(), WORDS),
    "dictionaries": (pa.dictionary(pa.int8(), pa.string()), WORDS),
}


def ingested(folder, name, **data):
    """The levels of column ``c`` as they stand in the parts."""
    settings = {"label": "y", "categorical": ["c"], "delimiter": ",", **data}
    schema, _ = decide({"a": folder / name}, settings)
    found = to_parquet(folder / name, folder / f"{name}.out", schema, settings, 100)
    parts = [pq.read_table(folder / f"{name}.out" / part["file"]) for part in found["parts"]]
    return pa.concat_tables(parts)["c"].to_pylist()


@pytest.mark.parametrize("kind", TYPES)
def test_csv_parquet_and_frames_give_the_same_levels(kind, tmp_path_factory):
    arrow, values = TYPES[kind]
    # pandas makes doubles of whole numbers if some are missing, and cuts the large ones short.
    present = values if kind.startswith("large") and "texts" not in kind else st.none() | values

    @settings(max_examples=20, deadline=None)
    @given(column=st.lists(present, min_size=1, max_size=6))
    def check(column):
        folder = tmp_path_factory.mktemp("types")
        array = pa.array(column, pa.string() if pa.types.is_dictionary(arrow) else arrow)
        table = pa.table({"c": array.cast(arrow), "y": ["0"] * len(column)})
        pq.write_table(table, folder / "a.parquet")
        readable = table.set_column(0, "c", array.cast(pa.string())) if "view" in kind else table
        pa_csv.write_csv(readable, folder / "arrow.csv")
        frame = table.to_pandas()
        frame.to_csv(folder / "pandas.csv", index=False)
        by_hand = [level or None for level in to_table(frame, ["c"], [])["c"].to_pylist()]
        assert ingested(folder, "a.parquet") == by_hand
        assert ingested(folder, "arrow.csv") == by_hand
        assert ingested(folder, "pandas.csv") == by_hand
        records = [{"c": value} for value in frame["c"].tolist()]
        listed = to_table(records, ["c"], [])["c"].to_pylist()
        assert [level or None for level in listed] == by_hand

    check()


@pytest.mark.parametrize(
    "text",
    [
        "c,y\nTRUE,1\nFALSE,0\n",  # as R and Excel write
        "c,y\n8001,1\n8002,0\n",
        "c,y\n8001.0,1\n,0\n",  # as pandas does if some are missing
        "c,y\n 7,1\n 8,0\n",
        "c,y\nred,1\nblue,0\n",
    ],
)
def test_what_pandas_reads_of_a_csv_has_the_levels_of_the_csv(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    by_hand = to_table(pd.read_csv(io.StringIO(text)), ["c"], [])["c"].to_pylist()
    assert ingested(tmp_path, "a.csv") == by_hand


def test_narrow_floats_have_their_own_shortest_text():
    table = pa.table({"c": pa.array([0.1, 3.0, None, float("nan")], pa.float32())})
    assert to_table(table, ["c"], [])["c"].to_pylist() == ["0.1", "3", None, None]


def test_objects_of_a_frame_are_spelled_as_their_types():
    values = [True, 3.0, decimal.Decimal("3.00"), dt.date(2019, 3, 23), pd.NA, pd.NaT, None]
    identifier = uuid.UUID(int=1)
    frame = pd.DataFrame({"c": pd.Series([*values, identifier, "x "], dtype=object)})
    found = to_table(frame, ["c"], [])["c"].to_pylist()
    assert found == ["True", "3", "3", "2019-03-23", None, None, None, str(identifier), "x"]


DATES = {
    (None, "2019-03-23 20:21:09.5+01:00"): "2019-03-23 20:21:09",
    (None, " 2019-03-23\t"): "2019-03-23 00:00:00",
    (None, "2019-02-29"): None,
    (None, "2019-03-23 24:00"): None,
    (None, "2019-03-23 23:59:60"): None,
    ("%d.%m.%Y", "30.02.2019"): None,
    ("%d.%m.%Y", "31.04.2019"): None,
    ("%d.%m.%Y", "29.02.2020"): "2020-02-29 00:00:00",
    ("%d.%m.%y", "1.2.99"): "1999-02-01 00:00:00",
    ("%d/%m/%Y %H:%M:%S.%f", "04/12/2019 03:38:00.123456"): "2019-12-04 03:38:00",
    ("%Y-%m-%d %H:%M:%S%z", "2019-03-23 23:30:00-0500"): "2019-03-23 23:30:00",
    ("%b %d, %Y %I:%M %p", "Mar 3, 2019 12:05 AM"): "2019-03-03 00:05:00",
    ("%B %d, %Y %I:%M %p", "march 3, 2019 12:05 p.m."): "2019-03-03 12:05:00",
    ("%d.%m.%Y %H:%M", "23.03.2019 25:00"): None,
    ("%s", "1575430680"): "2019-12-04 03:38:00",
    ("%s", "soon"): None,
}


@pytest.mark.parametrize(("written", "meant"), DATES.items(), ids=str)
def test_dates(written, meant):
    date_format, text = written
    (found,) = parse_dates(pa.array([text]), date_format).to_pylist()
    assert (str(found) if found else None) == meant


@settings(max_examples=200, deadline=None)
@given(date=st.dates(), date_format=st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%Y-%m-%d"]))
def test_every_day_is_read_as_python_reads_it(date, date_format):
    text = f"{date:%Y}".zfill(4).join(f"{date:{date_format}}".split(f"{date:%Y}"))
    (found,) = parse_dates(pa.array([text]), date_format).to_pylist()
    assert found.date() == date
