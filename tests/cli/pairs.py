"""What an option changes: runs of the command with it and without it.

`TRIALS` has for every option of the catalogue a value that is not its default, and what must stand
beside it so that it can show. ``python -m tests.cli.pairs formats``, ``commands`` or
``pairs netcdf`` prints what every option does with every kind of input, with every command, or
beside every other option.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from gradcli.catalogue import BY_NAME, ROWS
from gradcli.cli.commands import COMMANDS
from tests.cli.pair_inputs import make_inputs
from tests.cli.shell import Shell

Options = dict[str, str | None]


class Trial(NamedTuple):
    """An option with a value, and what must stand beside it."""

    words: str
    beside: str = ""


TRIALS = {
    "show": Trial("--show magnitude", "--metric sphere"),
    "kind": Trial("--kind surface"),
    "at": Trial("--at {z}=1"),
    "size": Trial("--size 300x200"),
    "dpi": Trial("--dpi 50"),
    "points": Trial("--points points.csv"),
    "from": Trial("--from {x}=90,{y}=0"),
    "ascend": Trial("--ascend"),
    "length": Trial("--length 1"),
    "exact": Trial("--exact lon*lat"),
    "tolerance": Trial("--tolerance 1e9"),
    "refine": Trial("--refine 2"),
    "axis": Trial("--axis {x}"),
    "var": Trial("--var u"),
    "dims": Trial("--dims {dims}"),
    "by": Trial("--by id"),
    "isel": Trial("--isel {x}=1:7"),
    "sel": Trial("--sel {y}=-60:60"),
    "no-halo": Trial("--no-halo", "--isel {x}=1:7"),
    "spacing": Trial("--spacing {x}=3"),
    "coords": Trial("--coords {x}=x.txt"),
    "periodic": Trial("--periodic {x}=400"),
    "sort": Trial("--sort"),
    "duplicates": Trial("--duplicates mean"),
    "no-snap": Trial("--no-snap"),
    "order": Trial("--order 2"),
    "accuracy": Trial("--accuracy 4"),
    "edge-order": Trial("--edge-order 3"),
    "edges": Trial("--edges missing"),
    "scheme": Trial("--scheme forward"),
    "smooth": Trial("--smooth savgol:5,2"),
    "missing": Trial("--missing adapt"),
    "missing-value": Trial("--missing-value 7"),
    "no-valid-range": Trial("--no-valid-range"),
    "units": Trial("--units T=cm"),
    "per": Trial("--per {x}=km,{y}=km", "--metric sphere"),
    "follow-positive": Trial("--follow-positive", "--axis {z}"),
    "metric": Trial("--metric sphere"),
    "radius": Trial("--radius 7e6", "--metric sphere"),
    "unwrap": Trial("--unwrap 4"),
    "also": Trial("--also laplacian", "--metric sphere"),
    "components": Trial("--components c"),
    "vectors": Trial("--vectors grid", "--var u,v --metric sphere --also curl"),
    "bearing": Trial("--bearing", "--also direction --metric sphere"),
    "downslope": Trial("--downslope", "--also direction --metric sphere"),
    "toward": Trial("--toward 1,2", "--also directional --metric sphere"),
    "output": Trial("-o out.nc"),
    "output-dir": Trial("--output-dir made"),
    "overwrite": Trial("--overwrite"),
    "skip-existing": Trial("--skip-existing"),
    "stack": Trial("--stack"),
    "name": Trial("--name r_{var}_{component}"),
    "keep": Trial("--keep"),
    "no-history": Trial("--no-history"),
    "dtype": Trial("--dtype f4"),
    "deflate": Trial("--deflate 9"),
    "chunks": Trial("--chunks {x}=4"),
    "shards": Trial("--shards {x}=8"),
    "sync": Trial("--sync"),
    "format": Trial("--format csv"),
    "engine": Trial("--engine netcdf4"),
    "formula": Trial("--formula lon*lat", "--grid lat=0:9:1,lon=0:9:1 -o f.nc"),
    "grid": Trial("--grid lat=0:9:1,lon=0:9:1", "--formula lon*lat -o f.nc"),
    "csv-layout": Trial("--csv-layout table"),
    "decimal": Trial("--decimal ,"),
    "thousands": Trial("--thousands '"),
    "header": Trial("--header 1"),
    "skip-rows": Trial("--skip-rows 1"),
    "encoding": Trial("--encoding latin-1"),
    "date-format": Trial("--date-format %d/%m"),
    "recursive": Trial("--recursive"),
    "glob": Trial("--glob g*", "--recursive"),
    "exclude": Trial("--exclude g*", "--recursive"),
    "files-from": Trial("--files-from list"),
    "null": Trial("--null", "--files-from list"),
    "join": Trial("--join {z}"),
    "open-files": Trial("--open-files 1", "--join {z}"),
    "keep-going": Trial("--fail-fast"),
    "memory": Trial("--memory 64MiB"),
    "jobs": Trial("-j 1"),
    "part": Trial("--part 1/2"),
    "cluster": Trial("--cluster local:1"),
    "resume": Trial("--resume", "--part 1/2"),
    "dry-run": Trial("--dry-run"),
    "stats": Trial("--stats"),
    "json": Trial("--json"),
    "quiet": Trial("--quiet"),
    "progress": Trial("--progress"),
    "debug": Trial("--debug"),
    "man": Trial("--man made"),
    "help": Trial("--help"),
}


class Kind(NamedTuple):
    """A kind of input: its format, what its axes are called, and what every run of it has."""

    format: str
    file: str
    axes: dict[str, str]
    usual: str = ""
    trials: dict[str, Trial] = {}


NAMES = {"x": "lon", "y": "lat", "z": "z", "dims": "a,b,c"}
INDICES = {"x": "2", "y": "1", "z": "0", "dims": "z,lat,lon"}
ONE = {"x": "t", "y": "t", "z": "t", "dims": "u"}
ROWS_AND_COLUMNS = {"x": "1", "y": "0", "z": "0", "dims": "lat,lon"}
TABLE = {"sel": Trial("--sel t=3:8"), "toward": Trial("--toward 90", "--also directional")}
KINDS = {
    "netcdf": Kind("netcdf", "grid.nc", NAMES),
    "hdf5": Kind("hdf5", "grid.h5", NAMES),
    "zarr": Kind("zarr", "grid.zarr", NAMES),
    "engine": Kind("xarray", "grid.nc", NAMES, "--engine h5netcdf"),
    "npz": Kind("npz", "grid.npz", NAMES, "--dims z,lat,lon"),
    "npy": Kind("npy", "grid.npy", INDICES, "--dims z,lat,lon"),
    "long": Kind("csv", "long.csv", {**NAMES, "z": "lat"}, "--dims lat,lon"),
    "table": Kind("csv", "table.csv", ONE, "--sort --duplicates mean", TABLE),
    "matrix": Kind("csv", "matrix.csv", ROWS_AND_COLUMNS),
}
VECTOR = "--var u,v --metric sphere"
# What a command needs so that it runs.
NEEDS = {
    **dict.fromkeys(("magnitude", "direction", "laplacian"), "--metric sphere"),
    **dict.fromkeys(("divergence", "curl", "jacobian", "strain"), VECTOR),
    **dict.fromkeys(("qcriterion", "okubo-weiss"), VECTOR),
    "directional": "--metric sphere --toward 1,2",
    "probe": "--at lon=0,lat=-50.2,z=100 --var T",
    "descend": "--from lon=100,lat=10 --isel z=0 --var u",
    "verify": "--exact lon*lat --var u",
    "plot": "-o p.png --var T",
    "sample": "--grid lat=0:9:1,lon=0:9:1 -o x.nc",
}
# Options that mean something else for a command.
OTHERWISE = {
    ("plot", "output"): Trial("-o q.png"),
    ("probe", "sel"): Trial("--sel lat=0:60"),
    ("descend", "accuracy"): Trial("--accuracy 2"),
    ("probe", "at"): Trial("--at lon=120,lat=20,z=100"),
    ("verify", "exact"): Trial("--exact lon+lat"),
    ("verify", "formula"): Trial("--formula lon+lat", "--grid lat=0:9:1,lon=0:9:1"),
    ("descend", "tolerance"): Trial("--tolerance 1e-9"),
    ("laplacian", "also"): Trial("--also magnitude"),
    ("stencil", "points"): Trial("--points 9"),
    ("stencil", "coords"): Trial("--coords 0,1,3,4"),
    ("stencil", "spacing"): Trial("--spacing 3"),
    ("stencil", "periodic"): Trial("--periodic"),
    ("sample", "output"): Trial("-o q.nc"),
    ("sample", "chunks"): Trial("--chunks lon=4"),
    ("sample", "grid"): Trial("--grid lat=0:9:1,lon=0:9:2"),
    ("sample", "format"): Trial("--format csv", "-o -"),
    ("sample", "units"): Trial("--units f=m"),
}
UNTRIED = {"help", "man", "cluster"}  # pages, and what starts processes


class Left(NamedTuple):
    """What a run left."""

    code: int
    out: bytes
    err: str
    files: dict[str, bytes]


class Runner:
    """Runs commands in one folder, each once, and takes away what they write."""

    def __init__(self, folder: Path) -> None:
        self.shell = Shell(folder, folder / "none")
        make_inputs(self.shell.folder)
        self._inputs = self.shell.files()
        self._done: dict[tuple[str, ...], Left] = {}

    def run(self, *words: str) -> Left:
        if words not in self._done:
            done = self.shell.finish(self.shell.fork(*words))
            assert done.code in (0, 1, 2, 3), done.err
            assert "Traceback" not in done.err or "--debug" in words, done.err
            now = self.shell.files()
            made = {name: now[name] for name in now if self._inputs.get(name) != now[name]}
            for name in sorted(made, reverse=True):
                path = self.shell.folder / name
                path.rmdir() if path.is_dir() else path.unlink()
            self._done[words] = Left(done.code, done.data, _told(done.err), made)
        return self._done[words]

    def with_option(self, words: tuple[str, ...], kind: Kind, trial: Trial) -> tuple[Left, Left]:
        """Return what a command line leaves without an option, and with it."""
        return self.run(*words), self.run(*words, *_words(trial.words, kind))


def _told(err: str) -> str:
    """Return messages without the seconds that a batch took."""
    return "\n".join(line for line in err.splitlines() if not line.startswith("done "))


def outcome(without: Left, given: Left) -> str:
    """Say what an option did: refused, changed, noted, nothing; or unfit, if nothing runs here."""
    if given.code and given.err != without.err:
        return "refused"
    if given[:2] != without[:2] or given.files != without.files:
        return "changed"
    if given.err != without.err:
        return "noted"
    return "unfit" if given.code else "nothing"


def _words(text: str, kind: Kind) -> list[str]:
    for name, axis in kind.axes.items():
        text = text.replace(f"{{{name}}}", axis)
    return shlex.split(text.replace("'", "\\'"))


def _options(text: str, kind: Kind) -> Options:
    """Return the options of a command line with their values."""
    found: Options = {}
    last = ""
    for word in _words(text, kind):
        if word.startswith("-") and not word[1:2].isdigit():
            last = word
            found[last] = None
        else:
            found[last] = word
    return found


def taken(command: str) -> list[str]:
    """Return the options that a command takes, and that are tried."""
    operator = COMMANDS[command].operator
    return [row.name for row in ROWS if row.is_of(command, operator) and row.name not in UNTRIED]


def trial_of(kind: Kind, command: str, name: str) -> Trial:
    """Return how an option is tried."""
    return OTHERWISE.get((command, name)) or kind.trials.get(name) or TRIALS[name]


def line_of(kind: Kind, command: str, *names: str) -> tuple[str, ...]:
    """Return a command line beside which some options can show."""
    trials = [trial_of(kind, command, name) for name in names]
    x, y = kind.axes["x"], kind.axes["y"]
    beside: Options = {"--axis": x if x == y else f"{x},{y}", "--no-history": None}
    for text in (kind.usual, NEEDS.get(command, ""), *(trial.beside for trial in trials)):
        for option, value in _options(text, kind).items():
            several = option == "--also" and option in beside
            beside[option] = f"{value},{beside[option]}" if several else value
    given = {option for trial in trials for option in _options(trial.words, kind)}
    known = {f"--{name}" for name in taken(command)} | {"-o"}
    if "--output-dir" in given or "output" not in taken(command):
        known.discard("-o")
    if beside.get("--also") == COMMANDS[command].operator:
        beside.pop("--also")  # the command does so anyway
    if {"--formula", "--grid"} & {*given, *beside} and command != "sample":
        known -= {"--isel", "--var", "--engine", "--dims"}
        inputs: list[str] = []
    else:
        inputs = {"sample": ["lon*lat"], "stencil": [], "merge": ["x.nc"]}.get(command, [kind.file])
    kept = {option: beside[option] for option in beside if option in known - given}
    return (command, *inputs, *(word for pair in kept.items() for word in pair if word))


Step = tuple[str, str, Left, Left]


def over_formats(runner: Runner) -> Iterator[Step]:
    """Yield every kind and option of compute, with what it leaves without and with the option."""
    for title, kind in KINDS.items():
        for name in taken("compute"):
            words, trial = line_of(kind, "compute", name), trial_of(kind, "compute", name)
            yield title, name, *runner.with_option(words, kind, trial)


def over_commands(runner: Runner) -> Iterator[Step]:
    """Yield every command and option on a NetCDF file."""
    kind = KINDS["netcdf"]
    for command in COMMANDS:
        for name in taken(command):
            words, trial = line_of(kind, command, name), trial_of(kind, command, name)
            yield command, name, *runner.with_option(words, kind, trial)


def over_pairs(runner: Runner, kind: Kind) -> Iterator[Step]:
    """Yield an option, and another with what is left without and with it beside the first."""
    names = [name for name in taken("compute") if not BY_NAME[name].idle]
    for pair in combinations(names, 2):
        words = line_of(kind, "compute", *pair)
        first, second = (_words(trial_of(kind, "compute", name).words, kind) for name in pair)
        both = runner.run(*words, *first, *second)
        yield pair[1], pair[0], runner.run(*words, *second), both
        yield pair[0], pair[1], runner.run(*words, *first), both


def main(walk: str, kind: str = "netcdf") -> None:
    """Print what every option does."""
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(Path(folder))
        steps = {"formats": over_formats, "commands": over_commands}.get(walk)
        for place, name, without, given in (
            steps(runner) if steps else over_pairs(runner, KINDS[kind])
        ):
            said = next((line for line in given.err.splitlines() if line not in without.err), "")
            print(f"{place:12} {name:16} {outcome(without, given):8} {said[:150]}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
