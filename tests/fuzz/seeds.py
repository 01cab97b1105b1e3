"""Whole files of every kind, which the fuzz run damages."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np

from tests.places import SAMPLES

# isort: split
import h5py

from tests.cli.inputs import field, make_inputs

SUFFIXES = (".nc", ".nc5", ".cdf", ".h5", ".nxs", ".npy", ".npz", ".csv", ".gz", ".dat", ".zip")
DOUBLE = {".gz": ".csv.gz", ".zip": ".zarr.zip"}
LARGEST = 100_000  # bytes of a seed: more is slow, and no more is to be found


@dataclass(frozen=True)
class Seed:
    """A file as it is before it is damaged."""

    name: str
    suffix: str
    data: bytes

    @property
    def kind(self) -> str:
        """The format, by its first bytes: as likely as any other, however many files it has."""
        magics = {b"CDF": "classic", b"\x89HD": "hdf5", b"\x93NU": "npy", b"PK\x03": "npz"}
        kind = magics.get(self.data[:3], "csv")
        if self.suffix == ".zarr.zip":
            return "zarr"
        return "netcdf4" if kind == "hdf5" and self.suffix.startswith(".nc") else kind


def load_seeds(folder: Path, real: Path | None) -> list[Seed]:
    """Make and read every seed; always in the same order."""
    make_inputs(folder)
    make_more(folder)
    places = [folder, SAMPLES]
    if real is not None and real.is_dir():
        places += [real, real / "hostile"]
    paths = [path for place in places for path in sorted(place.iterdir())]
    return [
        Seed(path.name, DOUBLE.get(path.suffix, path.suffix), path.read_bytes())
        for path in paths
        if path.suffix in SUFFIXES and path.stat().st_size <= LARGEST and not _is_damaged(path)
    ]


def _is_damaged(path: Path) -> bool:
    return path.name.startswith(("half_", "short_", "text.", "empty."))


def make_more(folder: Path) -> None:
    """Make what other tests have no need of: many ways to store and to name things."""
    for name, values in stores().items():
        with zipfile.ZipFile(folder / f"{name}.zarr.zip", "w") as made:
            for key, value in values.items():
                made.writestr(key, value if isinstance(value, bytes) else json.dumps(value))
    for version in ("earliest", "latest"):
        _hdf5(folder / f"many_{version}.h5", version)
    _netcdf(folder / "many.nc")
    records = np.zeros(6, [("t", "M8[s]"), ("v", "f8", (2,)), ("word", "S4"), ("x/y", "i2")])
    np.save(folder / "records.npy", records)
    np.save(folder / "fortran.npy", np.asfortranarray(field(4, 5).astype(">f4")))
    np.savez_compressed(folder / "deflated.npz", f=field(4, 5), g=records, words=np.array(["a"]))
    rows = "".join(f"2024-01-{d:02},{d * d},'w{d}',{'' if d == 3 else d}\n" for d in range(1, 9))
    (folder / "dates.csv").write_text("t,a,word,b\n" + rows)
    quoted = '"t","a, b","c ""d"""\n# a comment\n0,"1",2\n1,4,"3"\n\n2,9,4\n'
    (folder / "quoted.csv").write_text(quoted)
    (folder / "commas.csv").write_text("t;a\n" + "".join(f"{d};{d},5\n" for d in range(9)))


def _hdf5(path: Path, version: str) -> None:
    with h5py.File(path, "w", libver=version) as made:
        made.attrs["title"], made.attrs["n"] = "many", np.arange(3)
        made["x"] = np.arange(6.0)
        made["x"].make_scale("x")
        whole = {"shuffle": True, "fletcher32": True}
        data = made.create_dataset("f", (8, 6), "f8", chunks=(3, 4), compression=4, **whole)
        data[:] = field(8, 6)
        data.dims[1].attach_scale(made["x"])
        data.attrs["units"], data.attrs["_FillValue"] = "K", -1e34
        made.create_dataset("grows", data=field(5), maxshape=(None,), chunks=(2,))
        made.create_dataset("lzf", data=field(5, 4).astype("f4"), chunks=(5, 2), compression="lzf")
        made.create_dataset("scaled", data=np.arange(9), chunks=(4,), scaleoffset=3)
        plain = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plain.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((3,))
        h5py.h5d.create(made.id, b"compact", h5py.h5t.IEEE_F64BE, space, plain)
        made.create_dataset("pairs", data=np.zeros(3, [("a", "i4"), ("b", "f8")]))
        made.create_dataset("words", data=["one", "two"])
        made.create_dataset("ragged", (2,), h5py.vlen_dtype("f4"))
        made["flag"] = np.array([True, False])
        made["way"] = np.array([made["f"].ref], h5py.ref_dtype)
        made["g/h/soft"], made["g/hard"] = h5py.SoftLink("/f"), made["f"]
        layout = h5py.VirtualLayout((2, 5), "f8")
        layout[0] = layout[1] = h5py.VirtualSource(".", "grows", (5,))
        made.create_virtual_dataset("view", layout)


def _netcdf(path: Path) -> None:
    with netCDF4.Dataset(path, "w") as made:
        made.createDimension("time", None)
        made.createDimension("y", 5)
        made.createDimension("x", 6)
        made.createVariable("time", "f8", ("time",))[:] = [0, 1, 2]
        made["time"].units = "days since 2000-01-01"
        for name in "yx":
            made.createVariable(name, "f4", (name,))[:] = np.arange(len(made.dimensions[name]))
        made["y"].setncatts({"standard_name": "projection_y_coordinate", "units": "m"})
        made["x"].setncatts({"standard_name": "projection_x_coordinate", "units": "m"})
        made.createVariable("crs", "i4").setncatts(
            {"grid_mapping_name": "polar_stereographic", "straight_vertical_longitude_from_pole": 0}
        )
        for name, kind in {"a": "f8", "b": "i2", "c": "f4"}.items():
            made.createVariable(name, kind, ("time", "y", "x"), zlib=True, chunksizes=(1, 3, 4))
            made[name][:] = field(3, 5, 6)
            made[name].setncatts({"units": "degC", "grid_mapping": "crs", "coordinates": "lon lat"})
            made[name].cell_methods = "time: mean (interval: 1 hour) x: y: point"
        made["b"].setncatts({"scale_factor": 0.5, "missing_value": np.int16(3)})
        made["b"].valid_range = np.array([0, 999], "i2")
        for name, units in {"lon": "degrees_east", "lat": "degrees_north"}.items():
            made.createVariable(name, "f8", ("y", "x"))[:] = field(5, 6)
            made[name].units = units
        inner = made.createGroup("one/two")
        inner.createDimension("time", 4)
        inner.createVariable("q", "f8", ("time", "x"), fletcher32=True)[:] = field(4, 6)
        enum = made.createEnumType("u1", "kind", {"no": 0, "yes": 1})
        made.createVariable("e", enum, ("x",))[:] = 0
        ragged = made.createVLType("f4", "ragged")
        made.createVariable("r", ragged, ("x",))


def stores() -> dict[str, dict[str, Any]]:
    """Return stores of Zarr by name: their values by key, where metadata are no bytes yet."""
    values = np.arange(24.0).reshape(6, 4) ** 2
    deflated = {".zgroup": {"zarr_format": 2}, ".zattrs": {"title": "two"}}
    deflated |= _version2("f", values, (3, 4), ["y", "x"], "<f8")
    deflated |= _version2("y", np.arange(6.0), (6,), ["y"], "<f8")
    deflated |= _version2("n", values.astype("i4"), (6, 2), ["y", "x"], "<i4")
    deflated["f/.zattrs"] |= {"units": "K", "scale_factor": 0.5, "coordinates": "y"}
    root = {"zarr_format": 3, "node_type": "group", "attributes": {"title": "three"}}
    plain = {"zarr.json": root} | _version3("f", values, (4, 3), ["y", "x"])
    plain |= _version3("x", np.arange(4.0), (4,), ["x"])
    plain |= _version3("g/f", values, (6, 4), ["y", "x"])
    sharded = {"zarr.json": root} | _version3("f", values, (3, 4), ["y", "x"], (6, 4))
    return {"deflated": deflated, "plain": plain, "sharded": sharded}


def _version2(
    name: str, values: np.ndarray, chunks: tuple[int, ...], dims: list[str], dtype: str
) -> dict[str, Any]:
    said: dict[str, Any] = {"zarr_format": 2, "shape": values.shape, "chunks": chunks}
    said |= {"dtype": dtype, "order": "C", "fill_value": -1, "dimension_separator": "."}
    said |= {"compressor": {"id": "zlib", "level": 1}}
    said["filters"] = [{"id": "shuffle", "elementsize": 4}] if name == "n" else None
    found = {f"{name}/.zarray": said, f"{name}/.zattrs": {"_ARRAY_DIMENSIONS": dims}}
    for numbers in np.ndindex(*(n // c for n, c in zip(values.shape, chunks, strict=True))):
        data = _chunk(values, numbers, chunks)
        if name == "n":
            data = np.frombuffer(data, "u1").reshape(-1, 4).T.tobytes()
        found[f"{name}/{'.'.join(map(str, numbers))}"] = zlib.compress(data)
    return found


def _version3(
    name: str,
    values: np.ndarray,
    chunks: tuple[int, ...],
    dims: list[str],
    shards: tuple[int, ...] | None = None,
) -> dict[str, Any]:
    codecs: list[dict[str, Any]] = [{"name": "bytes", "configuration": {"endian": "little"}}]
    inner = [*codecs, {"name": "numcodecs.zlib", "configuration": {"level": 1}}]
    if shards:
        words = {"chunk_shape": chunks, "codecs": inner, "index_codecs": codecs}
        inner = [{"name": "sharding_indexed", "configuration": words}]
    grid = {"name": "regular", "configuration": {"chunk_shape": shards or chunks}}
    said: dict[str, Any] = {"zarr_format": 3, "node_type": "array", "shape": values.shape}
    said |= {"data_type": "float64", "chunk_grid": grid, "fill_value": "NaN", "codecs": inner}
    said |= {"chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}}
    said |= {"dimension_names": dims, "attributes": {"units": "K"}}
    found: dict[str, Any] = {f"{name}/zarr.json": said}
    counts = [-(-n // c) for n, c in zip(values.shape, chunks, strict=True)]
    stored = {n: zlib.compress(_chunk(values, n, chunks)) for n in np.ndindex(*counts)}
    if not shards:
        return found | {f"{name}/c/{'/'.join(map(str, n))}": data for n, data in stored.items()}
    ends = np.cumsum([0, *map(len, stored.values())])
    index = np.column_stack([ends[:-1], np.diff(ends)]).astype("<u8").tobytes()
    return found | {f"{name}/c{'/0' * values.ndim}": b"".join(stored.values()) + index}


def _chunk(values: np.ndarray, numbers: tuple[int, ...], chunks: tuple[int, ...]) -> bytes:
    whole = np.full(chunks, np.nan if values.dtype.kind == "f" else 0, values.dtype)
    part = values[tuple(slice(n * c, n * c + c) for n, c in zip(numbers, chunks, strict=True))]
    whole[tuple(slice(0, n) for n in part.shape)] = part
    return whole.tobytes()
