"""What a picture may be asked to be."""

from __future__ import annotations

from typing import Any

import pytest

from gradcli.errors import UsageError
from gradcli.explore.picture import Picture, format_of, parse_size


@pytest.mark.parametrize("size", [(0, 5), (15, 400), (20_001, 16), (20_000, 20_000)])
def test_absurd_sizes_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match=f"--size {size[0]}x{size[1]}: "):
        Picture(size=size)


@pytest.mark.parametrize("keywords", [{"dpi": 0}, {"dpi": 1_000_000}, {"kind": "pie"}])
def test_other_wrong_values_are_refused(keywords: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Picture(**keywords)


@pytest.mark.parametrize("text", ["800", "800x", "x6", "-8x6", "8.5x6", "a", "", "1e3x5"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write WIDTHxHEIGHT"):
        parse_size(text)


@pytest.mark.parametrize("path", ["a.jpg", "a.nc", "a", "png", "a.png.gz"])
def test_files_of_other_types_are_refused(path: str) -> None:
    with pytest.raises(UsageError, match=r"there are: \.png, \.svg, \.pdf"):
        format_of(path)
