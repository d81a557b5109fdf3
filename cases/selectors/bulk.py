"""Reads work on many cases: how far it is, and what became of each case."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.blind import awaited
from cases.choices import ItemState
from cases.models import BulkItem, BulkJob, Decision
from cases.selectors.case import cases_for


def bulk_jobs_for(viewer: User) -> QuerySet[BulkJob]:
    """The viewer's own work on many cases, to leads that of everybody, with its counts.

    Work of others whose verdicts the viewer may not know yet does not exist.
    """
    if not policy.allowed(viewer, "case.bulk"):
        return BulkJob.objects.none()
    veiled = Decision.objects.filter(awaited())
    veiled_items = BulkItem.objects.filter(job=OuterRef("pk"), decision__in=veiled)
    seen = Q(actor=viewer.pk)
    if policy.allowed(viewer, "case.undo_others"):
        seen |= Q(~Exists(veiled_items))
    counts = {f"{state.value}_count": _count_of(state) for state in ItemState}
    return BulkJob.objects.filter(seen).select_related("actor", "undone_by").annotate(**counts)


def bulk_job_by_id(job_id: int, viewer: User) -> BulkJob:
    """One of them. Raises NotFoundError."""
    job = bulk_jobs_for(viewer).filter(pk=job_id).first()
    if job is None:
        message = "There is no such job."
        raise NotFoundError(message)
    return job


def bulk_items_of(job: BulkJob, viewer: User) -> QuerySet[BulkItem]:
    """Its cases that the viewer may see, in their order."""
    rows = BulkItem.objects.filter(job=job, case__in=cases_for(viewer).values("pk"))
    return rows.select_related("case__queue", "case__claimed_by", "case__assignee").order_by("pk")


def _count_of(state: ItemState) -> Coalesce:
    """Of one job at a time: a join would count the cases of all jobs for a page of them."""
    rows = BulkItem.objects.filter(job=OuterRef("pk"), state=state).order_by().values("job")
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0)
