"""Say which of some names was perhaps meant by a wrong one."""

from __future__ import annotations

from gradcli.errors import UsageError


def suggest(kind: str, wrong: str, known: list[str]) -> UsageError:
    """Return the error for an unknown name. It lists the known names and suggests the nearest.

    Parameters
    ----------
    kind : str
        What was to be found under the name, such as ``axis`` or ``variable``.
    wrong : str
        The unknown name.
    known : list of str
        The existing names.

    Returns
    -------
    UsageError
        The error, to be raised.

    Examples
    --------
    >>> str(suggest("axis", "lno", ["lat", "lon"]))
    "no axis 'lno'; did you mean 'lon'? There are: lat, lon"
    >>> str(suggest("axis", "depth", ["lat", "lon"]))
    "no axis 'depth'; there are: lat, lon"
    """
    from difflib import get_close_matches

    if len(words := wrong.split()) > 1 and {*words} <= {*known}:
        return UsageError(f"no {kind} {wrong!r}; separate names by commas: {','.join(words)}")
    near, low = get_close_matches(wrong, known, 1, 0.51), wrong.lower()
    near = near or [k for k in known if k.lower().startswith(low) or low.startswith(k.lower())]
    hint = f"did you mean {near[0]!r}? There" if near else "there"
    listed = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return UsageError(f"no {kind} {wrong!r}; {hint} are: {listed or 'none'}")
