"""Whether one signal meets a rule's conditions, and a trace of each that people can check.

Texts are compared without regard to case, as Sigma says, unless a check is `cased`. Regular
expressions run on RE2, which takes linear time for any pattern.
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import re2

from detectors.base import Signal
from detectors.sigma.fields import Atom, Atoms, values_of
from detectors.sigma.model import Check, Every, Expr, Not, Op, Pattern, Some, Wild

SHOWN_VALUES: Final = 5
SHOWN_CHARS: Final = 200
WORDS: Final = {
    Op.LIKE: "is",
    Op.EQUALS: "is",
    Op.LT: "is less than",
    Op.LTE: "is at most",
    Op.GT: "is more than",
    Op.GTE: "is at least",
    Op.CIDR: "lies in",
    Op.RE: "matches",
}
COMPARE: Final[dict[Op, Callable[[Any, Any], bool]]] = {
    Op.LT: operator.lt,
    Op.LTE: operator.le,
    Op.GT: operator.gt,
    Op.GTE: operator.ge,
}


class Traced(NamedTuple):
    """One line of a trace: a check, or a word that joins those below it.

    depth: how far in. found: values of the field, shortened, empty for a joining word. met: whether
    it holds.
    """

    depth: int
    text: str
    found: tuple[str, ...]
    met: bool
    is_check: bool = True


def meets(signal: Signal, expr: Expr) -> bool:
    """Whether the conditions hold for a signal."""
    match expr:
        case Check():
            return _holds(expr, values_of(signal, expr.field))
        case Not(part):
            return not meets(signal, part)
        case Every(parts):
            return all(meets(signal, part) for part in parts)
        case Some(parts):
            return any(meets(signal, part) for part in parts)


def trace(signal: Signal, expr: Expr, depth: int = 0) -> list[Traced]:
    """Every condition with what it found, whether or not another one has decided already."""
    met = meets(signal, expr)
    match expr:
        case Check():
            found = tuple(_shown(one) for one in values_of(signal, expr.field)[:SHOWN_VALUES])
            return [Traced(depth, worded(expr), found, met)]
        case Not(part):
            return [
                Traced(depth, "not", (), met, is_check=False), *trace(signal, part, depth + 1),
            ]  # fmt: skip
        case Every(parts) | Some(parts):
            word = "all of" if isinstance(expr, Every) else "one of"
            lines = [line for part in parts for line in trace(signal, part, depth + 1)]
            return [Traced(depth, word, (), met, is_check=False), *lines]


def worded(check: Check) -> str:
    """A check as people read it."""
    if check.op is Op.EXISTS:
        return f"{check.field} {'is there' if check.wanted else 'is not there'}"
    if check.op is not Op.LIKE:
        return f"{check.field} {WORDS[check.op]} {_said(check.wanted)}"
    word, text = _like_words(check.wanted)
    return f"{check.field} {word} “{text}”{' (exact case)' if check.cased else ''}"


def folded(text: str) -> str:
    """Lower case, letter by letter, as Postgres' lower() does it."""
    if text.isascii():
        return text.lower()
    return (
        text.replace("\u0130", "i").replace("\u03a3", "\u03c3").lower()
    )  # capital sigma: lower() looks around it


def as_text(value: Atom) -> str:
    """A value as a text, as JSON writes it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@cache
def shape_of(pattern: Pattern) -> tuple[str, str]:
    """How a pattern is looked for: equals, contains, starts, ends or pattern; and its text."""
    texts = [one for one in pattern if not isinstance(one, Wild)]
    text = "".join(texts)
    kinds = tuple(one if isinstance(one, Wild) else "t" for one in pattern)
    return _SHAPES.get(kinds, "pattern"), text


@lru_cache(maxsize=1_024)
def compiled(pattern: str) -> Any:
    """A regular expression of RE2. Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(pattern, options)


_SHAPES: Final[dict[Pattern, str]] = {
    ("t",): "equals",
    (Wild.MANY, "t", Wild.MANY): "contains",
    ("t", Wild.MANY): "starts",
    (Wild.MANY, "t"): "ends",
}
_LOOK: Final[dict[str, Callable[[str, str], bool]]] = {
    "equals": operator.eq,
    "contains": operator.contains,
    "starts": str.startswith,
    "ends": str.endswith,
}
_LIKE_WORDS: Final = {
    "equals": "is",
    "contains": "contains",
    "starts": "begins with",
    "ends": "ends with",
    "pattern": "looks like",
}


def _holds(check: Check, values: Atoms) -> bool:
    if check.op is Op.EXISTS:
        return bool(values) is check.wanted
    return any(_TESTS[check.op](check, value) for value in values)


def _like(check: Check, value: Atom) -> bool:
    text = as_text(value)
    kind, wanted = shape_of(check.wanted)
    if kind == "pattern":
        return (
            compiled(_regex(check.wanted, cased=check.cased)).search(_printable(text)) is not None
        )
    if not check.cased:
        text, wanted = folded(text), folded(wanted)
    return _LOOK[kind](text, wanted)


def _equals(check: Check, value: Atom) -> bool:
    if isinstance(value, str) or isinstance(check.wanted, bool):
        return folded(as_text(value)) == folded(as_text(check.wanted))
    return not isinstance(value, bool) and value == check.wanted


def _compares(check: Check, value: Atom) -> bool:
    if isinstance(value, str | bool):
        return False
    return COMPARE[check.op](value, check.wanted)


def _within(check: Check, value: Atom) -> bool:
    try:
        return ipaddress.ip_address(as_text(value)) in _network(check.wanted)
    except ValueError:
        return False


def _matches(check: Check, value: Atom) -> bool:
    return compiled(check.wanted).search(_printable(as_text(value))) is not None


@lru_cache(maxsize=256)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


@lru_cache(maxsize=1_024)
def _regex(pattern: Pattern, *, cased: bool) -> str:
    joints = {Wild.MANY: ".*", Wild.ONE: "."}
    parts = [joints[one] if isinstance(one, Wild) else re2.escape(one) for one in pattern]
    return f"(?s{'' if cased else 'i'})^(?:{''.join(parts)})$"


def _printable(text: str) -> str:
    """Without halves of surrogate pairs, which RE2 cannot be given."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


_TESTS: Final[dict[Op, Callable[[Check, Atom], bool]]] = {
    Op.LIKE: _like,
    Op.EQUALS: _equals,
    Op.CIDR: _within,
    Op.RE: _matches,
    **dict.fromkeys(COMPARE, _compares),
}


def _like_words(pattern: Pattern) -> tuple[str, str]:
    kind, text = shape_of(pattern)
    whole = "".join(one.value if isinstance(one, Wild) else one for one in pattern)
    return _LIKE_WORDS[kind], _shown(whole if kind == "pattern" else text)


def _said(wanted: Any) -> str:
    return _shown(as_text(wanted))


def _shown(value: Atom) -> str:
    text = as_text(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
