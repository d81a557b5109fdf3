"""A property that is computed once for an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

OneT = TypeVar("OneT")
ValueT = TypeVar("ValueT")


def once(make: Callable[[OneT], ValueT]) -> Once[OneT, ValueT]:
    """The decorator."""
    return Once(make)


class Once(Generic[OneT, ValueT]):
    """`functools.cached_property` without its lock, which Python 3.11 takes for every first value.

    A signal has several of them, each wanted once: the lock was half of their cost. Two threads
    may both compute a value; it is the same.
    """

    def __init__(self, make: Callable[[OneT], ValueT]) -> None:
        self._make = make
        self._name = ""
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, one: None, owner: type[Any]) -> Self: ...

    @overload
    def __get__(self, one: OneT, owner: type[Any]) -> ValueT: ...

    def __get__(self, one: OneT | None, owner: type[Any]) -> Self | ValueT:
        if one is None:
            return self
        value: ValueT = self._make(one)
        one.__dict__[self._name] = value
        return value
