"""What a strike is worth as time goes by, and who gets one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cases.involved import accounts_of_case
from cases.models import Decision, Strike
from detectors.choices import EntityType, Outcome

DAY_S: Final = 86_400.0
VALUE_MAX: Final = 242  # no account that a source sent is longer; what a report names may be


def worth(strike: Strike, at: datetime) -> float:
    """Points at `at`: whole at first, half after each half-life, 0 when it ended or was taken back.

    Time that runs backwards (a desk whose clock was set back) adds nothing.
    """
    if strike.withdrawn_at is not None or at >= strike.expires_at:
        return 0.0
    age_days = max(0.0, (at - strike.given_at).total_seconds() / DAY_S)
    return float(strike.points * 0.5 ** (age_days / strike.half_life_days))


def give(decision: Decision) -> None:
    """Strikes for what was acted on, or for all accounts of a confirmed case without actions."""
    under = decision.policy_version
    if under is None or not under.strikes or decision.outcome != Outcome.ABUSE:
        return
    acted = decision.actions.filter(entity_type=EntityType.ACCOUNT)
    accounts = list(acted.values_list("value", flat=True))
    if not accounts and not decision.actions.exists():
        accounts = accounts_of_case(decision.case)
    at = decision.created_at
    Strike.objects.bulk_create(
        Strike(
            decision=decision,
            value=account,
            points=under.strikes,
            half_life_days=under.strike_half_life_days,
            given_at=at,
            expires_at=at + timedelta(days=under.strike_days),
        )
        for account in accounts
        if len(account) <= VALUE_MAX
    )
