"""What files of netCDF-4 hold and classic ones do not: groups, some types, several records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.netcdf.storage import CLASSIC

LARGE = 2**20  # numbers that are read to see whether they fit a smaller type
EXACT = 2**53  # up to which float64 holds every integer


class Narrow:
    """Turns what is defined in an output into what its kind can hold.

    >>> narrow = Narrow("NETCDF3_CLASSIC")
    >>> narrow.attributes({"flags": np.array([1, 2], "u2"), "far": np.int64(2**40)})
    {'flags': array([1, 2], dtype=int32), 'far': np.float64(1099511627776.0)}
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self.classic = model in CLASSIC
        self._unsigned = model not in CLASSIC[:2]

    def attributes(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return attributes whose numbers have types that the file can hold."""
        return {name: self._attribute(value) for name, value in given.items()}

    def _attribute(self, value: Any) -> Any:
        if isinstance(value, list):
            return " ".join(map(str, value)) if self.classic else value
        if self._unsigned or isinstance(value, str) or np.asarray(value).dtype.kind not in "iu":
            return value
        numbers = np.asarray(value)
        return numbers.astype(self._type(numbers.dtype, numbers) or "f8")[()]

    def refuse_groups(self, names: Iterable[str]) -> None:
        """Raise InputError if a variable lies in a group, and the file can have none."""
        inside = [name for name in names if "/" in name] if self.classic else []
        if inside:
            raise InputError(
                f"{inside[0]}: lies in a group, and {self._model} has none; use -o with .nc4"
            )

    def grows(self, name: str, shapes: Iterable[tuple[str, ...]], unlimited: set[str]) -> bool:
        """Return whether a dimension may be unlimited; in classic files only a first one may.

        >>> Narrow("NETCDF3_CLASSIC").grows("t", [("t", "x"), ("t",)], {"t"})
        True
        >>> Narrow("NETCDF3_CLASSIC").grows("t", [("x", "t")], {"t"})
        False
        """
        if not self.classic:
            return True
        return unlimited == {name} and all(name not in dims[1:] for dims in shapes)

    def type_of(self, name: str, variable: Any) -> Any:
        """Return the type of a variable that is carried along.

        Raises
        ------
        InputError
            No type of the file can hold its values.
        """
        if variable.dtype is str:
            if self.classic:
                raise InputError(
                    f"{name}: is text of any length, which {self._model} cannot hold; "
                    "use -o with .nc4"
                )
            return str
        dtype = np.dtype(variable.dtype)
        if self._unsigned or dtype.kind not in "iu":
            return dtype
        wide = dtype.itemsize == 8
        numbers = np.asarray(variable[...]) if wide and variable.size <= LARGE else None
        found = self._type(dtype, numbers)
        if found is None:
            raise InputError(
                f"{name}: {dtype.name} does not fit {self._model}; use -o with .nc5 or .nc4"
            )
        return np.dtype(found)

    def _type(self, dtype: np.dtype[Any], numbers: Any) -> str | None:
        """Return a type of CDF-1 and CDF-2 for integers, or None if none holds them exactly."""
        smaller = {"u1": "i2", "u2": "i4", "u4": "f8"}.get(dtype.str[1:])
        if dtype.itemsize < 8:
            return smaller or dtype.str[1:]
        if numbers is None:
            return None
        low, high = (int(numbers.min()), int(numbers.max())) if numbers.size else (0, 0)
        if low >= -(2**31) and high < 2**31:
            return "i4"
        return "f8" if max(-low, high) <= EXACT else None
