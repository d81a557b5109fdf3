"""Circuit breakers of automated detectors: what trips them, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.models import Role, User
from cases import notices
from cases.choices import AutomatedState, NoticeKind
from cases.models import AutomatedAction, Automation
from detectors.calibration.proportion import ENOUGH
from detectors.choices import Mode
from detectors.models import DetectorConfig
from detectors.selectors.config import error_of
from detectors.selectors.precision import version_precision_of
from detectors.services.breaker import trip_detector

REVERSED_OVER: Final = timedelta(days=1)
Judge = Callable[[Automation, DetectorConfig], str]


def trip(automation: Automation, cause: str) -> bool:
    """Put the detector into shadow and tell who allowed it. Whether it was live until now."""
    made = trip_detector(
        slug=automation.detector,
        reason=f"Circuit breaker: {cause}",
        resume_hours=automation.resume_hours,
    )
    if made is None:
        return False
    audit.append(
        actor=None,
        verb=Verb.BREAKER_TRIPPED,
        target_type="detector",
        target_id=automation.detector,
        cause=cause,
        number=made.number,
        resumes=made.promote_at,
        author=automation.author.username,
    )
    owners = _owners(automation, made)
    notices.give_of_detector(automation.detector, NoticeKind.TRIPPED, owners)
    return True


def watch_breakers() -> int:
    """Trip what goes wrong otherwise than by its number of hits. Returns how many tripped."""
    live = DetectorConfig.objects.filter(current=True, mode=Mode.LIVE)
    automated = Automation.objects.filter(current=True, detector__in=live.values("slug"))
    return sum(_judge(pk) for pk in automated.order_by("pk").values_list("pk", flat=True))


def _owners(automation: Automation, config: DetectorConfig) -> list[User]:
    """Who wrote the version, who proposed and who allowed the automation, and every admin."""
    people = User.objects.filter(is_active=True)
    named = {config.created_by_id, automation.author_id, automation.settled_by_id}
    return [one for one in people if one.pk in named or one.role == Role.ADMIN]


@transaction.atomic
def _judge(automation_id: int) -> bool:
    rows = Automation.objects.select_for_update(no_key=True, of=("self",))
    automation = rows.select_related("author").filter(pk=automation_id, current=True).first()
    if automation is None:
        return False
    config = DetectorConfig.objects.filter(
        slug=automation.detector, current=True, mode=Mode.LIVE
    ).first()
    if config is None:
        return False
    cause = next(filter(None, (judge(automation, config) for judge in JUDGES)), "")
    return bool(cause) and trip(automation, cause)


def _by_precision(automation: Automation, config: DetectorConfig) -> str:
    """The lower end of the interval, so that chance alone does not keep it running."""
    least = automation.least_precision
    if least is None:
        return ""
    share = version_precision_of(config)
    if not share.enough or share.low >= least:
        return ""
    return f"its precision may be {share.low:.0%}, below {least:.0%} ({share.n} decided campaigns)"


def _by_reversals(automation: Automation, config: DetectorConfig) -> str:
    """What people took back, of what it did within a day."""
    most = automation.most_reversed
    if most is None:
        return ""
    since = max(clock.now() - REVERSED_OVER, config.created_at)
    rows = AutomatedAction.objects.filter(
        detector=automation.detector, acted_at__gte=since, settled_by=None
    )
    total = rows.count()
    undone = rows.filter(state=AutomatedState.UNDONE).count()
    if total < ENOUGH or undone / total <= most:
        return ""
    return f"{undone} of its {total} actions of the last day were taken back"


def _by_error(automation: Automation, config: DetectorConfig) -> str:
    error = error_of(config)
    return f"it ends with an error: {error.strip().splitlines()[-1][:200]}" if error.strip() else ""


JUDGES: Final[tuple[Judge, ...]] = (_by_precision, _by_reversals, _by_error)
