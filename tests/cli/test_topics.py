"""The topics of the manual."""

from __future__ import annotations

import pytest

from gradcli.cli.topics import GROUPS, OTHER_NAMES, PAGES, grouped, topics


def test_every_page_is_in_one_group() -> None:
    named = [name for names in grouped().values() for name in names]
    assert sorted(named) == sorted(topics()) == sorted(path.stem for path in PAGES.glob("*.md"))


def test_a_page_that_is_not_there_is_not_listed() -> None:
    assert all(set(names) <= set(topics()) for names in grouped().values())
    assert list(grouped()) == list(GROUPS)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_other_names_lead_to_pages(name: str) -> None:
    assert name not in topics()
    assert OTHER_NAMES[name] in topics()
