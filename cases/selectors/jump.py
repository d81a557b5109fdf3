"""Reads which cases somebody means: by reference, or those they looked at last."""

from __future__ import annotations

import re
from typing import Final

from django.db.models import QuerySet

from abusedesk.core.models import User
from cases.models import Case
from cases.selectors.case import cases_for

RECENT: Final = 8
_REF: Final = re.compile(r"(?<![\w-])AD-[0-9]{1,18}(?![\w-])", re.IGNORECASE)


def cases_by_text(text: str, viewer: User) -> QuerySet[Case]:
    """Cases whose reference stands in `text`, also as part of an address."""
    refs = {found.upper() for found in _REF.findall(text)}
    return cases_for(viewer).filter(ref__in=refs).order_by("pk")[:RECENT]


def recent_cases_for(viewer: User) -> QuerySet[Case]:
    """What they looked at last, the latest first."""
    return cases_for(viewer).filter(visits__user=viewer).order_by("-visits__at")[:RECENT]
