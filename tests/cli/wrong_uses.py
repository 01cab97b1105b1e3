"""Wrong uses of the command, run one after another in this process, and what each prints.

The table lies in ``wrong_uses.txt``: a command line, then its exit code and the line on stderr.
``python -m tests.cli.wrong_uses`` writes it anew, after messages have changed.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import netCDF4
import numpy as np

from gradcli.cli.main import main

TABLE = Path(__file__).with_suffix(".txt")
PROMPT = "$ gradcli "


class Use(NamedTuple):
    """A command line and what it gave."""

    line: str
    code: int
    err: str
    out: str = ""
    written: list[str] = []


def table() -> list[Use]:
    """Return the table as it is stored."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [
        Use(line.removeprefix(PROMPT), int(said.partition(" ")[0]), said.partition(" ")[2])
        for line, said in zip(lines[::2], lines[1::2], strict=True)
    ]


def make_inputs(folder: Path) -> None:
    """Write what the command lines name."""
    values = np.random.default_rng(2).normal(size=(4, 5))
    np.save(folder / "a.npy", values)
    for name in ("f.nc", "g2.nc"):
        with netCDF4.Dataset(folder / name, "w") as data:
            for axis, points, units in (
                ("lat", np.arange(4.0) + 40, "degrees_north"),
                ("lon", np.arange(5.0), "degrees_east"),
            ):
                data.createDimension(axis, len(points))
                data.createVariable(axis, "f8", (axis,))[:] = points
                data[axis].units = units
            for field, units in (("T", "K"), ("u", "m s-1"), ("v", "m s-1")):
                data.createVariable(field, "f8", ("lat", "lon"))[:] = values
                data[field].units = units
    (folder / "t.csv").write_text("t,h,d\n0,1,2\n1,3,5\n3,2,2\n4,1,1\n")
    (folder / "text.nc").write_text("no netcdf\n")
    for name in ("picture.png", "photo.jpg", "sheet.xlsx", "table.parquet", "notes", "odd.xyz"):
        (folder / name).touch()
    for name in ("empty.nc", "old.nc"):
        (folder / name).touch()
    (folder / "sub").mkdir()
    (folder / "sub" / "s.npy").touch()


def run_here(line: str) -> Use:
    """Run a command line in this process, in the current folder."""
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    before, code = set(os.listdir()), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(shlex.split(line))
        except SystemExit as ended:
            code = int(ended.code or 0)
        out.flush()
    said = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    return Use(line, code, err.getvalue(), said, sorted({*os.listdir()} - before))


def run_all(lines: list[str]) -> list[Use]:
    """Run command lines in one process, in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        make_inputs(Path(folder))
        kept = {name: text for name, text in os.environ.items() if not name.startswith("GRADCLI")}
        root = str(Path(__file__).parents[2])
        done = subprocess.run(
            [sys.executable, "-m", "tests.cli.wrong_uses", "-"],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            cwd=folder,
            env=kept | {"PYTHONPATH": os.pathsep.join([root, kept.get("PYTHONPATH", "")])},
            check=True,
        )
        found: list[list[Any]] = json.loads(done.stdout)
    return [Use(*each) for each in found]


if __name__ == "__main__":
    if sys.argv[1:] == ["-"]:
        print(json.dumps([run_here(line) for line in sys.stdin.read().splitlines()]))
    else:
        made = run_all([use.line for use in table()])
        pieces = [f"{PROMPT}{use.line}\n{use.code} {use.err.rstrip()}\n" for use in made]
        TABLE.write_text("".join(pieces), encoding="utf-8")
        print(f"{len(made)} wrong uses")
