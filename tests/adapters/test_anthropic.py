"""What becomes of Anthropic-style logs, field by field, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.reading import item, items, loaded, never_breaks, refusals, told

TABLE: dict[str, list[Any]] = {
    "log.json": [
        {
            "external_id": "msg_01-request",
            "platform": "anthropic-api",
            "kind": "ai.request",
            "occurred_at": "2026-09-21T14:13:20+00:00",
            "actor": "user-9",
            "text": "Write the letter",
            "ai": {
                "provider": "anthropic",
                "model": "claude-example-1",
                "key": "apikey_1",
                "org": "org-1",
            },
            "objects": [
                "prompt:sha256-04ce05f1eb9e35c2658d4eb47d48a2e25d20013d09b1f5866cb41b3381bd24c7"
            ],
            "attributes": {
                "flagged": True,
                "anthropic": {
                    "request_id": "req_011",
                    "moderation": {"flagged": True, "categories": ["fraud"]},
                    "request": {
                        "model": "claude-example",
                        "max_tokens": 100,
                        "system": [{"type": "text", "text": "You write to winners."}],
                        "messages": [
                            {"role": "user", "content": "first"},
                            {"role": "assistant", "content": "yes?"},
                            {
                                "role": "user",
                                "content": [{"type": "text", "text": "Write the letter"}],
                            },
                        ],
                    },
                    "response": {
                        "type": "message",
                        "role": "assistant",
                        "content": [{"type": "text", "text": "I can't help with that."}],
                        "usage": {"service_tier": "standard"},
                    },
                },
            },
        },
        {
            "external_id": "msg_01-response",
            "platform": "anthropic-api",
            "kind": "ai.response",
            "occurred_at": "2026-09-21T14:13:20+00:00",
            "actor": "user-9",
            "text": "I can't help with that.",
            "ai": {
                "provider": "anthropic",
                "model": "claude-example-1",
                "key": "apikey_1",
                "org": "org-1",
                "tokens_in": 125,
                "tokens_out": 8,
                "refused": True,
            },
            "attributes": {"anthropic": {"line": "msg_01-request"}},
        },
    ],
    "messages.ndjson": [
        (
            "line 1.timestamp: is missing; a bare response that says no time "
            "needs a log line around it"
        ),
        {
            "external_id": "msg_03-response",
            "platform": "anthropic-api",
            "kind": "ai.response",
            "occurred_at": "2026-09-21T14:13:30+00:00",
            "text": "Hello",
            "ai": {
                "provider": "anthropic",
                "model": "claude-example-1",
                "tokens_in": 4,
                "tokens_out": 1,
                "refused": False,
            },
            "attributes": {
                "anthropic": {
                    "custom_id": "row-1",
                    "result": {
                        "type": "succeeded",
                        "message": {
                            "type": "message",
                            "role": "assistant",
                            "content": [{"type": "text", "text": "Hello"}],
                        },
                    },
                }
            },
        },
    ],
    "usage.json": [
        {
            "external_id": "usage-6d4e547cef8019392d17ddcf02aafe1687421585d5ac1586aec2fec39c5a0575",
            "platform": "anthropic-api",
            "kind": "ai.request",
            "occurred_at": "2026-09-21T00:00:00+00:00",
            "actor": "apikey_1",
            "ai": {
                "provider": "anthropic",
                "model": "claude-example-1",
                "key": "apikey_1",
                "org": "wrkspc_1",
                "tokens_in": 3200,
                "tokens_out": 500,
            },
            "attributes": {
                "anthropic": {
                    "starting_at": "2026-09-21T00:00:00Z",
                    "ending_at": "2026-09-22T00:00:00Z",
                    "server_tool_use": {"web_search_requests": 10},
                    "service_tier": "standard",
                    "context_window": "0-200k",
                }
            },
        }
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("anthropic", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("anthropic")


def test_cached_tokens_count_once_however_they_are_split() -> None:
    report = loaded("anthropic", "usage.json")
    assert item("anthropic", report)["ai"]["tokens_in"] == 1_500 + 1_000 + 500 + 200
    log = loaded("anthropic", "log.json")
    log["response"]["usage"] |= {"cache_creation": {"ephemeral_5m_input_tokens": 5}}
    _, answer = items("anthropic", log)
    assert answer["ai"]["tokens_in"] == 20 + 5 + 100


def test_only_the_last_words_of_the_user_are_the_text() -> None:
    request, _ = items("anthropic", loaded("anthropic", "log.json"))
    assert request["text"] == "Write the letter"
    kept = request["attributes"]["anthropic"]["request"]["messages"]
    assert [one["role"] for one in kept] == ["user", "assistant", "user"]


def test_a_tool_call_is_no_text() -> None:
    log = loaded("anthropic", "log.json")
    log["response"]["content"] = [{"type": "tool_use", "id": "t", "name": "x", "input": {}}]
    _, answer = items("anthropic", log)
    assert "text" not in answer


@pytest.mark.parametrize(
    ("line", "place", "code"),
    [
        ({}, "type", "choice"),
        ({"type": "message", "id": "m"}, "timestamp", "required"),
        ({"request": [], "response": []}, "response", "required"),
        ({"timestamp": "noon", "request": {"model": "m"}}, "timestamp", "format"),
        ({"data": {}}, "data", "type"),
        ({"data": [{"results": [{}]}]}, "data.0.starting_at", "type"),
        ({"starting_at": "2026-09-21T00:00:00Z", "results": 1}, "results", "type"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    line: dict[str, Any], place: str, code: str
) -> None:
    assert refusals("anthropic", line) == [(place, code)]


def test_a_bucket_that_grew_is_another_signal() -> None:
    report = loaded("anthropic", "usage.json")
    first = item("anthropic", report)["external_id"]
    report["data"][0]["results"][0]["output_tokens"] = 501
    assert item("anthropic", report)["external_id"] != first


def test_unknown_fields_are_kept() -> None:
    log = loaded("anthropic", "log.json") | {"region": {"name": "eu"}}
    kept = items("anthropic", log)[0]["attributes"]["anthropic"]
    assert kept["region"] == {"name": "eu"}


def test_a_verdict_of_moderation_stands_at_the_top() -> None:
    request, answer = items("anthropic", loaded("anthropic", "log.json"))
    assert request["attributes"]["flagged"] is True
    assert "flagged" not in answer["attributes"]
