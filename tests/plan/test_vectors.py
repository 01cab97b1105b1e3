"""Variables as the components of a vector."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, InputError, UsageError


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of u, v, w(y, x) and of wind(part, y, x), u alike."""
    path = tmp_path_factory.mktemp("vectors") / "f.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("part", 2), ("y", 4), ("x", 5)):
            file.createDimension(name, size)
        for name in ("y", "x"):
            axis = file.createVariable(name, "f8", (name,))
            axis[:] = np.arange(file.dimensions[name].size)
            axis.axis, axis.units = name.upper(), "m"
        y, x = np.meshgrid(np.arange(4.0), np.arange(5.0), indexing="ij")
        for name, units, values in (("u", "m s-1", 2 * x), ("v", "m s-1", 3 * y), ("q", "K", x)):
            variable = file.createVariable(name, "f8", ("y", "x"))
            variable[:] = values
            variable.units = units
        wind = file.createVariable("wind", "f8", ("part", "y", "x"))
        wind[:] = np.stack([2 * x, 3 * y])
        wind.units = "m s-1"
    return path


def divergence(path: Path, folder: Path, **options) -> np.ndarray:
    report = gradcli.differentiate(
        path, folder / "out.npy", operator="divergence", overwrite=True, **options
    )
    return np.load(report.outputs[0])


def test_axes_that_are_not_asked_for_are_taken_in_the_order_of_the_components(
    path: Path, tmp_path: Path
) -> None:
    np.testing.assert_array_equal(divergence(path, tmp_path, var=["u", "v"]), np.full((4, 5), 5.0))
    # Against the grain: du/dy and dv/dx are 0.
    crossed = divergence(path, tmp_path, var=["u", "v"], axis=["y", "x"])
    np.testing.assert_array_equal(crossed, np.zeros((4, 5)))


def test_an_axis_of_an_array_may_tell_the_components_apart(path: Path, tmp_path: Path) -> None:
    found = divergence(path, tmp_path, var="wind", components="part", axis=["x", "y"])
    np.testing.assert_array_equal(found, np.full((4, 5), 5.0))


def test_components_that_differ_in_units_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="u and q differ in units: m s-1 and K"):
        divergence(path, tmp_path, var=["u", "q"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"var": ["u", "v"], "axis": "x"}, r"2 components \(u, v\) for 1 axes \(x\)"),
        ({"var": "wind", "components": "part", "axis": "part"}, "no axis is left"),
        ({"var": "wind", "components": "depth"}, "depth"),
    ],
)
def test_too_few_axes_for_the_components_are_refused(
    path: Path, tmp_path: Path, options: dict, words: str
) -> None:
    with pytest.raises((UsageError, GradcliError), match=words):
        divergence(path, tmp_path, **options)


def test_faces_in_a_format_without_names_of_dimensions(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", u=np.zeros((4, 6)), v=np.zeros((5, 5)))
    with pytest.raises(InputError, match=r"differ in shape.*faces of a C grid need netCDF"):
        gradcli.differentiate(tmp_path / "f.npz", operator="divergence", var="u,v")


def test_a_vector_needs_its_components_named_among_many_variables(path, tmp_path):
    np.savez(tmp_path / "many.npz", **{name: np.zeros((4, 5)) for name in "abcdefghijk"})
    with pytest.raises(UsageError, match=r"there are 11 variables \(a, .* h and 3 more\); name"):
        divergence(tmp_path / "many.npz", tmp_path)
