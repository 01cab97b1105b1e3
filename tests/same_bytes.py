"""Show that two gradcli commands give the same bytes: run a thousand commands with each, compare.

    python -m tests.same_bytes record OLD/bin/gradcli old.json --repo CHECKOUT
    python -m tests.same_bytes record NEW/bin/gradcli new.json --repo CHECKOUT
    python -m tests.same_bytes compare old.json new.json

The README, the seeds of the fuzz run and the samples are those of CHECKOUT for both. Never run it
twice at once: there is one scratch folder. It ignores the time in front of a history, ``seconds``
and ``peak_memory`` in JSON, the time in the header of gzip, and the bytes of HDF5 headers whose
checksums cover that time: such a file is compared object by object, its data as they are stored.
"""

import argparse
import difflib
import gzip
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import netCDF4  # noqa: F401 - before h5py: each brings an HDF5 library of its own

# isort: split
import h5py
import numpy as np

from tests.places import CASES, REAL, ROOT

sys.dont_write_bytecode = True  # nothing is to appear in CHECKOUT
HERE = Path(tempfile.gettempdir()) / "gradcli-same-bytes"
WORK, TEMPORARY, HOME = (HERE / "scratch" / name for name in ("work", "tmp", "home"))
TIMEOUT = 60
STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(?= gradcli)")
MEASURED = re.compile(rb'("(?:seconds|peak_memory)": )[-+.\de]+')

# What is run on every file, on those of hostile/, and with options that suit a file -----------
BARE = [
    "info {f} --json",
    "compute {f}",
    "compute {f} --metric sphere",
    "magnitude {f}",
    "compute {f} --missing adapt --json",
    "laplacian {f}",
    "hessian {f}",
    "compute {f} --dry-run --json",
]
HOSTILE = [BARE[0], BARE[1], BARE[3], BARE[4], BARE[7]]
SUITED = [
    "compute {f} {o}",
    "magnitude {f} {o}{m}",
    "laplacian {f} {o}{m}",
    "hessian {f} {o}{m}",
    "direction {f} {o}{m} --bearing",
    "compute {f} {o} --periodic {a}",
    "compute {f} {o} --isel {a}=1:9",
    "compute {f} {o} --dtype f4",
    "compute {f} {o} -o out{s}",
]
PIPED = "gradcli compute - {o} --format {k} --axis 0 < {f}"
SEED = ["info {f}", "compute {f}", "compute {f} --accuracy 4 --missing adapt"]
OTHER = {
    ".nc": ".h5",
    ".cdf": ".nc4",
    ".h5": ".nc4",
    ".nxs": ".hdf5",
    ".npy": ".npz",
    ".npz": ".h5",
    ".csv": ".npz",
    ".gz": ".tsv",
    ".dat": ".h5",
}
ANGLES = (
    "ocean.nc",
    "polar.nc",
    "coads",
    "era5",
    "grouped",
    "reverse",
    "rotated",
    "tas_",
    "wind",
    "wrf",
)
TABLES = ("elnino.csv", "global-temp.csv", "profile.csv.gz", "station.csv", "track.csv")
KINDS = {
    ".nc": "netcdf",
    ".cdf": "netcdf",
    ".h5": "hdf5",
    ".nxs": "hdf5",
    ".npy": "npy",
    ".npz": "npz",
}
SUITS = {  # file: options, and the axis that is closed and cut
    "ocean.nc": ("-a x,y", "lat"),
    "polar.nc": ("-a x,y", "xi"),
    "terrain.nc": ("-a x,y", "x"),
    "potential.h5": ("-v field/potential -a z,y,x", "x"),
    "image.npy": ("-a 0,1", "0"),
    "image.csv": ("-a 0,1", "1"),
    "wave.npz": ("-v h -a 0,1", "1"),
    "track.csv": ("-a t", "t=2000"),
    "profile.csv.gz": ("-a depth", "depth=900"),
    "station.csv": ("-a time", "time=1e6"),
    "section.csv": ("-a 0,1", "1"),
    "survey.csv": ("-v gravity -a x,y", "x"),
    "chopper.nxs": ("-v entry/data/data -a 0,1", "1"),
    "coads_climatology.cdf": ("-a x,y", "COADSX"),
    "elnino.csv": ("-a YEAR -v JAN,DEC", "YEAR"),
    "eofs_latitude.npy": ("-a 0", "0"),
    "eofs_longitude.npy": ("-a 0", "0"),
    "eofs_sst.npy": ("-a 1,2", "2"),
    "era5_1995-07-14T12.nc": ("-a x,y -v u10,t2m", "longitude"),
    "float.h5": ("-v float16,float64", "1"),
    "global-temp.csv": ("-a year", "year"),
    "goes_cloud_top_height.nc": ("-a x,y -v HT", "x"),
    "grouped.nc": ("-a x,y", "lon"),
    "hdf5_compression_zstd.h5": ("-a 0", "0"),
    "reverse_axes.cdf": ("-v FCN_REV -a x,y", "XDEG"),
    "rotated_pole.nc": ("-a x,y", "grid_latitude=90"),
    "tas_transposed_aux.nc": ("-v air_temperature -a longitude,latitude", "grid_longitude"),
    "tdset.h5": ("-v dset2 -a 0,1", "1"),
    "terrain.dat": ("-a 0,1", "1"),
    "weird_name1.cdf": ("-v x,V1", "XAX1_20"),
    "windvectors.csv": ("-v speed -a longitude,latitude", "longitude"),
    "wrf_tip_d1.nc": ("-v T2 -a x,y", "west_east"),
}
MORE = """
divergence era5_1995-07-14T12.nc -v u10,v10 -a x,y --metric sphere --json
divergence era5_1995-07-14T12.nc -v u10,v10 -a x,y
curl era5_1995-07-14T12.nc -v u10,v10 -a x,y --metric wgs84
curl era5_1995-07-14T12.nc -v v10,u10 -a y,x --metric sphere --also divergence
jacobian era5_1995-07-14T12.nc -v u10,v10 -a x,y --metric sphere
divergence windvectors.csv -v dir,speed -a longitude,latitude --metric sphere
curl survey.csv -v gravity,magnetic -a x,y
jacobian survey.csv -v gravity,magnetic -a x,y -o -
compute track.csv -a t -o out.csv.gz
compute image.csv --stack -o out.tsv
divergence eofs_sst.npy --components 0 --isel 0=0:2 -a 1,2
compute eofs_sst.npy --coords 1=eofs_latitude.npy --coords 2=eofs_longitude.npy -a 1,2
compute eofs_sst.npy --stack -a 1,2 -o -
directional potential.h5 -v field/potential -a z,y,x --toward 1,2,3
directional terrain.nc -a x,y --toward 45
magnitude ocean.nc -a x,y --metric sphere --also laplacian,direction --json
compute ocean.nc -a t --per time=s --keep --no-history
compute ocean.nc -a x,y --deflate 0 --chunks lat=9,lon=all --sync
compute ocean.nc -a x,y --order 2 --accuracy 6 --edges missing --memory 20MiB -j 2
compute ocean.nc -a x,y --memory 8MiB
compute ocean.nc -a y --scheme forward --no-snap --name '{var}.{axis}.{order}' -q
compute ocean.nc -a y --sel time=2020-02-01:2020-04-30,lat=30:40 -o '{stem}.{component}{suffix}'
compute ocean.nc -a y --smooth savgol:7,2 --edge-order 2
compute potential.h5 -a x --deflate 9 --chunks all,4,5 --keep
compute wave.npz -v h --dims y,x -a x --deflate 6 --spacing x=0.5
compute track.csv -a t --order 3 --sort --duplicates mean -o -
compute ocean.nc terrain.nc track.csv none.nc -a x --json --keep-going
compute ocean.nc none.nc terrain.nc -a y --fail-fast --output-dir made
compute ocean.nc -a nowhere
compute ocean.nc -v nothing --accuracy 3
compute ocean.nc --order 9
compute ocean.nc --chunks lat=0
compute ocean.nc -a x -o ocean.nc
info ocean.nc terrain.nc
info none.nc
--version
--help
"""
WORDS = "compute magnitude direction directional laplacian hessian divergence curl jacobian info"


# What is run: a label, inputs by name (paths or bytes), command lines --------------------------
def readme(repo):
    """Give the sessions of the README and the manual, each in a folder with the samples."""
    pages = [repo / "README.md", *sorted(repo.glob("gradcli/manual/*.md"))]
    text = "\n".join(page.read_text() for page in pages)
    desk = {f"sample_data/{p.name}": p for p in samples(repo)}
    for at, block in enumerate(re.findall(r"```console\n(.*?)```", text, re.DOTALL)):
        yield f"readme {at}", desk, re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    api = "".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)).encode()
    yield "readme python", desk | {"api.txt": api}, ["python -m doctest api.txt"]


def samples(repo):
    return [
        p
        for p in sorted((repo / "sample_data").iterdir())
        if p.is_file() and "_gradient." not in p.name
    ]


def files(repo):
    """Give the real files, the hostile ones, the samples, and commands for each."""
    real = sorted(REAL.iterdir()) if REAL.exists() else []
    found = [p for p in [*samples(repo), *real] if p.suffix in OTHER]
    for path in found:
        options, axis = SUITS.get(path.name, ("", "0"))
        words = {
            "f": path.name,
            "o": options,
            "a": axis,
            "s": OTHER[path.suffix],
            "k": KINDS.get(path.suffix, "csv"),
            "m": " --metric sphere" if path.name.startswith(ANGLES) else "",
        }
        bare = {"f": f"{path.name} {options}"} if path.name in TABLES else words
        lines = ["gradcli " + line.format(**bare) for line in BARE]
        lines += ["gradcli " + line.format(**words) for line in SUITED]
        lines = [
            re.sub(r"(--isel \w+)=[\de]+(=)", r"\1\2", line) for line in lines
        ]  # no period here
        piped = PIPED.format(**words | {"o": re.sub(r"-a \S+", "", options)})
        for line in [*lines, piped]:
            yield f"file {path.name}", {path.name: path}, [line]
    for path in sorted((REAL / "hostile").iterdir()) if real else ():
        for line in HOSTILE:
            yield f"hostile {path.name}", {path.name: path}, ["gradcli " + line.format(f=path.name)]
    for line in MORE.strip().splitlines():
        yield "more", {p.name: p for p in found if p.name in line}, ["gradcli " + line]
    for word in WORDS.split():
        yield "help", {}, [f"gradcli {word} --help"]


def seeds(repo):
    """Give the seeds of the fuzz run, made once: some bytes of theirs are not defined."""
    folder = HERE / "seeds"
    if not folder.exists():
        code = (
            "import sys; from pathlib import Path; from tests.fuzz.seeds import load_seeds; folder = Path(sys.argv[1])\n"  # noqa: E501
            "for i, s in enumerate(load_seeds(folder / 'made', Path(sys.argv[2]))): "
            "(folder / f'{i:03} {s.name}').write_bytes(s.data)"
        )
        (HERE / "seeds.part" / "made").mkdir(parents=True)
        subprocess.run(
            [sys.executable, "-B", "-c", code, HERE / "seeds.part", REAL], cwd=repo, check=True
        )
        (HERE / "seeds.part").rename(folder)
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        number, name = path.name.split(" ", 1)
        for line in SEED:
            yield f"seed {number}", {name: path}, ["gradcli " + line.format(f=name)]


def cases(repo):
    """Give the cases, as check.py runs them."""
    sys.path.insert(0, str(CASES))
    from make import LARGE

    for case in json.loads((CASES / "cases.json").read_text()):
        inputs = {name: LARGE.get(name, CASES / name) for name in case["files"]}
        words = {"{file%s}" % (at + 1 if at else ""): name for at, name in enumerate(case["files"])}
        words["{out}"] = case.get("out", "out" + "".join(Path(case["files"][0]).suffixes))
        lines = [case["command"], *([s["against"]] if (s := case["expect"].get("seconds")) else [])]
        for line in lines:
            said = [
                re.sub(r"\{\w+\}", lambda m, words=words: words.get(m[0], m[0]), part)
                for part in line
            ]
            yield f"case {case['id']}", inputs, [shlex.join(["gradcli", *said])]


# Running ----------------------------------------------------------------------------------------
def record(gradcli, repo, only):
    """Run everything; return what came of each command."""
    assert gradcli.name == "gradcli", f"{gradcli} is no gradcli"
    assert gradcli.is_file(), f"{gradcli} is not there"
    environment = {
        "PATH": f"{gradcli.parent.absolute()}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(HOME),
        "TZ": "UTC",
        "TMPDIR": str(TEMPORARY),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
        "OPENBLAS_NUM_THREADS": "1",
    }
    done, seen = {}, set()
    for group in (readme, cases, seeds, files):
        began, before = time.monotonic(), len(done)
        for label, inputs, lines in group(repo):
            same = str(
                [(n, i.read_bytes() if isinstance(i, Path) else i) for n, i in inputs.items()]
            ) + str(lines)
            if only not in f"{label}: {lines}" or same in seen:
                continue
            seen.add(same)
            prepare(inputs)
            for place, line in enumerate(lines):
                again = f" ({place})" if line in lines[:place] else ""
                key = f"{label}: {line}{again}"
                assert key not in done, key
                done[key] = run(line, environment)
        print(
            f"{group.__name__}: {len(done) - before} commands, {time.monotonic() - began:.0f} s",
            file=sys.stderr,
        )
    return done


def prepare(inputs):
    """Make the scratch folders anew and put inputs into the one."""
    shutil.rmtree(WORK.parent, ignore_errors=True)
    for folder in (WORK, TEMPORARY, HOME):
        folder.mkdir(parents=True)
    for name, given in inputs.items():
        (WORK / name).parent.mkdir(exist_ok=True)
        if callable(given):
            given(WORK / name)
        else:
            (WORK / name).write_bytes(given if isinstance(given, bytes) else given.read_bytes())


def run(line, environment):
    """Run a command line; return its exit code, what it said, and every file that it changed."""
    before = snapshot()
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=WORK,
        env=environment,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = process.communicate(timeout=TIMEOUT)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        (out, err), code = process.communicate(), "timeout"
    after = snapshot()
    made = {
        n: digest(after[n]) if n in after else "gone"
        for n in sorted(before.keys() | after.keys())
        if before.get(n) != after.get(n)
    }
    return {
        "code": code,
        "stdout": said(MEASURED.sub(rb"\1-", out)),
        "stderr": said(err),
        "files": made,
    }


def snapshot():
    return {
        str(p.relative_to(WORK.parent)): p.read_bytes()
        for p in WORK.parent.rglob("*")
        if p.is_file() and HOME not in p.parents
    }


def said(data):
    try:
        return STAMP.sub(b"TIME", data).decode()
    except UnicodeDecodeError:
        return digest(data)


# Digests ----------------------------------------------------------------------------------------
def short(data):
    return hashlib.sha256(STAMP.sub(b"TIME", data)).hexdigest()[:32]


def digest(data):
    """Digest a file: its bytes, but for HDF5, NPZ and gzip that can be read."""
    try:
        return parts(data)
    except Exception as error:  # whatever is wrong with it
        return {"bytes": short(data), "size": len(data), "unreadable": type(error).__name__}


def parts(data):
    if data[:4] == b"\x89HDF":
        with h5py.File(io.BytesIO(data)) as file:
            whole = {"size": len(data)} | dict(walk(file, file, data))
        checked = STAMP.search(data) and b"OHDR" in data  # a checksum covers the time
        return whole if checked else whole | {"bytes": short(data)}
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(i.filename, i.compress_type, i.compress_size) for i in archive.infolist()]
            return {"size": len(data), "members": repr(members)} | {
                m[0]: short(archive.read(m[0])) for m in members
            }
    if data[:2] == b"\x1f\x8b":
        return {"gzip": short(data[:4] + data[8:]), "content": short(gzip.decompress(data))}
    return {"bytes": short(data), "size": len(data)}


def walk(item, file, data):
    """Give name and digest of every object and attribute below an HDF5 object."""
    for name in item.attrs:
        info = h5py.h5a.get_info(item.id, name.encode())
        order = info.corder if info.corder_valid else "-"
        kind = short(item.attrs.get_id(name).get_type().encode())[:8]
        value = plain(item.attrs[name], file)
        value = value if len(value) < 300 else short(value.encode())
        yield f"{item.name}@{name}", f"{kind} {order} {value}"
    if isinstance(item, h5py.Dataset):
        yield (
            item.name,
            f"{short(item.id.get_type().encode())[:8]} {storage(item)} {stored(item, file, data)}",
        )
    elif isinstance(item, h5py.Group):
        tracked = item.id.get_create_plist().get_link_creation_order() & h5py.h5p.CRT_ORDER_TRACKED
        for name in item:
            link = item.get(name, getlink=True)
            order = item.id.links.get_info(name.encode()).corder if tracked else "-"
            yield (
                f"{item.name.rstrip('/')}/{name} link",
                f"{order} {type(link).__name__} {vars(link)}",
            )
            if isinstance(link, h5py.HardLink):
                yield from walk(item[name], file, data)


def storage(dataset):
    """Say how a dataset is stored."""
    how = dataset.id.get_create_plist()
    filters = [how.get_filter(i) for i in range(how.get_nfilters())]
    return f"{dataset.shape} {dataset.maxshape} {dataset.chunks} {how.get_layout()} {filters} {dataset.fillvalue!r}"  # noqa: E501


def stored(dataset, file, data):
    """Digest the data of a dataset, chunk by chunk as they are stored where they can be had so."""
    if dataset.shape is None or dataset.dtype.hasobject:
        return short(plain(dataset[()], file).encode())
    if dataset.chunks:
        chunks = [dataset.id.get_chunk_info(i) for i in range(dataset.id.get_num_chunks())]
        parts = sorted(
            (c.chunk_offset, c.filter_mask, data[c.byte_offset : c.byte_offset + c.size])
            for c in chunks
        )
        return short(repr(parts).encode())
    return short(np.asarray(dataset[()]).tobytes())


def plain(value, file):
    """Write a value as text, references as the names that they lead to."""
    if isinstance(value, h5py.Reference):
        return file[value].name if value else "none"
    if isinstance(value, (np.ndarray, np.void)) and value.dtype.hasobject:
        parts = value.ravel() if isinstance(value, np.ndarray) else value.tolist()
        return f"[{', '.join(plain(part, file) for part in parts)}]"
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist() if value.size < 9 else short(value.tobytes())
    return STAMP.sub(b"TIME", repr(value).encode()).decode()


# Comparing --------------------------------------------------------------------------------------
def compare(first, second):
    """Print every difference; return how many commands differ."""
    differ = 0
    for key in sorted(first.keys() | second.keys()):
        texts = [
            json.dumps(r.get(key), indent=1).replace("\\n", "\n    ").splitlines()
            for r in (first, second)
        ]
        if texts[0] != texts[1]:
            differ += 1
            print(
                f"DIFFERS {key}",
                *list(difflib.unified_diff(*texts, "first", "second", lineterm="", n=0))[2:40],
                sep="\n  ",
            )
    made = sum(len(r["files"]) for r in first.values())
    print(
        f"{len(first)} and {len(second)} commands, {made} files of the first: {differ} commands differ"  # noqa: E501
    )
    return differ


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = parser.add_subparsers(dest="task", required=True)
    recording, comparing = tasks.add_parser("record"), tasks.add_parser("compare")
    recording.add_argument("gradcli", type=Path)
    recording.add_argument("out", type=Path)
    recording.add_argument("--repo", type=Path, default=ROOT)
    recording.add_argument("--only", default="", help="commands whose label or line has this word")
    comparing.add_argument("records", type=Path, nargs=2)
    given = parser.parse_args()
    if given.task == "compare":
        return int(compare(*(json.loads(path.read_text()) for path in given.records)) > 0)
    given.out.write_text(json.dumps(record(given.gradcli, given.repo, given.only), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
