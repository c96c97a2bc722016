"""The texts that mean a missing value."""

NULLS = (
    "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "-nan", "-NaN", "NULL", "null", "None", "<NA>",
)  # fmt: skip
BLANKS = tuple(" " * width for width in range(9))


def null_texts(data: dict) -> list[str]:
    """The texts that mean a missing number; blanks around them are to be taken off before."""
    return [*BLANKS, *NULLS, *own_texts(data)]


def own_texts(data: dict) -> list[str]:
    """Those of ``data.missing.texts``, which mean it in every column."""
    return data["missing"]["texts"]
