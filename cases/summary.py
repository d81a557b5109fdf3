"""Words about a case, made from facts by templates: title, sentences, reasons. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from abusedesk.core.platforms import platform_name
from detectors.base import Family
from detectors.models import Finding

TITLE_LIMIT: Final = 200
REASONS: Final = 3
HOWS: Final = 5
PLATFORMS_NAMED: Final = 3
FADED: Final = "Faded"
"""Lead of the line that only a case with faded members has."""

# What a finding of this detector means in a title; `{anchor}` is the type of what was shared.
DETECTOR_WORDS: Final = {
    "api-swarm": "one prompt template",
    "coaction-synchrony": "synchronised sharing",
    "creation-burst": "sign-ups in a burst",
    "dense-block": "the same targets",
    "distillation": "distillation habits",
    "guardrail-probing": "probing of guardrails",
    "lookalike-site": "look-alike sites",
    "mass-reporting": "reports in bulk",
    "media-reuse": "one picture",
    "near-duplicate-text": "near-identical text",
    "output-reappearance": "AI output in posts",
    "persona": "invented personas",
    "pushed-site": "one young site",
    "repeated-comment": "repeated comments",
    "repurposed-account": "repurposed accounts",
    "reworded-text": "one story reworded",
    "rhythm": "one rhythm",
    "scam-funnel": "adverts that lead to payments",
    "sequence": "one step after another",
    "shared-infrastructure": "shared {anchor}",
    "velocity": "sudden speed",
    "watch-list": "listed indicators",
}
FAMILY_WORDS: Final = {
    Family.TIMING: "same rhythm",
    Family.CONTENT: "same content",
    Family.INFRA_HARD: "shared {anchor}",
    Family.INFRA_SOFT: "shared {anchor}",
    Family.IDENTITY: "look-alike profiles",
    Family.AI: "same AI output",
    Family.BEHAVIOUR: "same behaviour",
    Family.LIST: "listed indicators",
}
ANCHOR_WORDS: Final = {"ip": "IP address", "asn": "network", "ja4": "client software"}


class Sentence(TypedDict):
    """One line of the summary with the findings that it rests on."""

    lead: str
    text: str
    finding_ids: list[int]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the words are made from. findings: those in force, strongest first; p: 0..1.

    faded: accounts beside the others, whom no evidence ties any more.
    """

    accounts: int
    platforms: Sequence[str]
    findings: Sequence[Finding]
    first_at: datetime
    last_at: datetime
    signals: int
    p: float
    label: str = ""
    faded: int = 0


def title(facts: Facts) -> str:
    """`12 accounts on X and Telegram: shared device, synchronised sharing`."""
    words = list(dict.fromkeys(_words(one) for one in _one_a_family(facts.findings)))
    how = f": {', '.join(words)}" if words else ""
    where = f" on {_listed([*map(platform_name, facts.platforms)])}" if facts.platforms else ""
    return cut(f"{counted(facts.accounts, 'account')}{where}{how}", TITLE_LIMIT)


def reasons(findings: Sequence[Finding]) -> list[str]:
    """The sentences of the three strongest findings, one a family first."""
    first = _one_a_family(findings)
    rest = [one for one in findings if one not in first]
    return [one.sentence for one in [*first, *rest][:REASONS]]


def sentences(facts: Facts) -> list[Sentence]:
    """What, since when, how, where: each line with its evidence."""
    every = [one.pk for one in facts.findings]
    return [
        {"lead": "What", "text": _what(facts), "finding_ids": every},
        {"lead": "When", "text": _when(facts), "finding_ids": every},
        *(_how(one) for one in _one_a_family(facts.findings)[:HOWS]),
        *_where(facts),
        *_faded(facts),
    ]


def strongest_first(findings: Iterable[Finding]) -> list[Finding]:
    """By weight of evidence, then the one with more accounts."""
    return sorted(findings, key=lambda one: (-one.llr, -len(one.subjects), one.pk))


def counted(count: int, noun: str) -> str:
    """`1 report`, `2,000 reports`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def moment(at: datetime) -> str:
    """`3 Nov 2026 12:00`."""
    return f"{at:%-d %b %Y %H:%M}"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis says that there were more."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _what(facts: Facts) -> str:
    label = f" Label: {facts.label}." if facts.label else ""
    return (
        f"{counted(facts.accounts, 'account')} act together; each link between two of them is real "
        f"with probability {facts.p:.2f} before calibration.{label}"
    )


def _when(facts: Facts) -> str:
    span = f"from {moment(facts.first_at)} to {moment(facts.last_at)}"
    return f"{counted(facts.signals, 'signal')} in the findings in force, {span} UTC."


def _how(finding: Finding) -> Sentence:
    return {"lead": "How", "text": finding.sentence, "finding_ids": [finding.pk]}


def _where(facts: Facts) -> list[Sentence]:
    """Platforms in the order in which the evidence reached them."""
    if len(facts.platforms) < 2:  # noqa: PLR2004 -- an order takes two
        return []
    first: dict[str, datetime] = {}
    for one in sorted(facts.findings, key=lambda one: one.first_at):
        for name in one.subjects:
            first.setdefault(name.partition(":")[0], one.first_at)
    order = [name for name in first if name in facts.platforms]
    missing = [name for name in facts.platforms if name not in first]
    text = (
        f"Platforms in order of the evidence: {', '.join(map(platform_name, [*order, *missing]))}."
    )
    return [{"lead": "Where", "text": text, "finding_ids": []}]


def _faded(facts: Facts) -> list[Sentence]:
    if not facts.faded:
        return []
    text = (
        f"{counted(facts.faded, 'more account')} {'was' if facts.faded == 1 else 'were'} tied by "
        "evidence that has faded; not counted as sure."
    )
    return [{"lead": FADED, "text": text, "finding_ids": []}]


def _one_a_family(findings: Sequence[Finding]) -> list[Finding]:
    best: dict[str, Finding] = {}
    for one in findings:
        best.setdefault(one.family, one)
    return list(best.values())


def _words(finding: Finding) -> str:
    words = DETECTOR_WORDS.get(finding.detector) or FAMILY_WORDS.get(
        Family(finding.family), finding.family
    )
    anchor = finding.anchor_type
    return words.format(anchor=ANCHOR_WORDS.get(anchor, anchor.replace("-", " ")))


def _listed(names: Sequence[str]) -> str:
    if len(names) > PLATFORMS_NAMED:
        return (
            f"{', '.join(names[: PLATFORMS_NAMED - 1])} and {len(names) - PLATFORMS_NAMED + 1} more"
        )
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
