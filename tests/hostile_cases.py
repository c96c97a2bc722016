"""A table of hostile files, each with what must come of it."""

import bz2
import gzip
from dataclasses import dataclass, field

import pyarrow as pa

QUARANTINE = {"bad_rows": "quarantine", "max_bad_share": 1.0}


@dataclass
class Case:
    """One hostile file: its content, settings, and what must come of it."""

    name: str
    content: bytes
    data: dict = field(default_factory=dict)
    rows: int = 0
    rejected: dict = field(default_factory=dict)  # line: reason
    dropped: int = 0
    error: str | None = None  # words of the sentence
    values: dict = field(default_factory=dict)  # column: its values
    file: str = "data.csv"


BASE = b"x,c,y\n1.5,a,0\n2.5,b,1\n"
PLAIN = {"x": [1.5, 2.5], "c": ["a", "b"], "y": ["0", "1"]}


def bz2_zst(content: bytes) -> bytes:
    """The content as Zstandard."""
    return pa.compress(content, codec="zstd", asbytes=True)


CASES = [
    # What is well
    Case("plain", BASE, rows=2, values=PLAIN),
    Case("byte order mark", b"\xef\xbb\xbf" + BASE, rows=2, values=PLAIN),
    Case("byte order mark, set Latin-1", b"\xef\xbb\xbf" + BASE, {"encoding": "latin-1"}, 2),
    Case("carriage returns", BASE.replace(b"\n", b"\r\n"), rows=2, values=PLAIN),
    Case("old Mac", BASE.replace(b"\n", b"\r"), rows=2, values=PLAIN),
    Case("mixed line ends", b"x,c,y\r\n1.5,a,0\n2.5,b,1\r", rows=2, values=PLAIN),
    Case("no last newline", BASE[:-1], rows=2, values=PLAIN),
    Case("trailing blank lines", BASE + b"\n\r\n\n", rows=2, values=PLAIN),
    Case("blank lines within", BASE.replace(b"\n", b"\n\n"), rows=2, values=PLAIN),
    Case("leading blank lines", b"\n\n" + BASE, rows=2, values=PLAIN),
    Case("quoted newline", b'x,c,y\n1.5,"a\nb",0\n2.5,b,1\n', rows=2, values={"c": ["a\nb", "b"]}),
    Case("quoted delimiter", b'x,c,y\n1.5,"a,b",0\n', rows=1, values={"c": ["a,b"]}),
    Case("doubled quotes", b'x,c,y\n1.5,"a""b",0\n', rows=1, values={"c": ['a"b']}),
    Case("inches", b'x,c,y\n1.5,5" pipe,0\n', rows=1, values={"c": ['5" pipe']}),
    Case("quoted header", b'"x","c","y"\n"1.5","a","0"\n', rows=1, values={"x": [1.5]}),
    Case("newline in the header", b'x,"c\nd",y\n1.5,a,0\n', rows=1, values={"c\nd": ["a"]}),
    Case("single quotes", b"x,c,y\n1.5,'a,b',0\n", {"quote": "'"}, 1, values={"c": ["a,b"]}),
    Case("no quotes", b'x,c,y\n1.5,"a,0\n', {"quote": ""}, 1, values={"c": ['"a']}),
    Case("semicolons", BASE.replace(b",", b";"), rows=2, values=PLAIN),
    Case("tabs", BASE.replace(b",", b"\t"), rows=2, values=PLAIN),
    Case("bars", BASE.replace(b",", b"|"), rows=2, values=PLAIN),
    Case("a rare delimiter", BASE.replace(b",", b"^"), {"delimiter": "^"}, 2, values=PLAIN),
    Case(
        "commas in semicolons", b"x;c;y\n1,5;a,b;0\n2,25;c;1\n", rows=2, values={"x": [1.5, 2.25]}
    ),
    Case(
        "semicolons, decimal commas, Latin-1",
        "größe;stadt;y\n1,5;Köln;ja\n2,25;Jena;nein\n".encode("latin-1"),
        {"encoding": "latin-1"},
        2,
        values={"größe": [1.5, 2.25], "stadt": ["Köln", "Jena"]},
    ),
    Case("UTF-16", BASE.decode().encode("utf-16"), rows=2, values=PLAIN),
    Case("UTF-16, no mark", BASE.decode().encode("utf-16-le"), {"encoding": "utf-16-le"}, 2),
    Case("gzip", gzip.compress(BASE), rows=2, values=PLAIN, file="d.csv.gz"),
    Case("two gzips", gzip.compress(BASE[:14]) + gzip.compress(BASE[14:]), rows=2, file="d.csv.gz"),
    Case("bzip2", bz2.compress(BASE), rows=2, values=PLAIN, file="d.csv.bz2"),
    Case("zstandard", bz2_zst(BASE), rows=2, values=PLAIN, file="d.csv.zst"),
    Case("header only", b"x,c,y\n", {"numeric": ["x"]}),
    Case("header only, no newline", b"x,c,y", {"numeric": ["x"]}),
    Case("pandas index", b",x,c,y\n0,1.5,a,0\n1,2.5,b,1\n", rows=2, values=PLAIN),
    Case("pandas index, named", b"Unnamed: 0,x,c,y\n0,1.5,a,0\n", rows=1),
    Case(
        "thousands",
        b'x,c,y\n"1,234.5",a,0\n12,b,1\n',
        {"thousands": ","},
        2,
        values={"x": [1234.5, 12.0]},
    ),
    Case("spaces about numbers", b"x,c,y\n 1.5 ,a,0\n", rows=1, values={"x": [1.5]}),
    Case("zero bytes in text", b"x,c,y\n1.5,a\0b,0\n", rows=1, values={"c": ["a\0b"]}),
    Case("leading zeros", b"x,c,y\n1.5,007,0\n", rows=1, values={"c": ["007"]}),
    Case(
        "booleans",
        b"x,c,y\n1.5,True,False\n2.5,false,True\n",
        rows=2,
        values={"c": ["True", "false"]},
    ),
    Case("a long field", b"x,c,y\n1.5," + b"a" * 200_000 + b",0\n", rows=1),
    Case(
        "a field longer than the reader's blocks",
        b"x,c,y\n" + b"1.5,b,0\n" * 99 + b"1.5," + b"a" * 3_000_000 + b",0\n",
        rows=100,
    ),
    Case(
        "a long field with newlines",
        b"x,c,y\n" + b"1.5,b,0\n" * 99 + b'1.5,"' + b"a\n" * 300_000 + b'",0\n7\n',
        QUARANTINE,
        100,
        {300_102: "wrong number of fields"},
    ),
    # Missing and not finite
    Case(
        "missing values",
        b"x,c,y\n,,0\n1.5,a,1\n",
        rows=2,
        values={"x": [None, 1.5], "c": [None, "a"]},
    ),
    Case(
        "missing numbers in words",
        b"x,c,y\nNA,NA,0\nnan,b,1\n1.5,c,1\n",
        rows=3,
        values={"x": [None, None, 1.5], "c": ["NA", "b", "c"]},
    ),
    Case("blanks for a number", b"x,c,y\n   ,a,0\n1.5,a,1\n", rows=2, values={"x": [None, 1.5]}),
    Case(
        "infinities",
        b"x,c,y\ninf,a,0\n-Infinity,a,1\n1e999,a,1\n1.5,a,0\n",
        rows=4,
        values={"x": [None, None, None, 1.5]},
    ),
    Case("missing labels", b"x,c,y\n1.5,a,\n2.5,b,1\n3.5,b,NA\n", rows=1, dropped=2),
    Case(
        "missing labels, error",
        b"x,c,y\n1.5,a,\n",
        {"missing": {"label": "error"}},
        error="line 2: missing label",
    ),
    Case(
        "missing number, drop",
        b"x,c,y\n,a,0\n1.5,b,1\n",
        {"missing": {"numeric": "drop"}},
        1,
        dropped=1,
    ),
    Case(
        "missing number, error",
        b"x,c,y\n1.5,b,1\n\n,a,0\n",
        {"missing": {"numeric": "error"}},
        error="line 4: missing value in column 'x'",
    ),
    Case(
        "missing category, drop",
        b"x,c,y\n1.5,,0\n2.5,b,1\n",
        {"missing": {"categorical": "drop"}},
        1,
        dropped=1,
    ),
    Case(
        "missing category, error",
        b"x,c,y\n1.5,,0\n",
        {"missing": {"categorical": "error"}},
        error="line 2: missing value in column 'c'",
    ),
    Case(
        "own word for missing",
        b"x,c,y\n?,?,0\n1.5,b,?\n",
        {"missing": {"texts": ["?"]}},
        1,
        dropped=1,
        values={"x": [None], "c": [None]},
    ),
    Case(
        "whole numbers, one missing",
        b"x,c,y\n1.0,a,1.0\n,b,0.0\n",
        rows=2,
        values={"x": [1.0, None], "y": ["1", "0"]},
    ),
    # Bad rows
    Case("too few fields", BASE + b"3.5,c\n", QUARANTINE, 2, {4: "wrong number of fields"}),
    Case("too many fields", BASE + b"3.5,c,1,9\n", QUARANTINE, 2, {4: "wrong number of fields"}),
    Case("a line of blanks", BASE + b"   \n", QUARANTINE, 2, {4: "wrong number of fields"}),
    Case(
        "too few fields, error", BASE + b"3.5,c\n", error="line 4: 2 fields where the header has 3"
    ),
    Case(
        "after a quoted newline",
        b'x,c,y\n1.5,"a\n\nb",0\n9\n',
        QUARANTINE,
        1,
        {5: "wrong number of fields"},
    ),
    Case(
        "after carriage returns",
        b"x,c,y\r1.5,a,0\r\r9\r",
        QUARANTINE,
        1,
        {4: "wrong number of fields"},
    ),
    Case(
        "no number", b"x,c,y\noops,a,0\n" + b"1.5,a,1\n" * 30, QUARANTINE, 30, {2: "not a number"}
    ),
    Case(
        "no number, error",
        BASE + b"oops,a,0\n",
        {"numeric": ["x"]},
        error="line 4: column 'x': 'oops' is not a number",
    ),
    Case(
        "hexadecimal",
        BASE + b"0x10,a,0\n",
        {"numeric": ["x"], **QUARANTINE},
        2,
        {4: "not a number"},
    ),
    Case(
        "thousands, no number",
        b"x,c,y\n1.234,a,0\n1.2.3,a,1\n",
        {"thousands": ".", "decimal": ",", "numeric": ["x"], **QUARANTINE},
        1,
        {3: "not a number"},
    ),
    Case("Latin-1 unannounced", BASE + b"1.5,K\xf6ln,0\n", QUARANTINE, 2, {4: "bad encoding"}),
    Case(
        "Latin-1 unannounced, error",
        BASE + b"1.5,K\xf6ln,0\n",
        error="line 4: this is not utf-8.*data.encoding",
    ),
    Case(
        "undefined in cp1252",
        BASE + b"1.5,K\x81ln,0\n",
        {"encoding": "cp1252", **QUARANTINE},
        2,
        {4: "bad encoding"},
    ),
    Case("half a character", BASE + b"1.5,\xe2\x82,0\n", QUARANTINE, 2, {4: "bad encoding"}),
    Case(
        "bad bytes in an ignored column", BASE + b"1.5,\xff,0\n", {"ignore": ["c"], **QUARANTINE}, 3
    ),
    Case(
        "UTF-16 cut short",
        BASE.decode().encode("utf-16") + b"1",
        QUARANTINE,
        2,
        {4: "wrong number of fields"},
    ),
    Case("a quote never closed", BASE + b'1.5,"a,0\n2.5,b,1\n', QUARANTINE, 3, {4: "bad quotes"}),
    Case("a quote never closed, last line", BASE + b'1.5,"a,0', QUARANTINE, 2, {4: "bad quotes"}),
    Case(
        "a quote closed in the next row",
        b'x,c,y\n1.5,"a,0\n2.5,"b",1\n',
        QUARANTINE,
        1,
        {2: "bad quotes"},
    ),
    Case("text after a quote", b'x,c,y\n1.5,"a"b,0\n2.5,b,1\n', QUARANTINE, 1, {2: "bad quotes"}),
    Case(
        "label outside",
        BASE + b"1.5,a,2\n",
        {"classes": [0, 1], **QUARANTINE},
        2,
        {4: "label outside the classes"},
    ),
    Case("label as YAML reads it", b"x,c,y\n1.5,a,yes\n2.5,b,no\n", {"classes": [True, False]}, 2),
    Case(
        "weights",
        b"x,w,y\n1.5,1,0\n1.5,-1,0\n1.5,,0\n1.5,inf,1\n1.5,0,1\n",
        {"weight": "w", **QUARANTINE},
        2,
        {3: "bad weight", 4: "bad weight", 5: "bad weight"},
        values={"w": [1.0, 0.0]},
    ),
    Case(
        "no date",
        b"x,d,y\n1.5,2019-03-23 20:21:09,0\n1.5,soon,1\n1.5,,1\n",
        {"derive": {"d": ["hour", "weekday", "month"]}, **QUARANTINE},
        2,
        {3: "not a date"},
        values={"d.hour": ["20", None], "d.weekday": ["Sat", None], "d.month": ["Mar", None]},
    ),
    Case(
        "German dates",
        b"x,d,y\n1.5,23.03.2019 20:21,0\n",
        {"derive": {"d": ["hour"]}, "date_format": "%d.%m.%Y %H:%M"},
        1,
        values={"d.hour": ["20"]},
    ),
    Case(
        "too many bad",
        BASE + b"1\n",
        {"bad_rows": "quarantine", "max_bad_share": 0.3},
        error="1 of the first 3 rows are bad.*line 4: 1 field",
    ),
    Case(
        "bad and missing at once",
        BASE + b"oops,,\n",
        {"numeric": ["x"], **QUARANTINE},
        2,
        {4: "not a number"},
    ),
    # What stops the run
    Case("empty", b"", error="all sources are empty"),
    Case("blank", b"\n\r\n\n", error="all sources are empty"),
    Case(
        "renamed by case", b"x,c,Y\n1.5,a,0\n", error="line 1: the column 'y' is written 'Y' here"
    ),
    Case("no label", b"x,c\n1.5,a\n", error="line 1: the column 'y' is missing"),
    Case("no header", b"1.5,a,0\n", error="line 1: the column 'y' is missing"),
    Case("a name twice", b"x,x,y\n1.5,1.5,0\n", error="line 1: the column 'x' stands twice"),
    Case("a name twice, ignored", b"x,c,c,y\n1.5,a,a,0\n", {"ignore": ["c"]}, 1),
    Case("UTF-16 unannounced", BASE.decode().encode("utf-16-le"), error="line 1: .*zero bytes"),
    Case("Latin-1 header", b"gr\xf6\xdfe,y\n1,0\n", error="line 1: the header is not utf-8"),
    Case(
        "a trailing delimiter",
        b"x,c,y\n1.5,a,0,\n",
        error="line 2: 4 fields where the header has 3",
    ),
    Case("gzip cut short", gzip.compress(BASE * 99)[:-10], error="cannot be read", file="d.csv.gz"),
    Case("no gzip at all", BASE, error="cannot be read", file="d.csv.gz"),
    Case("no bzip2 at all", BASE, error="cannot be read", file="d.csv.bz2"),
    Case("no zstandard at all", BASE, error="cannot be read", file="d.csv.zst"),
    Case("no Parquet at all", BASE, error="cannot be read as Parquet", file="d.parquet"),
    Case("thousands or decimals", b"x;c;y\n1,234;a;0\n", error="data.decimal: ','"),
    Case("another suffix", BASE, error="its name must end in", file="d.xlsx"),
]
