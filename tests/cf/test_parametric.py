"""The formulas of Appendix D, each against its text, point by point."""

from __future__ import annotations

from math import sinh, tanh

import numpy as np
import pytest

from gradcli.cf.parametric import FORMULAS, ROOM, computed, dried, terms_of
from gradcli.cf.roles import is_parametric

RNG = np.random.default_rng(1)
PLANE = (3, 4)
DEPTH, ETA = RNG.uniform(30, 4000, PLANE), RNG.normal(0, 1, PLANE)
LEVELS = np.linspace(-0.95, -0.05, 5)
STRETCHED = -(LEVELS**2)
COLUMN = {
    "sigma": LEVELS,
    "s": LEVELS,
    "C": STRETCHED,
    "ap": np.linspace(200, 0, 5),
    "a": np.linspace(0.2, 0, 5),
    "b": np.linspace(0, 1, 5),
}
PLANES = {"depth": DEPTH, "eta": ETA, "ps": DEPTH * 20, "orog": DEPTH}
NUMBERS = {"depth_c": 20.0, "p0": 1e5, "ptop": 100.0}


def ocean_s(s, eta, depth, depth_c, a=5.0, b=0.4):
    stretched = (1 - b) * sinh(a * s) / sinh(a) + b * (
        tanh(a * (s + 0.5)) / (2 * tanh(0.5 * a)) - 0.5
    )
    return eta * (1 + s) + depth_c * s + (depth - depth_c) * stretched


def ocean_s_g1(s, C, eta, depth, depth_c):  # noqa: N803
    level = depth_c * s + (depth - depth_c) * C
    return level + eta * (1 + level / depth)


def ocean_s_g2(s, C, eta, depth, depth_c):  # noqa: N803
    return eta + (eta + depth) * ((depth_c * s + depth * C) / (depth_c + depth))


TEXTS = [
    (
        "ocean_sigma_coordinate",
        "sigma eta depth",
        lambda sigma, eta, depth: eta + sigma * (depth + eta),
    ),
    ("ocean_s_coordinate_g1", "s C eta depth depth_c", ocean_s_g1),
    ("ocean_s_coordinate_g2", "s C eta depth depth_c", ocean_s_g2),
    (
        "atmosphere_sigma_coordinate",
        "sigma ps ptop",
        lambda sigma, ps, ptop: ptop + sigma * (ps - ptop),
    ),
    (
        "atmosphere_hybrid_sigma_pressure_coordinate",
        "ap b ps",
        lambda ap, b, ps: ap + b * ps,
    ),
    (
        "atmosphere_hybrid_sigma_pressure_coordinate",
        "a b ps p0",
        lambda a, b, ps, p0: a * p0 + b * ps,
    ),
    ("atmosphere_hybrid_height_coordinate", "a b orog", lambda a, b, orog: a + b * orog),
]


@pytest.mark.parametrize(("name", "terms", "text"), TEXTS)
def test_a_formula_is_that_of_the_conventions(name, terms, text) -> None:
    given = {}
    for term in terms.split():
        if term in COLUMN:
            given[term] = COLUMN[term][:, None, None]
        else:
            given[term] = PLANES.get(term, NUMBERS.get(term))
    found = computed(name, given)
    assert found.shape == (5, *PLANE)
    for k, j, i in np.ndindex(found.shape):
        here = {
            term: COLUMN[term][k] if term in COLUMN else values
            for term, values in ((t, NUMBERS.get(t)) for t in terms.split())
        }
        here |= {term: PLANES[term][j, i] for term in here if term in PLANES}
        assert found[k, j, i] == pytest.approx(text(**here), rel=1e-13)


def test_the_first_s_coordinate_takes_its_stretching_from_two_numbers() -> None:
    given = {"s": LEVELS[:, None, None], "eta": ETA, "depth": DEPTH, "depth_c": 20.0}
    found = computed("ocean_s_coordinate", given | {"a": 5.0, "b": 0.4})
    for k, j, i in np.ndindex(found.shape):
        expected = ocean_s(LEVELS[k], ETA[j, i], DEPTH[j, i], 20.0)
        assert found[k, j, i] == pytest.approx(expected, rel=1e-12)


def test_an_ocean_without_thickness_has_no_heights() -> None:
    depth, eta = np.array([0.0, 10.0]), np.zeros(2)
    for name in ("ocean_sigma_coordinate", "ocean_s_coordinate_g1", "ocean_s_coordinate_g2"):
        given = {"sigma": -0.5, "s": -0.5, "C": -0.2, "eta": eta, "depth": depth, "depth_c": 5.0}
        found = computed(name, given | dried(name, given))
        assert np.isnan(found).tolist() == [True, False]
    assert dried("atmosphere_sigma_coordinate", {}) == {}


@pytest.mark.parametrize(("name", "terms", "text"), TEXTS)
def test_a_room_for_the_product_changes_no_number(name, terms, text) -> None:
    every = COLUMN | PLANES | NUMBERS
    given = {term: every[term] for term in terms.split()}
    given |= {term: values[:, None, None] for term, values in given.items() if term in COLUMN}
    for size in (5 * PLANE[0] * PLANE[1], 4):
        found = computed(name, given | {ROOM: np.empty(size)})
        np.testing.assert_array_equal(found, computed(name, given))


def test_terms_are_read_as_files_spell_them() -> None:
    assert terms_of("a: hyam b: hybm  p0: P0 ps:PS") == {
        "a": "hyam",
        "b": "hybm",
        "p0": "P0",
        "ps": "PS",
    }
    assert terms_of("") == {}
    assert all(is_parametric(name) for name in FORMULAS)
    assert is_parametric("atmosphere_sleve_coordinate")
