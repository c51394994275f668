"""numba's part: from generated functions to one object file.

Imported only where there is something to compile. The array arguments are marked
`noalias`, without which LLVM gives up on loops over many arrays; an entry point takes
all arguments from one array of numbers.
"""

from collections.abc import Sequence
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import compiler, cpu
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from tinygraph.backends.native.codegen import random
from tinygraph.backends.native.codegen.functions import INTS, Function
from tinygraph.backends.native.gemm.intrinsics import pack, product
from tinygraph.backends.native.kernels.intrinsics import compiled_names

_NUMBER = ir.IntType(64)
_STATUS = ir.IntType(32)
_POINTER = ir.PointerType()


def build(functions: Sequence[Function]) -> tuple[bytes, list[str]]:
    """Compile functions; return an object file, and the symbols that it needs."""
    with global_compiler_lock:
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()
        names = _callables()
        whole, *others = (_module(function, names) for function in functions)
        for other in others:
            whole.link_in(other)
        whole.verify()
        declared = (f.name for f in whole.functions if f.is_declaration)
        needs = [name for name in declared if not name.startswith("llvm.")]
        machine = cpu_target.target_context.codegen()._tm
        return machine.emit_object(whole), needs


def _callables() -> dict[str, Any]:
    """Return what generated code calls."""
    own = {"plus": intrinsic(_plus), "product": product, "pack": pack}
    names = {**compiled_names(), **own}
    for function in random.FUNCTIONS:
        space = {**function.__globals__, **names}
        made = FunctionType(function.__code__, space, function.__name__)
        options = {"error_model": "numpy", "no_cpython_wrapper": True}
        names[function.__name__] = njit(made, **options)
    return names


def _plus(typingctx: Any, x: Any, y: Any) -> Any:
    """x + y of floats in an order of LLVM's choice: sums of rows become vectors."""

    def codegen(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.fadd(*operands, flags=("reassoc", "contract"))

    return x(x, x), codegen


def _module(function: Function, names: dict[str, Any]) -> Any:
    """Return the LLVM module of one function and its entry point."""
    space = dict(names)
    exec(compile(function.source, f"<{function.name}>", "exec"), space)
    kinds = [types.int64] * (len(INTS) + len(function.sizes))
    for each in function.arrays:
        kinds.append(types.Array(_type(each.dtype), each.ndim, each.layout))
    found = compiler.compile_extra(
        cpu_target.typing_context,
        cpu_target.target_context,
        space[function.name],
        tuple(kinds),
        types.int64,
        _flags(),
        {},
    )
    found.library.finalize()
    module = llvm.parse_bitcode(found.library._final_module.as_bitcode())
    module.link_in(_entry(function, found.fndesc.llvm_func_name))
    return module


def _flags() -> Any:
    flags = compiler.Flags()
    flags.error_model = "numpy"
    flags.noalias = True
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True
    flags.nrt = False
    flags.no_compile = True  # its machine code is ours to make
    flags.fastmath = cpu.FastMathOptions({"contract"})
    return flags


def _type(dtype: np.dtype[Any]) -> Any:
    return types.boolean if dtype.kind == "b" else getattr(types, dtype.name)


def _entry(function: Function, symbol: str) -> Any:
    """Return a module with `int32 name(int64 *numbers)`, which unpacks and calls.

    Returns what the function returns, and -1 if it raised.
    """
    kinds = [_NUMBER] * (len(INTS) + len(function.sizes))
    for each in function.arrays:
        kinds += [_POINTER, _POINTER, _NUMBER, _NUMBER, _POINTER]
        kinds += [_NUMBER] * (2 * each.ndim)
    module = ir.Module()
    module.triple = llvm.get_process_triple()
    native = ir.FunctionType(_STATUS, [_POINTER, _POINTER, *kinds])
    inner = ir.Function(module, native, symbol)
    outer = ir.Function(module, ir.FunctionType(_STATUS, [_POINTER]), function.name)
    block = ir.IRBuilder(outer.append_basic_block())
    result, problem = block.alloca(_NUMBER), block.alloca(_POINTER)
    block.store(ir.Constant(_NUMBER, 0), result)
    values = []
    for i, kind in enumerate(kinds):
        number = ir.Constant(_NUMBER, i)
        place = block.gep(outer.args[0], [number], source_etype=_NUMBER)
        raw = block.load(place, typ=_NUMBER)
        values.append(raw if kind is _NUMBER else block.inttoptr(raw, _POINTER))
    code = block.call(inner, [result, problem, *values])
    given = block.trunc(block.load(result, typ=_NUMBER), _STATUS)
    failed = block.icmp_signed("!=", code, ir.Constant(_STATUS, 0))
    block.ret(block.select(failed, ir.Constant(_STATUS, -1), given))
    return llvm.parse_assembly(str(module))
