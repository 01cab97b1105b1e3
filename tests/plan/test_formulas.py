"""formula_terms make heights and pressures, or a note says that levels are only numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

# isort: split
import h5py

from gradcli import differentiate
from gradcli.errors import GradcliError
from tests.columns import by_loop, hybrid, ocean, write
from tests.plan.test_columns import gradient


def test_hybrid_levels_are_pascals_whatever_units_the_terms_have(tmp_path: Path) -> None:
    field, pressure = hybrid(tmp_path / "h.nc")
    found, said, notes = gradient(tmp_path / "h.nc", var="T", axis="z")
    np.testing.assert_allclose(found["dT_dz"], by_loop(field, pressure, 1), rtol=1e-9)
    assert said["units"] == "K Pa-1"
    assert said["derivative_columns"] == (
        "atmosphere_hybrid_sigma_pressure_coordinate (a: hyam b: hybm ps: PS p0: P0)"
    )
    assert notes == ["T: z is the pressure that the formula_terms of lev give"]
    upward, _, _ = gradient(
        tmp_path / "h.nc", var="T", axis="z", follow_positive=True, per={"z": "hPa"}
    )
    np.testing.assert_allclose(upward["dT_dz"], -100 * found["dT_dz"], rtol=1e-12)


def test_the_dimension_by_its_name_is_levels_with_a_note(tmp_path: Path) -> None:
    ocean(tmp_path / "o.nc")
    for given in ({"axis": "s_rho"}, {}):
        _, _, notes = gradient(tmp_path / "o.nc", var="temp", **given)
        assert (
            "s_rho: levels are only numbers, so derivatives are per level (ocean_s_coordinate_g2); "
            "axis= z takes the height that its formula_terms give"
        ) in notes
    hybrid(tmp_path / "h.nc")
    _, said, notes = gradient(tmp_path / "h.nc", var="T", axis="lev")
    assert said["units"] == "K hPa-1"
    assert notes[0].startswith("lev: coordinates are nominal")


@pytest.mark.parametrize(
    ("name", "terms", "words"),
    [
        ("ocean_s_coordinate_g2", None, "levels are only numbers.*it has no formula_terms"),
        ("ocean_double_sigma_coordinate", "sigma: s", "not among those that gradcli computes"),
    ],
)
def test_levels_whose_terms_or_formula_are_unknown_are_noted(
    tmp_path: Path, name: str, terms: str | None, words: str
) -> None:
    said = {"standard_name": name, **({"formula_terms": terms} if terms else {})}
    variables = {
        "s": (("s",), np.arange(4.0), said),
        "f": (("s", "x"), np.zeros((4, 2)), {"units": "K"}),
    }
    path = write(tmp_path / "f.nc", {"s": 4, "x": 2}, variables)
    _, _, notes = gradient(path, var="f", axis="s")
    assert any(re.search(words, note) for note in notes)
    _, _, notes = gradient(path, var="f", axis="z")
    assert any("levels are only numbers" in note for note in notes)


def test_hybrid_levels_by_attributes_of_older_models(tmp_path: Path) -> None:
    """A_var, B_var, P0_var and PS_var name the terms where there are no formula_terms."""
    field, pressure = hybrid(tmp_path / "h.nc")
    with netCDF4.Dataset(tmp_path / "h.nc", "a") as file:
        lev = file["lev"]
        lev.delncattr("formula_terms")
        lev.delncattr("standard_name")
        lev.setncatts({"A_var": "hyam", "B_var": "hybm", "P0_var": "P0", "PS_var": "PS"})
    found, said, notes = gradient(tmp_path / "h.nc", var="T", axis="z")
    np.testing.assert_allclose(found["dT_dz"], by_loop(field, pressure, 1), rtol=1e-9)
    assert said["units"] == "K Pa-1"
    assert notes == ["T: z is the pressure that the attributes A_var, B_var of lev give"]
    _, _, notes = gradient(tmp_path / "h.nc", var="T", axis="lev")
    assert notes[0].startswith("lev: coordinates are nominal (atmosphere_hybrid_sigma_pressure_")
    assert notes[0].endswith("axis= z takes the pressure that its attributes A_var, B_var give")


@pytest.mark.parametrize("name", ["alevel", "alevhalf"])
def test_levels_by_the_names_of_tables_are_noted(tmp_path: Path, name: str) -> None:
    said = {"standard_name": name, "units": "hPa", "axis": "Z", "positive": "up"}
    variables = {
        "lev": (("lev",), np.arange(4.0), said),
        "f": (("lev", "x"), np.zeros((4, 2)), {"units": "K"}),
    }
    path = write(tmp_path / "f.nc", {"lev": 4, "x": 2}, variables)
    _, _, notes = gradient(path, var="f", axis="lev")
    assert f"lev: coordinates are nominal ({name}); it has no formula_terms" in notes


def test_mere_level_numbers_of_a_role_are_noted(tmp_path: Path) -> None:
    variables = {
        "lev": (("lev",), np.arange(4.0), {"axis": "Z", "units": "1"}),
        "f": (("lev", "x"), np.zeros((4, 2)), {"units": "K"}),
    }
    path = write(tmp_path / "f.nc", {"lev": 4, "x": 2}, variables)
    _, _, notes = gradient(path, var="f", axis="z")
    assert notes == ["lev: levels are only numbers, so derivatives are per level"]


def _changed(path: Path, **attributes: Any) -> Path:
    ocean(path)
    with netCDF4.Dataset(path, "a") as file:
        file["s_rho"].setncatts(attributes)
    return path


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ("s: s_rho C: Cs_r eta: zeta depth: h", "formula_terms name no depth_c;.* needs s, C, eta"),
        ("s: s_rho C: Cs_r eta: zeta depth: gone depth_c: hc", "the file lacks gone, the term dep"),
        (
            "s: s_rho C: Cs_r eta: zeta depth: z_u depth_c: hc",
            "z_u, the term depth.*temp has no xi",
        ),
        ("s: hc C: hc eta: zeta depth: h depth_c: hc", "no term of its formula_terms lies along"),
        ("s: s_rho C: Cs_r eta: zeta depth: cold depth_c: hc", "which do not convert to K"),
    ],
)
def test_a_formula_that_lacks_terms_or_shape_is_refused_in_one_line(
    tmp_path: Path, terms: str, words: str
) -> None:
    path = _changed(tmp_path / "o.nc", formula_terms=terms)
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("xi_u", 3)
        file.createVariable("z_u", "f8", ("eta_rho", "xi_u"))[...] = 1
        file.createVariable("cold", "f8", ("eta_rho", "xi_rho")).units = "K"
    with pytest.raises(GradcliError, match=words) as caught:
        gradient(path, var="temp", axis="z")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out.nc").exists()


def height_levels(path: Path, complete: bool) -> tuple[np.ndarray, np.ndarray]:
    """Write levels of hybrid height, with or without the height of the ground."""
    a, b = np.linspace(10, 4e4, 6), np.linspace(1, 0, 6) ** 2
    ground = np.random.default_rng(4).uniform(0, 3000, 4)
    height = a[:, None] + b[:, None] * ground
    terms = "a: level_height b: sigma orog: surface_altitude"
    said = {
        "units": "m",
        "positive": "up",
        "standard_name": "atmosphere_hybrid_height_coordinate",
        "formula_terms": terms,
    }
    number = {"units": "1", "standard_name": "model_level_number", "axis": "Z"}
    variables = {
        "number": (("number",), np.arange(6.0), number),
        "level_height": (("number",), a, said),
        "sigma": (("number",), b, {"units": "1"}),
        "T": (("number", "x"), 300 - height / 100, {"units": "K"}),
    }
    if complete:
        variables["surface_altitude"] = (("x",), ground, {"units": "m"})
    write(path, {"number": 6, "x": 4}, variables)
    return 300 - height / 100, height


def test_an_auxiliary_coordinate_may_carry_the_formula(tmp_path: Path) -> None:
    field, height = height_levels(tmp_path / "h.nc", True)
    found, _, notes = gradient(tmp_path / "h.nc", var="T", axis="z")
    np.testing.assert_allclose(found["dT_dz"], by_loop(field, height, 0), rtol=1e-9)
    assert any("formula_terms" in note for note in notes)
    found, _, _ = gradient(tmp_path / "h.nc", var="T", axis="level_height")
    assert abs(found["dT_dlevel_height"] + 0.01).max() > 1e-5


def test_nominal_heights_stay_where_a_term_is_not_in_the_file(tmp_path: Path) -> None:
    height_levels(tmp_path / "h.nc", False)
    _, said, notes = gradient(tmp_path / "h.nc", var="T", axis="z")
    assert said["units"] == "K m-1"
    assert any("lacks surface_altitude" in note and "its own" in note for note in notes)


def test_coordinates_of_an_array_that_are_named_by_their_path_are_no_levels(tmp_path: Path) -> None:
    path = tmp_path / "flow.h5"
    with h5py.File(path, "w") as made:
        made["f"] = np.arange(12.0).reshape(3, 4) ** 2
        made["coords/z"], made["coords/x"] = [0.0, 0.5, 2], np.arange(4.0)
    report = differentiate(path, tmp_path / "out.h5", axis="coords/z")
    assert not [note for note in report.notes if "levels" in note]
