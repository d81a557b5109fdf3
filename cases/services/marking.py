"""Sets what people mark a case with: labels, and how far it may travel."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import claims, fields, policy, states
from cases.choices import Tlp
from cases.models import Case

MAX_LABELS: Final = 20
WIDTHS: Final = list(Tlp)


@transaction.atomic
def label_case(*, actor: User, case: Case, labels: Collection[str]) -> Case:
    """Set the labels: one word each, in small letters. The same set again changes nothing."""
    policy.require(actor, "case.mark", case)
    wanted = sorted({fields.label(label) for label in labels})
    if len(wanted) > MAX_LABELS:
        message = f"A case has at most {MAX_LABELS} labels."
        raise InvalidError(message, field="labels")
    case = claims.lock(case)
    if wanted == case.labels:
        return case
    case.labels = wanted
    states.touch(case)
    case.save(update_fields=["labels", "version", "updated_at"])
    audit.append(
        actor=actor, verb=Verb.CASE_LABELLED, target=case, labels=", ".join(wanted) or "none"
    )
    return case


@transaction.atomic
def mark_case(*, actor: User, case: Case, tlp: Tlp) -> Case:
    """Set the TLP of the case. To let it travel further than before takes a lead."""
    policy.require(actor, "case.mark", case)
    if tlp not in Tlp.values:
        message = f"Choose a TLP: {', '.join(Tlp.values)}."
        raise InvalidError(message, field="tlp")
    case = claims.lock(case)
    before, after = Tlp(case.tlp), Tlp(tlp)
    if before == after:
        return case
    if WIDTHS.index(after) < WIDTHS.index(before):
        policy.require(actor, "case.widen", case)
    case.tlp = after
    states.touch(case)
    case.save(update_fields=["tlp", "version", "updated_at"])
    audit.append(actor=actor, verb=Verb.CASE_MARKED, target=case, tlp=after.label, was=before.label)
    return case
