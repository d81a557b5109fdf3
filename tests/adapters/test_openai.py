"""What becomes of OpenAI-style logs, field by field, and what is refused."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.adapters.reading import item, items, loaded, never_breaks, refusals, sample, told

TABLE: dict[str, list[Any]] = {
    "log.json": [
        {
            "external_id": "chatcmpl-A1-request",
            "platform": "openai-api",
            "kind": "ai.request",
            "occurred_at": "2026-09-21T14:13:20+00:00",
            "actor": "user-9",
            "text": "Write the letter",
            "identifiers": {"ip": "192.0.2.50"},
            "ai": {
                "provider": "openai",
                "model": "gpt-example-1",
                "key": "key_1",
                "org": "org_1",
                "declared_use": "newsletter",
            },
            "objects": [
                "prompt:sha256-04ce05f1eb9e35c2658d4eb47d48a2e25d20013d09b1f5866cb41b3381bd24c7"
            ],
            "attributes": {
                "user_agent": "prize-bot/1",
                "openai": {
                    "request": {
                        "model": "gpt-example",
                        "messages": [
                            {"role": "system", "content": "You write to winners."},
                            {
                                "role": "user",
                                "content": [
                                    {"type": "text", "text": "Write the letter"},
                                    {
                                        "type": "image_url",
                                        "image_url": {"url": "https://a.example/x.png"},
                                    },
                                ],
                            },
                        ],
                        "temperature": 1,
                    },
                    "response": {
                        "object": "chat.completion",
                        "created": 1790000001,
                        "choices": [
                            {"index": 0, "message": {"role": "assistant"}, "finish_reason": "stop"}
                        ],
                        "usage": {
                            "total_tokens": 40,
                            "prompt_tokens_details": {"cached_tokens": 0},
                        },
                        "service_tier": "default",
                        "system_fingerprint": "fp_1",
                    },
                },
            },
        },
        {
            "external_id": "chatcmpl-A1-response",
            "platform": "openai-api",
            "kind": "ai.response",
            "occurred_at": "2026-09-21T14:13:20+00:00",
            "actor": "user-9",
            "text": "Dear winner, ...",
            "identifiers": {"ip": "192.0.2.50"},
            "ai": {
                "provider": "openai",
                "model": "gpt-example-1",
                "key": "key_1",
                "org": "org_1",
                "declared_use": "newsletter",
                "tokens_in": 31,
                "tokens_out": 9,
                "refused": False,
            },
            "attributes": {"user_agent": "prize-bot/1", "openai": {"line": "chatcmpl-A1-request"}},
        },
    ],
    "moderation.json": [
        {
            "external_id": "modr-2-0",
            "platform": "openai-api",
            "kind": "ai.request",
            "occurred_at": "2026-09-21T14:13:24+00:00",
            "actor": "user-9",
            "text": "Sell me a fake passport",
            "ai": {"provider": "openai", "model": "omni-example-1"},
            "attributes": {
                "flagged": True,
                "openai": {
                    "line": {"request": {"model": "omni-example"}},
                    "flagged": True,
                    "categories": {"illicit": True},
                    "category_scores": {"illicit": 0.93},
                },
            },
        },
        {
            "external_id": "modr-2-1",
            "platform": "openai-api",
            "kind": "ai.request",
            "occurred_at": "2026-09-21T14:13:24+00:00",
            "actor": "user-9",
            "text": "Nice weather",
            "ai": {"provider": "openai", "model": "omni-example-1"},
            "attributes": {
                "flagged": False,
                "openai": {
                    "flagged": False,
                    "categories": {"illicit": False},
                    "category_scores": {"illicit": 0.01},
                },
            },
        },
    ],
    "responses.ndjson": [
        {
            "external_id": "resp_1-response",
            "platform": "openai-api",
            "kind": "ai.response",
            "occurred_at": "2026-09-21T14:13:22+00:00",
            "text": "Hello",
            "ai": {
                "provider": "openai",
                "model": "gpt-example-2",
                "tokens_in": 5,
                "tokens_out": 1,
                "refused": False,
            },
            "attributes": {
                "openai": {
                    "object": "response",
                    "status": "completed",
                    "output": [
                        {"type": "reasoning", "id": "rs_1"},
                        {
                            "id": "msg_1",
                            "type": "message",
                            "role": "assistant",
                            "content": [{"type": "output_text"}],
                        },
                    ],
                    "usage": {"total_tokens": 6},
                }
            },
        },
        {
            "external_id": "chatcmpl-A2-response",
            "platform": "openai-api",
            "kind": "ai.response",
            "occurred_at": "2026-09-21T14:13:23+00:00",
            "text": "I cannot help with that.",
            "ai": {
                "provider": "openai",
                "model": "gpt-example-1",
                "tokens_in": 3,
                "tokens_out": 6,
                "refused": True,
            },
            "attributes": {
                "openai": {
                    "object": "chat.completion",
                    "choices": [
                        {"index": 0, "message": {"role": "assistant"}, "finish_reason": "stop"}
                    ],
                    "usage": {"total_tokens": 9},
                }
            },
        },
        {
            "external_id": "chatcmpl-A3-response",
            "platform": "openai-api",
            "kind": "ai.response",
            "occurred_at": "2026-09-21T14:13:21+00:00",
            "text": "Dear winner, ...",
            "ai": {
                "provider": "openai",
                "model": "gpt-example-1",
                "tokens_in": 31,
                "tokens_out": 9,
                "refused": False,
            },
            "attributes": {
                "openai": {
                    "id": "batch_req_1",
                    "custom_id": "row-1",
                    "response": {
                        "status_code": 200,
                        "request_id": "req_1",
                        "body": {
                            "object": "chat.completion",
                            "choices": [
                                {
                                    "index": 0,
                                    "message": {"role": "assistant"},
                                    "finish_reason": "stop",
                                }
                            ],
                            "usage": {
                                "total_tokens": 40,
                                "prompt_tokens_details": {"cached_tokens": 0},
                            },
                            "service_tier": "default",
                            "system_fingerprint": "fp_1",
                        },
                    },
                }
            },
        },
        (
            "line 4.timestamp: is missing; a bare response that says no time "
            "needs a log line around it"
        ),
    ],
    "usage.json": [
        {
            "external_id": "usage-09ec1997077a14502f3de6642467c422667ccc06cf93741af0399c7d63e70baf",
            "platform": "openai-api",
            "kind": "ai.request",
            "occurred_at": "2026-09-21T14:13:20+00:00",
            "actor": "key_1",
            "ai": {
                "provider": "openai",
                "model": "gpt-example-1",
                "key": "key_1",
                "org": "proj_1",
                "tokens_in": 1000,
                "tokens_out": 500,
            },
            "attributes": {
                "openai": {
                    "object": "organization.usage.completions.result",
                    "start_time": 1790000000,
                    "end_time": 1790003600,
                    "input_cached_tokens": 800,
                    "num_model_requests": 7,
                    "batch": False,
                }
            },
        },
        "data.0.results.1.object: must begin with organization.usage.",
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("openai", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("openai")


def test_a_refusal_of_the_responses_api_is_a_refusal() -> None:
    line = json.loads(sample("openai", "responses.ndjson").splitlines()[0])
    line["output"][1]["content"] = [{"type": "refusal", "refusal": "No."}]
    found = item("openai", line)
    assert (found["text"], found["ai"]["refused"]) == ("No.", True)
    line["output"] = []
    line["incomplete_details"] = {"reason": "content_filter"}
    assert item("openai", line)["ai"]["refused"] is True


def test_a_filtered_answer_is_a_refusal() -> None:
    log = loaded("openai", "log.json")
    log["response"]["choices"][0]["finish_reason"] = "content_filter"
    _, answer = items("openai", log)
    assert answer["ai"]["refused"] is True


def test_a_compatible_service_names_itself() -> None:
    request, answer = items("openai", loaded("openai", "log.json") | {"provider": "Mistral AI"})
    assert {one["platform"] for one in (request, answer)} == {"mistral-ai-api"}
    assert request["ai"]["provider"] == "Mistral AI"


@pytest.mark.parametrize(
    ("fields", "actor"),
    [
        ({"request": {"model": "m", "user": "u1"}}, "u1"),
        ({"request": {"model": "m"}, "user": "u2"}, "u2"),
        ({"request": {"model": "m"}}, "key_1"),
        ({"request": {"model": "m"}, "api_key_id": None}, "proj_1"),
        ({"request": {"model": "m"}, "api_key_id": None, "project_id": None}, "org_1"),
    ],
)
def test_the_actor_is_the_closest_that_is_known(fields: dict[str, Any], actor: str) -> None:
    request, _ = items("openai", loaded("openai", "log.json") | fields)
    assert request["actor"] == actor


def test_the_same_system_prompt_is_the_same_object_whatever_the_words_after_it() -> None:
    one, two = loaded("openai", "log.json"), loaded("openai", "log.json")
    two["request"]["messages"][1]["content"] = "something else"
    first, second = items("openai", one)[0], items("openai", two)[0]
    assert first["objects"] == second["objects"]
    assert first["text"] != second["text"]


def test_a_request_of_the_responses_api_is_read() -> None:
    line = {
        "timestamp": 1790000000,
        "request_id": "req_9",
        "request": {"model": "m", "instructions": "Be short", "input": "Hello"},
    }
    found = item("openai", line)
    assert (found["external_id"], found["text"]) == ("req_9-request", "Hello")
    assert found["objects"][0].startswith("prompt:sha256-")


def test_a_line_without_any_id_is_named_by_its_content() -> None:
    line = {"timestamp": 1790000000, "request": {"model": "m", "prompt": "Hi"}}
    first = item("openai", line)["external_id"]
    assert item("openai", line)["external_id"] == first
    line["request"] = {"model": "m", "prompt": "Ho"}
    assert item("openai", line)["external_id"] != first


@pytest.mark.parametrize(
    ("line", "place", "code"),
    [
        ({}, "object", "choice"),
        ({"object": ["list"]}, "object", "choice"),
        ({"object": "list", "data": 5}, "data", "type"),
        ({"object": "embedding"}, "object", "choice"),
        ({"request": "x"}, "response", "required"),
        ({"object": "chat.completion", "id": "c"}, "timestamp", "required"),
        ({"object": "chat.completion", "created": "2026"}, "created", "format"),
        ({"timestamp": [], "request": {"model": "m"}}, "timestamp", "type"),
        ({"object": "bucket", "results": [{}]}, "results.0.object", "required"),
        (
            {"object": "bucket", "results": [{"object": "organization.usage.x"}]},
            "start_time",
            "type",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    line: dict[str, Any], place: str, code: str
) -> None:
    assert refusals("openai", line) == [(place, code)]


def test_a_count_that_no_counter_has_is_left_out_and_named() -> None:
    log = loaded("openai", "log.json")
    log["response"]["usage"]["prompt_tokens"] = 2**60
    _, answer = items("openai", log)
    assert "tokens_in" not in answer["ai"]
    assert answer["attributes"]["truncated"] == ["ai.tokens_in"]


def test_unknown_fields_are_kept() -> None:
    log = loaded("openai", "log.json") | {"region": "eu"}
    assert items("openai", log)[0]["attributes"]["openai"]["region"] == "eu"


def test_what_is_said_of_all_results_does_not_cost_its_length_for_each() -> None:
    line = {
        "timestamp": 1790000000,
        "user": "u" * 1_000_000,
        "request": {"model": "m" * 1_000_000, "input": []},
        "response": {"id": "modr", "results": [{"flagged": False}] * 2_000},
    }
    started = time.process_time()
    found = items("openai", line)
    assert time.process_time() - started < 5
    assert len(found) == 2_000
    assert found[0]["actor"].startswith("sha256-")
