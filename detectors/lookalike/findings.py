"""What is kept of a look-alike site and of a kit, and how a finding words it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from detectors.base import Condition, FindingDraft, Key, Tier
from detectors.emission import counted, lasting
from detectors.lookalike.signs import Sign
from detectors.lookalike.verdict import Facts, LookalikeParams, Verdict, conditions, judged
from detectors.lookalike.weights import weight_of
from detectors.packaged_lists import source

MAX_ACCOUNTS: Final = 500
MAX_DOMAINS: Final = 200
SITE_LLR: Final = 2.0
"""Below a kit: victims pass a link on, nobody passes a kit on."""
KIT_LLR: Final = 3.0
SHOWN_CHARS: Final = 60
_SHOWN_DOMAINS: Final = 3
_TOLD: Final = {
    "words-host": "words {}",
    "words-misspelt": "misspelt {}",
    "words-path": "path says {}",
    "domain-inside": "another domain written inside",
    "free-hosting": "free hosting",
    "punycode": "letters of other scripts",
    "raw-address": "no name",
    "program-folder": "page in a folder of programs",
    "young": "{} days old",
}
"""Sub-signals of which the sentence tells; the conditions have all."""


class Spreader(msgspec.Struct, array_like=True):
    """An account on one site or kit: when and by which signal first, when last."""

    first_at: float
    last_at: float
    signal_id: int


class Spread(msgspec.Struct, omit_defaults=True):
    """One site or one kit.

    signs: by code the strongest, with the signal that showed it. domains: of a kit, with the signal
    that showed it first. created_at: of a site, seconds since 1970, with the signal that said so.
    said, said_domains: at the last emission. is_news: whether the sub-signals changed since they
    were judged.
    """

    accounts: dict[str, Spreader] = {}
    signs: dict[str, tuple[Sign, int]] = {}
    domains: dict[str, int] = {}
    created_at: tuple[float, int] | None = None
    said: int = 0
    said_domains: int = 0
    is_news: bool = False
    truncated: bool = False


def note_account(state: Spread, account: str, at: float, signal_id: int) -> None:
    """Count an account; of a full state the one that was silent longest goes."""
    known = state.accounts.get(account)
    if known is not None:
        known.last_at = max(known.last_at, at)
        return
    state.accounts[account] = Spreader(at, at, signal_id)
    if len(state.accounts) > MAX_ACCOUNTS:
        oldest = min(state.accounts, key=lambda name: (state.accounts[name].last_at, name))
        del state.accounts[oldest]
        state.truncated = True


def note_domain(state: Spread, domain: str, signal_id: int) -> None:
    """Count a domain of a kit, up to the cap."""
    if domain in state.domains:
        return
    if len(state.domains) < MAX_DOMAINS:
        state.domains[domain] = signal_id
    else:
        state.truncated = True


def note_signs(state: Spread, signs: Iterable[Sign], signal_id: int) -> None:
    """Of a site: keep the strongest of each kind, the first of equals."""
    for sign in signs:
        known = state.signs.get(sign.code)
        if known is None or sign.value > known[0].value:
            state.signs[sign.code] = (sign, signal_id)
            state.is_news = True


def note_weakest(state: Spread, one: Verdict, signal_id: int) -> None:
    """Of a kit: keep the sub-signals of the address that shows least, so that all show as much."""
    known = judged(sign for sign, _ in state.signs.values())
    if not state.signs or one.score < known.score:
        state.signs = {sign.code: (sign, signal_id) for sign in one.signs}
        state.is_news = True


def llr_of(state: Spread) -> float:
    """What a pair of its accounts weighs."""
    return KIT_LLR if state.domains else SITE_LLR


def draft(key: Key, state: Spread, one: Verdict, facts: Facts, p: LookalikeParams) -> FindingDraft:
    """Accounts that spread one look-alike site, or sites made with one kit."""
    names = tuple(sorted(state.accounts))
    uses = [state.accounts[name] for name in names]
    first, last = min(use.first_at for use in uses), max(use.last_at for use in uses)
    people = len(names)
    what = _kit(key, state) if state.domains else _site(key, one)
    enough = Condition(
        "accounts", people, ">=", p.min_accounts, "accounts", people >= p.min_accounts
    )
    return FindingDraft(
        anchor=key,
        subjects=names,
        signal_ids=_evidence(state, uses),
        llr=llr_of(state),
        score=one.score,
        sentence=f"{what}; {counted(people, 'account')} in {lasting(last - first)}",
        first_at=first,
        last_at=last,
        tier=Tier.SUPPORTING,
        values=_values(key, state, one, facts),
        constants={
            "weights": {sign.code: weight_of(sign.code, sign.value) for sign in one.signs},
            "lists": source(),
        },
        conditions=(*conditions(one, p), enough),
        flags=("truncated",) if state.truncated else (),
    )


def _site(key: Key, one: Verdict) -> str:
    brands = [f"reads like {sign.brand}" for sign in one.signs if sign.brand]
    others = [_TOLD[sign.code].format(sign.shown) for sign in one.signs if sign.code in _TOLD]
    return f"{_cut(key.value)}: {'; '.join(dict.fromkeys([*brands, *others]))}"


def _kit(key: Key, state: Spread) -> str:
    shown = ", ".join(_cut(domain) for domain in list(state.domains)[:_SHOWN_DOMAINS])
    more = ", ..." if len(state.domains) > _SHOWN_DOMAINS else ""
    return f"kit {_cut(key.value)} on {counted(len(state.domains), 'domain')} ({shown}{more})"


def _cut(value: str) -> str:
    """A host or a path as a sentence shows it: its end says more than its middle."""
    if len(value) <= SHOWN_CHARS:
        return value
    return f"{value[: SHOWN_CHARS // 2]}…{value[-SHOWN_CHARS // 2 :]}"


def _evidence(state: Spread, uses: list[Spreader]) -> tuple[int, ...]:
    """Signals that give the score again: who, each sub-signal, each domain, the age."""
    cited = {use.signal_id for use in uses} | {signal for _, signal in state.signs.values()}
    cited.update(state.domains.values())
    if state.created_at is not None:
        cited.add(state.created_at[1])
    return tuple(sorted(cited))


def _values(key: Key, state: Spread, one: Verdict, facts: Facts) -> dict[str, Any]:
    return {
        key.type: key.value,
        "accounts": len(state.accounts),
        "platforms": sorted({name.partition(":")[0] for name in state.accounts}),
        "brands": sorted({sign.brand for sign in one.signs if sign.brand}),
        "domains": list(state.domains),
        "sub_signals": {sign.code: sign.shown or sign.value for sign in one.signs},
        "age_d": None if facts.age_d is None else round(facts.age_d, 1),
    }
