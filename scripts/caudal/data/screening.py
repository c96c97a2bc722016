"""Decides row by row what is kept: numbers, categories, labels, weights, dates, missing values."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caudal.data.dates import date_part, derived_columns, no_date, parse_dates
from caudal.data.labels import find_class
from caudal.data.missing_texts import NULLS, null_texts, own_texts
from caudal.data.number_texts import MINUS, number_pattern
from caudal.data.rejects import Rejects
from caudal.data.row_block import RowBlock
from caudal.data.sources import suffix
from caudal.data.spelling import spell, spell_levels
from caudal.data.value_texts import LEVEL
from caudal.errors import UserError


@dataclass(frozen=True)
class Fault:
    """Rows that have something wrong: a mask, the reason, and a sentence for a row's index."""

    rows: np.ndarray
    reason: str
    detail: Callable[[int], str]


class Screening:
    """Turns the columns of a source as read into those that are kept, and leaves rows out.

    ``types`` says as what each column is to be read.
    """

    def __init__(self, schema: dict, data: dict, rejects: Rejects, file: Path):
        self._columns: dict[str, str] = {n: schema["columns"][n] for n in schema["order"]}
        self._derive: dict[str, list[str]] = schema["derive"]
        self._data, self._rejects, self._file = data, rejects, file
        self._policies = data["missing"]
        self._number = number_pattern(data["decimal"] or ".", data["thousands"])
        self._missing_texts = {spell(text) for text in own_texts(data)}
        numbers = [t for t in self._missing_texts if re.match(number_pattern(".", None), t)]
        self._missing_numbers = pa.array([float(text) for text in numbers], pa.float64())
        self._classes = {spell(str(value)) for value in data["classes"] or ()}
        self.nonfinite: dict[str, int] = {}
        written = data["thousands"] and suffix(file) != ".parquet"
        number = pa.string() if written else pa.float64()
        read_as = {"numeric": number, "weight": number, "label": LEVEL, "categorical": pa.string()}
        derived = derived_columns(self._derive)
        self.types = {n: read_as[kind] for n, kind in self._columns.items() if n not in derived}
        self.types |= dict.fromkeys(self._derive, LEVEL)

    def screen(self, block: RowBlock) -> pa.Table:
        """The rows of a block that are kept, with the columns of the schema in its order."""
        self._faults: list[Fault] = []
        self._gaps: list[tuple[str, str, np.ndarray]] = []
        kept: dict[str, pa.Array] = {}
        for name in self.types:
            column = block.table[name].combine_chunks()
            if name in self._derive:
                kept |= self._dates(name, column)
            if name in self._columns:
                kept[name] = getattr(self, f"_{self._columns[name]}")(name, column)
        table = pa.table({name: kept[name] for name in self._columns})
        left_out = self._reject(block) if self._faults else np.zeros(len(table), bool)
        for policy, reason, rows in self._gaps:
            self._fill_gap(policy, reason, rows & ~left_out, block)
            left_out |= rows
        return table.filter(pa.array(~left_out)) if left_out.any() else table

    def _reject(self, block: RowBlock) -> np.ndarray:
        """Reject the rows with faults, each for its first one; give their mask."""
        bad = np.zeros(len(block.table), bool)
        first: dict[int, Fault] = {}
        for fault in self._faults:
            first |= dict.fromkeys(np.flatnonzero(fault.rows & ~bad).tolist(), fault)
            bad |= fault.rows
        for index, fault in sorted(first.items(), key=lambda item: item[0]):
            line, text = block.locate(index)
            self._rejects.reject(line, fault.reason, fault.detail(index), text)
        return bad

    def _fill_gap(self, policy: str, reason: str, rows: np.ndarray, block: RowBlock) -> None:
        if policy == "drop":
            self._rejects.drop(reason, int(rows.sum()))
        elif rows.any():
            line, _ = block.locate(int(np.flatnonzero(rows)[0]))
            raise UserError(
                f"{self._file}, line {line}: {reason}; fill it in, "
                "or choose another policy under data.missing."
            )

    def _look_for_gaps(self, kind: str, reason: str, column: pa.Array) -> None:
        policy = self._policies[kind]
        if column.null_count and policy in ("error", "drop"):
            rows = column.is_null().to_numpy(zero_copy_only=False)
            self._gaps.append((policy, reason, rows))

    def _look_for_faults(self, rows: pa.Array, reason: str, detail: Callable[[int], str]) -> None:
        mask = rows.to_numpy(zero_copy_only=False)
        if mask.any():
            self._faults.append(Fault(mask, reason, detail))

    def _numeric(self, name: str, column: pa.Array) -> pa.Array:
        column = self._numbers(name, column)
        self._look_for_gaps("numeric", f"missing value in column {name!r}", column)
        return column

    def _weight(self, name: str, column: pa.Array) -> pa.Array:
        column = self._numbers(name, column)
        self._look_for_faults(
            pc.fill_null(pc.less(column, 0.0), True),
            "bad weight",
            lambda index: f"the weight {name!r} is missing, negative or not finite",
        )
        return column

    def _numbers(self, name: str, column: pa.Array) -> pa.Array:
        """Floats, null where missing or not finite."""
        if column.type == pa.string():
            column = self._parse(name, column)
        if len(self._missing_numbers):
            missing = pc.is_in(column, self._missing_numbers)
            column = pc.if_else(missing, pa.scalar(None, pa.float64()), column)
        total = pc.sum(column).as_py()
        if total is not None and not np.isfinite(total):
            infinite = pc.sum(pc.is_inf(column)).as_py()
            if infinite:
                self.nonfinite[name] = self.nonfinite.get(name, 0) + infinite
            column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, pa.float64()))
        return column

    def _parse(self, name: str, texts: pa.Array) -> pa.Array:
        """Numbers as people write them, with separators."""
        texts = pc.utf8_trim_whitespace(texts)
        empty = pc.is_in(texts, pa.array([text.strip() for text in null_texts(self._data)]))
        texts = pc.replace_substring(texts, MINUS, "-")
        texts = pc.if_else(empty, pa.scalar(None, pa.string()), texts)
        fits = pc.match_substring_regex(texts, self._number)
        self._look_for_faults(
            pc.invert(pc.fill_null(fits, True)),
            "not a number",
            lambda index: f"column {name!r}: {texts[index].as_py()[:80]!r} is not a number",
        )
        plain = pc.if_else(fits, texts, pa.scalar(None, pa.string()))
        plain = pc.replace_substring(plain, self._data["thousands"] or "\0", "")
        plain = pc.replace_substring(plain, self._data["decimal"] or ".", ".")
        return pc.replace_substring_regex(plain, r"^\+", "").cast(pa.float64())

    def _categorical(self, name: str, column: pa.Array) -> pa.StringArray:
        column = column.cast(pa.string())  # one whose date is used, too, comes as a dictionary
        if self._missing_texts or self._policies["categorical"] != "level":
            column = spell_levels(column)  # else done when it is written
        missing = pc.is_in(column, pa.array(["", *self._missing_texts]))
        if pc.any(missing).as_py():
            column = pc.if_else(missing, pa.scalar(None, pa.string()), column)
        self._look_for_gaps("categorical", f"missing value in column {name!r}", column)
        return column

    def _label(self, name: str, column: pa.DictionaryArray) -> pa.StringArray:
        # What data.classes names is a class, though it be called None.
        missing = {"", *NULLS, *self._missing_texts} - self._classes
        column = without_levels(column, missing)
        self._look_for_gaps("label", "missing label", column)
        levels = column.dictionary.to_pylist()
        if self._data["classes"]:
            allowed = self._data["classes"]
            outside = pa.array(
                [all(find_class(value, [level]) is None for value in allowed) for level in levels],
                pa.bool_(),
            )
            self._look_for_faults(
                pc.fill_null(outside.take(column.indices), False),
                "label outside the classes",
                lambda index: f"the label {column[index].as_py()[:80]!r} is not in data.classes",
            )
        return pa.array(levels, pa.string()).take(column.indices)

    def _dates(self, name: str, column: pa.DictionaryArray) -> dict[str, pa.StringArray]:
        column = without_levels(column, {"", *NULLS, *self._missing_texts})
        times = parse_dates(column.dictionary, self._data["date_format"])
        unread = pc.fill_null(times.is_null().take(column.indices), False)
        self._look_for_faults(
            unread,
            "not a date",
            lambda index: f"column {name!r}: {no_date(column[index].as_py())}",
        )
        self._look_for_gaps("categorical", f"missing value in column {name!r}", column)
        parts = self._derive[name]
        return {f"{name}.{part}": date_part(times, part).take(column.indices) for part in parts}


def without_levels(column: pa.DictionaryArray, missing: set[str]) -> pa.DictionaryArray:
    """The column with its levels spelled as levels are, and these made null."""
    levels = spell_levels(column.dictionary)
    named = pc.is_in(levels, pa.array(sorted(missing), pa.string()))
    indices = column.indices
    if pc.any(named).as_py():
        indices = pc.if_else(named.take(indices), pa.scalar(None, pa.int32()), indices)
    return pa.DictionaryArray.from_arrays(indices, levels)
