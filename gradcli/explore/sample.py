"""Write the values of a formula on a grid."""

from __future__ import annotations

from typing import Any

from gradcli.api import request
from gradcli.engine.report import Report
from gradcli.engine.run import differentiate_file
from gradcli.numerics.value import VALUE
from gradcli.record import replace


def sample(text: str, output: str | None, **keywords: Any) -> Report:
    """Write the values of a formula, block by block, in the format of the output.

    Parameters
    ----------
    text : str
        One formula or several: ``"sin(x + y)"``, ``"u = x; v = x*y"``.
    output : str
        A file, or a template with ``{component}``.
    **keywords
        As `differentiate` takes them; ``grid`` must be among them.

    Returns
    -------
    Report

    Raises
    ------
    UsageError
        The formula holds what is not in the table of names, or the grid is too large.
    OutputError
        The output exists or cannot be written.
    """
    asked = request(text, output, **keywords)
    settings = replace(asked.settings, operators=(VALUE,))
    return differentiate_file(asked._replace(settings=settings))
