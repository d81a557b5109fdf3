"""Keeps cases as tests: copies their signals with what detectors find in them, and erases both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import connection, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.models import User
from detectors.models import Expectation, Finding, Scenario
from detectors.policy import require
from detectors.reasons import REASON_CHARS, why
from detectors.scenario.document import Expected, Head, lines_of, packed, unpacked
from detectors.selectors.source import slugs_of
from detectors.services.scenario_content import Content, content_of

DAYS: Final = 365
MAX_DAYS: Final = 1_095
MAX_TESTS: Final = 100
"""Tests of one detector: each is run whenever somebody proposes settings for it."""
LEAST_ACCOUNTS: Final = 2
OVER: Final = "their time was over"
_LOCK: Final = 0x5343_454E  # "SCEN": two at once would both see no test of a case


@transaction.atomic
def save_scenario(
    *,
    actor: User,
    origin: str,
    accounts: Collection[str],
    findings: Sequence[Finding],
    reason: str,
    days: int = DAYS,
) -> Scenario:
    """Copy the signals behind these findings; what comes out of them again is expected from now on.

    origin: what the caller calls it. accounts: those it is about. Raises ForbiddenError,
    ConflictError where there is a test of it, or InvalidError naming the field.
    """
    require(actor, "scenario.save")
    told = why(reason)
    if not 1 <= days <= MAX_DAYS:
        message = f"Keep the copies for 1 to {MAX_DAYS:,} days."
        raise InvalidError(message, field="days")
    content = content_of(accounts=accounts, findings=findings)
    _check(content)
    _one_at_a_time()
    if Scenario.objects.filter(origin=origin, erased_at=None).exists():
        message = f"{origin} is a test already."
        raise ConflictError(message)
    _check_room(content)
    body = b"\n".join(packed(one) for one in content.signals)
    row = Scenario.objects.create(
        origin=origin,
        reason=told,
        body=body,
        signals=len(content.signals),
        size=len(body),
        accounts=sorted(accounts),
        left_out=content.left_out,
        kept_until=clock.now() + timedelta(days=days),
        created_by=actor,
    )
    for one in content.expected:
        one.scenario = row
    Expectation.objects.bulk_create(content.expected)
    audit.append(
        actor=actor,
        verb=Verb.SCENARIO_SAVED,
        target=row,
        origin=origin,
        signals=row.signals,
        detectors=", ".join(one.detector for one in content.expected),
        until=row.kept_until,
        reason=told,
    )
    return row


@transaction.atomic
def erase_scenario(*, actor: User, scenario: Scenario, reason: str) -> Scenario:
    """Erase the copies; what is left says that there was a test, and why it ended.

    Raises ForbiddenError, InvalidError, or ConflictError when they are gone.
    """
    require(actor, "scenario.save")
    told = why(reason)
    row = Scenario.objects.select_for_update(no_key=True).get(pk=scenario.pk)
    if row.erased_at is not None:
        message = f"The copies of {row.origin} are erased already."
        raise ConflictError(message)
    return _erase(row, actor, told)


@transaction.atomic
def erase_account(*, actor: User, account: str, reason: str) -> int:
    """Take an account out of every test: its signals, and its name. Returns of how many.

    A test in which nothing can be expected any more is erased. Raises ForbiddenError, or
    InvalidError naming the field.
    """
    require(actor, "scenario.erase_account")
    name, told = account.strip(), why(reason)
    if not all(name.partition(":")):
        message = "Write the account as platform:name."
        raise InvalidError(message, field="account")
    rows = Scenario.objects.select_for_update(no_key=True).filter(erased_at=None)
    touched = [row for row in rows if _without(row, name)]
    # the name itself would stay in the chain for good
    digest = sha256(name.encode("utf-8", "replace")).hexdigest()
    audit.append(
        actor=actor,
        verb=Verb.SCENARIO_ACCOUNT_ERASED,
        target_type="scenario",
        digest=digest,
        tests=", ".join(row.origin for row in touched) or "no test",
        reason=told,
    )
    for row in touched:
        if not row.expected.exists():
            _erase(row, actor, told)
    return len(touched)


@transaction.atomic
def erase_of(*, origin: str, reason: str) -> int:
    """The desk itself ends the test of something that does not stand any more."""
    rows = Scenario.objects.select_for_update(no_key=True).filter(origin=origin, erased_at=None)
    return len([_erase(row, None, reason[:REASON_CHARS]) for row in rows])


@transaction.atomic
def erase_due() -> int:
    """Erase the copies whose time is over. Returns of how many tests."""
    due = Scenario.objects.select_for_update(no_key=True, skip_locked=True)
    rows = due.filter(erased_at=None, kept_until__lte=clock.now())
    return len([_erase(row, None, OVER) for row in rows])


def is_due() -> bool:
    """Whether the time of some copies is over."""
    return Scenario.objects.filter(erased_at=None, kept_until__lte=clock.now()).exists()


def export_scenario(*, actor: User, scenario: Scenario) -> bytes:
    """The file that `manage.py detectors test` runs. Raises ForbiddenError or NotFoundError."""
    require(actor, "scenario.export")
    if scenario.erased_at is not None:
        message = f"The copies of {scenario.origin} are erased."
        raise NotFoundError(message)
    expected = tuple(
        Expected(one.detector, one.version, one.params, tuple(one.accounts))
        for one in scenario.expected.order_by("detector")
    )
    signals = unpacked(bytes(scenario.body))
    audit.append(
        actor=actor,
        verb=Verb.SCENARIO_EXPORTED,
        target=scenario,
        origin=scenario.origin,
        signals=len(signals),
    )
    sources = {str(number): slug for number, slug in slugs_of(signals).items()}
    head = Head(scenario.origin, expected, len(signals), sources=sources)
    return b"".join(lines_of(head, signals))


def _erase(row: Scenario, actor: User | None, reason: str) -> Scenario:
    row.body, row.accounts = b"", []
    row.erased_at, row.erased_by, row.erase_reason = clock.now(), actor, reason
    row.save()
    row.expected.all().delete()
    audit.append(
        actor=actor,
        verb=Verb.SCENARIO_ERASED,
        target=row,
        origin=row.origin,
        signals=row.signals,
        reason=reason,
    )
    return row


def _without(row: Scenario, name: str) -> bool:
    """Leave an account out (saved); whether it was in. Signals of others may still name it."""
    signals = unpacked(bytes(row.body))
    left = [one for one in signals if one.account != name]
    if len(left) == len(signals) and name not in row.accounts:
        return False
    row.accounts = [one for one in row.accounts if one != name]
    row.body = b"\n".join(packed(one) for one in left)
    row.signals, row.size = len(left), len(row.body)
    row.save(update_fields=["accounts", "body", "signals", "size"])
    for one in row.expected.filter(accounts__contains=[name]):
        one.accounts = [account for account in one.accounts if account != name]
        one.sentence = ""
        if len(one.accounts) < LEAST_ACCOUNTS:
            one.delete()
        else:
            one.save(update_fields=["accounts", "sentence"])
    return True


def _check(content: Content) -> None:
    if content.expected:
        return
    reasons = "; ".join(f"{slug}: {said}" for slug, said in sorted(content.left_out.items()))
    message = f"Nothing could be tested. {reasons or 'No detector found it.'}"
    raise InvalidError(message, field="case")


def _check_room(content: Content) -> None:
    for one in content.expected:
        rows = Expectation.objects.filter(detector=one.detector, scenario__erased_at=None)
        if rows.count() >= MAX_TESTS:
            message = f"{one.detector} has {MAX_TESTS} tests already; erase one first."
            raise ConflictError(message)


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
