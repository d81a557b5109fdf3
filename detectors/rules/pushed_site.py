"""A site that is only days old and that a few accounts send people to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from detectors import normalise
from detectors.base import (
    DAY_S,
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
from detectors.emission import Link, at_least, counted, is_due, lasting, neighbour_links
from detectors.lookalike.hosting import ground_of, is_shortener, place_of, well_known
from detectors.overrides import Need, ScopedParams, need_of

MAX_URLS = 10
MAX_SITES = 20
"""Accounts that speak as the site itself."""
MAX_MOMENT = 40
"""Characters of a moment."""
MAX_AGE_D = 40_000
AHEAD_S = DAY_S
"""Nobody knows of a registration to come; clocks and zones may be wrong by a day."""
PUSH_LLR, SITE_LLR = 3.0, 5.0
PUSHING = "accounts that link to it"

Place = tuple[float, int]
"""Event time and signal id."""


class PushedSiteParams(ScopedParams):
    """How young a site is, and how few push it."""

    max_age_d: int = param(
        30,
        help="A site that was registered at most so long before its first link is young",
        unit="days",
        ge=1,
        le=365,
        step=1,
    )
    min_accounts: int = param(
        3,
        help="Accounts that must link to it",
        unit="accounts",
        ge=2,
        le=100,
        step=1,
        overridable=True,
    )
    most_accounts: int = param(
        60,
        help="What more accounts link to is popular, however young",
        unit="accounts",
        ge=5,
        le=1_000,
        step=5,
        rebuild=True,
    )


class Pushed(msgspec.Struct, omit_defaults=True):
    """Who links to one site. accounts: first link of each; sites: accounts that are the site;
    born: when it was registered and the signal that says so, the earliest told; said: accounts of
    the finding as it was last told."""

    accounts: dict[str, Place] = {}
    sites: dict[str, Place] = {}
    born: Place | None = None
    popular: bool = False
    last_at: float = 0.0
    said: int = 0


class PushedSite(Detector[Pushed, PushedSiteParams]):
    """State per registered domain, or per tenant of a hosting service."""

    meta = Meta(
        slug="pushed-site",
        title="Young site that few push",
        version=1,
        family=Family.INFRA_SOFT,
        kinds=("post", "repost", "reply", "message", "mail", "site"),
        lookback_s=30 * DAY_S,
        lone_means_nothing=True,
        rescored=Rescored.FOLD,
        doc=(
            "Finds accounts that send people to one site which was registered only days before. "
            "The age comes from senders that know it, as attribute `domain_age_days` or "
            "`domain_created_at` (ISO 8601) of a signal about the site or with a link to it; "
            "without one nothing is found. The 10,000 most used sites, shorteners and what many "
            "accounts link to are passed over. An account that is the site itself, as crawlers "
            "tell of sites, is named with those who push it. Only supports: friends of a new shop "
            "do the same."
        ),
        falsifiers=(
            "A shop, a club or an event is new, and those who link to it are its friends.",
            "The accounts warn of the site or ask whether it is genuine.",
            "The domain was moved to another registrar, and the site is old.",
        ),
        source="Young domains as a sign of abuse: Hao 2011. What is few is the project's own",
    )
    Params = PushedSiteParams
    State = Pushed

    def keys(self, signal: Signal, p: PushedSiteParams) -> Iterable[Key]:
        if not signal.account or not (signal.raw_urls or "." in signal.text):
            return ()
        places = dict.fromkeys(place_of(url) for url in signal.urls[:MAX_URLS] if _counts(url))
        return Key.each("pushed", places)

    def apply(
        self, key: Key, signal: Signal, state: Pushed, p: PushedSiteParams
    ) -> list[FindingDraft]:
        _note_age(signal, state, alone=len(signal.urls) == 1)
        if state.popular:
            return []
        state.last_at = max(state.last_at, signal.at)
        whose = state.sites if signal.kind == "site" else state.accounts
        if signal.kind != "site" or len(whose) < MAX_SITES or signal.account in whose:
            whose[signal.account] = min(signal.place, whose.get(signal.account, signal.place))
        if len(state.accounts) > p.most_accounts:
            found = _taken_back(key, state, p)
            state.popular, state.accounts, state.sites = True, {}, {}
            return found
        need = self._need(state, p)
        if not _holds(state, need, p):
            return _taken_back(key, state, p)
        size = len(state.accounts) + len(state.sites)
        if not (self.every or is_due(size, state.said)):
            return []
        state.said = size
        return [need.shown(_draft(key, state, p), PUSHING)]

    def _need(self, state: Pushed, p: PushedSiteParams) -> Need:
        cited = (id_ for _, id_ in state.accounts.values())
        return need_of(p, "min_accounts", state.accounts, cited, self.tell)


def _taken_back(key: Key, state: Pushed, p: PushedSiteParams) -> list[FindingDraft]:
    """What was said of it does not hold: it is popular, or older than was known."""
    found = [_draft(key, state, p, lapsed=True)] if state.said else []
    state.said = 0
    return found


def _counts(url: str) -> bool:
    """Whether a link leads to a site of somebody's own."""
    host = normalise.host_of(url)
    domain = ground_of(host).domain
    return "." in domain and domain not in well_known() and not is_shortener(host)


def _note_age(signal: Signal, state: Pushed, *, alone: bool) -> None:
    """When the site was registered, where the signal says so and is about no other site."""
    born = _born(signal) if alone else None
    if born is not None:
        told = born, signal.id
        state.born = told if state.born is None else min(state.born, told)


def _born(signal: Signal) -> float | None:
    """When a sender says that the site was registered; nothing where that makes no sense."""
    days = signal.attributes.get("domain_age_days")
    if isinstance(days, int | float) and not isinstance(days, bool) and 0 <= days <= MAX_AGE_D:
        return signal.at - days * DAY_S
    moment = signal.attributes.get("domain_created_at")
    if not isinstance(moment, str) or len(moment) > MAX_MOMENT:
        return None
    try:
        told = datetime.fromisoformat(moment)
    except ValueError:
        return None
    born = (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    return born if born <= signal.at + AHEAD_S else None


def _age_d(state: Pushed) -> float:
    """Days from its registration to the first link; 0 where that came first or none is known."""
    if state.born is None:
        return 0.0
    first = min(at for at, _ in state.accounts.values())
    return max(0.0, (first - state.born[0]) / DAY_S)


def _holds(state: Pushed, need: Need, p: PushedSiteParams) -> bool:
    return state.born is not None and need.met and _age_d(state) <= p.max_age_d


def _draft(key: Key, state: Pushed, p: PushedSiteParams, *, lapsed: bool = False) -> FindingDraft:
    pushing, told = state.accounts, {**state.sites, **state.accounts}
    subjects = tuple(sorted(told))
    ids = {id_ for _, id_ in told.values()} | ({state.born[1]} if state.born else set())
    first = min(at for at, _ in pushing.values())
    age = _age_d(state)
    values: dict[str, Any] = {
        "site": key.value,
        "accounts": len(pushing),
        "platforms": sorted({name.partition(":")[0] for name in pushing}),
        "age_d": round(age, 2),
        "sites": sorted(state.sites),
    }
    return FindingDraft(
        anchor=key,
        subjects=subjects,
        signal_ids=tuple(sorted(ids)),
        llr=PUSH_LLR,
        links=_links(subjects, state),
        score=round(age, 2),
        sentence=(
            f"{counted(len(pushing), 'account')} on "
            f"{counted(len(values['platforms']), 'platform')} link to {key.value}, registered "
            f"{counted(round(age), 'day')} before the first link, within "
            f"{lasting(state.last_at - first)}"
        ),
        first_at=first,
        last_at=max(state.last_at, first),
        tier=Tier.SUPPORTING,
        values=values,
        conditions=(at_least(PUSHING, len(pushing), p.min_accounts, "accounts"),),
        lapsed=lapsed,
    )


def _links(subjects: tuple[str, ...], state: Pushed) -> tuple[Link, ...]:
    """Those who push it with each other, and all of them with the site itself."""
    place = {name: index for index, name in enumerate(subjects)}
    pushing = [place[name] for name in sorted(state.accounts, key=lambda one: state.accounts[one])]
    sites = [place[name] for name in sorted(state.sites) if name not in state.accounts]
    links = [(min(a, b), max(a, b), SITE_LLR) for a in sites for b in pushing]
    return (*neighbour_links(pushing, lambda *_: PUSH_LLR), *sorted(links))
