"""`GET /api/v1/signals/?q=`: the explorer's language over REST."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from abusedesk.core.models import Scope
from detectors.models import Signal
from tests import cast, make
from tests.ui import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Client:
    world.desk(4)
    return Client(headers=make.bearer(Scope.READ, user=cast.lead()))


def ask(program: Client, **query: str) -> Any:
    return program.get(f"/api/v1/signals/?{urlencode(query)}")


def test_a_query_finds_what_the_explorer_finds(program: Client) -> None:
    answer = ask(program, q="platform:telegram kind:post").json()
    found = {one["id"] for one in answer["results"]}
    assert found == set(Signal.objects.filter(platform="telegram").values_list("pk", flat=True))
    assert {one["source"] for one in answer["results"]} == {"world"}
    assert (answer["next"], answer["previous"]) == (None, None)


@pytest.mark.row(10)
def test_a_query_finds_by_provider(program: Client) -> None:
    one = Signal.objects.earliest("pk")
    one.payload = {"ai": {"provider": "OpenAI"}}
    one.save()
    assert [row["id"] for row in ask(program, q="provider:openai").json()["results"]] == [one.pk]


def test_pages_are_followed_to_the_end(program: Client) -> None:
    seen: list[int] = []
    answer = ask(program, q="kind:post", page_size="7").json()
    while True:
        seen += [one["id"] for one in answer["results"]]
        if answer["next"] is None:
            break
        answer = program.get(answer["next"]).json()
    assert seen == list(Signal.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("query", "attr", "said"),
    [
        ({"q": "platfrom:x"}, "q", "did you mean platform:?"),
        ({"q": "kind:dance"}, "q", "kind: takes one of"),
        ({"q": "vote", "platform": "x"}, "q", "write platform: in it"),
        ({"q": "vote", "cursor": "x"}, "cursor", "not one that this list gave out"),
        ({"q": "a\x00"}, "q", "a character that no text has"),
    ],
)
def test_what_cannot_be_used_is_named(
    program: Client, query: dict[str, str], attr: str, said: str
) -> None:
    answer = ask(program, **query)
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["attr"].partition(".")[0] == attr
    assert said in fault["detail"]


def test_an_empty_query_is_everything(program: Client) -> None:
    assert len(ask(program, q="").json()["results"]) == Signal.objects.count()


def test_a_partner_finds_nothing() -> None:
    world.desk(1)
    program = Client(headers=make.bearer(Scope.READ, user=cast.partner()))
    assert ask(program, q="kind:post").json()["results"] == []
