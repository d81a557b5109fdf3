"""A burst of sign-ups in words and numbers."""

from __future__ import annotations

from math import log10

from detectors.base import Condition, FindingDraft, Key
from detectors.emission import counted, is_due, neighbour_links
from detectors.signups.judge import Window
from detectors.signups.ledger import MAX_MEMBERS, Burst, Cohort, Ledger

LLR = 2.0


def say(
    key: Key, ledger: Ledger, cohort: Cohort, origin: str, window: Window, what: str
) -> list[FindingDraft]:
    """Add the members of a window to its burst; the finding, if it has grown enough.

    what: how the sign-ups are alike, in words.
    """
    burst = cohort.bursts.get(origin)
    if burst is None:
        began = min(one.born for one in window.members.values())
        burst = cohort.bursts[origin] = Burst(began)
    for account, one in window.members.items():
        if account in burst.members or len(burst.members) < MAX_MEMBERS:
            burst.members[account] = one
            burst.newest = max(burst.newest, one.seen_at)
        else:
            ledger.truncated = True
    if not is_due(len(burst.members), burst.said):
        return []
    burst.said = len(burst.members)
    return [_draft(key, ledger, burst, origin, window, what)]


def _draft(
    key: Key, ledger: Ledger, burst: Burst, origin: str, window: Window, what: str
) -> FindingDraft:
    names = tuple(sorted(burst.members))
    members = [burst.members[name] for name in names]
    ring = sorted(range(len(names)), key=lambda place: (members[place].born, names[place]))
    return FindingDraft(
        anchor=Key(key.type, " / ".join((key.value, what, origin, str(int(burst.began))))),
        subjects=names,
        signal_ids=tuple(sorted(one.signal_id for one in members)),
        llr=LLR,
        links=neighbour_links(ring, lambda _one, _other: LLR),
        score=round(-log10(max(window.p, 1e-300)), 2),
        sentence=_sentence(window, what, origin, len(names)),
        first_at=min(one.born for one in members),
        last_at=max(one.born for one in members),
        values={
            "shape": what,
            "origin": origin,
            "accounts": len(names),
            "in_window": window.number,
            "window_h": window.frame.hours,
            "expected": round(window.expected.mean, 4),
            "p": window.p,
        },
        constants={
            "basis": window.expected.basis,
            "mean": window.expected.mean,
            "size": window.expected.size,
            "known_h": window.frame.known_h,
        },
        conditions=(
            Condition(
                f"sign-ups in {window.frame.hours} h",
                window.number,
                ">=",
                window.limit,
                "accounts",
                met=True,
            ),
            Condition("chance", window.p, "<=", window.p_max, "p", met=True),
        ),
        flags=("truncated",) if ledger.truncated else (),
    )


def _sentence(window: Window, what: str, origin: str, accounts: int) -> str:
    where = f" from {origin}" if origin else ""
    more = f"; {counted(accounts, 'account')} since it began" if accounts > window.number else ""
    mean = window.expected.mean
    usual = f"{mean:.1f}" if round(mean, 1) else f"{mean:.1g}"
    return f"{window.number} {what}{where} in {window.frame.hours} h, {usual} expected{more}"
