"""D8: accounts that spread sites which pretend to be a brand, or sites made with one kit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from detectors import normalise
from detectors.base import (
    DAY_S,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Rescored,
    Score,
    Signal,
    Told,
)
from detectors.emission import is_due
from detectors.lookalike.findings import (
    Spread,
    draft,
    llr_of,
    note_account,
    note_domain,
    note_signs,
    note_weakest,
)
from detectors.lookalike.hosting import ground_of, place_of
from detectors.lookalike.kits import kit_of
from detectors.lookalike.names import Known
from detectors.lookalike.signs import Sign, signs_of
from detectors.lookalike.verdict import (
    IMITATING,
    PRESSING,
    Facts,
    LookalikeParams,
    Verdict,
    fact_signs,
    is_met,
    judged,
)
from detectors.overrides import Need, need_of

MAX_URLS = 10
MAX_MOMENT = 40
TELLING = IMITATING | PRESSING
_CACHED = 8_192


class LookalikeSite(Detector[Spread, LookalikeParams]):
    """State per site and per kit: who spread it, and what its addresses show."""

    meta = Meta(
        slug="lookalike-site",
        title="Look-alike sites",
        version=2,
        family=Family.INFRA_SOFT,
        kinds=(
            "account.created", "account.updated", "post", "repost", "reply", "message", "mail",
            "site",
        ),
        lookback_s=30 * DAY_S,
        rescored=Rescored.CONSTANTS,
        doc=(
            "Finds accounts that spread one site whose address imitates a brand, and accounts that "
            "spread sites with one kit: the same path and parameter names on several domains. An "
            "address is judged by sub-signals: a brand's name, also misspelt, with other vowels, "
            "in look-alike letters or inside a word, in the name, before it, on free hosting or "
            "in the path; words that press people to sign in or to pay, also misspelt; free "
            "hosting; the shape of the "
            "name; the age of the domain. No single one decides: at least two must come together, "
            "one of them must imitate or press, and their weights must reach the limit. Brands' "
            "own domains (also `label.<country>`), the 10,000 most used sites and shorteners are "
            "passed over, and so are ordinary words and very short brands without a word of a lure "
            "beside them, and headlines in paths. Who reports an address or writes it defanged "
            "spreads nothing. Senders that know when a domain was registered may say so in the "
            "attribute `domain_created_at` (ISO 8601, with a time zone), also in a `site` signal "
            "without an account, which counts for what it shows and never for who. It only "
            "supports: a case needs other evidence besides."
        ),
        falsifiers=(
            "The organisation itself or an agency of it holds the domain.",
            "It is a fan site, a shop or a critic that names the brand openly.",
            "The accounts warn of the site or ask whether it is genuine.",
            "The shared path belongs to a program that honest sites use too.",
        ),
        source=(
            "Look-alike names as in dnstwist and UTS #39; weights fitted by logistic regression on "
            "labelled links, see the table in the package. Kits by path are the project's own."
        ),
    )  # fmt: skip
    Params = LookalikeParams
    State = Spread

    def keys(self, signal: Signal, p: LookalikeParams) -> Iterable[Key]:
        """Each site that imitates or presses, and the kit of each such address."""
        if not signal.raw_urls and "." not in signal.text:
            return ()
        return _keys(signal, p)

    def apply(
        self, key: Key, signal: Signal, state: Spread, p: LookalikeParams
    ) -> list[FindingDraft]:
        _note_links(key, signal, state, p)
        if signal.actor:
            note_account(state, signal.account, signal.at, signal.id)
        return self._say(key, state, p)

    def score_again(
        self, told: Told, signals: Sequence[Signal], p: LookalikeParams
    ) -> Score | None:
        """A new fold, however far apart what is cited lies: what is not cited lay between.

        Of accounts only those of the record count: a sub-signal may be cited of another one that a
        full state dropped.
        """
        state = Spread()
        for signal in signals:
            if told.anchor in self.keys(signal, p):
                _note_links(told.anchor, signal, state, p)
                if signal.account in told.subjects:
                    note_account(state, signal.account, signal.at, signal.id)
        one, _ = _judge(state, p)
        if not (self._need(state, p).met and _holds(told.anchor, state, one, p)):
            return None
        return Score(one.score, llr_of(state), tuple(sorted(state.accounts)))

    def _say(self, key: Key, state: Spread, p: LookalikeParams) -> list[FindingDraft]:
        """The finding when it holds and grew, or its end when it holds no more."""
        if not (state.is_news or _is_larger(state)):
            return []
        state.is_news = False
        one, facts = _judge(state, p)
        need = self._need(state, p)
        if not (need.met and _holds(key, state, one, p)):
            gone = bool(state.said)
            state.said = state.said_domains = 0
            return [replace(draft(key, state, one, facts, p), lapsed=True)] if gone else []
        if not _is_larger(state):
            return []
        state.said, state.said_domains = len(state.accounts), len(state.domains)
        return [need.shown(draft(key, state, one, facts, p))]

    def _need(self, state: Spread, p: LookalikeParams) -> Need:
        cited = (one.signal_id for one in state.accounts.values())
        return need_of(p, "min_accounts", state.accounts, cited, self.tell)


def _keys(signal: Signal, p: LookalikeParams) -> Iterator[Key]:
    for url in _suspects(signal, p):
        if _shows(url, IMITATING, p):
            yield Key("site", place_of(url))
        if kit := kit_of(url):
            yield Key("kit", kit)


def _note_links(key: Key, signal: Signal, state: Spread, p: LookalikeParams) -> None:
    """What the links of one signal show of this site or kit."""
    for url in _suspects(signal, p):
        if key.type == "kit" and kit_of(url) == key.value:
            note_domain(state, place_of(url), signal.id)
            note_weakest(state, judged(_signs(url, p.known)), signal.id)
        elif key.type == "site" and place_of(url) == key.value:
            note_signs(state, _signs(url, p.known), signal.id)
            state.created_at = state.created_at or _created(signal, url)


def _suspects(signal: Signal, p: LookalikeParams) -> list[str]:
    """Links that imitate or press, without those the text shows defanged."""
    found = [url for url in signal.urls[:MAX_URLS] if _shows(url, TELLING, p)]
    return [url for url in found if not _is_warned_of(signal, url)] if found else found


def _shows(url: str, codes: frozenset[str], p: LookalikeParams) -> bool:
    return not codes.isdisjoint([sign.code for sign in _signs(url, p.known)])


@lru_cache(maxsize=_CACHED)
def _signs(url: str, known: Known) -> tuple[Sign, ...]:
    return signs_of(url, known)


def _is_warned_of(signal: Signal, url: str) -> bool:
    """Whether the text shows the link defanged, as people do who warn of it."""
    shown = [mention.raw for mention in signal.mentions if mention.value == url]
    return bool(shown) and all(normalise.refang(raw) != raw for raw in shown)


def _created(signal: Signal, url: str) -> tuple[float, int] | None:
    """When the domain was registered, where the signal says so and is about no other site."""
    told = signal.attributes.get("domain_created_at")
    if not isinstance(told, str) or len(told) > MAX_MOMENT:
        return None
    if ground_of(normalise.host_of(url)).free or len(set(map(place_of, signal.urls))) > 1:
        return None
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.timestamp(), signal.id


def _is_larger(state: Spread) -> bool:
    return is_due(len(state.accounts), state.said) or is_due(len(state.domains), state.said_domains)


def _holds(key: Key, state: Spread, one: Verdict, p: LookalikeParams) -> bool:
    enough = key.type != "kit" or len(state.domains) >= p.kit_domains
    return enough and is_met(one, p)


def _judge(state: Spread, p: LookalikeParams) -> tuple[Verdict, Facts]:
    facts = _facts(state)
    seen = [sign for sign, _ in state.signs.values()]
    return judged([*seen, *fact_signs(facts, p)]), facts


def _facts(state: Spread) -> Facts:
    """What is known beside the address; the age is that at the first share."""
    age = None
    if state.created_at is not None and state.accounts:
        first = min(use.first_at for use in state.accounts.values())
        age = (first - state.created_at[0]) / DAY_S
    return Facts(age_d=age, kit_domains=len(state.domains))
