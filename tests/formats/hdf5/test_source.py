"""HDF5: whatever h5py writes, what leads out of a file, and what results look like."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import UsageError
from gradcli.formats.opening import open_source
from tests.contract import check_format, read_all, whole
from tests.grids import WRITERS, uneven
from tests.long import long

SHAPE = (12, 10)
VALUES = np.random.default_rng(5).normal(size=SHAPE)
FILTERS = {
    "contiguous": {},
    "chunked": {"chunks": (5, 4)},
    "deflated": {"chunks": (5, 4), "compression": "gzip", "compression_opts": 6},
    "gzip+shuffle+fletcher32": {
        "chunks": (5, 4),
        "compression": "gzip",
        "shuffle": True,
        "fletcher32": True,
    },
    "lzf": {"chunks": (5, 4), "compression": "lzf"},
    "growing": {"chunks": (5, 4), "maxshape": (None, None)},
}
if h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP):
    FILTERS["szip"] = {"chunks": (4, 8), "compression": "szip", "compression_opts": ("nn", 8)}


def write_field(path: Path, dtype: str = "f8", name: str = "f", **options: object) -> Path:
    """Write a field with scales y and x beside it."""
    with h5py.File(path, "w") as file:
        data = file.create_dataset(name, data=VALUES.astype(dtype), **options)
        for index, (axis, size) in enumerate(zip("yx", SHAPE, strict=True)):
            scale = file.create_dataset(axis, data=uneven(size))
            scale.make_scale(axis)
            data.dims[index].attach_scale(scale)
    return path


def results_of(path: Path, **options: object) -> dict[str, np.ndarray]:
    """Differentiate a file, and return the datasets of the output by their paths."""
    report = gradcli.differentiate(path, overwrite=True, **options)
    found: dict[str, np.ndarray] = {}
    with h5py.File(report.outputs[0]) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]} if hasattr(item, "shape") else {})
        )
    return found


@pytest.mark.parametrize("options", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("dtype", ["f8", long(">f4")])
def test_contract(tmp_path: Path, options: dict, dtype: str) -> None:
    def write(folder: Path, values: np.ndarray, coordinates: dict) -> Path:
        path = WRITERS["hdf5"](folder, values, coordinates)
        with h5py.File(path, "r+") as file:
            scales = [scale for dim in file["f"].dims for scale in dim.values()]
            del file["f"]
            data = file.create_dataset("f", data=values.astype(dtype), **options)
            for index, scale in enumerate(scales):
                data.dims[index].attach_scale(scale)
        return path

    plain = np.dtype(dtype).newbyteorder("=").str
    check_format("hdf5", write, tmp_path, dtype=plain, axes=("y", "x"))


# --- how values are stored -------------------------------------------------------------------


def compact(file: h5py.File, values: np.ndarray) -> None:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(values.shape)
    kind = h5py.h5t.py_create(values.dtype)
    h5py.h5d.create(file.id, b"f", kind, space, plan).write(h5py.h5s.ALL, h5py.h5s.ALL, values)


def test_compact_data_are_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        compact(file, VALUES)
    with open_source(str(tmp_path / "a.h5")) as source:
        assert source.fields["f"].storage.layout == "compact"
    np.testing.assert_array_equal(read_all(tmp_path / "a.h5")["f"], VALUES)


@pytest.mark.parametrize("dtype", ["i1", "u2", "i4", ">i8", "u8", "f2", ">f4", "f8", "F", ">c16"])
def test_numbers_are_read_in_the_type_they_are_worked_in(tmp_path: Path, dtype: str) -> None:
    values = (np.abs(VALUES) * 40).astype(dtype)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = values
    found = read_all(tmp_path / "a.h5")["f"]
    np.testing.assert_array_equal(found, values)
    small = {"f2": "f4", ">f4": "f4", "F": "c8", ">c16": "c16"}
    assert found.dtype == np.dtype(small.get(dtype, "f8"))


def test_scale_offset_is_read_through_the_library(tmp_path: Path) -> None:
    whole_numbers = (VALUES * 100).astype("i4")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("n", data=whole_numbers, chunks=(5, 4), scaleoffset=0)
        file.create_dataset("f", data=VALUES, chunks=(5, 4), scaleoffset=3)
        expected = file["f"][...]
    found = read_all(tmp_path / "a.h5")
    np.testing.assert_array_equal(found["n"], whole_numbers)
    np.testing.assert_array_equal(found["f"], expected)


def test_long_doubles_are_worked_in_double_precision_with_a_note(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g"] = VALUES.astype("g")
    with open_source(str(tmp_path / "a.h5")) as source:
        assert any("double precision" in note for note in source.notes)
    np.testing.assert_array_equal(read_all(tmp_path / "a.h5")["g"], VALUES)


def test_booleans_are_numbers_and_enums_are_codes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["mask"] = VALUES > 0
        colours = h5py.enum_dtype({"RED": 0, "GREEN": 7}, "i2")
        file.create_dataset("colour", data=np.full(SHAPE, 7), dtype=colours)
        file["f"] = VALUES
    with open_source(str(tmp_path / "a.h5")) as source:
        assert source.fields["f"].kind == "data"
        assert source.fields["colour"].kind == "flag"
        colour = source.read("colour", whole(source.fields["colour"]))
        assert (colour == 7).all()
        mask = source.read("mask", whole(source.fields["mask"]))
        np.testing.assert_array_equal(mask, VALUES > 0)


def test_what_holds_no_plain_numbers_is_left_alone_with_a_note(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = VALUES
        file["compound"] = np.zeros(4, [("x", "f8"), ("y", "i4")])
        file["words"] = ["a", "bc"]
        file["fixed"] = np.array([b"a", b"bc"])
        file["opaque"] = np.array([b"ab", b"cd"]).view(np.void)
        file["empty"] = h5py.Empty("f8")
        file.create_dataset("refs", data=[file["f"].ref], dtype=h5py.ref_dtype)
        regions = file.create_dataset("regions", (1,), dtype=h5py.regionref_dtype)
        regions[0] = file["f"].regionref[0:2, 0:3]
        file.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype("f8"))[0] = [1, 2]
        file.create_dataset("arrays", (2,), dtype=np.dtype(("f8", (3,))))
        file["kind"] = np.dtype("f8")  # a named type
    with open_source(str(tmp_path / "a.h5")) as source:
        assert list(source.fields) == ["compound/x", "compound/y", "f"]
        assert any(note.startswith("left out: ") for note in source.notes)
    kept = results_of(tmp_path / "a.h5", var="f", keep=True)
    assert {"compound", "words", "fixed", "opaque", "df_d0"} <= kept.keys()
    assert kept["words"].tolist() == [b"a", b"bc"]


@pytest.mark.parametrize("size", [512, 4096])
def test_a_user_block_in_front_is_skipped(tmp_path: Path, size: int) -> None:
    for content in (b"", b"text in front\n" * 20, np.random.default_rng(0).bytes(500)):
        path = tmp_path / "a.h5"
        with h5py.File(path, "w", userblock_size=size) as file:
            file["f"] = VALUES
        with path.open("r+b") as raw:
            raw.write(content)
        np.testing.assert_array_equal(read_all(path)["f"], VALUES)


def test_arrays_of_no_point_and_of_one_are_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["scalar"], file["none"], file["f"] = 2.5, np.ones((0, 3)), VALUES
    found = read_all(tmp_path / "a.h5")
    assert found["scalar"] == 2.5
    assert found["none"].shape == (0, 3)
    assert {"df_d0", "df_d1"} <= results_of(tmp_path / "a.h5", var="f").keys()


# --- groups and links ------------------------------------------------------------------------


# --- scales ----------------------------------------------------------------------------------


def test_labels_and_scales_name_axes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("f", data=VALUES)
        data.dims[0].label = "row"
        data.dims[1].label = "eastward"
        file["grid/x"] = uneven(SHAPE[1])
        file["grid/x"].make_scale("x")
        file["grid/x"].attrs["units"] = "m"
        file["grid/x"].attrs["standard_name"] = "projection_x_coordinate"
        data.dims[1].attach_scale(file["grid/x"])
    with open_source(str(tmp_path / "a.h5")) as source:
        rows, across = source.fields["f"].axes
        assert (rows.name, rows.values) == ("row", None)
        assert (across.name, across.coordinate, across.units) == ("eastward", "grid/x", "m")
        assert across.role == "x"
        assert source.fields["grid/x"].kind == "coordinate"
    exact = np.gradient(VALUES, uneven(SHAPE[1]), axis=1)
    for index, axis in enumerate(("eastward", "x", "-1", "1", "projection_x_coordinate")):
        found = results_of(tmp_path / "a.h5", axis=axis, name=f"r{index}")
        np.testing.assert_allclose(found[f"r{index}"], exact, rtol=1e-9)


def test_of_several_scales_the_first_counts_and_all_are_carried(tmp_path: Path) -> None:
    path = write_field(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        second = file.create_dataset("pressure", data=np.arange(float(SHAPE[0])))
        second.make_scale("pressure")
        file["f"].dims[0].attach_scale(second)
    with open_source(str(path)) as source:
        np.testing.assert_array_equal(source.fields["f"].axes[0].values, uneven(SHAPE[0]))
    report = gradcli.differentiate(path, axis="y")
    with h5py.File(report.outputs[0]) as file:
        attached = [scale.name for scale in file["df_dy"].dims[0].values()]
        assert attached == ["/y", "/pressure"]


def test_what_is_no_edges_of_bins_is_not_taken_for_them(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = VALUES
        file["edges"] = np.arange(SHAPE[0] + 1.0) % 3
        file["edges"].make_scale("edges")
        file["f"].dims[0].attach_scale(file["edges"])
    with open_source(str(tmp_path / "a.h5")) as source:
        axis = source.fields["f"].axes[0]
        assert (axis.size, axis.values) == (SHAPE[0], None)
        said = f"f: edges has {SHAPE[0] + 1} values for {SHAPE[0]} points and is not used"
        assert source.notes == [said]


def test_a_scale_is_its_own_coordinate(tmp_path: Path) -> None:
    path = write_field(tmp_path / "a.h5")
    with open_source(str(path)) as source:
        (axis,) = source.fields["y"].axes
        np.testing.assert_array_equal(axis.values, uneven(SHAPE[0]))


def test_a_netcdf_file_is_read_as_hdf5_alike(tmp_path: Path) -> None:
    grid = xr.Dataset(
        {"f": (("t", "y", "x"), np.random.default_rng(0).normal(size=(3, 4, 5)))},
        coords={"y": ("y", uneven(4), {"units": "degrees_north"}), "x": uneven(5)},
    )
    grid["f"].attrs["units"] = "K"
    grid.to_netcdf(tmp_path / "a.nc", engine="netcdf4", unlimited_dims=["t"])
    shutil.copy(tmp_path / "a.nc", tmp_path / "a.h5")
    with open_source(str(tmp_path / "a.nc")) as one, open_source(str(tmp_path / "a.h5")) as other:
        assert (one.format, other.format) == ("netcdf", "hdf5")
        assert sorted(one.fields) == sorted(other.fields) == ["f", "x", "y"]
        for first, second in zip(one.fields["f"].axes, other.fields["f"].axes, strict=True):
            assert first.name == second.name
            assert first.role == second.role
            np.testing.assert_array_equal(first.values, second.values)
    found = results_of(tmp_path / "a.h5", axis="y")
    np.testing.assert_allclose(
        found["df_dy"], grid["f"].differentiate("y").values, rtol=0.5, atol=5
    )  # another formula at the ends: the values are held by the laws
    with h5py.File(tmp_path / "a_gradient.h5") as file:
        assert file["df_dy"].attrs["units"] == "K degree_north-1"


# --- attributes ------------------------------------------------------------------------------


def test_missing_packed_and_units_follow_the_attributes(tmp_path: Path) -> None:
    stored = (np.abs(VALUES) * 100).astype("i2")
    stored[2, 3], stored[4, 5] = -999, -1
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = stored
        file["f"].attrs["_FillValue"] = np.int16(-999)
        file["f"].attrs["missing_value"] = np.array([-1], "i2")
        file["f"].attrs["scale_factor"] = np.array([0.5], "f4")
        file["f"].attrs["add_offset"] = np.float32(10)
        file["f"].attrs["units"] = np.bytes_("degC")
    with open_source(str(tmp_path / "a.h5")) as source:
        field = source.fields["f"]
        assert (field.units, field.dtype, field.result_dtype) == ("degC", "f8", "f4")
        found = source.read("f", whole(field))
    expected = stored * 0.5 + 10
    expected[stored < 0] = np.nan
    np.testing.assert_array_equal(found, expected)
    report = gradcli.differentiate(tmp_path / "a.h5", axis="0")
    with h5py.File(report.outputs[0]) as file:
        attributes = dict(file["df_d0"].attrs)
        assert file["df_d0"].dtype == np.float32
    assert not {"scale_factor", "add_offset", "missing_value"} & attributes.keys()
    assert (attributes["units"], attributes["derivative_order"]) == ("K", 1)
    assert np.isnan(attributes["_FillValue"])


def test_a_fill_value_that_no_derivative_can_have_is_kept(tmp_path: Path) -> None:
    values = VALUES.copy()
    values[3, 3] = 1e35
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = values
        file["f"].attrs["_FillValue"] = 1e35
    report = gradcli.differentiate(tmp_path / "a.h5", axis="0")
    with h5py.File(report.outputs[0]) as file:
        assert file["df_d0"].attrs["_FillValue"] == 1e35
        assert (np.argwhere(file["df_d0"][...] == 1e35) == [[2, 3], [3, 3], [4, 3]]).all()


def test_odd_attributes_do_no_harm(tmp_path: Path) -> None:
    path = write_field(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        for name, value in {
            "units": 7,
            "scale_factor": "two",
            "_FillValue": "none",
            "valid_range": [1, 2, 3],
            "link": file["y"].ref,
            "empty": h5py.Empty("f8"),
            "list": ["a", "b"],
            "nested": np.zeros(2, [("x", "f8")]),
            "missing_value": np.array([]),
        }.items():
            file["f"].attrs[name] = value
    np.testing.assert_array_equal(read_all(path)["f"], VALUES)
    assert "df_dy" in results_of(path, axis="y")


# --- output ----------------------------------------------------------------------------------


# --- several scales of one dimension -------------------------------------------------------------


LENGTHS = np.array([10.0, 30.0, 60.0, 100.0, 150.0, 210.0])


@pytest.fixture
def scales(tmp_path):
    """Return a file: f of (2, 6) over a wavelength or a frequency or a channel, text and edges."""
    path = tmp_path / "scales.h5"
    with h5py.File(path, "w") as file:
        file["length"], file["frequency"] = LENGTHS, 300 / LENGTHS
        file["channel"], file["edges"] = np.arange(6), np.arange(7.0)
        file["names"] = [b"text"] * 6
        file["length"].attrs["units"], file["frequency"].attrs["units"] = "nm", "PHz"
        file["frequency"].attrs["standard_name"] = "radiation_frequency"
        file["f"] = np.stack([(300 / LENGTHS) ** 2, (300 / LENGTHS) ** 3])
        file["f"].attrs["units"], file["named"] = "K", file["f"][0]
        for name in ("length", "frequency", "channel", "edges", "names"):
            file[name].make_scale(name)
            file["f"].dims[1].attach_scale(file[name])
        for name in ("names", "frequency"):
            file["named"].dims[0].attach_scale(file[name])
    return path


@pytest.mark.parametrize("name", ["frequency", "radiation_frequency"])
def test_an_axis_by_its_second_scale(scales, name):
    out = scales.with_name("out.h5")
    gradcli.differentiate(scales, out, axis=name)
    with h5py.File(scales) as file, h5py.File(out) as found:
        frequency = file["frequency"][...]
        result = found[f"df_d{name}"]
        np.testing.assert_allclose(result, np.gradient(file["f"][...], frequency, axis=1))
        np.testing.assert_allclose(
            found[f"dnamed_d{name}"], np.gradient(file["named"][...], frequency)
        )
        assert result.attrs["units"] == "K PHz-1"
        assert result.attrs["derivative_axis"] == "frequency"
        # The dimension keeps the order of its scales and its name, so it reads as before.
        assert [scale.name for scale in result.dims[1].values()][:2] == ["/length", "/frequency"]
        assert result.dims[1].label == "length"


def test_a_part_is_cut_from_every_scale_and_selected_by_any(scales):
    out = scales.with_name("out.h5")
    for given in ({"isel": {"frequency": (1, 4)}}, {"sel": {"channel": (1, 3)}}):
        for axis, values in (("frequency", 300 / LENGTHS), ("length", LENGTHS)):
            given = given | {"overwrite": True, "halo": False}
            gradcli.differentiate(scales, out, axis=axis, var="f", **given)
            with h5py.File(scales) as file, h5py.File(out) as found:
                expected = np.gradient(file["f"][:, 1:4], values[1:4], axis=1)
                np.testing.assert_allclose(found[f"df_d{axis}"], expected)
                for name in ("length", "frequency", "channel"):
                    np.testing.assert_array_equal(found[name], file[name][1:4])


def test_other_formats_take_the_scale_that_was_named(scales):
    out = scales.with_name("out.nc")
    gradcli.differentiate(scales, out, axis="frequency", var="f")
    with xr.open_dataset(out, engine="netcdf4") as found:
        assert found["df_dfrequency"].dims[1] == "frequency"
        np.testing.assert_array_equal(found["frequency"], 300 / LENGTHS)


def test_two_scales_are_one_axis(scales):
    both = "length and frequency are the same axis of f; name one of them"
    for given in ({"axis": "length,frequency"}, {"axis": "length", "per": {"frequency": "THz"}}):
        with pytest.raises(UsageError, match=both):
            gradcli.differentiate(scales, var="f", **given)
    with pytest.raises(UsageError, match=r"no axis 'edges'; there are: 0, length, frequency, chan"):
        gradcli.differentiate(scales, var="f", axis="edges")
    report = gradcli.differentiate(scales, var="f", axis="1", per={"frequency": "THz"})
    with h5py.File(scales) as file, h5py.File(report.outputs[0]) as found:
        expected = np.gradient(file["f"][...], 300e3 / LENGTHS, axis=1)
        np.testing.assert_allclose(found["df_d1"], expected)


@pytest.mark.parametrize("keep", [False, True])
def test_a_scale_of_edges_of_bins_gives_their_centres(tmp_path: Path, keep: bool) -> None:
    edges = np.array([0.0, 1, 3, 4, 6, 9])
    centres = (edges[1:] + edges[:-1]) / 2
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["edges"], file["n"] = edges, centres**2
        file["edges"].attrs["units"] = "s"
        file["edges"].make_scale("edges")
        file["n"].dims[0].attach_scale(file["edges"])
    report = gradcli.differentiate(
        tmp_path / "a.h5", axis="edges", isel={"edges": (1, 4)}, keep=keep
    )
    said = "edges: 6 coordinates for 5 points are edges of bins; the centres are used"
    assert report.notes == [said]
    with h5py.File(report.outputs[0]) as file:
        made = file["dn_dedges"]
        np.testing.assert_allclose(made[:], np.gradient(centres**2, centres)[1:4])
        np.testing.assert_array_equal(made.dims[0][0][:], centres[1:4])
        assert made.dims[0][0].attrs["units"] == "s"
        if keep:
            np.testing.assert_array_equal(file["edges"][:], edges)


def test_an_array_is_named_by_its_path_too(tmp_path: Path) -> None:
    x = np.array([0.0, 1, 3, 4])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["scan/x"], file["scan/f"] = x, x**2
    report = gradcli.differentiate(tmp_path / "a.h5", var="scan/f", axis="scan/x")
    with h5py.File(report.outputs[0]) as file:
        np.testing.assert_allclose(file["scan/df_dx"], np.gradient(x**2, x))
