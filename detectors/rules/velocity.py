"""D13: more acts in a window than one person, address or key should make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detectors.base import DAY_S, Detector, Family, FindingDraft, Key, Meta, Rescored, Signal
from detectors.emission import is_due
from detectors.grouping import group_values, text_name
from detectors.sliding import Act, Window, clear, count
from detectors.synchrony.rows import keyed_rank
from detectors.velocity.bucket import pour
from detectors.velocity.findings import Judged, draft
from detectors.velocity.params import Rule, VelocityParams
from detectors.velocity.season import Season, observe


class Pace(Window, omit_defaults=True):
    """The window of one value under one condition, and what goes with it.

    said, said_accounts: members and accounts at the last emission. season: only where the value
    was ever busy and seasons are on.
    """

    said: int = 0
    said_accounts: int = 0
    season: Season | None = None


class Velocity(Detector[Pace, VelocityParams]):
    """State per condition and value: the members inside the sliding window."""

    meta = Meta(
        slug="velocity",
        title="Velocity",
        version=2,
        family=Family.BEHAVIOUR,
        lookback_s=28 * DAY_S,
        rescored=Rescored.FOLD,
        doc=(
            "Counts acts, different accounts or different texts in a sliding window: sign-ups from "
            "one address with one client, copies of one text, posts of one account, requests of "
            "one AI key, and one condition of your own: at least N of a measure in T seconds, or a "
            "rate with a burst, for each address, device, client, text, link, domain, key, object "
            "or account, or for two of them together. A busy single account never opens a case; it "
            "only supports other evidence. Windows are exact up to 1,024 members and show those; "
            "above that acts are a lower bound that misses at most the oldest sixteenth of the "
            "window, different accounts and texts are estimated within about 2 %, and the finding "
            "is marked as sampled. With a season, a value that was busy at the same hour often "
            "enough must besides exceed what is usual there: mean and deviation of its hourly "
            "peaks, of which the newest day or week counts a tenth. The price is that somebody who "
            "repeats a burst at one hour for that long is found the first times only."
        ),
        falsifiers=(
            "A campus, a carrier NAT or an event put many people behind one address at one time.",
            "A breaking story or a live event made many people post the same.",
            "The account or key is a declared bot, feed or batch job.",
        ),
        source=(
            "The vocabulary count, count distinct, rate limit BY key LAST window of rule engines "
            "as SQRL; GCRA (ITU-T I.371) for rates, HyperLogLog (Flajolet 2007, estimator Ertl "
            "2017) above 1,024 members. Sliding windows instead of fixed ones and seasons by value "
            "are the project's own."
        ),
    )
    Params = VelocityParams
    State = Pace

    def keys(self, signal: Signal, p: VelocityParams) -> Iterable[Key]:
        return _keys(signal, p) if signal.actor else ()

    def keep_s(self, key: Key, p: VelocityParams) -> float:
        """Seconds for which a window matters that nobody touches; 0 under a condition now off."""
        rule = p.rules.get(key.type)
        return rule.span_s if rule is not None else 0.0

    def retire(self, key: Key, state: Pace, idle_s: float, p: VelocityParams) -> bool:
        """The window goes; what is usual stays for as long as the detector looks back."""
        if state.season is None or key.type not in p.rules or idle_s > self.meta.lookback_s:
            return True
        clear(state)
        state.said = state.said_accounts = 0
        return False

    def apply(self, key: Key, signal: Signal, state: Pace, p: VelocityParams) -> list[FindingDraft]:
        rule = p.rules[key.type]
        member = _member(signal, rule.measure)
        if not member:
            return []
        judged = self._judge(state, member, signal, rule)
        if 2 * judged.reached <= rule.threshold:
            state.said = state.said_accounts = 0
            return []
        if p.rhythm is not None:
            state.season = state.season or Season()
            usual = observe(state.season, state.clock, float(judged.number), p.rhythm)
            judged = judged._replace(usual=usual)
        if not judged.is_met(rule) or not (self.every or _is_news(state, judged.number)):
            return []
        state.said, state.said_accounts = judged.number, len(state.by_account)
        return [draft(key, state, rule, judged, p.rhythm)]

    def _judge(self, state: Pace, member: str, signal: Signal, rule: Rule) -> Judged:
        """Put one act where it belongs and say what is reached by it."""
        hashed = self._hashed if rule.distinct else None
        act = Act(signal.at, signal.id, signal.account)
        number = count(state, member, act, rule.span_s, hashed)
        if not rule.refill:
            return Judged(number, number)
        level = pour(state.acts, member, rule.drain, rule.threshold)
        return Judged(max(number, int(level)), level)

    def _hashed(self, member: str) -> int:
        return keyed_rank(member, self.secret)


def _keys(signal: Signal, p: VelocityParams) -> Iterator[Key]:
    for rule in p.rules.values():
        if rule.kinds and signal.kind not in rule.kinds:
            continue
        for value in group_values(signal, rule.groups, rule.object_type):
            yield Key(rule.name, value)


def _member(signal: Signal, measure: str) -> str:
    if measure == "actors":
        return signal.account
    return text_name(signal.match_text) if measure == "texts" else str(signal.id)


def _is_news(state: Pace, number: int) -> bool:
    """New accounts as for every finding; besides, the measure has doubled."""
    return number >= 2 * state.said or is_due(len(state.by_account), state.said_accounts)
