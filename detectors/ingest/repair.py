"""Turns what can be no text into a NUL, so that the field it stands in can be named."""

from __future__ import annotations

import codecs
import re
from typing import Final

NUL: Final = b"\\u0000"

_HIGH = rb"\\u[dD][89abAB][0-9a-fA-F]{2}"
_LOW = rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE_HINT = re.compile(rb"\\u[dD][89a-fA-F]")
# Every escape is consumed, so that an escaped backslash before `ud800` is no surrogate.
_ESCAPES = re.compile(
    rb"(?:" + _HIGH + _LOW + rb"|(" + _HIGH + rb"|" + _LOW + rb")|\\.)", re.DOTALL
)


def repair_surrogates(raw: bytes) -> bytes:
    """JSON with each lone surrogate escape replaced by a NUL escape of the same length."""
    if not _LONE_HINT.search(raw):
        return raw
    return _ESCAPES.sub(lambda found: NUL if found[1] else found[0], raw)


def repair(raw: bytes) -> bytes:
    """JSON with lone surrogates and bytes that are no UTF-8 replaced by NUL escapes."""
    return repair_surrogates(raw.decode("utf-8", _HANDLER).encode())


def _as_nul(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return NUL.decode(), error.end


_HANDLER: Final = "abusedesk-nul"
codecs.register_error(_HANDLER, _as_nul)
