"""How the numbers of some columns are written: decimal sign, and sign between thousands."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from caudal.config.first_columns import NEARLY_ALL, Numbers, present
from caudal.data.number_texts import COMMA, MINUS, THOUSAND

FORMS = (
    Numbers(), Numbers(",", None), Numbers(None, ","), Numbers(",", "."), Numbers(None, " "),
    Numbers(",", " "), Numbers(None, "'"), Numbers(None, "\u00a0"), Numbers(",", "\u00a0"),
    Numbers(None, "\u202f"), Numbers(",", "\u202f"),
)  # fmt: skip
"""What is tried, the plainest first."""
SEPARATED = "[0-9][, '.\u00a0\u202f][0-9]"
"""What numbers have in them that are written in one of these ways."""


def how_numbers_are_written(columns: Mapping[str, pa.ChunkedArray], data: dict) -> Numbers:
    """The form by which most columns of texts (rows,) are numbers; of equals the plainest.

    Numbers like 1,234 alone have thousands, not fractions.
    """
    some = [pc.replace_substring(present(column, data), MINUS, "-") for column in columns.values()]
    texts = [each for each in some if _has(each, SEPARATED)]
    if not texts:
        return Numbers()
    return max(FORMS, key=lambda form: sum(_fits(each, form) for each in texts))


def _has(texts: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _fits(texts: pa.ChunkedArray, form: Numbers) -> bool:
    if pc.mean(pc.match_substring_regex(texts, form.pattern)).as_py() < NEARLY_ALL:
        return False
    if form != Numbers(",", None):
        return True
    commas = texts.filter(pc.match_substring_regex(texts, COMMA))
    return not len(commas) or not pc.all(pc.match_substring_regex(commas, THOUSAND)).as_py()
