"""Run a module of Python as a program that ends when the process that started it has ended.

``python -m gradcli.system.bound PARENT MODULE ARGUMENTS…``, where PARENT is a process ID.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time

PAUSE = 1.0  # seconds between looks at the parent


def _mind(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PAUSE)
    os._exit(1)


def main() -> None:
    """Run the module that the command line names."""
    parent, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_mind, args=(parent,), daemon=True).start()
    del sys.argv[:2]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
