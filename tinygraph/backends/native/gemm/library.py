"""The products' own machine code: made once, called by symbol.

Generated code calls `tinygraph_product_float32` and the like by name, so a
product is not compiled again into every loop that uses it. Needs llvmlite only.
"""

import functools
from typing import Any

from llvmlite import binding, ir

from tinygraph.backends.native.gemm import loops, packing
from tinygraph.backends.native.gemm.entry import Entry, entry_name
from tinygraph.backends.native.gemm.tile_shape import (
    Processor,
    TileShape,
    this_processor,
    tile_shape,
)

ITEMSIZES = (4, 8)


def symbol(name: str, itemsize: int) -> str:
    """Return the symbol of a function or entry for numbers of so many bytes."""
    return f"{name}_float{8 * itemsize}"


def module_text(shape: TileShape) -> str:
    """Return the IR of the product and the packing for one shape of tiles."""
    module = ir.Module(f"tinygraph_products_{8 * shape.itemsize}")
    product, pack = loops.Product(module, shape), packing.Packing(module, shape)
    Entry(module, loops.PRODUCT, loops.ARGUMENTS, product)
    Entry(module, packing.PACK, packing.ARGUMENTS, pack)
    return str(module)


def object_code(itemsize: int, processor: Processor | None = None) -> bytes:
    """Compile the functions for numbers of so many bytes; fit to be kept.

    No pass of LLVM's optimiser runs: the text is written as it would leave it.

    Args:
        itemsize: 4 or 8.
        processor: default: this one.
    """
    processor = processor or this_processor()
    machine = _machine(processor)
    module = binding.parse_assembly(module_text(tile_shape(itemsize, processor)))
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    code: bytes = machine.emit_object(module)
    return code


def _machine(processor: Processor) -> Any:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple()
    features = ",".join(
        f"{'+' if there else '-'}{name}" for name, there in processor.features.items()
    )
    return target.create_target_machine(
        cpu=processor.name, features=features, opt=3, codemodel="jitdefault", jit=True
    )


def linked(code: bytes, itemsize: int) -> dict[str, int]:
    """Load object code; return the addresses of its functions for good."""
    machine = _machine(this_processor())
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _ENGINES.append(engine)
    own = (loops.PRODUCT, packing.PACK)
    names = [symbol(name, itemsize) for name in (*own, *map(entry_name, own))]
    return {name: engine.get_function_address(name) for name in names}


_ENGINES: list[Any] = []
"""What keeps loaded code alive."""


@functools.cache
def host_code(itemsize: int) -> bytes:
    """Return this processor's code for numbers of so many bytes, fit to be kept."""
    return object_code(itemsize)


_LOADED: dict[int, dict[str, int]] = {}


def load(itemsize: int, code: bytes | None = None) -> dict[str, int]:
    """Make the functions for numbers of so many bytes callable by their symbols.

    Must come before code that calls them is loaded; a second call does nothing.

    Args:
        itemsize: 4 or 8.
        code: what `host_code` gave, perhaps in another process on this processor.
    """
    if itemsize not in _LOADED:
        found = linked(host_code(itemsize) if code is None else code, itemsize)
        for name, address in found.items():
            binding.add_symbol(name, address)
        _LOADED[itemsize] = found
    return _LOADED[itemsize]
