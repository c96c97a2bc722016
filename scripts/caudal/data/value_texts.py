"""The texts of Arrow values of every type, for columns that are categories, labels or dates."""

import uuid

import pyarrow as pa
import pyarrow.compute as pc

from caudal.data.spelling import spell_float, spell_levels

LEVEL = pa.dictionary(pa.int32(), pa.string())


class NoText(TypeError):
    """Values of this type have no text that could be a level."""


def has_text(kind: pa.DataType) -> bool:
    """Whether the values of a type have texts: not lists, maps, intervals, bytes of one length.

    >>> has_text(pa.date32()), has_text(pa.list_(pa.string()))
    (True, False)
    """
    if pa.types.is_dictionary(kind):
        return has_text(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return isinstance(kind, pa.UuidType) or has_text(kind.storage_type)
    spans = pa.types.is_interval(kind) or pa.types.is_duration(kind)
    return not (spans or pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind))


def is_bytes(kind: pa.DataType) -> bool:
    """Whether the values of a type are stored as bytes, of a text or of what should be one."""
    views = kind in (pa.string_view(), pa.binary_view())
    strings = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    large = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return views or strings or large


def texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The texts of a column (rows,), not yet spelled as levels are; null where a value is missing.

    Raises
    ------
    NoText
        If values of this type have none.
    pa.ArrowInvalid
        If bytes are no UTF-8.
    """
    kind = column.type
    if not has_text(kind):
        raise NoText(str(kind))
    if pa.types.is_dictionary(kind):
        return texts(column.cast(kind.value_type))
    if isinstance(kind, pa.BaseExtensionType):
        stored = pa.chunked_array([c.storage for c in column.chunks], kind.storage_type)
        return uuid_texts(stored) if isinstance(kind, pa.UuidType) else texts(stored)
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "True", "False")
    if pa.types.is_floating(kind):
        return _float_texts(column)
    if pa.types.is_date64(kind):
        column = column.cast(pa.date32())
    if is_bytes(kind):
        column = column.cast(pa.binary())
    return column.cast(pa.string())


def levels(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as dictionary-encoded levels, spelled as those of every source.

    Raises as ``texts`` does.
    """
    if not pa.types.is_dictionary(column.type):
        column = texts(column).dictionary_encode()
    return pa.chunked_array([spelled(chunk) for chunk in column.chunks], LEVEL)


def spelled(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The same rows with their levels spelled, none of them twice; an empty one is missing."""
    found = column.dictionary
    if found.type != pa.string():
        found = texts(pa.chunked_array([found])).combine_chunks()
    once = spell_levels(found)
    if once is column.dictionary:
        return column if column.type == LEVEL else column.cast(LEVEL)
    blank = pc.equal(once, "")
    if pc.any(blank).as_py():
        once = pc.if_else(blank, pa.scalar(None, pa.string()), once)
    unique = once.dictionary_encode()
    indices = unique.indices.take(column.indices)
    return pa.DictionaryArray.from_arrays(indices, unique.dictionary)


def uuid_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """UUIDs of 16 bytes as they are written."""
    unique = pc.unique(column)
    written = [b and str(uuid.UUID(bytes=b)) for b in unique.to_pylist()]
    return pa.array(written, pa.string()).take(pc.index_in(column, unique))


def _float_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.type == pa.float16():
        column = column.cast(pa.float32())
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    unique = pc.unique(column)
    # 0.1 of 32 bits is 0.1, not the 0.10000000149011612 that it is in 64.
    written = unique.cast(pa.string()).to_pylist()
    spelt = [t if t is None else spell_float(float(t)) for t in written]
    return pa.array(spelt, pa.string()).take(pc.index_in(column, unique))
