"""The one filter language of lists: text to terms and back. Pure; each list has its own fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Final

from abusedesk.core.errors import InvalidError

MAX_CHARS: Final = 2_000
MAX_TERMS: Final = 40
MAX_VALUES: Final = 50
SHOWN: Final = 40  # characters of a value in a sentence about it
OPERATORS: Final = (">=", "<=", ">", "<")
UNITS: Final = {
    "m": timedelta(minutes=1), "h": timedelta(hours=1),
    "d": timedelta(days=1), "w": timedelta(weeks=1),
}  # fmt: skip

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*(?:\.[\w.-]+)?:", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_BARE: Final = {"": re.compile(r"\S+"), ",": re.compile(r"[^\s,]+")}
_RELATIVE: Final = re.compile(r"(\d{1,5})([mhdw])")


class QueryError(InvalidError):
    """What is wrong with a query, one sentence a fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults), field="q")
        self.faults = faults


class ValueFaultError(ValueError):
    """A value that a field cannot use; the text says what it takes."""


@dataclass(frozen=True, slots=True)
class Field:
    """One token that a list knows.

    clean: the canonical value; raises ValueFaultError. open: `name.key:` takes any key.
    compares: the value may begin with an operator.
    """

    name: str
    help: str
    example: str
    clean: Callable[[str], str] = str.strip
    open: bool = False
    compares: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: any of `values`. name: "" for words; `attr.key` for a field that is open."""

    name: str
    values: tuple[str, ...]
    negated: bool = False
    operator: str = ""

    @property
    def field(self) -> str:
        """The name without the key."""
        return self.name.partition(".")[0]

    @property
    def key(self) -> str:
        """What stands behind the point of an open field."""
        return self.name.partition(".")[2]

    def __str__(self) -> str:
        if not self.name:
            return f"{'-' * self.negated}{_written(self.values[0], alone=True)}"
        values = ",".join(_written(value) for value in self.values)
        return f"{'-' * self.negated}{self.name}:{self.operator}{values}"


@dataclass(frozen=True, slots=True)
class Query:
    """All terms hold at once."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def without(self, gone: Term) -> Query:
        """The rest."""
        return Query(tuple(term for term in self.terms if term != gone))

    def adding(self, term: Term) -> Query:
        """One term more, once."""
        return self if term in self.terms else Query((*self.terms, term))

    def replacing(self, *terms: Term) -> Query:
        """These instead of all terms of their names."""
        names = {term.name for term in terms}
        return Query((*(one for one in self.terms if one.name not in names), *terms))


Fields = Mapping[str, Field]


def parse(text: str, fields: Fields) -> Query:
    """Terms of `text`, values in canonical form. Raises QueryError that names every fault."""
    faults = _too_much(text)
    if faults:
        raise QueryError(faults)
    terms: dict[Term, None] = {}
    for term in _split(text, faults):
        try:
            terms.setdefault(_checked(term, fields))
        except ValueFaultError as fault:
            faults.append(str(fault))
    if len(terms) > MAX_TERMS:
        faults.append(f"A query may have {MAX_TERMS} conditions; this one has {len(terms)}.")
    if faults:
        raise QueryError(faults)
    return Query(tuple(terms))


def moment(value: str, now: datetime) -> datetime:
    """`2d` is two days before `now`; else a date or a time, UTC unless it says otherwise.

    Raises ValueFaultError.
    """
    if found := _RELATIVE.fullmatch(value):
        return now - int(found[1]) * UNITS[found[2]]
    try:
        exact = datetime.fromisoformat(value)
        return exact.replace(tzinfo=exact.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        message = "takes a time such as 2d, 3h, 2026-11-01 or 2026-11-01T12:00"
        raise ValueFaultError(message) from None


def clean_moment(value: str) -> str:
    """`clean` of fields that hold a time."""
    moment(value, datetime(2000, 1, 1, tzinfo=UTC))
    return value


def one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """`clean` of fields with a closed vocabulary."""

    def clean(value: str) -> str:
        if value.lower() in choices:
            return value.lower()
        message = f"takes one of {', '.join(choices)}{_nearest(value.lower(), choices)}"
        raise ValueFaultError(message)

    return clean


def _too_much(text: str) -> list[str]:
    if len(text) > MAX_CHARS:
        return [f"A query may have {MAX_CHARS:,} characters; this one has {len(text):,}."]
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        return ["The query holds a character that no text has."]
    return []


def _split(text: str, faults: list[str]) -> Iterator[Term]:
    """Raw terms in order; what cannot be read is told in `faults` and passed over."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        negated = text[at] == "-"
        start = at + negated
        if start >= len(text) or text[start].isspace():
            faults.append("A minus needs what it excludes right behind it.")
            at = start
            continue
        named = _NAME.match(text, start)
        name = named[0][:-1] if named else ""
        values, at = _values(text, named.end() if named else start, "," if named else "", faults)
        if values or name:
            yield Term(_lower(name), tuple(values), negated)


def _values(text: str, at: int, comma: str, faults: list[str]) -> tuple[list[str], int]:
    """Values from `at` on, divided by `comma`, and where they end."""
    values: list[str] = []
    while True:
        value, at = _value(text, at, comma, faults)
        values += [value] if value is not None else []
        if not comma or text[at : at + 1] != comma:
            return values, at
        at += 1


def _value(text: str, at: int, comma: str, faults: list[str]) -> tuple[str | None, int]:
    if text[at : at + 1] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            faults.append(f"The quote before {_shown(text[at + 1 :])} is not closed.")
            return None, len(text)
        return _ESCAPED.sub(r"\1", quoted[1]), quoted.end()
    bare = _BARE[comma].match(text, at)
    return (bare[0], bare.end()) if bare else (None, at)


def _checked(term: Term, fields: Fields) -> Term:
    """The term with canonical values. Raises ValueFaultError."""
    if not term.name:
        if not term.values[0].strip():
            message = "The quotes are empty."
            raise ValueFaultError(message)
        return term
    field = fields.get(term.field)
    if field is None or field.open != bool(term.key):
        raise ValueFaultError(_unknown(term, fields))
    if field.compares:
        term = _compared(term)
    if not all(value.strip() for value in term.values) or not term.values:
        message = f"{term.name}: needs a value, for example {field.example}."
        raise ValueFaultError(message)
    if len(term.values) > MAX_VALUES:
        message = f"{term.name}: takes {MAX_VALUES} values."
        raise ValueFaultError(message)
    return replace(term, values=tuple(dict.fromkeys(_cleaned(field, term))))


def _cleaned(field: Field, term: Term) -> Iterator[str]:
    for value in term.values:
        try:
            yield field.clean(value.strip())
        except ValueFaultError as fault:
            message = f"{term.name}: {fault}; {_shown(value)} is none."
            raise ValueFaultError(message) from None


def _compared(term: Term) -> Term:
    first = term.values[0] if term.values else ""
    operator = next((one for one in OPERATORS if first.startswith(one)), "")
    return replace(term, operator=operator, values=(first[len(operator) :], *term.values[1:]))


def _unknown(term: Term, fields: Fields) -> str:
    known = fields.get(term.field)
    if known is not None and known.open:
        return f"{term.name}: needs a key, for example {known.example}."
    if term.values and term.values[0].startswith("//") and "url" in fields:
        return f"{term.name}: is no token. For a link write url:{term.name}:{term.values[0]}"
    names = [f"{name}:" for name in fields]
    return f"{term.name}: is no token of this list{_nearest(f'{term.name}:', names)}."


def _nearest(value: str, known: tuple[str, ...] | list[str]) -> str:
    close = get_close_matches(value, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _lower(name: str) -> str:
    """Names are small letters, keys stay as they are."""
    field, point, key = name.partition(".")
    return f"{field.lower()}{point}{key}"


def _shown(value: str) -> str:
    """Enough of a value to find it again."""
    return value if len(value) <= SHOWN else f"{value[:SHOWN]}…"


def _written(value: str, *, alone: bool = False) -> str:
    """A value as it must be typed. alone: it has no name before it."""
    bare = _BARE["" if alone else ","].fullmatch(value) and not value.startswith('"')
    if alone:
        bare = bare and not value.startswith("-") and not _NAME.match(value)
    elif value.startswith(OPERATORS):
        bare = False
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return value if bare else f'"{escaped}"'
