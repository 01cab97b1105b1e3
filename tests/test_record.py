"""Records are frozen dataclasses in use."""

from __future__ import annotations

import pickle

import pytest

from gradcli.record import Record


class Point(Record):
    x: int
    y: int = 0

    @property
    def total(self) -> int:
        return self.x + self.y


def test_values_are_given_in_order_or_by_name():
    for made in (Point(1, 2), Point(1, y=2), Point(y=2, x=1)):
        assert (made.x, made.y, made.total) == (1, 2, 3)
    assert Point(1).y == 0


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), ((), {"y": 1}), ((1, 2, 3), {}), ((1,), {"x": 1}), ((1,), {"z": 1})],
)
def test_other_values_are_refused(values, named):
    with pytest.raises(TypeError, match="Point takes x, y, each once"):
        Point(*values, **named)
    if values == (1,):
        with pytest.raises(TypeError, match="each once"):
            Point(1).replace(z=2)


def test_a_record_does_not_change():
    point = Point(1)
    with pytest.raises(AttributeError, match="replace"):
        point.x = 2
    with pytest.raises(AttributeError, match="does not change"):
        del point.x
    assert (point.replace(x=2), point) == (Point(2), Point(1))


def test_records_are_equal_if_their_kind_and_values_are():
    class Other(Record):
        x: int
        y: int = 0

    assert Point(1) == Point(1, 0)
    assert hash(Point(1)) == hash(Point(1, 0))
    assert Point(1) != Point(2)
    assert Point(1) != Other(1)
    assert Point(1) != (1, 0)
    assert pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)
    assert repr(Point(1)) == "Point(x=1, y=0)"
