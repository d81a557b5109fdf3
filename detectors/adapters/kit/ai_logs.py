"""Logs of AI services: a line with the request, the response or both, and who was behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from detectors.adapters.base import Item, UnfitError
from detectors.adapters.kit.bounds import digest
from detectors.adapters.kit.draft import Draft, slug
from detectors.adapters.kit.moments import epoch, parsed
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

TIMES: Final = ("timestamp", "created_at", "time", "created")
# Tuples: what stands in a payload need not be hashable.
TEXTS: Final = ("text", "input_text", "output_text")
PROMPTS: Final = ("prompt", "input")
USER: Final = (None, "user")
SYSTEM: Final = ("system", "developer")
MAX_SCALAR: Final = 64
MAX_PROVIDER: Final = 36  # and `-api` behind it
ENVELOPE: Final = (
    "A log line is an object with `request`, `response` or both as the API knows them, and"
    " beside them any of `timestamp` (or `created_at`, `time`; RFC 3339, or seconds since 1970),"
    " `request_id`, `user`, `api_key_id`, `project_id`, `workspace_id`, `organization_id`, `ip`,"
    " `user_agent`, `declared_use`, `provider`."
)
"""Services write such lines in many ways; this is the one that is asked for."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line. response: also a bare response, which then is the line itself."""

    provider: str
    log: Record
    request: Record
    response: Record

    @property
    def platform(self) -> str:
        """`<provider>-api`; a compatible service may name itself in the line."""
        named = self.log.data.get("provider")
        own = slug(named)[:MAX_PROVIDER] if isinstance(named, str) else ""
        return f"{own or self.provider}-api"

    def name(self) -> str:
        """The id that the service gave, or a digest of the line."""
        return (
            self.response.text("id")
            or self.log.text("request_id", "id")
            or digest(dict(self.log.data))
        )

    def at(self) -> str:
        """When it happened: the line's own time, else that of the response."""
        for record in (self.log, self.response):
            for name in TIMES:
                if name in record:
                    return when(record, name)
        sentence = "is missing; a bare response that says no time needs a log line around it"
        raise UnfitError(self.log.at(TIMES[0]), "required", sentence)

    def draft(self, kind: Kind, external_id: str) -> Draft:
        """A signal of this exchange with everything but text and tokens."""
        log, request = self.log, self.request
        key = log.text("api_key_id", "api_key")
        org = log.text("organization_id", "organization")
        group = log.text("workspace_id", "project_id")
        named = request.child("metadata").text("user_id")
        user = request.text("safety_identifier", "user") or named or log.text("user", "user_id")
        draft = Draft(
            kind=kind,
            platform=self.platform,
            external_id=external_id,
            at=self.at(),
            actor=user or key or group or org,
            ai={
                "provider": log.text("provider") or self.provider,
                "model": self.response.text("model") or request.text("model"),
                "key": key,
                "org": org or group,
                "declared_use": log.text("declared_use"),
            },
        )
        draft.identify("ip", log.text("ip"))
        if agent := log.text("user_agent"):
            draft.attributes["user_agent"] = agent
        return draft

    def ask(self) -> Draft:
        """The request: the last words of the user; the system prompt is an object of its own."""
        request = self.request
        draft = self.draft(Kind.AI_REQUEST, f"{self.name()}-request")
        turns = request.children("messages") or request.children("input")
        asked = [one for one in turns if one.data.get("role") in USER]
        draft.text = words(asked[-1].data.get("content")) if asked else request.text(*PROMPTS)
        system = words(request.data.get("system") or request.data.get("instructions"))
        system = system or next(
            (words(one.data.get("content")) for one in turns if one.data.get("role") in SYSTEM), ""
        )
        draft.about("prompt", f"sha256-{digest(system)}" if system else "")
        return draft


def exchange(provider: str, log: Record, *, is_bare: bool) -> Exchange:
    """The line as request and response. is_bare: it is a response itself."""
    response = log if is_bare else log.child("response")
    return Exchange(provider, log, log.child("request"), response)


def finished(provider: str, *drafts: Draft, rest: dict[str, Any]) -> Iterator[Item]:
    """The signals of one line; the first keeps what nobody took."""
    for index, draft in enumerate(drafts):
        draft.keep(provider, rest if index == 0 else {"line": drafts[0].external_id})
        yield from draft.items()


def copied(draft: Draft, external_id: str) -> Draft:
    """A further signal of the same exchange."""
    return replace(draft, external_id=external_id, attributes={**draft.attributes}, ai={**draft.ai})


def scalar(value: Any) -> Any:
    """A number or a short text; None for what would be repeated at length."""
    is_short = isinstance(value, str) and len(value) <= MAX_SCALAR
    return value if is_short or isinstance(value, int | float) else None


def when(record: Record, name: str) -> str:
    """A time as text, or in seconds since 1970."""
    value = record.take(name)
    if isinstance(value, str):
        return parsed(value, record.at(name))
    return epoch(value, record.at(name))


def words(content: Any) -> str:
    """Text of a message: a text, or the text parts of a list."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        part["text"]
        for part in parts
        if isinstance(part, dict)
        and part.get("type") in TEXTS
        and isinstance(part.get("text"), str)
    )
