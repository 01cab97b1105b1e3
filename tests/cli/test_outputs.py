"""Where results go and what they are called: files, streams, names, attributes, storage."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import threading
from functools import partial

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

NAMES = {
    "npy": ("image.npy", ["image_d0.npy", "image_d1.npy"]),
    "npy, the last axis": ("image.npy -a -1", ["image_d1.npy"]),
    "npy, in the order of --axis": ("image.npy -a 1,0", ["image_d1.npy", "image_d0.npy"]),
    "npy, second": ("image.npy --order 2", ["image_d0d0.npy", "image_d1d1.npy"]),
    "npy, second, the last": ("image.npy -a -1 --order 2", ["image_d1d1.npy"]),
    "npy, named": ("image.npy --dims y,x", ["image_dy.npy", "image_dx.npy"]),
    "npy, named, second": ("image.npy --dims y,x -a x --order 2", ["image_dx2.npy"]),
    "npy, stacked": ("image.npy --stack", ["image_gradient.npy"]),
    "npy, template": (
        "image.npy -o grad_{component}{suffix}",
        ["grad_d0.npy", "grad_d1.npy"],
    ),
    "npy, stem": ("image.npy -a 0 -o {stem}_x{suffix}", ["image_x.npy"]),
    "npy, folder": ("image.npy --output-dir sub", ["sub/image_d0.npy", "sub/image_d1.npy"]),
    "npy to npz": ("image.npy -o x.npz", ["x.npz"]),
    "npy to hdf5": ("image.npy -o x.h5", ["x.h5"]),
    "npy to netcdf": ("image.npy -o x.nc", ["x.nc"]),
    "npy of odd suffix": ("image.odd --format npy -a 0", ["image_d0.odd"]),
    "structured npy": ("pdf.npy -v pdf", ["pdf_d0.npy"]),
    "npz": ("pair.npz", ["pair_gradient.npz"]),
    "npz, folder": ("pair.npz --output-dir sub", ["sub/pair_gradient.npz"]),
    "hdf5": ("field.h5", ["field_gradient.h5"]),
    "netcdf": ("grid.nc", ["grid_gradient.nc"]),
    "netcdf, template": ("grid.nc -o {stem}.grad{suffix}", ["grid.grad.nc"]),
    "csv matrix": ("matrix.csv", ["matrix_d0.csv", "matrix_d1.csv"]),
    "csv crosstab": ("crosstab.csv -a 1", ["crosstab_d1.csv"]),
    "csv table": ("table.csv -a t", ["table_gradient.csv"]),
    "csv long": ("long.csv --dims y,x", ["long_gradient.csv"]),
    "csv, compressed": ("table.csv.gz -a t", ["table_gradient.csv.gz"]),
    "several inputs": (
        "five.npy pair.npz grid.nc",
        ["five_d0.npy", "pair_gradient.npz", "grid_gradient.nc"],
    ),
    "several inputs, template": ("five.npy count.npy -o {stem}.npz", ["five.npz", "count.npz"]),
}


@pytest.fixture(scope="module")
def made(ahead):
    return ahead({name: _named(line) for name, (line, _) in NAMES.items()})


def _named(line):
    def step(shell):
        (shell / "sub").mkdir()
        done = shell.run("compute", *line.split())
        return done.out, set(shell.files()) - shell.taken - {"sub"}

    return step


@pytest.mark.parametrize("case", NAMES)
def test_outputs_are_named_and_listed(made, case):
    listed, there = made[case].result()
    assert listed == NAMES[case][1]
    assert there == set(NAMES[case][1])


# Names of results.

RESULTS = {
    "npz": ("pair.npz", {"df_d0", "df_d1", "dg_d0"}),
    "npz, the last axis": ("pair.npz -a -1", {"df_d1", "dg_d0"}),
    "npz, second": ("pair.npz -v f --order 2", {"d2f_d0d0", "d2f_d1d1"}),
    "npz, named": ("pair.npz -v f --dims y,x --order 2", {"d2f_dy2", "d2f_dx2"}),
    "npz, template": (
        "pair.npz -v f --name {var}_{order}_{component}_{axis}",
        {"f_1_d0_0", "f_1_d1_1"},
    ),
    "npy": ("image.npy -o out.npz", {"dimage_d0", "dimage_d1"}),
    "npy, second": ("image.npy -o out.npz -a -1 --order 2", {"d2image_d1d1"}),
}


@pytest.fixture(scope="module")
def archives(ahead):
    return ahead({name: _archive(line) for name, (line, _) in RESULTS.items()})


def _archive(line):
    def step(shell):
        (path,) = shell.run("compute", *line.split()).out
        with np.load(shell / path) as archive:
            return list(archive)

    return step


@pytest.mark.parametrize("case", RESULTS)
def test_results_are_named(archives, case):
    assert set(archives[case].result()) == RESULTS[case][1]


def test_components_come_in_the_order_of_the_axes(shell):
    shell.run("compute", "pair.npz", "-v", "f", "-a", "1,0")
    with np.load(shell / "pair_gradient.npz") as archive:
        assert list(archive) == ["df_d1", "df_d0"]


def test_a_stack_holds_all_components(shell):
    shell.run("compute", "image.npy", "--stack")
    expected = np.gradient(np.load(shell / "image.npy"))
    np.testing.assert_array_equal(np.load(shell / "image_gradient.npy"), expected)


# Reports.


def test_json_lists_every_input(shell):
    import json

    done = shell.run("compute", "five.npy", "pair.npz", "--json")
    first, second = map(json.loads, done.out)
    assert (first["input"], first["outputs"]) == ("five.npy", ["five_d0.npy"])
    assert (second["input"], second["outputs"]) == ("pair.npz", ["pair_gradient.npz"])
    assert [v["name"] for v in second["variables"]] == ["f", "g"]
    assert second["bytes_out"] == (20 * 2 + 6) * 8


def test_a_dry_run_reads_and_writes_nothing(shell):
    from tests.cli.inputs import make_sparse

    make_sparse(shell / "vast.npy", (500, 500, 500_000))
    done = shell.run("compute", "vast.npy", "--dry-run", "--json")
    plan = done.json()
    assert shell.names() == {"vast.npy"}
    assert plan["dry_run"] is True
    assert plan["bytes_in"] == 10**12
    assert plan["memory"] <= 2**30
    assert plan["outputs"] == ["vast_d0.npy", "vast_d1.npy", "vast_d2.npy"]
    assert plan["seconds"] < 5


@pytest.mark.parametrize("name", ["grid.nc", "table.csv"])
def test_a_dry_run_says_where_and_how(shell, name):
    done = shell.run("compute", name, "--dry-run", *(["-a", "t"] if name == "table.csv" else []))
    text = done.data.decode()
    assert shell.names() == {name}
    assert f"  writes {name.partition('.')[0]}_gradient." in text
    assert "spacing" in text
    assert "memory" in text


def test_notes_go_to_stderr_and_can_be_silenced(shell):
    done = shell.run("compute", "grid.nc", "-v", "T", "-a", "lon")
    assert done.out == ["grid_gradient.nc"]
    assert re.search(r"^Note: .*lon.*per degree", done.err, re.MULTILINE)
    assert all(line.startswith("Note: ") for line in done.err.splitlines())
    quiet = shell.run("compute", "grid.nc", "-v", "T", "-a", "lon", "-q", "-O")
    assert (quiet.out, quiet.err) == (["grid_gradient.nc"], "")


def test_quiet_silences_no_error(shell):
    assert "gone.npy" in shell.refuse("compute", "gone.npy", "-q")


# Several inputs.


def test_what_fails_does_not_keep_the_rest_from_being_done(shell):
    names = ["five.npy", "half_grid.nc", "pair.npz", "gone.npy"]
    done = shell.run("compute", *names, "--spacing", "1", code=3)
    assert done.out == ["five_d0.npy", "pair_gradient.npz"]
    errors = done.err.splitlines()
    assert [line.split(": ")[:2] for line in errors[:2]] == [
        ["Error", "half_grid.nc"],
        ["Error", "gone.npy"],
    ]
    assert "2 of 4" in errors[2]
    assert {"five_d0.npy", "pair_gradient.npz"} <= shell.names()


@pytest.mark.parametrize("overwrite", [[], ["-O"]])
def test_two_results_of_one_name_are_refused_before_work_starts(shell, overwrite):
    (shell / "sub").mkdir()
    np.save(shell / "five.npy", np.arange(5.0))
    np.save(shell / "sub" / "five.npy", 2 * np.arange(5.0))
    args = ["five.npy", "sub/five.npy", "-o", "{stem}_out.npy", *overwrite]
    line = shell.refuse("compute", *args, code=2)
    assert "five_out.npy: both five.npy and sub/five.npy would write it" in line


# Streams.


@pytest.mark.parametrize("args", [["-a", "0", "-o", "-"], ["--stack", "-o", "-"]])
def test_stdout_carries_the_data_alone(shell, args):
    done = shell.run("compute", "image.npy", *args)
    result = np.gradient(np.load(shell / "image.npy"))
    expected = result if "--stack" in args else result[0]
    np.testing.assert_array_equal(np.load(io.BytesIO(done.data)), expected)
    assert shell.names() == {"image.npy"}
    assert shell.spooled() == []


def test_stdout_stays_clean_beside_notes_and_json(shell):
    done = shell.run("compute", "grid.nc", "-v", "T", "-a", "lon", "-o", "-", "--json")
    with netCDF4.Dataset("memory", memory=done.data) as found:
        assert "dT_dlon" in found.variables
    assert "Note: " in done.err
    assert '"outputs": ["-"]' in done.err


STREAMS = {
    "npy": ("five.npy", ["--format", "npy"]),
    "npz": ("pair.npz", ["--format", "npz"]),
    "hdf5": ("field.h5", ["--format", "hdf5", "-v", "T"]),
    "netcdf": ("uneven.nc", ["--format", "netcdf", "--no-history"]),
    "csv matrix": ("matrix.csv", ["--format", "csv", "-a", "0"]),
    "csv table": ("table.csv", ["--format", "csv", "-a", "t"]),
}


@pytest.fixture(scope="module")
def streamed(ahead):
    return ahead({case: partial(stream, *what) for case, what in STREAMS.items()})


def stream(name, args, shell):
    """Run a command on a file and on a pipe; return the files that hold what came of them."""
    suffix = name.partition(".")[2]
    shell.run("compute", name, *args, "-o", f"out.{suffix}")
    done = shell.run("compute", "-", *args, stdin=(shell / name).read_bytes())
    assert shell.spooled() == []
    (shell / f"pipe.{suffix}").write_bytes(done.data)
    return shell / f"out.{suffix}", shell / f"pipe.{suffix}"


@pytest.mark.parametrize("case", STREAMS)
def test_a_pipe_gives_what_a_file_gives(streamed, case):
    by_file, by_pipe = streamed[case].result()
    if by_file.suffix in (".npy", ".csv"):
        assert by_pipe.read_bytes() == by_file.read_bytes()
    else:
        assert_same_data(by_file, by_pipe)


def assert_same_data(one, other):
    if one.suffix == ".npz":
        with np.load(one) as first, np.load(other) as second:
            assert dict_of(first).keys() == dict_of(second).keys()
            for name in first:
                np.testing.assert_array_equal(first[name], second[name])
        return
    with h5py.File(one) as first, h5py.File(other) as second:
        assert set(first) == set(second)
        for name in first:
            np.testing.assert_array_equal(first[name][...], second[name][...])


def dict_of(archive):
    return {name: archive[name] for name in archive}


def test_stdin_needs_a_format(shell):
    line = shell.refuse("compute", "-", code=2)
    assert "standard input" in line
    assert "--format" in line


def test_stdin_to_a_file(shell):
    shell.take("five.npy")
    data = (shell / "five.npy").read_bytes()
    done = shell.run("compute", "-", "--format", "npy", "-o", "out.npy", stdin=data)
    assert done.out == ["out.npy"]
    assert np.load(shell / "out.npy").shape == (5,)


def test_empty_stdin_is_an_error(shell):
    done = shell.run("compute", "-", "--format", "npy", stdin=b"", code=1)
    assert done.data == b""
    assert "empty" in done.err
    assert done.err.count("\n") == 1


def test_a_dry_run_tells_of_outputs_that_are_there(shell):
    args = ["compute", "image.npy", "-a", "0", "--spacing", "1"]
    (path,) = shell.run(*args).out
    assert (
        f"Note: {path}: exists already, a run would refuse it" in shell.run(*args, "--dry-run").err
    )
    assert shell.run(*args, "--dry-run", "-O").err == ""


@pytest.fixture
def terminal():
    """Return both ends of a terminal, the one that is read first."""
    import pty

    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def test_binary_is_not_written_to_a_terminal(shell, terminal):
    done = shell.run("compute", "five.npy", "-o", "-", stdout=terminal[1], code=2)
    assert "terminal" in done.err


def test_binary_from_a_pipe_is_not_written_to_a_terminal(shell, terminal):
    shell.take("five.npy")
    data = (shell / "five.npy").read_bytes()
    done = shell.run("compute", "-", "--format", "npy", stdin=data, stdout=terminal[1], code=2)
    assert "terminal" in done.err


def test_text_may_be_written_to_a_terminal(shell, terminal):
    shell.run("compute", "table.csv", "-a", "t", "-o", "-", stdout=terminal[1])
    assert os.read(terminal[0], 1000).splitlines()[0] == b"t,da_dt,db_dt"


# Links, FIFOs and devices.


def test_a_symbolic_link_is_followed(shell):
    (shell / "real.npy").write_bytes(b"an old result")
    (shell / "link.npy").symlink_to("real.npy")
    shell.run("compute", "five.npy", "-o", "link.npy", "-O")
    assert os.readlink(shell / "link.npy") == "real.npy"
    assert np.load(shell / "real.npy").shape == (5,)
    assert shell.names() == {"five.npy", "link.npy", "real.npy"}


def test_a_fifo_is_written_straight(shell):
    os.mkfifo(shell / "pipe.npy")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((shell / "pipe.npy").read_bytes()))
    reader.start()
    done = shell.run("compute", "five.npy", "-o", "pipe.npy")
    reader.join(10)
    assert done.out == ["pipe.npy"]
    assert np.load(io.BytesIO(read[0])).shape == (5,)
    assert (shell / "pipe.npy").is_fifo()
    assert shell.spooled() == []


def test_the_null_device_takes_results(shell):
    assert shell.run("compute", "five.npy", "-o", "/dev/null").out == ["/dev/null"]
    assert shell.names() == {"five.npy"}


def test_permissions_are_those_of_a_new_file_or_of_the_old_one(shell):
    shell.run("compute", "five.npy")
    (shell / "plain").touch()
    assert (shell / "five_d0.npy").stat().st_mode == (shell / "plain").stat().st_mode
    (shell / "five_d0.npy").chmod(0o640)
    shell.run("compute", "five.npy", "-O")
    assert (shell / "five_d0.npy").stat().st_mode & 0o777 == 0o640


# NetCDF: what goes along, and what results say.


@pytest.fixture(scope="module")
def gradient(common):
    """Return the gradient of the grid, open."""
    common.run("compute", "grid.nc", "-v", "T,P,q", "-a", "lat", "-o", "gradient.nc", "-O")
    with netCDF4.Dataset(common / "gradient.nc") as found:
        found.set_auto_mask(False)
        yield found


@pytest.fixture(scope="module")
def kept(common):
    common.run("compute", "grid.nc", "-v", "T", "-a", "time,x", "--keep", "-o", "kept.nc", "-O")
    with netCDF4.Dataset(common / "kept.nc") as found:
        yield found


def test_a_result_in_a_group_stays_there(gradient):
    assert set(gradient["forecast/model"].variables) == {"dq_dlat"}
    assert gradient["forecast/model/dq_dlat"].units == "kg kg-1 degree_north-1"


def test_results_stand_beside_their_coordinates_alone(gradient):
    assert set(gradient.variables) == {
        *("dT_dlat", "dP_dlat", "time", "time_bnds", "lat", "lon", "crs"),
    }


def test_dimensions_are_kept(gradient):
    assert gradient["dT_dlat"].dimensions == ("time", "lat", "lon")
    assert gradient.dimensions["time"].isunlimited()
    assert not gradient.dimensions["lat"].isunlimited()


def test_attributes_are_kept_or_dropped(gradient):
    found = gradient["dT_dlat"].__dict__
    assert found["comment"] == "kept"
    assert found["grid_mapping"] == "crs"
    assert found["cell_methods"] == "time: mean"
    gone = {"standard_name", "valid_min", "actual_range", "ancillary_variables", "missing_value"}
    assert sorted(gone & set(found)) == []


def test_units_are_composed(gradient):
    found = gradient["dT_dlat"].__dict__
    assert found["units"] == "K degree_north-1"
    assert found["units_metadata"] == "temperature: difference"
    assert "air temperature" in found["long_name"]
    assert "lat" in found["long_name"]
    assert gradient["dP_dlat"].units == "Pa degree_north-1"


def test_decisions_are_attributes(gradient):
    words = " ".join(map(str, gradient["dT_dlat"].__dict__.values()))
    assert "uneven" in words
    names = {name for name in gradient["dT_dlat"].ncattrs() if name.startswith("derivative_")}
    for word in ("spacing", "edge_order", "accuracy", "metric", "missing"):
        assert f"derivative_{word}" in names


def test_missing_values_are_nan(gradient):
    assert np.isnan(gradient["dT_dlat"]._FillValue)
    assert np.isnan(gradient["dP_dlat"]._FillValue)
    assert gradient["dP_dlat"].ncattrs().count("scale_factor") == 0


def test_coordinates_have_no_fill_value(gradient):
    assert [n for n in ("time", "lat", "lon") if "_FillValue" in gradient[n].ncattrs()] == []
    np.testing.assert_array_equal(gradient["lat"][:], [10, 11, 13, 16])
    np.testing.assert_array_equal(gradient["time_bnds"][:], [[0, 1], [1, 2], [2, 3]])


def test_types_follow_the_source(gradient):
    assert gradient["dT_dlat"].dtype == np.float32
    assert gradient["forecast/model/dq_dlat"].dtype == np.float64


def test_chunks_and_compression_are_kept(gradient):
    filters = gradient["dT_dlat"].filters()
    assert gradient["dT_dlat"].chunking() == [1, 2, 4]
    assert (filters["zlib"], filters["complevel"], filters["shuffle"]) == (True, 3, True)
    assert not gradient["forecast/model/dq_dlat"].filters()["zlib"]


def test_values_are_unpacked_by_the_rules(gradient, inputs):
    with netCDF4.Dataset(inputs / "grid.nc") as source:
        expected = np.gradient(source["P"][:].data, source["lat"][:].data, axis=1)
    np.testing.assert_allclose(gradient["dP_dlat"][:], expected, rtol=1e-6)


def test_history_gets_a_line_in_front(gradient):
    first, old = gradient.history.split("\n")
    stamp, _, command = first.partition(" ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ:?", stamp)
    assert shlex.split(command)[:3] == ["gradcli", "compute", "grid.nc"]
    assert old == "made by hand"
    assert gradient.title == "a grid"


def test_no_history_leaves_it_out(shell):
    shell.run("compute", "grid.nc", "-v", "T", "--no-history")
    with netCDF4.Dataset(shell / "grid_gradient.nc") as found:
        assert found.history == "made by hand"


def test_keep_carries_everything(kept, inputs):
    with netCDF4.Dataset(inputs / "grid.nc") as source:
        assert set(kept.variables) == {*source.variables, "dT_dtime", "dT_dx"}
        assert set(kept["forecast/model"].variables) == {"q"}
        for name in ("T", "P", "mask", "label", "forecast/model/q"):
            assert kept[name].__dict__.keys() == source[name].__dict__.keys()
            np.testing.assert_array_equal(kept[name][:], source[name][:])
            assert kept[name].dtype == source[name].dtype


def test_axes_are_called_as_they_were_asked_for(kept):
    assert kept["dT_dx"].units == "K degree_east-1"
    assert kept["dT_dtime"].units == "K day-1"
    assert "cell_methods" not in kept["dT_dtime"].ncattrs()


KINDS = {
    "NETCDF3_CLASSIC": b"CDF\x01",
    "NETCDF3_64BIT_OFFSET": b"CDF\x02",
    "NETCDF3_64BIT_DATA": b"CDF\x05",
    "NETCDF4_CLASSIC": b"\x89HDF",
}


@pytest.fixture(scope="module")
def kinds(ahead):
    return ahead({kind: partial(along_x, kind) for kind in KINDS})


def along_x(kind, shell):
    shell.run("compute", f"{kind}.nc", "-a", "x", "-v", "h")
    return shell


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_netcdf_is_kept(kinds, kind):
    shell = kinds[kind].result()
    output = shell / f"{kind}_gradient.nc"
    assert output.read_bytes()[:4] == KINDS[kind]
    with netCDF4.Dataset(output) as found:
        assert found.data_model == kind
        assert set(found.variables) == {"time", "x", "dh_dx"}
        assert found.dimensions["time"].isunlimited()
        assert found["dh_dx"].units == "m m-1"
        with netCDF4.Dataset(shell / f"{kind}.nc") as source:
            np.testing.assert_allclose(found["dh_dx"][:], np.gradient(source["h"][:], axis=1))


def test_an_hdf5_result_stands_beside_its_scale(shell):
    shell.run("compute", "field.h5", "-a", "-1")
    with h5py.File(shell / "field_gradient.h5") as found:
        assert found["dT_dx" if "dT_dx" in found else "dT_d1"].attrs["units"] == "K m-1"
        result = found["a/db_d1"]
        assert (result.chunks, result.compression, result.dtype) == ((3, 7), "gzip", "f4")
        assert "a/b" not in found
        assert "T" not in found
        np.testing.assert_array_equal(found["x"][...], np.arange(5.0))


TYPES = {
    "small.npy": ("f4", []),
    "five.npy": ("f8", []),
    "count.npy": ("f8", []),
    "wave.npy": ("c16", []),
    "small.npy f8": ("f8", ["--dtype", "f8"]),
    "five.npy f4": ("f4", ["--dtype", "f4"]),
}


@pytest.fixture(scope="module")
def typed(ahead):
    return ahead({case: partial(result_type, case) for case in TYPES})


def result_type(case, shell):
    shell.run("compute", case.split()[0], "-a", "0", "-o", "out.npy", *TYPES[case][1])
    return np.load(shell / "out.npy").dtype


@pytest.mark.parametrize("case", TYPES)
def test_result_types(typed, case):
    assert typed[case].result() == TYPES[case][0]


def test_ncdump_reads_what_was_written(shell):
    import shutil

    if not shutil.which("ncdump"):
        pytest.skip("there is no ncdump")
    shell.run("compute", "grid.nc", "-v", "T")
    dump = subprocess.run(
        ["ncdump", "-hs", shell / "grid_gradient.nc"], capture_output=True, text=True, check=True
    )
    assert "dT_dlat:_ChunkSizes = 1, 2, 4 ;" in dump.stdout
    assert "dT_dlat:_DeflateLevel = 3 ;" in dump.stdout
