"""Reads which texts a case rests on, and what is known of who wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from abusedesk.core.models import User
from cases.attribution import AI, Attribution, Taken, Text, attribution_of, maker_of
from cases.cited import cited_by, span_of
from detectors.models import Finding
from detectors.selectors.signal import signals_for

CHAINS: Final = "output-reappearance"


def attribution_for(findings: Sequence[Finding], viewer: User) -> Attribution:
    """Who wrote what these findings cite, by the viewer's sight; one query."""
    return attribution_of(_texts(findings, viewer), _taken(findings))


def _texts(findings: Sequence[Finding], viewer: User) -> list[Text]:
    """What a model may have written: of the newest 5,000 or so cited signals, in order of time."""
    cited = cited_by(findings)
    if not cited:
        return []
    written = ~Q(text="") | Q(kind__startswith=AI) | Q(payload__has_any_keys=["ai", "fingerprints"])
    rows = signals_for(viewer).filter(
        written, pk__in=list(cited), occurred_at__range=span_of(findings)
    )
    told = rows.order_by("occurred_at", "id").values_list(
        "pk", "platform", "actor", "kind", "payload__ai"
    )
    return [
        Text(pk, f"{platform}:{actor}" if actor else platform, kind, maker_of(ai))
        for pk, platform, actor, kind, ai in told
    ]


def _taken(findings: Sequence[Finding]) -> dict[int, Taken]:
    """Text -> the output that holds most of it, by the chains among the findings."""
    found: dict[int, Taken] = {}
    for finding in findings:
        if finding.detector != CHAINS:
            continue
        for step in [*finding.values["prompts"], *finding.values["posts"]]:
            one = Taken(step["output"], step["containment"])
            known = found.setdefault(step["signal"], one)
            found[step["signal"]] = max(known, one, key=lambda taken: taken.share)
    return found
