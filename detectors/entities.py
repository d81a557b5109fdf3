"""Which entities a signal mentions, and in what role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, NamedTuple

from detectors import normalise
from detectors.base import MAX_IDENTIFIERS, Signal
from detectors.normalise.forms import Former

MAX_VALUE = 4_200
MAX_RAW = 500
NO_FORMS: Final[Mapping[str, Former]] = MappingProxyType({})


class Mentioned(NamedTuple):
    """One entity in one signal. `value` is canonical, `raw` is how the sender wrote it."""

    type: str
    value: str
    role: str
    raw: str


def mentioned(signal: Signal, forms: Mapping[str, Former] = NO_FORMS) -> list[Mentioned]:
    """Every entity of a signal, each (type, value, role) once.

    forms: canonical forms of types that people added.
    """
    found: dict[tuple[str, str, str], Mentioned] = {}
    for one in _all(signal, forms):
        if one.value and len(one.value) <= MAX_VALUE:
            found.setdefault((one.type, one.value, one.role), one._replace(raw=one.raw[:MAX_RAW]))
    return list(found.values())


def digest_of(type: str, value: str) -> bytes:
    """Key of an entity: values may be longer than a btree entry can be."""
    raw = f"{type}\x1f{value}".encode("utf-8", "surrogatepass")
    return blake2b(raw, digest_size=16).digest()


def _all(signal: Signal, forms: Mapping[str, Former]) -> Iterator[Mentioned]:
    if signal.account:
        yield Mentioned("account", signal.account, "actor", signal.actor)
    yield from _from_urls(signal)
    for mention in signal.mentions:
        if mention.type != "url":
            yield Mentioned(mention.type, mention.value, "text", mention.raw)
    for kind, sent in signal.identifier_map.items():
        if form := forms.get(kind):
            for raw in ((sent,) if isinstance(sent, str) else sent)[:MAX_IDENTIFIERS]:
                yield Mentioned(kind, form(raw) or raw, "identifier", raw)
            continue
        for value in signal.identifiers(kind):
            yield Mentioned(kind, value, "identifier", value)
    for item in signal.objects:
        kind, _, raw = item.partition(":")
        form = forms.get(kind, partial(normalise.canonical, kind))
        yield Mentioned(kind, form(raw) or raw, "object", item)
    yield from _from_profile(signal)


def _from_urls(signal: Signal) -> Iterator[Mentioned]:
    in_text = {mention.value: mention.raw for mention in signal.mentions if mention.type == "url"}
    for url in signal.urls:
        role = "text" if url in in_text else "link"
        yield Mentioned("url", url, role, in_text.get(url, url))
        host = normalise.host_of(url)
        if ip := normalise.canonical_ip(host):
            yield Mentioned("ip", ip, role, host)
        elif domain := normalise.registrable_domain(host):
            yield Mentioned("domain", domain, role, host)


def _from_profile(signal: Signal) -> Iterator[Mentioned]:
    if signal.profile is None:
        return
    if handle := normalise.canonical("handle", signal.profile.handle):
        yield Mentioned("handle", handle, "profile", signal.profile.handle)
    if signal.profile.avatar_pdq:
        yield Mentioned("media", f"pdq-{signal.profile.avatar_pdq}", "profile", "avatar")
