"""Names and links that lead elsewhere: never followed, never run, never printed as they stand."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from tests.cli.shell import Shell

VALUES = np.arange(6.0) ** 2
SECRET = np.arange(6.0) * 777
DRIVES = "\x1b[31m\x1b]0;title\x07\r\n\x9b2J\u202e"  # what drives a terminal
RAW = re.compile(r"[^\n -~\xa1-\U0010ffff]")


@pytest.fixture
def trap(shell: Shell) -> str:
    """Return a FIFO: whatever opens it waits for ever, and the test fails."""
    path = shell.folder.parent / "trap.h5"
    os.mkfifo(path)
    return str(path)


def quiet(shell: Shell, *args: str, code: int | tuple[int, ...] = 0) -> str:
    """Run a command that must print nothing that drives a terminal, but for paths it wrote."""
    done = shell.run(*args, code=code)
    assert not RAW.search(done.err), done.err
    if args[0] == "info":
        assert not RAW.search(done.data.decode())
    return done.data.decode() + done.err


# Links out of the file


@pytest.mark.parametrize("command", ["info", "compute"])
def test_hdf5_leaves_links_out_of_the_file_alone(shell, trap, command):
    with h5py.File(shell / "a.h5", "w") as made:
        made["f"] = VALUES
        made["out"] = h5py.ExternalLink(trap, "/secret")
        made["through"] = h5py.SoftLink("/out/secret")
        made["g/through"] = h5py.SoftLink("../out")
        made["_nc4_non_coord_f"] = h5py.ExternalLink(trap, "/secret")
    assert "never followed" in quiet(shell, command, "a.h5")
    for name in ("out", "through"):
        quiet(shell, "compute", "a.h5", "-v", name, "-o", "o.h5", code=2)


@pytest.mark.parametrize("command", ["info", "compute"])
@pytest.mark.parametrize("name", ["out", "_nc4_non_coord_f", "_nc4_non_coord_g"])
def test_netcdf_with_links_out_of_the_file_is_refused(shell, trap, command, name):
    with netCDF4.Dataset(shell / "a.nc", "w") as made:
        made.createDimension("x", 6)
        made.createVariable("f", "f8", ("x",))[:] = VALUES
    with h5py.File(shell / "a.nc", "r+") as made:
        made[name] = h5py.ExternalLink(trap, "/secret")
    assert f"{name}: is a link out of the file" in shell.refuse(command, "a.nc")
    shell.run("compute", "a.nc", "--format", "hdf5", "-o", "o.h5")
    with h5py.File(shell / "o.h5") as found:
        np.testing.assert_allclose(
            found["df_x"] if "df_x" in found else found["df_dx"], 2 * np.arange(6.0), atol=1
        )


def test_a_dataset_of_a_hidden_name_is_no_other(shell):
    with h5py.File(shell / "a.h5", "w") as made:
        made["f"], made["_nc4_non_coord_f"] = VALUES, SECRET
    shell.run("compute", "a.h5", "-v", "f")
    with h5py.File(shell / "a_gradient.h5") as found:
        np.testing.assert_allclose(found["df_d0"][1:-1], 2 * np.arange(6.0)[1:-1])


def view(made: h5py.File, name: str, *sources: tuple[str, str]) -> None:
    layout = h5py.VirtualLayout((len(sources), 6), "f8")
    for row, (file, inner) in enumerate(sources):
        layout[row] = h5py.VirtualSource(file, inner, (6,))
    made.create_virtual_dataset(name, layout, fillvalue=7)


@pytest.mark.parametrize("suffix", ["h5", "nc"])
@pytest.mark.parametrize("way", ["other", "storage", "link", "itself", "nothing", "two"])
def test_views_that_lead_elsewhere_by_any_way_are_refused(shell, trap, suffix, way):
    with h5py.File(shell / f"a.{suffix}", "w") as made:
        made["f"] = VALUES
        if way == "storage":
            SECRET.tofile(shell / "raw.bin")
            outside = [(str(shell / "raw.bin"), 0, 48)]
            made.create_dataset("held", (6,), "f8", external=outside)
        if way == "link":
            made["out"] = h5py.ExternalLink(trap, "/secret")
        if way == "two":
            view(made, "inner", (trap, "secret"))
        source = {
            "other": (trap, "secret"),
            "storage": (".", "held"),
            "link": (".", "out"),
            "itself": (".", "view"),
            "nothing": (".", "none"),
            "two": (".", "inner"),
        }[way]
        view(made, "view", (".", "f"), source)
    asked = ("-v", "view") if suffix == "h5" else ()
    line = shell.refuse("compute", f"a.{suffix}", *asked)
    assert re.search("never followed|not a dataset of this file", line)


def test_a_view_of_what_is_in_the_file_is_read(shell):
    with h5py.File(shell / "a.h5", "w") as made:
        made["g/f"], made["soft"] = VALUES, h5py.SoftLink("/g/f")
        view(made, "view", (".", "/g/f"), (".", "soft"))
    shell.run("compute", "a.h5", "-v", "view", "-a", "1")
    with h5py.File(shell / "a_gradient.h5") as found:
        np.testing.assert_array_equal(found["dview_d1"][0], found["dview_d1"][1])


def test_a_name_that_is_an_address_of_the_web_is_a_file(shell):
    folder = shell / "http:" / "localhost:1"
    folder.mkdir(parents=True)
    shell.take("grid.nc")
    (shell / "grid.nc").rename(folder / "grid.nc")
    shell.run("compute", "http://localhost:1/grid.nc", "-v", "T")
    assert (folder / "grid_gradient.nc").is_file()


# Names within files


def named_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as made:
        for name in ("../../up", f"esc{DRIVES}", "a/../b", "{stem}", "d,e", "a b"):
            made[name] = VALUES
            made[name].attrs["units"] = f"K{DRIVES}"
            made[name].attrs["long_name"] = f"{DRIVES}words"
            made[name].attrs[f"at{DRIVES}"] = 1
        made[f"x{DRIVES}"] = VALUES + np.arange(6)
        made[f"x{DRIVES}"].make_scale(f"x{DRIVES}")
        made["../../up"].dims[0].attach_scale(made[f"x{DRIVES}"])
        made["../../up"].dims[0].label = f"../../l{DRIVES}"


def named_npz(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        names = ("../../up", "/root", f"esc{DRIVES}", "a//b", "d,e")
        for name in names:
            with made.open(f"{name}.npy", "w") as member:
                np.save(member, VALUES)


def named_npy(path: Path) -> None:
    names = ("../../up", "/root", f"esc{DRIVES}", "d,e", "{stem}")
    np.save(path, np.zeros(6, [(name, "f8") for name in names]))


def named_csv(path: Path) -> None:
    names = ("t", '"../../up"', f'"esc{DRIVES}"', '"d,e"', "{stem}", '"a""b"', "=1+1")
    rows = "".join(",".join([str(i)] * len(names)) + "\n" for i in range(6))
    path.write_bytes((",".join(names) + "\n" + rows).encode())


NAMED = {"h5": named_hdf5, "npz": named_npz, "npy": named_npy, "csv": named_csv}
OUTPUTS = [(), ("-o", "sub/{component}.npy"), ("-o", "sub/{stem}_{component}.csv")]
OUTPUTS += [("-o", "sub/o.h5"), ("-o", "sub/o.npz"), ("-o", "sub/o.nc"), ("--output-dir", "sub")]


@pytest.mark.parametrize("suffix", NAMED)
def test_info_prints_no_name_as_it_stands(shell, suffix):
    NAMED[suffix](shell / f"a.{suffix}")
    assert "up" in quiet(shell, "info", f"a.{suffix}")
    assert "up" in quiet(shell, "info", "--json", f"a.{suffix}")


@pytest.fixture(scope="module")
def climbs(ahead):
    def step(suffix, output):
        def run(shell):
            (shell / "sub").mkdir()
            NAMED[suffix](shell / f"a.{suffix}")
            before = set(shell.spool.parent.rglob("*"))
            asked = ("-a", "t") if suffix == "csv" else ()
            text = quiet(shell, "compute", f"a.{suffix}", *asked, *output, code=(0, 1, 2))
            made = set(shell.spool.parent.rglob("*")) - before
            where = shell / "sub" if output else shell.folder
            assert {path.parent for path in made} <= {where}
            assert all(path.name.isprintable() for path in made)
            for path in made:
                if path.suffix == ".npz":
                    check_members(path)
            return made, text

        return run

    return ahead({(s, o): step(s, o) for s in NAMED for o in OUTPUTS})


def check_members(path: Path) -> None:
    """Look that nothing would be unpacked outside of the folder, or drive a terminal."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert name.isprintable()
            assert not {"", ".", ".."} & set(name.split("/"))


@pytest.mark.parametrize("output", OUTPUTS, ids=" ".join)
@pytest.mark.parametrize("suffix", NAMED)
def test_names_lead_no_output_out_of_its_folder(climbs, suffix, output):
    made, text = climbs[suffix, output].result()
    assert made or "Error: " in text


def test_names_in_errors_are_escaped(shell):
    named_hdf5(shell / "a.h5")
    for args in (("-v", f"x{DRIVES}y"), ("-a", DRIVES), ("--dims", f"{DRIVES},y")):
        quiet(shell, "compute", "a.h5", *args, code=2)
    quiet(shell, "compute", f"gone{DRIVES}.h5", code=1)
    quiet(shell, "info", f"gone{DRIVES}.h5", code=1)
    quiet(shell, DRIVES, code=2)
    quiet(shell, "compute", "a.h5", "--stencil\x1b[31m", code=2)


# Names of files

ODD = os.fsdecode(b"a\xff\n\x1b[31m{stem},b")


@pytest.mark.parametrize("name", ["grid.nc", "field.h5", "image.npy", "pair.npz", "matrix.csv"])
def test_names_of_files_may_be_any_bytes(shell, name):
    shell.take(name)
    suffix = Path(name).suffix
    (shell / name).rename(shell / (ODD + suffix))
    strict = {"PYTHONIOENCODING": "utf-8:strict"}
    args = ("compute", ODD + suffix, "-a", "-1", "-O", "--quiet")
    done = shell.run(*args, env=strict)
    # A script gets the very bytes; --json tells a line break in a name from one between names.
    made = os.fsdecode(done.data.removesuffix(b"\n"))
    assert (shell / made).is_file()
    assert ODD in made
    told = json.loads(shell.run(*args, "--json", env=strict).data)
    assert told["outputs"] == [made]
    shell.run("info", ODD + suffix, env=strict)
    (shell / made).unlink()
    assert not RAW.search(shell.run(*args[:2], "-v", "zz", code=(1, 2), env=strict).err)


def test_a_terminal_gets_no_name_as_it_stands(shell):
    np.save(shell / f"{ODD}.npy", VALUES)
    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "gradcli", "compute", f"{ODD}.npy"]
    process = subprocess.Popen(command, cwd=shell.folder, stdout=inner, stderr=inner)
    assert process.wait(60) == 0
    os.close(inner)
    said = os.read(outer, 4096).decode()
    os.close(outer)
    assert "stem" in said
    assert not RAW.search(said.replace("\r\n", "\n"))


# Arguments


def test_names_with_commas_are_ordinary_names(shell):
    with h5py.File(shell / "a,b.h5", "w") as made:
        made["d,e"], made["d"], made["e"] = VALUES, VALUES, VALUES
    shell.run("compute", "a,b.h5", "-v", "d,e", "-o", "one,two.h5")
    with h5py.File(shell / "one,two.h5") as found:
        assert list(found) == ["dd,e_d0"]
    shell.run("compute", "a,b.h5", "-v", "e", "-v", "d", "-O")
    with h5py.File(shell / "a,b_gradient.h5") as found:
        assert list(found) == ["dd_d0", "de_d0"]


@pytest.mark.parametrize("link", ["", "soft", "hard"])
def test_an_output_that_is_the_input_is_refused(shell, link):
    shell.take("five.npy")
    name = "five.npy"
    if link:
        name = "other.npy"
        (os.symlink if link == "soft" else os.link)(shell / "five.npy", shell / name)
    for path in (name, f"./{name}", f"../work/{name}", str(shell / name)):
        shell.refuse("compute", "five.npy", "-o", path, code=(1, 2))


STEMS = ["..", ".", "...", "-", "{stem}", "{component}", "a{b", "..npy", " "]


PLACES = ["sub/{stem}_{component}{suffix}", "sub/{stem}.npz", None] * 3


@pytest.mark.parametrize(("stem", "output"), list(zip(STEMS, PLACES, strict=True)))
def test_stems_lead_no_output_out_of_its_folder(shell, stem, output):
    (shell / "sub").mkdir()
    with (shell / f"{stem}.npy").open("wb") as file:
        np.save(file, VALUES)
    before = set(shell.spool.parent.rglob("*"))
    where = ("--output-dir", "sub") if output is None else ("-o", output)
    shell.run("compute", f"./{stem}.npy", "--format", "npy", *where, code=(0, 1, 2))
    made = set(shell.spool.parent.rglob("*")) - before
    assert {path.parent for path in made} <= {shell / "sub"}
