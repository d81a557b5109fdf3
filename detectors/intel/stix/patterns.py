"""Patterns of STIX, as far as single values can stand for them.

Comparisons with `=` and IN, joined by OR, in one observation or in several that OR joins; AND where
it describes one thing: an account and its platform, a file by several hashes. The rest is said to
be not matched here, in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MAX_LENGTH: Final = 64 * 1024
MAX_DEPTH: Final = 10
MAX_CLAUSES: Final = 200
"""Alternatives of one pattern; more is a list that should be several indicators."""
_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<path>[a-z][a-z0-9-]*:[A-Za-z_](?:[\w-]|\.(?:'[^'\\]*'|[A-Za-z_])|\[(?:\d+|\*)\])*)
    | (?P<word>[A-Za-z]+)
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<mark><=|>=|!=|[\[\]()=<>,])
    )""",
    re.VERBOSE,
)
_ENDS: Final = frozenset({"WITHIN", "REPEATS", "START", "STOP"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One property of an observable, and the values any of which it may have."""

    type: str
    path: str
    values: tuple[str, ...]


Clause = tuple[Comparison, ...]
"""What must hold together."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Alternatives that were understood; why not, where none was or some were not."""

    clauses: tuple[Clause, ...] = ()
    why: str = ""


class _UnknownError(ValueError):
    """The pattern, or this part of it, is not matched here."""


def read_pattern(text: str) -> Pattern:
    """The alternatives of a pattern; `why` says what cannot be matched. Never raises."""
    try:
        tokens = list(_tokens(text))
        reader = _Reader(tokens)
        return Pattern(tuple(reader.observations()))
    except _UnknownError as error:
        return Pattern(why=str(error))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > MAX_LENGTH:
        message = f"A pattern has at most {MAX_LENGTH // 1024} KiB."
        raise _UnknownError(message)
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            message = f"It cannot be read from here: {text[at : at + 30]}"
            raise _UnknownError(message)
        yield str(found.lastgroup), found[str(found.lastgroup)]
        at = found.end()


class _Reader:
    """Reads tokens by descent."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._tokens, self._at = tokens, 0

    def observations(self) -> list[Clause]:
        """`[...]`, or several that OR joins."""
        found: list[Clause] = []
        while True:
            self._expect("[")
            found += self._either(0)
            self._expect("]")
            word = self._take_word()
            if not word and self._at == len(self._tokens):
                return _few(found)
            if word != "OR":
                message = f"{word or 'What follows'} needs several observations together."
                raise _UnknownError(message)

    def _either(self, depth: int) -> list[Clause]:
        if depth > MAX_DEPTH:
            message = "It is nested too deeply."
            raise _UnknownError(message)
        found = self._both(depth)
        while self._peek("OR"):
            self._at += 1
            found = _few([*found, *self._both(depth)])
        return found

    def _both(self, depth: int) -> list[Clause]:
        found = self._one(depth)
        while self._peek("AND"):
            self._at += 1
            other = self._one(depth)
            found = _few([(*left, *right) for left in found for right in other])
        return found

    def _one(self, depth: int) -> list[Clause]:
        kind, said = self._next()
        if said == "(" and kind == "mark":
            found = self._either(depth + 1)
            self._expect(")")
            return found
        if kind != "path":
            message = f"{said or 'Its end'} stands where a property is expected."
            raise _UnknownError(message)
        type, _, path = said.partition(":")
        return [(Comparison(type, path, self._values()),)]

    def _values(self) -> tuple[str, ...]:
        kind, said = self._next()
        if said == "=":
            return (self._text(),)
        if kind == "word" and said.upper() == "IN":
            self._expect("(")
            values = [self._text()]
            while self._peek(","):
                self._at += 1
                values.append(self._text())
            self._expect(")")
            return tuple(values)
        message = f"A comparison with {said or 'nothing'} is not matched by single values."
        raise _UnknownError(message)

    def _text(self) -> str:
        kind, said = self._next()
        if kind == "string":
            return re.sub(r"\\(.)", r"\1", said[1:-1], flags=re.DOTALL)
        if kind == "number":
            return said
        message = f"{said or 'Its end'} stands where a value is expected."
        raise _UnknownError(message)

    def _peek(self, said: str) -> bool:
        at = self._tokens[self._at : self._at + 1]
        return bool(at) and at[0][0] in ("word", "mark") and at[0][1].upper() == said

    def _take_word(self) -> str:
        kind, said = self._next()
        return said.upper() if kind == "word" else said

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            return "", ""
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, mark: str) -> None:
        _, said = self._next()
        if said != mark:
            message = f"{said or 'Its end'} stands where {mark} is expected."
            raise _UnknownError(message)


def _few(found: list[Clause]) -> list[Clause]:
    if len(found) > MAX_CLAUSES:
        message = f"It has more than {MAX_CLAUSES} alternatives."
        raise _UnknownError(message)
    return found
