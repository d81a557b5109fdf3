"""Anthropic-style messages, log lines and usage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from detectors.adapters.base import Item, Meta, Outcome, UnfitError, attempt
from detectors.adapters.kit.ai_logs import (
    ENVELOPE,
    Exchange,
    exchange,
    finished,
    scalar,
    when,
    words,
)
from detectors.adapters.kit.bounds import digest
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

PROVIDER: Final = "anthropic"
REFUSED: Final = "refusal"
INPUT: Final = ("input_tokens", "uncached_input_tokens", "cache_read_input_tokens")
CACHED: Final = "cache_creation_input_tokens"


class Anthropic(JsonAdapter):
    """Requests and responses with the `ai` object."""

    meta = Meta(
        slug="anthropic",
        title="Anthropic-style API logs",
        doc="Log lines around the Messages API give an `ai.request` and an `ai.response`."
        f" {ENVELOPE} A message says no time, so a bare one is refused. Results of message batches"
        " are read where a time stands beside them. `ai.refused` follows `stop_reason` refusal;"
        " `moderation` beside a request stays in the attributes, and `flagged` in it is repeated"
        " at their top. tokens_in counts cached tokens as well. Buckets of the usage report become"
        " one `ai.request` for each result, with its sums: send closed buckets only, because a"
        " bucket sent twice with other sums counts twice. The actor is `metadata.user_id`, else"
        " the API key, the workspace or the organisation.",
        media_types=(JSON, NDJSON),
        suffixes=(".ndjson", ".jsonl", ".json"),
        spec="https://platform.claude.com/docs/en/api: messages, message batches, usage report",
        kinds=(Kind.AI_REQUEST, Kind.AI_RESPONSE),
        platforms="`anthropic-api`; a line that names another `provider` becomes `<provider>-api`",
        time="the line's `timestamp`; `starting_at` of a usage bucket",
        external_id="id of the message with `-request` or `-response`; digest of the content where"
        " there is none, and for usage",
    )

    def signals(self, record: Record) -> Iterator[Outcome]:
        """Signals of one line, or of each bucket of a report."""
        if "data" in record and "request" not in record:
            for bucket in record.need_children("data"):
                yield from attempt(_bucket(bucket), bucket.raw)
        elif "starting_at" in record:
            yield from _bucket(record)
        else:
            yield from _line(_opened(record))


def _opened(record: Record) -> Exchange:
    """The line as request and response. A batch has the response in `result.message`."""
    if record.data.get("type") == "message":
        return exchange(PROVIDER, record, is_bare=True)
    if "result" in record:
        message = record.child("result").child("message")
        return Exchange(PROVIDER, record, record.child("request"), message)
    if "request" not in record and "response" not in record:
        sentence = "must be message, or the object a log line or a usage bucket"
        raise UnfitError(record.at("type"), "choice", sentence)
    return exchange(PROVIDER, record, is_bare=False)


def _line(line: Exchange) -> Iterator[Item]:
    drafts = [line.ask()] if line.request.data else []
    if line.response.data:
        drafts.append(_answer(line))
    if not drafts:
        raise UnfitError(line.log.at("response"), "required", "must be an object")
    flagged = line.log.child("moderation").data.get("flagged")
    if isinstance(flagged, bool):
        drafts[0].attributes["flagged"] = flagged
    yield from finished(PROVIDER, *drafts, rest=line.log.rest())


def _answer(line: Exchange) -> Draft:
    draft = line.draft(Kind.AI_RESPONSE, f"{line.name()}-response")
    response = line.response
    draft.text = words(response.data.get("content"))
    usage = response.child("usage")
    draft.ai |= {
        "tokens_in": _sum(usage),
        "tokens_out": usage.integer("output_tokens"),
        "refused": response.text("stop_reason") == REFUSED,
    }
    return draft


def _bucket(bucket: Record) -> Iterator[Outcome]:
    for result in bucket.need_children("results"):
        yield from attempt(_usage(bucket, result), result.raw)


def _usage(bucket: Record, result: Record) -> Iterator[Item]:
    """One sum of a bucket."""
    key, workspace = result.text("api_key_id"), result.text("workspace_id")
    at = when(bucket, "starting_at")
    span = [scalar(bucket.data.get(name)) for name in ("starting_at", "ending_at")]
    draft = Draft(
        kind=Kind.AI_REQUEST,
        platform="anthropic-api",
        external_id=f"usage-{digest([span, result.data])}",
        at=at,
        actor=result.text("account_id") or key or workspace,
        ai={
            "provider": PROVIDER,
            "model": result.text("model"),
            "key": key,
            "org": workspace,
            "tokens_in": _sum(result),
            "tokens_out": result.integer("output_tokens"),
        },
    )
    draft.keep(PROVIDER, result.rest(), starting_at=span[0], ending_at=span[1])
    yield from draft.items()


def _sum(usage: Record) -> int | None:
    """Tokens that went in, cached or not; a report splits the cached ones by their life."""
    counts = [usage.integer(name) for name in (*INPUT, CACHED)]
    created = usage.child("cache_creation")
    if CACHED not in usage:
        counts += [created.integer(name) for name in created.data]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
