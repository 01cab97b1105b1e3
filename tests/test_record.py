"""Records are dataclasses in use."""

from __future__ import annotations

import pickle
from typing import ClassVar

import pytest

from gradcli.record import field, record, replace


@record(frozen=True)
class Point:
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
    with pytest.raises(TypeError, match=r"Point takes x, y, each once|Point lacks x"):
        Point(*values, **named)
    if values == (1,):
        with pytest.raises(TypeError, match="each once"):
            replace(Point(1), z=2)


def test_a_record_does_not_change():
    point = Point(1)
    with pytest.raises(AttributeError, match="replace"):
        point.x = 2
    with pytest.raises(AttributeError, match="does not change"):
        del point.x
    assert (replace(point, x=2), point) == (Point(2), Point(1))


def test_records_are_equal_if_their_kind_and_values_are():
    @record(frozen=True)
    class Other:
        x: int
        y: int = 0

    assert Point(1) == Point(1, 0)
    assert hash(Point(1)) == hash(Point(1, 0))
    assert Point(1) != Point(2)
    assert Point(1) != Other(1)
    assert Point(1) != (1, 0)
    assert pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)
    assert repr(Point(1)) == "Point(x=1, y=0)"


@record
class Counted:
    count: int = 0
    seen: list[int] = field(default_factory=list)
    kind: ClassVar[str] = "any"

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("a count is not negative")


@record(frozen=True)
class Deep(Point):
    z: int = 5
    kind: ClassVar[str] = "deep"


def test_a_record_that_is_not_frozen_changes_and_has_no_hash():
    made = Counted()
    made.count += 1
    made.seen.append(3)
    assert (made, Counted().seen) == (Counted(1, [3]), [])
    with pytest.raises(TypeError, match="unhashable"):
        hash(made)


def test_values_are_checked_after_they_are_set():
    with pytest.raises(ValueError, match="not negative"):
        Counted(-1)
    with pytest.raises(ValueError, match="not negative"):
        replace(Counted(), count=-1)


def test_fields_are_inherited_and_constants_of_a_class_are_none():
    deep = Deep(1, z=2)
    assert (deep.x, deep.y, deep.z, deep.kind, deep.total) == (1, 0, 2, "deep", 1)
    assert deep == Deep(1, z=2) != Deep(1)
    assert repr(deep) == "Deep(x=1, y=0, z=2)"
    assert list(vars(pickle.loads(pickle.dumps(deep)))) == ["x", "y", "z"]
