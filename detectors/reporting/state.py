"""What is kept of one reported target, the same for any order of its signals."""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np

from detectors import comparables, minhash
from detectors.base import Signal
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers

MIN_REASON = 20
"""Shorter reasons are a choice from a menu."""
SKETCH_VALUES = 32
_SHORT = 0xFFFF

Place = tuple[float, int]


class Reason(msgspec.Struct, array_like=True, frozen=True, order=True):
    """What an account gave as the reason of its first report; an empty sketch: next to nothing."""

    at: float
    signal_id: int
    sketch: str


class Verdict(msgspec.Struct, array_like=True, frozen=True, order=True):
    """What became of an account's report."""

    at: float
    signal_id: int
    upheld: bool


class Reports(msgspec.Struct, omit_defaults=True):
    """Who reported one target and when; reasons and outcomes by account."""

    sharers: Sharers = msgspec.field(default_factory=Sharers)
    reasons: dict[str, Reason] = {}
    verdicts: dict[str, Verdict] = {}

    @property
    def is_sampled(self) -> bool:
        """Whether some reporters were left out."""
        return self.sharers.sampled or len(self.sharers.shares) > MAX_ACCOUNTS


def fold(state: Reports, signal: Signal, secret: bytes) -> None:
    """Take in a report, or the outcome of one."""
    account, upheld = signal.account, signal.attributes.get("upheld")
    if isinstance(upheld, bool):
        verdict = Verdict(signal.at, signal.id, upheld)
        state.verdicts[account] = max(verdict, state.verdicts.get(account, verdict))
    else:
        state.sharers.add(account, signal.at, signal.id)
        reason = Reason(signal.at, signal.id, reason_sketch(signal.text))
        state.reasons[account] = min(reason, state.reasons.get(account, reason))
    if max(len(state.sharers.shares), len(state.verdicts)) > 2 * MAX_ACCOUNTS:
        _trim(state, secret)


@lru_cache(maxsize=4_096)
def reason_sketch(text: str) -> str:
    """The first 32 values of the text's MinHash, 16 bits of each, in hex."""
    plain = comparables.folded(text)
    if len(plain) < MIN_REASON:
        return ""
    values = minhash.signature(minhash.shingle_hashes(plain))[:SKETCH_VALUES]
    return (values & np.uint64(_SHORT)).astype(">u2").tobytes().hex()


def _trim(state: Reports, secret: bytes) -> None:
    state.sharers.trim(secret)
    kept = state.sharers.shares
    state.reasons = {name: reason for name, reason in state.reasons.items() if name in kept}
    newest = sorted(state.verdicts, key=lambda name: (state.verdicts[name], name))[-MAX_ACCOUNTS:]
    state.verdicts = {name: state.verdicts[name] for name in newest}
