"""Lines of one function in LLVM IR: instructions, basic blocks, fresh names."""

from tinygraph.backends.native.frontend.scalars import (
    BOOL,
    INT32,
    ScalarType,
    Value,
    constant,
    conversion,
)


class Assembly:
    """Collects the lines of a function.

    Attributes:
        variables: lines of the entry block that make room for variables.
        lines: the rest.
        block: the label of the block that is written now.
        open: False behind an instruction that ends a block.
    """

    def __init__(self) -> None:
        self.variables: list[str] = []
        self.lines: list[str] = []
        self.block = ".begin"
        self.open = True
        self._names = 0
        self._known: dict[str, str] = {}

    def fresh(self) -> str:
        """Return a new name of a value."""
        self._names += 1
        return f"%.{self._names}"

    def label(self) -> str:
        """Return a new name of a block."""
        self._names += 1
        return f".b{self._names}"

    def give(self, instruction: str) -> str:
        """Write an instruction that gives a value; return its name."""
        name = self.fresh()
        self.lines.append(f"  {name} = {instruction}")
        return name

    def pure(self, instruction: str) -> str:
        """Write an instruction that always gives the same; once in a block."""
        found = self._known.get(instruction)
        if found is None:
            found = self._known[instruction] = self.give(instruction)
        return found

    def run(self, instruction: str) -> None:
        """Write an instruction that gives nothing."""
        self.lines.append(f"  {instruction}")

    def begin(self, label: str) -> None:
        """Go on in a new block, which the open one runs into."""
        if self.open:
            self.run(f"br label %{label}")
        self.lines.append(f"{label}:")
        self.block, self.open = label, True
        self._known.clear()

    def jump(self, label: str) -> None:
        """End the block, unless it has ended."""
        if self.open:
            self.run(f"br label %{label}")
            self.open = False

    def branch(self, test: Value, yes: str, no: str) -> None:
        """End the block by a test."""
        self.run(f"br i1 {test.text}, label %{yes}, label %{no}")
        self.open = False

    def room(self, kind: str) -> str:
        """Return the place of a new variable."""
        name = self.fresh()
        self.variables.append(f"  {name} = alloca {kind}")
        return name

    def converted(self, value: Value, kind: ScalarType) -> Value:
        """Return a number as one of another type, as `astype` converts it.

        A float becomes a narrow or unsigned integer by way of a wider one, so that
        negative ones wrap.
        """
        old = value.type
        if old is kind:
            return value
        if value.known is not None and (old.kind != "f" or kind.kind == "f"):
            return constant(value.known, kind)
        if kind is BOOL:
            zero = constant(0, old).text
            test = "fcmp une" if old.kind == "f" else "icmp ne"
            return Value(self.give(f"{test} {old.ir} {value.text}, {zero}"), BOOL)
        if old.kind == "f" and kind.kind in "iu":
            return self._cut(value, kind)
        if kind.bits == old.bits and kind.kind != "f" and old.kind != "f":
            return Value(value.text, kind)
        change = conversion(old, kind)
        return Value(self.give(f"{change} {old.ir} {value.text} to {kind.ir}"), kind)

    def _cut(self, value: Value, kind: ScalarType) -> Value:
        """Return the integer part of a float; some integer of one that fits in none."""
        wide = "i32" if kind.bits < 32 or kind is INT32 else "i64"
        text = self.give(f"fptosi {value.type.ir} {value.text} to {wide}")
        text = self.give(f"freeze {wide} {text}")
        if wide != kind.ir:
            text = self.give(f"trunc {wide} {text} to {kind.ir}")
        return Value(text, kind)
