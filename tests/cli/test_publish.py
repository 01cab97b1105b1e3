"""A run that ends at any step of giving its outputs their names: strace ends it there."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from gradcli.system import temporary
from tests.cli.inputs import TWO_SLOW
from tests.cli.shell import LENIENT, single_error, until

OLD = b"an old result"
NAMES = ("image_d0.npy", "image_d1.npy")
# Those that change names, by the numbers that strace counts them with.
STEPS = "link,linkat,rename,renameat,renameat2,unlink,unlinkat"
TRACE = ("strace", "-f", "-qq")


@pytest.fixture(scope="module", autouse=True)
def _strace():
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    done = subprocess.run([*TRACE, "-e", "trace=link", "true"], capture_output=True)
    if done.returncode:
        pytest.skip("strace may not trace here")


def traced(shell, *inject: str):
    """Return what to run the command under so that faults are injected."""
    faults = [word for fault in inject for word in ("-e", f"inject={fault}")]
    return (*TRACE, "-e", f"trace={STEPS}", *faults, "-o", str(shell.spool / "trace"))


def steps(shell) -> list[str]:
    """Return the calls of the last run that change names here, in order."""
    trace = (shell.spool / "trace").read_text()
    (shell.spool / "trace").unlink()
    return [
        line.split(None, 1)[1]
        for line in trace.splitlines()
        if re.search(r"(link|rename)\w*\(", line) and "image_d" in line
    ]


def prepare(shell, over: bool, *args: str) -> list[str]:
    shell.take("image.npy")
    for path in shell.folder.glob("*d?.npy"):
        path.unlink()
    for name in NAMES if over else ():
        (shell / name).write_bytes(OLD)
    return ["compute", "image.npy", *(["-O"] if over else []), *args]


def contents(shell) -> tuple[bytes | None, ...]:
    paths = [shell / name for name in NAMES]
    return tuple(path.read_bytes() if path.exists() else None for path in paths)


@pytest.fixture(scope="module")
def publications(common):
    """Return the steps of a whole run and its outputs, without and with old outputs."""
    made = {}
    for over in (False, True):
        common.run(*prepare(common, over), under=traced(common))
        made[over] = steps(common), contents(common)
    return made


def counted(made: list[str], number: int) -> str:
    """Return the call of a step and how often it came before, as strace counts."""
    name = made[number].partition("(")[0]
    earlier = [step for step in made[: number + 1] if step.startswith(name + "(")]
    return f"{name}:{{}}:when={len(earlier)}"


# New: links, removals; over old ones: a link to keep the first, two renames, three removals.
STEPS_OF = {False: 4, True: 6}


def test_the_steps_of_a_publication(publications):
    assert {over: len(made) for over, (made, _) in publications.items()} == STEPS_OF


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize(
    ("over", "number"), [(over, n) for over, count in STEPS_OF.items() for n in range(count)]
)
def test_a_signal_at_each_step(common, publications, over, number, signal):
    made, whole = publications[over]
    args = prepare(common, over)
    under = traced(common, counted(made, number).format(f"signal={signal}"))
    done = common.finish(common.start(*args, under=under, python=LENIENT))
    # 1: a parent has seen the worker die.
    assert done.code in {"SIGKILL": (-9, 1), "SIGTERM": (143,)}[signal], "the signal did not come"
    before = (OLD, OLD) if over else (None, None)
    for found, old, new in zip(contents(common), before, whole, strict=True):
        assert found in (old, new)
    if signal == "SIGTERM":
        assert contents(common) in (before, whole)
    else:
        left = [name for name in common.names() if name.endswith(temporary.SUFFIX)]
        until(lambda: all(map(temporary._maker_is_gone, left)))
        common.run("compute", "image.npy", "-O")
        assert contents(common) == whole
    assert common.names() - {"image.npy", *NAMES} == set()


# A file system without links.

NO_LINKS = "link,linkat:error=EPERM"


def test_outputs_are_new_where_there_are_no_links(shell):
    args = prepare(shell, False)
    shell.run(*args, under=traced(shell, NO_LINKS))
    whole = contents(shell)
    assert None not in whole
    assert any(step.startswith("renameat2(") for step in steps(shell))
    shell.run(*args[:2], "-O")
    assert contents(shell) == whole


@pytest.mark.parametrize("faults", [[NO_LINKS], [NO_LINKS, "renameat2:error=EINVAL"]])
def test_what_appears_is_left_where_there_are_no_links(shell, sparse, faults):
    args = ["compute", str(sparse), "--output-dir", ".", "-j", "1", *TWO_SLOW]
    process = shell.start(*args, under=traced(shell, *faults), python=LENIENT)
    until(lambda: sum("gradcli-tmp" in name for name in shell.names()) == 2, process)
    (shell / "big_d1.npy").write_bytes(OLD)
    done = shell.finish(process)
    assert done.code == 1
    assert single_error(done.err).startswith("Error: ./big_d1.npy: appeared")
    assert shell.files() == {"big_d1.npy": OLD}


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGTERM"])
def test_an_old_output_stays_where_there_are_no_links(shell, signal):
    args = prepare(shell, True)
    fault = f"rename:signal={signal}:when=1"
    under = traced(shell, NO_LINKS, fault)
    shell.finish(shell.start(*args, under=under, python=LENIENT))
    found = contents(shell)
    assert found[1] == OLD
    assert found[0] is not None
    if signal == "SIGTERM":
        assert found[0] == OLD
        assert shell.names() == {"image.npy", *NAMES}
