"""`--cluster` and `--resume` from the command line."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.cli.shell import Shell, single_error, until, workers
from tests.clusters import cluster_of, kill

SMALL = ("--memory", "24MiB", "--jobs", "1", "--no-history")


def make(shell: Shell, planes: int = 40) -> None:
    values = np.random.default_rng(0).normal(size=(planes, 120, 200))
    np.save(shell / "f.npy", values.astype("f4"))


@pytest.mark.long  # the manual has a run with workers of its own, which is a test too
def test_workers_of_its_own_end_with_the_command(shell: Shell) -> None:
    make(shell)
    words = ("compute", "f.npy", "--stack", *SMALL)
    shell.run(*words, "-o", "alone.npy", "-q")
    done = shell.run(*words, "-o", "made.npy", "--cluster", "local:1", "--json", "--progress")
    (work,) = done.json()["cluster"]["workers"]
    assert work["tasks"] == done.json()["cluster"]["tasks"] > 1
    assert work["worker"].startswith("tcp://127.0.0.1:")
    assert set(done.err.splitlines()[:-1]) <= {
        line for line in done.err.splitlines() if "%" in line
    }
    assert (shell / "made.npy").read_bytes() == (shell / "alone.npy").read_bytes()
    assert shell.names() == {"f.npy", "alone.npy", "made.npy"}
    assert shell.spooled() == []


def test_a_dry_run_starts_nothing(shell: Shell) -> None:
    make(shell, 2)
    done = shell.run(
        "compute",
        "f.npy",
        "--stack",
        "-o",
        "made.npy",
        "--cluster",
        "tcp://127.0.0.1:1",
        "--dry-run",
    )
    assert "writes made.npy" in "\n".join(done.out)
    assert shell.names() == {"f.npy"}


def test_workers_of_its_own_work_on_one_block_each(shell: Shell) -> None:
    make(shell)
    words = ("compute", "f.npy", "--stack", "-o", "made.npy", "--memory", "24MiB", "--jobs", "2")
    words = (*words, "--dry-run", "--json")
    assert shell.run(*words).json()["workers"] == 2
    # They have one thread, so chunks that a second block needs would be kept in vain.
    assert shell.run(*words, "--cluster", "local:1").json()["workers"] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--resume",), "--resume goes with --cluster (or --part)"),
        (("--cluster", "local:2", "--part", "1/2"), "--cluster and --part exclude each other"),
        (("--cluster", "local:0"), "N of local:N is the number of workers"),
        (("--cluster", "here"), "write the address of a scheduler"),
        (("--cluster", "local:1", "-o", "-"), "- is no file that workers can write beside"),
    ],
)
def test_wrong_uses_are_one_line(shell: Shell, words: tuple[str, ...], told: str) -> None:
    make(shell, 2)
    assert told in shell.refuse("compute", "f.npy", "--stack", *words, code=2)


@pytest.mark.long
def test_a_scheduler_that_does_not_answer_is_named(shell: Shell) -> None:
    make(shell, 2)
    told = shell.refuse("compute", "f.npy", "--stack", "--cluster", "tcp://127.0.0.1:1")
    assert "--cluster tcp://127.0.0.1:1: no scheduler answers there within 10 s" in told


@pytest.mark.long
def test_ctrl_c_leaves_no_output_and_resume_goes_on(shell: Shell) -> None:
    make(shell, 400)
    words = ("compute", "f.npy", "--stack", "-o", "made.npy", *SMALL, "--cluster", "local:1")
    process = shell.start(*words)
    tasks = shell / ".made.npy.tasks"
    until(lambda: (tasks / "part-1").exists(), process)
    process.send_signal(signal.SIGINT)
    done = shell.finish(process)
    assert done.code == 130
    assert "interrupted; no output is half-written; " in done.err
    assert "tasks are done, --resume goes on" in single_error(done.err)
    assert shell.names() == {"f.npy", tasks.name}
    assert shell.spooled() == []
    assert all(path.name == "plan" or path.name.startswith("part-") for path in tasks.iterdir())
    assert "-O starts anew" in shell.run(*words, code=1).err
    again = shell.run(*words, "--resume", "--json").json()["cluster"]
    assert 0 < again["resumed"] < again["tasks"]
    shell.run("compute", "f.npy", "--stack", "-o", "alone.npy", *SMALL)
    assert (shell / "made.npy").read_bytes() == (shell / "alone.npy").read_bytes()
    assert shell.names() == {"f.npy", "alone.npy", "made.npy"}


@pytest.mark.long
def test_a_scheduler_that_is_killed_and_started_again(shell: Shell, tmp_path: Path) -> None:
    make(shell, 400)
    words = ("compute", "f.npy", "--stack", "-o", "made.npy", *SMALL)
    tasks = shell / ".made.npy.tasks"
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    with cluster_of(tmp_path / "first", 0) as cluster:
        cluster.add("--nworkers", "2", "--nthreads", "1")
        process = shell.start(*words, "--cluster", str(cluster.file))
        until(lambda: (tasks / "part-1").exists(), process)
        kill(cluster.scheduler)
        done = shell.finish(process)
    assert done.code == 1
    assert "is gone; " in single_error(done.err)
    assert "tasks are done, --resume goes on" in done.err
    assert not (shell / "made.npy").exists()
    with cluster_of(tmp_path / "second", 0) as cluster:
        cluster.add("--nworkers", "2", "--nthreads", "1")
        again = shell.run(*words, "--cluster", str(cluster.file), "--resume", "--json")
    found = again.json()["cluster"]
    assert sum(each["tasks"] for each in found["workers"]) == found["tasks"] - found["resumed"]
    assert found["resumed"] > 0
    shell.run("compute", "f.npy", "--stack", "-o", "alone.npy", *SMALL)
    assert (shell / "made.npy").read_bytes() == (shell / "alone.npy").read_bytes()
    assert shell.names() == {"f.npy", "alone.npy", "made.npy"}


@pytest.mark.long
def test_a_command_that_is_killed_leaves_no_workers(shell: Shell) -> None:
    make(shell, 400)
    process = shell.start(
        "compute", "f.npy", "--stack", "-o", "made.npy", *SMALL, "--cluster", "local:1"
    )
    until(lambda: (shell / ".made.npy.tasks" / "part-0").exists(), process)
    (child,) = workers(process)
    started = [int(pid) for pid in Path(f"/proc/{child}/task/{child}/children").read_text().split()]
    assert len(started) == 2
    process.kill()
    shell.finish(process)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))


@pytest.mark.long
def test_a_limit_on_the_address_space_holds_for_workers(shell: Shell) -> None:
    make(shell)
    words = ("compute", "f.npy", "--stack", *SMALL, "-o")
    limited = ("prlimit", f"--as={2**29}")
    done = shell.run(*words, "made.npy", "--cluster", "local:2", "--json", under=limited)
    assert json.loads(done.out[0])["cluster"]["tasks"] > 1
    shell.run(*words, "alone.npy")
    assert np.array_equal(np.load(shell / "made.npy"), np.load(shell / "alone.npy"))
