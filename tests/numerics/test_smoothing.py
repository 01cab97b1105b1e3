"""Derivatives of local least-squares polynomials."""

from __future__ import annotations

from fractions import Fraction

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import UsageError
from gradcli.numerics.schemes import Scheme, checked_scheme
from gradcli.numerics.smoothing import Savgol, least_squares, parse_smooth
from gradcli.numerics.weights import fornberg
from tests.numerics.test_stencils import derivative

CASES = [(3, 1, 1), (3, 2, 2), (5, 2, 1), (7, 2, 1), (7, 3, 2), (7, 6, 5), (21, 4, 3), (31, 5, 1)]


def noisy(size: int = 120) -> np.ndarray:
    return np.random.default_rng(0).normal(size=size)


@pytest.mark.parametrize(("window", "degree", "order"), CASES)
def test_on_equal_steps_it_is_what_scipy_gives(window: int, degree: int, order: int) -> None:
    from scipy.signal import savgol_filter  # a second for each process that collects tests

    values, x = noisy(), 4 - 0.25 * np.arange(120)
    scheme = Scheme(order=order, smooth=Savgol(window, degree))
    for mode, ring in (("interp", {}), ("wrap", {"periodic": True})):
        expected = savgol_filter(values, window, degree, deriv=order, delta=-0.25, mode=mode)
        found = derivative(values, x, scheme, **ring)
        # For 31 points scipy is 7e-12 or 4e-11 from the rational weights, by the processor's BLAS;
        # below gradcli's own are held to 1e-13.
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize(("window", "degree", "order"), CASES)
def test_on_uneven_steps_it_is_the_derivative_of_the_fit(
    window: int, degree: int, order: int
) -> None:
    x, values = np.cumsum(np.random.default_rng(1).uniform(0.5, 2, 120)), noisy()
    found = derivative(values, x, Scheme(order=order, smooth=Savgol(window, degree)))
    for row in (0, 1, 40, 118, 119):
        first = min(max(row - window // 2, 0), 120 - window)
        near = slice(first, first + window)
        fit = np.polynomial.Polynomial.fit(x[near], values[near], degree)
        np.testing.assert_allclose(found[row], fit.deriv(order)(x[row]), rtol=1e-8)


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize(("window", "degree", "order"), CASES)
def test_a_polynomial_of_its_degree_is_differentiated_exactly(
    window: int, degree: int, order: int, uneven: bool
) -> None:
    x = np.linspace(-1, 2, 60) + (0.02 * np.sin(np.arange(60.0)) if uneven else 0)
    polynomial = np.polynomial.Polynomial(np.arange(1.0, degree + 2))
    found = derivative(polynomial(x), x, Scheme(order=order, smooth=Savgol(window, degree)))
    expected = polynomial.deriv(order)(x)
    np.testing.assert_allclose(found, expected, atol=1e-12 * 60**order * np.abs(expected).max())


def test_a_polynomial_through_all_its_points_has_the_weights_of_fornberg() -> None:
    nodes = np.sort(np.random.default_rng(2).uniform(-1, 5, (30, 9)), axis=1)
    for order in (1, 2, 3):
        exact = fornberg(nodes, order)
        scale = np.abs(exact).max(axis=1, keepdims=True)
        assert (np.abs(least_squares(nodes, order, 8) - exact) <= 1e-12 * scale).all()


def test_weights_of_a_high_degree_lose_no_digits() -> None:
    """Powers of whole numbers up to 25**9, as others take them, leave 6 digits here."""
    weights = least_squares(np.arange(51.0), 1, 9)
    for power in range(10):
        moment = sum(Fraction(w) * Fraction(k, 50) ** power for k, w in enumerate(weights.tolist()))
        assert abs(float(moment) - (power == 1) / 50) < 1e-13


@pytest.mark.parametrize("window", [3, 9, 21])
def test_a_reversed_axis_gives_the_same_bits_reversed(window: int) -> None:
    values = noisy(50)
    for order in (1, 2):
        scheme = Scheme(order=order, smooth=Savgol(window, 2))
        forth = derivative(values, np.arange(50.0), scheme)
        back = derivative(values[::-1].copy(), np.arange(50.0)[::-1], scheme)
        assert back[::-1].tobytes() == forth.tobytes()


@pytest.mark.parametrize("x", [None, np.arange(40.0) ** 1.3], ids=["equal", "uneven"])
def test_constants_give_zero_and_holes_make_holes_of_their_window(x: np.ndarray | None) -> None:
    scheme = Scheme(smooth=Savgol(7, 2))
    values = np.full(40, 0.1)
    assert (derivative(values, x, scheme) == 0).all()
    values[20] = np.nan
    found = derivative(values, x, scheme)
    assert np.flatnonzero(np.isnan(found)).tolist() == list(range(17, 24))


def test_edges_can_be_left_missing() -> None:
    found = derivative(noisy(20), None, Scheme(smooth=Savgol(7, 2), edges="missing"))
    assert np.flatnonzero(np.isnan(found)).tolist() == [0, 1, 2, 17, 18, 19]


def test_wide_windows_take_smaller_tiles_and_give_the_same(monkeypatch) -> None:
    from gradcli.numerics import kernel

    values, x = np.random.default_rng(3).normal(size=(60, 50, 4)), np.arange(50.0) ** 1.1
    scheme = Scheme(smooth=Savgol(41, 3))
    one = _along_the_middle(values, x, scheme)
    for name, number in (("WIDE", 1), ("FEW_EDGES", 0), ("FEW_EDGES", 1000)):
        monkeypatch.setattr(kernel, name, number)
        for axis_last in (False, True):
            found = _along_the_middle(values, x, scheme, axis_last)
            assert found.tobytes() == one.tobytes()
    np.testing.assert_allclose(one[7, :, 2], derivative(values[7, :, 2], x, scheme), rtol=1e-12)


def _along_the_middle(
    values: np.ndarray, x: np.ndarray, scheme: Scheme, last: bool = False
) -> np.ndarray:
    """Return the derivative along the middle axis, worked there or as the last of all."""
    from gradcli.numerics.assemble import make_stencil
    from gradcli.numerics.coordinates import fit_spacing

    stencil = make_stencil("x", fit_spacing("x", x), scheme)
    axis = 2 if last else 1
    values = np.ascontiguousarray(np.moveaxis(values, 1, axis))
    out = np.empty_like(values)
    stencil.apply(values, slice(0, 50), axis, out)
    return np.ascontiguousarray(np.moveaxis(out, axis, 1))


@pytest.mark.parametrize(
    ("text", "order", "words"),
    [
        ("savgol", 1, "savgol:WINDOW,DEGREE"),
        ("savgol:7", 1, "savgol:WINDOW,DEGREE"),
        ("gauss:7,2", 1, "savgol:WINDOW,DEGREE"),
        ("savgol:8,2", 1, "the window must be odd"),
        ("savgol:7,7", 1, "less than the window"),
        ("savgol:7,2", 3, "at least the order"),
    ],
)
def test_what_cannot_be_fitted_is_refused(text: str, order: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_smooth(text, order)


@pytest.mark.parametrize(
    "other",
    [
        *({"accuracy": 2}, {"edge_order": 1}, {"side": "forward"}, {"missing": "adapt"}),
        *({"order": 7}, {"edges": "none"}),
    ],
)
def test_it_excludes_what_it_replaces(other: dict) -> None:
    with pytest.raises(UsageError):
        checked_scheme(smooth="savgol:11,8", **other)
    assert checked_scheme(smooth="savgol:11,8").smooth == Savgol(11, 8)


def test_results_say_how_they_were_made(tmp_path) -> None:
    import h5py

    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["f"] = noisy(30)
    report = gradcli.differentiate(tmp_path / "f.h5", smooth="savgol:7,2")
    with h5py.File(report.outputs[0]) as file:
        said = dict(file["df_d0"].attrs)
    assert said["derivative_smooth"] == "savgol, window 7, degree 2"
    assert not {"derivative_accuracy", "derivative_edge_order", "derivative_scheme"} & set(said)
    (axis,) = report.variables[0]["axes"]
    assert (axis["smooth"], axis["accuracy"]) == ("savgol, window 7, degree 2", None)
    with pytest.raises(gradcli.errors.InputError, match=r"a window needs 31; .* shorter"):
        gradcli.differentiate(tmp_path / "f.h5", smooth="savgol:31,2", overwrite=True)


def test_operators_smooth_with_one_window_whatever_their_order(tmp_path) -> None:
    from scipy.signal import savgol_filter  # a second for each process that collects tests

    image = np.random.default_rng(6).normal(size=(20, 30))
    np.save(tmp_path / "f.npy", image)
    path = tmp_path / "f.npy"
    report = gradcli.differentiate(path, operator="laplacian", smooth="savgol:7,3", spacing=2)
    twice = [savgol_filter(image, 7, 3, deriv=2, delta=2, axis=axis) for axis in (0, 1)]
    np.testing.assert_allclose(np.load(report.outputs[0]), sum(twice), atol=1e-12)
    with pytest.raises(UsageError, match="laplacian takes derivatives of order 2"):
        gradcli.differentiate(path, operator="laplacian", smooth="savgol:7,1", overwrite=True)


def test_a_longitude_that_repeats_its_first_point_is_smoothed_around(tmp_path) -> None:
    for kind, x in (("equal", np.arange(0, 361, 10.0)), ("uneven", np.linspace(0, 1, 37) ** 1.5)):
        x = x if kind == "equal" else 360 * x
        values = np.random.default_rng(7).normal(size=(3, 37))
        values[:, -1] = values[:, 0]
        with netCDF4.Dataset(tmp_path / f"{kind}.nc", "w") as data:
            for name, points in (("lat", np.arange(3.0)), ("lon", x)):
                data.createDimension(name, len(points))
                axis = data.createVariable(name, "f8", (name,))
                axis[:], axis.units = points, f"degrees_{'north' if name == 'lat' else 'east'}"
            data.createVariable("f", "f8", ("lat", "lon"))[:] = values
        options: dict = {"axis": "x", "metric": "sphere", "smooth": "savgol:5,2"}
        report = gradcli.differentiate(tmp_path / f"{kind}.nc", **options)
        with netCDF4.Dataset(report.outputs[0]) as found:
            made = np.asarray(found["df_dx"][:])
        ring = derivative(
            values[0, :-1], x[:-1], Scheme(smooth=Savgol(5, 2)), periodic=True, period=360.0
        )
        np.testing.assert_allclose(made[0], [*ring, ring[0]] / np.radians(6371229), atol=1e-15)
