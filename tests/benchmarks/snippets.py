"""The peers written in Python, each as the text of a ``python -c``; arguments come in argv."""

from __future__ import annotations

# input, output, AXES (comma): every axis differentiated, written with the encoding of the input
XARRAY = """
import sys
import xarray as xr
source, target, axes = sys.argv[1:]
data = xr.open_dataset(source, engine="netcdf4", decode_times=False)
field = data["t2m"]
result = xr.Dataset({f"dt2m_d{axis}": field.differentiate(axis) for axis in axes.split(",")})
names = ("zlib", "complevel", "shuffle", "chunksizes", "contiguous")
encoding = {name: field.encoding[name] for name in names if name in field.encoding}
if encoding.get("contiguous"):
    encoding = {}
result.to_netcdf(target, engine="netcdf4", encoding={name: encoding for name in result})
"""

# input, output, results: how long isal takes to inflate the chunks of the input, and to deflate
# those of the results at level 1, in memory and on two threads, and cp to copy the results
CODEC = """
import subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
import h5py
from isal import isal_zlib
source, target, results = sys.argv[1:]
def chunks(path):
    with h5py.File(path) as file:
        for dataset in file.values():
            if dataset.ndim == 3:
                count = dataset.id.get_num_chunks()
                places = [dataset.id.get_chunk_info(i).chunk_offset for i in range(count)]
                for first in range(0, count, 32):
                    some = places[first : first + 32]
                    yield [dataset.id.read_direct_chunk(place)[1] for place in some]
def deflated(data):
    return isal_zlib.compress(data, 1)
seconds = 0.0
with ThreadPoolExecutor(2) as pool:
    def timed(step, items):
        start = time.perf_counter()
        made = list(pool.map(step, items))
        return made, time.perf_counter() - start
    for some in chunks(source):
        seconds += timed(isal_zlib.decompress, some)[1]
    for some in chunks(results):
        plain, _ = timed(isal_zlib.decompress, some)
        seconds += timed(deflated, plain)[1]
start = time.perf_counter()
subprocess.run(["cp", "--reflink=never", results, target], check=True)
seconds += time.perf_counter() - start
open(target + ".seconds", "w").write(str(seconds))
"""

# folder, folder: the same for every file, both axes
XARRAY_MANY = """
import sys
from pathlib import Path
import xarray as xr
source, target = map(Path, sys.argv[1:])
target.mkdir()
for path in sorted(source.iterdir()):
    with xr.open_dataset(path, engine="netcdf4") as data:
        result = {f"dh_d{axis}": data["h"].differentiate(axis) for axis in ("y", "x")}
        xr.Dataset(result).to_netcdf(target / path.name, engine="netcdf4")
"""

# folder of inputs, folder of outputs
NUMPY_MANY = """
import sys
from pathlib import Path
import numpy as np
source, target = map(Path, sys.argv[1:])
target.mkdir()
for path in sorted(source.iterdir()):
    np.save(target / path.name, np.gradient(np.load(path)))
"""

# the same
NUMPY_CSV_MANY = """
import sys
from pathlib import Path
import numpy as np
source, target = map(Path, sys.argv[1:])
target.mkdir()
for path in sorted(source.iterdir()):
    with open(path) as file:
        header = file.readline().strip()
    data = np.loadtxt(path, delimiter=",", skiprows=1)
    data[:, 1:] = np.gradient(data[:, 1:], data[:, 0], axis=0)
    np.savetxt(target / path.name, data, delimiter=",", header=header, comments="")
"""

# input, output, axis, coordinates
NUMPY = """
import sys
import numpy as np
source, target, axis, coordinates = sys.argv[1:]
np.save(target, np.gradient(np.load(source), np.load(coordinates), axis=int(axis)))
"""

# input, output
NUMPY_CSV = """
import sys
import numpy as np
source, target = sys.argv[1:]
with open(source) as file:
    header = file.readline().strip()
data = np.loadtxt(source, delimiter=",", skiprows=1)
data[:, 1:] = np.gradient(data[:, 1:], data[:, 0], axis=0)
np.savetxt(target, data, delimiter=",", header=header, comments="")
"""

# shape (commas), type, axis, "even" or "uneven", repetitions: both functions in turn, as JSON
KERNEL = """
import json, statistics, sys, time, tracemalloc
import numpy as np
import gradcli
shape = tuple(map(int, sys.argv[1].split(",")))
dtype, axis, spacing, runs = sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
values = np.random.default_rng(0).normal(size=shape).astype(dtype)
x = np.cumsum(np.random.default_rng(1).uniform(0.5, 1.5, shape[axis]))
step = 0.5 if spacing == "even" else x
ours, theirs = gradcli.gradient, np.gradient
a, b = (function(values, step, axis=axis) for function in (ours, theirs))
close = 1e-4 if dtype == "float32" else 1e-9
np.testing.assert_allclose(a, b, rtol=close, atol=close * float(abs(b).max()))
size = a.nbytes
del a, b
def timed(function):
    start = time.perf_counter()
    function(values, step, axis=axis)
    return time.perf_counter() - start
def peak(function):
    tracemalloc.start()
    function(values, step, axis=axis)
    try:
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
times = [(timed(ours), timed(theirs)) for _ in range(runs)]
seconds = [statistics.median(column) for column in zip(*times)]
print(json.dumps({"seconds": seconds, "memory": [peak(ours), peak(theirs)], "size": size}))
"""

# input, output, form: the columns differentiated along the first, or a matrix, or a long grid
PANDAS = """
import sys
import numpy as np
import pandas as pd
source, target, form = sys.argv[1:]
if form == "matrix":
    values = pd.read_csv(source, header=None).to_numpy()
    pd.DataFrame(np.gradient(values, axis=0)).to_csv(target, header=False, index=False)
elif form == "long":
    frame = pd.read_csv(source)
    grid = frame.pivot(index="y", columns="x", values="v")
    y, x = grid.index.to_numpy(float), grid.columns.to_numpy(float)
    for name, made in zip(("dv_dy", "dv_dx"), np.gradient(grid.to_numpy(), y, x)):
        frame[name] = made.reshape(-1)
    frame.drop(columns="v").to_csv(target, index=False)
else:
    how = {"blanks": {"sep": r"\\s+"}, "commas": {"sep": ";", "decimal": ",", "skiprows": [0, 2]}}
    frame = pd.read_csv(source, **how.get(form, {}))
    t = frame["t"]
    if form == "dates":
        t = pd.to_datetime(t)
        t = (t - t.iloc[0]).dt.total_seconds()
    names = frame.columns[1:]
    frame[names] = np.gradient(frame[names].to_numpy(), t.to_numpy(float), axis=0)
    marks = {"blanks": {"sep": " "}, "commas": {"sep": ";", "decimal": ","}}
    frame.to_csv(target, index=False, **marks.get(form, {}))
"""
