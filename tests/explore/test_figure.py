"""Pictures of every kind: what they look like, from afar, and that no text lies over another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcli.api import request
from gradcli.explore.figure import drawn_figure, write_figure
from gradcli.explore.panels import Panel
from gradcli.explore.picture import Picture
from gradcli.explore.plot import Scene, scene_of
from gradcli.model.axes import Axis
from gradcli.record import replace
from tests.explore.coarse import APART, distance, hash_of, overlaps
from tests.long import long
from tests.places import SAMPLES

FORMULA = {"y": slice(-2, 2, 41j), "x": slice(-2, 2, 41j)}
OCEAN = str(SAMPLES / "ocean.nc")
XY = {"axis": "x,y", "metric": "sphere"}
# name: the input, keywords of `differentiate`, what is shown, and the kind
KINDS: dict[str, tuple[str, dict[str, Any], tuple[str, ...], Any]] = {
    "map": (OCEAN, XY, ("gradient",), "map"),
    "projected": (str(SAMPLES / "terrain.nc"), {}, ("magnitude",), None),
    "curved": (str(SAMPLES / "polar.nc"), {"metric": "sphere"}, ("field",), None),
    "image": (str(SAMPLES / "image.npy"), {}, ("field", "gradient"), None),
    "line": (str(SAMPLES / "track.csv"), {"axis": "t", "var": "depth"}, (), None),
    "surface": ("sin(x + y)", {"grid": FORMULA}, ("field",), "surface"),
    "arrows": ("x**2 + y", {"grid": FORMULA}, (), "arrows"),
    "stream": ("u = -y; v = x", {"grid": FORMULA, "var": ("u", "v")}, (), "stream"),
    "section": (OCEAN, {"axis": "t,y"}, ("field",), None),
}
AT = {"section": {"lon": "-50"}}
HASHES: dict[str, str] = {
    "map": "0030023483234032343b3343f3343f2347f2341b23483234834291a00060",
    "projected": "00287127071271f1371f1301f9f0e7188c718c071cc071f0371a92f00300",
    "curved": "0000001307084270040f0240f0001f0000f0000b0000b0000b0000000000",
    "image": "083040e6c10e65b6e6dd6659d2659936751169d5161c10e5cd18204000c0",
    "line": "0010162000318086041060060001801018c6804264081622002244c00100",
    "surface": "0000000800017000030a08d8b19f4a09f0b23e0b33e52219420432008500",
    "arrows": "002010007e0007f0007f0007f0007f0017f0017e001ff001ff0023700200",
    "stream": "00302001ef0017f002ff001fe003ff003fe0017f0017b0016a003ab00200",
    "section": "001c0013d7016d7016d7004d7004df006df006dd016dd016d504a4d20200",
}


def scene(name: str) -> tuple[Scene, Picture]:
    path, keywords, show, kind = KINDS[name]
    picture = Picture(kind, dpi=50)
    made = scene_of(request(path, None, **keywords), show, AT.get(name, {}), picture, [])
    return made, picture


QUICK = ["map", "lines", "globe", "arrows", "section"]


@pytest.mark.parametrize("name", [kind if kind in QUICK else long(kind) for kind in KINDS])
def test_a_picture_looks_as_it_did_and_no_text_is_cut(name: str, tmp_path: Path) -> None:
    made, picture = scene(name)
    target = tmp_path / "made.png"
    with drawn_figure(made.panels, made.kind, made.flows, picture) as figure:
        figure.savefig(target)
        clashes = [*overlaps(figure)]
    found = hash_of(target)
    assert distance(found, HASHES[name]) <= APART, found
    assert clashes == []


def test_hashes_tell_pictures_apart() -> None:
    names = [*HASHES]
    for index, one in enumerate(names):
        assert all(distance(HASHES[one], HASHES[other]) > APART for other in names[:index])


@pytest.fixture(scope="module")
def panel() -> Panel:
    values = np.arange(12.0).reshape(3, 4)
    values[1, 2] = np.nan
    return Panel("T", "T [K]", "K", values, (Axis("y", 3), Axis("x", 4)), False, origin="T")


@pytest.mark.parametrize(("form", "head"), [("svg", b"<?xml"), ("pdf", b"%PDF-")])
def test_formats_are_the_same_at_every_run(
    form: str, head: bytes, panel: Panel, tmp_path: Path
) -> None:
    found = []
    for number in range(2):
        target = tmp_path / f"{number}.{form}"
        write_figure(str(target), form, [panel], "map", {}, Picture(dpi=50))
        found.append(target.read_bytes())
    assert found[0].startswith(head)
    assert found[0] == found[1]


def test_a_size_is_met_to_the_pixel(panel: Panel, tmp_path: Path) -> None:
    from PIL import Image

    for size in ((640, 333), (31, 47)):
        target = tmp_path / "made.png"
        write_figure(str(target), "png", [panel], "map", {}, Picture(size=size, dpi=77))
        with Image.open(target) as opened:
            assert opened.size == size


def test_names_are_no_formulas_and_signs_that_fonts_lack_are_noted(
    panel: Panel, tmp_path: Path
) -> None:
    odd = replace(panel, title="$\\frac{a$_^ \u6e29")
    notes = write_figure(str(tmp_path / "a.png"), "png", [odd], "map", {}, Picture(dpi=50))
    assert notes == ["the font of pictures lacks 1 sign of the names, drawn as a box"]


def test_settings_of_the_user_are_left_alone(panel: Panel, tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    write_figure(str(tmp_path / "a.png"), "png", [panel], "map", {}, Picture(dpi=50))
    assert dict(mpl.rcParams) == before


def test_every_number_of_panels_fits_on_a_page(panel: Panel) -> None:
    for count in (1, 2, 5):
        with drawn_figure([panel] * count, "map", {}, Picture(dpi=40)) as figure:
            boxes = [ax.get_position() for ax in figure.axes]
        assert len(boxes) == 2 * count  # each with its colour bar
        for index, one in enumerate(boxes):
            assert 0 <= one.x0 < one.x1 <= 1
            assert 0 <= one.y0 < one.y1 <= 1
            for other in boxes[:index]:
                assert not one.overlaps(other)


@pytest.mark.parametrize("kind", ["map", "surface"])
def test_values_near_the_largest_numbers_are_drawn(kind: Any, panel: Panel, tmp_path: Path) -> None:
    values = np.array([[1e308, -1e308, 1e300], [np.inf, 1e-300, 0], [5e-324, 1, -np.inf]])
    odd = replace(panel, values=values, axes=(Axis("y", 3), Axis("x", 3)))
    write_figure(str(tmp_path / "a.png"), "png", [odd], kind, {}, Picture(dpi=50))


def test_lines_do_not_go_from_one_track_back_to_the_next() -> None:
    axis = Axis("t", 6, np.array([0.0, 1, 2, 0, 1, 2]))
    tracks = Panel("v", "v", None, np.array([1e308, 2, 3, 4, 5, 6]), (axis,), False, origin="v")
    with drawn_figure([tracks], "line", {}, Picture(dpi=50)) as figure:
        (line,) = figure.axes[0].get_lines()
        assert np.isnan(line.get_xdata()[3])


def test_what_is_missing_is_grey(panel: Panel, tmp_path: Path) -> None:
    from PIL import Image

    grey = replace(panel, values=np.full_like(panel.values, np.nan))
    target = tmp_path / "grey.png"
    write_figure(str(target), "png", [grey], "map", {}, Picture(dpi=50))
    with Image.open(target) as opened:
        colours = {colour: count for count, colour in opened.convert("RGB").getcolors(9999)}
    assert colours[183, 183, 183] > 0.4 * sum(colours.values())
