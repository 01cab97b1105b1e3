"""Whatever is wrong: one line that helps, the promised exit code, nothing left behind."""

from __future__ import annotations

import os
import pickle
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.cli.shell import single_error

ROOT = os.geteuid() == 0

WRONG = {
    "a file that is not there": (["gone.npy"], 1, ["gone.npy", "No such file"]),
    "a folder": (["."], 1, ["is a folder"]),
    "an unknown suffix": (["image.odd"], 2, ["image.odd", ".odd", "--format"]),
    "an HDF5 named npy": (["hdf5.npy"], 1, ["hdf5.npy", "HDF5, not NPY"]),
    "an NPY named nc": (["npy.nc"], 1, ["npy.nc", "NPY, not NetCDF"]),
    "a ragged CSV": (["ragged.csv"], 1, ["ragged.csv", "line 2", "2 fields", "3 expected"]),
    "a word among numbers": (["word.csv", "-a", "t"], 1, ["word.csv", "'oops'", "line 3", "'b'"]),
    "words only": (["words.nc"], 1, ["words.nc", "no variable to differentiate"]),
    "an unknown variable": (["grid.nc", "-v", "TT"], 2, ["grid.nc", "'TT'", "mean 'T'", "P"]),
    "an unknown axis": (["grid.nc", "-a", "lot"], 2, ["grid.nc", "'lot'", "mean 'lo", "time"]),
    "an unknown HDF5 axis": (["field.h5", "-v", "T", "-a", "z"], 2, ["field.h5", "'z'", "x"]),
    "a name for an unnamed axis": (["image.npy", "-a", "x"], 2, ["'x'", "--axis 1", "--dims"]),
    "an index beyond the axes": (["image.npy", "-a", "2"], 2, ["image.npy", "2"]),
    "an axis twice": (["image.npy", "-a", "1,-1"], 2, ["twice"]),
    "an unknown column": (["table.csv", "-a", "tt"], 2, ["table.csv", "'tt'", "'t'"]),
    "an unknown option": (["image.npy", "--acuracy", "4"], 2, ["--acuracy", "--accuracy"]),
    "an unknown choice": (["image.npy", "--scheme", "centre"], 2, ["centre", "central"]),
    "no input": ([], 2, ["INPUT"]),
    "a variable of an array": (["image.npy", "-v", "image"], 2, ["image.npy", "--var"]),
    "too short for order 4": (["count.npy", "--order", "4"], 1, ["axis 0", "4 points", "need 5"]),
    "too short for accuracy 4": (["small.npy", "--accuracy", "4"], 1, ["axis 0", "4", "5"]),
    "accuracy 3": (["image.npy", "--accuracy", "3"], 2, ["accuracy", "3"]),
    "order 7": (["image.npy", "--order", "7"], 2, ["order", "7"]),
    "edge order 9": (["image.npy", "--edge-order", "9"], 2, ["edge", "9"]),
    "uneven and periodic": (["uneven.nc", "--periodic", "depth"], (1, 2), ["depth", "--periodic"]),
    "a period within the span": (["uneven.nc", "--periodic", "depth=5"], (1, 2), ["depth", "5"]),
    "dims that do not fit": (["image.npy", "--dims", "z,y,x"], 2, ["image.npy", "z,y,x", "0, 1"]),
    "dims twice": (["image.npy", "--dims", "x,x"], 2, ["x,x"]),
    "a step of 0": (["image.npy", "--spacing", "0"], 2, ["spacing", "0"]),
    "a step of nan": (["image.npy", "--spacing", "nan"], 2, ["spacing", "nan"]),
    "a step for no axis": (["image.npy", "--spacing", "7=2"], 2, ["--spacing", "7"]),
    "a step that is a word": (["image.npy", "--spacing", "0=far"], 2, ["--spacing", "far"]),
    "an index that is none": (["image.npy", "--isel", "0=5"], 2, ["--isel", "0", "5"]),
    "no point left": (["image.npy", "--isel", "0=3:3"], 2, ["--isel", "0"]),
    "an index that is a word": (["image.npy", "--isel", "0=a"], 2, ["--isel", "0=a"]),
    "an index for no axis": (["image.npy", "--isel", "x=1"], 2, ["--isel", "x"]),
    "no coordinate to select": (["image.npy", "--sel", "0=1"], 2, ["--sel", "0", "--isel"]),
    "a coordinate outside": (["grid.nc", "--sel", "lat=50"], 2, ["--sel", "lat", "50", "16"]),
    "no coordinate between": (["grid.nc", "--sel", "lat=14:15"], 2, ["lat", "14", "15"]),
    "a coordinate that is a word": (["grid.nc", "--sel", "lat=far"], 2, ["--sel", "far"]),
    "isel and sel": (
        ["grid.nc", "--isel", "lat=1", "--sel", "lat=11"],
        2,
        ["lat", "--isel", "--sel"],
    ),
    "coords of a wrong length": (["image.npy", "--coords", "0=count.npy"], 1, ["0", "4", "5"]),
    "coords that are not there": (["image.npy", "--coords", "0=gone.npy"], 1, ["gone.npy"]),
    "coords and spacing": (
        ["five.npy", "--coords", "0=five.npy", "--spacing", "0=2"],
        2,
        ["--coords", "--spacing"],
    ),
    "an unknown place": (["five.npy", "-o", "{what}.npy"], 2, ["{what}.npy", "{component}"]),
    "a place left open": (["five.npy", "-o", "{component.npy"], 2, ["{component.npy", "{stem}"]),
    "two results, one file": (["image.npy", "-o", "out.npy"], 2, ["out.npy", "{component}"]),
    "two results, one name": (["pair.npz", "--name", "same"], 2, ["'same'", "--name"]),
    "an unknown place in a name": (["pair.npz", "--name", "{what}"], 2, ["{what}", "{var}"]),
    "two inputs, one file": (["image.npy", "small.npy", "-o", "o.npz"], 2, ["o.npz", "{stem}"]),
    "a path and a folder": (["image.npy", "-o", "o.npz", "--output-dir", "."], 2, ["-o"]),
    "overwrite and skip": (["image.npy", "-O", "--skip-existing"], 2, ["--skip-existing"]),
    "a folder twice": (["five.npy", "-o", "./", "--output-dir", "."], 2, ["-o", "--output-dir"]),
    "an output in no folder": (["five.npy", "-o", "no/out.npy"], 1, ["no/out.npy", "No such"]),
    "--stack into NetCDF": (["image.npy", "--stack", "-o", "out.nc"], 2, ["--stack"]),
    "complex into NetCDF": (["wave.npy", "-o", "out.nc"], 1, ["complex", ".h5"]),
    "memory that is no size": (["image.npy", "--memory", "lots"], 2, ["memory", "lots", "MiB"]),
    "negative memory": (["image.npy", "--memory", "-1GB"], 2, ["memory", "-1GB"]),
    "no threads": (["image.npy", "-j", "0"], 2, ["jobs 0"]),
    "threads that are a word": (["image.npy", "-j", "two"], 2, ["two"]),
}

BAD = {
    "repeated": ["index 2", "1.0", "repeats", "--duplicates first"],
    "unsorted": ["index 3", "1.5", "direction", "--sort"],
    "missing": ["index 2", "nan"],
}
GIVEN = {
    "netcdf": ("depth", ["{}.nc"]),
    "hdf5": ("depth", ["{}.h5", "-v", "T"]),
    "coords npy": ("0", ["five.npy", "--coords", "0={}.npy"]),
}
for _bad, _words in BAD.items():
    for _form, (_axis, _args) in GIVEN.items():
        _line = [_arg.format(_bad) for _arg in _args]
        WRONG[f"{_bad} coordinate, {_form}"] = (_line, 1, [f"axis {_axis}: ", *_words])
for _spec in ("missing.txt", "missing.nc:depth", "missing.h5:/depth"):
    WRONG[f"coords {_spec}"] = (["five.npy", "--coords", f"0={_spec}"], 1, BAD["missing"])
for _name in ("five.npy", "uneven.nc", "field.h5", "pair.npz"):
    WRONG[f"{_name} onto itself"] = ([_name, "-o", _name, "-O"], 2, [f"{_name}: ", "is an input"])
for _cut in ("half", "short"):
    for _name in ("NETCDF3_CLASSIC.nc", "grid.nc", "field.h5", "image.npy", "pair.npz"):
        WRONG[f"truncated {_cut} {_name}"] = ([f"{_cut}_{_name}"], 1, [f"Error: {_cut}_{_name}: "])
for _suffix, _kind in {"nc": "NetCDF", "h5": "HDF5", "npy": "NPY", "npz": "NPZ"}.items():
    _file = f"text.{_suffix}"
    WRONG[_file] = ([_file], 1, [f"Error: {_file}: is text", _kind])
WRONG["an empty file"] = (["empty.nc"], 1, ["Error: empty.nc: is empty", "NetCDF"])
OTHER = {
    "a misspelt command": (["comptue", "image.npy"], 2, ["'comptue'", "'compute'", "info"]),
    "a misspelt option of the group": (["--versoin"], 2, ["--versoin", "--version"]),
    "info on nothing": (["info", "gone.nc"], 1, ["gone.nc"]),
    "info on text": (["info", "text.h5"], 1, ["text.h5", "HDF5"]),
    "info on a truncated file": (["info", "half_grid.nc"], 1, ["half_grid.nc"]),
    "a misspelt option of info": (["info", "image.npy", "--jsn"], 2, ["--jsn", "--json"]),
}
REFUSALS = {n: (["compute", *args], *rest) for n, (args, *rest) in WRONG.items()} | OTHER


@pytest.fixture(scope="module")
def refusals(ahead):
    return ahead({n: partial(refused, args, code) for n, (args, code, _) in REFUSALS.items()})


def refused(args, code, shell):
    return shell.refuse(*args, code=code)


@pytest.mark.parametrize("case", REFUSALS)
def test_it_is_refused_in_one_line(refusals, case):
    words = REFUSALS[case][2]
    line = refusals[case].result()
    assert [word for word in words if word not in line] == [], line


class Trap:
    """An object whose pickle, when loaded, creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("name", ["grid.nc", "field.h5"])
def test_a_truncated_file_is_not_called_locked(refusals, name):
    assert "LOCK" not in refusals[f"truncated half {name}"].result()


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("command", ["compute", "info"])
def test_pickled_objects_are_never_opened(shell, tmp_path, suffix, command):
    array = np.array([Trap(tmp_path / "sprung")] * 3, object)
    if suffix == "npy":
        np.save(shell / "trap.npy", array)
    else:
        np.savez(shell / "trap.npz", a=array, b=np.arange(3.0))
    (tmp_path / "sprung").unlink(missing_ok=True)
    line = shell.refuse(command, f"trap.{suffix}")
    assert line.startswith(f"Error: trap.{suffix}: ")
    assert "pickle" in line
    assert not (tmp_path / "sprung").exists()


def test_the_trap_springs_where_a_pickle_is_opened(tmp_path):
    data = pickle.dumps(Trap(tmp_path / "sprung"))
    assert not (tmp_path / "sprung").exists()
    pickle.loads(data).close()
    assert (tmp_path / "sprung").exists()


def test_a_pickle_as_coordinates_is_never_opened(shell, tmp_path):
    np.save(shell / "trap.npy", np.array([Trap(tmp_path / "sprung")] * 5, object))
    assert "trap.npy" in shell.refuse("compute", "five.npy", "--coords", "0=trap.npy")
    assert not (tmp_path / "sprung").exists()


def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(shell):
    with (shell / "liar.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**13,)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(b"\0" * 800)
    line = shell.refuse("compute", "liar.npy", under=("prlimit", f"--as={2**31}"))
    assert "80000000000000" in line


def test_values_kept_in_another_file_are_refused(shell):
    import h5py

    (shell / "secret.bin").write_bytes(np.arange(5.0).tobytes())
    with h5py.File(shell / "leads.h5", "w") as made:
        outside = [(str(shell / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
        made.create_dataset("T", (5,), "f8", external=outside)
    assert "another file" in shell.refuse("compute", "leads.h5")


def test_an_external_link_is_not_followed(shell):
    import h5py

    shell.take("field.h5")
    with h5py.File(shell / "links.h5", "w") as made:
        made["away"] = h5py.ExternalLink("field.h5", "/T")
    assert "links.h5" in shell.refuse("compute", "links.h5")
    assert "away" in shell.refuse("compute", "links.h5", "-v", "away", code=2)


def test_a_memory_limit_too_small_names_one_that_does(shell):
    np.save(shell / "wide.npy", np.zeros((3, 200_000)))
    line = shell.refuse("compute", "wide.npy", "--memory", "1k", code=2)
    (enough,) = [word for word in line.split() if word.endswith("MiB")]
    shell.run("compute", "wide.npy", "--memory", enough)
    assert {"wide_d0.npy", "wide_d1.npy"} <= shell.names()


# Outputs that must not be touched.


@pytest.fixture
def old(shell) -> bytes:
    shell.take("five.npy", "image.npy")
    for name in ("five_d0.npy", "image_d1.npy"):
        (shell / name).write_bytes(b"an old result")
    return b"an old result"


def test_an_existing_output_is_refused(shell, old):
    line = shell.refuse("compute", "five.npy")
    assert line.startswith("Error: five_d0.npy: exists already")
    assert "-O" in line


def test_one_existing_output_of_two_is_enough(shell, old):
    assert "image_d1.npy" in shell.refuse("compute", "image.npy")
    assert "image_d0.npy" not in shell.names()


def test_overwrite_replaces(shell, old):
    shell.run("compute", "five.npy", "-O")
    assert np.load(shell / "five_d0.npy").shape == (5,)


def test_skip_existing_leaves_and_goes_on(shell, old):
    done = shell.run("compute", "five.npy", "small.npy", "--skip-existing")
    assert (shell / "five_d0.npy").read_bytes() == old
    assert done.out == ["small_d0.npy", "small_d1.npy"]
    assert done.err.splitlines()[-1].startswith("done 1, skipped 1, failed 0, ")


def test_skip_existing_writes_what_is_not_there(shell, old):
    shell.run("compute", "image.npy", "-a", "0", "--skip-existing")
    assert np.load(shell / "image_d0.npy").shape == (5, 6)
    assert (shell / "image_d1.npy").read_bytes() == old


def test_a_dangling_link_is_no_existing_output(shell):
    shell.take("five.npy")
    (shell / "five_d0.npy").symlink_to("real.npy")
    shell.run("compute", "five.npy")
    assert (shell / "five_d0.npy").is_symlink()
    assert np.load(shell / "real.npy").shape == (5,)


def test_the_input_under_another_name_is_no_output(shell):
    shell.take("five.npy")
    (shell / "alias.npy").symlink_to("five.npy")
    shell.refuse("compute", "five.npy", "-o", "alias.npy", "-O", code=2)


FILES = ["five.npy", "uneven.nc", "field.h5", "pair.npz", "matrix.csv"]


# Places that cannot be written. Root may write anywhere, so it gives that up first.

UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if ROOT else ()


@pytest.fixture(scope="module")
def forbidden(ahead):
    steps = {"folder": forbidden_folder, "file": forbidden_file}
    return ahead({(k, name): partial(step, name) for k, step in steps.items() for name in FILES})


def forbidden_folder(name, shell):
    shell.take(name)
    shell.folder.chmod(0o555)
    try:
        return shell.refuse("compute", name, "-a", "0", under=UNPRIVILEGED)
    finally:
        shell.folder.chmod(0o755)


def forbidden_file(name, shell):
    shell.take(name)
    (shell / name).chmod(0)
    done = shell.run("compute", name, under=UNPRIVILEGED, code=1)
    assert shell.names() == {name}
    return single_error(done.err)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_may_not_be_written(forbidden, name):
    line = forbidden["folder", name].result()
    assert line.startswith(f"Error: {Path(name).stem}_")
    assert "Permission denied" in line


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_may_not_be_read(forbidden, name):
    line = forbidden["file", name].result()
    assert line.startswith(f"Error: {name}: ")
    assert "Permission denied" in line


def test_blanks_in_names_are_kept(shell):
    np.save(shell / "two  spaces.npy", np.arange(5.0))
    (error,) = [shell.refuse("compute", "two  spaces.npy", "-a", "7", code=2)]
    assert error.startswith("Error: two  spaces.npy: axis 7 of a field with 1 axes")


def test_an_option_for_an_axis_that_no_derivative_is_along(shell):
    for option, name in (("--per", "time=s"), ("--periodic", "time")):
        error = shell.refuse("compute", "grid.nc", "-v", "T", "-a", "lon", option, name, code=2)
        assert f"{option} time: no derivative is taken along it (--axis)" in error


def test_a_result_has_no_name_of_a_column_beside_it(shell):
    error = shell.refuse("compute", "table.csv", "-a", "t", "-v", "a", "--name", "t", code=2)
    assert "the file has a column 't' already; use --name" in error


def test_an_axis_may_have_a_comma_in_its_name(shell):
    (shell / "cm.csv").write_text('"a,b",v\n0,1\n1,2\n2,4\n')
    done = shell.run("compute", "cm.csv", "-a", "a,b", "-o", "-")
    assert done.out[1:] == ["0,1.0", "1,1.5", "2,2.0"]


def test_a_compiled_module_that_was_cut_short_is_one_line(shell):
    # As Python itself leaves it on a full disk.
    env = {"PYTHONPYCACHEPREFIX": str(shell.folder.parent / "compiled")}
    shell.run("compute", "five.npy", env=env)
    (module,) = Path(env["PYTHONPYCACHEPREFIX"]).rglob("gradcli/formats/npy/source.*.pyc")
    module.write_bytes(module.read_bytes()[:-10])
    line = shell.refuse("compute", "five.npy", "-O", env=env)
    assert "a compiled module of Python was cut short" in line


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            ("directional", "five.npy", "--toward", "nan"),
            "--toward: nan; expected finite numbers",
        ),
        (
            ("laplacian", "five.npy", "--metric", "sphere", "--radius", "inf"),
            "--radius inf: a radius",
        ),
        (
            ("compute", "five.npy", "--spacing", "nan"),
            "--spacing: a step of nan; it must be finite",
        ),
        (("compute", "five.npy", "--periodic", "0=inf"), "--periodic 0: a period of inf; it must"),
        (("compute", "five.npy", "-j", "99999999"), "jobs 99999999; at most 4096 threads"),
    ],
)
def test_what_is_not_finite_is_refused_by_name(shell, inputs, args: tuple, words: str) -> None:
    assert words in single_error(shell.run(*args, code=2).err)
