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
        values={"c": ["True", "False"], "y": ["False", "True"]},
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
    # What is no data, and what only looks like it
    Case(
        "the header again",
        b"d,c,y\nm,a,0\nd,c,y\nn,b,1\n",
        rows=2,
        dropped=1,
        values={"c": ["a", "b"], "y": ["0", "1"]},
    ),
    Case(
        "the header again, with its mark and line end",
        b"\xef\xbb\xbfd,c,y\r\nm,a,0\r\n\xef\xbb\xbfd,c,y\r\nn,b,1\r\n",
        rows=2,
        dropped=1,
        values={"d": ["m", "n"]},
    ),
    Case("the header within quotes is data", b'd,c,y\nm,"\nd,c,y\n",0\n', rows=1),
    Case("zero bytes at the end", BASE + b"\0" * 9, QUARANTINE, 2, {4: "zero bytes"}),
    Case("zero bytes at the end, cut row", BASE + b"3.5,a,0\0\0", QUARANTINE, 2, {4: "zero bytes"}),
    Case("zero bytes at the end, error", BASE + b"3.5,a,0\0\0", error="line 4: .*zero bytes.*cut"),
    # Blanks
    Case(
        "blanks of all kinds about numbers",
        "x,c,y\n\t1.5 ,a,0\n\u00a02.5\u00a0,a,0\n            ,a,1\n NA\t,a,1\n".encode(),
        {"numeric": ["x"]},
        4,
        values={"x": [1.5, 2.5, None, None]},
    ),
    Case(
        "blanks of all kinds about numbers with thousands",
        "x,c,y\n\t1.5 ,a,0\n\u00a02.5\u00a0,a,0\n            ,a,1\n NA\t,a,1\n".encode(),
        {"numeric": ["x"], "thousands": ","},
        4,
        values={"x": [1.5, 2.5, None, None]},
    ),
    Case(
        "blanks do not make a column categorical",
        b"x,c,y\n     1.5,a,0\n            ,a,1\n      NA,b,1\n",
        rows=3,
        values={"x": [1.5, None, None]},
    ),
    Case(
        "blanks about labels and levels",
        b"x,c,y\n1.5,a  ,yes   \n2.5,a,yes\n3.5,     ,            \n4.5,            ,\tno\n",
        rows=3,
        dropped=1,
        values={"c": ["a", "a", None], "y": ["yes", "yes", "no"]},
    ),
    Case(
        "blanks about dates",
        "x,d,y\n1.5,\t2019-03-23 20:21\u00a0,0\n2.5, NA ,1\n".encode(),
        {"derive": {"d": ["hour"]}},
        2,
        values={"d.hour": ["20", None]},
    ),
    # Numbers
    Case("a plus sign", b"x,c,y\n+1.5,a,0\n-2.5,b,1\n", rows=2, values={"x": [1.5, -2.5]}),
    Case(
        "a typographic minus",
        "x,c,y\n\u22121.5,a,0\n2.5,b,1\n".encode(),
        rows=2,
        values={"x": [-1.5, 2.5]},
    ),
    Case(
        "thousands are points",
        b"x;c;y\n1.234,5;a;0\n12,5;b;1\n",
        {"thousands": "."},
        2,
        values={"x": [1234.5, 12.5]},
    ),
    Case(
        "thousands of India",
        b"x;c;y\n1,23,456.5;a;0\n12,345;b;1\n1,2,3;b;1\n",
        {"thousands": ",", "numeric": ["x"], **QUARANTINE},
        2,
        {4: "not a number"},
        values={"x": [123456.5, 12345.0]},
    ),
    Case(
        "thousands and decimals alike",
        BASE,
        {"thousands": ".", "decimal": "."},
        error="data.thousands and data.decimal are both",
    ),
    Case("thousands that stand in numbers", BASE, {"thousands": "1"}, error="data.thousands: '1'"),
    Case(
        "whole numbers beyond 64 bits",
        b"x,c,y\n1.5,18446744073709551615,0\n2.5,10000720757801103869000,1\n",
        rows=2,
        values={"c": ["18446744073709551615", "10000720757801103869000"]},
    ),
    Case(
        "numbers of any size",
        b"x,c,y\n1e200,a,0\n-1.7976931348623157e308,b,1\n1e-320,b,1\n",
        rows=3,
        values={"x": [1e200, -1.7976931348623157e308, 1e-320]},
    ),
    Case(
        "infinities among odd numbers",
        b"x,c,y\ninf,a,0\n-Infinity,a,1\n\t1e999,a,1\n+1.5,a,0\n",
        {"numeric": ["x"]},
        4,
        values={"x": [None, None, None, 1.5]},
    ),
    Case(
        "a number for missing, written in three ways",
        b"x,c,y\n-999,-999,0\n-999.0,-999.0,1\n-9.99e2,a,0\n1.5,a,-999.0\n",
        {"missing": {"texts": ["-999"]}},
        3,
        dropped=1,
        values={"x": [None, None, None], "c": [None, None, "a"]},
    ),
    # Labels
    Case(
        "a class called None",
        b"x,c,y\n1.5,a,None\n2.5,b,NA\n3.5,b,Mild\n4.5,b,\n",
        {"classes": ["None", "NA", "Mild"]},
        3,
        dropped=1,
        values={"y": ["None", "NA", "Mild"]},
    ),
    Case(
        "labels are codes", b"x,c,y\n1.5,a,007\n2.5,b,042\n", rows=2, values={"y": ["007", "042"]}
    ),
    Case(
        "labels of numpy.savetxt",
        b"x,c,y\n1.5,a,1.000000000000000000e+00\n2.5,b,0.000000000000000000e+00\n",
        rows=2,
        values={"y": ["1", "0"]},
    ),
    # Heads
    Case("Excel's line", b"sep=;\n" + BASE.replace(b",", b";"), rows=2, values=PLAIN),
    Case("Excel's line, quoted", b'"sep=|"\r\n' + BASE.replace(b",", b"|"), rows=2, values=PLAIN),
    Case(
        "a tab as YAML reads it", BASE.replace(b",", b"\t"), {"delimiter": "\\t"}, 2, values=PLAIN
    ),
    Case("a name of 200,000 letters", b"z" * 200_000 + b",x,c,y\n1,1.5,a,0\n", rows=1),
    Case(
        "a name of 200,000 letters in quotes",
        b'"' + b"z" * 200_000 + b'",x,c,y\n1,1.5,a,0\n2,2.5,b,1\n',
        rows=2,
        values=PLAIN,
    ),
    Case(
        "a header longer than a head",
        b",".join(b"column_%05d" % i for i in range(9000))
        + b",x,c,y\n"
        + b"1," * 9000
        + b"1.5,a,0\n",
        rows=1,
        values={"x": [1.5]},
    ),
    Case("blank lines longer than a head", b"\n" * 5_000_000 + BASE, rows=2, values=PLAIN),
    Case(
        "a quote in the header never closes",
        b'x,y,"c\n1.5,0,a\n2.5,1,b\n',
        error="line 1: a quote of the header",
    ),
    Case(
        "a quote in the header closes in a row",
        b'x,y,"c\n1.5,0,a"\n2.5,1,b\n',
        error="line 1: the column name .* swallowed rows",
    ),
    Case(
        "a quote in the header closes far below",
        b'y,x,"c\n0,1.5,a\n1,2.5,b"\n1,3.5,c\n',
        error="line 1: the column name .* swallowed rows",
    ),
    Case(
        "a quote in the header closes amid a field",
        b'"x,c,y\n1.5,a,0\n2.5,"b",1\n',
        error="line 1: a quote of the header",
    ),
    Case("text after a quote in the header", b'x,"c"d,y\n1.5,a,0\n', error="quote of the header"),
    Case("a quote within a name", b'x,5" pipe,y\n1.5,a,0\n', rows=1, values={'5" pipe': ["a"]}),
    Case(
        "an accent composed otherwise",
        "gro\u0308\u00dfe,c,y\n1.5,a,0\n".encode(),
        {"numeric": ["gr\u00f6\u00dfe"]},
        error=r"'gr\\xf6\\xdfe' is written 'gro\\u0308\\xdfe' here",
    ),
    Case(
        "a stray quote in line 2",
        b'x,c,y\n0.125,"a,1\n' + b"1.5,a,0\n" * 30,
        QUARANTINE,
        30,
        {2: "bad quotes"},
        values={"x": [1.5] * 30},
    ),
    Case("Spark's quotes", b'x,c,y\n1.5,"say \\"hi\\", a",0\n', error="escaped by backslashes"),
    # Names that do not say what a file is
    Case("gzip called csv", gzip.compress(BASE), error="is gzip by its first bytes; .* .csv.gz"),
    Case("bzip2 called csv", bz2.compress(BASE), error="is bzip2 by its first bytes"),
    Case("zstandard called csv", bz2_zst(BASE), error="is Zstandard by its first bytes"),
    Case("zip called csv", b"PK\x03\x04\x14\0\0\0", error="is a zip archive, or an Excel workbook"),
    Case("Parquet called csv", b"PAR1\x15\x04\x15\x10", error="is Parquet by its first bytes"),
    Case("a gzip in a gzip", gzip.compress(gzip.compress(BASE)), error="is gzip", file="d.csv.gz"),
    Case("a column called ORC", b"ORC,x,y\n1,1.5,0\n", rows=1, values={"ORC": ["1"]}),
    # Dates
    Case(
        "days that are none",
        b"x,d,y\n1.5,30.02.2019,0\n1.5,31.04.2019,1\n1.5,28.02.2019,1\n",
        {"derive": {"d": ["month"]}, "date_format": "%d.%m.%Y", **QUARANTINE},
        1,
        {2: "not a date", 3: "not a date"},
        values={"d.month": ["Feb"]},
    ),
    Case(
        "a format that is not known",
        b"x,d,y\n1.5,2019,0\n",
        {"derive": {"d": ["month"]}, "date_format": "%Q"},
        error="data.date_format: %Q is not known",
    ),
    Case(
        "a format that does not tell the part",
        b"x,d,y\n1.5,20:21,0\n",
        {"derive": {"d": ["hour", "weekday"]}, "date_format": "%H:%M"},
        error="does not tell the weekday of 'd'",
    ),
    Case(
        "seconds since 1970",
        b"x,d,y\n1.5,1575430680,0\n",
        {"derive": {"d": ["hour"]}, "date_format": "%s"},
        1,
        values={"d.hour": ["3"]},
    ),
    Case(
        "seconds since 1970 unannounced",
        b"x,d,y\n1.5,1575430680,0\n",
        {"derive": {"d": ["hour"]}},
        error="data.date_format: '%s' reads seconds since 1970",
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
