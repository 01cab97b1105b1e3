"""One case of the fuzz run: a damaged file, what is asked of it, and what must not happen."""

from __future__ import annotations

import io
import os
import re
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from random import Random

from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import Seed
from tests.fuzz.server import MEMORY, PATIENCE, SLACK, Outcome, Server

LIMIT = f"{MEMORY >> 20}MiB"
COMMANDS = ("compute",) * 5 + ("magnitude", "laplacian", "hessian", "direction")
OPTIONS = [
    *([],) * 6,
    *(["-a", "0"], ["-a", "t"], ["-a", "x"], ["-a", "y,x"], ["-a", "0", "--accuracy", "4"]),
    *(["--keep"], ["--metric", "sphere"], ["--metric", "wgs84", "-a", "x,y"], ["--order", "2"]),
    *(["--missing", "adapt"], ["--sort", "--duplicates", "mean"], ["--per", "t=s", "-a", "t"]),
    *(["--dims", "y,x"], ["--isel", "0=0:2"], ["--also", "laplacian"], ["--smooth", "5,2"]),
    *(["--json"], ["--dry-run"], ["--stack"], ["-v", "f"], ["--deflate", "1"], ["--chunks", "2"]),
]
OUTPUTS = [*([],) * 6, ["-o", "out.nc"], ["-o", "out.h5"], ["-o", "out.npz"], ["-o", "out.csv"]]
OUTPUTS += [["-o", "out.zarr"], ["-o", "out.zarr.zip"]]
OUTPUTS += [["-o", "out.nc4"], ["-o", "out_{component}.npy"], ["-o", "{stem}_{component}.csv"]]
# What a run says that asked the system for memory and did not get it.
GREEDY = re.compile(rb"out of memory|unable to allocate|memory allocation of", re.I)
RAW = re.compile(r"[^\n -~\xa1-\U0010ffff]")
SUPERVISED = find_spec("gradcli.system.supervisor") is not None
KILLED = b"was killed by SIG"


@dataclass
class Case:
    """A damaged file and two commands on it, both drawn from a number."""

    number: int
    seeds: list[Seed]

    @cached_property
    def _random(self) -> Random:
        return Random(self.number)

    @cached_property
    def seed(self) -> Seed:
        """The file that is damaged."""
        kind = self._random.choice(sorted({seed.kind for seed in self.seeds}))
        return self._random.choice([seed for seed in self.seeds if seed.kind == kind])

    @cached_property
    def data(self) -> bytes:
        """What the damaged file holds."""
        rng, seed = self._random, self.seed
        return mutate(rng, seed.data, rng.choice(self.seeds).data)

    @property
    def name(self) -> str:
        """The name of the damaged file, or of the folder into which an archive is unpacked."""
        return "input.zarr" if self._entries else f"input{self.seed.suffix}"

    @cached_property
    def _entries(self) -> dict[str, bytes]:
        """The files of a store that is no archive: every second one that can be unpacked."""
        if self.seed.kind != "zarr" or self.number % 2:
            return {}
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                names = archive.namelist()
                plain = all(re.fullmatch(r"(?!\.\.)[\w.]+(/(?!\.\.)[\w.]+)*", n) for n in names)
                return {name: archive.read(name) for name in names} if plain else {}
        except Exception:
            return {}

    def write(self, folder: Path) -> None:
        """Write the damaged file, or folder."""
        for name, data in self._entries.items():
            path = folder / self.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if not self._entries:
            (folder / self.name).write_bytes(self.data)

    def is_there(self, folder: Path) -> bool:
        """Return whether it lies in a folder as it was written."""
        if not self._entries:
            return (folder / self.name).read_bytes() == self.data
        found = (path for path in (folder / self.name).rglob("*") if path.is_file())
        files = {str(path.relative_to(folder / self.name)): path.read_bytes() for path in found}
        return files == self._entries

    @cached_property
    def commands(self) -> list[list[str]]:
        """The commands on it."""
        assert self.data is not None  # drawn first
        rng = self._random
        what = ["info", self.name, *rng.choice(([], ["--json"]))]
        axis = ["-a", rng.choice(("0", "0", "t"))] if self.seed.kind == "csv" else []
        how = [*rng.choice(OPTIONS), *rng.choice(OUTPUTS), *rng.choice(([], [], [], ["-j", "2"]))]
        how += [] if "-a" in how else axis
        jobs = [] if "-j" in how else ["-j", "1"]
        return [what, [rng.choice(COMMANDS), self.name, *how, *jobs, "--memory", LIMIT]]


@dataclass
class Verdict:
    """What a case came to."""

    case: Case
    problems: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    codes: list[int | None] = field(default_factory=list)
    seconds: float = 0.0
    peak: int = 0


def try_case(server: Server, case: Case) -> Verdict:
    """Run the commands of a case and return what was wrong."""
    verdict = Verdict(case)
    server.clear()
    case.write(server.work)
    for command in case.commands:
        before = _names(server)
        done = server.run(*command)
        verdict.codes.append(done.code)
        verdict.seconds = max(verdict.seconds, done.seconds)
        verdict.peak = max(verdict.peak, done.peak)
        line = " ".join(command)
        if done.signal and done.seconds < PATIENCE and not SUPERVISED:
            verdict.crashes.append(f"{line}: signal {done.signal}")
            server.clear()
            case.write(server.work)
            continue
        if KILLED in done.err:
            verdict.crashes.append(f"{line}: {done.err.decode('utf-8', 'replace').strip()}")
        wrong = [*said_wrong(done), *left_wrong(server, case, done, before)]
        verdict.problems += [f"{line}: {problem}" for problem in wrong]
    return verdict


def said_wrong(done: Outcome) -> list[str]:
    """Return what is wrong with how a run ended, and with what it said."""
    text = done.err.decode("utf-8", "replace")
    lines = text.splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    others = [line for line in lines if not line.startswith(("Error: ", "Note: "))]
    wrong = [f"opened or ran {what}" for what in done.opened]
    if done.seconds >= PATIENCE:
        return [*wrong, f"hangs: {done.seconds:.1f} s"]
    if done.signal:
        wrong.append(f"signal {done.signal}")
    if done.code not in (0, 1, 2, None):
        wrong.append(f"exit code {done.code}")
    if "Traceback" in text or "please report" in text:
        wrong.append(f"a bug: {text[-600:]}")
    if len(errors) != (done.code != 0) and not done.signal:
        wrong.append(f"{len(errors)} errors, exit code {done.code}: {text[:300]}")
    if others:
        wrong.append(f"says more than a line: {others[0][:300]}")
    # HDF5 refuses by itself what a damaged header makes it ask for.
    if GREEDY.search(done.err) and b"memory allocation failed" not in done.err:
        wrong.append(f"asked for too much memory: {text[-300:]}")
    if done.peak > MEMORY + SLACK:
        wrong.append(f"took {done.peak >> 20} MiB")
    for name, said in (("stdout", done.out), ("stderr", done.err)):
        try:
            raw = RAW.search(said.decode())
        except UnicodeDecodeError as error:
            wrong.append(f"{name} is no text: {said[error.start - 40 : error.start + 40]!r}")
            continue
        if raw:
            around = said.decode()[max(raw.start() - 40, 0) : raw.start() + 40]
            wrong.append(f"{name} has control characters: {around!r}")
    return wrong


def left_wrong(server: Server, case: Case, done: Outcome, before: set[str]) -> list[str]:
    """Return what is wrong with the files that a run left."""
    wrong = []
    made = _names(server) - before
    work = os.path.relpath(server.work, server.folder)
    expected: set[str] = set()
    if done.code == 0:
        said = done.out.decode("utf-8", "replace")
        inside = {name: os.path.relpath(name, work) for name in made}
        tops = {path.partition("/")[0] for path in inside.values()}
        stores = tuple(f"{top}/" for top in tops if top.endswith(".zarr") and top in said)
        expected = {n for n, path in inside.items() if path in said or path.startswith(stores)}
    unexpected = sorted(made - expected)
    if unexpected:
        wrong.append(f"left {unexpected[0]!r} with exit code {done.code}")
    if not (server.work / case.name).exists():
        wrong.append("removed its input")
    elif not case.is_there(server.work):
        wrong.append("changed its input")
    return wrong


def _names(server: Server) -> set[str]:
    """Return every file and folder under the one that holds all, but for those for good."""
    found = set()
    for place, folders, files in os.walk(server.folder):
        inner = os.path.relpath(place, server.folder)
        if inner == "seeds":
            folders.clear()
            continue
        found |= {os.path.normpath(os.path.join(inner, name)) for name in (*folders, *files)}
    return found


def describe(case: Case, folder: Path) -> Path:
    """Write the file of a case, to look at; return its path."""
    case.write(folder)
    return (folder / case.name).rename(folder / f"{case.number}{case.name.removeprefix('input')}")
