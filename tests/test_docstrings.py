"""Public docstrings are written as numpydoc has them, and their examples run."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from numpydoc.hooks.validate_docstrings import parse_config, run_hook
from numpydoc.validate import ERROR_MSGS, validate

import gradcli
from gradcli import errors

ROOT = Path(__file__).parent.parent
FAMILY = [
    name
    for name, value in vars(errors).items()
    if (inspect.isclass(value) or inspect.isfunction(value))
    and value.__module__ == errors.__name__
    and not name.startswith("_")
]
PUBLIC = ["gradcli.gradient", "gradcli.differentiate", *(f"gradcli.errors.{n}" for n in FAMILY)]
METHODS = ["gradcli.errors.GradcliError.reworded", "gradcli.errors.UnreadableError.because"]
FILES = ["errors/__init__.py", "errors/keywords.py", "numerics/arrays.py", "api.py"]


CHECKS = parse_config(ROOT)["checks"]


@pytest.mark.parametrize("name", [*PUBLIC, *METHODS])
def test_public_docstrings_are_numpydocs(name: str) -> None:
    found = validate(name)["errors"]
    assert [(check, text) for check, text in found if check in CHECKS] == []


def test_numpydoc_lint_has_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(ROOT / "gradcli" / name) for name in FILES]
    assert run_hook(files, config=ROOT) == 0, capsys.readouterr().err


def test_the_validation_sees_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text('def f(x):\n    """returns x"""\n    return x\n')
    assert run_hook([str(tmp_path / "bad.py")], config=ROOT) == 1
    assert set(ERROR_MSGS) - CHECKS == {"ES01", "SA01"}


# Doctest takes a function that is wrapped for one of the module that wraps it.
@pytest.mark.parametrize("function", [gradcli.gradient, gradcli.differentiate])
def test_examples_of_wrapped_functions_run(function: Callable[..., object]) -> None:
    finder = doctest.DocTestFinder(recurse=False)
    (test,) = finder.find(inspect.unwrap(function), function.__name__, globs={})
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_every_public_name_is_listed() -> None:
    assert {f"gradcli.{name}" for name in gradcli.__all__ if name != "__version__"} <= set(PUBLIC)
    assert {"GradcliError", "InputError", "UsageError", "OutputError"} <= set(FAMILY)
