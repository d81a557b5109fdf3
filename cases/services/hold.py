"""Legal holds on cases: their evidence and all that their accounts did."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import lineage, policy
from cases.models import Case, CaseAddition, CaseReport
from cases.selectors.case import case_by_ref
from detectors.choices import EntityType, HoldKind
from detectors.models import CampaignMember, Finding, Hold, Source
from detectors.services.hold import extend_hold, place_hold, release_hold


@transaction.atomic
def hold_case(*, actor: User, case: Case, reason: str) -> Hold:
    """Keep the evidence and the accounts of a case from every purge, also what comes later."""
    policy.require(actor, "case.hold", case)
    case = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    accounts, signal_ids = _covered(case)
    hold = place_hold(
        actor=actor,
        kind=HoldKind.CASE,
        target=case.ref,
        reason=reason,
        accounts=accounts,
        signal_ids=signal_ids,
    )
    case.hold = hold
    case.save(update_fields=["hold"])
    lineage.touch(case)
    audit.append(actor=actor, verb=Verb.CASE_HELD, target=case, reason=hold.reason)
    return hold


def save_hold(*, actor: User, kind: HoldKind, target: str, reason: str) -> Hold:
    """Place a hold on the source, the account or the case that `target` names."""
    if kind == HoldKind.CASE:
        return hold_case(actor=actor, case=case_by_ref(target, actor), reason=reason)
    policy.require(actor, "hold.save")
    if kind == HoldKind.ACCOUNT:
        return place_hold(actor=actor, kind=kind, target=target, reason=reason, accounts=[target])
    source = Source.objects.filter(slug=target).first()
    if source is None:
        message = "There is no such source."
        raise InvalidError(message, field="target")
    return place_hold(actor=actor, kind=kind, target=target, reason=reason, source=source)


@transaction.atomic
def free_hold(*, actor: User, hold: Hold, reason: str) -> Hold:
    """Release a hold; the case it was placed on says so in its timeline."""
    case = Case.objects.filter(ref=hold.target, hold=hold).first()
    policy.require(actor, "case.hold" if case else "hold.save", case)
    released = release_hold(actor=actor, hold=hold, reason=reason)
    if case is not None:
        audit.append(actor=actor, verb=Verb.CASE_FREED, target=case, reason=released.release_reason)
    return released


def extend_holds() -> int:
    """Let the holds of cases cover what the cases have become. Returns how many grew."""
    grown = 0
    for hold in Hold.objects.filter(kind=HoldKind.CASE, released_at=None).order_by("pk"):
        case = Case.objects.filter(ref=hold.target, hold=hold).first()
        if case is not None:
            accounts, signal_ids = _covered(case)
            grown += extend_hold(hold=hold, accounts=accounts, signal_ids=signal_ids)
    return grown


def _covered(case: Case) -> tuple[set[str], set[int]]:
    """Accounts of the case's campaigns and reports and those added by hand; signals that any
    finding behind them cites, and the reports.
    """
    links = case.campaign_links.values("campaign")
    members = CampaignMember.objects.filter(campaign__in=links)
    findings = Finding.objects.filter(campaigns__campaign__in=links).distinct()
    cited = findings.values_list("signal_ids", flat=True)
    reports = CaseReport.objects.filter(case=case)
    accounts = reports.filter(target_type=EntityType.ACCOUNT)
    added = CaseAddition.objects.filter(case=case, type=EntityType.ACCOUNT)
    return (
        {
            *members.values_list("account", flat=True),
            *accounts.values_list("target", flat=True),
            *added.values_list("value", flat=True),
        },
        {signal_id for ids in cited for signal_id in ids}
        | set(reports.values_list("signal_id", flat=True)),
    )
