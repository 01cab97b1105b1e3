"""Messages."""

from __future__ import annotations

from gradcli.errors import GradcliError, InputError, UsageError, located, printable


def test_kinds_have_exit_codes() -> None:
    assert (GradcliError.exit_code, InputError.exit_code, UsageError.exit_code) == (1, 1, 2)


def test_control_characters_are_never_printed_raw() -> None:
    assert printable("a\x1b[31m\nb\x00é") == "a\\x1b[31m\\nb\\x00é"


def test_a_place_is_said_once() -> None:
    error = located("f.nc", located("f.nc", UsageError("no axis 'q'")))
    assert isinstance(error, UsageError)
    assert str(error) == "f.nc: no axis 'q'"
