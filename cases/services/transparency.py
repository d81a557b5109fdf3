"""Hands out the transparency report; who takes it out as a file is written down."""

from __future__ import annotations

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import policy
from cases.selectors.statement import Span
from cases.selectors.transparency import Figure, figures_by_span


def read_report(*, actor: User, span: Span, format: str = "") -> list[Figure]:
    """Figures of these days; format: as which file they leave, empty on a page."""
    policy.require(actor, "statement.view")
    span.check()
    if format:
        audit.append(
            actor=actor,
            verb=Verb.TRANSPARENCY_READ,
            target_type="statements",
            span=str(span),
            format=format,
        )
    return figures_by_span(span, actor)
