"""Records: values with named fields, in classes that are cheap to define.

A frozen dataclass or a named tuple compiles methods and annotations when its module is imported.
The help pages import the tables of commands, operators and formats, which hold records instead.
"""

from __future__ import annotations

from typing import Any, NoReturn, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """What a frozen dataclass is, for type checkers and in use; fields are not inherited.

    >>> class Point(Record):
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1).replace(y=2), Point(1) == Point(x=1, y=0)
    (Point(x=1, y=0), Point(x=1, y=2), True)
    """

    def __init__(self, *values: Any, **named: Any) -> None:
        kind, fields = type(self), self.__annotations__
        given = dict(zip(fields, values, strict=False))
        twice = given.keys() & named.keys()
        given.update(named)
        missing = [name for name in fields if name not in given and not hasattr(kind, name)]
        if missing or twice or given.keys() - fields.keys() or len(values) > len(fields):
            raise TypeError(f"{kind.__name__} takes {', '.join(fields)}, each once")
        self.__dict__.update(given)

    def replace(self, **changes: Any) -> Self:
        """Return the record with other values of some fields."""
        return type(self)(**(self.__dict__ | changes))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change: replace() makes another")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__annotations__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        told = zip(self.__annotations__, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in told)})"
