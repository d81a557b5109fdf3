"""The signal on the wire: the public contract, validated while it is decoded."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

MAX_BATCH = 5_000
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_ATTRIBUTES_BYTES = 16 * 1024
MAX_TEXT_BYTES = 64 * 1024
MAX_RAW_BYTES = 64 * 1024
"""What is kept of a refused item."""


class Kind(StrEnum):
    """What happened; the closed vocabulary of architecture section 4."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_UPDATED = "account.updated"
    LOGIN = "login"
    POST = "post"
    REPOST = "repost"
    REPLY = "reply"
    MESSAGE = "message"
    MAIL = "mail"
    REACTION = "reaction"
    FOLLOW = "follow"
    REPORT = "report"
    PAYMENT = "payment"
    AI_REQUEST = "ai.request"
    AI_RESPONSE = "ai.response"
    SITE = "site"


Short = Annotated[str, msgspec.Meta(max_length=200)]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
# `$` also matches before a line break at the end; the look-ahead refuses that in every dialect.
END = r"$(?!\n)"
SLUG = rf"^[a-z0-9-]{{1,40}}{END}"
ObjectKey = Annotated[str, msgspec.Meta(pattern=rf"^[a-z0-9-]{{1,40}}:.+{END}", max_length=500)]
IdentifierType = Annotated[str, msgspec.Meta(pattern=rf"^[a-z0-9_]{{1,40}}{END}")]
IdentifierValue = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
IdentifierList = Annotated[list[IdentifierValue], msgspec.Meta(max_length=100)]
Identifiers = Annotated[
    dict[IdentifierType, IdentifierValue | IdentifierList], msgspec.Meta(max_length=50)
]
Sketch = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]


class ActorProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the platform shows of the acting account."""

    handle: Short = ""
    name: Short = ""
    bio: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    created_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    followers: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    avatar_pdq: Annotated[str, msgspec.Meta(pattern=rf"^([0-9a-f]{{64}})?{END}")] = ""
    verified: bool | None = None


class Ai(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which AI service and model a request or response belongs to."""

    provider: Short = ""
    model: Short = ""
    key: Short = ""
    org: Short = ""
    tokens_in: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    tokens_out: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    refused: bool | None = None
    declared_use: Short = ""


class SignalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One signal as an integration sends it."""

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    platform: Annotated[str, msgspec.Meta(pattern=SLUG)]
    kind: Kind
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    actor: Short = ""
    actor_profile: ActorProfile | None = None
    text: str = ""
    urls: Annotated[tuple[Url, ...], msgspec.Meta(max_length=100)] = ()
    objects: Annotated[tuple[ObjectKey, ...], msgspec.Meta(max_length=100)] = ()
    identifiers: Identifiers = {}
    ai: Ai | None = None
    fingerprints: Annotated[tuple[Sketch, ...], msgspec.Meta(max_length=100)] = ()
    attributes: dict[str, Any] = {}
