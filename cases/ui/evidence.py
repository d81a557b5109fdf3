"""Evidence as the page shows it: one card a signal, near-duplicate texts side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from abusedesk.core import text
from detectors.base import Family
from detectors.models import Finding, Signal

GROUPS = 5
TEXTS = 6
DIFF_CHARS = 2_000
_WORDS = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Item:
    """One signal. shown: its text with marked differences, when it stands beside others."""

    signal: Signal
    links: list[str] = field(default_factory=list)
    shown: SafeString | None = None


@dataclass(frozen=True, slots=True)
class Twins:
    """Texts that one finding calls near-duplicates."""

    finding: Finding
    items: list[Item]


def item(signal: Signal) -> Item:
    """A signal with the links that its sender listed."""
    return Item(signal, links=list(signal.payload.get("urls") or []))


def twins(findings: Iterable[Finding], signals: Sequence[Signal]) -> list[Twins]:
    """The content findings with at least two of the shown texts each, strongest first."""
    by_id = {signal.pk: signal for signal in signals if signal.text}
    groups = []
    for finding in findings:
        if finding.family != Family.CONTENT:
            continue
        cited = [by_id[pk] for pk in finding.signal_ids if pk in by_id][:TEXTS]
        if len(cited) > 1:
            groups.append(Twins(finding, _marked(cited)))
    return groups[:GROUPS]


def _marked(signals: Sequence[Signal]) -> list[Item]:
    first = signals[0].text
    return [Item(signal, shown=diff_view(first, signal.text)) for signal in signals]


def diff_view(first: str, other: str) -> SafeString:
    """`other` in the safe view, with the words marked in which it differs from `first`."""
    left, right = (_WORDS.findall(one[:DIFF_CHARS]) for one in (first, other))
    matcher = SequenceMatcher(a=left, b=right, autojunk=False)
    pieces = (
        (tag == "equal", "".join(right[start:end]))
        for tag, _, _, start, end in matcher.get_opcodes()
        if end > start
    )
    return format_html_join("", "{}", ((_piece(same, words),) for same, words in pieces))


def _piece(same: bool, words: str) -> SafeString:  # noqa: FBT001 -- read once, two lines above
    shown = text.safe_view(words)
    return (
        shown if same or not words.strip() else format_html('<mark class="diff">{}</mark>', shown)
    )
