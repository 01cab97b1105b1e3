"""Which line an error becomes, and which exit code."""

from __future__ import annotations

import errno

import pytest

from gradcli.cli.explain import debugging, explain, fail, is_failure
from gradcli.errors import GradcliError, InputError, UsageError


@pytest.mark.parametrize("error", [InputError("f.nc: is damaged"), UsageError("order 0")])
def test_our_own_errors_say_all(error: GradcliError) -> None:
    assert explain(error) == (str(error), error.exit_code)


def test_what_the_system_refuses_is_named() -> None:
    error = OSError(errno.EACCES, "Permission denied", "f.nc")
    assert explain(error) == ("f.nc: the system refuses: Permission denied", 1)
    assert explain(OSError("odd")) == ("the system refuses: odd", 1)


def test_memory_that_has_run_out_is_told_with_what_takes_less() -> None:
    text, code = explain(MemoryError())
    assert code == 1
    assert text.startswith("out of memory (MemoryError); --memory ")


def test_a_module_that_was_cut_short_is_told_with_the_way_out() -> None:
    text, code = explain(EOFError("marshal data too short"))
    assert code == 1
    assert "remove the __pycache__ folders" in text


def test_what_nobody_expected_asks_for_a_report() -> None:
    text, code = explain(ZeroDivisionError("division by zero"))
    assert code == 1
    assert text.startswith("unexpected ZeroDivisionError: division by zero; please report it at ")


def test_failures_are_errors_and_panics_of_polars_not_the_end_of_the_process() -> None:
    panic = type("PanicException", (BaseException,), {})
    assert is_failure(ValueError())
    assert is_failure(panic())
    assert not is_failure(KeyboardInterrupt())
    assert not is_failure(SystemExit())


def test_a_failure_is_one_printable_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail("a\nb\x1b[31m", 3) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Error: a")
    assert line.isprintable()


@pytest.mark.parametrize(
    ("argv", "variables", "said"),
    [
        (["compute", "f"], {}, False),
        (["compute", "f", "--debug"], {}, True),
        (["compute", "f"], {"GRADCLI_DEBUG": "1"}, True),
        (["compute", "f"], {"GRADCLI_DEBUG": "No"}, False),
        (["compute", "f"], {"GRADCLI_COMPUTE_DEBUG": "true"}, True),
        (["info", "f"], {"GRADCLI_COMPUTE_DEBUG": "true"}, False),
        ([], {"GRADCLI_DEBUG": "0"}, False),
    ],
)
def test_debugging_is_asked_for_by_option_or_variable(
    monkeypatch: pytest.MonkeyPatch, argv: list[str], variables: dict[str, str], said: bool
) -> None:
    monkeypatch.setattr("sys.argv", ["gradcli", *argv])
    for name in ("GRADCLI_DEBUG", "GRADCLI_COMPUTE_DEBUG", "GRADCLI_INFO_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    assert debugging() is said
