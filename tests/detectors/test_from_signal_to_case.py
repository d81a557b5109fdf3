"""From posted signals to cases: what opens one, what does not, what joins it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Scope
from cases.models import Case
from detectors.models import CampaignMember, Finding
from detectors.services.config import ensure_configs
from tests import cast, desk, make
from tests.ui import world

pytestmark = pytest.mark.django_db(transaction=True)
PLATFORMS = ("x", "telegram", "facebook")
URL = "/api/v1/signals/"


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
    """Long enough ago that everything a test tells has happened."""
    return clock.now() - timedelta(hours=20)


def _post(items: list[dict[str, Any]], door: dict[str, str]) -> None:
    items.sort(key=lambda item: item["occurred_at"])
    for place in range(0, len(items), 1_000):
        body = json.dumps({"signals": items[place : place + 1_000]})
        response = Client().post(URL, body, content_type="application/json", headers=door)
        assert response.status_code in {200, 201}, response.content


def _share(name: str, platform: str, actor: str, at: datetime, link: str) -> dict[str, Any]:
    return {
        "external_id": name,
        "platform": platform,
        "kind": "post",
        "occurred_at": at.isoformat(),
        "actor": actor,
        "urls": [link],
    }


def _socks(start: datetime, count: int = 50, links: int = 8) -> list[dict[str, Any]]:
    """Accounts on three platforms that share the same links within a minute."""
    dice = random.Random(5)
    return [
        _share(
            f"sock-{link}-{sock}",
            PLATFORMS[sock % 3],
            f"sock{sock}",
            start + timedelta(hours=link, seconds=dice.uniform(0, 60)),
            f"https://story{link}.example/read",
        )
        for link in range(links)
        for sock in range(count)
    ]


def _crowd(start: datetime, people: int = 400, posts: int = 4_000) -> list[dict[str, Any]]:
    """People who share what interests them when they feel like it: nothing coordinated."""
    dice = random.Random(7)
    return [
        _share(
            f"crowd-{number}",
            dice.choice(PLATFORMS),
            f"person{dice.randrange(people)}",
            start + timedelta(seconds=dice.uniform(0, 18 * 3_600)),
            f"https://news.example/{int(dice.paretovariate(0.8)) % 300}",
        )
        for number in range(posts)
    ]


def _later(start: datetime) -> dict[str, Any]:
    """One more signal, so that the clock passes the last tick."""
    return _share("later", "x", "somebody", start + timedelta(hours=19), "https://end.example/")


def _members(case: Case) -> set[str]:
    rows = CampaignMember.objects.filter(campaign__case_link__case=case)
    return set(rows.values_list("account", flat=True))


@pytest.mark.row(16)
def test_fifty_accounts_on_three_platforms_are_one_case(
    door: dict[str, str], start: datetime
) -> None:
    _post([*_socks(start), *_crowd(start), _later(start)], door)
    desk.work()
    (case,) = Case.objects.all()
    assert _members(case) == {f"{PLATFORMS[sock % 3]}:sock{sock}" for sock in range(50)}
    assert case.platforms == sorted(PLATFORMS)


@pytest.mark.row(16)
def test_a_crowd_without_a_campaign_opens_nothing(door: dict[str, str], start: datetime) -> None:
    _post([*_crowd(start), _later(start)], door)
    desk.work()
    assert Case.objects.count() == 0


def _sign_up(number: int, at: datetime, device: str = "hmac:device-0001-abcdef") -> dict[str, Any]:
    return {
        "external_id": f"sign-up-{number}",
        "platform": "x",
        "kind": "account.created",
        "occurred_at": at.isoformat(),
        "actor": f"new{number}",
        "identifiers": {"device": device},
    }


@pytest.mark.row(36)
def test_a_later_signal_joins_the_case_that_is_open(door: dict[str, str], start: datetime) -> None:
    _post([_sign_up(number, start + timedelta(minutes=number)) for number in range(8)], door)
    desk.work()
    (before,) = Case.objects.all()
    _post([_sign_up(8, start + timedelta(minutes=9))], door)
    desk.work()
    (after,) = Case.objects.all()
    assert (after.pk, after.accounts, after.hits) == (before.pk, 9, before.hits + 1)


def test_the_same_signals_again_change_nothing(door: dict[str, str], start: datetime) -> None:
    items = [_sign_up(number, start + timedelta(minutes=number)) for number in range(8)]
    _post(items, door)
    desk.work()
    before = (Finding.objects.count(), Case.objects.values_list("hits", "version").get())
    _post(items, door)
    desk.work()
    assert (Finding.objects.count(), Case.objects.values_list("hits", "version").get()) == before


@pytest.mark.row(14)
def test_an_admin_asks_for_n_in_t_grouped_by_an_entity(
    door: dict[str, str],
) -> None:
    """Five messages about one link in two minutes, set over REST, told by the next signals."""
    start = clock.now() - timedelta(minutes=2)
    params = {
        "custom": 5,
        "custom_kind": "message",
        "custom_group": "url",
        "custom_measure": "count",
        "custom_window_s": 120,
    }
    body = json.dumps({"mode": "live", "params": params, "reason": "spam wave"})
    saved = Client().put(
        "/api/v1/detectors/velocity/", body, content_type="application/json", headers=door
    )
    assert saved.status_code == 200, saved.content
    items = [
        _share(
            f"m-{n}", "telegram", f"a{n}", start + timedelta(seconds=20 * n), "https://a.example/w"
        )
        | {"kind": "message"}
        for n in range(6)
    ]
    _post(items[:4], door)
    desk.work()
    assert not Finding.objects.filter(detector="velocity").exists()
    _post(items[4:], door)
    desk.work()
    finding = Finding.objects.filter(detector="velocity").get()
    assert any(one["limit"] == 5 and one["met"] for one in finding.conditions)


SEQUENCE: dict[str, Any] = {
    "joined_by": "url",
    "first_platform": "x",
    "first_kind": "post",
    "second_platform": "telegram",
    "second_kind": "message",
}


def _told_in_two_places(start: datetime) -> list[dict[str, Any]]:
    """A link posted on x by two accounts, and sent on telegram by two others an hour later."""
    link = "https://win.example/now"
    ads = [_share(f"ad-{n}", "x", f"ad{n}", start + timedelta(minutes=n), link) for n in range(2)]
    chats = [
        _share(f"chat-{n}", "telegram", f"agent{n}", start + timedelta(minutes=60 + n), link)
        | {"kind": "message"}
        for n in range(2)
    ]
    return [*ads, *chats]


@pytest.mark.row(15)
def test_an_admin_asks_for_first_here_then_there_over_rest(
    door: dict[str, str], start: datetime
) -> None:
    _post(_told_in_two_places(start), door)
    desk.work()
    assert not Finding.objects.filter(detector="sequence").exists()
    body = json.dumps({"mode": "live", "params": SEQUENCE, "reason": "ads that lead to chats"})
    saved = Client().put(
        "/api/v1/detectors/sequence/", body, content_type="application/json", headers=door
    )
    assert saved.status_code == 200, saved.content
    later = [
        one | {"external_id": f"again-{one['external_id']}", "urls": ["https://won.example/"]}
        for one in _told_in_two_places(start + timedelta(hours=2))
    ]
    _post(later, door)
    desk.work()
    finding = Finding.objects.filter(detector="sequence", anchor_value="https://won.example/").get()
    assert finding.subjects == ["telegram:agent0", "telegram:agent1", "x:ad0", "x:ad1"]
    assert finding.sentence.startswith("4 accounts: post on x, then message on telegram")


@pytest.mark.row(15)
def test_an_admin_sets_the_two_steps_on_the_form_and_a_typo_is_named(
    door: dict[str, str], start: datetime
) -> None:
    ensure_configs()
    client = Client()
    client.force_login(cast.admin())
    page = client.get("/detectors/sequence/").content.decode()
    assert "First step: platform" in page
    wrong = world.settings_form("sequence", p_joined_by="moon")
    assert client.post("/detectors/sequence/", wrong).status_code == 422
    right = world.settings_form("sequence", **{f"p_{k}": v for k, v in SEQUENCE.items()})
    draft = client.post("/detectors/sequence/", right)["Location"]
    second = Client()
    second.force_login(cast.lead())
    assert second.post(f"{draft}approve/").status_code == 302
    _post(_told_in_two_places(start), door)
    desk.work()
    assert Finding.objects.get(detector="sequence").signal_total == 4


@pytest.mark.row(23)
def test_every_finding_says_which_condition_it_met_with_which_value(
    door: dict[str, str], start: datetime
) -> None:
    _post([_sign_up(number, start + timedelta(minutes=number)) for number in range(8)], door)
    desk.work()
    for row in Client().get("/api/v1/findings/", headers=door).json()["results"]:
        assert row["conditions"], row["sentence"]
        assert {"name", "value", "op", "limit", "unit", "met"} <= set(row["conditions"][0])
        assert row["falsifiers"]
        assert row["signal_ids"]
