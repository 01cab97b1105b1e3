"""Halving the step: errors fall as the order of accuracy says, whatever operator and metric.

The exact answers come from closed forms whose derivatives northward are taken by complex steps,
in the flux form of textbooks; gradcli sums its own terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.numerics.earth import Earth
from tests.long import long

Array = Any
STEP = 1e-30  # of a complex step: nothing is subtracted, so nothing is lost
TOWARD = (3.0, 4.0)
METRICS = {
    "none": None,
    "sphere": Earth(6371229.0),
    "wgs84": Earth(6378137.0, 0.0066943799901413165),
}
SCALAR = {"var": "f", "operator": "gradient"} | {
    "also": "magnitude,direction,directional,laplacian,hessian",
    "toward": TOWARD,
}
VECTOR = {"var": "u,v", "operator": "jacobian", "also": "divergence,curl"}


def north(function: Callable[[Array], Array], y: Array) -> Array:
    """Return the derivative of an analytic function by a complex step."""
    return function(y + 1j * STEP).imag / STEP


def wave(x: Array, y: Array, times: int = 0, k: float = 2.0, turn: float = 0.3) -> Array:
    """Return a wave, differentiated so many times along x."""
    return k**times * np.sin(k * x + turn + times * np.pi / 2) * np.cos(y) ** 2 * (1.5 + np.sin(y))


def radii(earth: Earth | None) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Return metres a radian eastward and northward, by latitude; 1 without a metric."""
    if earth is None:
        return (lambda y: 1.0 + 0 * y,) * 2
    bulge = lambda y: 1 - earth.eccentricity2 * np.sin(y) ** 2  # noqa: E731
    parallel = lambda y: earth.radius * np.cos(y) / np.sqrt(bulge(y))  # noqa: E731
    return parallel, lambda y: earth.radius * (1 - earth.eccentricity2) / bulge(y) ** 1.5


def exact(earth: Earth | None, x: Array, y: Array) -> Iterator[tuple[str, Array]]:
    """Yield every result by its name."""
    p, m = radii(earth)
    f, u, v = (partial(wave, x, k=k, turn=t) for k, t in ((2, 0.3), (1, 0.9), (3, 0.1)))
    fx, fy = wave(x, y, 1) / p(y), north(f, y) / m(y)
    yield "df_dx", fx
    yield "df_dy", fy
    yield "grad_f", np.hypot(fx, fy)
    yield "dir_f", np.arctan2(fy, fx)
    yield "df_ds", (TOWARD[0] * fx + TOWARD[1] * fy) / 5
    fyy, dm, dp = twice(f, y), north(m, y), north(p, y)
    bent = fyy + (dp / p(y) - dm / m(y)) * fy * m(y)
    yield "lap_f", wave(x, y, 2) / p(y) ** 2 + bent / m(y) ** 2
    yield "d2f_dx2", wave(x, y, 2) / p(y) ** 2 + dp / (p(y) * m(y)) * fy
    yield "d2f_dxdy", north(lambda y: wave(x, y, 1) / p(y), y) / m(y)
    yield "d2f_dy2", (fyy - dm * fy) / m(y) ** 2
    ux, vx = wave(x, y, 1, 1, 0.9) / p(y), wave(x, y, 1, 3, 0.1) / p(y)
    turning = dp / (p(y) * m(y))
    yield "du_dx", ux + turning * v(y)
    yield "dv_dx", vx - turning * u(y)
    yield "du_dy", north(u, y) / m(y)
    yield "dv_dy", north(v, y) / m(y)
    yield "div", ux + north(lambda y: v(y) * p(y), y) / (p(y) * m(y))
    yield "curl", vx - north(lambda y: u(y) * p(y), y) / (p(y) * m(y))


def twice(function: Callable[[Array], Array], y: Array) -> Array:
    """Return a second derivative: Cauchy's integral along a circle around each point."""
    count, radius = 16, 0.5
    turns = np.exp(2j * np.pi * np.arange(count) / count)
    values = sum(function(y + radius * turn) / turn**2 for turn in turns) / count
    return 2 * values.real / radius**2


def solve(
    path: Path, metric: str, even: bool, accuracy: int, count: int, whole: bool = False
) -> dict[str, Array]:
    """Return the largest error of every result inside the grid (or on it), relative to its size."""
    bend = 0.0 if even else 0.15
    t = np.arange(count) * 2 * np.pi / count
    x = t + bend * np.sin(t)
    t = np.linspace(-1.0, 1.0, count // 2 + 1)
    y = t + bend * np.sin(np.pi * t) / np.pi
    earth = METRICS[metric]
    unit = 1.0 if earth is None else 180 / np.pi
    grid = np.meshgrid(x, y)
    waves = {"f": (2, 0.3), "u": (1, 0.9), "v": (3, 0.1)}
    fields = {name: wave(*grid, k=k, turn=turn) for name, (k, turn) in waves.items()}
    data = xr.Dataset({name: (("y", "x"), values) for name, values in fields.items()})
    data = data.assign_coords(x=x * unit, y=y * unit)
    if earth is not None:
        data["x"].attrs, data["y"].attrs = {"units": "degrees_east"}, {"units": "degrees_north"}
    data.to_netcdf(path, engine="netcdf4")
    given: dict[str, Any] = {"axis": "x,y", "metric": metric, "accuracy": accuracy}
    given |= {"radius": 6371229.0, "overwrite": True, "snap": False}
    inside = (np.abs(grid[1]) < 0.4) & (np.abs(grid[0] - np.pi) < 2) | whole
    truth = dict(exact(earth, *grid))
    errors = {}
    for asked in (SCALAR, VECTOR):
        report = gradcli.differentiate(path, path.with_name("out.nc"), **given, **asked)
        with xr.open_dataset(report.outputs[0], engine="netcdf4") as found:
            for name in found.data_vars:
                error = found[name].values - truth[str(name)]
                if name == "dir_f":
                    error = np.angle(np.exp(1j * error)) * np.hypot(truth["df_dx"], truth["df_dy"])
                    error /= truth["grad_f"].max()
                else:
                    error = error / np.abs(truth[str(name)]).max()
                errors[str(name)] = np.abs(error[inside]).max()
    return errors


def cases(accuracies: list[int]) -> list[Any]:
    """Return metric, spacing and accuracy: each metric and each accuracy once, the others later."""
    found = []
    for row, accuracy in enumerate(accuracies):
        for column, metric in enumerate(METRICS):
            for even in (True, False):
                once = row % len(METRICS) == column and even == (row % 2 == 1)
                case = metric, even, accuracy
                found.append(case if once else long(*case))
    return found


@pytest.mark.parametrize(("metric", "even", "accuracy"), cases([2, 4, 6, 8]))
def test_errors_fall_as_the_order_of_accuracy_says(
    tmp_path: Path, metric: str, even: bool, accuracy: int
) -> None:
    sizes = {2: (96, 192), 4: (96, 192), 6: (64, 128), 8: (48, 96)}[accuracy]
    coarse, fine = (solve(tmp_path / "f.nc", metric, even, accuracy, count) for count in sizes)
    assert len(fine) == 15
    orders = {name: np.log2(coarse[name] / fine[name]) for name in fine}
    assert min(orders.values()) > accuracy - 0.35, orders


@pytest.mark.parametrize(("metric", "even", "accuracy"), cases([4, 2]))
def test_second_derivatives_are_as_exact_at_the_ends(
    tmp_path: Path, metric: str, even: bool, accuracy: int
) -> None:
    coarse, fine = (
        solve(tmp_path / "f.nc", metric, even, accuracy, count, whole=True) for count in (128, 256)
    )
    names = "lap_f", "d2f_dx2", "d2f_dxdy", "d2f_dy2"
    orders = {name: np.log2(coarse[name] / fine[name]) for name in names}
    assert min(orders.values()) > accuracy - 0.35, orders
