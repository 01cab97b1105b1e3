"""Messages that name keywords where those of the command name options."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import UsageError
from gradcli.errors.keywords import as_keywords, keywords_of

KNOWN = keywords_of(gradcli.differentiate)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--edge-order takes 1", "edge_order= takes 1"),
        ("--spacing and --coords exclude each other", "spacing= and coords= exclude each other"),
        ("--dims, --var: an empty name", "dims=, var: an empty name"),
        ("give --metric sphere or wgs84", "give metric='sphere' or wgs84"),
        ("a rotated pole: --axis lon,lat where", "a rotated pole: axis='lon,lat' where"),
        ("give an index (--axis 1)", "give an index (axis='1')"),
        ("name them (--dims x)", "name them (dims='x')"),
        ("--memory 17MiB --jobs 1 takes less", "memory='17MiB' jobs=1 takes less"),
        ("one (--isel t=0)", "one (isel={'t': 0})"),
        ("(--coords x=:lon --coords y=:lat)", "(coords={'x': ':lon'} coords={'y': ':lat'})"),
        ("--coords x=FILE:NAME --coords y=FILE", "coords={'x': 'FILE:NAME'} coords={'y': FILE}"),
        ("name axes (--chunks AXIS=N)", "name axes (chunks={AXIS: N})"),
        ("--sel t: no point; use --isel", "sel['t']: no point; use isel="),
        ("--smooth excludes --missing adapt: the fit", "smooth= excludes missing='adapt': the fit"),
        ("--name '{q}': the places", "name='{q}': the places"),
        ("-o {stem}.x: the places", "dst='{stem}.x': the places"),
        ("equal steps of 0.1 (--no-snap)", "equal steps of 0.1 (snap=False)"),
        ("--sort puts them in order", "sort=True puts them in order"),
        (
            "a.nc: exists already; -O replaces it",
            "a.nc: exists already; overwrite=True replaces it",
        ),
        ("-o names another", "dst= names another"),
        ("is a folder; name files (--recursive takes all)", "is a folder; name files"),
        ("a file --not-an-option and -x", "a file --not-an-option and -x"),
        ("well--metric, a-o and x--y", "well--metric, a-o and x--y"),
        ("nothing of the kind; at all (here)", "nothing of the kind; at all (here)"),
    ],
)
def test_options_become_keywords(text: str, said: str) -> None:
    assert as_keywords(text, KNOWN) == said
    assert as_keywords(said, KNOWN) == said


def test_a_hint_at_what_a_function_has_not_is_left_out() -> None:
    with pytest.raises(ValueError, match=r"^axis 0: .* repeats the one before; coordinates must "):
        gradcli.gradient(np.zeros(3), [0.0, 1.0, 1.0])
    with pytest.raises(ValueError, match=r"^axis 0: .* \(1\.0, then 0\.5\)$"):
        gradcli.gradient(np.zeros(3), [0.0, 1.0, 0.5])


@pytest.fixture
def array(tmp_path: Path) -> Path:
    np.save(tmp_path / "f.npy", np.zeros((3, 4)))
    return tmp_path / "f.npy"


def test_the_command_names_options(array: Path) -> None:
    from gradcli.api import run

    with pytest.raises(UsageError, match=r"give --metric sphere$") as refused:
        run(array, radius=1e6)
    assert refused.value.whatever_the_input
    with pytest.raises(UsageError, match=r"give metric='sphere'$"):
        gradcli.differentiate(array, radius=1e6)


def test_notes_name_keywords(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as data:
        data.createDimension("x", 5)
        data.createVariable("x", "f4", ("x",))[:] = 100 + np.arange(5) / 10
        data.createVariable("f", "f8", ("x",))[:] = np.arange(5.0)
    report = gradcli.differentiate(tmp_path / "f.nc")
    (note,) = report.notes
    assert note.startswith("x: float32 coordinates are taken as equal steps of 0.1")
    assert note.endswith("; snap=False takes them as stored")
