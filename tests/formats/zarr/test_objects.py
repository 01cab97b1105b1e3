"""Stores that are written to S3: on a server, with failing requests before it, and given up."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.errors import OutputError, UsageError
from gradcli.formats.zarr.objects import MARK
from tests.buckets import Proxy, use
from tests.contract import one_line, read_all
from tests.formats.zarr.stores import VALUES, make_store, opened
from tests.grids import uneven


def expected() -> np.ndarray:
    return np.gradient(VALUES, uneven(17), axis=0)


@pytest.mark.parametrize("kind", ["2", "shards"])
def test_a_store_is_written_beside_its_input(bucket, tmp_path, kind) -> None:
    source = bucket.upload(make_store(tmp_path / "a.zarr", kind))
    (path,) = gradcli.differentiate(source, axis="y").outputs
    assert path == f"{bucket.url}/a_gradient.zarr"
    np.testing.assert_allclose(read_all(path)["df_dy"], expected())
    found = opened(bucket.download("a_gradient.zarr", tmp_path))
    np.testing.assert_allclose(found["df_dy"], expected())
    assert found.attrs["title"] == "a store"
    assert not any(MARK in key for key in bucket.names())
    here = gradcli.differentiate(tmp_path / "a.zarr", tmp_path / "b.zarr", axis="y").outputs[0]
    away = {
        p.relative_to(tmp_path / "a_gradient.zarr")
        for p in (tmp_path / "a_gradient.zarr").rglob("*")
    }
    assert away == {p.relative_to(here) for p in Path(here).rglob("*")}


def test_what_lies_there_is_kept_or_replaced_whole(bucket, tmp_path) -> None:
    path = make_store(tmp_path / "a.zarr")
    out = f"{bucket.url}/deep/out.zarr"
    gradcli.differentiate(path, out, axis="y,x")
    for file in (path, *path.rglob("*")):
        os.utime(file, (0, 0))  # servers say whole seconds
    before = bucket.names()
    with pytest.raises(OutputError, match=r"out\.zarr: exists already; overwrite=True replaces"):
        gradcli.differentiate(path, out, axis="y")
    report = gradcli.differentiate(path, out, axis="y", dry_run=True)
    assert "exists already, a run would refuse it" in report.notes[-1]
    assert gradcli.differentiate(path, out, axis="y", skip_existing=True).skipped
    assert bucket.names() == before
    gradcli.differentiate(path, out, axis="y", overwrite=True)
    assert not any("df_dx" in key for key in bucket.names())
    np.testing.assert_allclose(read_all(out)["df_dy"], expected())
    bucket.put("mine/notes", b"mine")
    with pytest.raises(OutputError, match="holds other objects, which are never replaced"):
        gradcli.differentiate(path, f"{bucket.url}/mine", axis="y", overwrite=True)
    gradcli.differentiate(path, output_dir=f"{bucket.url}/dir/", axis="y")
    assert "dir/a_gradient.zarr/zarr.json" in bucket.names()


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("s3://none/a.zarr", r"NoSuchBucket \(The specified bucket does not exist\)"),
        ("s3://b/a.nc", "only Zarr stores are written to an address"),
        ("s3://b/a.zarr.zip", "only Zarr stores are written to an address"),
        ("s3://b.zarr", "names a bucket; a store has a name in it"),
        ("https://b/a.zarr", "nothing can be written to a web server"),
    ],
)
def test_addresses_that_take_no_store_are_refused(bucket, tmp_path, out, words) -> None:
    with pytest.raises((OutputError, UsageError), match=words) as caught:
        gradcli.differentiate(make_store(tmp_path / "a.zarr"), out, axis="y")
    one_line(caught.value)


def test_the_input_is_no_output(bucket, tmp_path) -> None:
    source = bucket.upload(make_store(tmp_path / "a.zarr"))
    before = bucket.names()
    for out in (source, f"{source}/", f"{source}/b.zarr"):
        with pytest.raises(OutputError, match="the input, or lies in it, which is never changed"):
            gradcli.differentiate(source, out, axis="y", overwrite=True)
    assert bucket.names() == before


def test_a_chunk_that_fails_twice_is_put(bucket, s3, tmp_path, monkeypatch) -> None:
    def refuse(_method: str, path: str, count: int) -> int | None:
        return 503 if "/c/" in path and count < 3 else None

    with Proxy(s3, refuse) as proxy:
        source = bucket.upload(make_store(tmp_path / "a.zarr", "two"))
        use(monkeypatch, bucket.environment | {"AWS_ENDPOINT_URL": proxy.address})
        (path,) = gradcli.differentiate(source, axis="y").outputs
        np.testing.assert_allclose(read_all(path)["df_dy"], expected())
    chunks = [
        seen for place, seen in proxy.seen.items() if "f/c/" in place[1] or "df_dy/c/" in place[1]
    ]
    assert chunks == [3] * 6  # two of the input, of the output and of the output read again
    puts = [place for method, place in proxy.order if method == "PUT"]
    names = [name.partition("a_gradient.zarr/")[2] for name in puts]
    assert names[0] == MARK
    assert names[-1] == "zarr.json"
    last = max(index for index, name in enumerate(names) if "/c/" in name)
    assert all("/c/" not in name for name in names[last + 1 :])
    assert min(index for index, name in enumerate(names) if "zarr.json" in name) > last


def test_an_error_of_the_server_leaves_nothing(bucket, s3, tmp_path, monkeypatch) -> None:
    def refuse(method: str, path: str, _: int) -> int | None:
        return 403 if method == "PUT" and path.endswith("c/1/0") else None

    with Proxy(s3, refuse) as proxy:
        use(monkeypatch, bucket.environment | {"AWS_ENDPOINT_URL": proxy.address})
        with pytest.raises(
            OutputError, match=r"out\.zarr: df_dy/c/1/0 cannot be written:"
        ) as caught:
            gradcli.differentiate(
                make_store(tmp_path / "a.zarr", "two"), f"{bucket.url}/out.zarr", axis="y"
            )
    one_line(caught.value)
    assert bucket.names() == []
