"""Coordinates of the meshes of openPMD, which attributes give: offset, step, unit and position."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.cf.roles import make_axis
from gradcli.model.axes import Axis

NEEDED = ("axisLabels", "gridSpacing", "gridGlobalOffset")
# The base units in the order of the attribute unitDimension.
BASES = ("m", "kg", "s", "A", "K", "mol", "cd")


def mesh_axes(path: str, dataset: Any, attributes: dict[str, Any]) -> tuple[Axis, ...] | None:
    """Return the axes of a component of a mesh, or None if the dataset is none.

    The attributes of the mesh stand at the dataset, or at the group of its components. Those of the
    component say where in a cell its points lie, in units of the step.
    """
    mesh = dataset if "gridSpacing" in dataset.attrs else dataset.parent
    if not all(name in mesh.attrs for name in NEEDED):
        return None
    labels = [_text(label) for label in np.atleast_1d(mesh.attrs["axisLabels"])]
    steps = np.atleast_1d(np.asarray(mesh.attrs["gridSpacing"], np.float64))
    offsets = np.atleast_1d(np.asarray(mesh.attrs["gridGlobalOffset"], np.float64))
    count = len(labels)
    if not count == len(steps) == len(offsets) <= dataset.ndim:
        return None
    within = np.atleast_1d(np.asarray(dataset.attrs.get("position", 0.0), np.float64))
    within = within[-count:] if len(within) >= count else np.zeros(count)
    if _text(mesh.attrs.get("dataOrder", b"C")) == "F":
        labels, steps, offsets, within = labels[::-1], steps[::-1], offsets[::-1], within[::-1]
    unit = float(mesh.attrs.get("gridUnitSI", 1.0))
    units = _units(mesh, dataset)
    if units and "units" not in attributes:
        attributes["units"] = units
    front = dataset.ndim - count  # the modes of thetaMode
    axes = [make_axis(None, n, f"{path}#{i}") for i, n in enumerate(dataset.shape[:front])]
    for i, size in enumerate(dataset.shape[front:]):
        values = (offsets[i] + (np.arange(size) + within[i]) * steps[i]) * unit
        # Components that lie elsewhere in a cell have coordinates of their own.
        key = f"{mesh.name.strip('/')}#{labels[i]} {size} {within[i]:g}"
        said = {"units": "m"} if _is_length(labels[i], mesh) else {}
        axes.append(make_axis(labels[i], size, key, None, values, said))
    return tuple(axes)


def _is_length(label: str, mesh: Any) -> bool:
    angular = _text(mesh.attrs.get("geometry", b"")) in ("cylindrical", "spherical")
    return not (angular and label in ("theta", "phi", "t", "p"))


def _units(mesh: Any, dataset: Any) -> str:
    """Return the SI units of a component whose numbers are given in them."""
    powers = np.atleast_1d(np.asarray(mesh.attrs.get("unitDimension", ()), np.float64))
    if len(powers) != len(BASES) or float(dataset.attrs.get("unitSI", 0.0)) != 1.0:
        return ""
    parts = zip(BASES, powers, strict=True)
    found = [f"{base}{power:g}" if power != 1 else base for base, power in parts if power]
    return " ".join(found) or "1"


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
