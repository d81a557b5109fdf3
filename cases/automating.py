"""Takes findings of automated detectors up: acts, holds or leaves alone, each account once.

Work is taken from rows that were written with the findings; what becomes of one commits together
with its going. The automation's row is locked meanwhile, so that the cap is exact, however many
workers there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Q

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.queueing import wake
from cases import protecting, tripping
from cases.choices import AutomatedState
from cases.faults import Taken, attempt, one_by_one
from cases.models import AutomatedAction, Automation, Case
from cases.services.automated_delivery import owe_actions
from detectors.choices import FindingStatus, Mode
from detectors.models import DetectorConfig, Finding, FollowedFinding
from detectors.selectors.suppression import quiet_about_of
from detectors.services import follow

log = structlog.get_logger(__name__)

HOUR: Final = timedelta(hours=1)
NAMED: Final = 5  # accounts that an audit entry names
CAP_REACHED: Final = "more than the cap"
TRIPPED: Final = "the circuit breaker had tripped"
STANDING: Final = (AutomatedState.ACTED, AutomatedState.HELD)


@dataclass(frozen=True, slots=True)
class Hit:
    """A finding that was taken up, by which version it was found, and under which automation."""

    finding: Finding
    config: DetectorConfig
    automation: Automation


def automate(limit: int = 50) -> int:
    """Take up to `limit` findings up, each in its own transaction. Returns how many.

    What an odd one raises undoes its own part alone: it waits, and the others pass it by.
    """
    return one_by_one(_take_one, limit, odd=_tell_odd, task="cases.automate")


def wake_if_due() -> None:
    """Wake what a lost message or a killed worker forgot."""
    if follow.waits():
        wake("cases.automate")


def used_of(automation: Automation) -> int:
    """Accounts on which it acted by itself in the last hour; undone ones had left, too."""
    left = AutomatedAction.objects.filter(
        detector=automation.detector, acted_at__gt=clock.now() - HOUR, settled_by=None
    )
    return left.count()


def case_of(finding: Finding) -> Case | None:
    """The case that rests on a finding, if there is one yet."""
    rows = Case.objects.filter(campaign_links__campaign__evidence__finding=finding)
    return rows.order_by("pk").first()


def tell_acted(
    actions: Sequence[AutomatedAction], *, case: Case | None, verb: Verb = Verb.AUTOMATION_ACTED
) -> None:
    """One entry for what one version did to several accounts: on the case, or else its detector."""
    first = actions[0]
    names = [one.account for one in actions]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    audit.append(
        actor=first.settled_by,
        verb=verb,
        target_type="case" if case else "detector",
        target_id=str(case.pk) if case else first.detector,
        action=first.get_kind_display().lower(),
        count=len(names),
        accounts=", ".join(names[:NAMED]) + more,
        detector=first.detector,
        version=first.config.number,
        automated=[one.pk for one in actions],
    )


def _tell_odd(row_id: int, fault: str) -> None:
    log.error("A finding cannot be taken up", followed=row_id, fault=fault)


@transaction.atomic
def _take_one(without: set[int]) -> Taken:
    row = follow.next_followed(without=without)
    if row is None:
        return None, None
    return attempt(row.pk, partial(_settle, row))


def _settle(row: FollowedFinding) -> None:
    """What becomes of a finding, and that it waits no longer."""
    if (hit := _hit_of(row)) is not None:
        _take_up(hit)
    follow.forget_followed(row=row)


def _hit_of(row: FollowedFinding) -> Hit | None:
    """What can be done with it; None where the automation is off or the finding is too light."""
    rows = Automation.objects.select_for_update(no_key=True).filter(current=True)
    automation = rows.filter(detector=row.config.slug).first()
    finding = row.finding
    if automation is None or finding.status != FindingStatus.CURRENT:
        return None
    if finding.llr < automation.min_weight:
        return None
    return Hit(finding, row.config, automation)


def _take_up(hit: Hit) -> None:
    """Every account of the finding once: some may leave, the others are held or left alone."""
    now_in_force = DetectorConfig.objects.filter(slug=hit.config.slug, current=True).first()
    versions = [hit.config, *([now_in_force] if now_in_force else [])]
    if not all(one.mode == Mode.LIVE or one.is_tripped for one in versions):
        return  # somebody put it into shadow, or off: it only watches
    accounts = _fresh(hit)
    if not accounts:
        return
    tripped = any(one.is_tripped for one in versions)
    bars = _bars(hit, accounts)
    free = [name for name in accounts if name not in bars]
    room = 0 if tripped else max(0, hit.automation.cap - used_of(hit.automation))
    acting, held = free[:room], free[room:]
    now, case = clock.now(), case_of(hit.finding)
    acted = [_action(hit, name, AutomatedState.ACTED, case, at=now) for name in acting]
    why = TRIPPED if tripped else CAP_REACHED
    rest = [_action(hit, name, AutomatedState.HELD, case, why=why) for name in held]
    rest += [
        _action(hit, name, AutomatedState.BARRED, case, why=said) for name, said in bars.items()
    ]
    AutomatedAction.objects.bulk_create([*acted, *rest], 1_000)
    owe_actions(actions=acted)
    if held and not tripped:
        tripping.trip(hit.automation, f"the cap of {hit.automation.cap} actions an hour is reached")
    if acted:
        tell_acted(acted, case=case)


def _fresh(hit: Hit) -> list[str]:
    """Accounts that this finding has not hit, and on which no action of the detector stands."""
    accounts = list(dict.fromkeys(hit.finding.subjects))
    lasting = Q(until=None) | Q(until__gt=clock.now())
    stands = Q(detector=hit.config.slug, state__in=STANDING) & lasting
    known = AutomatedAction.objects.filter(
        Q(finding=hit.finding) | stands, account__in=accounts
    ).values_list("account", flat=True)
    seen = set(known)
    return [name for name in accounts if name not in seen]


def _bars(hit: Hit, accounts: Sequence[str]) -> dict[str, str]:
    """Account -> why no automated action may touch it."""
    anchor = hit.finding.anchor_value
    quiet = quiet_about_of(hit.config.slug, anchor, accounts, clock.now())
    found = protecting.bars_on(accounts)
    return {**dict.fromkeys(sorted(quiet), "the detector is kept quiet about it"), **found}


def _action(
    hit: Hit,
    account: str,
    state: AutomatedState,
    case: Case | None,
    *,
    why: str = "",
    at: datetime | None = None,
) -> AutomatedAction:
    automation = hit.automation
    days = automation.days
    return AutomatedAction(
        automation=automation, detector=automation.detector, config=hit.config,
        finding=hit.finding, account=account, kind=automation.kind, state=state, why=why,
        until=at + timedelta(days=days) if at and days else None, case=case, acted_at=at,
    )  # fmt: skip
