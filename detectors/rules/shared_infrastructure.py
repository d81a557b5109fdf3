"""D6: accounts that share a device, a payment, an address or another identifier."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from detectors import normalise
from detectors.base import (
    DAY_S,
    Condition,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Rescored,
    Signal,
    Tier,
    param,
)
from detectors.emission import counted, is_due, lasting, neighbour_links, shortened
from detectors.identifier_uses import MAX_ACCOUNTS, Identifier, Use, is_stale, note, spread
from detectors.overrides import Need, ScopedParams, need_of
from detectors.packaged_lists import is_vpn
from detectors.packaged_lists import source as lists_source

HARD_LLR = 8.0
HOUSEHOLD_LLR = 4.0
"""Below the prior of the fusion: a family on one device is no operation by that alone."""
DEVICE_LLR = math.log(10)
"""What each account more than a household explains adds on a device, up to `HARD_LLR`. Of people's
devices one in ten has one account more: 1,400 with two, 110 with three, 15 with four in a world."""
HARD_TYPES = frozenset({"payment", "wallet", "device"})
ADDRESS_TYPES = frozenset({"ip", "ip-block"})
CONTACT_TYPES = frozenset({"email", "phone"})
SHARED_ASN_CLASSES = frozenset({"mobile", "cgnat", "education", "vpn", "proxy"})
OPENING_ACCOUNTS = 3
HALF_LIVES_KEPT = 2
CAP_WINDOW_S = DAY_S
RENEWALS, RENEWALS_HARD = 4, 16
"""How often within a half-life an identifier that is still in use is said again."""


@dataclass(frozen=True)
class Limits:
    """How one type of identifier counts. usual: accounts that a household or one person explains.

    cap: accounts above which it is public and means nothing; within 24 h for soft types.
    """

    label: str
    llr: float
    half_life_s: float
    cap: int
    usual: int = 0

    @cached_property
    def renew_s(self) -> float:
        """Seconds after which a further use is said, so that evidence in use does not fade."""
        return self.half_life_s / (RENEWALS_HARD if self.llr >= HARD_LLR else RENEWALS)


class SharedInfrastructureParams(ScopedParams):
    """How many accounts on one identifier say something, and how many say nothing any more."""

    min_accounts: int = param(
        3,
        help="Accounts on one address, network, cookie or unverified contact",
        unit="accounts",
        ge=2,
        le=50,
        step=1,
        overridable=True,
    )
    min_hard: int = param(
        2,
        help="Accounts on one device, payment, wallet or verified contact",
        unit="accounts",
        ge=2,
        le=50,
        step=1,
        overridable=True,
    )
    payment_cap: int = param(
        3,
        help="Accounts on one payment or wallet that a household explains: it only supports",
        unit="accounts",
        ge=0,
        le=100,
        step=1,
    )
    device_cap: int = param(
        5,
        help="Accounts on one device or verified contact that a family explains: it only supports",
        unit="accounts",
        ge=0,
        le=100,
        step=1,
    )
    public_cap: int = param(
        500,
        help="Accounts on one payment, device or contact above which it is a till or a kiosk",
        unit="accounts",
        ge=20,
        le=MAX_ACCOUNTS,
        step=10,
    )
    ip_cap: int = param(
        20,
        help="Accounts within 24 h above which an address, cookie or client is everybody's",
        unit="accounts",
        ge=3,
        le=MAX_ACCOUNTS,
        step=1,
    )
    block_cap: int = param(
        200,
        help="Accounts in one /24 or /48 within 24 h above which the network is not rare",
        unit="accounts",
        ge=3,
        le=MAX_ACCOUNTS,
        step=5,
    )
    ip_half_life_d: float = param(
        3.0,
        help="Days in which an address, network or cookie loses half its weight; kept twice that",
        unit="days",
        ge=0.25,
        le=30,
        step=0.25,
    )
    device_half_life_d: float = param(
        60.0,
        help="The same for devices, e-mail addresses and phone numbers",
        unit="days",
        ge=1,
        le=180,
        step=1,
    )
    payment_half_life_d: float = param(
        180.0,
        help="The same for payments and wallets",
        unit="days",
        ge=1,
        le=365,
        step=1,
    )
    population: int = param(
        100_000,
        help="Active accounts on all platforms; the score is log(this / accounts that share)",
        unit="accounts",
        ge=100,
        le=10**9,
        step=100,
    )

    @cached_property
    def limits(self) -> dict[str, Limits]:
        """Type of key -> how it counts."""
        ip, device = self.ip_half_life_d * DAY_S, self.device_half_life_d * DAY_S
        payment, public = self.payment_half_life_d * DAY_S, self.public_cap
        return {
            "payment": Limits("payment", HARD_LLR, payment, public, self.payment_cap),
            "wallet": Limits("wallet", HARD_LLR, payment, public, self.payment_cap),
            "device": Limits("device", HARD_LLR, device, public, self.device_cap),
            "email": Limits("e-mail", 3.0, device, public, self.device_cap),
            "phone": Limits("phone number", 3.0, device, public, self.device_cap),
            "cookie": Limits("cookie", 3.0, ip, self.ip_cap),
            "ip": Limits("IP address", 3.0, ip, self.ip_cap),
            "ip-block": Limits("network", 2.0, ip, self.block_cap),
            "ja4": Limits("client fingerprint", 0.5, ip, self.ip_cap),
        }


class SharedInfrastructure(Detector[Identifier, SharedInfrastructureParams]):
    """State per identifier: the accounts that used it."""

    meta = Meta(
        slug="shared-infrastructure",
        title="Shared infrastructure",
        version=1,
        family=Family.INFRA_SOFT,
        lookback_s=HALF_LIVES_KEPT * 180 * DAY_S,
        lone_means_nothing=True,
        rescored=Rescored.FOLD,
        doc=(
            "Finds accounts behind one payment, wallet, device, e-mail, phone, cookie, IP address, "
            "network (/24 or /48) or TLS client fingerprint (ja4). Payment, wallet, device and "
            "verified contacts are hard evidence, the others soft: soft ones only support, so "
            "two kinds of evidence must meet before a case opens. Few accounts on a hard "
            "identifier may be a family and only support, up to the household values; one account "
            "more on a device asks for other evidence too. Addresses "
            "that many use (carrier NAT, campus) fall silent above their cap, listed exits of VPN "
            "providers at once; senders that "
            "know it may say so in the attributes: `asn_class` mobile, cgnat, education, vpn or "
            'proxy, and `verified`, a list such as ["email"], for contacts that were confirmed.'
        ),
        falsifiers=(
            "One household, school or office shares the device, the card or the connection.",
            "The address belongs to a carrier NAT, a VPN or a campus.",
            "A payment provider, a test card or a kiosk stands behind the identifier.",
            "The accounts are declared as one organisation's.",
        ),
        source=(
            "Bipartite account-identifier graphs as in SynchroTrap (Cao et al. 2014); rarity "
            "log(N / degree). Household and public limits are the project's own."
        ),
    )
    Params = SharedInfrastructureParams
    State = Identifier

    def keys(self, signal: Signal, p: SharedInfrastructureParams) -> Iterable[Key]:
        if not signal.identifier_map or not signal.actor:
            return ()
        return _keys(signal, p)

    def keep_s(self, key: Key, p: SharedInfrastructureParams) -> float:
        """Seconds for which an untouched key matters."""
        return HALF_LIVES_KEPT * p.limits[key.type].half_life_s

    def apply(
        self, key: Key, signal: Signal, state: Identifier, p: SharedInfrastructureParams
    ) -> list[FindingDraft]:
        state.clock = max(state.clock, signal.at)
        if state.public:
            return []
        limits = p.limits[key.type]
        use, renew_s = _use(signal, key), limits.renew_s
        if not note(state, signal.account, use, HALF_LIVES_KEPT * limits.half_life_s, renew_s):
            return []
        degree = _degree(state, key)
        if degree > limits.cap:
            shared, _ = self._shared(state, key, p)
            return _made_public(state, key, degree, shared, p)
        shared, need = self._shared(state, key, p)
        raised = shared.is_hard and not state.said_hard
        said = 0 if raised or self.every else state.said
        due = is_due(len(shared.names), said) or is_stale(state, renew_s)
        if not (due and need.met):
            return []
        state.said, state.said_hard = len(shared.names), shared.is_hard
        state.said_at = state.clock
        return [need.shown(_draft(key, state, shared, p))]

    def _shared(
        self, state: Identifier, key: Key, p: SharedInfrastructureParams
    ) -> tuple[Shared, Need]:
        """The accounts that count, and what they need: the first that are enough."""
        for shared in _candidates(state, key, p):
            name = "min_hard" if shared.is_hard else "min_accounts"
            cited = (id_ for one in shared.names for id_ in state.accounts[one].evidence)
            need = need_of(p, name, shared.names, cited, self.tell)
            if need.met:
                break
        return shared, need


@dataclass(frozen=True, slots=True)
class Shared:
    """The accounts that count, by name."""

    names: tuple[str, ...]
    is_hard: bool


def _keys(signal: Signal, p: SharedInfrastructureParams) -> Iterator[Key]:
    hidden = signal.attributes.get("asn_class") in SHARED_ASN_CLASSES
    for kind in signal.identifier_map:
        if kind not in p.limits or (hidden and kind == "ip"):
            continue
        for value in signal.identifiers(kind):
            block, strangers = _network(value) if kind == "ip" else ("", False)
            if strangers:
                continue
            yield Key(kind, value)
            if block:
                yield Key("ip-block", block)


@lru_cache(maxsize=8_192)
def _network(ip: str) -> tuple[str, bool]:
    """The network of an address, empty for an opaque value; whether strangers share the address."""
    block = normalise.ip_block(ip) if normalise.canonical_ip(ip) else ""
    return block, bool(block) and is_vpn(ip)


def _use(signal: Signal, key: Key) -> Use:
    via = _address_in(signal, key.value) if key.type == "ip-block" else ""
    verified = _is_verified(signal, key.type)
    number = signal.id
    return Use(signal.at, signal.at, number, verified, via, number, number if verified else 0)


def _is_verified(signal: Signal, kind: str) -> bool:
    if kind not in CONTACT_TYPES:
        return False
    told = signal.attributes.get("verified")
    return kind in told if isinstance(told, list) else False


def _address_in(signal: Signal, block: str) -> str:
    ips = signal.identifiers("ip")
    # most signals have one address, which then is in this block
    return ips[0] if len(ips) == 1 else next((ip for ip in ips if _network(ip)[0] == block), "")


def _degree(state: Identifier, key: Key) -> int:
    """Accounts that the cap is about: hard types all that are kept, soft ones of the last 24 h."""
    if key.type in HARD_TYPES | CONTACT_TYPES:
        return len(state.accounts)
    horizon = state.clock - CAP_WINDOW_S
    return sum(1 for use in state.accounts.values() if use.last_at >= horizon)


def _made_public(
    state: Identifier, key: Key, degree: int, shared: Shared, p: SharedInfrastructureParams
) -> list[FindingDraft]:
    """Too many people use it: take back what was said and stay silent."""
    if not shared.names:  # the last account made every address of a network a crowd's
        shared = Shared(tuple(sorted(state.accounts)), is_hard=False)
    draft = _draft(key, state, shared, p) if state.said else None
    state.public, state.said, state.accounts = True, 0, {}
    if draft is None:
        return []
    limits = p.limits[key.type]
    period = "" if key.type in HARD_TYPES | CONTACT_TYPES else " within 24 h"
    sentence = (
        f"{counted(degree, 'account')} on {limits.label} {shortened(key.value)}{period}, more than "
        f"{limits.cap}: many people share it, so it proves nothing"
    )
    cap = Condition("degree", degree, "<=", limits.cap, "accounts", met=False)
    return [replace(draft, lapsed=True, sentence=sentence, conditions=(cap,))]


def _candidates(state: Identifier, key: Key, p: SharedInfrastructureParams) -> Iterator[Shared]:
    """Accounts that may count, hard evidence first: of a contact those who proved to own it."""
    uses = state.accounts
    if key.type in CONTACT_TYPES:
        verified = sorted(name for name, use in uses.items() if use.is_verified)
        yield Shared(tuple(verified), is_hard=True)
    if key.type == "ip-block":
        yield Shared(spread(uses, p.ip_cap), is_hard=False)
    else:
        yield Shared(tuple(sorted(uses)), is_hard=key.type in HARD_TYPES)


def _draft(
    key: Key, state: Identifier, shared: Shared, p: SharedInfrastructureParams
) -> FindingDraft:
    limits = p.limits[key.type]
    names = shared.names
    uses = [state.accounts[name] for name in names]
    first, last = min(use.first_at for use in uses), max(use.last_at for use in uses)
    household = shared.is_hard and len(names) <= limits.usual
    llr = _hard_llr(key, len(names), limits) if shared.is_hard else limits.llr
    opens = shared.is_hard and llr == HARD_LLR and len(names) >= OPENING_ACCOUNTS
    flags = [*(["household"] if household else []), *(["truncated"] if state.truncated else [])]
    return FindingDraft(
        anchor=key,
        subjects=names,
        signal_ids=tuple(sorted(set().union(*(use.evidence for use in uses)))),
        llr=llr,
        links=_links(uses, llr, limits.half_life_s),
        score=round(math.log(p.population / len(names)), 4),
        sentence=_sentence(key, limits, uses, last - first),
        first_at=first,
        last_at=last,
        tier=Tier.OPENING if opens else Tier.SUPPORTING,
        family=Family.INFRA_HARD if shared.is_hard else Family.INFRA_SOFT,
        values=_values(key, names, uses),
        constants={
            "population": p.population,
            "half_life_d": limits.half_life_s / DAY_S,
            **({"lists": lists_source()} if key.type in ADDRESS_TYPES else {}),
        },
        conditions=_conditions(shared, _degree(state, key), limits, p),
        flags=tuple(flags),
    )


def _hard_llr(key: Key, accounts: int, limits: Limits) -> float:
    """What hard evidence weighs: little in a household, all where no household explains it."""
    beyond = accounts - limits.usual
    if beyond <= 0:
        return HOUSEHOLD_LLR
    if key.type != "device" or not limits.usual:
        return HARD_LLR
    return min(HARD_LLR, HOUSEHOLD_LLR + beyond * DEVICE_LLR)


def _links(uses: list[Use], llr: float, half_life_s: float) -> tuple[tuple[int, int, float], ...]:
    """Pairs with their own weight where time between two uses took some of it; else none."""
    last = [use.last_at for use in uses]
    if max(last) - min(last) < half_life_s / 100:
        return ()
    return neighbour_links(
        sorted(range(len(uses)), key=last.__getitem__),
        lambda a, b: round(llr * 0.5 ** (abs(last[a] - last[b]) / half_life_s), 4),
    )


def _values(key: Key, names: tuple[str, ...], uses: list[Use]) -> dict[str, Any]:
    return {
        "identifier": key.type,
        "accounts": len(names),
        "platforms": sorted({name.partition(":")[0] for name in names}),
        "addresses": len({use.via for use in uses if use.via}),
        "verified": sum(1 for use in uses if use.is_verified),
    }


def _sentence(key: Key, limits: Limits, uses: list[Use], seconds: float) -> str:
    addresses = {use.via for use in uses if use.via}
    where = f" on {len(addresses)} addresses" if addresses else ""
    return (
        f"{counted(len(uses), 'account')}{where}, same {limits.label} {shortened(key.value)}"
        f" in {lasting(seconds)}"
    )


def _conditions(
    shared: Shared, degree: int, limits: Limits, p: SharedInfrastructureParams
) -> tuple[Condition, ...]:
    least = p.min_hard if shared.is_hard else p.min_accounts
    number = len(shared.names)
    found = [
        Condition("accounts", number, ">=", least, "accounts", number >= least),
        Condition("degree", degree, "<=", limits.cap, "accounts", degree <= limits.cap),
    ]
    if shared.is_hard:
        above = number > limits.usual
        found.append(Condition("beyond a household", number, ">", limits.usual, "accounts", above))
    return tuple(found)
