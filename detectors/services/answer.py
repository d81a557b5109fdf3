"""Keeps answers under the sender's key: a post that is sent again is answered the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b, sha256
from typing import Final

from django.db import connection

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError
from detectors.models import KeptAnswer, Source

HEADER: Final = "Idempotency-Key"
KEPT: Final = timedelta(hours=24)
FORGET_AT_ONCE: Final = 5_000


class KeyReusedError(InvalidError):
    """The key was used for something else."""

    code = "idempotency_key_reused"


class StillRunningError(ConflictError):
    """The first post with this key has no answer yet."""

    code = "idempotency_key_in_use"
    retry_after_s = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender is told. body: JSON. again: it was told before."""

    status: int
    body: bytes
    again: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """One post under a key. digest: of what was posted, and where."""

    source: Source
    key: str
    digest: str

    @classmethod
    def of(cls, source: Source, key: str, address: str, body: bytes) -> Ticket:
        """The ticket of a body that was posted to an address."""
        return cls(source, key, sha256(f"{address}\x00".encode() + body).hexdigest())


def find_answer(*, source: Source, key: str) -> KeptAnswer | None:
    """What was answered under the key in the last 24 hours."""
    return KeptAnswer.objects.filter(source=source, key=key, kept_at__gt=clock.now() - KEPT).first()


def answer_again(*, ticket: Ticket, kept: KeptAnswer) -> Answer:
    """The kept answer. Raises KeyReusedError when something else was posted."""
    if kept.digest != ticket.digest:
        message = (
            f"This {HEADER} was used for another request in the last 24 hours: the address or the"
            " body differs. Send what is new under a new key."
        )
        raise KeyReusedError(message, field=HEADER)
    return Answer(kept.status, bytes(kept.body), again=True)


def answer_once(*, ticket: Ticket, work: Callable[[], Answer]) -> Answer:
    """Do the work and keep its answer, or give the one that is kept; in the caller's transaction.

    Raises StillRunningError while another transaction does the work, and KeyReusedError.
    """
    _lock(ticket)
    if kept := find_answer(source=ticket.source, key=ticket.key):
        return answer_again(ticket=ticket, kept=kept)
    answer = work()
    _keep(ticket, answer)
    return answer


def forget_answers() -> int:
    """Delete answers that nobody can ask for any more, a bounded number. Returns how many."""
    old = KeptAnswer.objects.filter(kept_at__lte=clock.now() - KEPT).order_by("kept_at")
    gone, _ = KeptAnswer.objects.filter(pk__in=old.values("pk")[:FORGET_AT_ONCE]).delete()
    return gone


def _keep(ticket: Ticket, answer: Answer) -> None:
    """In the place of one that is too old, if there is one."""
    kept = KeptAnswer(
        source=ticket.source,
        key=ticket.key,
        digest=ticket.digest,
        status=answer.status,
        body=answer.body,
        kept_at=clock.now(),
    )
    KeptAnswer.objects.bulk_create(
        [kept],
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=["digest", "status", "body", "kept_at"],
    )


def _lock(ticket: Ticket) -> None:
    """Until the end of the transaction; never waits."""
    name = f"{ticket.source.pk}\x00{ticket.key}".encode()
    number = int.from_bytes(blake2b(name, digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        ((free,),) = cursor.fetchall()
    if not free:
        message = f"The first request with this {HEADER} is still running; ask again in a second."
        raise StillRunningError(message, field=HEADER)
