"""A small desk to look at: people, queues, signals, findings and cases, the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import Any

from django.contrib.auth.hashers import make_password

from abusedesk.core import clock
from abusedesk.core.models import Role, User
from cases.choices import Severity, State
from cases.models import Case, CaseCampaign, Queue
from cases.priority import priority
from detectors import registry
from detectors.choices import CampaignState, Mode, StreamKind
from detectors.models import (
    Campaign,
    CampaignFinding,
    CampaignMember,
    DetectorConfig,
    Entity,
    Finding,
    Signal,
    SignalEntity,
    Source,
    Stream,
)
from detectors.partitions import ensure_partitions

PASSWORD = "correct horse battery"
PLATFORMS = ("x", "telegram", "youtube", "openai-api", "medium", "facebook")
TEXTS = (
    "They told us the vote was clean. Read what they hid: https://truth-report.example/vote/{n}",
    "Our lawyer recovered {n}000 EUR for Nordbank victims, write to help@nord-law.example",
    "Honest question: why does nobody speak about the {n} missing ballots in district nine?",
    "I met her on the app and after {n} days she asked for a VIP fee. Pay at 203.0.113.{n}",
)
TITLES = (
    "9 accounts on X and Telegram: near-identical text, synchronised sharing",
    "23 accounts on X, YouTube and Medium: shared device, near-identical text",
    "5 accounts on Telegram: shared payment",
    "14 accounts on Facebook and X: synchronised sharing",
    "61 accounts on OpenAI API and X: same AI output, sudden speed",
    "7 accounts on Medium: near-identical text",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """The people and cases of a seeded desk."""

    reviewer: User
    lead: User
    admin: User
    partner: User
    queue: Queue
    cases: list[Case]


def people() -> dict[str, User]:
    """One person for each role, with `PASSWORD`."""
    names = {"rita": Role.REVIEWER, "lena": Role.LEAD, "ada": Role.ADMIN, "petra": Role.PARTNER}
    return {
        name: User.objects.create(username=name, password=_hashed(), role=role)
        for name, role in names.items()
    }


@cache
def _hashed() -> str:
    """Hashing is slow on purpose; once a run is enough."""
    return make_password(PASSWORD)


def desk(cases: int = 8) -> Desk:
    """Two queues; `cases` cases in the first one."""
    staff = people()
    Queue.objects.all().delete()
    queue = Queue.objects.create(slug="operations", title="Operations", position=1)
    Queue.objects.create(slug="scams", title="Scams and money", sla_hours=8, position=2)
    found = [case(queue, number) for number in range(1, cases + 1)]
    return Desk(staff["rita"], staff["lena"], staff["ada"], staff["petra"], queue, found)


def case(queue: Queue, number: int, *, text: str = "", **changes: Any) -> Case:
    """One case with two findings and twelve signals. text: instead of the usual words."""
    now = clock.now()
    signals = signals_of(number, now, text=text)
    campaign = campaign_of(number, signals, now)
    parts = {
        "p": campaign.p,
        "harm": 0.7,
        "reach": 0.9 - number / 100,
        "velocity": 1.0,
        "novelty": 1.0,
    }
    row = {
        "ref": f"AD-{number}",
        "title": TITLES[number % len(TITLES)],
        "summary": _summary(campaign),
        "queue": queue,
        "severity": (Severity.HIGH, Severity.CRITICAL, Severity.MEDIUM, Severity.LOW)[number % 4],
        "how_sure": campaign.p,
        "priority": priority(parts),
        "priority_parts": parts,
        "platforms": campaign.platforms,
        "reasons": [link.finding.sentence for link in campaign.evidence.order_by("pk")],
        "accounts": campaign.size,
        "hits": campaign.signal_total,
        "new_hits": 3 if number % 3 == 0 else 0,
        "opened_at": now - timedelta(hours=number * 3),
        "due_at": now + timedelta(hours=30 - number * 5),
        **changes,
    }
    created = Case.objects.create(**row)
    CaseCampaign.objects.create(case=created, campaign=campaign, revision=1)
    return created


def signals_of(number: int, now: datetime, *, text: str = "") -> list[Signal]:
    """Twelve posts of four accounts on two platforms, some minutes apart."""
    moments = [now - timedelta(hours=number * 3, minutes=minute * 4) for minute in range(12)]
    ensure_partitions(moments)
    stream, source = live_stream(), source_of()
    rows = [
        Signal(
            stream=stream,
            source=source,
            external_id=f"w-{number}-{at}",
            platform=PLATFORMS[(number + at % 2) % len(PLATFORMS)],
            kind="post",
            occurred_at=moment,
            received_at=moment + timedelta(seconds=4),
            actor=f"morgan_{number}{at % 4}",
            text=text or TEXTS[number % len(TEXTS)].format(n=number + at % 3),
            payload={"urls": [f"https://truth-report.example/vote/{number}"]},
            epoch=0,
        )
        for at, moment in enumerate(moments)
    ]
    stored = Signal.objects.bulk_create(rows)
    mention(stored[0], "domain", f"truth-report-{number}.example")
    return stored


def mention(signal: Signal, kind: str, value: str, role: str = "mention") -> SignalEntity:
    """One extracted entity."""
    digest = blake2b(f"{kind}\x1f{value}".encode(), digest_size=16).digest()
    entity, _ = Entity.objects.get_or_create(
        digest=digest,
        defaults={
            "type": kind,
            "value": value,
            "first_seen_at": signal.occurred_at,
            "last_seen_at": signal.occurred_at,
        },
    )
    return SignalEntity.objects.create(
        signal_id=signal.pk,
        occurred_at=signal.occurred_at,
        entity=entity,
        role=role,
        raw=value[:500],
    )


def campaign_of(number: int, signals: list[Signal], now: datetime) -> Campaign:
    """A campaign of four accounts on evidence of two families."""
    subjects = sorted({f"{one.platform}:{one.actor}" for one in signals})
    campaign = Campaign.objects.create(
        state=CampaignState.OPEN,
        size=len(subjects),
        platforms=sorted({one.platform for one in signals}),
        families=["content", "timing"],
        p=0.97 - number % 5 * 0.03,
        score=3.5,
        parts={"prior": -6.0, "timing": 6.5, "content": 3.0},
        signal_total=len(signals) + number,
        first_at=signals[-1].occurred_at,
        last_at=signals[0].occurred_at,
    )
    for member in subjects:
        CampaignMember.objects.create(campaign=campaign, account=member, p=0.95, core=True)
    for slug, family, words in (
        (
            "near-duplicate-text",
            "content",
            "4 accounts on 2 platforms, 1 word changed, J 0.91-1.00",
        ),
        (
            "coaction-synchrony",
            "timing",
            "4 accounts shared the same 6 links, 6 within 60 s (p 3e-10)",
        ),
    ):
        row = finding(slug, family, words, number, subjects, signals)
        CampaignFinding.objects.create(campaign=campaign, finding=row)
    return campaign


def finding(
    slug: str, family: str, sentence: str, number: int, subjects: list[str], signals: list[Signal]
) -> Finding:
    """One finding with two evaluated conditions."""
    return Finding.objects.create(
        uid=blake2b(f"{slug}{number}".encode(), digest_size=16).hexdigest(),
        config=config_of(slug),
        stream=live_stream(),
        detector=slug,
        version=1,
        family=family,
        tier="opening" if family == "timing" else "supporting",
        anchor_type="url",
        anchor_value=f"https://truth-report.example/vote/{number}",
        subjects=subjects,
        signal_ids=[one.pk for one in signals],
        signal_total=len(signals),
        first_at=signals[-1].occurred_at,
        last_at=signals[0].occurred_at,
        llr=6.5 if family == "timing" else 3.0,
        sentence=sentence,
        conditions=[
            {
                "name": "accounts",
                "value": len(subjects),
                "op": ">=",
                "limit": 3,
                "unit": "accounts",
                "met": True,
            },
            {
                "name": "similarity",
                "value": 0.934,
                "op": ">=",
                "limit": 0.8,
                "unit": "Jaccard",
                "met": True,
            },
            {
                "name": "p",
                "value": 0.0031,
                "op": "<=",
                "limit": 0.0001,
                "unit": "probability",
                "met": False,
            },
        ],
        falsifiers=["the text is a quote or a petition", "the accounts are one declared newsroom"],
        flags=["prior_q"] if family == "timing" else [],
        digest="0",
    )


def config_of(slug: str) -> DetectorConfig:
    """The configuration in force of one detector, its defaults when there is none."""
    params = registry.defaults(slug)
    row, _ = DetectorConfig.objects.get_or_create(
        slug=slug,
        current=True,
        defaults={
            "number": 1,
            "mode": Mode.LIVE,
            "params": params.model_dump(mode="json"),
            "params_hash": params.digest(),
            "reason": "as shipped",
        },
    )
    return row


def settings_form(slug: str, **changes: str) -> dict[str, str]:
    """What the form of a detector sends when nothing but `changes` was changed."""
    values = {
        f"p_{name}": ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in config_of(slug).params.items()
    }
    return {**values, "mode": Mode.LIVE.value, "reason": "too many", **changes}


def live_stream() -> Stream:
    """The stream of posted signals."""
    row, _ = Stream.objects.get_or_create(
        slug="live", defaults={"title": "Live", "kind": StreamKind.LIVE}
    )
    return row


def source_of() -> Source:
    """The integration that sent everything."""
    row, _ = Source.objects.get_or_create(slug="world", defaults={"title": "Test world"})
    return row


def close(case: Case) -> None:
    """Make a case history."""
    case.state = State.CLOSED
    case.closed_at = clock.now() - timedelta(hours=1)
    case.save()


def _summary(campaign: Campaign) -> list[dict[str, Any]]:
    links = campaign.evidence.select_related("finding").order_by("pk")
    return [
        {
            "lead": "What",
            "text": f"{campaign.size} accounts act together; each link between two of them is "
            f"real with probability {campaign.p:.2f} before calibration.",
            "finding_ids": [link.finding_id for link in links],
        },
        {
            "lead": "When",
            "text": f"{campaign.signal_total} signals from {campaign.first_at:%-d %b %H:%M} to "
            f"{campaign.last_at:%-d %b %H:%M} UTC.",
            "finding_ids": [],
        },
        *(
            {"lead": "How", "text": link.finding.sentence, "finding_ids": [link.finding_id]}
            for link in links
        ),
        {
            "lead": "Where",
            "text": f"Platforms in order of the evidence: {', '.join(campaign.platforms)}.",
            "finding_ids": [],
        },
    ]
