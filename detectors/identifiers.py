"""Values of a signal's identifiers as detectors group by them, opaque ones included."""

from __future__ import annotations

import re

from detectors import normalise
from detectors.base import Signal

MAX_VALUES = 10
PLACEHOLDERS = frozenset(
    {"-", "0", "0.0.0.0", "::", "n/a", "na", "nil", "none", "null", "undefined", "unknown"}  # noqa: S104 -- a value senders write, nothing is bound
)
_OPAQUE = re.compile(r"[A-Za-z0-9_+/=:.-]{16,500}")


def identifier_values(signal: Signal, kind: str) -> tuple[str, ...]:
    """At most 10 values of one type, each once.

    A value without a canonical form counts as it is where it looks like an HMAC: senders may hash
    addresses, e-mails and phones. Placeholders such as `unknown` are nobody's identifier.
    """
    raw = signal.identifier_map.get(kind, ())
    found: dict[str, None] = {}
    for value in ((raw,) if isinstance(raw, str) else raw)[:MAX_VALUES]:
        name = normalise.canonical(kind, value) or (value if _OPAQUE.fullmatch(value) else "")
        if name and name not in PLACEHOLDERS:
            found[name] = None
    return tuple(found)
