"""Records: classes of named values, which are cheap to define.

A dataclass writes and compiles its methods when its module is imported. That took a third of the
time in which the command starts, so here all records share the methods below. Type checkers see
the decorator and the functions of ``dataclasses`` themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["field", "record", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
    from dataclasses import field, replace
else:
    from functools import partial

    REQUIRED = object()

    class field:  # noqa: N801  it is called as that of dataclasses
        """The default of a field that is made anew for every record."""

        def __init__(self, default_factory: Any) -> None:
            self.make = default_factory

    def record(
        cls: Any = None, /, *, frozen: bool = False, eq: bool = True, kw_only: bool = False
    ) -> Any:
        """Make a record of a class, as ``dataclasses.dataclass`` does.

        >>> @record(frozen=True)
        ... class Point:
        ...     x: int
        ...     y: int = 0
        >>> Point(1), replace(Point(1), y=2), Point(1) == Point(x=1, y=0)
        (Point(x=1, y=0), Point(x=1, y=2), True)
        """
        if cls is None:
            return partial(record, frozen=frozen, eq=eq, kw_only=kw_only)
        cls.__fields__ = fields = _fields(cls)
        cls.__open__ = [n for n, d in fields.items() if d is REQUIRED or isinstance(d, field)]
        methods = {"__init__": _init, "__repr__": _repr}
        if eq:
            methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
        if frozen:
            methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
        for name, method in methods.items():
            if name not in cls.__dict__:
                setattr(cls, name, method)
        return cls

    def replace(made: Any, /, **changes: Any) -> Any:
        """Return a record with other values of some fields, as ``dataclasses.replace`` does."""
        state, fields, kind = made.__dict__, made.__fields__, type(made)
        if len(state) > len(fields):  # what was computed once is computed anew
            state = {name: state[name] for name in fields}
        other = kind.__new__(kind)
        other.__dict__.update(state, **changes)
        if len(other.__dict__) > len(fields):
            raise TypeError(_takes(made))
        if hasattr(other, "__post_init__"):
            other.__post_init__()
        return other

    def _fields(cls: Any) -> dict[str, Any]:
        """Return the fields of a class with their defaults, those of its bases first."""
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            fields |= base.__dict__.get("__fields__", {})
        for name, kind in cls.__annotations__.items():
            if not kind.startswith("ClassVar"):
                fields[name] = default = cls.__dict__.get(name, REQUIRED)
                if isinstance(default, field):
                    delattr(cls, name)  # it is no value
        return fields

    def _init(self: Any, *values: Any, **named: Any) -> None:
        state, fields = self.__dict__, self.__fields__
        state.update(fields)  # in order, with the defaults
        if values:
            given = dict(zip(fields, values, strict=False))
            if len(values) > len(fields) or not given.keys().isdisjoint(named):
                raise TypeError(_takes(self))
            state.update(given)
        state.update(named)
        if len(state) > len(fields):
            raise TypeError(_takes(self))
        for name in self.__open__:
            value = state[name]
            if value is REQUIRED:
                raise TypeError(f"{type(self).__name__} lacks {name}")
            if value is fields[name]:
                state[name] = value.make()
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    def _takes(made: Any) -> str:
        return f"{type(made).__name__} takes {', '.join(made.__fields__)}, each once"

    def _values(made: Any) -> tuple[Any, ...]:
        # They stand in order, before what was computed later.
        return tuple(made.__dict__.values())[: len(made.__fields__)]

    def _repr(self: Any) -> str:
        told = zip(self.__fields__, _values(self), strict=True)
        return (
            f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in told)})"
        )

    def _eq(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _values(self) == _values(other)

    def _hash(self: Any) -> int:
        return hash(_values(self))

    def _refuse(self: Any, name: str, *value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} does not change: replace() makes another")
