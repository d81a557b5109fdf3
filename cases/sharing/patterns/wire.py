"""The fields of a pattern in its STIX indicator, read strictly: they may come from anybody."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from cases.sharing.stix import EXTENSION

FORMAT: Final = "abuse-pattern/1"
SIGMA: Final = "sigma"
BUILTIN: Final = "abusedesk-detector"
MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 24
MAX_VECTORS: Final = 20
KEY: Final = r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$"

Short = Annotated[str, Meta(min_length=1, max_length=120)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Number = int | float
Group = Annotated[list[Annotated[str, Meta(min_length=1, max_length=242)]], Meta(max_length=200)]


Pap = Literal["clear", "green", "amber", "red"]
Severity = Literal["informational", "low", "medium", "high", "critical"]


class UnreadableError(Exception):
    """What was handed in is no pattern; the message says where."""


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a pattern; what is at its default is not written."""


class Parameter(_Wire, frozen=True):
    """What a receiver may tune. bind: JSON pointer into the list of documents of the pattern."""

    type: Literal["integer", "number"]
    default: Number
    min: Number
    max: Number
    bind: Annotated[str, Meta(pattern=r"^(/[^/]{1,80}){1,8}$")]


class Vector(_Wire, frozen=True):
    """A set of made-up signals, and the accounts of every group that has to be found in it."""

    name: Short
    kind: Literal["positive", "negative"]
    signals: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=200)]
    expected: Annotated[list[Group], Meta(max_length=50)] = []


class Requires(_Wire, frozen=True):
    """What a desk needs for it. history_days: how far back it looks."""

    history_days: Annotated[int, Meta(ge=1, le=400)]
    kinds: Annotated[list[str], Meta(max_length=40)] = []
    fields: Annotated[list[str], Meta(max_length=60)] = []


class Rate(_Wire, frozen=True):
    """A day's count for a million signals: the middle of days, and what 95 % stay below."""

    p50: Annotated[float, Meta(ge=0)]
    p95: Annotated[float, Meta(ge=0)]


class Expected(_Wire, frozen=True):
    """What it finds at its author's. days: of the window."""

    findings: Rate
    groups: Rate
    days: Annotated[int, Meta(ge=1, le=400)]


class Privacy(_Wire, frozen=True):
    """What the pattern itself tells of people. fields: what it reads of signals."""

    level: Literal["none", "pseudonymous", "personal"]
    fields: Annotated[list[str], Meta(max_length=60)] = []
    redactions: Annotated[list[str], Meta(max_length=60)] = []


class Decay(_Wire, frozen=True):
    """How its weight falls without a sighting."""

    lifetime_days: Annotated[int, Meta(ge=1, le=3_650)]
    speed: Annotated[float, Meta(gt=0, le=10)] = 2.0


class Parent(_Wire, frozen=True):
    """A pattern that this one was made of."""

    id: Annotated[str, Meta(pattern=r"^indicator--[0-9a-f-]{36}$")]
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    how: Literal["derived", "merged", "translated"]


class Builtin(_Wire, frozen=True):
    """A detector of the product with its settings."""

    slug: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,60}$")]
    version: Annotated[int, Meta(ge=1)]
    params: dict[str, Any] = {}


class Signature(_Wire, frozen=True):
    """Ed25519 over what `signing.told` says."""

    key_id: Annotated[str, Meta(pattern=r"^ed25519:[0-9a-f]{16}$")]
    value: Annotated[str, Meta(max_length=100)]
    alg: Literal["Ed25519"] = "Ed25519"


class _Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True,
            omit_defaults=True):  # fmt: skip
    extension_type: Literal["property-extension"]
    format: Literal["abuse-pattern/1"]
    pattern_key: Annotated[str, Meta(pattern=KEY, max_length=121)]
    revision: Annotated[int, Meta(ge=1, le=1_000_000)]


class Pack(_Base, frozen=True):
    """All that a pattern says beside its text. evidence is counted by others, so it is unsigned."""

    title: Short
    licence: Annotated[str, Meta(min_length=1, max_length=60)]
    pap: Pap
    severity: Severity
    requires: Requires
    tests: Annotated[list[Vector], Meta(min_length=2, max_length=MAX_VECTORS)]
    privacy: Privacy
    decay: Decay
    expected: Expected | None = None
    summary: Annotated[str, Meta(max_length=2_000)] = ""
    parameters: dict[Name, Parameter] = {}
    lineage: Annotated[list[Parent], Meta(max_length=20)] = []
    builtin: Builtin | None = None
    evidence: dict[str, Any] = {}
    signature: Signature | None = None


class Revocation(_Base, frozen=True):
    """The last word on a pattern: it is taken back."""

    revoked: Literal[True]
    reason: Annotated[str, Meta(max_length=500)] = ""
    signature: Signature | None = None


def read_pack(extension: Any) -> Pack:
    """Raises UnreadableError naming the field."""
    found: Pack = _read(extension, Pack)
    return found


def read_revocation(extension: Any) -> Revocation:
    """Raises UnreadableError naming the field."""
    found: Revocation = _read(extension, Revocation)
    return found


def plain(part: Any) -> Any:
    """A part as JSON has it."""
    return msgspec.to_builtins(part)


def extension_of(indicator: dict[str, Any]) -> dict[str, Any] | None:
    """The desk's own fields of an object, where they are of a pattern."""
    found = indicator.get("extensions")
    own = found.get(EXTENSION) if isinstance(found, dict) else None
    return own if isinstance(own, dict) and own.get("format") == FORMAT else None


def parsed(body: bytes) -> Any:
    """JSON without what two readers read differently. Raises UnreadableError."""
    if len(body) > MAX_BYTES:
        message = f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB."
        raise UnreadableError(message)
    try:
        told = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        message = f"This is no JSON: {error}"
        raise UnreadableError(message) from error
    if _depth(told) > MAX_DEPTH:
        message = f"It is nested deeper than {MAX_DEPTH} levels."
        raise UnreadableError(message)
    return told


def _read(extension: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(extension, kind)
    except msgspec.ValidationError as error:
        message = f"The fields of the pattern cannot be read: {error}"
        raise UnreadableError(message) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a name stands twice in one object"
        raise ValueError(message)
    return found


def _constant(name: str) -> Any:
    message = f"{name} is no number"
    raise ValueError(message)


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        inner: list[Any] = []
        for one in level:
            children: Iterable[Any] = ()
            if isinstance(one, dict):
                children = one.values()
            elif isinstance(one, list):
                children = one
            inner.extend(child for child in children if isinstance(child, dict | list))
        level = inner
    return deepest
