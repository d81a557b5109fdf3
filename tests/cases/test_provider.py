"""Cases by the AI provider that their evidence names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from abusedesk.core.models import Scope
from cases import facts
from cases.models import Case
from cases.selectors.case import cases_for
from detectors.models import Signal
from detectors.selectors.evidence import providers_of
from tests import make
from tests.ui import world

pytestmark = [pytest.mark.django_db, pytest.mark.row(10)]


@pytest.fixture
def desk() -> world.Desk:
    """Two cases; the evidence of the first names two providers."""
    found = world.desk(2)
    first = Signal.objects.filter(external_id__startswith="w-1-").order_by("pk")
    for signal, name in zip(first, ("OpenAI", "openai", "mistral", ""), strict=False):
        signal.payload = {"ai": {"provider": name}}
        signal.save()
    for case in found.cases:
        facts.describe(case, facts.picture_of(facts.live_campaigns(case)))
        case.save()
    return found


@pytest.fixture
def rita(desk: world.Desk) -> Client:
    client = Client()
    client.force_login(desk.reviewer)
    return client


def refs(html: str) -> list[str]:
    return [ref for ref in ("AD-1", "AD-2") if f'id="{ref}"' in html]


def test_a_case_knows_the_providers_of_its_evidence(desk: world.Desk) -> None:
    assert [case.providers for case in desk.cases] == [["mistral", "openai"], []]


@pytest.mark.parametrize(
    ("provider", "shown"),
    [("openai", ["AD-1"]), ("OpenAI", ["AD-1"]), ("mistral", ["AD-1"]), ("anthropic", []),
     ("", ["AD-1", "AD-2"]), ("open", []), ("a\x00b", [])],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/queues/operations/", "/cases/"])
def test_queue_and_case_list_are_filtered(
    rita: Client, path: str, provider: str, shown: list[str]
) -> None:
    html = rita.get(path, {"provider": provider}).content.decode()
    assert refs(html) == shown


def test_the_filter_stays_when_the_tab_changes(rita: Client) -> None:
    html = rita.get("/queues/operations/?provider=openai").content.decode()
    assert 'href="?state=closed&amp;q=provider%3Aopenai"' in html
    assert 'value="provider:openai"' in html


def test_an_empty_filter_result_names_the_filter(rita: Client) -> None:
    html = rita.get("/queues/operations/?provider=nobody").content.decode()
    assert "No case matches" in html
    assert "All done" not in html


def test_the_api_filters_too(desk: world.Desk) -> None:
    program = Client(headers=make.bearer(Scope.READ, user=desk.lead))
    found = program.get("/api/v1/cases/", {"provider": "openai"}).json()
    assert [one["ref"] for one in found["results"]] == ["AD-1"]


def test_partners_see_no_case_by_provider(desk: world.Desk) -> None:
    assert not cases_for(desk.partner, "openai").exists()


def test_findings_without_evidence_name_nobody() -> None:
    assert providers_of([]) == []


def test_cases_from_before_learn_their_providers(desk: world.Desk) -> None:
    Case.objects.update(providers=[])
    migration: Any = import_module("cases.migrations.0005_case_providers")
    with connection.cursor() as cursor:
        cursor.execute(migration.PROVIDERS)
    assert Case.objects.get(ref="AD-1").providers == ["mistral", "openai"]
    assert Case.objects.get(ref="AD-2").providers == []
