"""A signal ends a run, wherever it comes."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys, time
from gradcli.cli.signals import Terminated, end_on_signals

class Dropped:
    def __del__(self):
        signal.raise_signal({number})
        time.sleep(0)

end_on_signals()
try:
    Dropped()
    for _ in range(1000):
        time.sleep(0.01)
except Terminated as error:
    sys.exit(128 + error.number)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_an_object_ends_is_not_lost(number: int) -> None:
    command = [sys.executable, "-c", PROGRAM.format(number=int(number))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 128 + number
    assert done.stderr == ""
