"""/api/v1/sources/: how sources fare, and what an admin says of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from abusedesk.core.audit import sentence
from abusedesk.core.models import AuditEntry, Scope
from detectors.models import Source, SourceHour
from detectors.services.count import count_refused
from tests import cast, make
from tests.api.test_ingest import post as post_signals

pytestmark = pytest.mark.django_db
URL = "/api/v1/sources/"


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.READ, Scope.ADMIN, user=cast.admin(), name="console")


def send(method: str, path: str, body: Any, door: dict[str, str]) -> Any:
    client: Any = getattr(Client(), method)
    return client(f"{URL}{path}", body, content_type="application/json", headers=door)


def test_a_source_is_created_and_its_token_posts_to_it(door: dict[str, str]) -> None:
    body = {"slug": "acme", "title": "Acme shop", "platforms": ["acme-shop"], "alarm": "off"}
    made = send("post", "", body, door)
    assert (made.status_code, made.json()["title"]) == (201, "Acme shop")
    post_signals(make.item(), make.bearer(Scope.INGEST, name="Acme"))
    source = Source.objects.get(slug="acme")
    assert (source.title, source.token is not None) == ("Acme shop", True)
    assert send("post", "", body, door).status_code == 409


def test_the_answer_has_the_counters_and_for_an_admin_the_tokens(door: dict[str, str]) -> None:
    post_signals(make.item(), make.bearer(Scope.INGEST, name="Acme"))
    source = Source.objects.get(slug="acme")
    count_refused(source=source, refused=3)
    row = Client().get(f"{URL}acme/", headers=door).json()
    assert (row["health"]["refused"], row["health"]["error_rate"]) == (3, 1.0)
    assert [token["name"] for token in row["tokens"]] == ["Acme"]
    assert "digest" not in str(row)
    (listed,) = Client().get(URL, headers=door).json()["results"]
    assert listed == {name: row[name] for name in row if name != "tokens"}
    reader = make.bearer(Scope.READ, user=cast.reviewer())
    assert Client().get(f"{URL}acme/", headers=reader).json()["tokens"] == []


def test_what_is_left_out_stays_and_the_change_is_audited(door: dict[str, str]) -> None:
    make.source()
    changed = send("patch", "acme/", {"alarm": "fixed", "silent_after_s": 900}, door)
    assert (changed.status_code, changed.json()["title"]) == (200, "Acme shop")
    assert changed.json()["health"]["limit_s"] == 900
    entry = AuditEntry.objects.get(verb="source.changed")
    assert sentence(entry) == "changed the source acme: alarm, silent_after_s"
    assert entry.data["before"] == {"alarm": "auto", "silent_after_s": None}
    send("patch", "acme/", {"alarm": "fixed"}, door)
    assert AuditEntry.objects.filter(verb="source.changed").count() == 1


@pytest.mark.parametrize(
    ("body", "status", "attr"),
    [
        ({"slug": "a b", "title": "x"}, 422, "slug"),
        ({"slug": "a"}, 400, "title"),
        ({"slug": "a", "title": "x", "platforms": ["No Such"]}, 422, "platforms"),
        ({"slug": "a", "title": "x", "alarm": "loud"}, 422, "alarm"),
        ({"slug": "a", "title": "x", "alarm": "fixed"}, 422, "silent_after_s"),
        ({"slug": "a", "title": "x", "silent_after_s": 1}, 400, "silent_after_s"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    door: dict[str, str], body: dict[str, Any], status: int, attr: str
) -> None:
    answer = send("post", "", body, door)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (status, attr)
    assert not Source.objects.exists()


def test_an_integration_reads_its_own_sources_only() -> None:
    mine = make.bearer(Scope.INGEST, Scope.READ)
    post_signals(make.item(), mine)
    make.source("other")
    listed = Client().get(URL, headers=mine).json()["results"]
    assert [row["slug"] for row in listed] == ["acme"]
    assert len(Client().get(f"{URL}acme/", headers=mine).json()["tokens"]) == 1
    assert Client().get(f"{URL}other/", headers=mine).status_code == 404


def test_an_adapter_that_is_used_is_named(door: dict[str, str]) -> None:
    alert = dict.fromkeys(("type", "source", "sourceRef", "title", "description"), "tip")
    Client().post(
        "/api/v1/ingest/thehive/",
        alert,
        content_type="application/json",
        headers=make.bearer(Scope.INGEST, name="Acme"),
    )
    assert Client().get(f"{URL}acme/", headers=door).json()["adapters"] == ["thehive"]


def test_a_page_asks_as_often_for_many_sources_as_for_one(
    door: dict[str, str], django_assert_num_queries: Any
) -> None:
    for number in range(9):
        source = make.source(f"tool-{number}")
        SourceHour.objects.create(source=source, hour=make.MOMENT, platform="x", accepted=1)
    Client().get(URL, headers=door)
    with django_assert_num_queries(4):
        Client().get(URL, headers=door)


def test_whether_reports_open_cases_is_said_checked_and_audited(door: dict[str, str]) -> None:
    make.source()
    assert Client().get(f"{URL}acme/", headers=door).json()["report_cases"] == "auto"
    assert send("patch", "acme/", {"report_cases": "on"}, door).json()["report_cases"] == "on"
    assert sentence(AuditEntry.objects.get(verb="source.changed")) == (
        "changed the source acme: report_cases"
    )
    refused = send("patch", "acme/", {"report_cases": "maybe"}, door)
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (422, "report_cases")
