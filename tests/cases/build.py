"""Small builders of what case tests need; no random values."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Role, User
from cases import queue
from cases.choices import Severity, State
from cases.intake import intake
from cases.models import Appeal, Case, CaseCampaign, Decision, PolicyVersion, Queue
from cases.opening import inbox
from cases.services.appeal import open_appeal
from cases.services.decision import record_decision
from cases.services.policy import PolicyText, save_policy
from cases.terms import NO_TERMS, Terms
from detectors.choices import CampaignState, Mode, Outcome, StreamKind
from detectors.models import (
    Campaign,
    CampaignFinding,
    CampaignMember,
    DetectorConfig,
    Finding,
    Signal,
    Source,
    Stream,
)
from detectors.partitions import ensure_partitions

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
_serial = count(1)
Result = TypeVar("Result")


def key(number: int) -> UUID:
    """A readable idempotency key."""
    return UUID(int=number)


def user(role: Role = Role.REVIEWER, name: str = "") -> User:
    return User.objects.create_user(name or f"{role.value}{next(_serial)}", role=role)


def case(
    *,
    priority: float = 10.0,
    state: State = State.OPEN,
    queue: Queue | None = None,
    due_in: timedelta = timedelta(hours=24),
    **fields: Any,
) -> Case:
    """A case without a campaign."""
    number = next(_serial) + 500_000
    now = clock.now()
    values: dict[str, Any] = {
        "ref": f"AD-{number}",
        "title": f"case {number}",
        "state": state,
        "queue": queue or inbox(),
        "severity": Severity.MEDIUM,
        "how_sure": 0.9,
        "priority": priority,
        "platforms": ["x"],
        "accounts": 5,
        "due_at": now + due_in,
        "closed_at": now if state == State.CLOSED else None,
    }
    return Case.objects.create(**values | fields)


def accounts(number: int, platform: str = "x", first: int = 1) -> list[str]:
    return [f"{platform}:a{place}" for place in range(first, first + number)]


def finding(
    *,
    subjects: Sequence[str],
    family: str = "infra-hard",
    detector: str = "shared-infrastructure",
    anchor: tuple[str, str] = ("device", "d-1"),
    signal_ids: Sequence[int] = (),
    llr: float = 8.0,
    sentence: str = "",
    signal_total: int = 0,
) -> Finding:
    number = next(_serial)
    config, _ = DetectorConfig.objects.get_or_create(
        slug=detector,
        current=True,
        defaults={"number": 1, "mode": Mode.LIVE, "params": {}, "params_hash": "0"},
    )
    return Finding.objects.create(
        uid=f"{number:032d}",
        config=config,
        stream=live_stream(),
        detector=detector,
        version=1,
        family=family,
        tier="opening",
        anchor_type=anchor[0],
        anchor_value=anchor[1],
        subjects=list(subjects),
        signal_ids=list(signal_ids),
        signal_total=signal_total or len(signal_ids),
        first_at=NOON,
        last_at=NOON + timedelta(hours=6),
        llr=llr,
        sentence=sentence or f"{len(subjects)} accounts share {anchor[0]} {anchor[1]}",
        digest="0",
    )


def campaign(
    *,
    members: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    state: CampaignState = CampaignState.OPEN,
    families: Sequence[str] = ("infra-hard", "content"),
    waiting: bool = True,
    p: float = 0.95,
    **fields: Any,
) -> Campaign:
    """A campaign of eight accounts on one device with 20 signals, unless said otherwise."""
    names = list(members) or accounts(8)
    row = Campaign.objects.create(
        state=state,
        size=len(names),
        platforms=sorted({name.partition(":")[0] for name in names}),
        families=list(families),
        p=p,
        score=3.0,
        parts={"prior": -6.0, "infra-hard": 7.5, "content": 1.5},
        first_at=NOON,
        last_at=NOON + timedelta(hours=6),
        needs_intake=waiting,
        **fields,
    )
    CampaignMember.objects.bulk_create(
        CampaignMember(campaign=row, account=name, p=p, core=True) for name in names
    )
    for one in findings or [finding(subjects=names, signal_ids=range(1, 21))]:
        CampaignFinding.objects.create(campaign=row, finding=one)
    return row


def grow(
    row: Campaign,
    signals: int,
    *,
    members: Sequence[str] = (),
    families: Sequence[str] = (),
) -> Campaign:
    """New evidence: `signals` more of them, perhaps members or families; flagged for intake."""
    first = _first(row)
    newest = max(first.signal_ids, default=0)
    first.signal_ids = [*first.signal_ids, *range(newest + 1, newest + 1 + signals)]
    first.signal_total = len(first.signal_ids)
    first.save()
    CampaignMember.objects.bulk_create(
        CampaignMember(campaign=row, account=name, p=0.9, core=True) for name in members
    )
    row.size += len(members)
    row.families = [*row.families, *families]
    row.revision += 1
    row.needs_intake = True
    row.save()
    return row


def _first(row: Campaign) -> Finding:
    link = row.evidence.select_related("finding").order_by("pk").first()
    assert link is not None
    return link.finding


def opened(**fields: Any) -> tuple[Campaign, Case]:
    """A campaign and the case that intake opened for it."""
    row = campaign(**fields)
    intake()
    return row, case_of(row)


def case_of(row: Campaign) -> Case:
    return CaseCampaign.objects.select_related("case").get(campaign=row).case


def decided(
    actor: User,
    of: Case,
    outcome: Outcome = Outcome.ABUSE,
    *,
    key_: UUID | None = None,
    reason: str = "seen",
    terms: Terms = NO_TERMS,
    asks_second: bool = False,
) -> Decision:
    """Claim and decide."""
    held = queue.claim(actor=actor, case=of)
    assert held.claim_id is not None
    return record_decision(
        actor=actor,
        case=of,
        claim_id=held.claim_id,
        outcome=outcome,
        reason=reason,
        key=key_ or key(next(_serial)),
        terms=terms,
        asks_second=asks_second,
    )


def policy(slug: str = "scam", *, actor: User | None = None, **said: Any) -> PolicyVersion:
    """The next version of a policy."""
    last = PolicyVersion.objects.filter(slug=slug, current=True).first()
    return save_policy(
        actor=actor or user(Role.ADMIN),
        slug=slug,
        said=PolicyText(**{"title": slug.capitalize(), "text": "No scams.", **said}),
        reason="as agreed",
        based_on=last.number if last else 0,
    )


def appeal(of: Decision, *, actor: User | None = None, key_: UUID | None = None) -> Appeal:
    """Somebody objects; an integration passes it on."""
    return open_appeal(
        actor=actor or user(Role.INTEGRATION),
        decision=of,
        appellant="x:a1",
        statement="We are a choir.",
        key=key_ or key(next(_serial)),
    )


def live_stream() -> Stream:
    row, _ = Stream.objects.get_or_create(
        slug="live", defaults={"title": "Live", "kind": StreamKind.LIVE}
    )
    return row


def signal(number: int, *, at: datetime = NOON, text: str = "buy now", actor: str = "a1") -> Signal:
    ensure_partitions([at])
    source, _ = Source.objects.get_or_create(slug="src", defaults={"title": "Source"})
    return Signal.objects.create(
        stream=live_stream(),
        source=source,
        external_id=f"e{number}",
        platform="x",
        kind="post",
        occurred_at=at,
        received_at=at,
        actor=actor,
        text=text,
        payload={},
        epoch=0,
    )


def verbs(of: Case) -> list[str]:
    """Verbs on the case's timeline, oldest first."""
    rows = AuditEntry.objects.filter(target_type="case", target_id=str(of.pk)).order_by("id")
    return list(rows.values_list("verb", flat=True))


def at_once(number: int, work: Callable[[int], Result]) -> list[Result]:
    """Run `work(0..number-1)` in threads that start together, each on a connection of its own."""
    barrier = threading.Barrier(number)
    results: dict[int, Result] = {}
    faults: list[BaseException] = []

    def run(place: int) -> None:
        try:
            barrier.wait(20)
            results[place] = work(place)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if faults:
        raise faults[0]
    return [results[place] for place in range(number)]


class AwayBackend:
    """A mail server that is away."""

    def __init__(self, **_options: Any) -> None:
        pass

    def send_messages(self, _messages: Sequence[Any]) -> int:
        """Nobody answers."""
        message = "no route to host"
        raise OSError(message)
