"""Typed builders of what tests need; nothing in them is random."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from abusedesk.core import clock
from abusedesk.core.models import ApiToken, Scope, User
from abusedesk.core.tokens import issue_token
from detectors.choices import StreamKind
from detectors.models import Source, Stream
from detectors.schema import Kind, SignalIn
from tests import cast

MOMENT = datetime(2026, 9, 21, 12, tzinfo=UTC)


def item(number: int = 0, **fields: Any) -> dict[str, Any]:
    """One valid signal as JSON would carry it; the same number is the same signal."""
    base = {
        "external_id": f"s-{number}",
        "platform": "x",
        "kind": "post",
        "occurred_at": (MOMENT + timedelta(seconds=number)).isoformat(),
        "actor": f"a{number}",
    }
    return base | fields


def signal(number: int = 0, **fields: Any) -> SignalIn:
    """One valid signal."""
    base: dict[str, Any] = {
        "external_id": f"s-{number}",
        "platform": "x",
        "kind": Kind.POST,
        "occurred_at": MOMENT + timedelta(seconds=number),
        "actor": f"a{number}",
    }
    return SignalIn(**(base | fields))


def source(slug: str = "acme", title: str = "Acme shop", token: ApiToken | None = None) -> Source:
    """A source."""
    return Source.objects.create(slug=slug, title=title, token=token)


def stream(slug: str = "live", kind: StreamKind = StreamKind.LIVE) -> Stream:
    """A time-line."""
    return Stream.objects.create(slug=slug, title=slug.title(), kind=kind)


def token(
    *scopes: Scope, user: User | None = None, name: str = "acme", days: int | None = None
) -> tuple[ApiToken, str]:
    """A token and its text. days: until it expires; negative is in the past."""
    until = None if days is None else clock.now() + timedelta(days=days)
    wanted = scopes or (Scope.INGEST,)
    return issue_token(user=user or cast.integration(), name=name, scopes=wanted, expires_at=until)


def bearer(*scopes: Scope, **about: Any) -> dict[str, str]:
    """Header of a new token."""
    _, plain = token(*scopes, **about)
    return {"Authorization": f"Bearer {plain}"}
