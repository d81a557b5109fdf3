"""What services refuse, and with which HTTP status; `core/problems.py` answers with it."""

from __future__ import annotations

from typing import ClassVar


class AbuseDeskError(Exception):
    """A refusal with a sentence for the person who asked. `data` is for machines.

    retry_after_s: seconds after which the same may go well; 0 where waiting does not help.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    retry_after_s: ClassVar[int] = 0

    def __init__(self, message: str, *, field: str = "", **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.data = data


class ForbiddenError(AbuseDeskError):
    """The role may not do this."""

    status = 403
    code = "permission_denied"


class NotFoundError(AbuseDeskError):
    """It does not exist, or not for this viewer."""

    status = 404
    code = "not_found"


class ConflictError(AbuseDeskError):
    """Somebody or something else was faster; the sentence says who and what."""

    status = 409
    code = "conflict"


class IllegalTransitionError(ConflictError):
    """The state machine has no such step."""

    code = "illegal_transition"


class StaleError(ConflictError):
    """The caller saw an older version."""

    code = "stale"


class ChangedError(StaleError):
    """The caller named the version it saw (`If-Match`), and that is not the newest."""

    status = 412


class UnconditionalError(AbuseDeskError):
    """A write that replaces something must say which version it saw."""

    status = 428
    code = "precondition_required"


class BudgetSpentError(ConflictError):
    """The caller has seen enough disturbing evidence in this shift."""

    code = "budget_spent"


class BreakDueError(BudgetSpentError):
    """The caller has seen many disturbing items in a row, or is in a break."""

    code = "break_due"


class ClaimLostError(ConflictError):
    """The caller does not hold the case any more."""

    code = "claim_lost"


class InvalidError(AbuseDeskError):
    """A value cannot be used; `field` names it."""

    status = 422
    code = "invalid"


class TooLargeError(AbuseDeskError):
    """More bytes than the desk takes at once."""

    status = 413
    code = "too_large"


class GatewayError(AbuseDeskError):
    """Another service that the desk asked for this did not answer as agreed."""

    status = 502
    code = "bad_gateway"


class SpentError(AbuseDeskError):
    """The caller asked as often as it may on one day."""

    status = 429
    code = "spent"
    retry_after_s = 3_600


class BusyError(AbuseDeskError):
    """More came than is worked off; nothing was taken."""

    status = 429
    code = "busy"
    retry_after_s = 5
