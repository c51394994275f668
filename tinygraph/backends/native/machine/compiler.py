"""From generated functions to one object file, by LLVM."""

from collections.abc import Sequence
from typing import Any

import llvmlite.binding as llvm

from tinygraph.backends.native.codegen.functions import Function
from tinygraph.backends.native.frontend.module import module_text
from tinygraph.runtime.progress import tell

LARGE = 400_000
"""Bytes of IR from which on LLVM's O1 is taken for O2: a sixth less time to compile."""


def build(functions: Sequence[Function]) -> tuple[bytes, list[str]]:
    """Compile functions; return an object file, and the symbols that it needs."""
    text = module_text(functions)
    tell(0.1)
    return compiled(text)


def compiled(text: str) -> tuple[bytes, list[str]]:
    """Compile a module; return an object file, and the symbols that it needs."""
    module, machine = optimised(text)
    tell(0.5)
    declared = (f.name for f in module.functions if f.is_declaration)
    needs = [name for name in declared if not name.startswith("llvm.")]
    return machine.emit_object(module), needs


def optimised(text: str) -> tuple[Any, Any]:
    """Return a module after LLVM's passes, and the machine that it is for.

    Loops are not unrolled: rows are vectors already, and copies of them took three
    quarters of the time.
    """
    speed, opt = (2, 3) if len(text) < LARGE else (1, 1)
    machine = _machine(opt)
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=speed)
    options.loop_vectorization = True
    options.slp_vectorization = False
    options.loop_unrolling = False
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    return module, machine


def _machine(opt: int) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=opt,
        codemodel="jitdefault",
        jit=True,
    )
