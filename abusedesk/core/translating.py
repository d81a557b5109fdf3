"""Asks a translation service of one's own; what it answers is as hostile as what it was given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from django.conf import settings

from abusedesk.core import outbound
from abusedesk.core.errors import GatewayError, NotFoundError
from abusedesk.core.outbound import OutboundError

TIMEOUT_S: Final = 10.0
MAX_BYTES: Final = 512 * 1024
"""Of an answer; the longest text has 64 KiB, and other scripts take more bytes for the same."""
OK: Final = 200


class _Answer(msgspec.Struct, frozen=True):
    """What the service sends. source: the language it took the text for."""

    text: str
    source: Annotated[str, msgspec.Meta(max_length=40)] | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in another language. source: from which one, as the service says; may be empty."""

    text: str
    source: str
    target: str


_answer = msgspec.json.Decoder(_Answer)


def is_on() -> bool:
    """Whether somebody named a service."""
    return bool(settings.TRANSLATE_URL)


def require_on() -> None:
    """Raises NotFoundError: without a service there is no such page."""
    if not is_on():
        message = "This desk has no translation service."
        raise NotFoundError(message)


def target() -> str:
    """The language of the desk."""
    return str(settings.TRANSLATE_TO)


def translate(text: str) -> Translation:
    """`text` in the language of the desk; nothing of it is kept. Raises GatewayError."""
    require_on()
    body = json.dumps({"text": text, "target": target()}).encode()
    try:
        reply = outbound.post_json(
            settings.TRANSLATE_URL, body, timeout_s=TIMEOUT_S, max_bytes=MAX_BYTES + 1
        )
    except OutboundError as error:
        raise _failed(str(error)) from error
    if reply.status != OK:
        why = f"it answered with status {reply.status}."
        raise _failed(why)
    if len(reply.body) > MAX_BYTES:
        why = f"its answer is larger than {MAX_BYTES // 1024:,} KiB."
        raise _failed(why)
    try:
        said = _answer.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = "its answer is not the JSON that was agreed: text, source."
        raise _failed(why) from error
    return Translation(said.text, said.source or "", target())


def _failed(why: str) -> GatewayError:
    return GatewayError(f"The translation service did not help: {why}")
