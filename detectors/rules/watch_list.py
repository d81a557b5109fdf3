"""D16: accounts that used a value which stands on the watch list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from detectors.base import (
    DAY_S,
    Condition,
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
from detectors.emission import counted, is_due
from detectors.engine import WATCH
from detectors.entities import mentioned
from detectors.overrides import Need, need_of
from detectors.watching.findings import (
    KEPT_D,
    Use,
    Watched,
    WatchListParams,
    draft,
    is_believed,
    llr_of,
    named,
    trust_of,
)
from detectors.watching.things import Notice, notice_of, things_of


class WatchList(Detector[Watched, WatchListParams]):
    """State per listed value: what the list says, and who used it."""

    meta = Meta(
        slug="watch-list",
        title="Watch list",
        version=1,
        family=Family.LIST,
        kinds=(WATCH,),
        lookback_s=KEPT_D * DAY_S,
        rescored=Rescored.CONSTANTS,
        doc=(
            "Names accounts that used a link, domain, IP address, e-mail, phone, handle, account, "
            "wallet, file hash or fingerprint of the watch list. The entity linker compares every "
            "signal with the list and writes what it meets into the stream, so that this detector "
            "costs nothing for all other signals and a replay finds the same. An item counts "
            "until it expires, is taken off, or more accounts use it than the cap: then it is a "
            "popular value that somebody put on a list. Items that were added later find the "
            "signals of the last 30 days too. One source counts from its trust on; sources that "
            "are not trusted so much must be two. A hit only supports other evidence."
        ),
        falsifiers=(
            "The value is out of date: the domain, number or address has another owner now.",
            "The list was fed a popular or harmless value.",
            "The accounts warn of the value or report it.",
        ),
        source="Indicator matching with expiry and source trust as in MISP; the project's own.",
    )
    Params = WatchListParams
    State = Watched

    def keys(self, signal: Signal, p: WatchListParams) -> Iterable[Key]:
        notice = notice_of(signal)
        return (Key(notice.type, notice.value),)

    def apply(
        self, key: Key, signal: Signal, state: Watched, p: WatchListParams
    ) -> list[FindingDraft]:
        notice = notice_of(signal)
        state.clock = max(state.clock, signal.at)
        if notice.stated_at >= state.stated_at:
            state.items, state.stated_at = notice.items, notice.stated_at
        if state.public:
            return []
        if notice.account:
            _forget(state, state.clock - p.kept_d * DAY_S)
            _note(state, notice, signal.at)
        if len(state.uses) > p.public_cap:
            return _made_public(key, state, notice.account, p)
        need = self._need(state, p)
        if not is_believed(state, p) or not need.met:
            return _withdrawn(key, state, p)
        llr = llr_of(state)
        if llr == state.said_llr and not is_due(len(state.uses), state.said):
            return []
        state.said, state.said_llr = len(state.uses), llr
        return [need.shown(draft(key, state, p))]

    def _need(self, state: Watched, p: WatchListParams) -> Need:
        cited = (use.signal_id for use in state.uses.values())
        return need_of(p, "min_accounts", state.uses, cited, self.tell)

    def score_again(
        self, told: Told, signals: Sequence[Signal], p: WatchListParams
    ) -> Score | None:
        """What the list said, for the accounts whose cited signals do use the value."""
        named = [one for one in signals if one.account in told.subjects]
        using = [one for one in named if told.anchor in things_of(one, mentioned(one))]
        items = tuple((source, trust) for source, trust in told.constants["items"])
        state = Watched(items=items)
        state.uses = {one.account: Use(one.at, one.at, one.id) for one in using}
        enough = self._need(state, p).met and len(state.uses) <= p.public_cap
        if not (enough and is_believed(state, p)):
            return None
        return Score(trust_of(state), llr_of(state), tuple(sorted(state.uses)))


def _forget(state: Watched, horizon: float) -> None:
    if any(use.last_at < horizon for use in state.uses.values()):
        state.uses = {name: use for name, use in state.uses.items() if use.last_at >= horizon}
        state.said = min(state.said, len(state.uses))


def _note(state: Watched, notice: Notice, at: float) -> None:
    known = state.uses.get(notice.account)
    if known is None:
        state.uses[notice.account] = Use(at, at, notice.signal)
        return
    if at < known.first_at:
        known.first_at, known.signal_id = at, notice.signal
    known.last_at = max(known.last_at, at)


def _withdrawn(key: Key, state: Watched, p: WatchListParams) -> list[FindingDraft]:
    """Take back what was said: the list does not say enough any more, or too few are left."""
    if not state.said_llr:
        return []
    last = draft(key, state, p)
    state.said, state.said_llr = 0, 0.0
    sentence = f"{named(key)}: {counted(len(state.items), 'source')} on the watch list, no match"
    return [replace(last, lapsed=True, sentence=sentence)]


def _made_public(key: Key, state: Watched, newest: str, p: WatchListParams) -> list[FindingDraft]:
    """Too many use it: take back what was said and stay silent."""
    degree = len(state.uses)
    del state.uses[newest]
    drafts = [draft(key, state, p)] if state.said_llr else []
    state.public, state.uses, state.said, state.said_llr = True, {}, 0, 0.0
    sentence = (
        f"{counted(degree, 'account')} used {named(key)}, more than {p.public_cap}: "
        "it is popular, so the watch list proves nothing"
    )
    cap = Condition("accounts", degree, "<=", p.public_cap, "accounts", met=False)
    return [replace(one, lapsed=True, sentence=sentence, conditions=(cap,)) for one in drafts]
