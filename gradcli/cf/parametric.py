"""Parametric vertical coordinates: their formulas and terms (CF conventions, Appendix D)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np

from gradcli.numerics.dtypes import Array

Terms = Mapping[str, Any]
ROOM = "room"  # among terms: where a product over all dimensions may be made
_TERM = re.compile(r"([A-Za-z_]\w*)\s*:\s*([^\s:]+)(?!\S*:)")


class Formula(NamedTuple):
    """What a parametric coordinate computes, and from what.

    Attributes
    ----------
    kind : str
        ``pressure`` or ``height``.
    choices : tuple of tuple of str
        The terms; more than one tuple if the formula can be written in several ways.
    measured : tuple of str
        The terms in the units of the result. The first of them that has units gives these.
    compute : callable
    """

    kind: str
    choices: tuple[tuple[str, ...], ...]
    measured: tuple[str, ...]
    compute: Callable[[Terms], Any]


def _product(t: Terms, one: Any, other: Any) -> Any:
    """Return a product over all dimensions, in the room that the terms have for it, if any."""
    room, shape = t.get(ROOM), np.broadcast_shapes(np.shape(one), np.shape(other))
    if room is None or room.size < prod(shape):
        return one * other
    return np.multiply(one, other, out=room[: prod(shape)].reshape(shape))


def _then(step: Callable[..., Any], made: Any, other: Any) -> Any:
    """Return the sum or product of an array and another; in place where that has its shape.

    Arrays over all dimensions are large, and a new one costs more than the arithmetic.
    """
    fits = isinstance(made, np.ndarray) and (
        np.broadcast_shapes(made.shape, np.shape(other)) == made.shape
    )
    return step(made, other, out=made if fits else None)


# Each formula is a product of what varies upwards with what does not, and sums: where that is
# possible, only the last steps run over all dimensions.


def _ocean_sigma(t: Terms) -> Any:
    return _then(np.add, _product(t, t["sigma"], t["depth"] + t["eta"]), t["eta"])


def _ocean_s(t: Terms) -> Any:
    s, a, b = t["s"], t["a"], t["b"]
    stretched = (1 - b) * np.sinh(a * s) / np.sinh(a)
    stretched = stretched + b * (np.tanh(a * (s + 0.5)) / (2 * np.tanh(0.5 * a)) - 0.5)
    level = _then(np.add, _product(t, s, t["eta"] + t["depth_c"]), t["eta"])
    return _then(np.add, level, (t["depth"] - t["depth_c"]) * stretched)


def _ocean_s_g1(t: Terms) -> Any:
    level = _product(t, t["depth"] - t["depth_c"], t["C"])
    level = _then(np.add, level, t["depth_c"] * t["s"])
    return _then(np.add, _then(np.multiply, level, 1 + t["eta"] / t["depth"]), t["eta"])


def _ocean_s_g2(t: Terms) -> Any:
    level = _then(np.add, _product(t, t["depth"], t["C"]), t["depth_c"] * t["s"])
    thickness = (t["eta"] + t["depth"]) / (t["depth_c"] + t["depth"])
    return _then(np.add, _then(np.multiply, level, thickness), t["eta"])


def _sigma(t: Terms) -> Any:
    return _then(np.add, _product(t, t["sigma"], t["ps"] - t["ptop"]), t["ptop"])


def _hybrid_pressure(t: Terms) -> Any:
    return _then(np.add, _product(t, t["b"], t["ps"]), t["ap"] if "ap" in t else t["a"] * t["p0"])


def _hybrid_height(t: Terms) -> Any:
    return _then(np.add, _product(t, t["b"], t["orog"]), t["a"])


_STRETCHED = ("s", "C", "eta", "depth", "depth_c")
_DEPTHS = ("depth", "eta", "depth_c")
FORMULAS = {
    "ocean_sigma_coordinate": Formula(
        "height", (("sigma", "eta", "depth"),), _DEPTHS[:2], _ocean_sigma
    ),
    "ocean_s_coordinate": Formula(
        "height", (("s", "eta", "depth", "a", "b", "depth_c"),), _DEPTHS, _ocean_s
    ),
    "ocean_s_coordinate_g1": Formula("height", (_STRETCHED,), _DEPTHS, _ocean_s_g1),
    "ocean_s_coordinate_g2": Formula("height", (_STRETCHED,), _DEPTHS, _ocean_s_g2),
    "atmosphere_sigma_coordinate": Formula(
        "pressure", (("sigma", "ps", "ptop"),), ("ps", "ptop"), _sigma
    ),
    "atmosphere_hybrid_sigma_pressure_coordinate": Formula(
        "pressure",
        (("ap", "b", "ps"), ("a", "b", "ps", "p0")),
        ("ps", "ap", "p0"),
        _hybrid_pressure,
    ),
    "atmosphere_hybrid_height_coordinate": Formula(
        "height", (("a", "b", "orog"),), ("a", "orog"), _hybrid_height
    ),
}


def terms_of(text: str) -> dict[str, str]:
    """Return the variables that an attribute ``formula_terms`` names, by term.

    >>> terms_of("s: s_rho C: Cs_r eta : zeta")
    {'s': 's_rho', 'C': 'Cs_r', 'eta': 'zeta'}
    """
    return dict(_TERM.findall(text))


def formula_in(attributes: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the standard name of the formula of a coordinate, and its terms, or None.

    Files of CCM, and of models after it, name the terms of hybrid levels in attributes of their
    own.

    >>> formula_in({"A_var": "hyam", "B_var": "hybm", "P0_var": "P0", "PS_var": "PS"})
    ('atmosphere_hybrid_sigma_pressure_coordinate', 'a: hyam b: hybm ps: PS p0: P0')
    """
    name, given = (str(attributes.get(key) or "") for key in ("standard_name", "formula_terms"))
    if name.strip() in FORMULAS and given.strip():
        return name.strip(), given
    older = {"a": "A_var", "b": "B_var", "ps": "PS_var", "p0": "P0_var"}
    found = {term: str(attributes[key]) for term, key in older.items() if attributes.get(key)}
    if given.strip() or not {"a", "b", "ps"} <= set(found):
        return None
    if "p0" not in found:  # then a is a pressure
        found = {"ap": found.pop("a"), **found}
    terms = " ".join(f"{term}: {variable}" for term, variable in found.items())
    return "atmosphere_hybrid_sigma_pressure_coordinate", terms


def computed(formula: str, terms: Terms) -> Array:
    """Return the heights or pressures of a parametric coordinate.

    They are not finite where a term is missing or the formula divides by 0; and an ocean without
    thickness must have been `dried` before.

    Parameters
    ----------
    formula : str
        The standard name.
    terms : dict of str to ndarray
        The terms, in shapes that broadcast to each other; under the name `ROOM` possibly an array
        of float64 in which the result may be made.

    Examples
    --------
    >>> terms = {"a": np.array([0.0, 20.0]), "b": np.array([1.0, 0.5]), "orog": np.array(8.0)}
    >>> computed("atmosphere_hybrid_height_coordinate", terms)
    array([ 8., 24.])
    """
    with np.errstate(all="ignore"):
        return np.asarray(FORMULAS[formula].compute(terms))


def dried(formula: str, terms: Terms) -> dict[str, Array]:
    """Return the terms to change so that heights are missing where an ocean has no thickness.

    On land, all levels of some models are at height 0.

    >>> terms = {"depth": np.array([0.0, 9.0]), "eta": np.array([0.0, 1.0])}
    >>> dried("ocean_sigma_coordinate", terms)["eta"]
    array([nan,  1.])
    """
    if not formula.startswith("ocean_"):
        return {}
    dry = np.asarray(terms["depth"] + terms["eta"] == 0)
    return {"eta": np.where(dry, np.nan, terms["eta"])} if dry.any() else {}
