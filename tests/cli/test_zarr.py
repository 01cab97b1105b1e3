"""Zarr as users have it: folders that are one input, stores at addresses, runs that are killed."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from gradcli.formats.zarr.objects import MARK
from tests.buckets import Proxy
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
    assert "needs the package numcodecs, which is not installed; install it: " in done.err
    assert single_error(done.err).endswith(" -m pip install numcodecs")


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


def test_s3_is_read_and_written(shell, store, bucket):
    source = bucket.upload(store)
    environment = bucket.environment
    done = shell.run("compute", source, "-a", "y", env=environment)
    assert done.out == [f"{bucket.url}/a_gradient.zarr"]
    again = shell.run("compute", source, "-a", "y", env=environment, code=1)
    assert "a_gradient.zarr: exists already; -O replaces it" in single_error(again.err)
    for file in (store, *store.rglob("*")):
        os.utime(file, (0, 0))  # servers say whole seconds
    words = ("-o", f"{bucket.url}/a_gradient.zarr", "--skip-existing")
    again = shell.run("compute", "a.zarr", "-a", "y", *words, env=environment)
    assert "skipped" in again.err
    shell.run("compute", source, "-a", "y", "--output-dir", "out", env=environment)
    np.testing.assert_allclose(read_all(shell / "out/a_gradient.zarr")["df_dy"], expected())
    done = shell.run("compute", f"{bucket.url}/b.zarr", env=environment, code=1)
    assert "without Zarr metadata" in single_error(done.err)
    done = shell.run("compute", "a.zarr", "-a", "y", "-o", f"{bucket.url}/a.nc", code=2)
    assert "only Zarr stores are written to an address" in single_error(done.err)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_leaves_no_store_on_s3(bucket, s3, shell, number):
    np.save(shell / "in.npy", np.random.default_rng(0).normal(size=(300, 20)))
    going = threading.Event()

    def refuse(method: str, path: str, _: int) -> int | None:
        if method == "PUT" and "/c/2" in path:
            going.wait(30)
        return None

    out = f"{bucket.url}/out.zarr"
    words = ("compute", "in.npy", "-a", "0", "--chunks", "10,all", "-o", out)
    with Proxy(s3, refuse) as proxy:
        environment = bucket.environment | {"AWS_ENDPOINT_URL": proxy.address}
        process = shell.start(*words, env=environment, python=LENIENT)
        until(lambda: any("/c/2" in path for _, path in proxy.order), process)
        if number == signal.SIGKILL:
            for pid in workers(process):
                os.kill(pid, signal.SIGKILL)
        else:
            process.send_signal(number)
        going.set()
        done = shell.finish(process)
    left = bucket.names()
    assert done.code == (1 if number == signal.SIGKILL else 130)
    if number == signal.SIGINT:
        assert left == []
        return
    assert f"out.zarr/{MARK}" in left
    assert not any(key.endswith("zarr.json") for key in left)
    done = shell.run(*words, env=bucket.environment, code=1)
    assert "holds chunks of a run that goes on, or was killed; -O replaces" in single_error(
        done.err
    )
    assert shell.run(*words, "-O", env=bucket.environment).out == [out]
    assert f"out.zarr/{MARK}" not in bucket.names()
    assert read_all(out)["din_d0"].shape == (300, 20)
