"""What one signal does in a funnel: which names it touches, and in which part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from itertools import islice
from typing import NamedTuple

from detectors import normalise
from detectors.base import Key, Signal
from detectors.funnel.contacts import names_messenger, own_name, own_site, place_of

CONTACT, SITE, PAYEE, CHATS = "contact", "site", "payee", "chats"
MAX_NAMES = 8
MAX_MENTIONS = 64
MAX_OBJECTS = 20
PAYEE_OBJECTS = frozenset({"payee", "payment", "wallet"})
PERSON_OBJECTS = frozenset({"payer", "target"})
FOLLOWED_OBJECTS = frozenset({"follow", "target"})
INCOMING = frozenset({"in", "incoming", "received"})
WEB = "web"


class Role(IntEnum):
    """The part an account plays under a name."""

    ADVERTISES = 1
    OWNS = 2
    WRITES = 3
    COLLECTS = 4


class Act(NamedTuple):
    """One account, by the signal that says so, in one role under one name."""

    key: Key
    role: Role


def acts(signal: Signal) -> tuple[Act, ...]:
    """All that a signal does; each once."""
    return tuple(dict.fromkeys(_READERS.get(signal.kind, _advertised)(signal)))


def person(signal: Signal) -> str:
    """Whom a message is for or whose payment it is, as the platform names them; else empty."""
    for kind, value in _objects(signal):
        if kind in PERSON_OBJECTS and value:
            name = value.removeprefix(f"{signal.platform}:")
            return "" if name == signal.actor else name
    if signal.kind == "payment" and _paid_to(signal):
        return signal.actor
    return ""


def is_declared(signal: Signal) -> bool:
    """Whether the sender says that a known merchant acts here."""
    return signal.attributes.get("declared_merchant") is True


def _advertised(signal: Signal) -> Iterator[Act]:
    """A post, a reply, a channel's message: whatever it names is advertised."""
    if signal.kind == "site" and (domain := own_site(signal.actor)):
        yield Act(Key(SITE, domain), Role.OWNS)
        yield Act(Key(SITE, domain), Role.ADVERTISES)
    for key in _named(signal):
        if key.type != PAYEE:
            yield Act(key, Role.ADVERTISES)


def _wrote(signal: Signal) -> Iterator[Act]:
    """A message: to one person a step of its own, to nobody in particular an advert."""
    if not person(signal):
        yield from _advertised(signal)
        return
    yield Act(Key(CHATS, signal.account), Role.WRITES)
    for value in _own_contacts(signal):
        yield Act(Key(CONTACT, value), Role.OWNS)
        yield Act(Key(CONTACT, value), Role.WRITES)
    for key in _own_payees(signal):
        yield Act(key, Role.OWNS)
    for key in _named(signal):
        yield Act(key, Role.COLLECTS if key.type == PAYEE else Role.WRITES)
    for key in _paid_to(signal):
        yield Act(key, Role.COLLECTS)


def _followed(signal: Signal) -> Iterator[Act]:
    """Following somebody is how a stranger says hello; it names nobody else."""
    if any(kind in FOLLOWED_OBJECTS for kind, _ in _objects(signal)):
        yield Act(Key(CHATS, signal.account), Role.ADVERTISES)


def _paid(signal: Signal) -> Iterator[Act]:
    """A payment to somebody, or one that a site or its direction shows to be received."""
    domain = own_site(signal.actor) if signal.platform == WEB else ""
    if paid_to := _paid_to(signal):
        yield from (Act(key, Role.COLLECTS) for key in paid_to)
        return
    own = _own_payees(signal)
    yield from (Act(key, Role.OWNS) for key in own)
    if domain:
        yield Act(Key(SITE, domain), Role.OWNS)
    if domain or _is_received(signal):
        tills = own or ([Key(SITE, domain)] if domain else [])
        yield from (Act(key, Role.COLLECTS) for key in tills)


def _is_received(signal: Signal) -> bool:
    """Whether the actor is paid: the sender says so, or names another one who pays."""
    if signal.attributes.get("direction") in INCOMING:
        return True
    return any(kind == "payer" and value for kind, value in _objects(signal)) and (
        person(signal) != ""
    )


_READERS: dict[str, Callable[[Signal], Iterator[Act]]] = {
    "message": _wrote,
    "mail": _wrote,
    "follow": _followed,
    "payment": _paid,
}


def _named(signal: Signal) -> Iterator[Key]:
    """Contacts, sites and wallets in text and links."""
    if not signal.mentions and not signal.raw_urls:
        return iter(())
    return islice(dict.fromkeys(_all_named(signal)), MAX_NAMES)


def _all_named(signal: Signal) -> Iterator[Key]:
    for url in signal.urls[:MAX_NAMES]:
        kind, value = place_of(url)
        if kind:
            yield Key(kind, value)
    handles: list[str] = []
    for mention in signal.mentions[:MAX_MENTIONS]:
        if mention.type == "handle":
            handles.append(mention.value)
        elif mention.type in {"email", "phone"}:
            yield Key(CONTACT, mention.value)
        elif mention.type == "wallet":
            yield Key(PAYEE, mention.value)
        elif mention.type == "domain" and (domain := normalise.registrable_domain(mention.value)):
            yield Key(SITE, domain)
    if handles and names_messenger(signal.match_text):
        yield from (Key(CONTACT, value) for value in handles)


def _own_contacts(signal: Signal) -> list[str]:
    """The names under which the account itself can be reached."""
    found = [own_name(signal.platform, signal.actor)]
    if signal.profile is not None and signal.profile.handle:
        found.append(own_name("", signal.profile.handle))
    if signal.identifier_map:
        found += [*signal.identifiers("phone"), *signal.identifiers("email")]
    return [value for value in dict.fromkeys(found) if value]


def _own_payees(signal: Signal) -> list[Key]:
    if not signal.identifier_map:
        return []
    values = (*signal.identifiers("payment"), *signal.identifiers("wallet"))
    return [Key(PAYEE, value) for value in dict.fromkeys(values)]


def _paid_to(signal: Signal) -> list[Key]:
    pairs = [(kind, value) for kind, value in _objects(signal) if kind in PAYEE_OBJECTS and value]
    return [Key(PAYEE, normalise.canonical_wallet(value) or value) for _, value in pairs]


def _objects(signal: Signal) -> Iterator[tuple[str, str]]:
    for item in signal.objects[:MAX_OBJECTS]:
        kind, _, value = item.partition(":")
        yield kind, value
