"""Blocks on a scheduler with two worker processes: the bytes of one process, whatever happens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from distributed import Client

from gradcli import differentiate
from gradcli.engine.report import Report
from gradcli.errors import GradcliError, OutputError, UsageError
from tests.clusters import Cluster, cluster_of, kill
from tests.places import ROOT

MIB = 2**20
LIMITS: dict[str, Any] = {"memory": 24 * MIB, "jobs": 1, "history": None}
LIBRARIES = 200 * MIB  # the interpreter, Dask, numpy and what reads the formats


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_of(tmp_path_factory.mktemp("cluster"), 2) as made:
        yield made


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    random = np.random.default_rng(0)
    values = random.normal(size=(40, 120, 200)).astype("f4")
    values[3, 10:30, 50:60] = np.nan
    grid = xr.Dataset({"f": (("t", "y", "x"), values, {"units": "K"})}, {"x": np.arange(200.0)})
    packed = {"f": {"zlib": True, "chunksizes": (1, 120, 200)}}
    grid.to_netcdf(folder / "f.nc", encoding=packed)
    np.save(folder / "f.npy", values)
    chunks: dict[str, Any] = {"chunks": (1, 60, 100)}
    for version, more in ((2, {}), (3, {"shards": (4, 120, 200)})):
        how: dict[str, Any] = {"zarr_format": version, "consolidated": False}
        grid.to_zarr(folder / f"f{version}.zarr", encoding={"f": chunks | more}, **how)
    lines = (f"{t},{v:.6g}" for t, v in enumerate(random.normal(size=30_000)))
    (folder / "f.csv").write_text("\n".join(["t,v", *lines, ""]))
    return folder


def content(path: Path) -> dict[str, bytes]:
    """Return the bytes of a file, or of all files of a folder."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return {str(each.relative_to(path)): each.read_bytes() for each in files}


def run_on(cluster: Cluster, source: Path, made: Path, **options: Any) -> Report:
    """Differentiate on a cluster; nothing but the output is left."""
    report = differentiate(source, made, cluster=str(cluster.file), **LIMITS, **options)
    assert sorted(made.parent.iterdir()) == sorted(map(Path, report.outputs))
    return report


WAYS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "netcdf-4": ("f.nc", "made.nc", {"axis": "x,y", "missing": "adapt"}),
    "zarr 2": ("f2.zarr", "made.zarr", {"axis": "x,y", "stats": True}),
    "zarr 3, sharded": ("f3.zarr", "made.zarr", {"axis": "y", "also": "magnitude"}),
    "npy": ("f.npy", "made.npy", {"stack": True}),
    "several files": ("f.npy", "made_{component}.npy", {"axis": "1,2"}),
    "csv": ("f.csv", "made.csv", {"axis": "t", "accuracy": 4}),
}


COSTLY = {"several files", "csv"}


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[pytest.mark.long] * (way in COSTLY)) for way in WAYS]
)
def test_a_cluster_gives_the_bytes_of_one_process(
    cluster: Cluster, inputs: Path, tmp_path: Path, way: str
) -> None:
    source, name, options = WAYS[way]
    (tmp_path / "there").mkdir()
    alone = differentiate(inputs / source, tmp_path / name, **LIMITS, **options)
    spread = run_on(cluster, inputs / source, tmp_path / "there" / name, **options)
    assert spread.cluster is not None
    assert len(spread.outputs) == len(alone.outputs)
    for one, other in zip(alone.outputs, spread.outputs, strict=True):
        assert content(Path(one)) == content(Path(other))
    work = spread.cluster["workers"]
    assert sum(each["tasks"] for each in work) == spread.cluster["tasks"]
    assert sum(each["blocks"] for each in work) == spread.blocks
    if way != "csv":
        assert spread.cluster["tasks"] > 1
    assert all(0 < each["peak_memory"] < LIMITS["memory"] + LIBRARIES for each in work)
    assert spread.notes == alone.notes
    assert spread.variables == alone.variables


def test_a_worker_that_is_killed_changes_nothing(
    cluster: Cluster, inputs: Path, tmp_path: Path
) -> None:
    alone = differentiate(inputs / "f.nc", tmp_path / "alone.nc", axis="x,y", **LIMITS)
    (tmp_path / "there").mkdir()
    victims = [cluster.workers.pop()]

    def on_block(done: int, total: int) -> None:
        assert 0 <= done <= total
        if victims:
            kill(victims.pop())
            cluster.add()  # a worker that joins later is used

    made = tmp_path / "there" / "made.nc"
    run_on(cluster, inputs / "f.nc", made, axis="x,y", on_block=on_block)
    assert not victims
    assert content(made) == content(Path(alone.outputs[0]))


def test_a_run_that_is_stopped_goes_on(cluster: Cluster, inputs: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.nc"
    asked: dict[str, Any] = {"axis": "x,y", "cluster": str(cluster.file), **LIMITS}

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        differentiate(inputs / "f.nc", made, on_block=stop, **asked)
    (told,) = stopped.value.__notes__
    assert "tasks are done, --resume goes on" in told
    assert not made.exists()
    with pytest.raises(OutputError, match=r"resume=True goes on from there, overwrite=True starts"):
        differentiate(inputs / "f.nc", made, **asked)
    with pytest.raises(OutputError, match=r"are of another plan"):
        differentiate(inputs / "f.nc", made, **asked | {"axis": "y"}, resume=True)
    report = run_on(cluster, inputs / "f.nc", made, axis="x,y", resume=True)
    assert report.cluster is not None
    done = sum(each["tasks"] for each in report.cluster["workers"])
    assert done == report.cluster["tasks"] - report.cluster["resumed"]
    assert report.cluster["resumed"] > 0
    alone = differentiate(inputs / "f.nc", tmp_path / "alone.nc", axis="x,y", **LIMITS)
    assert content(made) == content(Path(alone.outputs[0]))


HERE = "/proc/self/cwd"  # a folder that every process finds elsewhere


@pytest.mark.parametrize(
    ("source", "made", "told"),
    [
        (f"{HERE}/f.npy", "made.npy", rf"{HERE}/f.npy: cannot be read: No such file"),
        ("f.npy", f"{HERE}/made.npy", rf"{HERE}/.made.npy.tasks: cannot be seen"),
    ],
)
def test_a_worker_that_sees_other_folders_is_named(
    cluster: Cluster,
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    made: str,
    told: str,
) -> None:
    monkeypatch.chdir(inputs if source.startswith(HERE) else tmp_path)
    before = sorted(inputs.iterdir())
    with pytest.raises(GradcliError, match=rf"^cluster: worker tcp://127.0.0.1:\d+: {told}"):
        differentiate(inputs / source, tmp_path / made, stack=True, cluster=str(cluster.file))
    assert list(tmp_path.iterdir()) == []
    assert sorted(inputs.iterdir()) == before


@pytest.mark.long
def test_a_worker_of_another_version_is_named(
    cluster: Cluster, inputs: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "gradcli-9.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: gradcli\nVersion: 9.9\n")
    cluster.add(PYTHONPATH=os.pathsep.join((str(other.parent), str(ROOT))))
    asked: dict[str, Any] = {"axis": "x", "cluster": str(cluster.file), **LIMITS}
    told = r"^cluster: worker tcp://127.0.0.1:\d+ has gradcli 9.9, here is \d"
    try:
        with Client(scheduler_file=str(cluster.file), set_as_default=False) as client:
            client.wait_for_workers(3)
        with pytest.raises(GradcliError, match=told):
            differentiate(inputs / "f.nc", tmp_path / "made.nc", **asked)
        assert [path.name for path in tmp_path.iterdir()] == ["other"]
    finally:
        kill(cluster.workers.pop())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"src": "-"}, "workers cannot read standard input"),
        ({"dst": "-", "stack": True}, "- is no file"),
        ({"cluster": "local:0"}, "N of local:N is the number of workers"),
        ({"cluster": "nobody"}, "write the address of a scheduler"),
        ({"cluster": __file__}, "is no file that dask scheduler"),
    ],
)
def test_what_a_cluster_cannot_do_is_refused(
    inputs: Path, given: dict[str, Any], told: str
) -> None:
    asked: dict[str, Any] = {"src": inputs / "f.npy", "dst": None, "cluster": "local:1"} | given
    before = sorted(inputs.iterdir())
    with pytest.raises((UsageError, GradcliError), match=told):
        differentiate(asked.pop("src"), asked.pop("dst"), **asked)
    assert sorted(inputs.iterdir()) == before
