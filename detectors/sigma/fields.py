"""The fields of a signal that rules may use: what each means, and how it is read of a signal.

How SQL reads the same field stands in `columns.py`; a test compares them value by value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from detectors import normalise
from detectors.base import HOUR_S, MAX_IDENTIFIERS, Signal

Atom = str | int | float | bool
Atoms = tuple[Atom, ...]
MAX_ATOMS: Final = 100


class Shape(StrEnum):
    """What the values of a field are."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "yes or no"
    ANY = "text, number or yes/no"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. many: whether a signal may have several values; each is looked at.

    common: whether the form offers it. open: the name goes on after the dot.
    """

    name: str
    what: str
    example: str
    read: Callable[[Signal, str], Iterable[Any]]
    shape: Shape = Shape.TEXT
    many: bool = False
    common: bool = False
    open: bool = False

    @property
    def shown(self) -> str:
        """The name as pages write it."""
        return f"{self.name}<name>" if self.open else self.name


def field_named(name: str) -> Field | None:
    """The field of that name; None where there is none, or an open one has no name."""
    if (found := FIELDS.get(name)) and not found.open:
        return found
    prefix, dot, key = name.partition(".")
    field = FIELDS.get(f"{prefix}{dot}")
    return field if field is not None and _KEYS[field.name].fullmatch(key) else None


def values_of(signal: Signal, name: str) -> Atoms:
    """What a signal holds in a field: texts that are not empty, numbers, yes or no."""
    field = field_named(name)
    if field is None:
        return ()
    found = field.read(signal, name.partition(".")[2] if field.open else "")
    return tuple(islice((one for one in found if _counts(one)), MAX_ATOMS))


def key_of(name: str) -> str:
    """What follows the dot of an open field."""
    return name.partition(".")[2]


def _counts(value: Any) -> bool:
    """Whether a value is one: nothing, an empty text, a list inside a list are none."""
    return value != "" if isinstance(value, str) else isinstance(value, int | float)


def _profile(name: str) -> Callable[[Signal, str], Iterable[Any]]:
    return lambda signal, _: (getattr(signal.profile, name),) if signal.profile else ()


def _ai(name: str) -> Callable[[Signal, str], Iterable[Any]]:
    return lambda signal, _: (getattr(signal.ai, name),) if signal.ai else ()


def _of_signal(name: str) -> Callable[[Signal, str], Iterable[Any]]:
    return lambda signal, _: (getattr(signal, name),)


def _listed(name: str) -> Callable[[Signal, str], Iterable[Any]]:
    return lambda signal, _: getattr(signal, name)


def _age(signal: Signal, _: str) -> Iterable[float]:
    created = signal.profile.created_at if signal.profile else None
    return () if created is None else (round((signal.at - created.timestamp()) / HOUR_S, 3),)


def _identifiers(signal: Signal, kind: str) -> Iterable[Any]:
    raw = signal.identifier_map.get(kind, ())
    return (raw,) if isinstance(raw, str) else raw[:MAX_IDENTIFIERS]


def _attributes(signal: Signal, name: str) -> Iterable[Any]:
    value = signal.attributes.get(name)
    return value if isinstance(value, list) else (value,)


def _domains(signal: Signal, _: str) -> Iterable[str]:
    found = (_domain(url) for url in signal.urls)
    return sorted({domain for domain in found if domain})


@lru_cache(maxsize=4_096)
def _domain(url: str) -> str:
    host = normalise.host_of(url)
    return "" if normalise.canonical_ip(host) else normalise.registrable_domain(host) or ""


_DECLARED: Final = (
    Field("platform", "where it happened", "chirp", _of_signal("platform"), common=True),
    Field("kind", "what happened", "post", _of_signal("kind"), common=True),
    Field(
        "account", "who acted, with the platform", "chirp:42", _of_signal("account"), common=True
    ),
    Field("actor", "id of the acting account on its platform", "42", _of_signal("actor")),
    Field("text", "what was written", "win a prize", _of_signal("text"), common=True),
    Field(
        "domain", "domains of its links, without subdomains", "evil.example", _domains,
        many=True, common=True,
    ),
    Field(
        "urls", "links as they were sent", "https://evil.example/a", _listed("raw_urls"),
        many=True, common=True,
    ),
    Field(
        "objects", "what was shared or acted upon, as type:value", "hashtag:vote",
        _listed("objects"), many=True, common=True,
    ),
    Field(
        "identifiers.", "technical traces: ip, device, email, phone, payment, wallet, ja4, "
        "user_agent and others that senders add", "203.0.113.7", _identifiers,
        many=True, common=True, open=True,
    ),
    Field("actor_profile.handle", "handle", "@morgan", _profile("handle"), common=True),
    Field("actor_profile.name", "shown name", "Morgan", _profile("name")),
    Field("actor_profile.bio", "bio", "DM me for deals", _profile("bio"), common=True),
    Field(
        "actor_profile.followers", "followers", "12", _profile("followers"),
        Shape.NUMBER, common=True,
    ),
    Field(
        "actor_profile.verified", "verified by the platform", "true", _profile("verified"),
        Shape.FLAG,
    ),
    Field(
        "actor_age_h", "age of the account at that time, in hours", "24", _age,
        Shape.NUMBER, common=True,
    ),
    Field("ai.provider", "AI provider", "openai", _ai("provider"), common=True),
    Field("ai.model", "AI model", "gpt-5", _ai("model")),
    Field("ai.key", "key of an AI customer", "key-17", _ai("key"), common=True),
    Field("ai.org", "organisation of an AI customer", "org-17", _ai("org")),
    Field("ai.tokens_in", "tokens of the request", "2000", _ai("tokens_in"), Shape.NUMBER),
    Field("ai.tokens_out", "tokens of the answer", "800", _ai("tokens_out"), Shape.NUMBER),
    Field("ai.refused", "whether the AI refused", "true", _ai("refused"), Shape.FLAG),
    Field("ai.declared_use", "use that the customer declared", "research", _ai("declared_use")),
    Field(
        "attributes.", "what else a sender tells, by name; of a list each value", "de",
        _attributes, Shape.ANY, many=True, common=True, open=True,
    ),
)  # fmt: skip
FIELDS: Final[dict[str, Field]] = {one.name: one for one in _DECLARED}
_KEYS: Final = {
    "identifiers.": re.compile(r"[a-z0-9_]{1,40}"),
    "attributes.": re.compile(r"[A-Za-z0-9_-]{1,60}"),
}
