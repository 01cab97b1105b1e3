"""``python -m tests.benchmarks.public FOLDER``: what axes mean in public files, and the errors.

The files are listed in ``collection.py``; those that FOLDER lacks are named with the command that
brings them. In a copy of each, a smooth function of the place on the Earth, of the height and of
the time stands in place of a variable, with all of its attributes and its missing points. gradcli's
derivatives are compared with those of the function, which are taken by differences in Cartesian
space along east and north, or along the axes of the map: by nothing that gradcli computes. An error
is the largest one over the largest exact derivative. Exit code 1: an error is larger than expected.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

import gradcli
from tests.benchmarks.collection import FILES, ORIGINS, File
from tests.benchmarks.peers import Array

RADIUS = 6371229.0
STEP = 1e-4  # of the differences in Cartesian space, in radians
ROLES = "xyzt"
OWN = {"scale_factor", "add_offset", "_FillValue", "missing_value", "_Unsigned", "_ChunkSizes"}
LIMITS = {"valid_min", "valid_max", "valid_range", "actual_range"}
VERTICAL = 0.05  # the largest error along z and t, whose few points are uneven


@dataclass
class Row:
    """What gradcli takes the axes of a file to be, and its errors."""

    file: File
    shape: str = ""
    means: dict[str, str] = field(default_factory=dict)
    inside: float | None = None
    fourth: float | None = None
    along: dict[str, float] = field(default_factory=dict)
    points: int = 0
    notes: list[str] = field(default_factory=list)
    failure: str = ""

    def along_dims(self, path: Path, role: str) -> Sequence[str]:
        """Return the dimensions of the coordinate that stands for a role."""
        name = getattr(self.file, role)
        with netCDF4.Dataset(path) as data:
            field = data[self.file.variable].dimensions
            named = data[name].dimensions if name in data.variables else ()
            return [d for d in named if d in field]

    @property
    def verdict(self) -> str:
        """Say whether the errors are those of the stencils."""
        if self.failure or not self.points:
            return "awaited" if self.file.awaits else "FAILED"
        wrong = (self.inside or 0) > self.file.limit or max(
            self.along.values(), default=0
        ) > VERTICAL
        return "WRONG" if wrong else "ok"


def find(folder: Path, file: File) -> Path | None:
    """Return where a file lies in a folder of clones and packages, or of files alone."""
    flat = folder / file.path.rpartition("/")[2]
    if flat.is_file():
        return flat
    base = folder / file.origin / ORIGINS[file.origin].inside
    if file.path.startswith("*/"):
        return next(iter(sorted(base.rglob(file.path[2:]))), None)
    path = base / file.path
    return path if path.is_file() else None


@dataclass
class Truth:
    """The planted field on the grid of a variable, and its exact derivatives by role."""

    values: Array
    exact: dict[str, Array]


class Shape:
    """A smooth function of a place on the unit sphere, as wavy as the grid is small."""

    def __init__(self, places: Array) -> None:
        known = places[np.isfinite(places).all(-1)]
        self.middle = known.mean(0)
        spread = np.linalg.norm(known - self.middle, axis=-1).max()
        self.first = np.array([1.0, 0.7, -0.4]) * 1.5 / spread
        self.second = np.array([-0.3, 0.8, 0.9]) * 1.2 / spread

    def __call__(self, places: Array) -> Array:
        """Return the values at places, on the sphere or beside it."""
        off = places - self.middle
        found: Array = np.sin(off @ self.first) + 0.5 * np.cos(off @ self.second + 0.3)
        return found


def on_sphere(longitude: Array, latitude: Array) -> Array:
    """Return places on the unit sphere, of shape (..., 3); angles are in degrees."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


def geographic(x: Array, y: Array) -> tuple[Array, dict[str, Array]]:
    """Return the planted values and their differences along east and north, per metre."""
    places = on_sphere(x, y)
    shape = Shape(places)
    lon, lat = np.radians(x), np.radians(y)
    east = np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], -1)
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], -1)
    across = {
        role: (shape(places + STEP * way) - shape(places - STEP * way)) / (2 * STEP * RADIUS)
        for role, way in (("x", east), ("y", north))
    }
    return shape(places), across


def plane(x: Array, y: Array) -> tuple[Array, dict[str, Array]]:
    """Return the planted values and their derivatives per unit of two lengths."""
    places = np.stack([x, y, 0 * x], -1)
    shape = Shape(places)
    step = STEP * np.nanmax(np.abs(places - shape.middle))
    ways = {"x": np.array([step, 0, 0]), "y": np.array([0, step, 0])}
    return shape(places), {
        role: (shape(places + way) - shape(places - way)) / (2 * step) for role, way in ways.items()
    }


def mapped(crs: Any, units: str, x: Array, y: Array) -> tuple[Array, dict[str, Array]]:
    """Return the planted values and their differences along the axes of a map, per metre."""
    import pyproj

    per = 1000.0 if units == "km" else 1.0
    inverse = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)

    def place(x: Array, y: Array) -> Array:
        return on_sphere(*inverse.transform(per * x, per * y))

    step = 50.0 / per if crs.is_projected else 1e-3
    shape = Shape(place(x, y))
    found = {}
    for role, dx, dy in (("x", step, 0.0), ("y", 0.0, step)):
        ahead, behind = place(x + dx, y + dy), place(x - dx, y - dy)
        length = RADIUS * np.linalg.norm(ahead - behind, axis=-1)
        found[role] = (shape(ahead) - shape(behind)) / length
    return shape(place(x, y)), found


def spread(data: netCDF4.Dataset, name: str, dims: Sequence[str]) -> Array:
    """Return a coordinate so that it broadcasts over the dimensions of a field."""
    variable = data[name]
    values = np.ma.filled(np.ma.asarray(variable[:], "f8"), np.nan)
    order = sorted(range(values.ndim), key=lambda i: dims.index(variable.dimensions[i]))
    shape = [len(data.dimensions[d]) if d in variable.dimensions else 1 for d in dims]
    return values.transpose(order).reshape(shape)


def truth(data: netCDF4.Dataset, file: File) -> Truth:
    """Return the planted field of a file."""
    variable = data[file.variable]
    values: Array = np.ones((1,) * variable.ndim)
    exact: dict[str, Array] = {}
    if file.gridded:
        x, y = np.broadcast_arrays(
            *(spread(data, name, variable.dimensions) for name in (file.x, file.y))
        )
    if file.mapping:
        import pyproj

        attributes = {k: data[file.mapping].getncattr(k) for k in data[file.mapping].ncattrs()}
        units = str(getattr(data[file.x], "units", "")).strip()
        values, exact = mapped(pyproj.CRS.from_cf(attributes), units, x, y)
    elif file.gridded:
        values, exact = plane(x, y) if file.metric == "none" else geographic(x, y)
    for role, name in (("z", file.z), ("t", file.t)):
        if name:
            along = spread(data, name, variable.dimensions)
            off = along - np.nanmin(along)
            rate = min(3.0, max(along.shape) / 8) / np.nanmax(off)
            wave = 1 + 0.3 * np.sin(rate * off)
            slope = values * 0.3 * rate * np.cos(rate * off)
            exact = {key: value * wave for key, value in exact.items()}
            exact[role] = slope
            values = values * wave
    return Truth(values, exact)


def is_missing(variable: Any) -> Array:
    """Return where a variable holds a value that means missing. Its limits may be wrong."""
    variable.set_auto_maskandscale(False)
    values = np.asarray(variable[:])
    found = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
    for name in ("_FillValue", "missing_value"):
        for mark in np.atleast_1d(getattr(variable, name, [])):
            found |= values == mark
    return found


def plant(original: Path, copy: Path, file: File) -> Truth:
    """Write a copy of a file in which the field is planted, and return the field."""
    with netCDF4.Dataset(original) as data, netCDF4.Dataset(copy, "w") as made:
        found = truth(data, file)
        values = np.array(np.broadcast_to(found.values, data[file.variable].shape))
        missing = is_missing(data[file.variable])
        if not missing.all():
            values[missing] = np.nan
        found.values = values
        made.setncatts({key: data.getncattr(key) for key in data.ncattrs()})
        for name, dim in data.dimensions.items():
            made.createDimension(name, None if dim.isunlimited() else len(dim))
        for name, variable in data.variables.items():
            _copy(variable, made, values if name == file.variable else None)
    return found


def _copy(variable: Any, made: netCDF4.Dataset, planted: Array | None) -> None:
    attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
    fill = attributes.pop("_FillValue", None)
    dtype = variable.dtype
    if planted is not None:
        attributes = {k: v for k, v in attributes.items() if k not in OWN | LIMITS}
        dtype, fill = "f8", np.nan
    new = made.createVariable(variable.name, dtype, variable.dimensions, fill_value=fill)
    new.setncatts(attributes)
    for one in (variable, new):
        one.set_auto_maskandscale(False)
        one.set_auto_chartostring(False)
    new[:] = variable[:] if planted is None else planted


def meaning(path: Path, file: File, role: str, notes: list[str]) -> str:
    """Return what a role means in a file as it is."""
    options: dict[str, Any] = file.coords if role in "xy" else {}
    try:
        report = gradcli.differentiate(
            *(path, path.with_name("dry.nc")), var=file.variable, axis=role, dry_run=True, **options
        )
    except ValueError as error:
        text = str(error).replace(f"{path}: ", "")
        return "–" if f"no axis {role!r}" in text else "one point" if "1 point" in text else text
    notes += [note for note in report.notes if note not in notes]
    axis = report.variables[0]["axes"][0]
    over = " (2-D)" if axis["spacing"].startswith("two-dim") else ""
    return f"{axis['axis']}{over}"


def result(copy: Path, file: File, roles: str, **options: Any) -> dict[str, Array]:
    """Return gradcli's derivatives of the planted field."""
    target = copy.with_name("result.nc")
    axis = list(roles)
    if roles == "z" and not file.gridded:
        axis = [file.z]  # of several that may be meant
    if roles == "xy":
        options |= {"metric": file.metric} | file.coords
    report = gradcli.differentiate(
        copy, target, var=file.variable, axis=axis, overwrite=True, **options
    )
    with netCDF4.Dataset(target) as data:
        return {
            role: np.ma.filled(data[axis["result"]][:].astype("f8"), np.nan)
            for role, axis in zip(roles, report.variables[0]["axes"], strict=True)
        }


def error(
    found: Mapping[str, Array], true: Mapping[str, Array], over: Sequence[int]
) -> tuple[float, int]:
    """Return the largest error over the largest exact derivative, and how many points count.

    The first and the last row along the axes ``over`` are left out: their differences are of a
    lower order. An axis that closes on itself has none.
    """
    worst, points = 0.0, 0
    scale = max(float(np.nanmax(np.abs(true[role]))) for role in found)
    for role, values in found.items():
        ends = [i in over and size > 2 for i, size in enumerate(values.shape)]
        cut = tuple(slice(1, -1) if end else slice(None) for end in ends)
        values, exact = values[cut], np.broadcast_to(true[role], values.shape)[cut]
        known = np.isfinite(values) & np.isfinite(exact)
        points += int(known.sum())
        worst = max(worst, float(np.abs(values - exact)[known].max(initial=0.0)) / scale)
    return worst, points


def examine(path: Path, file: File, folder: Path) -> Row:
    """Ask gradcli what the axes mean, plant a field and compare."""
    row = Row(file)
    with netCDF4.Dataset(path) as data:
        sizes = dict(zip(data[file.variable].dimensions, data[file.variable].shape, strict=True))
        row.shape = ", ".join(f"{name} {size}" for name, size in sizes.items())
    row.means = {role: meaning(path, file, role, row.notes) for role in ROLES}
    copy = folder / "planted.nc"
    dims = list(sizes)
    over = {role: [dims.index(d) for d in row.along_dims(path, role)] for role in ROLES}
    flat = sorted({*over["x"], *over["y"]})
    try:
        known = plant(path, copy, file)
        if file.gridded:
            row.inside, row.points = error(result(copy, file, "xy"), known.exact, flat)
            row.fourth, _ = error(result(copy, file, "xy", accuracy=4), known.exact, flat)
        for role in "zt":
            if role in known.exact:
                found = result(copy, file, role)
                row.along[role], points = error(found, known.exact, over[role])
                row.points = row.points or points
    except ValueError as refused:
        row.failure = str(refused).replace(f"{copy}: ", "")
    return row


def number(value: float | None) -> str:
    """Return an error as the table shows it."""
    return "" if value is None else f"{value:.1e}"


def markdown(rows: Sequence[Row]) -> str:
    """Return the table."""
    head = ["file, variable", "shape", *ROLES, "x and y", "accuracy 4", "z", "t", "verdict"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        name = f"{row.file.origin}: {row.file.path.rpartition('/')[2]}, `{row.file.variable}`"
        lines.append(
            [name, row.shape, *(row.means[role][:90] for role in ROLES)]
            + [number(row.inside), number(row.fourth)]
            + [number(row.along.get(role)) for role in "zt"]
            + [row.verdict + (f": {row.failure}" if row.failure else "")]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine every file that is there, print the table, and end with 1 where one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.public")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of the clones and packages")
    parser.add_argument("--only", default="", metavar="TEXT", help="paths that contain TEXT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here too")
    options = parser.parse_args(arguments)
    rows, absent = [], set()
    with tempfile.TemporaryDirectory(prefix="gradcli-public-") as temporary:
        for file in FILES:
            if options.only not in f"{file.origin}/{file.path}":
                continue
            path = find(options.folder, file)
            if path is None:
                absent.add(file.origin)
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                rows.append(examine(path, file, Path(temporary)))
            print(file.path, rows[-1].verdict, file=sys.stderr)
    print(markdown(rows))
    for name in sorted(absent):
        print(f"\nabsent: files of {ORIGINS[name].version}: {ORIGINS[name].command}")
    if options.json:
        known = [vars(row) | {"file": vars(row.file), "verdict": row.verdict} for row in rows]
        options.json.write_text(json.dumps(known, indent=1) + "\n")
    return int(any(row.verdict in ("WRONG", "FAILED") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
