"""Units of astropy and pint pass through gradient(), or are refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli import gradient
from gradcli.errors import GradcliError, KindError

VALUES, X = [0.0, 1.0, 9.0], [0.0, 1.0, 3.0]
PLANE = np.array([[1.0, 2.0, 4.0], [1.0, 3.0, 9.0]])


# Registries of a few units: that of all units takes half a second.
UNITS = """meter = [length] = m
second = [time] = s
gram = [mass] = g
kilo- = 1e3 = k-
kelvin = [temperature]; offset: 0 = K
degree_Celsius = kelvin; offset: 273.15 = degC
watt = kilogram * meter ** 2 / second ** 3 = W
decibelmilliwatt = 1e-3 watt; logbase: 10; logfactor: 10 = dBm
decibel = 1; logbase: 10; logfactor: 10 = dB"""


def registry() -> Any:
    return pytest.importorskip("pint").UnitRegistry(UNITS.splitlines())


@pytest.fixture(params=["astropy", "pint"])
def quantity(request: pytest.FixtureRequest) -> Any:
    """Return what makes quantities from numbers and the name of a unit."""
    if request.param == "pint":
        return registry().Quantity
    return pytest.importorskip("astropy.units").Quantity


def parts(found: Any) -> tuple[Any, str]:
    """Return the numbers and the unit of a quantity of either library."""
    if hasattr(found, "magnitude"):
        return found.magnitude.tolist(), f"{found.units:~C}"
    return found.value.tolist(), found.unit.to_string().replace(" ", "")


def test_units_pass_through(quantity: Any) -> None:
    metres, seconds = quantity(VALUES, "m"), quantity(X, "s")
    step = quantity(2.0, "s")
    assert parts(gradient(metres, seconds)) == ([1, 2, 4], "m/s")
    assert parts(gradient(metres, step)) == ([0.5, 2.25, 4], "m/s")
    assert parts(gradient(metres)) == ([1, 4.5, 8], "m")
    assert parts(gradient(metres, X)) == ([1, 2, 4], "m")
    assert parts(gradient(VALUES, seconds)) == ([1, 2, 4], "1/s")
    numbers, unit = parts(gradient(metres, seconds, order=2))
    assert numbers == pytest.approx([2, 2, 2])
    assert unit in ("m/s**2", "m/s2")


def test_each_axis_has_its_unit(quantity: Any) -> None:
    found = gradient(quantity(PLANE, "m"), quantity(2.0, "s"), quantity([0.0, 1.0, 3.0], "kg"))
    assert [parts(one)[1] for one in found] == ["m/s", "m/kg"]
    assert parts(found[1])[0] == [[1, 1, 1], [2, pytest.approx(7 / 3), 3]]


def test_dates_are_in_seconds(quantity: Any) -> None:
    found = gradient(quantity(VALUES, "m"), np.timedelta64(2, "s"))
    assert parts(found) == ([0.5, 2.25, 4], "m/s")


def test_scalars_and_kinds_of_numbers(quantity: Any) -> None:
    assert gradient(quantity(3.0, "m")) == ()
    assert gradient(quantity(np.float32(VALUES), "m")).dtype == np.float32
    assert parts(gradient(quantity([1, 2, 4], "m"))) == ([1, 1.5, 2], "m")
    assert parts(gradient(quantity([0, 2j], "m")))[0] == [2j, 2j]


def test_quantities_in_a_list_are_refused(quantity: Any) -> None:
    with pytest.raises(GradcliError, match="values that cannot be made an array"):
        gradient([quantity(1.0, "m"), quantity(2.0, "m")])


def test_logarithms_are_refused(quantity: Any) -> None:
    if "pint" in quantity.__module__:
        levels = [quantity([1.0, 2.0], "dBm")]
    else:
        units = pytest.importorskip("astropy.units")
        levels = [units.Magnitude([1.0, 2.0]), units.Dex([1.0, 2.0] * units.m)]
    for level in levels:
        for steps in ((), (quantity(1.0, "s"),)):
            with pytest.raises(KindError, match="convert the values to a linear unit first"):
                gradient(level, *steps)


def test_decibels_per_metre_are_an_attenuation() -> None:
    quantity = registry().Quantity
    found = gradient(quantity([1.0, 3.0], "dB"), quantity(2.0, "m"))
    assert (found.magnitude.tolist(), str(found.units)) == ([1, 1], "decibel / meter")


def test_an_offset_drops_out_of_a_difference_in_pint() -> None:
    quantity = registry().Quantity
    found = gradient(quantity([10.0, 12.0], "degC"), quantity(2.0, "s"))
    assert str(found.units) == "delta_degree_Celsius / second"
    assert found.to("kelvin / s").magnitude.tolist() == [1, 1]
    along = gradient([1.0, 3.0], quantity([10.0, 12.0], "degC"))
    assert str(along.units) == "1 / delta_degree_Celsius"


def test_masks_within_quantities() -> None:
    hole = np.ma.masked_array([1, 2, 999, 7, 11], [0, 0, 1, 0, 0])
    quantity = registry().Quantity
    found = gradient(quantity(hole, "m"), quantity(2.0, "s"))
    assert found.magnitude.tolist() == [0.5, None, None, None, 2]
    assert str(found.units) == "meter / second"


def test_masked_quantities_of_astropy() -> None:
    units = pytest.importorskip("astropy.units")
    masked = pytest.importorskip("astropy.utils.masked").Masked
    values = masked([1, 2, 999, 7, 11] * units.m, mask=[0, 0, 1, 0, 0])
    found = gradient(values, 2 * units.s)
    assert type(found) is type(values)
    assert found.unit == units.m / units.s
    assert found.mask.tolist() == [False, True, True, True, False]
    assert found.unmasked[[0, 4]].value.tolist() == [0.5, 2]


def test_angles_give_no_angles() -> None:
    units = pytest.importorskip("astropy.units")
    longitude = pytest.importorskip("astropy.coordinates").Longitude
    found = gradient(longitude([350, 352, 356], "deg"), 2 * units.s)
    assert type(found) is units.Quantity
    assert found.value.tolist() == [1, 1.5, 2]
    assert found.unit == units.deg / units.s


def test_two_libraries_are_refused() -> None:
    units = pytest.importorskip("astropy.units")
    seconds = registry().Quantity(X, "s")
    with pytest.raises(KindError, match="unit of astropy and coordinates with one of pint"):
        gradient(VALUES * units.m, seconds)


def test_two_registries_are_refused() -> None:
    one, other = registry(), registry()
    with pytest.raises(KindError, match="meter per second"):
        gradient(one.Quantity(VALUES, "m"), other.Quantity(X, "s"))


def test_unknown_units_are_refused_and_not_dropped() -> None:
    class Length(np.ndarray):
        units = "m"

    with pytest.raises(GradcliError, match="Length has units that are unknown here"):
        gradient(np.array(VALUES).view(Length))
    with pytest.raises(GradcliError, match="Length has units that are unknown here"):
        gradient(VALUES, np.array(X).view(Length))
