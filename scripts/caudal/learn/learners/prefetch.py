"""A hint to the processor, for compiled loops: an array's entry will be wanted soon."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic


def _prefetch(typing_context: Any, array: Any, row: Any) -> Any:
    """Fetch ``array[row, 0]`` (a matrix's) into the cache, and do not wait for it."""
    signature = types.void(array, row)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind, index = signature.args
        matrix = context.make_array(kind)(context, builder, value=values[0])
        place = context.cast(builder, values[1], index, types.intp)
        zero = context.get_constant(types.intp, 0)
        entry = cgutils.get_item_pointer(context, builder, kind, matrix, [place, zero])
        byte, whole = ir.IntType(8).as_pointer(), ir.IntType(32)
        hint = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole]),
            "llvm.prefetch.p0",
        )
        to_write, keep, data = (ir.Constant(whole, n) for n in (1, 3, 1))
        builder.call(hint, [builder.bitcast(entry, byte), to_write, keep, data])
        return context.get_dummy_value()

    return signature, generate


prefetch: Any = intrinsic(_prefetch)
