"""Work on many cases, as tests ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from abusedesk.core import clock
from abusedesk.core.models import User
from abusedesk.core.query import parse
from cases.choices import BulkAction
from cases.deeds import Deed
from cases.models import BulkItem, BulkJob, Case
from cases.search import FIELDS
from cases.selectors.preview import Choice
from cases.services import bulk, bulk_work

CLOSE = Deed(BulkAction.CLOSE, outcome="no_abuse")


def picked(cases: Sequence[Case], at: datetime | None = None) -> Choice:
    return Choice(at or clock.now(), refs=tuple(case.ref for case in cases))


def matching(query: str = "", at: datetime | None = None) -> Choice:
    return Choice(at or clock.now(), parse(query, FIELDS))


def label(add: str = "", remove: str = "") -> Deed:
    return Deed(BulkAction.LABEL, add=tuple(add.split()), remove=tuple(remove.split()))


def start(actor: User, choice: Choice, deed: Deed = CLOSE, **said: Any) -> BulkJob:
    return bulk.start_bulk(actor=actor, choice=choice, deed=deed, reason="a choir", **said)


def undone(actor: User, job: BulkJob) -> BulkJob:
    """Undone to the end."""
    bulk.undo_bulk(actor=actor, job=job)
    return finished(job)


def finished(job: BulkJob) -> BulkJob:
    """Worked to the end."""
    bulk_work.run_bulk(job_id=job.pk)
    job.refresh_from_db()
    return job


def outcomes(job: BulkJob) -> list[str]:
    """What became of each case, in their order."""
    return list(BulkItem.objects.filter(job=job).order_by("pk").values_list("state", flat=True))


def notes(job: BulkJob) -> list[str]:
    """What is said of those that were not changed."""
    rows = BulkItem.objects.filter(job=job).exclude(note="").order_by("pk")
    return list(rows.values_list("note", flat=True))


def states(cases: Sequence[Case]) -> list[str]:
    rows = dict(Case.objects.values_list("pk", "state"))
    return [rows[case.pk] for case in cases]
