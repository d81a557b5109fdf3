"""What of a value leaves: the table of minimisation and the rules by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from cases.sharing import hmacs, tlp, urls

SENT, TRUNCATED, HMAC, DROPPED = "sent", "truncated", "hmac", "dropped"
ACTOR, UNCLEAR, INFRASTRUCTURE = "actor", "unclear", "infrastructure"
"""What a thing is in the case. Victims and bystanders are never among its things."""

RULES: Final[Mapping[str, str]] = {
    "attack-value": "Domains, URLs and file hashes of the attacker leave as they are.",
    "url-query": "Of a URL, query values and parts that look like mail, a token or an id stay.",
    "ip-range": "At TLP:CLEAR and TLP:GREEN an IP address leaves as its /24 or /48.",
    "ip-address": "From TLP:AMBER on an IP address leaves whole.",
    "account-id": "From TLP:AMBER on accounts of a confirmed campaign leave by platform and id.",
    "account-hmac": "Wider than TLP:AMBER, and to partners who want it so, accounts are hashed.",
    "account-unclear": "Accounts of an open case, of victims and of unclear role never leave.",
    "personal-hmac": "Mail, phone, payment, device, wallet, handle leave hashed for the circle.",
    "picture-hash": "Of media a perceptual hash leaves, never the picture.",
    "type-not-agreed": "The agreement with the partner does not name this type.",
    "type-unknown": "There is no rule for this type, so it stays.",
    "warning-list": "It stands on a list of well-known or shared hosts, which no partner acts on.",
    "no-value": "What is no such thing, as STIX writes it, stays.",
    "time-day": "At TLP:CLEAR times are cut to the day.",
    "time-hour": "At TLP:GREEN times are cut to the hour.",
    "time-second": "From TLP:AMBER on times leave to the second.",
    "written-summary": "Title and summary are written for partners; texts of evidence stay.",
    "internal-text": "Reasons, sentences of detectors and internal notes have no way out.",
    "person-never": "Reporters, reviewers, victims and bystanders are never named.",
    "note-tlp": "A shared note that is marked narrower than the share stays.",
    "shared-note": "Notes that were written for partners leave.",
    "count": "Numbers of accounts and signals leave.",
    "limit": "One share holds 2,000 things and 200 findings.",
    "closure": "What refers to nothing that leaves stays as well.",
}
PERSONAL: Final = frozenset({"email", "phone", "payment", "device", "wallet", "handle"})
TYPES: Final = (
    "account", "domain", "url", "ip", "email", "phone", "payment", "device", "wallet", "handle",
    "hashtag", "hash", "media",
)  # fmt: skip
"""Types that an agreement can name; there is a rule for each."""
PUBLIC: Final = frozenset({"domain", "hashtag", "hash", "media"})
_HASH: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Thing:
    """A value that a case is about. value: canonical, of an account `platform:actor`.

    listed: name of the warning list that it stands on, if any.
    """

    type: str
    value: str
    role: str = INFRASTRUCTURE
    listed: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What sets apart the bytes of one group of partners from those of another."""

    level: str
    types: frozenset[str]
    hide_accounts: bool
    key: hmacs.Key

    @property
    def name(self) -> str:
        """The same for partners who get the same bytes of one share."""
        hidden = "; accounts hashed" if self.hide_accounts else ""
        return f"{', '.join(sorted(self.types))}{hidden}"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a value: `how` by which rule; value: what leaves, empty when nothing does."""

    how: str
    rule: str
    value: str = ""


def fate_of(thing: Thing, profile: Profile) -> Fate:
    """What of a thing leaves to partners of this profile; nothing unless a rule says so."""
    if thing.type not in _BY_TYPE:
        return Fate(DROPPED, "type-unknown")
    if thing.type not in profile.types:
        return Fate(DROPPED, "type-not-agreed")
    if thing.listed:
        return Fate(DROPPED, "warning-list")
    return _BY_TYPE[thing.type](thing, profile)


def secrets_of(thing: Thing, fate: Fate) -> list[tuple[str, str]]:
    """(type, value) that must occur nowhere in what leaves, because of what became of a thing.

    A well-known host that is not sent is no secret; what was cut out of a URL is one.
    """
    if fate.how == SENT:
        return []
    if thing.type == "url":
        return [("text", one) for one in urls.cut_out(thing.value)]
    return [] if thing.type in PUBLIC else [(thing.type, thing.value)]


def time_of(at: datetime, level: str) -> tuple[datetime, str]:
    """A moment as exact as the level lets it be, and the rule."""
    at = at.astimezone(UTC).replace(microsecond=0)
    if level == tlp.CLEAR:
        return at.replace(hour=0, minute=0, second=0), "time-day"
    if level == tlp.GREEN:
        return at.replace(minute=0, second=0), "time-hour"
    return at, "time-second"


def _kept(thing: Thing, profile: Profile) -> Fate:
    return Fate(SENT, "attack-value", thing.value)


def _hash(thing: Thing, profile: Profile) -> Fate:
    if _HASH.fullmatch(thing.value):
        return Fate(SENT, "attack-value", thing.value)
    return Fate(DROPPED, "no-value")


def _url(thing: Thing, profile: Profile) -> Fate:
    short = urls.shorter_url(thing.value)
    if not short.isascii() or not urlsplit(short).hostname:
        return Fate(DROPPED, "no-value")
    if short != thing.value:
        return Fate(TRUNCATED, "url-query", short)
    return Fate(SENT, "attack-value", short)


def _ip(thing: Thing, profile: Profile) -> Fate:
    try:
        address = ip_address(thing.value)
    except ValueError:
        return Fate(DROPPED, "no-value")
    if tlp.rank(profile.level) >= tlp.rank(tlp.AMBER):
        return Fate(SENT, "ip-address", thing.value)
    width = {4: 24, 6: 48}[address.version]
    return Fate(TRUNCATED, "ip-range", str(ip_network(f"{address}/{width}", strict=False)))


def _account(thing: Thing, profile: Profile) -> Fate:
    if thing.role != ACTOR:
        return Fate(DROPPED, "account-unclear")
    if profile.hide_accounts or tlp.rank(profile.level) < tlp.rank(tlp.AMBER):
        return Fate(HMAC, "account-hmac", hmacs.sealed(profile.key, thing.type, thing.value))
    return Fate(SENT, "account-id", thing.value)


def _personal(thing: Thing, profile: Profile) -> Fate:
    return Fate(HMAC, "personal-hmac", hmacs.sealed(profile.key, thing.type, thing.value))


def _media(thing: Thing, profile: Profile) -> Fate:
    """`pdq-<hex>` is the only form of media that is no picture and no name of a file."""
    if thing.value.startswith("pdq-"):
        return Fate(SENT, "picture-hash", thing.value)
    return Fate(DROPPED, "no-value")


_BY_TYPE: Final[dict[str, Callable[[Thing, Profile], Fate]]] = {
    "account": _account,
    "domain": _kept,
    "hashtag": _kept,
    "url": _url,
    "ip": _ip,
    "hash": _hash,
    "media": _media,
    **dict.fromkeys(PERSONAL, _personal),
}
