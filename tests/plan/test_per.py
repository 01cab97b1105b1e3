"""``--per``: of the coordinates, and of the metres of a metric."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import UsageError

FIRST = ("gradient", "magnitude", "divergence", "curl", "jacobian")
OPERATORS = dict.fromkeys(FIRST, 1) | {"laplacian": 2, "hessian": 2}  # the power of a length


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one field and a vector on longitude and latitude, and on turned ones."""
    made = tmp_path_factory.mktemp("per")
    j, i = np.meshgrid(np.arange(6.0), np.arange(7.0), indexing="ij")
    for name, dimensions in (("plain", ("lat", "lon")), ("turned", ("j", "i"))):
        with netCDF4.Dataset(made / f"{name}.nc", "w") as file:
            file.createDimension("z", 3)
            for dimension, size in zip(dimensions, (6, 7), strict=True):
                file.createDimension(dimension, size)
            flat = name == "plain"
            for at, (own, values) in enumerate({"lat": 40 + j + 0.2 * i, "lon": i}.items()):
                variable = file.createVariable(
                    own, "f8", dimensions[at : at + 1] if flat else dimensions
                )
                variable.units = f"degrees_{'north' if own == 'lat' else 'east'}"
                variable[...] = (
                    np.arange(40.0, 46) if flat and own == "lat" else values[0] if flat else values
                )
            z = file.createVariable("z", "f8", ("z",))
            z[:], z.units = [0.0, 10.0, 30.0], "m"
            for own in "uv":
                field = file.createVariable(own, "f8", ("z", *dimensions))
                field.units = "m s-1"
                if not flat:
                    field.coordinates = "lon lat"
                field[...] = np.sin(i + 0.3 * j) * (own == "u") + np.cos(j)
    return made


def results(path: Path, out: Path, **given: Any) -> dict[str, tuple[np.ndarray, str]]:
    gradcli.differentiate(path, out, overwrite=True, missing="adapt", **given)
    with netCDF4.Dataset(out) as file:
        return {
            name: (np.ma.filled(v[...], np.nan), v.units)
            for name, v in file.variables.items()
            if "derivative_of" in v.ncattrs() and "units" in v.ncattrs()
        }


@pytest.mark.parametrize("grid", ["plain", "turned"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_lengths_of_a_metric_are_converted(
    folder: Path, tmp_path: Path, operator: str, grid: str
) -> None:
    power = OPERATORS[operator]
    if grid == "turned" and power == 2:
        pytest.skip("has no second derivatives")
    given: dict[str, Any] = {"operator": operator, "axis": "lon,lat", "metric": "sphere"}
    given["var"] = "u,v" if operator in ("divergence", "curl", "jacobian") else "u"
    metres = results(folder / f"{grid}.nc", tmp_path / "m.nc", **given)
    per = {"lon": "km", "lat": "km"}
    found = results(folder / f"{grid}.nc", tmp_path / "k.nc", **given, per=per)
    assert found.keys() == metres.keys()
    for name, (values, units) in found.items():
        np.testing.assert_allclose(values, metres[name][0] * 1000**power, rtol=1e-13)
        assert units == {1: "m s-1 km-1", 2: "m s-1 km-2"}[power]


def test_one_axis_of_a_metric_and_one_without(folder: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"axis": "z,lat", "metric": "sphere", "var": "u"}
    metres = results(folder / "plain.nc", tmp_path / "m.nc", **given)
    found = results(folder / "plain.nc", tmp_path / "k.nc", **given, per={"z": "km", "y": "km"})
    assert [units for _, units in found.values()] == ["m s-1 km-1"] * 2
    for name, (values, _) in found.items():
        np.testing.assert_allclose(values, metres[name][0] * 1000, rtol=1e-13)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"axis": "lon,lat", "per": {"lon": "s"}}, "units 'm', which cannot be converted to 's'"),
        ({"axis": "lon,lat", "per": {"lon": "degree"}}, "'m', which cannot be converted"),
        ({"axis": "lon,z", "per": {"z": "hPa"}}, "'m', which cannot be converted to 'hPa'"),
        (
            {"axis": "lon,lat", "per": {"lon": "km"}, "operator": "magnitude"},
            "a mix of units: lon has km-1 and lat has m-1",
        ),
        ({"axis": "lat", "per": {"lon": "km"}}, "no derivative is taken along it"),
    ],
)
def test_what_is_no_length_is_refused(
    folder: Path, tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(gradcli.errors.GradcliError, match=words):
        results(folder / "plain.nc", tmp_path / "x.nc", var="u", metric="sphere", **given)


def test_a_coordinate_over_two_axes_has_its_units_converted(folder: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"var": "u", "axis": "lon,lat"}
    degrees = results(folder / "turned.nc", tmp_path / "m.nc", **given)
    found = results(folder / "turned.nc", tmp_path / "k.nc", **given, per={"lon": "radian"})
    ratio = found["du_dlon"][0] / degrees["du_dlon"][0]
    np.testing.assert_allclose(ratio, 180 / np.pi, rtol=1e-13)
    assert [units for _, units in found.values()] == ["m s-1 radian-1", "m s-1 degree_north-1"]
    with pytest.raises(UsageError, match="no derivative is taken along it"):
        results(folder / "turned.nc", tmp_path / "x.nc", var="u", axis="z", per={"lon": "rad"})


@pytest.mark.parametrize(
    ("head", "axis", "per", "units", "step"),
    [
        ("t,U\n[s],[V]\n", "t", "h", "V h-1", 3600),
        ("t,U\n(µs),(mV)\n", "t", "s", "mV s-1", 1e6),
        ("t,U\nmin,°C\n", "t", "h", "K h-1", 60),
        ("t/s,U [V]\n", "t/s", "h", "V h-1", 3600),
        ("Time (ms),U / mV\n", "Time (ms)", "s", "mV s-1", 1000),
        ("# t U\n# [s] [V]\n", "t", "min", "V min-1", 60),
    ],
)
def test_units_of_tables_are_converted(
    tmp_path: Path, head: str, axis: str, per: str, units: str, step: float
) -> None:
    text = head + "".join(f"{i},{i * i}\n" for i in range(4))
    path = tmp_path / "log.csv"
    path.write_text(text.replace(",", " ") if head.startswith("#") else text)
    out = tmp_path / "out.h5"
    gradcli.differentiate(path, out, axis=[axis], per={axis: per})
    with h5py.File(out) as file:
        (result,) = (file[name] for name in file if name.startswith("d"))
        assert result.attrs["units"] == units
        np.testing.assert_allclose(result[:], np.array([1, 2, 4, 5]) * step, rtol=1e-14)
    gradcli.differentiate(path, tmp_path / "out.csv", axis=[axis], per={axis: per})
    last = (tmp_path / "out.csv").read_text().replace(" ", ",").splitlines()[-1]
    assert float(last.rpartition(",")[2]) == pytest.approx(5 * step, rel=1e-14)


def test_units_of_tables_that_do_not_convert_are_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("t,U\n[s],[V]\n0,0\n1,1\n2,4\n")
    with pytest.raises(UsageError, match=r"axis t has the units 's'.*'V'"):
        gradcli.differentiate(tmp_path / "log.csv", axis=["t"], per={"t": "V"})
