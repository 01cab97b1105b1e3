"""Zarr as users have it: folders that are one input, stores at addresses, runs that are killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.cli.shell import LENIENT, single_error, until, workers
from tests.contract import read_all
from tests.formats.zarr.stores import VALUES, make_store
from tests.grids import end_zarr, uneven


@pytest.fixture
def store(shell) -> Iterator[Path]:
    """Return a store a.zarr, in the folder of the command."""
    yield make_store(shell / "a.zarr")
    end_zarr()


def expected() -> np.ndarray:
    return np.gradient(VALUES, uneven(17), axis=0)


def test_a_store_is_one_input_with_and_without_a_slash(shell, store):
    assert shell.run("compute", "a.zarr/", "-a", "y").out == ["a_gradient.zarr"]
    np.testing.assert_allclose(read_all(shell / "a_gradient.zarr")["df_dy"], expected())
    again = shell.run("compute", "a.zarr", "-a", "y", code=1)
    assert "a_gradient.zarr: exists already; -O replaces it" in single_error(again.err)
    shell.run("compute", "a.zarr", "-a", "y", "-o", "a_gradient.zarr/", "-O")
    (shell / "mine.zarr").mkdir()
    (shell / "mine.zarr" / "notes").write_text("mine")
    done = shell.run("compute", "a.zarr", "-a", "y", "-o", "mine.zarr", "-O", code=1)
    assert "a folder of other files, which is never replaced" in single_error(done.err)
    for inside in ("a.zarr/b.nc", "a.zarr/b.zarr"):
        done = shell.run("compute", "a.zarr", "-a", "y", "-o", inside, code=1)
        assert "lies in the input, which is never changed" in single_error(done.err)
    assert shell.names() == {"a.zarr", "a_gradient.zarr", "mine.zarr"}


def test_folders_are_searched_for_stores_and_not_within(shell, store):
    (shell / "deep").mkdir()
    shutil.move(shell / "a.zarr", shell / "deep" / "b.zarr")
    np.save(shell / "deep" / "b.zarr" / "within.npy", VALUES)
    done = shell.run("compute", ".", "--recursive", "-a", "y", "--output-dir", "out")
    assert done.out == ["out/deep/b_gradient.zarr"]
    again = shell.run(
        "compute", "deep", "--recursive", "-a", "y", "--output-dir", "out/deep", "--skip-existing"
    )
    assert "skipped" in again.err


def test_standard_output_gets_an_archive(shell, store):
    (shell / "b.zarr.zip").write_bytes(shell.run("compute", "a.zarr", "-a", "y", "-o", "-").data)
    np.testing.assert_allclose(read_all(shell / "b.zarr.zip")["df_dy"], expected())


@pytest.mark.parametrize("there", [True, False])
def test_a_run_that_is_killed_leaves_what_was_there(shell, there):
    values = np.random.default_rng(0).normal(size=(3000, 100))
    np.save(shell / "in.npy", values)
    if there:
        make_store(shell / "out.zarr")
        end_zarr()
    before = shell.names()
    args = ("compute", "in.npy", "-a", "1", "-o", "out.zarr", "-O", "--chunks", "30,all")
    process = shell.fork(*args, "-j", "1", "--memory", "17MiB", python=LENIENT)
    until(lambda: any(name.startswith(".out") for name in os.listdir(shell.folder)), process)
    for pid in workers(process):
        os.kill(pid, signal.SIGKILL)
    shell.finish(process)
    assert shell.names() == before
    if there:
        np.testing.assert_array_equal(read_all(shell / "out.zarr")["f"], VALUES)


def test_without_the_package_one_line_says_what_to_install(shell, store):
    (shell / "numcodecs.py").write_text("raise ImportError('not here')")
    environment = {"PYTHONPATH": os.pathsep.join([str(shell.folder), os.getcwd()])}
    done = shell.run("compute", "a.zarr", "-a", "y", env=environment, code=1)
    assert "needs the package numcodecs, which is not installed: pip install" in done.err
    assert "gradcli[zarr]" in single_error(done.err)


class Files(SimpleHTTPRequestHandler):
    """Serves a folder; each chunk fails twice, and then comes."""

    folder = ""
    asked: Counter[str]

    def __init__(self, *args):
        super().__init__(*args, directory=self.folder)

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.asked[self.path] += 1
        if "/c/" in self.path and self.asked[self.path] < 3:
            self.send_error(503)
        else:
            super().do_GET()


def test_a_chunk_that_fails_twice_comes_from_a_web_server(shell, store):
    import json

    root = store / "zarr.json"
    inside = {name: json.loads((store / name / "zarr.json").read_text()) for name in "fyx"}
    found = json.loads(root.read_text()) | {"consolidated_metadata": {"metadata": inside}}
    handler = type("Here", (Files,), {"folder": str(shell.folder), "asked": Counter()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/a.zarr"
            done = shell.run("compute", address, "-a", "y", code=1)
            assert "consolidated metadata" in single_error(done.err)
            root.write_text(json.dumps(found))
            done = shell.run("compute", address, "-a", "y", "-o", "b.zarr")
        finally:
            server.shutdown()
    np.testing.assert_allclose(read_all(shell / "b.zarr")["df_dy"], expected())
    done = shell.run("compute", "a.zarr", "-a", "y", "-o", "s3://bucket/a.zarr", code=2)
    assert "results are written to files here" in single_error(done.err)


def test_stores_are_read_from_s3(shell, store):
    pytest.importorskip("flask")
    boto3 = pytest.importorskip("boto3")
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = next(line.split()[-1] for line in server.stderr if "Running on" in line)
            client = boto3.client("s3", "us-east-1", **keys, endpoint_url=address)
            client.create_bucket(Bucket="bucket")
            for file in (file for file in store.rglob("*") if file.is_file()):
                key = str(file.relative_to(shell.folder))
                client.put_object(Bucket="bucket", Key=key, Body=file.read_bytes())
            environment = {name.upper(): key for name, key in keys.items()}
            environment |= {"AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1"}
            done = shell.run("compute", "s3://bucket/a.zarr", "-a", "y", env=environment)
            assert done.out == ["a_gradient.zarr"]
            done = shell.run("compute", "s3://bucket/b.zarr", env=environment, code=1)
            assert "without Zarr metadata" in single_error(done.err)
        finally:
            server.terminate()
    np.testing.assert_allclose(read_all(shell / "a_gradient.zarr")["df_dy"], expected())
