"""Seals stored secrets under the desk's present secret key, after that was changed."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.db import models, transaction

from abusedesk.core import audit, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.sealing import LostError
from cases.models import CircleKey, Feed, HeldKey, Organisation, SealKey, Webhook
from cases.models.action import SIGNS
from cases.models.partner import CURSOR, EPOCH, SIGNING
from cases.services import circle_keys, feed


class Sealed(NamedTuple):
    """A column of sealed secrets, and the purpose for which they were sealed."""

    rows: models.Manager[Any]
    column: str
    purpose: str


SEALED: Final = (
    Sealed(Organisation.objects, "signing_key", SIGNING),
    Sealed(Organisation.objects, "cursor_key", CURSOR),
    Sealed(SealKey.objects, "secret", circle_keys.SEAL),
    Sealed(CircleKey.objects, "secret", EPOCH),
    Sealed(HeldKey.objects, "secret", circle_keys.HELD),
    Sealed(Feed.objects, "secret", feed.PURPOSE),
    Sealed(Webhook.objects, "secret", SIGNS),
)


class Resealed(NamedTuple):
    """anew: how many; kept: the present key opens them already; lost: names of the others."""

    anew: int
    kept: int
    lost: list[str]


@transaction.atomic
def reseal_all(*, old_key: str) -> Resealed:
    """Whatever opens with the old key only is sealed under the present one; the rest stays."""
    anew = kept = 0
    lost: list[str] = []
    for rows, column, purpose in SEALED:
        for row in rows.select_for_update(no_key=True).exclude(**{column: ""}).order_by("pk"):
            stored = getattr(row, column)
            if _opened(stored, purpose) is not None:
                kept += 1
            elif (plain := _opened(stored, purpose, old_key)) is not None:
                setattr(row, column, sealing.seal(plain, purpose=purpose))
                row.save(update_fields=[column])
                anew += 1
            else:
                lost.append(f"{rows.model.__name__} {row}: {column}")
    audit.append(actor=None, verb=Verb.SECRETS_RESEALED, count=anew, lost=len(lost))
    return Resealed(anew, kept, lost)


def _opened(stored: str, purpose: str, secret_key: str = "") -> str | None:
    try:
        return sealing.unseal(stored, purpose=purpose, secret_key=secret_key)
    except LostError:
        return None
