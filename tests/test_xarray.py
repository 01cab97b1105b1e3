"""The xarray interface gives what the command gives, at once or lazily."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr

import gradcli
import gradcli.xarray
from gradcli.errors import GradcliError, InputError, KindError, UsageError
from tests.places import ROOT

SAMPLES = ROOT / "sample_data"
SPHERE: dict[str, Any] = {"metric": "sphere"}


@pytest.fixture(autouse=True)
def quiet(recwarn: pytest.WarningsRecorder) -> None:
    """Let notes pass, which are warnings here."""
    warnings.simplefilter("ignore", gradcli.xarray.Note)


def curved() -> xr.Dataset:
    """Return a field and a vector on a rotated curvilinear grid that moves slowly eastward."""
    j, i = np.mgrid[0:9, 0:11]
    lon, lat = 10 + i + 0.3 * j, 40 + 0.8 * j - 0.2 * i
    values = np.sin(np.radians(3 * lon)) * np.cos(np.radians(2 * lat))
    return xr.Dataset(
        {
            "T": (("j", "i"), values, {"units": "K"}),
            "u": (("j", "i"), values * 2, {"units": "m s-1"}),
            "v": (("j", "i"), values**2, {"units": "m s-1"}),
        },
        coords={
            "lon": (("j", "i"), lon, {"units": "degrees_east", "standard_name": "longitude"}),
            "lat": (("j", "i"), lat, {"units": "degrees_north", "standard_name": "latitude"}),
        },
    )


def globe() -> xr.Dataset:
    """Return a field with gaps and a vector on a global grid, with dates of a model."""
    lon, lat = np.arange(0, 360, 30.0), np.linspace(-75, 75, 7)
    time = xr.date_range("2000-01-30", periods=5, calendar="noleap", use_cftime=True)
    values = np.random.default_rng(1).normal(size=(5, 7, 12)).astype("f4")
    holes = np.where(values > 1.5, np.nan, values)
    dims = ("time", "lat", "lon")
    return xr.Dataset(
        {
            "T": (dims, holes, {"units": "degC", "long_name": "temperature"}),
            "u": (dims, values, {"units": "m s-1"}),
            "v": (dims, values[::-1], {"units": "m s-1"}),
        },
        coords={
            "time": time,
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
            "month": ("time", np.arange(1, 6)),
        },
    )


def plain() -> xr.Dataset:
    """Return integers, booleans and floats on an uneven grid, and an axis without coordinates."""
    x = np.cumsum([0.0, 1, 2, 1, 0.5, 3, 1, 1, 2])
    rows = np.random.default_rng(2).normal(size=(4, 9))
    return xr.Dataset(
        {
            "n": (("y", "x"), (rows * 10).astype("i4")),
            "on": (("y", "x"), rows > 0),
            "f": (("y", "x"), rows),
            "g": (("y", "x"), rows.T.copy().T),
        },
        coords={"x": ("x", x, {"units": "m"})},
    )


MADE = {"curved": curved, "globe": globe, "plain": plain}
VECTOR: dict[str, Any] = {"var": ["u", "v"], **SPHERE}
CASES: list[tuple[str, str, tuple[str, ...], dict[str, Any]]] = [
    ("plain", "gradient", (), {}),
    ("plain", "gradient", ("x",), {"accuracy": 4}),
    ("plain", "gradient", ("x",), {"order": 2, "var": "f"}),
    ("plain", "gradient", ("x", "y"), {"scheme": "forward", "var": "f"}),
    ("plain", "gradient", ("x",), {"smooth": "savgol:5,2", "var": "f"}),
    ("plain", "gradient", ("x",), {"isel": {"x": (2, 7)}, "var": "f"}),
    ("plain", "gradient", ("x",), {"sel": {"x": (2.0, 8.0)}, "halo": False, "var": "f"}),
    ("plain", "gradient", ("y",), {"spacing": 0.5, "periodic": "y"}),
    ("plain", "gradient", ("x",), {"edges": "missing", "dtype": "f4"}),
    ("plain", "magnitude", ("x", "y"), {"var": "f"}),
    ("plain", "laplacian", ("x", "y"), {"var": "f"}),
    ("plain", "hessian", ("x", "y"), {"var": "f"}),
    ("plain", "directional", ("x", "y"), {"var": "f", "toward": (1, 2)}),
    ("plain", "direction", ("x", "y"), {"var": "f"}),
    ("plain", "divergence", ("x", "y"), {"var": ["f", "g"]}),
    ("plain", "jacobian", ("x", "y"), {"var": ["f", "g"]}),
    ("globe", "gradient", (), {"var": "T"}),
    ("globe", "gradient", ("x", "y"), {"var": "T", **SPHERE}),
    ("globe", "gradient", ("x",), {"var": "T", "missing": "adapt"}),
    ("globe", "gradient", ("time",), {"var": "T", "per": {"time": "s"}}),
    ("globe", "gradient", ("lat",), {"var": "T", "sel": {"time": "2000-02"}}),
    ("globe", "gradient", ("lon",), {"var": "T", "sel": {"lon": (330, 60)}}),
    ("globe", "laplacian", ("x", "y"), {"var": "T", **SPHERE}),
    ("globe", "magnitude", ("x", "y"), {"var": "T", "metric": "wgs84", "accuracy": 4}),
    ("globe", "curl", ("x", "y"), VECTOR),
    ("globe", "divergence", ("x", "y"), {**VECTOR, "edges": "pole"}),
    ("globe", "jacobian", ("x", "y"), VECTOR),
    ("curved", "gradient", ("x", "y"), {"var": "T", **SPHERE}),
    ("curved", "magnitude", ("x", "y"), {"var": "T", **SPHERE}),
    ("curved", "curl", ("x", "y"), VECTOR),
    ("curved", "divergence", ("x", "y"), VECTOR),
    ("curved", "gradient", ("i",), {"var": "T"}),
]
IDS = [f"{kind}-{operator}-{number}" for number, (kind, operator, _, _) in enumerate(CASES)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("xarray")
    for name, make in MADE.items():
        make().to_netcdf(folder / f"{name}.nc")
    return {name: folder / f"{name}.nc" for name in MADE}


@pytest.mark.parametrize(("kind", "operator", "axes", "options"), CASES, ids=IDS)
def test_results_are_those_of_the_command(
    files: dict[str, Path],
    tmp_path: Path,
    kind: str,
    operator: str,
    axes: tuple[str, ...],
    options: dict[str, Any],
) -> None:
    out = tmp_path / "out.nc"
    gradcli.differentiate(files[kind], out, operator=operator, axis=list(axes) or None, **options)
    with xr.open_dataset(files[kind]) as dataset:
        made = getattr(dataset.load().gradcli, operator)(*axes, **options)
    with xr.open_dataset(out, mask_and_scale=False) as right:
        results = [name for name in right.data_vars if "derivative_of" in right[name].attrs]
        assert list(made.data_vars) == results
        for name in results:
            assert made[name].dtype == right[name].dtype
            assert made[name].dims == right[name].dims
            np.testing.assert_array_equal(made[name].values, right[name].values)
            attributes = {k: v for k, v in right[name].attrs.items() if k != "_FillValue"}
            assert {k: str(v) for k, v in made[name].attrs.items()} == {
                k: str(v) for k, v in attributes.items()
            }
        for name in right.coords:
            np.testing.assert_array_equal(made[name].values, right[name].values)


@pytest.mark.parametrize(("kind", "operator", "axes", "options"), CASES, ids=IDS)
def test_lazy_results_are_the_same(
    kind: str, operator: str, axes: tuple[str, ...], options: dict[str, Any]
) -> None:
    if kind == "curved" and options.get("missing") == "adapt":
        pytest.skip("tables of such grids depend on the whole field")
    dataset = MADE[kind]()
    right = getattr(dataset.gradcli, operator)(*axes, **options)
    sizes = {str(dim): 4 for dim in dataset.dims}
    coords = [str(name) for name in dataset.coords if name not in dataset.dims]
    cut = dataset.drop_vars(coords).chunk(sizes).assign_coords(dataset[coords].coords)
    with _small_blocks():
        made = getattr(cut.gradcli, operator)(*axes, **options)
        assert all(made[name].chunks is not None for name in made.data_vars)
        found = made.compute(scheduler="synchronous")
    for name in right.data_vars:  # how many points are next to gaps is known at the end
        for attribute in ("derivative_missing_adapted", "derivative_missing_lost"):
            right[name].attrs.pop(attribute, None)
    xr.testing.assert_identical(found, right)


class _small_blocks:  # noqa: N801
    """Let blocks be as small as chunks, as those of large arrays are."""

    def __enter__(self) -> None:
        from gradcli.engine import lazy

        self._before, lazy.SMALLEST = lazy.SMALLEST, 1

    def __exit__(self, *_: object) -> None:
        from gradcli.engine import lazy

        lazy.SMALLEST = self._before


@pytest.mark.parametrize("number", [1, 7, 18, 27])
def test_chunks_of_one_point(number: int) -> None:
    kind, operator, axes, options = CASES[number]
    dataset = MADE[kind]().isel({"time": slice(0, 1)} if kind == "globe" else {})
    right = getattr(dataset.gradcli, operator)(*axes, **options)
    names = list(dataset.data_vars)
    cut = dataset.assign({name: dataset[name].chunk(1) for name in names})
    with _small_blocks():
        made = getattr(cut.gradcli, operator)(*axes, **options)
        found = made.compute(scheduler="synchronous")
    xr.testing.assert_equal(found, right)


def test_uneven_chunks_and_a_slice_of_a_result() -> None:
    values = np.random.default_rng(3).normal(size=(20, 30))
    array = xr.DataArray(values, dims=("y", "x"), name="f")
    right = array.gradcli.gradient("x", accuracy=6)["df_dx"]
    with _small_blocks():
        cut = array.chunk({"y": (3, 1, 16), "x": (1, 20, 2, 7)})
        made = cut.gradcli.gradient("x", accuracy=6)["df_dx"]
        assert made.chunks == ((3, 1, 16), (1, 20, 2, 7))
        np.testing.assert_array_equal(made[4:9, 17:].values, right[4:9, 17:].values)


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    def fail(block: np.ndarray) -> np.ndarray:
        raise AssertionError("a value was computed")

    lazy = da.zeros((9, 9), chunks=3).map_blocks(fail, dtype=float, meta=np.empty((0, 0)))
    array = xr.DataArray(lazy)
    made = array.gradcli.gradient("dim_0")
    assert list(made) == ["dfield_ddim_0"]
    with pytest.raises(AssertionError, match="a value was computed"):
        made.compute(scheduler="synchronous")


def test_one_task_for_each_block_and_no_coordinates_in_it() -> None:
    size = 4000
    array = xr.DataArray(
        da.zeros((size, size), chunks=400), dims=("y", "x"), coords={"x": np.arange(size) ** 1.5}
    )
    made = array.gradcli.gradient("x")["dfield_dx"].data
    assert made.npartitions == 100
    layers = made.dask.layers
    assert len(layers[made.name]) == 100
    import pickle

    assert len(pickle.dumps(layers[made.name][made.name, 3, 4])) < 3000


def test_a_million_chunks_are_planned_at_once() -> None:
    array = xr.DataArray(da.zeros((100_000, 100_000), chunks=100), dims=("y", "x"))
    made = array.gradcli.gradient("x")["dfield_dx"]
    assert made.shape == array.shape
    assert not made.data.dask.layers[made.data.name].is_materialized()
    assert made[:5, :5].values.tolist() == [[0.0] * 5] * 5


def test_units_and_dates(files: dict[str, Path]) -> None:
    with xr.open_dataset(SAMPLES / "ocean.nc") as dataset:
        made = dataset.sst.gradcli.gradient("time", "lat", metric="none")
        assert made["dsst_dtime"].attrs["units"] == "K day-1"
        assert made["dsst_dlat"].attrs["units"] == "K degree_north-1"
        xr.testing.assert_equal(made["time"], dataset["time"])


def test_notes_are_warnings() -> None:
    array = xr.DataArray(np.arange(5.0), dims="x", name="f")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(gradcli.xarray.Note, match="so the step is 1"):
            array.gradcli.gradient("x")


@pytest.mark.parametrize(
    ("axes", "options", "kind", "told"),
    [
        (("q",), {}, UsageError, "no axis 'q'"),
        (("x",), {"acuracy": 4}, KindError, "no keyword 'acuracy'; did you mean 'accuracy'"),
        (("x",), {"overwrite": True}, KindError, "overwrite= is about files"),
        (("x",), {"operator": "curl"}, KindError, "operator= is the name of the method"),
        (("x",), {"axis": "x"}, KindError, "axis= and axes before it exclude each other"),
        (("x",), {"accuracy": 3}, UsageError, "accuracy 3"),
        (("x",), {"metric": "sphere"}, UsageError, "metric"),
        (("x",), {"var": "q"}, UsageError, "no variable 'q'"),
    ],
)
def test_wrong_calls_are_refused_in_words_of_python(
    axes: tuple[str, ...], options: dict[str, Any], kind: type[GradcliError], told: str
) -> None:
    with pytest.raises(kind) as refused:
        plain().gradcli.gradient(*axes, **options)
    assert told in str(refused.value)
    assert "--" not in str(refused.value)


def test_the_dataset_is_left_alone() -> None:
    dataset, before = globe(), globe()
    dataset.gradcli.gradient("lon", missing="adapt", missing_value=0.5)
    xr.testing.assert_identical(dataset, before)


def test_dask_needs_no_scheduler_of_its_own() -> None:
    with dask.config.set(scheduler="threads"):
        array = xr.DataArray(da.ones((40, 40), chunks=10), dims=("y", "x"), name="f")
        assert array.gradcli.magnitude("x", "y")["grad_f"].sum().values == 0


def test_axes_may_come_as_a_list_or_by_keyword() -> None:
    right = plain().gradcli.gradient("x", "y", var="f")
    for made in (
        plain().gradcli.gradient(["x", "y"], var="f"),
        plain().gradcli.gradient(axis=("x", "y"), var="f"),
    ):
        xr.testing.assert_identical(made, right)


def test_names_that_are_no_text() -> None:
    values = np.arange(4.0) ** 2
    array = xr.DataArray(values, dims=(3,), name=5)
    for made in (array.gradcli.gradient(0), array.chunk(2).gradcli.gradient()):
        (found,) = made.data_vars.values()
        assert (found.name, found.dims) in [("d5_d3", (3,)), ("d5_d0", (3,))]
        assert found.values.tolist() == [1, 2, 4, 5]
    clash = xr.Dataset({5: ("x", values), "5": ("x", values)})
    with pytest.raises(UsageError, match="several names are 5 as text"):
        clash.gradcli.gradient()


def test_arrays_named_like_their_coordinates() -> None:
    lon = curved().lon
    assert list(lon.gradcli.gradient("i")) == ["dlon_di"]
    with pytest.raises(InputError, match="is the name of a dimension too; rename the array"):
        plain().x.gradcli.gradient()
    taken = plain().f.assign_coords(df_dx=("x", np.arange(9)))
    with pytest.raises(UsageError, match="df_dx: is a coordinate already; name= names results"):
        taken.gradcli.gradient("x")


def test_dates_that_are_missing_are_no_numbers() -> None:
    dates = np.array(["2000-01-01", "NaT", "2000-01-03", "2000-01-05", "2000-01-09"], "M8[ns]")
    for values in (dates, dates - dates[0]):
        array = xr.DataArray(values, dims="x", name="T")
        right = [np.nan, np.nan, np.nan, 3, 4]
        for made in (array, array.chunk(2)):
            found = made.gradcli.gradient("x")["dT_dx"]
            day = {"days": 1, "nanoseconds": 86400e9}[found.attrs["units"]]
            np.testing.assert_array_equal(found.values / day, right)
    with pytest.raises(InputError, match="index 1 is missing"):
        xr.DataArray(np.arange(5), dims="t", coords={"t": dates}).gradcli.gradient()


def test_dates_as_values_keep_the_units_of_their_file_lazily() -> None:
    hours = np.arange(6) ** 2 * np.timedelta64(1, "h")
    dataset = xr.Dataset({"obs": ("x", np.datetime64("2000-01-01", "ns") + hours)})
    dataset.obs.encoding = {"units": "days since 1990-01-01", "dtype": "float64"}
    right = dataset.gradcli.gradient("x")
    assert right["dobs_dx"].attrs["units"] == "days"
    xr.testing.assert_identical(dataset.chunk(2).gradcli.gradient("x").compute(), right)


def test_units_that_dates_decide_are_told() -> None:
    time = np.datetime64("2000-01-01", "ns") + np.arange(5) * np.timedelta64(1, "h")
    array = xr.DataArray(np.arange(5.0), dims="t", coords={"t": time}, name="T")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(gradcli.xarray.Note, match="dT_dt: is per hour, a unit that fits"):
            array.gradcli.gradient()
        array.gradcli.gradient(per={"t": "s"})
        array.assign_attrs(units="K").gradcli.gradient()


def test_limits_of_packed_values_are_unpacked_with_them(tmp_path: Path) -> None:
    attrs = {"valid_range": np.array([100, 500], "i2"), "scale_factor": -0.01, "add_offset": 5.0}
    stored = np.array([100, 200, 300, 500, 501, 600], "i2")
    raw = xr.Dataset({"a": ("x", stored, attrs)})
    right = raw.gradcli.gradient()["da_dx"].values
    assert np.isfinite(right).tolist() == [True, True, True, False, False, False]
    with xr.decode_cf(raw) as decoded:
        np.testing.assert_allclose(decoded.gradcli.gradient()["da_dx"].values, right, rtol=1e-13)


def test_sizes_of_dask_that_are_0_or_unknown() -> None:
    empty = xr.DataArray(da.zeros((0, 5), chunks=2), dims=("y", "x"))
    assert empty.gradcli.gradient("x").compute()["dfield_dx"].shape == (0, 5)
    values = da.arange(9, chunks=3)
    with pytest.raises(InputError, match="call compute_chunk_sizes"):
        xr.DataArray(values[values > 3], dims="x").gradcli.gradient()


def test_a_note_points_at_the_line_that_called() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        xr.DataArray(np.arange(5.0), dims="x").gradcli.gradient("x")
    assert caught[0].filename == __file__


def test_grid_mappings_and_bounds_stay_with_results(tmp_path: Path) -> None:
    lat = np.linspace(-60, 60, 5)
    edges = np.stack([lat - 15, lat + 15], axis=1)
    dataset = xr.Dataset(
        {
            "T": (("lat", "x"), np.outer(lat, lat), {"grid_mapping": "crs"}),
            "crs": ((), 0, {"grid_mapping_name": "latitude_longitude"}),
            "lat_bnds": (("lat", "nv"), edges),
        },
        coords={"lat": ("lat", lat, {"units": "degrees_north", "bounds": "lat_bnds"}), "x": lat},
    )
    for given in (dataset, dataset.chunk(2)):
        made = given.gradcli.gradient("x", var="T", isel={"lat": (1, 3)})
        assert made["dT_dx"].attrs["grid_mapping"] == "crs"
        assert made["crs"].attrs["grid_mapping_name"] == "latitude_longitude"
        np.testing.assert_array_equal(made["lat_bnds"].values, edges[1:3])
        again = made.gradcli.gradient("x")
        assert list(again.data_vars) == ["ddT_dx_dx"]
        again.to_netcdf(tmp_path / "again.nc")
        with xr.open_dataset(tmp_path / "again.nc", decode_coords="all") as read:
            xr.testing.assert_equal(read, again.compute())


def test_chunks_of_dask_may_be_larger_than_the_memory_of_a_run() -> None:
    array = xr.DataArray(da.zeros((30_000, 30_000), chunks=15_000), dims=("y", "x"))
    assert array.gradcli.gradient()["dfield_dx"].shape == array.shape
    with pytest.raises(UsageError, match="memory: Dask computes these results"):
        array.gradcli.gradient(memory="1GB")


def test_chunks_of_no_point() -> None:
    values = np.random.default_rng(5).normal(size=(7, 9))
    cut = xr.DataArray(da.from_array(values, chunks=((3, 0, 4), (0, 9))), dims=("y", "x"))
    right = xr.DataArray(values, dims=("y", "x")).gradcli.gradient()
    with _small_blocks():
        found = cut.gradcli.gradient().compute(scheduler="synchronous")
    xr.testing.assert_identical(found, right)


def test_what_dask_cannot_do_or_does_at_once_is_told() -> None:
    lazy = curved().drop_vars(["lon", "lat"]).chunk(4).assign_coords(curved().coords)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(gradcli.xarray.Note, match="maps of the fields are read now"):
            lazy.gradcli.gradient("x", "y", var="T", missing="adapt", **SPHERE)
        lazy.gradcli.gradient("x", "y", var="T", **SPHERE)
    steps = xr.DataArray(np.arange(3.0), dims="t")
    moving = xr.Dataset({"T": (lazy["T"] + steps).transpose("t", "j", "i")}).assign_coords(
        {
            name: (curved()[name] + steps * 0.1)
            .transpose("t", "j", "i")
            .assign_attrs(curved()[name].attrs)
            for name in ("lon", "lat")
        }
    )
    with pytest.raises(UsageError, match="its coordinates differ from step to step, which lazy"):
        moving.gradcli.gradient("x", "y", **SPHERE)
    assert np.isfinite(moving.load().gradcli.gradient("x", "y", **SPHERE)["dT_dx"]).all()
