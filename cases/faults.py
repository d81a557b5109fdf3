"""What one odd piece of evidence may raise without stopping all others."""

from __future__ import annotations

from typing import Final

from django.db import DataError, IntegrityError

from abusedesk.core.errors import AbuseDeskError

# A lost database is not among them.
FAULTS: Final = (
    AbuseDeskError, ArithmeticError, DataError, IntegrityError, LookupError, TypeError, ValueError,
)  # fmt: skip
