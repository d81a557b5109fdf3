"""OpenAI-style responses, moderation results, log lines and usage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from detectors.adapters.base import Item, Meta, Outcome, UnfitError, attempt
from detectors.adapters.kit.ai_logs import (
    ENVELOPE,
    Exchange,
    copied,
    exchange,
    finished,
    scalar,
    when,
    words,
)
from detectors.adapters.kit.bounds import digest, name_of, one_line, shortened
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.fields import MAX_SHORT
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

PROVIDER: Final = "openai"
LISTS: Final = ("page", "list")
BARE: Final = ("chat.completion", "text_completion", "response")
USAGE: Final = "organization.usage."
FILTERED: Final = "content_filter"


class OpenAi(JsonAdapter):
    """Requests and responses with the `ai` object."""

    meta = Meta(
        slug="openai",
        title="OpenAI-style API logs",
        doc="Chat completions, legacy completions and Responses objects become `ai.response`, with"
        " `ai.refused` where the model refused or the filter stepped in. Log lines give an"
        f" `ai.request` and an `ai.response`. {ENVELOPE} Lines of the Batch API are read too."
        " Moderation results become one `ai.request` for each input, with `attributes.flagged`;"
        " they say no time and so need a log line. Buckets of the usage API become one"
        " `ai.request` for each result, with its sums: send closed buckets only, because a bucket"
        " sent twice with other sums counts twice. The text of a request is the last message of"
        " the user, its system prompt is an object `prompt:sha256-...`. The actor is"
        " `safety_identifier` or `user`, else the API key, the project or the organisation.",
        media_types=(JSON, NDJSON),
        suffixes=(".ndjson", ".jsonl", ".json"),
        spec="https://platform.openai.com/docs/api-reference: chat, completions, responses,"
        " moderations, batch, usage",
        kinds=(Kind.AI_REQUEST, Kind.AI_RESPONSE),
        platforms="`openai-api`; a line that names another `provider` becomes `<provider>-api`",
        time="the line's `timestamp`, else `created` or `created_at` of the response; `start_time`"
        " of a usage bucket",
        external_id="id of the response with `-request` or `-response`; digest of the content where"
        " there is none, and for usage",
    )

    def signals(self, record: Record) -> Iterator[Outcome]:
        """Signals of one line, or of each in a list."""
        if record.data.get("object") not in LISTS:
            yield from _single(record)
            return
        for one in record.need_children("data"):
            yield from attempt(_single(one), one.raw)


def _single(record: Record) -> Iterator[Outcome]:
    if record.data.get("object") != "bucket":
        yield from _line(_opened(record))
        return
    for result in record.need_children("results"):
        yield from attempt(_usage(record, result), result.raw)


def _opened(record: Record) -> Exchange:
    """The line as request and response. A batch has the response in `response.body`."""
    if record.data.get("object") in BARE or "results" in record:
        return exchange(PROVIDER, record, is_bare=True)
    if "request" not in record and "response" not in record:
        sentence = "must be a response, a moderation result, a usage bucket or a log line"
        raise UnfitError(record.at("object"), "choice", sentence)
    line = exchange(PROVIDER, record, is_bare=False)
    body = line.response.child("body")
    return Exchange(PROVIDER, record, line.request, body) if body.data else line


def _line(line: Exchange) -> Iterator[Item]:
    if "results" in line.response:
        yield from _moderation(line)
        return
    drafts = [line.ask()] if line.request.data else []
    if line.response.data:
        drafts.append(_answer(line))
    if not drafts:
        raise UnfitError(line.log.at("response"), "required", "must be an object")
    yield from finished(PROVIDER, *drafts, rest=line.log.rest())


def _answer(line: Exchange) -> Draft:
    draft = line.draft(Kind.AI_RESPONSE, f"{line.name()}-response")
    response = line.response
    said: list[str] = []
    is_refused = response.child("incomplete_details").text("reason") == FILTERED
    for choice in response.children("choices"):
        message = choice.child("message")
        refusal = message.text("refusal")
        said.append(words(message.take("content")) or refusal or choice.text("text"))
        is_refused |= bool(refusal) or choice.data.get("finish_reason") == FILTERED
    for output in response.children("output"):
        for part in output.children("content"):
            refusal = part.text("refusal")
            said.append(refusal or part.text("text"))
            is_refused |= bool(refusal)
    draft.text = "\n\n".join(one for one in said if one)
    usage = response.child("usage")
    draft.ai |= {
        "tokens_in": usage.integer("prompt_tokens", "input_tokens"),
        "tokens_out": usage.integer("completion_tokens", "output_tokens"),
        "refused": is_refused,
    }
    return draft


def _moderation(line: Exchange) -> Iterator[Item]:
    """One request for each input; a single input may stand without a list."""
    inputs = line.request.take("input")
    texts = inputs if isinstance(inputs, list) else [inputs]
    results = line.response.need_children("results")
    line.response.drop("results")
    name = line.name()
    common = line.draft(Kind.AI_REQUEST, name)
    # Bounded once: what is said of all must not cost its length for each.
    common.actor = name_of(one_line(common.actor), MAX_SHORT)
    common.ai = {key: shortened(value, MAX_SHORT) for key, value in common.ai.items()}
    rest = line.log.rest()
    for index, result in enumerate(results):
        draft = copied(common, f"{name}-{index}")
        text = texts[index] if index < len(texts) else None
        draft.text = text if isinstance(text, str) else words([text])
        draft.attributes["flagged"] = result.data.get("flagged") is True
        draft.keep(PROVIDER, result.rest(), **({} if index else {"line": rest}))
        yield from draft.items()


def _usage(bucket: Record, result: Record) -> Iterator[Item]:
    """One sum of a bucket."""
    type = result.need("object")
    if not type.startswith(USAGE):
        raise UnfitError(result.at("object"), "choice", f"must begin with {USAGE}")
    key, project = result.text("api_key_id"), result.text("project_id")
    at = when(bucket, "start_time")
    span = [scalar(bucket.data.get(name)) for name in ("start_time", "end_time")]
    draft = Draft(
        kind=Kind.AI_REQUEST,
        platform="openai-api",
        external_id=f"usage-{digest([span, result.data])}",
        at=at,
        actor=result.text("user_id") or key or project,
        ai={
            "provider": PROVIDER,
            "model": result.text("model"),
            "key": key,
            "org": project,
            "tokens_in": result.integer("input_tokens"),
            "tokens_out": result.integer("output_tokens"),
        },
    )
    draft.keep(PROVIDER, result.rest(), object=type, start_time=span[0], end_time=span[1])
    yield from draft.items()
