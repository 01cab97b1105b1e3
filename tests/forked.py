"""The command line in a forked process: what the server of command tests and the fuzz run share."""

from __future__ import annotations

import atexit
import gc
import os
import pkgutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

# What gradcli imports on demand, inside functions.
LIBRARIES = (
    "polars",
    "pyproj",
    "cf_units",
    "cftime",
    "deflate",
    "isal.isal_zlib",
    "zlib_ng.zlib_ng",
)
STANDARD = ("concurrent.futures.thread", "ctypes", "json", "shlex", "shutil", "tempfile", "zipfile")
# What the command never imports, and what would bring xarray, pandas and scipy: half the memory.
PYTHON_ONLY = ("gradcli.engine.lazy", "gradcli.xarray")
FLUSH_FAILED = 120  # as Python leaves
LARGE = 2**21  # bytes of a large page, at an address that is a multiple of them
COLLAPSE = 25  # MADV_COLLAPSE of Linux 6.1


def load(*also: str) -> None:
    """Import gradcli, and all that it imports on demand, before anything is forked.

    ``also`` names what some commands alone import.
    """
    import gradcli

    import_module("gradcli.formats.hdf5.library")  # which knows what comes before what
    for module in pkgutil.walk_packages(gradcli.__path__, "gradcli."):
        if not module.name.endswith("__main__") and module.name not in PYTHON_ONLY:
            import_module(module.name)
    for name in (*LIBRARIES, *STANDARD, *also):
        import_module(name)
    _use()
    gc.collect()
    gc.freeze()
    _into_large_pages()


def _use() -> None:
    """Differentiate once, so that caches of Python (expressions, types) are filled for all."""
    import click
    import numpy as np

    import gradcli
    from gradcli.cli.group import group

    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/a.npy", np.ones((3, 3)))
        gradcli.differentiate(f"{folder}/a.npy", f"{folder}/a.npz")
    for name in ("compute", "info"):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        command.make_context(name, ["a.npy"])


def _into_large_pages() -> None:
    """Put the memory of this process into large pages, where the system can.

    To fork is to copy the tables of pages, and every run is two forks; large pages make these
    tables small. Nothing depends on it.
    """
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return
    import ctypes

    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in maps.read_text().splitlines():
        extent, access, _, _, _, *name = line.split()
        if access == "rw-p" and name in ([], ["[heap]"]):
            first, end = (int(number, 16) for number in extent.split("-"))
            for place in range(-(-first // LARGE) * LARGE, end - LARGE + 1, LARGE):
                advise(place, LARGE, COLLAPSE)


@dataclass(frozen=True)
class Start:
    """What a process begins with; streams are descriptors."""

    arguments: tuple[str, ...]
    folder: str
    streams: tuple[int, int, int]
    environment: Mapping[str, str] | None = None
    umask: int | None = None


def take(start: Start) -> None:
    """Let this process, forked a moment ago, be as one that was started for the command."""
    import gradcli.__main__

    for place, descriptor in enumerate(start.streams):
        os.dup2(descriptor, place)
    os.chdir(start.folder)
    if start.environment is not None:
        os.environ.clear()
        os.environ.update(start.environment)
        tempfile.tempdir = None  # it is kept once it was asked for
    if start.umask is not None:
        os.umask(start.umask)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    for name, place, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        old = getattr(sys, name)
        handling = old.errors if name == "stderr" else errors or (encoding and "strict")
        new = open(  # noqa: SIM115
            place,
            mode,
            encoding=encoding or old.encoding,
            errors=handling or old.errors,
            closefd=False,
        )
        new.reconfigure(line_buffering=name == "stderr", write_through=old.write_through)
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    sys.path[0] = start.folder
    sys.argv = [str(gradcli.__main__.__file__), *start.arguments]


def run(handlers: bool = True) -> NoReturn:
    """Run the command line, and leave as Python does at its end, but for taking modules apart.

    That would take longer than most runs. Without ``handlers``, what was registered to be done at
    exit is not: in a process that has more to do than to fork, that is not for the command.
    """
    code = 1
    try:
        from gradcli.cli.main import main

        main()
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except BaseException:
        traceback.print_exc()
    # What a collection finds unclosed is said on stderr, as in a process that ends.
    threading._shutdown()
    if handlers:
        atexit._run_exitfuncs()
    gc.collect()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or FLUSH_FAILED
    os._exit(code)
