"""Values that wrap: every derivative is that of the values as they would go on."""

from __future__ import annotations

import math
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.errors import UsageError

RNG = np.random.default_rng(5)


def smooth(shape: tuple[int, ...]) -> np.ndarray:
    """Angles in degrees that turn around several times, by steps of less than half a turn."""
    whole = np.zeros(shape)
    for axis, size in enumerate(shape):
        turning = np.cumsum(RNG.uniform(-80, 100, size))
        whole = whole + turning.reshape([-1 if axis == k else 1 for k in range(len(shape))])
    return whole


def derivatives(folder: Path, values: np.ndarray, **options) -> list[np.ndarray]:
    np.save(folder / "f.npy", values)
    report = gradcli.differentiate(
        folder / "f.npy", folder / "d{component}.npy", overwrite=True, **options
    )
    return [np.load(path) for path in report.outputs]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    options=st.sampled_from(
        [
            {},
            {"order": 2},
            {"order": 3, "accuracy": 4},
            {"accuracy": 8, "edge_order": 3},
            {"scheme": "forward", "accuracy": 3},
            {"smooth": "savgol:7,3"},
            {"missing": "adapt", "accuracy": 4},
            {"periodic": {"0": 20.0}},
            {"edges": "missing"},
            {"operator": "hessian"},
            {"operator": "hessian", "missing": "adapt", "accuracy": 4},
            {"operator": "laplacian", "also": "magnitude"},
        ]
    ),
    seed=st.integers(0, 99),
    gaps=st.booleans(),
    even=st.booleans(),
)
def test_results_are_those_of_the_values_that_go_on(
    tmp_path: Path, options: dict, seed: int, gaps: bool, even: bool
) -> None:
    rng = np.random.default_rng(seed)
    whole = smooth((19, 13))
    if "periodic" in options:
        whole = 30.0 * np.sin(np.arange(19) / 19 * 2 * np.pi)[:, None] + whole[:1]
    if gaps:
        whole[rng.uniform(size=whole.shape) < 0.1] = np.nan
    x = np.arange(19.0) if even else np.sort(rng.uniform(0, 18, 19)) + np.arange(19) * 0.01
    np.save(tmp_path / "x.npy", x)
    given_ = {"axis": "0,1", "coords": {"0": str(tmp_path / "x.npy")}, **options}
    wanted = derivatives(tmp_path, whole, **given_)
    got = derivatives(tmp_path, whole % 360, unwrap=360, **given_)
    for one, other in zip(got, wanted, strict=True):
        assert (np.isnan(one) == np.isnan(other)).all()
        scale = max(np.nanmax(np.abs(other), initial=0), 1.0)
        np.testing.assert_allclose(one, other, atol=1e-9 * scale)


def test_blocks_and_threads_do_not_matter(tmp_path: Path) -> None:
    values = smooth((3000, 300)).astype("f4") % 360
    one = derivatives(tmp_path, values, unwrap="360", axis="0,1", accuracy=6)
    two = derivatives(
        tmp_path, values, unwrap="360", axis="0,1", accuracy=6, jobs=2, memory=18 * 2**20
    )
    for left, right in zip(one, two, strict=True):
        assert left.dtype == np.float32
        assert left.tobytes() == right.tobytes()


def test_constants_give_zero_and_half_a_turn_stays(tmp_path: Path) -> None:
    (made,) = derivatives(tmp_path, np.full(9, 359.5), unwrap=360)
    assert (made == 0).all()
    assert not np.signbit(made).any()
    (made,) = derivatives(
        tmp_path, np.array([0.0, 2.0, 4.0, 6.0, 1.7168]), unwrap="2pi", edge_order=1
    )
    np.testing.assert_allclose(made, 2.0, rtol=1e-4)
    (made,) = derivatives(tmp_path, np.array([0.0, 2.0, 4.0, 6.0]) % math.pi, unwrap="π")
    np.testing.assert_allclose(made, 2.0 - math.pi)


def test_packed_integers_are_unpacked_first(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        file.createDimension("t", 20)
        var = file.createVariable("dir", "i2", ("t",), fill_value=-1)
        var.setncatts({"scale_factor": 0.1, "units": "degree"})
        var[:] = np.ma.masked_array((350 + 7.0 * np.arange(20)) % 360, np.arange(20) == 4)
    gradcli.differentiate(
        tmp_path / "f.nc", tmp_path / "d.nc", axis="t", unwrap=360, missing="adapt"
    )
    with netCDF4.Dataset(tmp_path / "d.nc") as file:
        made = file["ddir_dt"]
        assert made.derivative_unwrap == 360
        assert made[:].mask.tolist() == [k == 4 for k in range(20)]
        np.testing.assert_allclose(made[:].compressed(), 7.0, rtol=1e-9)


def test_what_does_not_wrap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="complex"):
        derivatives(tmp_path, np.ones(4, complex), unwrap=360)
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        for name, units in (("lat", "degrees_north"), ("lon", "degrees_east")):
            file.createDimension(name, 5)
            file.createVariable(name, "f8", (name,))[:] = np.arange(5.0)
            file[name].units = units
        for name in "uv":
            file.createVariable(name, "f8", ("lat", "lon"))[:] = 1.0
    with pytest.raises(UsageError, match="factor of the grid"):
        gradcli.differentiate(
            tmp_path / "f.nc", axis="x,y", var="u,v", operator="curl", metric="sphere", unwrap=360
        )
