"""What becomes of Jetstream and Ozone, field by field, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.reading import item, loaded, never_breaks, outcomes, refusals, told

TABLE: dict[str, list[Any]] = {
    "jetstream.ndjson": [
        {
            "external_id": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.post/3l44embe",
            "platform": "bluesky",
            "kind": "post",
            "occurred_at": "2026-09-21T14:13:20.123456+00:00",
            "actor": "did:plc:aaaabbbbccccddddeeeeffff",
            "text": "Claim it: prize.example #win",
            "urls": ["https://prize.example/win"],
            "objects": ["hashtag:win", "media:cid-bafkreiexampleblob"],
            "attributes": {
                "bluesky": {
                    "uri": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.post/3l44embe",
                    "commit": {
                        "rev": "3l4example2a",
                        "record": {
                            "$type": "app.bsky.feed.post",
                            "createdAt": "2026-09-21T14:13:19.000Z",
                            "langs": ["en"],
                            "embed": {
                                "$type": "app.bsky.embed.images",
                                "images": [
                                    {
                                        "alt": "a prize",
                                        "image": {
                                            "$type": "blob",
                                            "mimeType": "image/jpeg",
                                            "size": 1234,
                                        },
                                    }
                                ],
                            },
                        },
                        "cid": "bafyreiexamplecid",
                    },
                }
            },
        },
        {
            "external_id": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.post/3l43embe",
            "platform": "bluesky",
            "kind": "reply",
            "occurred_at": "2026-09-21T14:13:20.123456+00:00",
            "actor": "did:plc:aaaabbbbccccddddeeeeffff",
            "text": "me too",
            "urls": ["https://prize.example/card"],
            "objects": ["reply-to:at://did:plc:parent/app.bsky.feed.post/p"],
            "attributes": {
                "bluesky": {
                    "uri": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.post/3l43embe",
                    "commit": {
                        "rev": "3l4example2a",
                        "record": {
                            "$type": "app.bsky.feed.post",
                            "createdAt": "2026-09-21T14:13:19.000Z",
                            "reply": {
                                "root": {
                                    "cid": "c1",
                                    "uri": "at://did:plc:root/app.bsky.feed.post/r",
                                },
                                "parent": {"cid": "c2"},
                            },
                            "embed": {
                                "$type": "app.bsky.embed.external",
                                "external": {"title": "Card", "description": "d"},
                            },
                        },
                        "cid": "bafyreiexamplecid",
                    },
                }
            },
        },
        {
            "external_id": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.repost/3l41subj",
            "platform": "bluesky",
            "kind": "repost",
            "occurred_at": "2026-09-21T14:13:20.123456+00:00",
            "actor": "did:plc:aaaabbbbccccddddeeeeffff",
            "objects": ["repost:at://did:plc:x/app.bsky.feed.post/1"],
            "attributes": {
                "bluesky": {
                    "uri": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.repost/3l41subj",
                    "commit": {
                        "rev": "3l4example2a",
                        "record": {
                            "$type": "app.bsky.feed.repost",
                            "createdAt": "2026-09-21T14:13:19.000Z",
                            "subject": {"cid": "c"},
                        },
                        "cid": "bafyreiexamplecid",
                    },
                }
            },
        },
        {
            "external_id": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.like/3l41subj",
            "platform": "bluesky",
            "kind": "reaction",
            "occurred_at": "2026-09-21T14:13:20.123456+00:00",
            "actor": "did:plc:aaaabbbbccccddddeeeeffff",
            "objects": ["target:at://did:plc:x/app.bsky.feed.post/1"],
            "attributes": {
                "bluesky": {
                    "uri": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.feed.like/3l41subj",
                    "commit": {
                        "rev": "3l4example2a",
                        "record": {
                            "$type": "app.bsky.feed.like",
                            "createdAt": "2026-09-21T14:13:19.000Z",
                            "subject": {"cid": "c"},
                        },
                        "cid": "bafyreiexamplecid",
                    },
                }
            },
        },
        {
            "external_id": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.graph.follow/3l41subj",
            "platform": "bluesky",
            "kind": "follow",
            "occurred_at": "2026-09-21T14:13:20.123456+00:00",
            "actor": "did:plc:aaaabbbbccccddddeeeeffff",
            "objects": ["target:did:plc:followed", "account:bluesky:did:plc:followed"],
            "attributes": {
                "bluesky": {
                    "uri": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.graph.follow/3l41subj",
                    "commit": {
                        "rev": "3l4example2a",
                        "record": {
                            "$type": "app.bsky.graph.follow",
                            "createdAt": "2026-09-21T14:13:19.000Z",
                        },
                        "cid": "bafyreiexamplecid",
                    },
                }
            },
        },
        {
            "external_id": (
                "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.actor.profile/3l43avat#3l4example2a"
            ),
            "platform": "bluesky",
            "kind": "account.updated",
            "occurred_at": "2026-09-21T14:13:20.123456+00:00",
            "actor": "did:plc:aaaabbbbccccddddeeeeffff",
            "actor_profile": {"name": "Rosa", "bio": "I sell prizes"},
            "attributes": {
                "bluesky": {
                    "uri": "at://did:plc:aaaabbbbccccddddeeeeffff/app.bsky.actor.profile/3l43avat",
                    "commit": {
                        "record": {
                            "$type": "app.bsky.actor.profile",
                            "createdAt": "2026-09-21T14:13:19.000Z",
                            "avatar": {
                                "$type": "blob",
                                "ref": {"$link": "bafkreiavatar"},
                                "mimeType": "image/jpeg",
                                "size": 99,
                            },
                        },
                        "cid": "bafyreiexamplecid",
                    },
                }
            },
        },
        {
            "external_id": "identity-did:plc:aaaabbbbccccddddeeeeffff-1409752997",
            "platform": "bluesky",
            "kind": "account.updated",
            "occurred_at": "2026-09-21T14:13:20.123456+00:00",
            "actor": "did:plc:aaaabbbbccccddddeeeeffff",
            "actor_profile": {"handle": "rosa.bsky.example"},
            "attributes": {
                "bluesky": {
                    "identity": {
                        "did": "did:plc:aaaabbbbccccddddeeeeffff",
                        "time": "2026-09-21T14:13:19.000Z",
                    }
                }
            },
        },
        {
            "external_id": "account-did:plc:aaaabbbbccccddddeeeeffff-1409753013",
            "platform": "bluesky",
            "kind": "account.updated",
            "occurred_at": "2026-09-21T14:13:20.123456+00:00",
            "actor": "did:plc:aaaabbbbccccddddeeeeffff",
            "attributes": {
                "bluesky": {
                    "account": {
                        "active": False,
                        "status": "deactivated",
                        "did": "did:plc:aaaabbbbccccddddeeeeffff",
                        "time": "2026-09-21T14:13:19.000Z",
                    }
                }
            },
        },
        "line 9.commit.operation: is delete; only create and update are acts",
        (
            "line 10.commit.collection: is app.bsky.feed.threadgate, which no "
            "kind of signal stands for"
        ),
    ],
    "ozone-events.json": [
        {
            "external_id": "ozone-event-501",
            "platform": "bluesky",
            "kind": "report",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "did:plc:reporter",
            "text": "spam all day",
            "actor_profile": {"handle": "rep.bsky.example"},
            "objects": [
                "report-target:at://did:plc:bad/app.bsky.feed.post/9",
                "account:bluesky:did:plc:bad",
            ],
            "attributes": {
                "bluesky": {
                    "type": "modEventReport",
                    "createdBy": "did:plc:reporter",
                    "event": {"reportType": "com.atproto.moderation.defs#reasonSpam"},
                    "subject": {"$type": "com.atproto.repo.strongRef", "cid": "bafy"},
                    "subjectHandle": "bad.bsky.example",
                }
            },
        },
        {
            "external_id": "ozone-event-502",
            "platform": "bluesky",
            "kind": "report",
            "occurred_at": "2026-09-21T12:05:00+00:00",
            "objects": ["moderated:did:plc:bad", "account:bluesky:did:plc:bad"],
            "attributes": {
                "bluesky": {
                    "type": "modEventLabel",
                    "createdBy": "did:plc:mod",
                    "event": {"createLabelVals": ["spam"]},
                    "subject": {"$type": "com.atproto.admin.defs#repoRef"},
                }
            },
        },
        {
            "external_id": "ozone-event-503",
            "platform": "bluesky",
            "kind": "account.updated",
            "occurred_at": "2026-09-21T12:06:01+00:00",
            "actor": "did:plc:bad",
            "actor_profile": {"handle": "worse.bsky.example"},
            "attributes": {
                "bluesky": {
                    "type": "identityEvent",
                    "createdBy": "did:plc:automod",
                    "event": {"timestamp": "2026-09-21T12:06:00.000Z"},
                    "subject": {"$type": "com.atproto.admin.defs#repoRef"},
                }
            },
        },
        "events.3.subject: must have a uri or a did",
    ],
    "ozone-reports.json": [
        {
            "external_id": "ozone-report-31",
            "platform": "bluesky",
            "kind": "report",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "did:plc:reporter",
            "text": "spam",
            "objects": ["report-target:did:plc:bad", "account:bluesky:did:plc:bad"],
            "attributes": {
                "bluesky": {
                    "type": "report",
                    "eventId": 501,
                    "status": "open",
                    "subject": {"type": "account", "repo": {"handle": "bad.bsky.example"}},
                    "reportType": "com.atproto.moderation.defs#reasonSpam",
                    "relatedReportCount": 4,
                }
            },
        }
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("bluesky", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("bluesky")


def commit(record: dict[str, Any], collection: str = "app.bsky.feed.post") -> dict[str, Any]:
    """A Jetstream commit that creates a record."""
    body = {"operation": "create", "collection": collection, "rkey": "1", "record": record}
    return {"did": "did:plc:a", "time_us": 1790000000000000, "kind": "commit", "commit": body}


def test_one_picture_posted_by_two_accounts_is_one_object() -> None:
    blob = {"$type": "blob", "ref": {"$link": "bafkreisame"}, "mimeType": "image/png", "size": 1}
    images = {"$type": "app.bsky.embed.images", "images": [{"image": blob}]}
    beside = {"$type": "app.bsky.embed.recordWithMedia", "media": images}
    one = item("bluesky", commit({"embed": images}))
    two = item("bluesky", commit({"embed": beside}) | {"did": "did:plc:b"})
    assert one["objects"] == two["objects"] == ["media:cid-bafkreisame"]


@pytest.mark.parametrize(
    "embed",
    [
        {"record": {"uri": "at://did:plc:q/app.bsky.feed.post/1"}},
        {"record": {"record": {"uri": "at://did:plc:q/app.bsky.feed.post/1"}}, "media": {}},
    ],
)
def test_a_quoted_post_is_a_repost_object(embed: dict[str, Any]) -> None:
    found = item("bluesky", commit({"text": "see", "embed": embed}))
    assert found["objects"] == ["repost:at://did:plc:q/app.bsky.feed.post/1"]


def test_the_authors_own_clock_is_not_believed() -> None:
    found = item("bluesky", commit({"text": "x", "createdAt": "1999-01-01T00:00:00Z"}))
    assert found["occurred_at"] == "2026-09-21T14:13:20+00:00"
    kept = found["attributes"]["bluesky"]["commit"]["record"]
    assert kept["createdAt"] == "1999-01-01T00:00:00Z"


def test_an_update_is_another_signal_than_what_it_updates() -> None:
    event = commit({"text": "x"})
    first = item("bluesky", event)["external_id"]
    event["commit"] |= {"operation": "update", "rev": "r2"}
    assert item("bluesky", event)["external_id"] == f"{first}#r2"


@pytest.mark.parametrize(
    ("event", "place", "code"),
    [
        ({"kind": "sync"}, "kind", "choice"),
        ({"kind": "commit"}, "commit.collection", "required"),
        ({**commit({}), "time_us": "now"}, "time_us", "type"),
        ({**commit({}), "time_us": 10**30}, "time_us", "range"),
        ({**commit({}), "did": None}, "did", "required"),
        (commit({}, "app.bsky.feed.like"), "commit.record.subject.uri", "required"),
        ({"kind": "identity", "did": "d", "identity": {}}, "identity.time", "required"),
        ({"events": 5}, "events", "type"),
        ({"event": {"$type": "x"}}, "createdBy", "required"),
        ({"reportType": "x", "id": 1}, "subject.status.subject", "required"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    event: dict[str, Any], place: str, code: str
) -> None:
    assert refusals("bluesky", event) == [(place, code)]


def test_one_bad_event_of_a_list_does_not_cost_the_others() -> None:
    answer = loaded("bluesky", "ozone-events.json")
    del answer["events"][0]["createdAt"]
    assert refusals("bluesky", answer) == [
        ("events.0.createdAt", "required"),
        ("events.3.subject", "required"),
    ]
    assert len(outcomes("bluesky", answer)) == 4


def test_a_moderators_act_has_no_actor() -> None:
    label = loaded("bluesky", "ozone-events.json")["events"][1]
    found = item("bluesky", label)
    assert "actor" not in found
    assert found["attributes"]["bluesky"]["createdBy"] == "did:plc:mod"


def test_unknown_fields_are_kept() -> None:
    event = commit({"text": "x", "newField": {"a": 1}}) | {"more": [1]}
    kept = item("bluesky", event)["attributes"]["bluesky"]
    assert (kept["commit"]["record"]["newField"], kept["more"]) == ({"a": 1}, [1])
