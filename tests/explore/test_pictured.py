"""Panels hold what the engine computes, at the points and in the slice that a picture shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest

from gradcli.api import request
from gradcli.errors import InputError, UsageError
from gradcli.explore.panels import Panel
from gradcli.explore.pictured import panels_of
from tests.cgrids import write
from tests.places import SAMPLES


def panels(
    path: Path | str, *show: str, notes: list[str] | None = None, **given: Any
) -> dict[str, Panel]:
    at, most, dimensions = given.pop("at", {}), given.pop("most", (99, 99)), given.pop("dims_", 2)
    made = panels_of(request(str(path), None, **given), show, at, most, dimensions, notes)
    return {panel.name: panel for panel in made}


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cube") / "a.npy"
    np.save(path, np.random.default_rng(0).random((4, 50, 70)))
    return path


def test_a_slice_is_that_of_the_whole(cube: Path) -> None:
    whole = np.load(cube)
    found = panels(cube, at={"0": "2"})
    slopes = np.gradient(whole)
    expected = dict(zip(("da_d0", "da_d1", "da_d2"), slopes, strict=True))
    expected |= {"a": whole, "grad_a": np.sqrt(sum(slope**2 for slope in slopes))}
    assert found.keys() == expected.keys()
    for name, panel in found.items():
        assert np.allclose(panel.values, expected[name][2])
    assert [found[name].along for name in ("a", "da_d0", "da_d1", "da_d2")] == [None, None, 0, 1]
    assert [panel.signed for panel in found.values()] == [False, True, True, True, False]


def test_samples_are_those_of_the_full_resolution(cube: Path) -> None:
    notes: list[str] = []
    found = panels(cube, most=(10, 30), notes=notes)
    assert np.allclose(found["da_d2"].values, np.gradient(np.load(cube)[0], axis=1)[::5, ::3])
    assert found["a"].axes[1].values is not None
    assert found["a"].axes[1].values.tolist() == [*range(0, 70, 3)]
    told = "1: every 5th of its 50 points is shown; derivatives are those of the full resolution"
    assert told in notes
    assert "shown at the first point, 0 index 0 (--at 0=…)" in notes


def test_chunks_do_not_matter(cube: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as made:
        made.create_dataset("a", data=np.load(cube), chunks=(3, 16, 9), compression="gzip")
    expected, found = (panels(each, most=(10, 5)) for each in (cube, path))
    assert all(np.array_equal(found[name].values, expected[name].values) for name in expected)


def test_x_goes_to_the_right_however_the_array_lies() -> None:
    grid = {"x": slice(0, 3, 4j), "y": slice(0, 1, 3j)}
    found = panels("x + 10*y", grid=grid)
    assert found["f"].values[0].tolist() == [0, 1, 2, 3]
    assert [axis.name for axis in found["f"].axes] == ["y", "x"]
    assert [found["df_dx"].along, found["df_dy"].along] == [1, 0]


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        (("field",), ["u", "v"]),
        (("curl", "field"), ["curl", "u", "v"]),
        (("divergence",), ["div"]),
        (("jacobian",), ["du_dx", "du_dy", "dv_dx", "dv_dy"]),
    ],
)
def test_what_is_shown_of_a_vector(show: tuple[str, ...], expected: list[str]) -> None:
    grid = {"y": slice(0, 1, 4j), "x": slice(0, 1, 5j)}
    assert [*panels("u = x*y; v = x - y", *show, grid=grid, var=("u", "v"))] == expected


def test_the_magnitude_is_left_out_where_units_do_not_mix() -> None:
    names = [*panels(SAMPLES / "ocean.nc", axis="x,y")]
    assert names == ["sst", "dsst_dx", "dsst_dy"]
    assert [*panels(SAMPLES / "ocean.nc", axis="x,y", metric="sphere")][-1] == "grad_sst"
    assert [*panels(SAMPLES / "track.csv", axis="t", var="x")] == ["x", "dx_dt"]
    assert [*panels("x**5", grid={"x": slice(0, 1, 9j)}, order=5)] == ["f", "d5f_dx5"]


def test_where_a_curved_grid_lies() -> None:
    found = panels(SAMPLES / "polar.nc", metric="sphere")
    with netCDF4.Dataset(SAMPLES / "polar.nc") as held:
        lon, lat = held["lon"][:], held["lat"][:]
    for panel in found.values():
        assert panel.positions is not None
        assert np.allclose(panel.positions[0], lon)
        assert np.allclose(panel.positions[1], lat)
    assert [found[name].along for name in ("dice_dlat", "dice_dlon")] == [0, 1]


def test_complex_fields_give_magnitudes(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    np.save(path, np.array([3 + 4j, 0, 5j]))
    notes: list[str] = []
    found = panels(path, "field", notes=notes)
    assert found["c"].values.tolist() == [5, 0, 5]
    assert found["c"].title == "|c|"
    assert "c: complex; what is shown are magnitudes" in notes


def test_vectors_on_the_faces_of_a_c_grid(tmp_path: Path) -> None:
    path = tmp_path / "roms.nc"
    write(path, "roms", "linear", 8)
    found = panels(path, "divergence", var="u,v", metric="sphere")
    assert [*found] == ["div"]
    assert np.isfinite(found["div"].values).any()
    with pytest.raises(UsageError):
        panels(path, "field", "divergence", var="u,v", metric="sphere")


def test_a_section_of_one_axis(cube: Path) -> None:
    found = panels(cube, "field", at={"0": "1", "1": "7"})
    assert np.array_equal(found["a"].values, np.load(cube)[1, 7])
    assert found["a"].title == "a, 0 = index 1, 1 = index 7"
    assert panels(cube, "field", dims_=1)["a"].values.shape == (70,)


@pytest.mark.parametrize(
    ("given", "kind", "told"),
    [
        ({"at": {"q": "1"}}, UsageError, "--at: no axis 'q'"),
        ({"at": {"0": "0", "1": "0", "2": "0"}}, InputError, "no axis of two points or more"),
        ({"show": ("gradien",)}, UsageError, "no panel 'gradien'; did you mean 'gradient'"),
    ],
)
def test_what_cannot_be_shown(
    cube: Path, given: dict[str, Any], kind: type[Exception], told: str
) -> None:
    show = given.pop("show", ())
    with pytest.raises(kind, match=told):
        panels(cube, *show, **given)


def test_too_many_panels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    names = [f"c{number}" for number in range(30)]
    path.write_text("\n".join([",".join(["t", *names]), *(["1" + ",1" * 30, "2" + ",2" * 30])]))
    with pytest.raises(UsageError, match="60 panels"):
        panels(path, axis="t")


def test_components_of_one_array_have_names_of_their_own() -> None:
    found = panels(SAMPLES / "wave.npz", "field", var="u", components="0")
    assert [*found] == [f"u{number}" for number in range(8)]


def test_a_field_without_points_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.npy"
    np.save(path, np.zeros((0, 4)))
    with pytest.raises(InputError, match="none: has no points to show"):
        panels(path)


def test_nothing_but_missing_values_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "nan.npy"
    np.save(path, np.full((3, 4), np.nan))
    with pytest.raises(InputError, match="every value that would be shown is missing"):
        panels(path)


def bytes_read() -> int:
    """Return how many bytes this process has asked the system to read."""
    counts = Path("/proc/self/io")
    if not counts.exists():
        pytest.skip("this system does not count them")
    return int(counts.read_text().split("rchar:")[1].split()[0])


def test_only_the_slice_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.npy"
    shape = (20, 40, 1000, 1678)
    with open(path, "wb") as made:
        form = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(made, form)
        made.truncate(made.tell() + int(np.prod(shape)) * 8)
    before = bytes_read()
    panels(path, "field", "gradient", axis="2,3", most=(300, 300))
    assert bytes_read() - before < 1.2 * 1000 * 1678 * 8
