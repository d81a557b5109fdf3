"""Merges two cases by hand, and takes a merger back with both cases as they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import User
from cases import belongings, claims, facts, fields, golden, lineage, policy, snapshot, states
from cases.choices import LineageKind, State
from cases.models import Case, CaseCampaign, CaseLineage, CaseReport
from cases.opening import one_at_a_time

REASON_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Union:
    """What a merger would make: members, those of both, and what keeps it from being made."""

    accounts: list[str]
    common: list[str]
    hits: int
    conflicts: list[str]


def preview_merge(*, actor: User, case: Case, other: Case) -> Union:
    """What it would be to merge `other` into `case`; nothing is changed."""
    for one in (case, other):
        policy.require(actor, "case.merge", one)
    own, theirs = set(facts.accounts_of(case)), set(facts.accounts_of(other))
    findings = facts.findings_behind([*facts.live_campaigns(case), *facts.live_campaigns(other)])
    reports = CaseReport.objects.filter(case__in=(case, other)).values("signal_id").distinct()
    return Union(
        accounts=sorted(own | theirs),
        common=sorted(own & theirs),
        hits=facts.signals_behind(findings) + reports.count(),
        conflicts=_conflicts(actor, case, other),
    )


@transaction.atomic
def merge_cases(*, actor: User, case: Case, other: Case, reason: str) -> CaseLineage:
    """`other` goes into `case`, which goes on with all that both rest on.

    Raises ForbiddenError, InvalidError, or ConflictError that says what keeps them apart.
    """
    for one in (case, other):
        policy.require(actor, "case.merge", one)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    one_at_a_time()
    case, other = _locked(case, other)
    if conflicts := _conflicts(actor, case, other):
        raise ConflictError(" ".join(conflicts))
    lineage.touch(case)
    lineage.touch(other)
    row = lineage.take_in(case, other, actor=actor, reason=reason)
    case.due_at = min(case.due_at, other.due_at)
    case.regressed |= other.regressed
    case.new_hits += other.new_hits
    had, case.hits = case.hits, facts.redescribe(case) or case.hits + other.hits
    states.touch(case)
    case.save()
    row.before["after"] = snapshot.columns(case)
    row.save(update_fields=["before"])
    lineage.tell([row], case.hits - had)
    return row


@transaction.atomic
def unmerge(*, actor: User, row: CaseLineage) -> CaseLineage:
    """Both cases as they were before the merger; what came since stays where it belongs.

    Notes and decisions stay on the survivor, new signals go with their campaign. Raises
    ForbiddenError, or ConflictError that says what has to be undone first.
    """
    if row.other is None or row.kind != LineageKind.MERGE or row.cut_id is not None:
        message = "Only a merger can be taken back here."
        raise InvalidError(message, field="lineage")
    policy.require(actor, "case.merge", row.case)
    if row.actor not in (None, actor) and not policy.allowed(actor, "case.undo_others"):
        message = f"Only {row.actor}, a lead or an admin can undo this merger."
        raise ForbiddenError(message)
    one_at_a_time()
    case, other = _locked(row.case, row.other)
    row = CaseLineage.objects.get(pk=row.pk)
    _require_standing(row, case)
    _part(row, case, other)
    row.undone_at, row.undone_by = clock.now(), actor
    row.save(update_fields=["undone_at", "undone_by"])
    lineage.touch(case)
    lineage.touch(other)
    _tell_unmerged(actor, row, case, other)
    return row


def _locked(case: Case, other: Case) -> tuple[Case, Case]:
    found = {one.pk: one for one in lineage.lock({case.pk, other.pk})}
    return found[case.pk], found[other.pk]


def _conflicts(actor: User, case: Case, other: Case) -> list[str]:
    if case.pk == other.pk:
        return ["A case cannot be merged with itself."]
    found = []
    for one in (case, other):
        if golden.is_check(one):
            found.append(f"{one.ref} cannot be merged now; decide it first.")
        if one.state not in states.ACTIVE:
            found.append(f"{one.ref} is {State(one.state).label.lower()}.")
        holder = claims.holder_of(one)
        if holder not in (None, actor) and not policy.allowed(actor, "case.take_over"):
            found.append(f"{one.ref} is claimed by {holder}.")
    if other.hold is not None and other.hold.released_at is None:
        found.append(f"{other.ref} is under a legal hold: let it be the one that goes on.")
    return found


def _require_standing(row: CaseLineage, case: Case) -> None:
    if row.undone_at is not None:
        message = f"{row.undone_by or 'Somebody'} has taken this merger back already."
        raise ConflictError(message)
    if case.state == State.MERGED:
        message = f"{case.ref} was merged into another case since. Take that back first."
        raise ConflictError(message)


def _part(row: CaseLineage, case: Case, other: Case) -> None:
    """Campaigns and reports back, columns back, and what has moved on meanwhile counted again."""
    before = row.before
    for key, (revision, _) in before["other"]["campaigns"].items():
        links = CaseCampaign.objects.filter(case=case, campaign=int(key))
        links.update(case=other, revision=revision)
    CaseReport.objects.filter(case=case, pk__in=before["reports"]).update(case=other)
    belongings.bring_back(before.get("belongings", {}), case, other)
    snapshot.put_back(other, before["other"]["columns"])
    after = before.get("after", {})
    snapshot.put_back_unless_changed(case, before["case"]["columns"], after)
    for one, was in ((case, before["case"]), (other, before["other"])):
        if not snapshot.is_the_same(one, was):
            _count_again(one)
        one.save()


def _count_again(case: Case) -> None:
    reports = CaseReport.objects.filter(case=case)
    case.reports = reports.values("signal_id").distinct().count()
    had = case.hits
    case.hits = facts.redescribe(case) or had
    if case.state in states.ACTIVE:
        case.new_hits += max(0, case.hits - had)
    states.touch(case)


def _tell_unmerged(actor: User, row: CaseLineage, case: Case, other: Case) -> None:
    """The signals that came meanwhile are told where their campaign is now."""
    new = other.hits - row.before["other"]["columns"]["hits"]
    said: dict[str, Any] = {"merge": row.pk, "case": case.ref, "other": other.ref}
    for one in (case, other):
        audit.append(actor=actor, verb=Verb.CASE_UNMERGED, target=one, **said)
    if new > 0:
        audit.append(
            actor=None,
            verb=Verb.CASE_GREW,
            target=other,
            hits=new,
            accounts=other.accounts,
            priority=other.priority,
        )
