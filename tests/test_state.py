"""The Python face changes nothing of the process, of its libraries, or of modules.

Each case runs in a process of its own, forked from one that has imported the libraries. It writes
down what it can see of itself and of the libraries before gradcli is imported, and again when it
has been used.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
# What libraries do as they are imported, gradcli or not, is not looked at: netCDF4 comes first.
WATCHED = r"""
import contextlib, gc, io, json, locale, os, resource, signal, sys, threading, traceback, warnings
import netCDF4
import h5py, numpy, polars, pyproj, cftime
import zipfile, gzip, ctypes

def state():
    signals = sorted(signal.valid_signals())
    limits = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    return {
        "chunk cache of netCDF4": netCDF4.get_chunk_cache(),
        "settings of h5py": str(h5py.get_config().track_order),
        "handlers of signals": [str(signal.getsignal(number)) for number in signals],
        "signals held back": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))),
        "timers": [signal.getitimer(n) for n in (signal.ITIMER_REAL, signal.ITIMER_PROF)],
        "wakeup": wakeup(),
        "locale": locale.setlocale(locale.LC_ALL),
        "filters of warnings": [str(one) for one in warnings.filters],
        "showing of warnings": [str(warnings.showwarning), str(warnings._showwarnmsg_impl)],
        "environment": dict(os.environ),
        "umask": umask(),
        "folder": os.getcwd(),
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in limits},
        "priority": os.nice(0),
        "collector": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug()],
        "interpreter": [sys.getrecursionlimit(), sys.getswitchinterval(), str(sys.gettrace())],
        "hooks": [str(sys.excepthook), str(sys.displayhook), str(threading.excepthook)],
        "search": [str(sys.meta_path), str(sys.path_hooks), sys.path],
        "threads": threading.active_count(),
        "numpy": [numpy.geterr(), str(numpy.geterrcall()), numpy.getbufsize()],
        "printing": str(numpy.get_printoptions()),
        "random": str(numpy.random.get_state()),
        "projections": [pyproj.datadir.get_data_dir(), pyproj.network.is_network_enabled()],
        "streams": [id(sys.stdin), id(sys.stdout), id(sys.stderr)],
        "descriptors": descriptors(),
    }

def umask():
    old = os.umask(0)
    os.umask(old)
    return old

def wakeup():
    old = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(old)
    return old

def descriptors():
    return {n: os.readlink(f"/proc/self/fd/{n}") for n in opened()}

def opened():
    # The folder itself is open while it is listed.
    return [n for n in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{n}")]

def watch(code):
    polars.read_csv(b"a\n1\n")  # starts its threads
    before = state()
    from gradcli import differentiate, gradient
    imported = state()
    exec(code, {"differentiate": differentiate, "gradient": gradient})
    after = state()
    for later in (imported, after):
        for name in before:
            if before[name] != later[name]:
                print(f"{name}: {before[name]} became {later[name]}")
    print("\n".join(f"{name} is imported" for name in sys.argv[2:] if name in sys.modules))
    print("done")

def apart(folder, code):
    os.chdir(folder)
    said = os.open("said", os.O_WRONLY | os.O_CREAT)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.close(said)
    try:
        watch(code)
    except BaseException:
        traceback.print_exc()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)

for folder, code in json.loads(sys.argv[1]).items():
    pid = os.fork()
    if not pid:
        apart(folder, code)
    os.waitpid(pid, 0)
print("done")
"""
# What only the command may do to a process.
COMMAND = [f"gradcli.system.{name}" for name in ("allocator", "stderr", "supervisor")]


def told_by(code: str, folder: Path, seen_by: str) -> str:
    """Return what a fresh process says that runs some code, watched by other code."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", seen_by, code, *COMMAND],
        cwd=folder,
        # Threads of linear algebra could not be forked.
        env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def changes(told: str) -> list[str]:
    """Return what was changed, in a case that ended as it should."""
    lines = told.split("\n")
    assert "done" in lines, told
    return [line for line in lines if line not in ("", "done")]


def make_grid(folder: Path) -> None:
    """Write a grid of longitude and latitude in NetCDF: chunked, deflated, and classic."""
    values = np.random.default_rng(0).normal(size=(20, 30))
    for name, kind in (("grid.nc", "NETCDF4"), ("old.nc", "NETCDF3_CLASSIC")):
        with netCDF4.Dataset(folder / name, "w", format=kind) as file:
            for axis, size, units in (("lat", 20, "degrees_north"), ("lon", 30, "degrees_east")):
                file.createDimension(axis, size)
                coordinate = file.createVariable(axis, "f8", (axis,))
                coordinate.units = units
                coordinate[:] = np.arange(size) * 2.0
            options = {"chunksizes": (7, 30), "zlib": True} if kind == "NETCDF4" else {}
            file.createVariable("f", "f4", ("lat", "lon"), **options)[:] = values


def make_inputs(folder: Path) -> None:
    """Write a small input of every format."""
    values = np.random.default_rng(0).normal(size=(20, 30))
    np.save(folder / "a.npy", values)
    np.savez_compressed(folder / "a.npz", f=values)
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("f", data=values, chunks=(7, 30), compression="lzf")
    rows = "\n".join(f"2024-01-{day:02},{day**2}" for day in range(1, 29))
    (folder / "dates.csv").write_text(f"t,u\n{rows}\n")
    make_grid(folder)


CASES = {
    "an array": "import numpy as np; gradient(np.arange(12.0).reshape(3, 4) ** 2)",
    "NPY": "differentiate('a.npy')",
    "NPZ": "differentiate('a.npz')",
    "HDF5": "differentiate('a.h5')",
    "NetCDF": "differentiate('grid.nc')",
    "classic NetCDF": "differentiate('old.nc')",
    "CSV with dates": "differentiate('dates.csv', axis='t')",
    "a sphere": "differentiate('grid.nc', metric='sphere', operator='laplacian')",
    "an ellipsoid": "differentiate('grid.nc', 'e.nc', metric='wgs84', axis='lon', sync=True)",
    "to NetCDF": "differentiate('a.npy', 'out.nc', deflate=4, jobs=2)",
    "to HDF5": "differentiate('grid.nc', 'out.h5', chunks=[5, 5])",
    "to CSV": "differentiate('a.npy', '{stem}_{component}.csv')",
    "into a new folder": "differentiate('a.npy', output_dir='new/inner', sync=True)",
    "what is refused": """
from gradcli.errors import GradcliError
with open('bad.nc', 'wb') as bad:
    bad.write(b'CDF\\x01' + bytes(100))
for path in ('bad.nc', 'none.nc', 'a.odd'):
    try:
        differentiate(path)
    except GradcliError:
        continue
    raise AssertionError(path)
""",
}

# Everything that modules hold and that could hold something else, but for what belongs to Python.
KEPT = r"""
import importlib, pkgutil, sys, types
import gradcli

for found in pkgutil.walk_packages(gradcli.__path__, "gradcli."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)

def held():
    return {
        f"{module}.{name}": shown(value)
        for module, loaded in sys.modules.items() if module.split(".")[0] == "gradcli"
        for name, value in vars(loaded).items()
        if not name.startswith("__") and not isinstance(value, (types.ModuleType, type))
    }

def shown(value):
    inside = getattr(value, "__dict__", {}) if type(value).__module__.startswith("gradcli") else {}
    return f"{value!r} {inside}"

from gradcli import differentiate, gradient
before = held()
exec(sys.argv[1])
for name, value in held().items():
    if value != before.get(name):
        print(f"{name}: {before.get(name)} became {value}")
print("done")
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each case says, in a folder of its own."""
    top = tmp_path_factory.mktemp("cases")
    folders = {case: top / str(number) for number, case in enumerate(CASES)}
    for folder in folders.values():
        folder.mkdir()
        make_inputs(folder)
    codes = {str(folder): CASES[case] for case, folder in folders.items()}
    assert changes(told_by(json.dumps(codes), top, WATCHED)) == []
    return {case: (folder / "said").read_text() for case, folder in folders.items()}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc")
@pytest.mark.parametrize("case", CASES)
def test_the_python_face_leaves_the_process_as_it_is(case: str, told: dict[str, str]) -> None:
    assert changes(told[case]) == []


def test_modules_hold_after_use_what_they_held_before(tmp_path: Path) -> None:
    make_inputs(tmp_path)
    alone = [case for case in CASES if not case.startswith("what")]
    code = "\n".join(CASES[case] for case in alone)
    assert changes(told_by(code, tmp_path, KEPT)) == []


def test_no_function_sets_what_a_module_holds() -> None:
    found = [
        path
        for path in sorted((ROOT / "gradcli").rglob("*.py"))
        if "global" in path.read_text()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Global)
    ]
    assert found == []
