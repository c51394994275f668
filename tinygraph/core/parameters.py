"""Parameters: name → array, read-only, with a version."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np

from tinygraph.core.array_likes import fitted, refuse_masked
from tinygraph.core.errors import ParameterError
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import PARAMETER


class Parameters(Mapping[str, np.ndarray[Any, Any]]):
    """The values of a model's parameters, shared by compiled functions.

    Arrays handed out are read-only. `update` is the only way to write; it bumps
    `version`, by which compiled functions know when to recompute what depends on
    parameters alone.

    Example:
        >>> values = tg.Parameters({"w": np.zeros(2)})
        >>> values.update({"w": np.ones(2)})
        >>> values["w"], values.version
        (array([1., 1.]), 1)
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values: dict[str, np.ndarray[Any, Any]] = {}
        for name, value in values.items():
            refuse_masked(value, f"the value of parameter {name!r}", ParameterError)
            array = np.array(value)
            if array.dtype.kind not in "biuf":
                raise ParameterError(
                    f"parameter {name!r}: dtype {array.dtype} is not supported"
                )
            self._values[name] = _frozen(array)
        self._version = 0

    @classmethod
    def of(cls, graph: Graph) -> "Parameters":
        """Return the default values of the parameters that a graph may be fed."""
        leaves = (node for node in graph.fed.values() if node.op is PARAMETER)
        return cls({leaf.label: leaf.attrs["value"] for leaf in leaves})

    @property
    def version(self) -> int:
        """How many times the values were updated."""
        return self._version

    def update(self, values: Mapping[str, Any]) -> None:
        """Write copies of new values, all or none, and bump the version.

        Raises:
            ParameterError: an unknown name, another shape, a dtype that cannot be cast
                without losing its kind, a number that does not fit, a masked array.
        """
        checked = {name: self._checked(name, value) for name, value in values.items()}
        self._values = {**self._values, **checked}
        self._version += 1

    def _checked(self, name: str, value: Any) -> np.ndarray[Any, Any]:
        old = self._values.get(name)
        if old is None:
            raise ParameterError(
                f"no parameter is named {name!r}; there are "
                f"{', '.join(self._values) or 'none'}"
            )
        refuse_masked(value, f"the value of parameter {name!r}", ParameterError)
        array = np.asarray(value)
        if array.shape != old.shape:
            raise ParameterError(
                f"parameter {name!r}: wanted shape {old.shape}, got {array.shape}"
            )
        if not np.can_cast(array.dtype, old.dtype, "same_kind"):
            raise ParameterError(
                f"parameter {name!r} is {old.dtype}, got {array.dtype}: cast it with "
                f".astype('{old.dtype}')"
            )
        try:
            return _frozen(fitted(array, old.dtype))
        except ValueError as problem:
            raise ParameterError(f"parameter {name!r}: {problem}") from None

    def __setitem__(self, name: str, value: Any) -> NoReturn:
        raise TypeError(
            f"parameters are not written one by one: use .update({{{name!r}: value}}), "
            "which writes several at once and lets compiled functions know"
        )

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a copied or unpickled state: its arrays are read-only again."""
        vars(self).update(state)
        for value in self._values.values():
            _frozen(value)

    def __repr__(self) -> str:
        listed = ", ".join(f"{k}: {v.dtype}{v.shape}" for k, v in self._values.items())
        return f"Parameters({listed}; version {self._version})"


def _frozen(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array
