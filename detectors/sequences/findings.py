"""What the sequence detector says: evaluated conditions and the sentence for people."""

from __future__ import annotations

from dataclasses import replace

from detectors.base import HOUR_S, Condition, FindingDraft, Key, Tier
from detectors.emission import counted, lasting, shortened
from detectors.grouping import GROUP_NOUNS
from detectors.sequences.chain import Chain
from detectors.sequences.params import SequenceParams, Step

LLR = 2.0
OPENING_ACCOUNTS = 3
SILENT = frozenset({"agent", "text"})
"""Groups whose values are digests that tell a person nothing."""


def made_public(key: Key, state: Chain, p: SequenceParams) -> list[FindingDraft]:
    """Too many accounts: take back what was said and stay silent."""
    last, said, accounts = draft(key, state, p), state.said, len(state.parts)
    state.waiting, state.parts, state.said, state.public = {}, {}, 0, True
    sentence = (
        f"{counted(accounts, 'account')} in sequences with {_named(key)}, more than "
        f"{p.public_cap}: many people pass it on, so it proves nothing"
    )
    return [replace(last, lapsed=True, sentence=sentence)] if said else []


def draft(key: Key, state: Chain, p: SequenceParams) -> FindingDraft:
    """One finding."""
    names = tuple(sorted(state.parts))
    parts = [state.parts[name] for name in names]
    cited = {part.led for part in parts} | {part.followed for part in parts}
    first, last = min(part.first_at for part in parts), max(part.last_at for part in parts)
    return FindingDraft(
        anchor=key,
        subjects=names,
        signal_ids=tuple(sorted(cited - {0})),
        llr=LLR,
        sentence=(
            f"{counted(len(names), 'account')}: {_worded(p.first)}, then {_worded(p.second)} with "
            f"{_named(key)} within {p.window_h} h, in {lasting(last - first)}"
        ),
        first_at=first,
        last_at=last,
        tier=Tier.OPENING if len(names) >= OPENING_ACCOUNTS else Tier.SUPPORTING,
        values={
            "accounts": len(names),
            "first_step": sum(1 for part in parts if part.led),
            "second_step": sum(1 for part in parts if part.followed),
            "platforms": sorted({name.partition(":")[0] for name in names}),
        },
        conditions=_conditions(state, p),
        flags=("truncated",) if state.truncated else (),
    )


def _conditions(state: Chain, p: SequenceParams) -> tuple[Condition, ...]:
    number, hours = len(state.parts), round(state.longest_s / HOUR_S, 2)
    return (
        Condition("accounts", number, ">=", p.min_accounts, "accounts", number >= p.min_accounts),
        Condition("between the steps", hours, "<=", p.window_h, "h", hours <= p.window_h),
        Condition("common", number, "<=", p.public_cap, "accounts", number <= p.public_cap),
    )


def _worded(step: Step) -> str:
    return f"{step.kind or 'any signal'} on {step.platform or 'any platform'}"


def _named(key: Key) -> str:
    noun = GROUP_NOUNS[key.type]
    return f"one {noun}" if key.type in SILENT else f"one {noun} ({shortened(key.value)})"
