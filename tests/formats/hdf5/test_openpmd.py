"""Meshes of openPMD."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import gradcli
from gradcli.formats.opening import open_source

STEPS, OFFSETS, UNIT = np.array([0.5, 2.0]), np.array([-1.0, 10.0]), 1e-6
POSITIONS = {"x": (0.5, 0.0), "y": (0.0, 0.5)}
# (offset + (index + position) * step) * unit
PLACES = {
    "x": ((-1 + (np.arange(6) + 0.5) * 0.5) * 1e-6, (10 + np.arange(4) * 2.0) * 1e-6),
    "y": ((-1 + np.arange(6) * 0.5) * 1e-6, (10 + (np.arange(4) + 0.5) * 2.0) * 1e-6),
}


def write(path: Path, order: str = "C", **said: Any) -> Path:
    way = slice(None) if order == "C" else slice(None, None, -1)
    with h5py.File(path, "w") as file:
        file.attrs["openPMD"] = "1.1.0"
        mesh = file.create_group("data/100/fields/E")
        mesh.attrs.update(
            {
                "axisLabels": np.array([b"r", b"z"])[way],
                "dataOrder": np.bytes_(order),
                "geometry": np.bytes_(b"cartesian"),
                "gridSpacing": STEPS[way],
                "gridGlobalOffset": OFFSETS[way],
                "gridUnitSI": UNIT,
                "unitDimension": [1.0, 1.0, -3.0, -1.0, 0.0, 0.0, 0.0],
                **said,
            }
        )
        for name, position in POSITIONS.items():
            mesh[name] = np.add.outer(PLACES[name][0] ** 2, PLACES[name][1] ** 3)
            mesh[name].attrs["position"] = np.array(position)[way]
            mesh[name].attrs["unitSI"] = 1.0
        constant = mesh.create_group("z")  # a component that is the same everywhere
        constant.attrs.update({"value": 0.0, "shape": [6, 4], "position": [0.0, 0.0]})
    return path


@pytest.mark.parametrize("order", ["C", "F"])
def test_components_lie_where_offset_step_unit_and_position_say(tmp_path: Path, order: str) -> None:
    path = write(tmp_path / "a.h5", order)
    report = gradcli.differentiate(path, edge_order=2)
    assert report.notes == []
    with h5py.File(report.outputs[0]) as file:
        for name, places in PLACES.items():
            values = np.add.outer(places[0] ** 2, places[1] ** 3)
            for axis, along in enumerate("rz"):
                made = file[f"data/100/fields/E/d{name}_d{along}"]
                expected = np.gradient(values, places[axis], axis=axis, edge_order=2)
                np.testing.assert_allclose(made[:], expected, rtol=1e-9)
                assert made.attrs["units"] == "m kg s-3 A-1 m-1"
                np.testing.assert_allclose(made.dims[axis][0][:], places[axis], rtol=1e-12)


def test_modes_come_before_the_axes_that_have_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", geometry=np.bytes_(b"thetaMode"))
    with h5py.File(path, "a") as file:
        values = file["data/100/fields/E/x"][:]
        del file["data/100/fields/E/x"]
        file["data/100/fields/E/x"] = np.stack([values, 2 * values, 3 * values])
        file["data/100/fields/E/x"].attrs["position"] = [0.0, 0.5, 0.0]
    with open_source(str(path)) as source:
        axes = source.fields["data/100/fields/E/x"].axes
        assert [axis.name for axis in axes] == [None, "r", "z"]
        assert axes[0].values is None
        np.testing.assert_allclose(axes[1].values, PLACES["x"][0])


@pytest.mark.parametrize("name", ["gridSpacing", "axisLabels"])
def test_what_lacks_an_attribute_is_no_mesh(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        del file["data/100/fields/E"].attrs[name]
    with open_source(str(path)) as source:
        assert {a.name for a in source.fields["data/100/fields/E/x"].axes} == {None}
