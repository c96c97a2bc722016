"""Decides the kinds of the columns and the format of the numbers, once over all sources."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from caudal.data.csv_format import check_header
from caudal.data.dates import check_date_format, derived_columns
from caudal.data.defaults import completed
from caudal.data.head_notes import check_labels, few_rows, label_notes
from caudal.data.label_rules import label_column, label_rule
from caudal.data.label_task import check_heads
from caudal.data.named_columns import listed, without_patterns
from caudal.data.parquet_rows import check_types
from caudal.data.quantities import joined, names_things
from caudal.data.sniff import AUTO, Head, examine
from caudal.data.tasks import REGRESSION, task_named
from caudal.errors import UserError

TEXT_SHARE = 0.05  # of other values in a column of floats, up to which they count as bad
INDEX_NAME = re.compile(r"(Unnamed: [0-9]+(\.[0-9]+)*|__index_level_[0-9]+__)?\s*")


def decide(files: dict[str, Path], data: dict) -> tuple[dict, list[str]]:
    """Decide over the heads of all sources what each column is.

    The first source's columns are used, apart from ``data.ignore`` and a pandas index; every
    source must have them, in any order and with any others. Floats are numeric and all else
    is categorical, unless ``data.numeric`` or ``data.categorical`` says otherwise.

    Parameters
    ----------
    files
        Name to path, in stream order, as ``sources`` gives them.
    data
        The config's section ``data``; without a ``label``, none is looked for.

    Returns
    -------
    The schema, plain and in an order of its own so that it is equal from run to run: ``columns``
    (name to ``numeric``, ``categorical``, ``weight`` or the task's kind of label), ``order``,
    ``derive`` and ``csv`` (settings; null is found in each source). And the sentences to tell the
    user.

    Raises
    ------
    UserError
        If a source cannot be read, lacks a column, has a label that does not fit the task, or two
        settings contradict each other.
    """
    data = completed(data)
    data["decimal"] = _decimal_set(data)
    check_date_format(data["date_format"], data["derive"])
    with ThreadPoolExecutor() as threads:
        heads = list(threads.map(lambda path: examine(path, data), files.values()))
    notes = [f"{head.file} is empty and gives no rows." for head in heads if not head.header]
    full = [head for head in heads if head.header]
    if not full:
        raise UserError("data.files: all sources are empty; give at least one with a header.")
    data = without_patterns(data, [name for head in full for name in head.header])
    names = _used_names(full, data, notes)
    for head in full:
        check_header(head.file, head.header, names, full[0].file)
        check_types(head.file, head.textless, names)
    totals: dict[str, Counter] = {name: Counter() for name in names}
    for head in full:
        for name in names:
            totals[name].update(head.counts.get(name, Counter()))
    decimal = _decimal(totals, data, notes)
    check_heads(full, data, decimal)
    remarks: dict[str, list[str]] = {}
    columns = {
        name: _kind(name, totals[name], decimal, full, data, remarks)
        for name in names
        if name not in data["derive"] or name in (data["categorical"] or [])
    }
    notes += [_of_columns(said, about) for said, about in remarks.items()]
    notes += few_rows(full, data, columns) + label_notes(full, data) + check_labels(full, data)
    if rule := label_rule(data):
        columns[rule.name] = columns.pop(rule.column)
    columns |= dict.fromkeys(derived_columns(data["derive"]), "categorical")
    schema = {
        "columns": dict(sorted(columns.items())),
        "order": sorted(columns),
        "derive": {name: sorted(parts) for name, parts in sorted(data["derive"].items())},
        "csv": {
            "decimal": decimal,
            "delimiter": data["delimiter"],
            "encoding": data["encoding"],
            "quote": data["quote"],
            "thousands": data["thousands"],
        },
    }
    return schema, notes


def _of_columns(said: str, names: list[str]) -> str:
    """One sentence for all the columns of which the same is to be said.

    >>> _of_columns("{column} holds no values.", ["a", "b"])
    "Each of the columns 'a', 'b' holds no values."
    """
    if len(names) == 1:
        return said.format(column=f"Column {names[0]!r}")
    shown = ", ".join(map(repr, names[:5])) + (", ..." if len(names) > 5 else "")
    count = f"{len(names)} " if len(names) > 5 else ""
    return said.format(column=f"Each of the {count}columns {shown}")


def _used_names(heads: list[Head], data: dict, notes: list[str]) -> list[str]:
    first = heads[0]
    special = [name for name in (label_column(data), data["weight"]) if name]
    numeric, categorical = listed(data, "numeric"), listed(data, "categorical")
    used = [*special, *numeric, *categorical, *data["derive"]]
    ignored = set(data["ignore"] or [])
    everywhere = {name for head in heads for name in head.header}
    kinds = Counter([*special, *numeric, *categorical])
    if (rule := label_rule(data)) and rule.name in everywhere:
        raise UserError(f"data.label: a column {rule.name!r} is there already; rename that one.")
    for name in sorted(ignored - everywhere):
        raise UserError(f"data.ignore: no source has a column {name!r}; correct or remove it.")
    for name in sorted(ignored & set(used)):
        raise UserError(f"data.ignore: the column {name!r} is also used; decide for one.")
    for name in [*special, *numeric]:
        if kinds[name] > 1:
            raise UserError(f"data: the column {name!r} is given two kinds; decide for one.")
    derive = data["derive"]
    for name in sorted(set(derive) & {*special, *numeric}):
        raise UserError(f"data.derive: the column {name!r} is also used otherwise; decide for one.")
    for name in sorted(set(derived_columns(derive)) & everywhere):
        raise UserError(f"data.derive: a column {name!r} is there already; rename it or leave it.")
    names = dict.fromkeys(used)
    for place, name in enumerate(first.header):
        if name in names or name in ignored:
            continue
        if INDEX_NAME.fullmatch(name) and (place == 0 or not name.startswith("Unnamed")):
            notes.append(f"The column {name!r} at place {place + 1} is an index: it is left out.")
        else:
            names[name] = None
    extra = sorted(n for n in everywhere - set(names) - ignored if not INDEX_NAME.fullmatch(n))
    if extra:
        shown = ", ".join(extra[:20]) + (", ..." if len(extra) > 20 else "")
        notes.append(f"Columns that {first.file} has not are left out: {shown}.")
    for name in data["derive"]:
        if name not in categorical:
            notes.append(f"The column {name!r} is left out but for what data.derive makes of it.")
    return list(names)


def _decimal_set(data: dict) -> str | None:
    """The decimal sign as set, or as the sign of the thousands leaves it; None to look for it."""
    decimal, thousands = data["decimal"], data["thousands"]
    if thousands and (thousands in "+-eE" or thousands.isdecimal()):
        raise UserError(f"data.thousands: {thousands!r} stands in numbers already; correct it.")
    if thousands and thousands == decimal:
        raise UserError(
            f"data.thousands and data.decimal are both {decimal!r}, so 1{decimal}290 could be "
            "either; correct one of them."
        )
    return decimal or ("," if thousands == "." else None)


def _decimal(totals: dict[str, Counter], data: dict, notes: list[str]) -> str:
    """The decimal sign: as set, or a comma where all numbers with a fraction have one."""
    if data["decimal"]:
        return data["decimal"]
    rule = label_rule(data)
    of_numbers = rule.of_numbers if rule else data["task"] == REGRESSION.name
    numbers = [*(listed(data, "numeric") or totals), *([label_column(data)] if of_numbers else [])]
    fixed = {None if of_numbers else label_column(data), *listed(data, "categorical")}
    free = [name for name in totals if name in numbers and name not in fixed]
    commas = [n for n in free if totals[n]["comma"] and _mostly(totals[n], "comma", "whole")]
    points = [n for n in free if totals[n]["float"] and _mostly(totals[n], "float", "whole")]
    if not commas:
        return "."
    if all(totals[name]["comma"] == totals[name]["thousand"] for name in commas):
        raise UserError(
            f"data: the numbers of column {commas[0]!r} are like 1,234; set data.decimal: ',' "
            "or data.thousands: ',' or name the column in data.categorical."
        )
    if points:
        notes.append(
            f"Column {commas[0]!r} has decimal commas and {points[0]!r} decimal points: commas "
            "are taken as text; set data.decimal if they are not."
        )
        return "."
    notes.append(f"Numbers have decimal commas, as in column {commas[0]!r}.")
    return ","


def _kind(
    name: str,
    count: Counter,
    decimal: str,
    heads: list[Head],
    data: dict,
    remarks: dict[str, list[str]],
) -> str:
    """The kind of one column; what is not plain from its values is told."""

    def remark(said: str) -> None:
        remarks.setdefault(f"{{column}} {said}", []).append(name)

    if name == label_column(data):
        return task_named(data["task"]).label
    if name == data["weight"]:
        return "weight"
    if name in listed(data, "categorical"):
        return "categorical"
    if isinstance(data["numeric"], list):
        return "numeric" if name in data["numeric"] else "categorical"
    fractions = count["float"] + (count["comma"] if decimal == "," else 0)
    others = count["other"] + (0 if decimal == "," else count["comma"])
    looks = next((head.looks[name] for head in heads if head.looks.get(name)), None)
    if not fractions + count["whole"] + others:
        remark("has no values in the heads: it is taken as categorical.")
        return "categorical"
    if looks and others > TEXT_SHARE * (fractions + count["whole"] + others):
        remark(f"looks like numbers {looks}: it is taken as categorical.")
        return "categorical"
    if not fractions and data["numeric"] == AUTO and not others:
        why = names_things(name, joined(h.samples[name] for h in heads if name in h.samples))
        if why is None:
            remark("holds whole numbers that look like a quantity: it is taken as numeric; "
                   "data.categorical overrules.")  # fmt: skip
            return "numeric"
        remark(f"holds whole numbers that look like names ({why}): it is taken as categorical.")
    if not fractions:
        return "categorical"
    if others > TEXT_SHARE * (fractions + count["whole"] + others):
        remark(
            f"holds numbers and text, as in {_where(name, heads, 'other')}: "
            "it is taken as categorical; data.numeric overrules."
        )
        return "categorical"
    if others:
        remark(
            f"holds numbers and some text, as in {_where(name, heads, 'other')}: "
            "it is taken as numeric, its text as bad; data.categorical overrules."
        )
    elif count["round"] == count["float"] == fractions:
        remark(
            "holds whole numbers written like 1.0, as pandas does if some are "
            "missing: it is taken as numeric; data.categorical overrules."
        )
    elif any(_only_whole(head.counts.get(name, Counter())) for head in heads) and decimal == ".":
        remark(
            f"holds whole numbers in {_where(name, heads, 'whole')} and fractions "
            "in other sources: it is taken as numeric; data.categorical overrules."
        )
    return "numeric"


def _only_whole(count: Counter) -> bool:
    return bool(count["whole"] and not count["float"])


def _mostly(count: Counter, *what: str) -> bool:
    total = count["whole"] + count["float"] + count["comma"] + count["other"]
    return sum(count[key] for key in what) >= (1 - TEXT_SHARE) * total


def _where(name: str, heads: list[Head], what: str) -> str:
    holding = (head.file for head in heads if head.counts.get(name, Counter())[what])
    return str(next(holding, heads[0].file))
