"""Lengths of C grids: terms of files go before positions, and agree with them to second order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError, UsageError
from gradcli.formats.opening import open_source
from gradcli.geometry.cells import Cells, CellTables, beside, between
from gradcli.geometry.distances import PlaceLengths
from gradcli.geometry.land import unused_masks
from gradcli.geometry.lengths import lengths_of
from gradcli.geometry.staggered import recognise
from gradcli.geometry.stored import InverseLengths, MapFactors, StoredLengths
from gradcli.model.metric import Metric
from gradcli.model.protocols import Hints
from gradcli.numerics.operators import make_operator
from tests.cgrids import MODELS, metric, points, write

BOTH = (make_operator("divergence"), make_operator("curl"))


def found(path: Path, metric: Metric, corners: bool = False) -> tuple[Any, Cells]:
    with open_source(str(path), Hints()) as source:
        grid = recognise(source, source.fields["u"], source.fields["v"])
        assert grid is not None
        lengths = lengths_of(source, grid, metric, BOTH)
        return lengths, lengths.cells(source, corners)


def exact(name: str, cells: int, corners: bool) -> Cells:
    model = MODELS[name]
    u, v, t = (metric(*points(model, cells, point), cells) for point in ("u", "v", "tf"[corners]))
    return Cells(u[0] if corners else u[1], v[1] if corners else v[0], t[0] * t[1])


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize(
    ("name", "give", "kind"),
    [
        ("roms", {"terms": "pm"}, InverseLengths),
        ("wrf", {"terms": "mapfac"}, MapFactors),
        ("nemo", {"terms": "e"}, StoredLengths),
        ("roms", {}, PlaceLengths),
        ("mom6", {}, PlaceLengths),
        ("symmetric", {}, PlaceLengths),
    ],
)
def test_lengths_against_exact_ones(
    name: str, give: dict[str, Any], kind: type, corners: bool, tmp_path: Path
) -> None:
    write(tmp_path / "f.nc", name, "rotation", 24, **give)
    lengths, cells = found(tmp_path / "f.nc", Metric("sphere"), corners)
    assert isinstance(lengths, kind)
    assert lengths.units == "m"
    inner = (slice(1, -1), slice(1, -1))
    for values, expected in zip(cells, exact(name, 24, corners), strict=True):
        assert values.shape == expected.shape
        np.testing.assert_allclose(values[inner], expected[inner], rtol=8e-3)


@pytest.mark.parametrize(
    "names",
    [
        {"e1u": "DXC", "e2u": "dyG", "e1v": "dxG", "e2v": "dyC", "e1t": "", "e1f": ""},
        {"e1u": "dxCu", "e2u": "dyCu", "e1v": "dxCv", "e2v": "dyCv", "e1f": "", "e1t": ""},
        {"e1u": "scux", "e2u": "scuy", "e1v": "scvx", "e2v": "scvy", "e1t": "scpx", "e2t": "scpy"},
        {"e1u": "DXU", "e2u": "DYU", "e1v": "DXV", "e2v": "DYV"},
    ],
)
def test_names_of_other_models(names: dict[str, str], tmp_path: Path) -> None:
    """Without areas they are made of the lengths around, to second order."""
    write(tmp_path / "f.nc", "mom6", "rotation", 24, terms="e")
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        for term in ("e1t", "e2t", "e1f", "e2f", "e1u", "e2u", "e1v", "e2v"):
            file.renameVariable(term, names.get(term) or f"other_{term}")
    for corners in (False, True):
        lengths, cells = found(tmp_path / "f.nc", Metric(), corners)
        assert isinstance(lengths, StoredLengths)
        for values, expected in zip(cells, exact("mom6", 24, corners), strict=True):
            there = np.isfinite(values)
            assert there.mean() > 0.9
            inner = (slice(1, -1), slice(1, -1))
            np.testing.assert_allclose(values[inner], expected[inner], rtol=8e-3)


def test_without_a_metric_degrees_are_refused_and_none_goes_before_terms(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "roms", "rotation", 8, terms="pm")
    lengths, _ = found(tmp_path / "f.nc", Metric("none"))
    assert isinstance(lengths, PlaceLengths)
    assert lengths.units == "degree"
    write(tmp_path / "f.nc", "roms", "rotation", 8)
    with pytest.raises(UsageError, match="--metric sphere"):
        found(tmp_path / "f.nc", Metric())


def test_nothing_says_how_long_steps_are(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "wrf", "rotation", 8, places=False)
    with pytest.raises(InputError, match="nothing says how long its steps are: west_east_stag"):
        found(tmp_path / "f.nc", Metric("sphere"))


def test_values_beside_points() -> None:
    values = np.array([1.0, 3.0, 7.0])
    np.testing.assert_array_equal(beside(values, 3, -1, 0), [[np.nan, 1, 3], [1, 3, 7]])
    np.testing.assert_array_equal(beside(values, 3, -1, 0, closed=True), [[7, 1, 3], [1, 3, 7]])
    np.testing.assert_array_equal(between(values, 4, -1, 0), [1, 2, 5, 7])


def test_masks_and_tables(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "nemo", "rotation", 8, terms="e")
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        file.createDimension("z", 3)
        file.createVariable("umask", "i1", ("z", "y", "x"))[...] = 1
        mask = np.ones((8, 16))
        mask[2, 3] = 0
        file.createVariable("vmask", "i1", ("y", "x"))[...] = mask
    with open_source(str(tmp_path / "f.nc"), Hints()) as source:
        grid = recognise(source, source.fields["u"], source.fields["v"])
        assert grid is not None
        (told,) = unused_masks(source, grid)
        assert told.startswith("umask: does not lie over the axes of u")
        tables = CellTables(grid, lengths_of(source, grid, Metric(), BOTH), False, (1, -1))
        tables.check(source)
        tables.load(source)
    assert np.isnan(tables.tables["v"]).sum() == 1
    assert np.isnan(tables.tables["v"][2, 3])
    assert np.nanmax(tables.tables["v"]) < 0 < tables.tables["u"].min()
    assert tables.held > 8 * 16 * 8 * 4


def test_map_factors_that_move_are_not_those_of_the_first_step(tmp_path: Path) -> None:
    path, out = tmp_path / "f.nc", tmp_path / "o.nc"
    write(path, "wrf", "deformation", 8, terms="mapfac")
    with netCDF4.Dataset(path, "a") as file:
        for name in ("u", "v"):
            file[name][1] = file[name][0]
        for name in [name for name in file.variables if name.startswith("MAPFAC")]:
            file[name][1] *= 2  # lengths are halves, so derivatives are doubled
    vector: dict[str, Any] = {"var": "u,v", "operator": "divergence", "overwrite": True}
    with pytest.raises(InputError, match=r"MAPFAC_\w+ changes along time: .* select one step"):
        gradcli.differentiate(path, out, **vector)
    found = []
    for step in (0, 1):
        gradcli.differentiate(path, out, isel={"time": (step, step + 1)}, **vector)
        with netCDF4.Dataset(out) as file:
            found.append(np.ma.filled(file["div"][0], np.nan))
    assert np.abs(found[0][np.isfinite(found[0])]).max() > 0
    np.testing.assert_allclose(found[1], 2 * found[0], rtol=1e-6, equal_nan=True)
