"""Numbers with units, as astropy and pint make them: their units pass through a derivative.

Neither library is imported here. A quantity can only exist if its library has been imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.errors import KindError
from gradcli.record import record, replace


@record(frozen=True)
class Unit:
    """The unit of a quantity, and how its library makes a quantity of it.

    Attributes
    ----------
    library : str
        The name of the library.
    unit : object
        The unit of differences between values: degrees Celsius of pint become differences.
    second : object
        The second of the same library.
    make : callable
        Makes a quantity from numbers and a unit.
    """

    library: str
    unit: Any
    second: Any
    make: Callable[[Any, Any], Any]


def split_quantity(value: object) -> tuple[Any, Unit | None]:
    """Return the numbers of a quantity and its unit, or any other value and None.

    Raises
    ------
    KindError
        The unit is logarithmic, or one of a library that is unknown here.

    Examples
    --------
    >>> split_quantity([1.0, 2.0])
    ([1.0, 2.0], None)
    """
    astropy, pint = (_quantities(name) for name in ("astropy.units", "pint"))
    if astropy and isinstance(value, astropy):
        return value.value, _unit_of_astropy(value)
    if pint and isinstance(value, pint):
        return value.magnitude, _unit_of_pint(value)
    if isinstance(value, np.ndarray) and (hasattr(value, "unit") or hasattr(value, "units")):
        raise KindError(
            f"{type(value).__name__} has units that are unknown here; "
            "give its plain numbers, or a quantity of astropy or pint"
        )
    return value, None


def derivative_unit(field: Unit | None, along: Unit | None, order: int) -> Unit | None:
    """Return the unit of a derivative, which is the field's per coordinate to the power of order.

    Raises
    ------
    KindError
        The units are of two libraries, or the library refuses to divide them.

    Examples
    --------
    >>> derivative_unit(None, None, 1) is None
    True
    """
    if along is None:
        return field
    if field is None:
        return replace(along, unit=along.unit**-order)
    if field.library != along.library:
        raise KindError(
            f"values with a unit of {field.library} and coordinates with one of {along.library}; "
            "give both as quantities of one library"
        )
    try:
        return replace(field, unit=field.unit / along.unit**order)
    except (TypeError, ValueError) as error:
        raise KindError(f"values in {field.unit} per {along.unit}: {error}") from None


def _quantities(library: str) -> Any:
    """Return the class of a library's quantities, or None if it has not been imported."""
    return getattr(sys.modules.get(library), "Quantity", None)


def _unit_of_astropy(value: Any) -> Unit:
    units = sys.modules["astropy.units"]
    if not isinstance(value.unit, units.UnitBase):
        raise _no_difference(value.unit)

    def make(numbers: Any, unit: Any) -> Any:
        return units.Quantity(numbers, unit, copy=False, subok=True)

    return Unit("astropy", value.unit, units.s, make)


def _unit_of_pint(value: Any) -> Unit:
    kind = type(value)
    try:
        # An offset drops out of a difference, and pint says so: delta_degree_Celsius.
        difference = (kind(0.0, value.units) - kind(0.0, value.units)).units
    except (TypeError, ValueError):
        raise _no_difference(value.units) from None
    if difference != value.units and "delta_" not in f"{difference:D}":
        raise _no_difference(value.units)
    return Unit("pint", difference, kind(1.0, "second").units, kind)


def _no_difference(unit: object) -> KindError:
    return KindError(
        f"values in {unit}, which has no plain differences; "
        "convert the values to a linear unit first"
    )
