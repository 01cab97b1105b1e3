"""Fields whose derivatives are known exactly, each in a file, with what gradcli and peers do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from tests.benchmarks import peers
from tests.benchmarks.peers import RADIUS, Array, Peer

Units = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """One derivative of one field.

    ``exact`` is NaN where there is no answer; answers are compared in each of ``parts``, by name.
    ``options`` are those of ``gradcli.differentiate``, and ``result`` is its variable. ``offset``
    says why a peer that is less right than gradcli may have the smaller error all the same.
    """

    name: str
    axes: dict[str, Array]
    fields: dict[str, Array]
    exact: Array
    options: dict[str, Any]
    result: str
    peers: dict[str, Peer]
    parts: dict[str, Any] = field(default_factory=lambda: {"everywhere": ...})
    units: Units = field(default_factory=dict)
    per: str | None = None  # the units of the exact answer, where the result may have others
    offset: str | None = None

    def write(self, path: Path) -> None:
        """Write the file."""
        with netCDF4.Dataset(path, "w") as data:
            for name, values in self.axes.items():
                data.createDimension(name, len(values))
                data.createVariable(name, values.dtype, (name,))[:] = values
            for name, values in self.fields.items():
                data.createVariable(name, values.dtype, tuple(self.axes))[:] = values
            for name, units in self.units.items():
                data[name].units = units


def wave(x: Array, y: Array, in_x: int = 0, in_y: int = 0, turn: float = 0.0) -> Array:
    """Return a product of waves, or its derivative of these orders."""
    a, b = 1.3, 0.9
    along_x = a**in_x * np.sin(a * x + turn + in_x * np.pi / 2)
    along_y = b**in_y * np.sin(b * y + 2 * turn + in_y * np.pi / 2)
    return along_y[:, None] * along_x[None, :]


def plain_peers(function: Any, accuracy: int, *arguments: Any) -> dict[str, Peer]:
    """Return the peers of a derivative on plain axes: above accuracy 2 there is findiff alone."""
    found = {"findiff": partial(peers.by_findiff, accuracy=accuracy)}
    if accuracy == 2:
        found |= {"numpy": peers.by_numpy, "xarray": peers.by_xarray, "MetPy": peers.by_metpy}
    return {name: partial(function, derivative, *arguments) for name, derivative in found.items()}


def plain(kind: str, axes: dict[str, Array], accuracy: int) -> list[Case]:
    """Return gradient, Laplacian, divergence and vorticity of waves on x and y."""
    x, y = axes["x"], axes["y"]
    fields = {"f": wave(x, y), "u": wave(x, y, turn=0.4), "v": wave(x, y, turn=1.1)}
    how = {"axis": "x,y", "accuracy": accuracy, "edge_order": accuracy}
    vector = {**how, "var": "u,v"}
    lap = wave(x, y, 2) + wave(x, y, 0, 2)
    div = wave(x, y, 1, turn=0.4) + wave(x, y, 0, 1, turn=1.1)
    rot = wave(x, y, 1, turn=1.1) - wave(x, y, 0, 1, turn=0.4)
    asked = (
        ("∂f/∂x", wave(x, y, 1), {**how, "var": "f"}, "df_dx", peers.gradient, "x"),
        ("Laplacian", lap, {**how, "var": "f", "operator": "laplacian"}, "lap_f", peers.laplacian),
        ("divergence", div, {**vector, "operator": "divergence"}, "div", peers.divergence),
        ("vorticity", rot, {**vector, "operator": "curl"}, "curl", peers.vorticity),
    )
    parts = {"inside": (slice(8, -8), slice(8, -8)), "everywhere": ...}
    return [
        Case(
            *(f"{what}, {kind} steps, accuracy {accuracy}", axes, fields, exact, options, name),
            *(plain_peers(function, accuracy, *arguments), parts),
        )
        for what, exact, options, name, function, *arguments in asked
    ]


def grids() -> list[Case]:
    """Return the cases of plain grids."""
    random = np.random.default_rng(5)
    sizes = {"y": 49, "x": 61}
    even = {name: np.linspace(0, 5, size) for name, size in sizes.items()}
    uneven = {
        name: np.cumsum(random.uniform(0.5, 1.5, size)) * 5 / size for name, size in sizes.items()
    }
    return [
        case
        for kind, axes in (("equal", even), ("uneven", uneven))
        for accuracy in (2, 4, 6)
        for case in plain(kind, axes, accuracy)
    ]


LAT, LON = np.arange(-90.0, 91.0), np.arange(360.0)
EARTH = {"lat": LAT, "lon": LON}
EARTH_UNITS = {"lat": "degrees_north", "lon": "degrees_east"}
METRIC = {"metric": "sphere", "radius": RADIUS, "axis": "lon,lat"}


COLUMNS = slice(2, -2)  # without the seam, where peers have an end
PARTS = {
    "80° S to 80° N": (slice(10, -10), COLUMNS),
    "80° S and 80° N": ([10, -11], COLUMNS),
    "89° S and 89° N": ([1, -2], COLUMNS),
    "0° E and 359° E": (slice(10, -10), [0, -1]),
}
GREAT_CIRCLE = (
    "MetPy's first_derivative takes the great circle for the step along a parallel, too short by "
    "sin² φ · h² / 24. The truncation of a wave errs the other way, so the two partly cancel; on "
    "f = λ, where nothing is truncated, the first is the whole error."
)


def on_sphere(name: str, fields: dict[str, Array], exact: Array, **more: Any) -> Case:
    """Return a case on the sphere: of two fields u and v, or of one field f."""
    wind = "u" in fields
    options = METRIC | {"var": "u,v" if wind else "f"} | more.pop("options", {})
    units = {"u": "m s-1", "v": "m s-1"} if wind else {"f": "m"}
    arguments = {"parts": PARTS, "units": {**EARTH_UNITS, **units}} | more
    return Case(name, EARTH, fields, exact, options, **arguments)


def slopes(name: str, f: Array, slope: Array, **more: Any) -> list[Case]:
    """Return ``∂f/∂x`` on the sphere; numpy and xarray are helped with the length of a degree."""
    helped = {
        "numpy": partial(peers.metres, peers.by_numpy),
        "xarray": partial(peers.metres, peers.by_xarray),
    }
    proper = peers.metpy("geospatial_gradient", "f", return_only="df/dx")
    first = peers.metpy("first_derivative", "f", axis="x")
    return [
        on_sphere(
            *(f"∂f/∂x, {name}", {"f": f}, slope),
            **{"result": "df_dlon", "peers": {**helped, "MetPy": proper}, **more},
        ),
        on_sphere(
            *(f"∂f/∂x, {name} (MetPy: first_derivative)", {"f": f}, slope),
            **{"result": "df_dlon", "peers": {"MetPy": first}, "offset": GREAT_CIRCLE, **more},
        ),
    ]


def laplacians(name: str, f: Array, exact: Array) -> list[Case]:
    """Return the Laplacian on the sphere, beside both of MetPy's."""
    found = {
        "laplacian": peers.metpy("laplacian", "f", axes=("y", "x")),
        "geospatial_laplacian": peers.metpy("geospatial_laplacian", "f"),
    }
    how = {"options": {"operator": "laplacian"}, "result": "lap_f"}
    return [
        on_sphere(f"Laplacian, {name} (MetPy: {what})", {"f": f}, exact, **how, peers={"MetPy": it})
        for what, it in found.items()
    ]


def winds(name: str, operator: str, u: Array, v: Array, exact: Array) -> Case:
    """Return the divergence or the vorticity of a wind."""
    function, result = {
        "divergence": ("divergence", "div"),
        "curl": ("vorticity", "curl"),
    }[operator]
    return on_sphere(
        *(f"{function} of {name}", {"u": u, "v": v}, exact),
        options={"operator": operator},
        result=result,
        peers={"MetPy": peers.metpy(function, "u", "v")},
    )


def sphere() -> list[Case]:
    """Return the cases of a sphere in steps of 1°: flows, and spherical harmonics."""
    phi, lam = np.radians(LAT)[:, None], np.radians(LON)[None, :]
    c, s, flat = np.cos(phi), np.sin(phi), np.zeros((LAT.size, LON.size))
    wave3 = c**2 * s * np.cos(2 * lam)  # a harmonic of degree 3: its Laplacian is -12 / R² of it
    east, north = -2 * c * s * np.sin(2 * lam), (c**3 - 2 * c * s**2) * np.cos(2 * lam)
    source, band = -12 * wave3 / RADIUS, s + flat
    return [
        *slopes("wave on the sphere", wave3, east / RADIUS),
        *slopes(
            *(
                "f = λ on the sphere",
                lam + flat,
                1 / (np.where(c > 1e-9, c, np.inf) * RADIUS) + flat,
            ),
            parts={name: PARTS[name] for name in list(PARTS)[:3]},
        ),
        winds("solid rotation", "curl", 10 * c + flat, flat, 20 * band / RADIUS),
        winds("a wave", "curl", -north, east, source),
        winds("a wave", "divergence", east, north, source),
        *laplacians("sin φ", band, -2 * band / RADIUS**2),
        *laplacians("wave on the sphere", wave3, source / RADIUS),
    ]


def line(name: str, x: Array, f: Array, exact: Array, accuracy: int = 2, **more: Any) -> Case:
    """Return the derivative of ``f`` along x alone."""
    found = plain_peers(peers.gradient, accuracy, "x") | more.pop("others", {})
    options = {"axis": "x", "var": "f", "accuracy": accuracy, "edge_order": accuracy}
    return Case(name, {"x": x}, {"f": f}, exact, options, "df_dx", found, **more)


def traps() -> list[Case]:
    """Return the cases in which libraries are known to be wrong."""
    nodes, ten = np.array([0.0, 1, 3, 4, 6, 10]), np.arange(10.0)
    true = 150 + 0.00025 * np.arange(2000)
    offset = (100_000 + ten / 4).astype("f4")
    inside = {"inside": slice(1, -1)}
    unweighted = {"unweighted": partial(peers.gradient, peers.by_hand, "x")}
    return [
        line(
            *("x² on 0, 1, 3, 4, 6, 10", nodes, nodes**2, 2 * nodes),
            parts=inside,
            others=unweighted,
        ),
        line(
            *("2x, float32 longitudes near 150° in steps of 0.00025°", true.astype("f4")),
            *(2 * (true - 150), np.full(true.size, 2.0)),
            parts={**inside, "everywhere": ...},
        ),
        line(
            *("x² with a missing cell", ten, np.where(ten == 4, np.nan, ten**2)),
            np.full(10, np.nan),
            parts={"the cell": [4]},
        ),
        *(
            line(
                *(f"100,000 + x/4 in float32, accuracy {accuracy}", ten, offset),
                *(np.full(10, 0.25), accuracy),
            )
            for accuracy in (2, 4, 6)
        ),
        line(
            *("273.15 in float32 on 0, 1, 3, 4, 6, 10", nodes),
            *(np.full(6, 273.15, "f4"), np.zeros(6)),
        ),
        *map(in_time, ("days", "hours", "seconds")),
    ]


def in_time(unit: str) -> Case:
    """Return the derivative in time of a ramp of 1 K/s.

    xarray's carries no units: without ``datetime_unit`` it is one of the resolution of its dates.
    """
    seconds = np.arange(8.0) * 86_400
    times = seconds / {"days": 86_400, "hours": 3600, "seconds": 1}[unit]
    found: dict[str, Peer] = {"xarray": partial(peers.in_time, peers.by_xarray)}
    found["MetPy"] = peers.metpy_in_time
    return Case(
        *(f"1 K/s, stored in {unit} since 2000-01-01", {"time": times}),
        *({"f": seconds}, np.ones(8), {"axis": "time", "var": "f"}, "df_dtime", found),
        units={"time": f"{unit} since 2000-01-01", "f": "K"},
        per="K s-1",
    )


def all_cases() -> list[Case]:
    """Return every case."""
    return [*grids(), *sphere(), *traps()]
