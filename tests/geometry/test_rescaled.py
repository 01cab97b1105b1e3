"""Derivatives per other units than those of a geometry."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from gradcli.geometry.factors import AxisFactor, Factor, Site
from gradcli.geometry.rescaled import InLengths, Times
from gradcli.geometry.terms import Plain, Term
from gradcli.model.protocols import Source
from gradcli.numerics.operator import Operator, Wanted
from gradcli.numerics.operators import make_operator

WINDOW = (slice(0, 2), slice(1, 3))
SITE = Site(cast(Source, None), WINDOW)  # these factors read nothing
GRADIENT: Operator = make_operator("gradient")


class Metres(Plain):
    """A geometry in metres along its first two axes, with a term that nothing differentiates."""

    def __init__(self, after: Factor | None) -> None:
        super().__init__(False)
        self.units = {0: "m", 1: "m"}
        self._after = after

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        return [Term(0, wanted.along, None, self._after), Term(1, (), None, self._after)]


@pytest.mark.parametrize("after", [None, AxisFactor(1, np.arange(4.0)), Times(None, 3.0)])
def test_every_term_of_a_partial_is_multiplied(after: Factor | None) -> None:
    geometry = InLengths(Metres(after), {0: ("km", 1000.0), 1: ("ft", 0.3048)})
    assert geometry.units == {0: "km", 1: "ft"}
    before = np.ones((1, 1)) if after is None else after.at(WINDOW, SITE)
    for along, number in {(0,): 1e3, (1,): 0.3048, (0, 0): 1e6, (0, 1): 304.8, (2,): 1.0}.items():
        found = geometry.terms(Wanted(0, along), GRADIENT)
        assert len(found) == 2
        for term in found:
            scaled = before if term.after is None else term.after.at(WINDOW, SITE)
            np.testing.assert_allclose(scaled, number * before, rtol=1e-15)
            assert term.after is None or term.after.scratch >= 0
