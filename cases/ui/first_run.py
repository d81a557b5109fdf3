"""The card of a fresh desk: four steps that tick themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.urls import reverse

from abusedesk.core import clock
from abusedesk.core.models import Role, User
from cases import policy
from cases.models import CaseVisit, Decision
from cases.selectors.case import cases_for
from detectors.models import DetectorDraft, Source


@dataclass(frozen=True, slots=True)
class Step:
    """One step. href: where it is done; code: what to paste."""

    title: str
    text: str
    done: bool
    href: str = ""
    action: str = ""
    code: str = ""


EXPERIENCED = 5
"""Decisions after which nobody needs the card."""


def steps_for(user: User, base: str) -> list[Step]:
    """The card for who reviews, until all is done or the desk has seen some decisions."""
    if not policy.allowed(user, "case.view") or Decision.objects.count() >= EXPERIENCED:
        return []
    steps = steps_of(user, base)
    return [] if all(step.done for step in steps) else steps


def steps_of(user: User, base: str) -> list[Step]:
    """The steps as far as they are done. base: the address under which this desk was reached."""
    case = cases_for(user).order_by("-priority", "pk").first()
    case_page = reverse("cases:case-detail", args=[case.ref]) if case else reverse("cases:queues")
    return [
        Step(
            "Open the most urgent case",
            "See who acted together, with what evidence, and what would make it false.",
            CaseVisit.objects.filter(user=user).exists(),
            case_page,
            "Open",
        ),
        Step(
            "Decide a case",
            "Press n in a queue, a digit for the verdict, write why, submit. Undo is one key.",
            Decision.objects.exists(),
            reverse("cases:queues"),
            "Queues",
        ),
        Step(
            "Send a signal",
            "Put a token into this request and run it; only admins create tokens.",
            Source.objects.filter(token__isnull=False, last_seen_at__isnull=False).exists(),
            reverse("tokens") if user.role == Role.ADMIN else "",
            "Create a token",
            curl(base),
        ),
        Step(
            "Tune a detector",
            "Change a threshold and look at the draft: what it would change, and a backtest.",
            DetectorDraft.objects.exists(),
            reverse("detectors:detector-list"),
            "Detectors",
        ),
    ]


def curl(base: str) -> str:
    """A request that stores one signal now."""
    signal = {
        "external_id": "first-1",
        "platform": "x",
        "kind": "post",
        "occurred_at": clock.now().isoformat(timespec="seconds"),
        "actor": "demo-account",
        "text": "Hello desk",
    }
    return (
        f"curl {base}api/v1/signals/ \\\n"
        '  -H "Authorization: Bearer $ABUSEDESK_TOKEN" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{json.dumps(signal)}'"
    )
