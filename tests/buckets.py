"""An S3 server on loopback, and a proxy before it that fails or waits where a test wants it to."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
COMMAND = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0")


@contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's server; yield its address."""
    pytest.importorskip("flask")
    with subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            address = next(line.split()[-1] for line in server.stderr if "Running on" in line)
            # It writes a line for each request, and would wait for somebody to read them.
            threading.Thread(target=deque, args=(server.stderr, 0), daemon=True).start()
            yield address
        finally:
            server.terminate()


class Bucket:
    """A bucket of its own, and the environment in which commands find it."""

    def __init__(self, address: str, name: str) -> None:
        from obstore.store import S3Store

        there = http.client.HTTPConnection(address.removeprefix("http://"))
        there.request("PUT", f"/{name}")
        assert there.getresponse().read() is not None
        there.close()
        self.url = f"s3://{name}"
        self.environment = KEYS | {"AWS_ENDPOINT_URL": address}
        options: Any = {"allow_http": True}
        words: Any = {key.lower(): value for key, value in self.environment.items()}
        self._store = S3Store(name, client_options=options, **words)

    def names(self) -> list[str]:
        """Return the names of all objects."""
        import obstore

        return [meta["path"] for group in obstore.list(self._store) for meta in group]

    def put(self, name: str, data: bytes) -> None:
        """Put an object."""
        import obstore

        obstore.put(self._store, name, data)

    def upload(self, folder: Path) -> str:
        """Put the files of a folder; return its address."""
        for file in (file for file in folder.rglob("*") if file.is_file()):
            self.put(str(file.relative_to(folder.parent)), file.read_bytes())
        return f"{self.url}/{folder.name}"

    def download(self, key: str, folder: Path) -> Path:
        """Write the objects that lie below a key to files; return the folder of the key."""
        import obstore

        for name in self.names():
            if name.startswith(f"{key}/"):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(obstore.get(self._store, name).bytes())
        return folder / key


class Proxy:
    """A server that passes requests on, but for those to which ``refuse`` gives a status.

    Attributes
    ----------
    seen : Counter
        How often each method and path was asked for.
    order : list
        These in the order in which they came.
    """

    def __init__(self, address: str, refuse: Callable[[str, str, int], int | None]) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()
        self.order: list[tuple[str, str]] = []
        host = address.removeprefix("http://")
        seen, order, lock = self.seen, self.order, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def _pass(self) -> None:
                place = self.command, self.path.partition("?")[0]
                with lock:
                    seen[place] += 1
                    order.append(place)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = refuse(*place, seen[place])
                if status is not None:
                    self._answer(status, {}, b"")
                    return
                there = http.client.HTTPConnection(host, timeout=30)
                there.request(self.command, self.path, body, dict(self.headers))
                found = there.getresponse()
                self._answer(found.status, dict(found.getheaders()), found.read())
                there.close()

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                with suppress(ConnectionError):
                    self.send_response(status)
                    for name, value in headers.items():
                        odd = name.lower() in ("transfer-encoding", "connection", "date", "server")
                        if not odd and (name.lower() != "content-length" or self.command == "HEAD"):
                            self.send_header(name, value)
                    if self.command != "HEAD":
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self._pass
                raise AttributeError(name)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, args=(0.05,)).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()


def use(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Set variables in this process, in which obstore finds them."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
