"""Which coordinates over further dimensions stand along an axis, by name, by role and as given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, InputError, UsageError
from tests.columns import by_loop, floats, hybrid, ocean, write


def gradient(path: Path, **given: Any) -> tuple[dict[str, np.ndarray], dict[str, Any], list[str]]:
    """Return the derivatives of a file, the attributes of the last of them, and the notes."""
    out = path.with_name("out.nc")
    report = gradcli.differentiate(path, out, overwrite=True, **given)
    with netCDF4.Dataset(out) as file:
        results = [file[axis["result"]] for var in report.variables for axis in var["axes"]]
        found = {made.name: np.ma.filled(made[...].astype(float), np.nan) for made in results}
        return found, dict(results[-1].__dict__), list(report.notes)


@pytest.fixture
def profiles(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    path = tmp_path / "floats.nc"
    return path, *floats(path)


@pytest.fixture
def rho(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    path = tmp_path / "rho.nc"
    return path, *ocean(path, stored=True)


def test_profiles_by_name_are_a_loop_of_numpys_gradient(profiles: Any) -> None:
    path, temperature, pressure = profiles
    found, said, notes = gradient(path, var="TEMP", axis="PRES", edge_order=2)
    np.testing.assert_allclose(
        found["dTEMP_dPRES"], by_loop(temperature, pressure, 1, 2), rtol=1e-12, atol=1e-13
    )
    assert said["units"] == "K decibar-1"
    assert said["derivative_axis"] == "PRES"
    assert said["derivative_spacing"] == "column by column"
    assert said["derivative_columns"] == "PRES(N_PROF, N_LEVELS)"
    assert notes == []


def test_the_role_z_takes_the_one_coordinate_there_is_with_a_note(profiles: Any) -> None:
    path, temperature, pressure = profiles
    found, said, notes = gradient(path, var="TEMP", axis="z")
    np.testing.assert_allclose(found["dTEMP_dz"], by_loop(temperature, pressure, 1), rtol=1e-12)
    assert notes == ["TEMP: z is taken as PRES, column by column along N_LEVELS"]
    assert said["long_name"].endswith("along sea water pressure")


def test_of_two_that_a_role_may_mean_neither_is_guessed(tmp_path: Path) -> None:
    over, said = ("N_PROF", "N_LEVELS"), {"axis": "Z", "units": "m"}
    floats(tmp_path / "f.nc", depth=(over, np.ones((6, 30)), said))
    with pytest.raises(UsageError, match="'z' of TEMP may mean PRES, depth; name one of them"):
        gradient(tmp_path / "f.nc", var="TEMP", axis="z")
    listed = {"units": "K", "coordinates": "PRES"}
    _, pressure = floats(
        tmp_path / "g.nc",
        depth=(over, np.ones((6, 30)), said),
        TEMP=(over, np.ones((6, 30)), listed),
    )
    found, _, _ = gradient(tmp_path / "g.nc", var="TEMP", axis="z")
    np.testing.assert_array_equal(np.isnan(found["dTEMP_dz"]), np.isnan(pressure))


def test_units_direction_order_and_missing_values_are_those_of_other_axes(profiles: Any) -> None:
    path, temperature, pressure = profiles
    per = {"var": "TEMP", "axis": "PRES", "per": {"PRES": "Pa"}}
    found, said, _ = gradient(path, **per, follow_positive=True)
    expected = -by_loop(temperature, pressure, 1) / 1e4
    np.testing.assert_allclose(found["dTEMP_dPRES"], expected, rtol=1e-12)
    assert said["units"] == "K Pa-1"
    assert said["derivative_direction"].startswith("upwards")
    found, said, _ = gradient(path, var="TEMP", axis="PRES", order=2, missing="adapt")
    assert said["units"] == "K decibar-2"
    assert said["derivative_missing"] == "adapt"
    assert (~np.isnan(found["d2TEMP_dPRES2"])).sum() == (~np.isnan(pressure)).sum()


def test_heights_of_an_ocean_model_stored_or_computed(rho: Any) -> None:
    path, field, height = rho
    expected = by_loop(field, height, 1)
    for axis, name in (("z_rho", "dtemp_dz_rho"), ("z", "dtemp_dz")):
        found, said, _ = gradient(path, var="temp", axis=axis)
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-15)
        assert said["coordinates"] == "lon_rho lat_rho"
        assert said["units"] == "K m-1" or said["units"] == "K meter-1"


def test_a_part_and_a_block_give_what_the_whole_gives(rho: Any) -> None:
    path, field, height = rho
    expected = by_loop(field, height, 1)
    found, _, _ = gradient(path, var="temp", axis="z", isel={"xi_rho": (1, 3), "eta_rho": 2})
    np.testing.assert_allclose(found["dtemp_dz"], expected[:, :, 2:3, 1:3], rtol=1e-9)


def test_a_part_of_a_column_takes_the_rows_beside_it(rho: Any) -> None:
    path, field, height = rho
    expected = by_loop(field, height, 1)
    for part, rows in (((2, 5), slice(2, 5)), (3, slice(3, 4)), ((6, None), slice(6, None))):
        found, _, _ = gradient(path, var="temp", axis="z", isel={"s_rho": part})
        np.testing.assert_allclose(found["dtemp_dz"], expected[:, rows], rtol=1e-9, atol=1e-15)
    found, _, _ = gradient(path, var="temp", axis="z", isel={"s_rho": (2, 5)}, halo=False)
    alone = by_loop(field[:, 2:5], height[:, 2:5], 1)
    np.testing.assert_allclose(found["dtemp_dz"], alone, rtol=1e-9, atol=1e-15)


def test_levels_beside_other_axes_are_noted_or_refused(rho: Any) -> None:
    path, *_ = rho
    axes = {"var": "temp", "axis": ["x", "y", "z"]}
    found, _, notes = gradient(path, **axes)
    assert list(found) == ["dtemp_dx", "dtemp_dy", "dtemp_dz"]
    assert "temp: derivatives along x, y are along the levels, not at constant z" in notes
    for operator in ("magnitude", "laplacian", "hessian"):
        with pytest.raises(UsageError, match=f"{operator}: .*not at constant z"):
            gradient(path, **axes, operator=operator, metric="sphere")
    found, _, _ = gradient(path, var="temp", axis="z", operator="laplacian")
    assert list(found) == ["lap_temp"]


def test_a_coordinate_that_may_stand_along_several_axes_is_placed_by_coords(tmp_path: Path) -> None:
    height = np.cumsum(np.random.default_rng(3).uniform(1, 2, (3, 4, 5)), axis=1)
    over = ("a", "b", "c")
    variables = {
        "pos": (over, height, {"units": "m"}),
        "plane": (over[:2], height[:, :, 0], {}),
        "f": (over, height**2, {"units": "K"}),
    }
    path = write(tmp_path / "f.nc", dict(zip(over, (3, 4, 5), strict=True)), variables)
    with pytest.raises(UsageError, match="not clear along which of them"):
        gradient(path, var="f", axis="pos")
    expected = by_loop(height**2, height, 1)
    for given in ({"axis": "b", "coords": {"b": ":pos"}},):
        found, said, _ = gradient(path, var="f", **given)
        np.testing.assert_allclose(found["df_db"], expected, rtol=1e-12)
        assert said["units"] == "K m-1"
    found, _, _ = gradient(path, var="f", axis="plane")
    np.testing.assert_allclose(
        found["df_dplane"], by_loop(height**2, height[:, :, :1] + 0 * height, 1), rtol=1e-12
    )
    with pytest.raises(UsageError, match="plane does not lie along c"):
        gradient(path, var="f", axis="c", coords={"c": ":plane"})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"periodic": ["PRES"]}, "columns do not close"),
        ({"sort": True}, "sort"),
        ({"sel": {"PRES": (0, 10)}}, "differ from column to column"),
    ],
)
def test_what_does_not_apply_to_columns_is_refused(profiles: Any, given: Any, words: str) -> None:
    with pytest.raises(GradcliError, match=words):
        gradient(profiles[0], var="TEMP", axis="PRES", **given)


def test_a_column_that_goes_back_and_forth_leaves_no_file(profiles: Any) -> None:
    path, _, pressure = profiles
    with netCDF4.Dataset(path, "a") as file:
        file["PRES"][3, 6] = pressure[3, 4]
    with pytest.raises(InputError, match=r"TEMP along PRES: .* N_PROF 3, .* at N_LEVELS 6"):
        gradient(path, var="TEMP", axis="PRES")
    assert not path.with_name("out.nc").exists()


def test_a_coordinate_of_other_dimensions_is_named(rho: Any) -> None:
    path, *_ = rho
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("s_w", 10)
        file.createVariable("z_w", "f8", ("s_w", "eta_rho", "xi_rho"))[...] = 0
    with pytest.raises(UsageError, match="z_w lies over s_w, eta_rho, xi_rho, temp over"):
        gradient(path, var="temp", axis="z_w")


def test_fields_without_the_dimensions_are_left_out(tmp_path: Path) -> None:
    field, pressure = hybrid(tmp_path / "h.nc")
    found, _, notes = gradient(tmp_path / "h.nc", axis="z")
    assert list(found) == ["dT_dz"]
    np.testing.assert_allclose(found["dT_dz"], by_loop(field, pressure, 1), rtol=1e-9)
    assert "hyam, hybm, PS: left out, without an axis that was asked for" in notes


def test_arrays_of_one_shape_in_an_archive_are_columns_by_name(tmp_path: Path) -> None:
    height = np.cumsum(np.random.default_rng(3).uniform(1, 2, (3, 8)), axis=1)
    np.savez(tmp_path / "a.npz", p=height, f=height**2)
    gradcli.differentiate(tmp_path / "a.npz", tmp_path / "o.npz", var="f", axis="p")
    with np.load(tmp_path / "o.npz") as made:
        np.testing.assert_allclose(made["df_dp"], by_loop(height**2, height, 1), rtol=1e-12)
