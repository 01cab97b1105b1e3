"""Names made from templates."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gradcli.errors import UsageError


def fill_template(option: str, template: str, places: Mapping[str, str]) -> str:
    """Return a template with its places filled; doubled braces stand for themselves.

    >>> fill_template("-o", "{stem}_{{x}}", {"stem": "a"})
    'a_{x}'
    """

    def value(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] in places:
            return places[match[1]]
        known = ", ".join(f"{{{place}}}" for place in places)
        raise UsageError(f"{option} {template}: the places are {known}")

    return re.sub(r"\{\{|\}\}|\{([^{}]*)\}?|\}", value, template)
