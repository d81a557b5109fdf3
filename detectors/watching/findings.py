"""What detector D16 keeps of a listed value and says of it: trust, conditions, sentence."""

from __future__ import annotations

from math import prod

import msgspec

from detectors.base import Condition, FindingDraft, Key, Tier, param
from detectors.emission import counted, lasting, shortened
from detectors.overrides import ScopedParams

MAX_ACCOUNTS = 1_000
OPENING_ACCOUNTS = 3
LEAST_LLR, MOST_LLR = 1.0, 4.0
SHOWN_SOURCES = 3
LONG = frozenset({"fingerprint", "hash", "url", "wallet"})
"""Types whose values are shown by both ends."""
KEPT_D = 90


class WatchListParams(ScopedParams):
    """When the list is believed, and when a value is everybody's."""

    min_trust: float = param(
        0.8,
        help="One source is enough from this trust on",
        unit="trust",
        ge=0,
        le=1,
        step=0.05,
    )
    min_sources: int = param(
        2,
        help="So many sources are enough, whatever their trust",
        unit="sources",
        ge=2,
        le=10,
        step=1,
    )
    min_accounts: int = param(
        1,
        help="Accounts that used the value; fewer than 3 never open a case",
        unit="accounts",
        ge=1,
        le=50,
        step=1,
        overridable=True,
    )
    public_cap: int = param(
        200,
        help="Accounts above which a listed value is a popular one: the list is wrong or poisoned",
        unit="accounts",
        ge=10,
        le=MAX_ACCOUNTS,
        step=10,
    )
    kept_d: int = param(
        30, help="Days for which a use counts", unit="days", ge=1, le=KEPT_D, step=1
    )


class Use(msgspec.Struct, array_like=True):
    """The first and the newest use by one account, and the signal of the first."""

    first_at: float
    last_at: float
    signal_id: int


class Watched(msgspec.Struct, omit_defaults=True):
    """One value. items: source and trust, as the list said at `stated_at`.

    said, said_llr: accounts and weight of the last emission; 0 when nothing stands.
    """

    items: tuple[tuple[str, float], ...] = ()
    stated_at: float = 0.0
    uses: dict[str, Use] = {}
    clock: float = 0.0
    said: int = 0
    said_llr: float = 0.0
    public: bool = False


def is_believed(state: Watched, p: WatchListParams) -> bool:
    """Whether one source is trusted enough, or enough sources agree."""
    trusted = any(trust >= p.min_trust for _, trust in state.items)
    return trusted or len(state.items) >= p.min_sources


def llr_of(state: Watched) -> float:
    """What a use weighs: 1 where nobody is trusted, 4 where somebody is wholly."""
    return round(LEAST_LLR + (MOST_LLR - LEAST_LLR) * _trust(state), 4)


def trust_of(state: Watched) -> float:
    """The score: that not every source is wrong."""
    return round(_trust(state), 4)


def draft(key: Key, state: Watched, p: WatchListParams) -> FindingDraft:
    """One finding."""
    names = tuple(sorted(state.uses))
    uses = [state.uses[name] for name in names]
    first, last = min(use.first_at for use in uses), max(use.last_at for use in uses)
    trust = trust_of(state)
    return FindingDraft(
        anchor=key,
        subjects=names,
        signal_ids=tuple(sorted(use.signal_id for use in uses)),
        llr=llr_of(state) if state.items else state.said_llr,
        score=trust,
        sentence=_sentence(key, state, last - first),
        first_at=first,
        last_at=last,
        tier=Tier.OPENING if len(names) >= OPENING_ACCOUNTS else Tier.SUPPORTING,
        values={
            "value_type": key.type,
            "accounts": len(names),
            "platforms": sorted({name.partition(":")[0] for name in names}),
            "sources": len(state.items),
            "trust": trust,
        },
        constants={"items": [list(item) for item in state.items], "llr": [LEAST_LLR, MOST_LLR]},
        conditions=_conditions(state, p),
    )


def named(key: Key) -> str:
    """The value as sentences show it."""
    return f"{key.type} {shortened(key.value) if key.type in LONG else key.value}"


def _trust(state: Watched) -> float:
    """That not every source is wrong, if they err independently."""
    return 1.0 - prod(1.0 - trust for _, trust in sorted(state.items))


def _conditions(state: Watched, p: WatchListParams) -> tuple[Condition, ...]:
    most = max((trust for _, trust in state.items), default=0.0)
    sources, number = len(state.items), len(state.uses)
    return (
        Condition("trust of one source", most, ">=", p.min_trust, "trust", most >= p.min_trust),
        Condition("sources", sources, ">=", p.min_sources, "sources", sources >= p.min_sources),
        Condition("accounts", number, ">=", p.min_accounts, "accounts", number >= p.min_accounts),
        Condition("users", number, "<=", p.public_cap, "accounts", number <= p.public_cap),
    )


def _sentence(key: Key, state: Watched, seconds: float) -> str:
    told = [f"{source} (trust {trust:g})" for source, trust in state.items[:SHOWN_SOURCES]]
    if more := len(state.items) - len(told):
        told.append(f"{more} more")
    return (
        f"{counted(len(state.uses), 'account')} used {named(key)} in {lasting(seconds)}, "
        f"on the watch list of {', '.join(told)}"
    )
