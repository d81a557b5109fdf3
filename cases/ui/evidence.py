"""Evidence as the page shows it: what was shared, near-duplicate texts, one card a signal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.utils.safestring import SafeString

from abusedesk.core.templatetags.ui import span
from cases.ui.marks import marked_words
from cases.ui.wordings import wordings
from detectors.base import Family
from detectors.models import Finding, Signal
from detectors.selectors.evidence import Shared
from detectors.selectors.reference import Known, known_of
from detectors.ui.chips import Chip, chips

SHARED = 12
NAMED = 8
EXCERPT_CHARS = 160
# Keys whose value is a digest: the text of the first act says what it stands for.
DIGESTS = frozenset({"text", "hashtag-seq", "copies"})
GROUPS = 5
TEXTS = 6
PAIR = 2
COMPARED = 50
REWORDED, PUSHED = "reworded-text", "pushed-site"
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
    """Texts that one finding calls one. how: what is marked in them."""

    finding: Finding
    how: str
    items: list[Item]


def item(signal: Signal) -> Item:
    """A signal with the links that its sender listed."""
    return Item(signal, links=list(signal.payload.get("urls") or []))


@dataclass(frozen=True, slots=True)
class Act:
    """One account on one thing. after: how long after the first one, in words."""

    signal_id: int
    account: str
    after: str


@dataclass(frozen=True, slots=True)
class Together:
    """One thing that accounts acted on; value: what it is, excerpt: the text that shows it.

    entity_id: of its page, None when it has none.
    """

    kind: str
    entity_type: str
    entity_id: int | None
    value: str
    chips: list[Chip]
    excerpt: str
    accounts: int
    within: str
    acts: list[Act]


def together(shared: Sequence[Shared]) -> list[Together]:
    """The first twelve things that several accounts acted on, with who came when."""
    shown = shared[:SHARED]
    known = known_of([(one.key.type, one.key.value) for one in shown])
    return [_together(one, known[one.key.type, one.key.value]) for one in shown]


def _together(one: Shared, known: Known) -> Together:
    acts = one.in_order
    digest = one.key.type in DIGESTS
    return Together(
        kind=one.key.type.replace("-", " "),
        entity_type=one.key.type,
        entity_id=known.entity_id,
        chips=chips(known.lists),
        value="" if digest else one.key.value,
        excerpt=acts[0].text[:EXCERPT_CHARS] if digest else "",
        accounts=len(acts),
        within=span(one.span_s),
        acts=[
            Act(act.id, act.account.partition(":")[2], _after(act.at - acts[0].at))
            for act in acts[:NAMED]
        ],
    )


def _after(seconds: float) -> str:
    return f"+{span(seconds)}" if seconds else "same time"


@dataclass(frozen=True, slots=True)
class YoungSite:
    """A site that was only days old when accounts of the case began to send people there.

    own: accounts that are the site itself.
    """

    finding: Finding
    site: str
    age_d: int
    accounts: int
    platforms: list[str]
    own: list[str]


def young_sites(findings: Iterable[Finding]) -> list[YoungSite]:
    """The first twelve, the strongest finding first."""
    found = [one for one in findings if one.detector == PUSHED][:SHARED]
    return [
        YoungSite(
            finding=one,
            site=one.values["site"],
            age_d=round(one.values["age_d"]),
            accounts=one.values["accounts"],
            platforms=one.values["platforms"],
            own=one.values["sites"][:NAMED],
        )
        for one in found
    ]


def twins(findings: Iterable[Finding], signals: Sequence[Signal]) -> list[Twins]:
    """Findings of like texts with at least two of the shown texts each, strongest first.

    What would mostly show texts again is left out.
    """
    by_id = {signal.pk: signal for signal in signals if signal.text}
    groups: list[Twins] = []
    seen: set[int] = set()
    for finding in findings:
        if finding.family != Family.CONTENT and finding.detector != REWORDED:
            continue
        cited = [by_id[pk] for pk in finding.signal_ids if pk in by_id]
        if len(cited) < PAIR:
            continue
        how, items = _reworded(cited) if finding.detector == REWORDED else _changed(cited)
        shown = {one.signal.pk for one in items}
        if 2 * len(shown & seen) < len(shown):
            groups.append(Twins(finding, how, items))
            seen |= shown
    return groups[:GROUPS]


def _reworded(signals: Sequence[Signal]) -> tuple[str, list[Item]]:
    told = wordings(signals[:COMPARED])
    return "own words marked", [Item(signal, shown=shown) for signal, shown in told[:TEXTS]]


def _changed(signals: Sequence[Signal]) -> tuple[str, list[Item]]:
    first = signals[0].text
    items = [Item(one, shown=diff_view(first, one.text)) for one in signals[:TEXTS]]
    return "marked: what differs from the first", items


def diff_view(first: str, other: str) -> SafeString:
    """`other` in the safe view, with the words marked in which it differs from `first`."""
    left, right = (_WORDS.findall(one[:DIFF_CHARS]) for one in (first, other))
    matcher = SequenceMatcher(a=left, b=right, autojunk=False)
    return marked_words(
        (tag == "equal", "".join(right[start:end]))
        for tag, _, _, start, end in matcher.get_opcodes()
        if end > start
    )
