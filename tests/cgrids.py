"""Flows on the faces of C grids, in the layouts of ROMS, WRF, NEMO, MOM6 and MITgcm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from tests.flows import DEGREE, R, cap, flow, parts

B, A = (0.9, 2.2), (-0.7, 0.8)  # where the grid lies on the sphere of its own


class Model:
    """Points of a C grid: numbers of cells, names of dimensions, and the shift of its faces.

    ``first`` is the index of the face before cell 0, and ``extra`` the number of faces less that
    of cells.
    """

    def __init__(self, first: int, extra: int, **names: tuple[str, str]) -> None:
        self.first, self.extra, self.names = first, extra, names


MODELS = {
    "roms": Model(
        -1,
        -1,
        t=("eta_rho", "xi_rho"),
        u=("eta_u", "xi_u"),
        v=("eta_v", "xi_v"),
        f=("eta_psi", "xi_psi"),
    ),
    "wrf": Model(
        0,
        1,
        t=("south_north", "west_east"),
        u=("south_north", "west_east_stag"),
        v=("south_north_stag", "west_east"),
        f=("south_north_stag", "west_east_stag"),
    ),
    "nemo": Model(-1, 0, **dict.fromkeys("tuvf", ("y", "x"))),
    "mom6": Model(-1, 0, t=("yh", "xh"), u=("yh", "xq"), v=("yq", "xh"), f=("yq", "xq")),
    "symmetric": Model(0, 1, t=("yh", "xh"), u=("yh", "xq"), v=("yq", "xh"), f=("yq", "xq")),
    "mitgcm": Model(0, 0, t=("YC", "XC"), u=("YC", "XG"), v=("YG", "XC"), f=("YG", "XG")),
}
LONGITUDES = {
    "roms": ("lon_{}", "lat_{}"),
    "wrf": ("XLONG_{}", "XLAT_{}"),
    "nemo": ("glam{}", "gphi{}"),
}


def points(model: Model, cells: int, point: str) -> tuple[Any, Any]:
    """Return the grid's own coordinates of the points t, u, v or f, y first."""
    found = []
    for way, (low, high), count in (("v", B[::-1], cells), ("u", A, 2 * cells)):
        on_faces = point in (way, "f")
        at = np.arange(count + model.extra * on_faces) + 0.5
        if on_faces:
            # Face k lies half a step before cell k - first.
            at = np.arange(count + model.extra) - model.first + 0.0
        found.append(low + (high - low) * at / count)
    b, a = np.meshgrid(*found, indexing="ij")
    return a, b


def metric(a: Any, b: Any, cells: int) -> tuple[Any, Any]:
    """Return the exact lengths of a step along x and y."""
    tan = 1.3 * np.tan(b / 2)
    colatitude = 2 * np.arctan(tan)
    slope = 1.3 * (1 + np.tan(b / 2) ** 2) / (1 + tan**2)
    return (
        R * np.sin(colatitude) * (A[1] - A[0]) / (2 * cells),
        R * slope * (B[1] - B[0]) / cells,
    )


def write(path: Path, name: str, kind: str, cells: int, **give: Any) -> dict[str, Any]:
    """Write a flow, and what else a model gives; return the exact divergence and curl."""
    model = MODELS[name]
    exact: dict[str, Any] = {}
    dtype = give.get("dtype", "f8")
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", 2)
        for point in "tuvf":
            a, b = points(model, cells, point)
            for dim, size in zip(model.names[point], a.shape, strict=True):
                if dim not in file.dimensions:
                    file.createDimension(dim, size)
            place, along_x, along_y = cap(a, b)
            lon = np.arctan2(place[..., 1], place[..., 0]) / DEGREE
            lat = np.arcsin(place[..., 2]) / DEGREE
            vector, curl, div = flow(kind, lon, lat)
            exact |= {"div": div} if point == "t" else {"curl": curl} if point == "f" else {}
            dims = model.names[point]
            names = [
                part.format(
                    point.upper()
                    if name == "wrf"
                    else {"t": "rho", "f": "psi"}.get(point, point)
                    if name == "roms"
                    else point
                )
                for part in LONGITUDES.get(name, ("geolon_{}", "geolat_{}"))
            ]
            if give.get("places", True):
                for sheet, values, units in zip(
                    names, (lon, lat), ("degrees_east", "degrees_north"), strict=True
                ):
                    file.createVariable(sheet, "f8", dims)[...] = values
                    file[sheet].units = units
            e1, e2 = metric(a, b, cells)
            if give.get("terms") == "e":
                for k, values in ((1, e1), (2, e2)):
                    file.createVariable(f"e{k}{point}", "f8", dims)[...] = values
            if give.get("terms") == "pm" and point == "t":
                for term, values in (("pm", 1 / e1), ("pn", 1 / e2)):
                    file.createVariable(term, "f8", dims)[...] = values
                    file[term].units = "meter-1"
            if give.get("terms") == "mapfac":
                file.DX, file.DY = np.float32(3000.0), np.float32(4000.0)
                if point != "f":
                    letter = "M" if point == "t" else point.upper()
                    for way, values in (("X", 3000 / e1), ("Y", 4000 / e2)):
                        term = f"MAPFAC_{letter}{way}"
                        file.createVariable(term, "f8", ("time", *dims))[...] = values
            if name == "roms":
                file.createVariable(f"mask_{point}_all", "f4", dims)[...] = 1
            if point in "uv":
                (values,) = parts(vector, along_x if point == "u" else along_y)
                land = give.get("land")
                if land is not None:
                    values[land(a, b)] = np.nan
                variable = file.createVariable(point, dtype, ("time", *dims))
                variable[...] = np.stack([values, 2 * values])
                variable.units = "m s-1"
                if give.get("places", True):
                    variable.coordinates = " ".join(names)
    return exact
