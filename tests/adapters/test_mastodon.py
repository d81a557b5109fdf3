"""What becomes of Mastodon's webhooks, field by field, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.adapters.reading import (
    item,
    items,
    loaded,
    never_breaks,
    outcomes,
    refusals,
    sample,
    told,
)

TABLE: dict[str, list[Any]] = {
    "account.created.json": [
        {
            "external_id": "account-106",
            "platform": "mastodon",
            "kind": "account.created",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "newbie@social.example",
            "text": "I like birds",
            "actor_profile": {
                "handle": "newbie@social.example",
                "name": "Newbie",
                "bio": "I am newbie",
                "created_at": "2026-08-01T00:00:00+00:00",
                "followers": 12,
            },
            "identifiers": {"email": "newbie@mail.example", "ip": "192.0.2.9"},
            "attributes": {
                "verified": ["email"],
                "mastodon": {
                    "event": "account.created",
                    "confirmed": True,
                    "suspended": False,
                    "silenced": False,
                    "sensitized": False,
                    "disabled": False,
                    "approved": True,
                    "locale": "en",
                    "ips": [{"used_at": "2026-09-20T08:00:00.000Z"}],
                    "account": {
                        "id": "106",
                        "locked": False,
                        "bot": False,
                        "following_count": 3,
                        "statuses_count": 40,
                    },
                },
            },
        }
    ],
    "report.created.json": [
        {
            "external_id": "report-77",
            "platform": "mastodon",
            "kind": "report",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "ada@social.example",
            "text": "The same post all day",
            "actor_profile": {
                "handle": "ada@social.example",
                "name": "Ada",
                "bio": "I am ada",
                "created_at": "2026-08-01T00:00:00+00:00",
                "followers": 12,
            },
            "identifiers": {"email": "ada@mail.example", "ip": "192.0.2.7"},
            "objects": [
                "report-target:mastodon:spamrose@social.example",
                "account:mastodon:spamrose@social.example",
                "report-target:https://social.example/users/spamrose/statuses/9001",
            ],
            "attributes": {
                "verified": ["email"],
                "mastodon": {
                    "event": "report.created",
                    "action_taken": False,
                    "category": "spam",
                    "forwarded": False,
                    "updated_at": "2026-09-21T12:00:00.000Z",
                    "account": {
                        "id": "103",
                        "created_at": "2026-08-01T00:00:00.000Z",
                        "confirmed": True,
                        "suspended": False,
                        "silenced": False,
                        "sensitized": False,
                        "disabled": False,
                        "approved": True,
                        "locale": "en",
                        "ips": [{"used_at": "2026-09-20T08:00:00.000Z"}],
                        "account": {
                            "id": "103",
                            "locked": False,
                            "bot": False,
                            "following_count": 3,
                            "statuses_count": 40,
                        },
                    },
                    "target_account": {
                        "id": "108",
                        "created_at": "2026-08-01T00:00:00.000Z",
                        "email": "rose@mail.example",
                        "ip": "192.0.2.66",
                        "confirmed": True,
                        "suspended": False,
                        "silenced": False,
                        "sensitized": False,
                        "disabled": False,
                        "approved": True,
                        "locale": "en",
                        "ips": [{"ip": "192.0.2.66", "used_at": "2026-09-20T08:00:00.000Z"}],
                        "account": {
                            "id": "108",
                            "display_name": "Spamrose",
                            "locked": False,
                            "bot": False,
                            "created_at": "2026-08-01T00:00:00.000Z",
                            "note": "<p>I am <b>spamrose</b></p>",
                            "followers_count": 12,
                            "following_count": 3,
                            "statuses_count": 40,
                        },
                    },
                    "rules": [{"id": "2", "text": "No spam"}],
                },
            },
        },
        {
            "external_id": "status-https://social.example/users/spamrose/statuses/9001",
            "platform": "mastodon",
            "kind": "post",
            "occurred_at": "2026-09-20T10:00:00+00:00",
            "actor": "spamrose@social.example",
            "text": "free\n\nClaim it here #win",
            "actor_profile": {
                "handle": "spamrose@social.example",
                "name": "Spamrose",
                "bio": "I am spamrose",
                "created_at": "2026-08-01T00:00:00+00:00",
                "followers": 12,
            },
            "urls": ["https://prize.example/win?a=1&b=2"],
            "objects": ["hashtag:win"],
            "attributes": {
                "mastodon": {
                    "event": "status.created",
                    "id": "9001",
                    "sensitive": False,
                    "visibility": "public",
                    "language": "en",
                    "url": "https://social.example/@spamrose/9001",
                    "replies_count": 0,
                    "reblogs_count": 2,
                    "favourites_count": 1,
                    "application": {"name": "Web"},
                    "account": {
                        "id": "108",
                        "locked": False,
                        "bot": False,
                        "following_count": 3,
                        "statuses_count": 40,
                    },
                }
            },
        },
    ],
    "report.updated.json": [
        {
            "external_id": "report-77-updated-2026-09-21T13:00:00+00:00",
            "platform": "mastodon",
            "kind": "report",
            "occurred_at": "2026-09-21T13:00:00+00:00",
            "text": "The same post all day",
            "objects": [
                "account:mastodon:ada@social.example",
                "report-target:mastodon:spamrose@social.example",
                "account:mastodon:spamrose@social.example",
            ],
            "attributes": {
                "mastodon": {
                    "event": "report.updated",
                    "action_taken": True,
                    "action_taken_at": "2026-09-21T13:00:00.000Z",
                    "category": "spam",
                    "forwarded": False,
                    "created_at": "2026-09-21T12:00:00.000Z",
                    "account": {
                        "id": "103",
                        "created_at": "2026-08-01T00:00:00.000Z",
                        "confirmed": False,
                        "suspended": False,
                        "silenced": False,
                        "sensitized": False,
                        "disabled": False,
                        "approved": True,
                        "account": {
                            "id": "103",
                            "display_name": "Ada",
                            "locked": False,
                            "bot": False,
                            "created_at": "2026-08-01T00:00:00.000Z",
                            "note": "<p>I am <b>ada</b></p>",
                            "followers_count": 12,
                            "following_count": 3,
                            "statuses_count": 40,
                        },
                    },
                    "target_account": {
                        "id": "108",
                        "created_at": "2026-08-01T00:00:00.000Z",
                        "confirmed": False,
                        "suspended": False,
                        "silenced": False,
                        "sensitized": False,
                        "disabled": False,
                        "approved": True,
                        "account": {
                            "id": "108",
                            "display_name": "Spamrose",
                            "locked": False,
                            "bot": False,
                            "created_at": "2026-08-01T00:00:00.000Z",
                            "note": "<p>I am <b>spamrose</b></p>",
                            "followers_count": 12,
                            "following_count": 3,
                            "statuses_count": 40,
                        },
                    },
                }
            },
        }
    ],
    "statuses.ndjson": [
        {
            "external_id": "status-https://social.example/users/spamrose/statuses/9001",
            "platform": "mastodon",
            "kind": "post",
            "occurred_at": "2026-09-20T10:00:00+00:00",
            "actor": "spamrose@social.example",
            "text": "free\n\nClaim it here #win",
            "actor_profile": {
                "handle": "spamrose@social.example",
                "name": "Spamrose",
                "bio": "I am spamrose",
                "created_at": "2026-08-01T00:00:00+00:00",
                "followers": 12,
            },
            "urls": ["https://prize.example/win?a=1&b=2"],
            "objects": ["hashtag:win"],
            "attributes": {
                "mastodon": {
                    "event": "status.created",
                    "id": "9001",
                    "sensitive": False,
                    "visibility": "public",
                    "language": "en",
                    "url": "https://social.example/@spamrose/9001",
                    "replies_count": 0,
                    "reblogs_count": 2,
                    "favourites_count": 1,
                    "application": {"name": "Web"},
                    "account": {
                        "id": "108",
                        "locked": False,
                        "bot": False,
                        "following_count": 3,
                        "statuses_count": 40,
                    },
                }
            },
        },
        {
            "external_id": "status-https://social.example/users/ben/statuses/9002",
            "platform": "mastodon",
            "kind": "reply",
            "occurred_at": "2026-09-20T10:00:00+00:00",
            "actor": "ben@social.example",
            "text": "@zoe no",
            "actor_profile": {
                "handle": "ben@social.example",
                "name": "Ben",
                "bio": "I am ben",
                "created_at": "2026-08-01T00:00:00+00:00",
                "followers": 12,
            },
            "objects": ["mention:zoe@remote.example", "reply-to:mastodon:social.example:8999"],
            "attributes": {
                "mastodon": {
                    "event": "status.created",
                    "id": "9002",
                    "sensitive": False,
                    "visibility": "public",
                    "language": "en",
                    "url": "https://social.example/@ben/9002",
                    "replies_count": 0,
                    "reblogs_count": 2,
                    "favourites_count": 1,
                    "application": {"name": "Web"},
                    "account": {
                        "id": "103",
                        "locked": False,
                        "bot": False,
                        "following_count": 3,
                        "statuses_count": 40,
                    },
                }
            },
        },
        {
            "external_id": "status-https://social.example/users/cat/statuses/9003",
            "platform": "mastodon",
            "kind": "repost",
            "occurred_at": "2026-09-20T10:00:00+00:00",
            "actor": "cat@social.example",
            "text": "free\n\nClaim it here #win",
            "actor_profile": {
                "handle": "cat@social.example",
                "name": "Cat",
                "bio": "I am cat",
                "created_at": "2026-08-01T00:00:00+00:00",
                "followers": 12,
            },
            "urls": ["https://prize.example/win?a=1&b=2"],
            "objects": [
                "hashtag:win",
                "repost:https://social.example/users/spamrose/statuses/9001",
                "account:mastodon:spamrose@social.example",
            ],
            "attributes": {
                "mastodon": {
                    "event": "status.created",
                    "id": "9003",
                    "sensitive": False,
                    "visibility": "public",
                    "language": "en",
                    "url": "https://social.example/@cat/9003",
                    "replies_count": 0,
                    "reblogs_count": 2,
                    "favourites_count": 1,
                    "reblog": {
                        "id": "9001",
                        "created_at": "2026-09-20T10:00:00.000Z",
                        "sensitive": False,
                        "visibility": "public",
                        "language": "en",
                        "url": "https://social.example/@spamrose/9001",
                        "replies_count": 0,
                        "reblogs_count": 2,
                        "favourites_count": 1,
                        "application": {"name": "Web"},
                        "account": {
                            "id": "108",
                            "display_name": "Spamrose",
                            "locked": False,
                            "bot": False,
                            "created_at": "2026-08-01T00:00:00.000Z",
                            "note": "<p>I am <b>spamrose</b></p>",
                            "followers_count": 12,
                            "following_count": 3,
                            "statuses_count": 40,
                        },
                    },
                    "application": {"name": "Web"},
                    "account": {
                        "id": "103",
                        "locked": False,
                        "bot": False,
                        "following_count": 3,
                        "statuses_count": 40,
                    },
                }
            },
        },
        {
            "external_id": (
                "status-https://social.example/users/ben/statuses/9002#2026-09-20T11:00:00+00:00"
            ),
            "platform": "mastodon",
            "kind": "post",
            "occurred_at": "2026-09-20T11:00:00+00:00",
            "actor": "ben@social.example",
            "text": "edited",
            "actor_profile": {
                "handle": "ben@social.example",
                "name": "Ben",
                "bio": "I am ben",
                "created_at": "2026-08-01T00:00:00+00:00",
                "followers": 12,
            },
            "attributes": {
                "mastodon": {
                    "event": "status.updated",
                    "id": "9002",
                    "created_at": "2026-09-20T10:00:00.000Z",
                    "sensitive": False,
                    "visibility": "public",
                    "language": "en",
                    "url": "https://social.example/@ben/9002",
                    "replies_count": 0,
                    "reblogs_count": 2,
                    "favourites_count": 1,
                    "application": {"name": "Web"},
                    "account": {
                        "id": "103",
                        "locked": False,
                        "bot": False,
                        "following_count": 3,
                        "statuses_count": 40,
                    },
                }
            },
        },
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("mastodon", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("mastodon")


def test_the_reported_post_has_the_name_that_its_own_event_gives_it() -> None:
    _, reported = items("mastodon", sample("mastodon", "report.created.json"))
    own = items("mastodon", sample("mastodon", "statuses.ndjson"))[0]
    assert own == reported


def test_a_reported_post_that_cannot_be_read_does_not_cost_the_report() -> None:
    event = loaded("mastodon", "report.created.json")
    event["object"]["statuses"].append({"id": "1", "content": "x"})
    kinds = [type(one).__name__ for one in outcomes("mastodon", event)]
    assert kinds == ["Item", "Item", "Refusal"]
    assert refusals("mastodon", event) == [("object.statuses.1.created_at", "required")]


def test_accounts_of_other_servers_keep_their_server() -> None:
    event = loaded("mastodon", "report.created.json")
    target = event["object"]["target_account"]
    target["domain"] = target["account"]["acct"] = "remote.example"
    report, _ = items("mastodon", event)
    assert "account:mastodon:spamrose@remote.example" in report["objects"]


def test_an_address_that_is_an_object_is_read_too() -> None:
    event = loaded("mastodon", "account.created.json")
    event["object"]["ip"] = {"ip": "192.0.2.9", "used_at": "2026-09-20T08:00:00.000Z"}
    assert item("mastodon", event)["identifiers"]["ip"] == "192.0.2.9"


def test_only_a_confirmed_address_counts_as_verified() -> None:
    event = loaded("mastodon", "account.created.json")
    event["object"]["confirmed"] = False
    assert "verified" not in item("mastodon", event)["attributes"]


def test_a_foreign_field_cannot_pass_for_one_that_a_detector_reads() -> None:
    event = loaded("mastodon", "account.created.json")
    event["object"] |= {"confirmed": False, "verified": ["email"], "asn_class": "vpn"}
    found = item("mastodon", event)["attributes"]
    assert set(found) == {"mastodon"}
    assert found["mastodon"]["verified"] == ["email"]


def test_markup_becomes_the_text_that_people_see() -> None:
    event = json.loads(sample("mastodon", "statuses.ndjson").splitlines()[0])
    event["object"] |= {
        "content": "<p>One<br>two</p><p>x &lt; y &amp; <script>bad()</script>z</p>",
        "spoiler_text": "",
        "tags": [],
    }
    assert item("mastodon", event)["text"] == "One\ntwo\nx < y & z"


@pytest.mark.parametrize(
    ("event", "place", "code"),
    [
        ({}, "event", "required"),
        ({"event": "report.deleted"}, "event", "choice"),
        ({"event": "report.created"}, "object", "required"),
        ({"event": "report.created", "object": []}, "object", "required"),
        ({"event": "report.created", "object": {"id": "1"}}, "object.created_at", "required"),
        (
            {"event": "account.updated", "object": {"id": "1"}, "created_at": "x"},
            "created_at",
            "format",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    event: dict[str, Any], place: str, code: str
) -> None:
    assert refusals("mastodon", event) == [(place, code)]


def test_unknown_fields_are_kept() -> None:
    event = loaded("mastodon", "account.created.json")
    event["object"]["new_thing"] = {"a": [1]}
    assert item("mastodon", event)["attributes"]["mastodon"]["new_thing"] == {"a": [1]}


def test_a_changed_account_is_named_after_what_happened_and_when() -> None:
    event = loaded("mastodon", "account.created.json") | {"event": "account.approved"}
    found = item("mastodon", event)
    assert (found["kind"], found["external_id"]) == (
        "account.updated",
        "account-106-approved-2026-09-21T12:00:01+00:00",
    )
