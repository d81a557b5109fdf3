"""What becomes of GitHub's webhooks, field by field, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.adapters.reading import item, loaded, never_breaks, refusals, sample, told

TABLE: dict[str, list[Any]] = {
    "issue_comment.json": [
        {
            "external_id": "issue_comment-8001-created",
            "platform": "github",
            "kind": "reply",
            "occurred_at": "2026-09-21T12:40:00+00:00",
            "actor": "ben",
            "text": "Thanks, it works!",
            "actor_profile": {"handle": "ben"},
            "objects": ["target:https://github.example/acme/app/issues/7"],
            "attributes": {
                "github": {
                    "event": "issue_comment",
                    "issue": {
                        "html_url": "https://github.example/acme/app/issues/7",
                        "id": 7007,
                        "number": 7,
                        "title": "Free keys",
                        "user": {
                            "login": "Rosa",
                            "id": 9,
                            "html_url": "https://github.example/Rosa",
                            "type": "User",
                            "site_admin": False,
                        },
                        "state": "open",
                        "comments": 0,
                        "created_at": "2026-09-21T12:00:00Z",
                        "updated_at": "2026-09-21T12:30:00Z",
                        "author_association": "NONE",
                        "body": "Get them at https://keys.example/free",
                    },
                    "comment": {
                        "html_url": "https://github.example/acme/app/issues/7#issuecomment-1",
                        "user": {
                            "login": "ben",
                            "id": 10,
                            "html_url": "https://github.example/ben",
                            "type": "User",
                            "site_admin": False,
                        },
                        "updated_at": "2026-09-21T12:40:00Z",
                        "author_association": "NONE",
                    },
                    "repository": {
                        "id": 55,
                        "name": "app",
                        "private": False,
                        "owner": {
                            "login": "acme",
                            "id": 1,
                            "html_url": "https://github.example/acme",
                            "type": "User",
                            "site_admin": False,
                        },
                        "html_url": "https://github.example/acme/app",
                        "description": "An app",
                        "fork": False,
                        "pushed_at": "2026-09-20T10:00:00Z",
                        "default_branch": "main",
                    },
                    "sender": {
                        "id": 10,
                        "html_url": "https://github.example/ben",
                        "type": "User",
                        "site_admin": False,
                    },
                }
            },
        }
    ],
    "issues.ndjson": [
        {
            "external_id": "issues-7007-opened",
            "platform": "github",
            "kind": "post",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "rosa",
            "text": "Free keys\n\nGet them at https://keys.example/free",
            "actor_profile": {"handle": "Rosa"},
            "objects": ["target:acme/app"],
            "attributes": {
                "github": {
                    "event": "issues",
                    "issue": {
                        "html_url": "https://github.example/acme/app/issues/7",
                        "number": 7,
                        "user": {
                            "login": "Rosa",
                            "id": 9,
                            "html_url": "https://github.example/Rosa",
                            "type": "User",
                            "site_admin": False,
                        },
                        "state": "open",
                        "comments": 0,
                        "updated_at": "2026-09-21T12:30:00Z",
                        "author_association": "NONE",
                    },
                    "repository": {
                        "id": 55,
                        "name": "app",
                        "private": False,
                        "owner": {
                            "login": "acme",
                            "id": 1,
                            "html_url": "https://github.example/acme",
                            "type": "User",
                            "site_admin": False,
                        },
                        "html_url": "https://github.example/acme/app",
                        "description": "An app",
                        "fork": False,
                        "pushed_at": "2026-09-20T10:00:00Z",
                        "default_branch": "main",
                    },
                    "sender": {
                        "id": 9,
                        "html_url": "https://github.example/Rosa",
                        "type": "User",
                        "site_admin": False,
                    },
                }
            },
        },
        {
            "external_id": "issues-7007-labeled-2026-09-21T12:30:00+00:00",
            "platform": "github",
            "kind": "reaction",
            "occurred_at": "2026-09-21T12:30:00+00:00",
            "actor": "acme",
            "actor_profile": {"handle": "acme"},
            "objects": ["target:https://github.example/acme/app/issues/7"],
            "attributes": {
                "github": {
                    "event": "issues",
                    "issue": {
                        "html_url": "https://github.example/acme/app/issues/7",
                        "number": 7,
                        "title": "Free keys",
                        "user": {
                            "login": "Rosa",
                            "id": 9,
                            "html_url": "https://github.example/Rosa",
                            "type": "User",
                            "site_admin": False,
                        },
                        "state": "open",
                        "comments": 0,
                        "created_at": "2026-09-21T12:00:00Z",
                        "author_association": "NONE",
                        "body": "Get them at https://keys.example/free",
                    },
                    "label": {"id": 3, "name": "spam"},
                    "repository": {
                        "id": 55,
                        "name": "app",
                        "private": False,
                        "owner": {
                            "login": "acme",
                            "id": 1,
                            "html_url": "https://github.example/acme",
                            "type": "User",
                            "site_admin": False,
                        },
                        "html_url": "https://github.example/acme/app",
                        "description": "An app",
                        "fork": False,
                        "pushed_at": "2026-09-20T10:00:00Z",
                        "default_branch": "main",
                    },
                    "sender": {
                        "id": 1,
                        "html_url": "https://github.example/acme",
                        "type": "User",
                        "site_admin": False,
                    },
                }
            },
        },
    ],
    "member.json": [
        {
            "external_id": (
                "member-0b2f091567ddde22a232ce9dcc83c9cd2fe28dddf9aecf4645a35a4471176994"
            ),
            "platform": "github",
            "kind": "account.updated",
            "actor": "mallory",
            "actor_profile": {"handle": "Mallory"},
            "attributes": {
                "github": {
                    "event": "member",
                    "action": "added",
                    "member": {
                        "id": 11,
                        "html_url": "https://github.example/Mallory",
                        "type": "User",
                        "site_admin": False,
                    },
                    "changes": {"permission": {"to": "admin"}},
                    "repository": {
                        "id": 55,
                        "name": "app",
                        "full_name": "acme/app",
                        "private": False,
                        "owner": {
                            "login": "acme",
                            "id": 1,
                            "html_url": "https://github.example/acme",
                            "type": "User",
                            "site_admin": False,
                        },
                        "html_url": "https://github.example/acme/app",
                        "description": "An app",
                        "fork": False,
                        "pushed_at": "2026-09-20T10:00:00Z",
                        "default_branch": "main",
                        "topics": [],
                    },
                    "sender": {
                        "login": "acme",
                        "id": 1,
                        "html_url": "https://github.example/acme",
                        "type": "User",
                        "site_admin": False,
                    },
                }
            },
        }
    ],
    "ping.json": [
        (
            "action: must be of an event of commit_comment, discussion, "
            "discussion_comment, fork, issue_comment, issues, member, membership, "
            "organization, pull_request, pull_request_review, "
            "pull_request_review_comment, push, release, star"
        )
    ],
    "push.json": [
        {
            "external_id": (
                "push-acme/app-refs/heads/main-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaa..bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
            ),
            "platform": "github",
            "kind": "post",
            "occurred_at": "2026-09-21T14:13:20+00:00",
            "actor": "rosa",
            "text": "Add miner",
            "actor_profile": {"handle": "Rosa"},
            "identifiers": {"email": "rosa@mail.example"},
            "objects": ["email:r@other.example", "target:acme/app"],
            "attributes": {
                "github": {
                    "event": "push",
                    "repository": {
                        "id": 55,
                        "name": "app",
                        "private": False,
                        "owner": {
                            "login": "acme",
                            "id": 1,
                            "html_url": "https://github.example/acme",
                            "type": "User",
                            "site_admin": False,
                        },
                        "html_url": "https://github.example/acme/app",
                        "description": "An app",
                        "fork": False,
                        "default_branch": "main",
                        "created_at": 1700000000,
                    },
                    "pusher": {"name": "rosa"},
                    "sender": {
                        "id": 9,
                        "html_url": "https://github.example/Rosa",
                        "type": "User",
                        "site_admin": False,
                    },
                    "created": False,
                    "deleted": False,
                    "forced": True,
                    "compare": "https://github.example/acme/app/compare/a...b",
                    "commits": [
                        {
                            "id": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                            "tree_id": "t",
                            "distinct": True,
                            "timestamp": "2026-09-21T14:13:00Z",
                            "author": {"name": "Rosa", "username": "Rosa"},
                            "committer": {"name": "Rosa", "email": "r@other.example"},
                            "added": ["miner.sh"],
                        }
                    ],
                }
            },
        }
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("github", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("github")


PEOPLE: dict[str, Any] = {
    "repository": {"full_name": "acme/app", "html_url": "https://github.example/acme/app"},
    "sender": {"login": "Rosa", "id": 9},
}
BEGUN = "2026-09-21T12:00:00Z"
PAGE = "https://github.example/acme/app/x/1"


@pytest.mark.parametrize(
    ("event", "name", "kind"),
    [
        (
            {
                "action": "created",
                "comment": {"id": 1, "created_at": BEGUN, "body": "hi"},
                "pull_request": {"html_url": PAGE},
            },
            "pull_request_review_comment-1-created",
            "reply",
        ),
        (
            {
                "action": "submitted",
                "review": {"id": 2, "submitted_at": BEGUN, "body": "ok"},
                "pull_request": {"html_url": PAGE},
            },
            "pull_request_review-2-submitted",
            "reply",
        ),
        (
            {
                "action": "created",
                "comment": {"id": 3, "created_at": BEGUN},
                "discussion": {"html_url": PAGE},
            },
            "discussion_comment-3-created",
            "reply",
        ),
        (
            {"action": "created", "comment": {"id": 4, "created_at": BEGUN}},
            "commit_comment-4-created",
            "reply",
        ),
        (
            {"action": "opened", "pull_request": {"id": 5, "created_at": BEGUN, "title": "t"}},
            "pull_request-5-opened",
            "post",
        ),
        (
            {"action": "created", "discussion": {"id": 6, "created_at": BEGUN}},
            "discussion-6-created",
            "post",
        ),
        (
            {"action": "published", "release": {"id": 7, "published_at": BEGUN, "name": "v1"}},
            "release-7-published",
            "post",
        ),
        ({"forkee": {"id": 8, "created_at": BEGUN}}, "fork-8", "repost"),
        (
            {"action": "closed", "issue": {"id": 9, "closed_at": BEGUN, "updated_at": BEGUN}},
            "issues-9-closed-2026-09-21T12:00:00+00:00",
            "reaction",
        ),
        (
            {"action": "edited", "issue": {"id": 9, "updated_at": BEGUN, "title": "new"}},
            "issues-9-edited-2026-09-21T12:00:00+00:00",
            "post",
        ),
    ],
)
def test_events_are_known_by_their_fields(event: dict[str, Any], name: str, kind: str) -> None:
    found = item("github", PEOPLE | event)
    assert (found["external_id"], found["kind"]) == (name, kind)
    assert (found["actor"], found["occurred_at"]) == ("rosa", "2026-09-21T12:00:00+00:00")


def test_a_star_is_a_reaction_to_the_repository() -> None:
    found = item("github", PEOPLE | {"action": "created", "starred_at": BEGUN})
    assert (found["kind"], found["objects"]) == ("reaction", ["target:acme/app"])


@pytest.mark.parametrize(
    "event",
    [
        {"action": "added", "member": {"login": "Mallory"}, "team": {"id": 1}},
        {"action": "member_added", "membership": {"user": {"login": "Mallory"}},
         "organization": {"login": "acme"}},
    ],
)  # fmt: skip
def test_a_new_member_is_the_actor_of_the_change(event: dict[str, Any]) -> None:
    found = item("github", PEOPLE | event)
    assert (found["kind"], found["actor"]) == ("account.updated", "mallory")
    assert "occurred_at" not in found


def test_a_deletion_says_no_time_of_its_own() -> None:
    event = loaded("github", "issue_comment.json") | {"action": "deleted"}
    found = item("github", event)
    assert (found["kind"], "occurred_at" in found, "text" in found) == ("reaction", False, False)


def test_two_labels_are_two_signals() -> None:
    event = json.loads(sample("github", "issues.ndjson").splitlines()[1])
    first = item("github", event)["external_id"]
    event["issue"]["updated_at"] = "2026-09-21T12:31:00Z"
    assert item("github", event)["external_id"] != first


def test_a_push_of_an_api_export_says_its_time_as_text() -> None:
    event = loaded("github", "push.json")
    event["repository"]["pushed_at"] = "2026-09-21T14:13:20Z"
    assert item("github", event)["occurred_at"] == "2026-09-21T14:13:20+00:00"


@pytest.mark.parametrize(
    ("event", "place", "code"),
    [
        ({"zen": "x", "hook_id": 1}, "action", "choice"),
        ({"issue": {"id": 1}, "sender": {"login": "a"}}, "action", "required"),
        ({"action": "opened", "issue": {"id": 1}}, "sender.login", "required"),
        (PEOPLE | {"action": "opened", "issue": {"id": 1}}, "issue.created_at", "required"),
        (
            PEOPLE | {"action": "opened", "issue": {"created_at": BEGUN}},
            "issue.id",
            "required",
        ),
        (PEOPLE | {"ref": "r", "commits": []}, "repository.pushed_at", "required"),
        ({"action": "added", "member": {}}, "member.login", "required"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    event: dict[str, Any], place: str, code: str
) -> None:
    assert refusals("github", event) == [(place, code)]


def test_unknown_fields_are_kept_and_links_of_the_api_are_not() -> None:
    event = loaded("github", "issue_comment.json")
    event["comment"] |= {"new_thing": {"a": 1}, "more_url": "https://api.github.example/x"}
    kept = item("github", event)["attributes"]["github"]["comment"]
    assert kept["new_thing"] == {"a": 1}
    assert "more_url" not in kept
    assert "html_url" in kept
