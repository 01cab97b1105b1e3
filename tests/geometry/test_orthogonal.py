"""Cylindrical and spherical coordinates against the vector calculus of sympy in x, y and z."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy
from sympy.vector import CoordSys3D, curl, divergence, gradient, laplacian

import gradcli

Array = Any
PLACE = sympy.symbols("x y z")
X, Y, Z = PLACE
FIELDS = (
    X**2 * Y + Z * X + Y**2,
    sympy.exp(X / 2 - Y / 3 + Z / 4),
    sympy.sin(X + 2 * Y) * sympy.cos(Z),
    X * Y * Z + Z**3 - X**3,
    1 / (2 + X**2 + Y**2 + Z**2),
)
SPACE = CoordSys3D("S")
NAMES = {"cylindrical": ("r", "phi", "z"), "spherical": ("r", "theta", "phi")}
PERIODIC = 2 * np.pi


class Exact(NamedTuple):
    """Functions of x, y and z: a scalar, a vector, and what vector calculus makes of them."""

    scalar: Callable[..., Array]
    vector: Callable[..., Array]
    gradient: Callable[..., Array]
    hessian: Callable[..., Array]
    laplacian: Callable[..., Array]
    divergence: Callable[..., Array]
    curl: Callable[..., Array]
    jacobian: Callable[..., Array]


@cache
def exact(number: int) -> Exact:
    """Return what sympy makes of a field, and of a vector whose components are three of them."""
    scalar = FIELDS[number]
    parts = [FIELDS[(number + place) % len(FIELDS)] for place in range(3)]
    base = dict(zip(PLACE, SPACE.base_scalars(), strict=True))
    vector = sum(
        (part.subs(base) * unit for part, unit in zip(parts, SPACE.base_vectors(), strict=True)),
        start=0 * SPACE.i,
    )
    every = (
        scalar,
        sympy.Matrix(parts),
        gradient(scalar.subs(base)).to_matrix(SPACE),
        sympy.hessian(scalar, PLACE),
        laplacian(scalar.subs(base)),
        divergence(vector),
        curl(vector).to_matrix(SPACE),
        sympy.Matrix(parts).jacobian(PLACE),
    )
    back = {own: symbol for symbol, own in base.items()}
    flat = (list(sympy.Matrix([each]).subs(back)) for each in every)
    return Exact(*(sympy.lambdify(PLACE, entries, "numpy", cse=True) for entries in flat))


def cartesian(kind: str, grid: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return x, y, z of a grid, and the unit vectors of its directions, one a row."""
    r, phi = grid["r"], grid["phi"]
    cos, sin, zero = np.cos(phi), np.sin(phi), 0 * r * phi
    if kind == "cylindrical":
        place = (r * cos, r * sin, grid["z"])
        rows = [[cos, sin, zero], [-sin, cos, zero], [zero, zero, zero + 1]]
    else:
        flat, up = np.sin(grid["theta"]), np.cos(grid["theta"])
        place = (r * flat * cos, r * flat * sin, r * up)
        rows = [[flat * cos, flat * sin, up], [up * cos, up * sin, -flat], [-sin, cos, zero]]
    units = np.array([np.broadcast_arrays(*row, zero + sum(place))[:3] for row in rows])
    return np.array(np.broadcast_arrays(*place)), units


def expected(kind: str, number: int, grid: Mapping[str, Array]) -> dict[str, Array]:
    """Return what the results should be, by name."""
    names = NAMES[kind]
    place, units = cartesian(kind, grid)
    known = exact(number)

    def at(function: Callable[..., Array], *shape: int) -> Array:
        made = [np.broadcast_to(entry, place.shape[1:]) for entry in function(*place)]
        return np.reshape(made, (*shape, *place.shape[1:]))

    turned = {
        name: np.einsum("ia...,a...->i...", units, at(function, 3))
        for name, function in (("v", known.vector), ("d", known.gradient), ("c", known.curl))
    }
    second, jacobian = (
        np.einsum("ia...,jb...,ab...->ij...", units, units, at(function, 3, 3))
        for function in (known.hessian, known.jacobian)
    )
    found = {"f": at(known.scalar), "lap_f": at(known.laplacian), "div": at(known.divergence)}
    for i, name in enumerate(names):
        found |= {f"u{name}": turned["v"][i], f"df_d{name}": turned["d"][i]}
        found |= {f"curl_{name}": turned["c"][i]}
        for j, other in enumerate(names):
            found[f"du{name}_d{other}"] = jacobian[i, j]
            if j >= i:
                pair = f"d{name}2" if i == j else f"d{name}d{other}"
                found[f"d2f_{pair}"] = second[i, j]
                found[f"strain_{name}_{other}"] = (jacobian[i, j] + jacobian[j, i]) / 2
    found["qcriterion"] = -np.einsum("ij...,ji...->...", jacobian, jacobian) / 2
    return found


def lines_of(kind: str, size: int, even: bool = True) -> dict[str, Array]:
    """Return coordinates: the azimuth all around, the others over parts of the same lengths."""

    def part(count: int) -> Array:
        share = np.linspace(0, 1, count + 1)
        return share if even else share + 0.06 * np.sin(2 * np.pi * share)

    long = part(size * 3 // 2)
    other = {"z": -0.5 + 0.8 * long} if kind == "cylindrical" else {"theta": 0.7 + 0.9 * long}
    return {
        "r": 0.6 + 0.7 * part(size),
        "phi": np.linspace(0, 2 * np.pi, 3 * size, endpoint=False),
        **other,
    }


def write(path: Path, kind: str, number: int, lines: Mapping[str, Array]) -> dict[str, Array]:
    """Write a scalar and the components of a vector with coordinates; return what is expected."""
    names = NAMES[kind]
    made = np.meshgrid(*(lines[name] for name in names), indexing="ij")
    values = expected(kind, number, dict(zip(names, made, strict=True)))
    fields = {name: values[name] for name in ("f", *(f"u{name}" for name in names))}
    np.savez(path, **fields, **lines)
    return values


def derived(path: Path, **given: Any) -> dict[str, Array]:
    report = gradcli.differentiate(path, path.with_suffix(".out.npz"), overwrite=True, **given)
    with np.load(report.outputs[0]) as found:
        return dict(found)


def errors(
    folder: Path, kind: str, number: int, accuracy: int, size: int, even: bool
) -> dict[str, float]:
    """Return the largest error of every result, away from the ends."""
    names = NAMES[kind]
    right = write(folder / "f.npz", kind, number, lines_of(kind, size, even))
    given = {"axis": list(names), "metric": kind, "accuracy": accuracy}
    found = derived(folder / "f.npz", var="f", also="laplacian,hessian", **given)
    also = "divergence,curl,strain,qcriterion"
    vector = [f"u{name}" for name in names]
    found |= derived(folder / "f.npz", var=vector, operator="jacobian", also=also, **given)
    inner = {"r": size // 3, "z": size // 2, "theta": size // 2}
    inside = tuple(slice(inner.get(n), -inner[n] if n in inner else None) for n in names)
    return {
        name: float(np.abs(found[name] - values)[inside].max())
        for name, values in right.items()
        if name not in ("f", *vector)
    }
