"""First here, then there: two steps on one or two platforms, joined by a value both have."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import HOUR_S, Detector, Family, FindingDraft, Key, Meta, Signal
from detectors.emission import is_due
from detectors.grouping import group_values
from detectors.overrides import need_of
from detectors.sequences.chain import KEPT_S, Chain, complete, forget, wait
from detectors.sequences.findings import draft, made_public
from detectors.sequences.params import SequenceParams


class Sequence(Detector[Chain, SequenceParams]):
    """State per common value: who did the first step, and who completed a sequence."""

    meta = Meta(
        slug="sequence",
        title="Sequence",
        version=1,
        family=Family.BEHAVIOUR,
        lookback_s=KEPT_S,
        doc=(
            "Finds accounts that do one thing and then, within some hours, another, on two "
            "platforms or one, joined by a value that both steps have: a link, domain, text, "
            "address, device, e-mail, phone, payment, wallet, AI key or object. Set the two steps "
            "(platform and kind) and what joins them; until then it costs and says nothing. Of "
            "each account the newest first step counts; whoever comes first on the second platform "
            "is not part of a sequence. A finding names all accounts of completed sequences with "
            "one common value in the last 7 days. It supports other evidence."
        ),
        falsifiers=(
            "The common value is popular: a news story travels between platforms by itself.",
            "One organisation announces on one platform and serves on the other.",
            "The steps are the two halves of one tool that many people use.",
        ),
        source="Ordered conditions BY key WITHIN time as in rule engines; the project's own.",
    )
    Params = SequenceParams
    State = Chain

    def keys(self, signal: Signal, p: SequenceParams) -> Iterable[Key]:
        if p.joined_by == "off" or not signal.actor:
            return ()
        if not (p.first.takes(signal) or p.second.takes(signal)):
            return ()
        values = group_values(signal, (p.joined_by,), p.object_type)
        return [Key(p.joined_by, value) for value in values]

    def apply(
        self, key: Key, signal: Signal, state: Chain, p: SequenceParams
    ) -> list[FindingDraft]:
        if state.public:
            return []
        forget(state, signal.at, p.window_h * HOUR_S)
        if p.second.takes(signal):
            complete(state, signal)
        if p.first.takes(signal):
            wait(state, signal)
        accounts = len(state.parts)
        if accounts > p.public_cap:
            return made_public(key, state, p)
        if not is_due(accounts, state.said):
            return []
        cited = (id_ for part in state.parts.values() for id_ in (part.led, part.followed))
        need = need_of(p, "min_accounts", state.parts, cited, self.tell)
        if not need.met:
            return []
        state.said = accounts
        return [need.shown(draft(key, state, p))]
