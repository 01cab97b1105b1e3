"""Sessions of the manual in bash, where ``gradcli`` is a run that the server forks.

In the folder that comes first on the PATH lies a small script by the name of gradcli. It hands its
arguments, folder, variables and streams to this process, which hands them on to the server.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.cli.server import COUNT, Server
from tests.cli.shell import the_server

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as speaker:
    speaker.connect({address!r})
    words = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(speaker, [len(words).to_bytes({count})], [0, 1, 2])
    speaker.sendall(words)
    for stream in (0, 1, 2):
        os.close(stream)
    os._exit(int(speaker.recv(16)))
"""


def commands(session: str) -> list[tuple[str, str]]:
    """Return every command of a console block with the output that stands below it."""
    parts = (part.partition("\n") for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:])
    return [(command, output) for command, _, output in parts]


@contextmanager
def forked_commands(folder: Path) -> Iterator[dict[str, str]]:
    """Yield an environment in which gradcli and python are those of this test run."""
    (folder / "last").mkdir()
    (folder / "last/python").symlink_to(sys.executable)  # where scripts hold no python
    address = folder / "socket"
    script = folder / "gradcli"
    script.write_text(CLIENT.format(python=sys.executable, address=str(address), count=COUNT))
    script.chmod(0o755)
    scripts = sysconfig.get_path("scripts")
    path = os.pathsep.join([str(folder), scripts, str(folder / "last"), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRADCLI")}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        threading.Thread(target=_listen, args=(listener, the_server()), daemon=True).start()
        yield kept | {"PATH": path, "PYTHONWARNINGS": "error"}
        listener.shutdown(socket.SHUT_RDWR)


def _listen(listener: socket.socket, server: Server) -> None:
    with suppress(OSError):  # it is closed when the tests are done
        while True:
            speaker, _ = listener.accept()
            threading.Thread(target=_serve, args=(speaker, server), daemon=True).start()


def _serve(speaker: socket.socket, server: Server) -> None:
    with speaker:
        head, streams, _, _ = socket.recv_fds(speaker, COUNT, 3)
        words = b""
        while len(words) < int.from_bytes(head):
            words += speaker.recv(2**16)
        arguments, folder, environment = json.loads(words)
        code = server.run_on(
            (streams[0], streams[1], streams[2]), tuple(arguments), Path(folder), environment
        )
        speaker.sendall(str(code % 256).encode())
