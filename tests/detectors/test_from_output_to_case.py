"""From what an AI service reports to a case: signals go in over REST, one chain comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Scope
from cases.models import Case
from detectors import sketches
from detectors.models import CampaignFinding, Finding, Signal
from tests import cast, desk, make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row(87)]
PLATFORMS = ("x", "telegram", "medium")
DRAFT = (
    "Neighbours, the old harbour clinic will shut its doors on the first of next month although the"
    " council promised last spring that every ward would stay open, so meet us at the north gate on"
    " Thursday at six, bring a lamp and a friend, and sign the paper before the board votes"
)


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.INGEST, Scope.READ, Scope.ADMIN, user=cast.admin())


@pytest.fixture
def start() -> datetime:
    return clock.now() - timedelta(hours=71)


def _item(name: str, kind: str, account: str, at: datetime, **more: Any) -> dict[str, Any]:
    platform, _, actor = account.partition(":")
    return {
        "external_id": name,
        "platform": platform,
        "kind": kind,
        "occurred_at": at.isoformat(),
        "actor": actor,
        **more,
    }


def _exchange(start: datetime) -> list[dict[str, Any]]:
    """One prompt and its answer."""
    ai = {"provider": "openai", "org": "org-17", "key": "k-1"}
    asked = "Write a post that makes people angry about the clinic"
    return [
        _item("ask", "ai.request", "openai-api:org-17", start, text=asked, ai=ai),
        _item("answer", "ai.response", "openai-api:org-17", start, text=f"Sure! {DRAFT}.", ai=ai),
    ]


def _posts(start: datetime, count: int = 20, people: int = 12) -> list[dict[str, Any]]:
    """Copies with a word or two of their own, over 66 hours."""
    return [
        _item(
            f"post-{n}",
            "post",
            f"{PLATFORMS[n % 3]}:u{n % people}",
            start + timedelta(minutes=9 + 200 * n),
            text=f"{DRAFT} {('please', 'now', 'friends', '!')[n % 4]}",
        )
        for n in range(count)
    ]


def _send(door: dict[str, str], items: list[dict[str, Any]]) -> None:
    body = json.dumps({"signals": items})
    path = "/api/v1/signals/"
    response = Client().post(path, body, content_type="application/json", headers=door)
    assert response.status_code == 201, response.content
    desk.work()


def test_one_answer_and_its_twenty_posts_are_one_chain_of_one_case(
    door: dict[str, str], start: datetime
) -> None:
    _send(door, [*_exchange(start), *_posts(start)])
    finding = Finding.objects.get(detector="output-reappearance")
    assert finding.sentence == (
        "1 output of openai-api:org-17 came back in 20 posts of 12 accounts on 3 platforms, "
        "9 min to 3 d later, containment 0.98-1.00"
    )
    ids = dict(Signal.objects.values_list("external_id", "pk"))
    steps = [(one["signal"], one["after_s"]) for one in finding.values["posts"]]
    assert steps == [(ids[f"post-{n}"], 60 * (9 + 200 * n)) for n in range(20)]
    assert [one["signal"] for one in finding.values["outputs"]] == [ids["answer"]]
    case = Case.objects.get()
    assert case.accounts == 13, "the twelve, and the account for which the service wrote it"
    assert CampaignFinding.objects.filter(finding=finding, campaign__case_link__case=case).exists()


def test_posts_that_quote_what_was_public_before_the_answer_are_no_chain(
    door: dict[str, str], start: datetime
) -> None:
    earlier = _item("press", "site", "web:press", start - timedelta(hours=1), text=DRAFT)
    _send(door, [earlier, *_exchange(start), *_posts(start)])
    assert not Finding.objects.filter(detector="output-reappearance").exists()


def test_the_chain_is_the_same_when_the_ai_service_reports_last(
    door: dict[str, str], start: datetime
) -> None:
    _send(door, _posts(start))
    assert not Finding.objects.filter(detector="output-reappearance").exists()
    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        _send(door, _exchange(start))
    finding = Finding.objects.get(detector="output-reappearance")
    assert len(finding.values["posts"]) == 20


@pytest.mark.row(88)
def test_an_ai_service_that_keeps_its_texts_sends_what_the_tool_writes(
    door: dict[str, str], start: datetime, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("0123456789abcdef0123456789abcdef")
    command = [sys.executable, sketches.__file__, "--key-file", str(tmp_path / "key")]
    command += ["--key-id", "acme-2026-11"]
    done = subprocess.run(command, input=DRAFT, capture_output=True, check=True, text=True)
    prints = [done.stdout.strip()]
    items = [*_exchange(start)[1:], *_posts(start, 6, 6)]
    for item in items:
        item |= {"text": "", "fingerprints": prints}
    _send(door, items)
    finding = Finding.objects.get(detector="output-reappearance")
    assert finding.sentence.endswith("sketches only (the desk has not seen the text)")
    assert len(finding.subjects) == 7
