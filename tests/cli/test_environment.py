"""Options from the environment, of every kind; a terminal that is dumb, or wants no colours."""

from __future__ import annotations

import numpy as np
import pytest


def variables(**options: str) -> dict[str, str]:
    return {f"GRADCLI_COMPUTE_{name}": text for name, text in options.items()}


@pytest.mark.parametrize(("text", "replaced"), [("1", True), ("true", True), ("0", False)])
def test_a_flag(shell, text, replaced):
    (shell / "five_d0.npy").write_bytes(b"an old result")
    env = variables(OVERWRITE=text)
    if not replaced:
        assert "exists already" in shell.refuse("compute", "five.npy", env=env)
        return
    shell.run("compute", "five.npy", env=env)
    assert np.load(shell / "five_d0.npy").shape == (5,)


def test_a_flag_that_is_no_word_for_yes_or_no(shell):
    line = shell.refuse("compute", "five.npy", env=variables(OVERWRITE="perhaps"), code=2)
    assert "perhaps" in line


@pytest.mark.parametrize("text", ["1", "0"])
def test_a_flag_of_two_names(shell, text):
    # The run is too short to show any.
    done = shell.run("compute", "five.npy", "--spacing", "1", env=variables(PROGRESS=text))
    assert done.err == ""
    assert done.out == ["five_d0.npy"]


def test_one_of_a_few_words(shell):
    shell.run("compute", "five.npy", env=variables(DTYPE="f4"))
    assert np.load(shell / "five_d0.npy").dtype == np.float32
    line = shell.refuse("compute", "five.npy", "-O", env=variables(DTYPE="f5"), code=2)
    assert "f5" in line


def test_a_pair(shell):
    env = variables(ISEL="0=1:4", SPACING="0.5", AXIS="0", NO_HALO="1")
    shell.run("compute", "image.npy", env=env)
    image = np.load(shell / "image.npy")
    found = np.load(shell / "image_d0.npy")
    np.testing.assert_allclose(found, np.gradient(image[1:4], 0.5, axis=0))


def test_pairs_a_line_each(shell):
    env = variables(ISEL="0=1:4\n1=0:5", STACK="1")
    shell.run("compute", "image.npy", env=env)
    assert np.load(shell / "image_gradient.npy").shape == (2, 3, 5)


def test_a_list(shell):
    shell.run("compute", "image.npy", env=variables(ALSO="magnitude,laplacian", OUTPUT="all.npz"))
    with np.load(shell / "all.npz") as found:
        assert sorted(found.files) == ["dimage_d0", "dimage_d1", "grad_image", "lap_image"]


@pytest.mark.parametrize("name", ["GRADCLI_DEBUG", "GRADCLI_COMPUTE_DEBUG"])
@pytest.mark.parametrize(
    ("text", "shown"), [("1", True), ("true", True), ("0", False), ("", False)]
)
def test_tracebacks(shell, name, text, shown):
    done = shell.finish(shell.start("compute", "gone.npy", env={name: text}))
    assert done.code == 1
    assert ("Traceback" in done.err) == shown
    assert done.err.splitlines()[-1].startswith("Error: gone.npy: ")


def test_the_variable_of_one_command_is_not_that_of_another(shell):
    shell.run("magnitude", "image.npy", "--spacing", "1", env=variables(AXIS="9", ORDER="7"))
    assert len(shell.names()) == 2


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"TERM": ""}])
def test_errors_and_notes_have_no_control_characters(shell, env):
    done = shell.run("compute", "grid.nc", "-a", "x,y", "-v", "T", env=env)
    assert done.err.startswith("Note: ")
    assert done.err.replace("\n", "").isprintable()
    assert shell.refuse("compute", "gone.npy", env=env).isprintable()
