"""Joined files give what one file gives that holds them all, to the byte."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py
import xarray as xr

import gradcli
from gradcli.errors import InputError, UsageError
from gradcli.formats.series.source import SeriesSource, open_series
from gradcli.model.protocols import Hints, Join
from tests.contract import read_all
from tests.grids import end_zarr
from tests.series import LAT, results, times_of, values_at, write, write_series

COUNT, CUTS = 30, (7, 8, 20)


def both(
    folder: Path, even: bool = True, holes: bool = False, **options: Any
) -> tuple[list[str], str]:
    """Write a series and the file that holds all of it."""
    times = times_of(COUNT, even)
    values = values_at(times, holes)
    paths = write_series(folder, times, values, CUTS, **options)
    return paths, str(write(folder / "whole.nc", times, values, **options))


def same(folder: Path, paths: list[str], whole: str, **asked: Any) -> None:
    """Check that joined files and the whole give the same bytes, in every variable."""
    joined = gradcli.differentiate(paths, folder / "joined.nc", join="time", **asked)
    right = gradcli.differentiate(whole, folder / "right.nc", **asked)
    assert results(joined.outputs[0]) == results(right.outputs[0])


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("accuracy", [2, 4, 6, 8])
def test_stencils_cross_the_seams(tmp_path: Path, even: bool, accuracy: int) -> None:
    paths, whole = both(tmp_path, even)
    same(tmp_path, paths, whole, axis="time", accuracy=accuracy)


@pytest.mark.parametrize(
    "asked",
    [
        {"axis": "t", "missing": "adapt", "accuracy": 4},
        {"axis": "time", "periodic": {"time": 40.0}},
        {"axis": "time", "isel": {"time": (5, 9)}},
        {"axis": "time", "isel": {"time": 20}, "accuracy": 6},
        {"axis": "time", "sel": {"time": ("2000-01-01T06:00", "2000-01-01T21:00")}, "halo": False},
        {"operator": "laplacian", "metric": "sphere", "axis": "lon,lat"},
        {"keep": True, "order": 2},
        {"axis": "time", "smooth": "savgol:7,2", "per": {"time": "s"}},
        {"axis": "time", "chunks": {"time": 4}, "deflate": 1},
    ],
    ids=str,
)
def test_options_mean_what_they_mean_for_one_file(tmp_path: Path, asked: dict[str, Any]) -> None:
    paths, whole = both(tmp_path, holes=True, bounds=True, deflate=True)
    same(tmp_path, paths, whole, **asked)


@pytest.mark.parametrize("model", ["NETCDF3_CLASSIC", "NETCDF4_CLASSIC"])
@pytest.mark.parametrize("packed", [None, (0.01, 280.0)])
def test_kinds_and_packing(tmp_path: Path, model: str, packed: tuple[float, float] | None) -> None:
    paths, whole = both(tmp_path, model=model, packed=packed, bounds=True)
    same(tmp_path, paths, whole, axis="time", keep=packed is None)


def test_neither_threads_nor_memory_nor_open_files_matter(tmp_path: Path) -> None:
    paths, _ = both(tmp_path)
    found = [
        results(
            gradcli.differentiate(
                paths, tmp_path / "made.nc", join="time", overwrite=True, **how
            ).outputs[0]
        )
        for how in ({"jobs": 1}, {"jobs": 4, "open_files": 1}, {"memory": "20MiB", "jobs": 2})
    ]
    assert found[0] == found[1] == found[2]


def test_each_file_is_decoded_by_its_own_attributes(tmp_path: Path) -> None:
    days, hours = np.arange(6.0), 24.0 * np.arange(6, 12)
    right = values_at(np.arange(12.0))
    one = write(
        tmp_path / "1.nc", days, right[:6], units="days since 2000-01-01", packed=(0.01, 280.0)
    )
    # The same times, counted in another unit from another date in a calendar that agrees.
    two = write(
        tmp_path / "0.nc",
        hours + 24 * 366,
        right[6:],
        units="hours since 1998-12-31",
        calendar="proleptic_gregorian",
        packed=(0.002, 285.0),
    )
    with netCDF4.Dataset(two, "a") as file:
        file["T"].units = "K"
    source = open_series(Hints(join=Join("time", (str(two), str(one)))))
    assert source.fields["T"].axes[0].values is not None
    np.testing.assert_array_equal(source.fields["T"].axes[0].values, np.arange(12.0))
    found = source.read("T", (slice(4, 8), slice(0, 4), slice(0, 5)))
    np.testing.assert_allclose(found, right[4:8], atol=0.006)
    source.close()
    made = gradcli.differentiate([two, one], tmp_path / "o.nc", join="time", axis="time", keep=True)
    with netCDF4.Dataset(made.outputs[0]) as file:
        assert file["time"].units == "days since 2000-01-01"
        np.testing.assert_array_equal(file["time"][:], np.arange(12.0))
        np.testing.assert_allclose(file["T"][:], right, atol=0.006)
        np.testing.assert_allclose(file["dT_dtime"][1:-1], (right[2:] - right[:-2]) / 2, atol=0.006)


def test_values_get_the_units_of_the_first_file(tmp_path: Path) -> None:
    times, values = times_of(6, True), values_at(times_of(6, True))
    one = write(tmp_path / "a.nc", times[:3], values[:3])
    two = write(tmp_path / "b.nc", times[3:], values[3:] - np.float32(273.15), said="degC")
    made = gradcli.differentiate([one, two], join="time", axis="time", keep=True)
    with netCDF4.Dataset(made.outputs[0]) as file:
        np.testing.assert_allclose(file["T"][:], values, atol=1e-4)
        assert file["T"].units == "K"


def test_falling_coordinates_stay_so(tmp_path: Path) -> None:
    times = times_of(COUNT, False)[::-1].copy()
    values = values_at(times)
    paths = write_series(tmp_path, times, values, CUTS)
    whole = write(tmp_path / "whole.nc", times, values)
    same(tmp_path, paths[::-1], str(whole), axis="time")


def test_other_formats_have_the_numbers_of_one_file(tmp_path: Path) -> None:
    times = times_of(9, False)
    values = values_at(times).astype("f8")
    for name, part in {"b": slice(0, 3), "a": slice(3, 9), "whole": slice(0, 9)}.items():
        np.savez(tmp_path / f"{name}.npz", T=values[part], time=times[part])
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["T"], file["time"] = values[part], times[part]
            file["time"].make_scale("time")
            file["T"].dims[0].attach_scale(file["time"])
    for suffix in ("npz", "h5"):
        names = [tmp_path / f"{name}.{suffix}" for name in "ab"]
        made = gradcli.differentiate(names, tmp_path / f"o.{suffix}", join="time", axis="time")
        gradcli.differentiate(tmp_path / f"whole.{suffix}", tmp_path / f"r.{suffix}", axis="time")
        assert "2 files are joined along time" in made.notes[0]
        read = np.load if suffix == "npz" else h5py.File
        with read(tmp_path / f"o.{suffix}") as one, read(tmp_path / f"r.{suffix}") as other:
            for name in ("dT_dtime", "time"):
                np.testing.assert_array_equal(one[name][...], other[name][...])
    # The first may be of one format and the second of another.
    mixed = [tmp_path / "b.h5", tmp_path / "a.npz"]
    gradcli.differentiate(mixed, tmp_path / "mixed.h5", join="time", axis="time")
    with pytest.raises(UsageError, match="of files that are joined, only NetCDF"):
        gradcli.differentiate(mixed, tmp_path / "k.h5", join="time", axis="time", keep=True)
    with h5py.File(tmp_path / "mixed.h5") as one, h5py.File(tmp_path / "r.h5") as other:
        np.testing.assert_array_equal(one["dT_dtime"][...], other["dT_dtime"][...])


def test_a_pickled_source_reads_the_same(tmp_path: Path) -> None:
    paths, _ = both(tmp_path)
    with open_series(Hints(join=Join("time", tuple(paths)))) as source:
        window = (slice(3, 25), slice(0, 4), slice(1, 3))
        there = pickle.loads(pickle.dumps(source))
        np.testing.assert_array_equal(there.read("T", window), source.read("T", window))
        there.close()


def test_grids_that_differ_are_refused_by_file(tmp_path: Path) -> None:
    paths, _ = both(tmp_path)
    times = times_of(COUNT, True) + COUNT
    other = str(write(tmp_path / "other.nc", times, values_at(times), lat=LAT + 1))
    with pytest.raises(InputError, match=rf"^{other}: axis lat: has other coordinates than in "):
        gradcli.differentiate([*paths, other], join="time")
    fewer = str(write(tmp_path / "fewer.nc", times, values_at(times)[:, :3], lat=LAT[:3]))
    with pytest.raises(InputError, match=rf"^{fewer}: T has another grid .* 3 x 5 points"):
        gradcli.differentiate([*paths, fewer], join="time")


def test_coordinates_over_two_dimensions_must_be_the_same(tmp_path: Path) -> None:
    paths, whole = both(tmp_path)
    for path in (*paths, whole):
        with netCDF4.Dataset(path, "a") as file:
            for name, units in {"nav_lat": "degrees_north", "nav_lon": "degrees_east"}.items():
                file.createVariable(name, "f8", ("lat", "lon")).units = units
            file["nav_lat"][:], file["nav_lon"][:] = LAT[:, None], 72.0 * np.arange(5)
            file["T"].coordinates = "nav_lat nav_lon"
    same(tmp_path, paths, whole, axis="time")
    with netCDF4.Dataset(paths[2], "a") as file:
        file["nav_lat"][1, 1] += 0.5
    with pytest.raises(InputError, match=f"^{paths[2]}: nav_lat: has other coordinates than in "):
        gradcli.differentiate(paths, join="time")


def test_a_variable_that_a_file_lacks(tmp_path: Path) -> None:
    paths, _ = both(tmp_path)
    with netCDF4.Dataset(paths[0], "a") as file:
        file.createVariable("extra", "f4", ("time",))[:] = 1
    made = gradcli.differentiate(paths, tmp_path / "o.nc", join="time", axis="time", dry_run=True)
    assert any(note.startswith("extra: left out, because") for note in made.notes)
    with pytest.raises(InputError, match=r"has no extra"):
        gradcli.differentiate(paths, join="time", var="extra")


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"join": "tme"}, UsageError, "no axis 'tme'; did you mean 'time'"),
        ({"join": None}, UsageError, "several inputs"),
        ({"join": "time", "open_files": 0}, UsageError, "at least one"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, asked: dict[str, Any], error: type[Exception], says: str
) -> None:
    paths, _ = both(tmp_path)
    with pytest.raises(error, match=says):
        gradcli.differentiate(paths, tmp_path / "o.nc", **asked)


def test_a_file_without_points_is_left_out_with_a_note(tmp_path: Path) -> None:
    paths, whole = both(tmp_path)
    empty = str(write(tmp_path / "empty.nc", np.empty(0), np.empty((0, 4, 5), "f4")))
    made = gradcli.differentiate([*paths, empty], tmp_path / "o.nc", join="time", axis="time")
    assert f"{empty}: left out, because it has no point along time" in made.notes
    right = gradcli.differentiate(whole, tmp_path / "r.nc", axis="time")
    assert results(made.outputs[0]) == results(right.outputs[0])


def test_fields_without_the_axis_come_from_the_first_file(tmp_path: Path) -> None:
    paths, _ = both(tmp_path)
    for number, path in enumerate(paths):
        with netCDF4.Dataset(path, "a") as file:
            file.createVariable("z", "f4", ("lat",))[:] = number + np.arange(4)
    with open_series(Hints(join=Join("time", tuple(reversed(paths))))) as source:
        assert isinstance(source, SeriesSource)
        np.testing.assert_array_equal(source.read("z", (slice(0, 4),)), np.arange(4))
        assert source.place("z") is None


def test_members_may_be_read_by_an_engine_of_xarray(tmp_path: Path) -> None:
    paths, whole = both(tmp_path, model="NETCDF3_CLASSIC")
    asked: dict[str, Any] = {"axis": "time,lon", "accuracy": 4, "engine": "scipy"}
    joined = gradcli.differentiate(paths, tmp_path / "joined.nc", join="time", **asked)
    right = gradcli.differentiate(whole, tmp_path / "right.nc", **asked)
    assert results(joined.outputs[0]) == results(right.outputs[0])
    ours = gradcli.differentiate(whole, tmp_path / "ours.nc", axis="time,lon", accuracy=4)
    for name in ("dT_dtime", "dT_dlon"):
        assert results(joined.outputs[0])[name] == results(ours.outputs[0])[name]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_formats_may_be_mixed(tmp_path: Path, first: int) -> None:
    time, x = np.arange(9.0), np.linspace(0, 1, 4)
    values = np.sin(time)[:, None] * (1 + x)

    def part(rows: slice) -> xr.Dataset:
        bounds = np.stack([time[rows], time[rows] + 1], 1)
        return xr.Dataset(
            {"f": (("time", "x"), values[rows]), "time_bnds": (("time", "nb"), bounds)},
            {
                "time": (
                    "time",
                    time[rows],
                    {"units": "hours since 2000-01-01", "bounds": "time_bnds"},
                ),
                "x": ("x", x),
                "z": (("time", "x"), values[rows] + 5),
            },
        )

    paths = [tmp_path / name for name in ("a.nc", "b.zarr", "c.h5")]
    part(slice(0, 3)).to_netcdf(paths[0])
    part(slice(3, 6)).to_zarr(paths[1], zarr_format=2)
    end_zarr()
    part(slice(6, 9)).to_netcdf(paths[2])
    given = [*paths[first:], *paths[:first]]
    report = gradcli.differentiate(given, tmp_path / "out.nc", axis="time", join="time", keep=True)
    with xr.open_dataset(report.outputs[0], decode_times=False, engine="h5netcdf") as made:
        np.testing.assert_array_equal(made["df_dtime"], np.gradient(values, axis=0))
        np.testing.assert_array_equal(made["time_bnds"][:, 1], time + 1)
        np.testing.assert_array_equal(made["z"], values + 5)
    (store,) = gradcli.differentiate(
        given, tmp_path / "out.zarr", axis="time", join="time", accuracy=4
    ).outputs
    assert read_all(store)["df_dtime"].shape == values.shape
