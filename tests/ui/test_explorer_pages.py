"""The signals explorer without a browser: query, chips, facets, bars, saved views, exports."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, SavedView, User
from abusedesk.core.saved import save_view
from detectors.models import Signal
from detectors.partitions import ensure_partitions
from detectors.search import Goal
from tests.ui import world

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1")


@pytest.fixture
def desk() -> world.Desk:
    return world.desk(4)


@pytest.fixture
def as_() -> Login:
    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


def page(client: Client, q: str = "", **more: str) -> str:
    response = client.get(f"/signals/?{urlencode({'q': q, **more})}")
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def rows(html: str) -> int:
    return html.count('<tr id="signal-')


def queries(html: str, css: str) -> list[str]:
    """What the links of that class ask for."""
    links = re.findall(rf"<a[^>]*{css}[^>]*>", html)
    hrefs = [unescape(one) for link in links for one in re.findall(r' href="([^"]*)"', link)]
    return [parse_qs(urlsplit(href).query).get("q", [""])[0] for href in hrefs]


def signal(text: str = "", **changes: Any) -> Signal:
    ensure_partitions([clock.now()])
    base = {
        "stream": world.live_stream(),
        "source": world.source_of(),
        "external_id": f"extra-{Signal.objects.count()}",
        "platform": "x",
        "kind": "post",
        "occurred_at": clock.now() - timedelta(minutes=1),
        "received_at": clock.now(),
        "actor": "a",
        "text": text,
        "payload": {},
        "epoch": 0,
    }
    return Signal.objects.create(**(base | changes))


def body(response: Any) -> str:
    assert isinstance(response, StreamingHttpResponse)
    return b"".join(response.streaming_content).decode()  # type: ignore[arg-type]  # not async here


def test_a_query_narrows_the_list_and_says_how_many(desk: world.Desk, as_: Login) -> None:
    rita = as_(desk.reviewer)
    assert (rows(page(rita)), '<strong id="total">48</strong>' in page(rita)) == (48, True)
    found = page(rita, "platform:telegram")
    assert 0 < rows(found) < 48
    assert f'<strong id="total">{rows(found)}</strong>' in found


@pytest.mark.row(10)
def test_signals_are_filtered_by_the_ai_provider(desk: world.Desk, as_: Login) -> None:
    ai = {"provider": "OpenAI", "model": "m-1"}
    mine = signal("made up", platform="openai-api", kind="ai.request", payload={"ai": ai})
    signal("other", payload={"ai": {"provider": "mistral"}})
    found = page(as_(desk.reviewer), "provider:openai")
    assert (rows(found), f'id="signal-{mine.pk}"' in found) == (1, True)
    assert "OpenAI m-1" in found
    assert rows(page(as_(desk.reviewer), "provider:openai,mistral")) == 2
    assert rows(page(as_(desk.reviewer), "-provider:openai")) == 49


def test_an_unknown_token_is_named_and_what_was_typed_stays(desk: world.Desk, as_: Login) -> None:
    typed = 'platfrom:x "exact words" kind:dance'
    response = as_(desk.reviewer).get(f"/signals/?{urlencode({'q': typed})}")
    html = unescape(response.content.decode())
    assert response.status_code == 422
    assert "platfrom: is no token of this list (did you mean platform:?)" in html
    assert "kind: takes one of" in html
    assert f'value="{typed}"' in html
    assert 'aria-invalid="true" data-focus-me' in html


def test_each_condition_is_a_chip_that_takes_it_away(desk: world.Desk, as_: Login) -> None:
    html = page(as_(desk.reviewer), 'platform:telegram kind:post "the vote"')
    without = queries(html, 'title="Remove this condition"')
    assert without == [
        'kind:post "the vote"',
        'platform:telegram "the vote"',
        "platform:telegram kind:post",
    ]


def test_facets_add_a_token_and_take_it_away_again(desk: world.Desk, as_: Login) -> None:
    rita = as_(desk.reviewer)
    aside = page(rita).split("<aside")[1]
    counts = dict(re.findall(r'<bdi>([\w.-]+)</bdi><span class="count">(\d+)</span>', aside))
    assert counts["post"] == "48"
    asked = [one for one in queries(aside, "") if one.startswith("platform:")]
    assert len(asked) == len(Signal.objects.order_by().values("platform").distinct())
    for query in asked:
        assert str(rows(page(rita, query))) == counts[query.partition(":")[2]]
    chosen = page(rita, asked[0])
    assert queries(chosen.split("<aside")[1], "aria-current")[0] == ""


def test_every_bar_leads_to_its_signals(desk: world.Desk, as_: Login) -> None:
    rita = as_(desk.reviewer)
    bars = page(rita).split("<svg viewBox")[1].split("</svg>")[0]
    counts = [int(one) for one in re.findall(r"</title>|: (\d+)</title>", bars) if one]
    links = queries(bars, "tabindex")
    assert sum(counts) == 48
    assert [rows(page(rita, link)) for link in links] == counts


def test_pages_follow_each_other(desk: world.Desk, as_: Login) -> None:
    for number in range(30):
        signal(f"more {number}")
    rita = as_(desk.reviewer)
    first = page(rita)
    href = re.search(r'id="more" href="([^"]*)"', first)
    assert href
    second = rita.get(f"/signals/{unescape(href[1])}").content.decode()
    shown = [re.findall(r'id="signal-(\d+)"', html) for html in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (50, 28)
    assert not set(shown[0]) & set(shown[1])
    assert ">First</a>" in second
    assert '<strong id="total">78</strong>' in second


@pytest.mark.parametrize("start", ["x", "2026-11-01~", "~5", "2026-11-01~5", "9" * 99, "2026~\x00"])
def test_a_place_that_is_none_is_the_beginning(desk: world.Desk, as_: Login, start: str) -> None:
    assert rows(page(as_(desk.reviewer), **{"from": start})) == 48


def test_a_search_that_stopped_says_where_and_goes_on(
    desk: world.Desk, as_: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.search.walker.WINDOW", 5)
    monkeypatch.setattr("detectors.search.walker.MAX_WINDOW", 5)
    ticks = iter(range(10_000))
    monkeypatch.setattr("detectors.search.walker.time.monotonic", lambda: next(ticks))
    html = page(as_(desk.reviewer), "attr.none:x")
    assert "Nothing found so far" in html
    assert "searched back to" in html
    assert "Continue" in html
    assert '<strong id="total">at least 0</strong>' in html


def test_more_than_can_be_counted_is_told_so(
    desk: world.Desk, as_: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.ui.views.search.COUNTED", 41)
    goal = Goal(most=41, enough=41, soft_s=9, hard_s=9)
    monkeypatch.setattr("detectors.ui.views.search.OVERVIEW", goal)
    monkeypatch.setattr("detectors.ui.views.search.PAGE", 20)
    html = page(as_(desk.reviewer))
    assert '<strong id="total">40+</strong>' in html
    assert "of the newest 40" in html


def test_nothing_yet_and_nothing_matches_are_two_things(db: None, as_: Login) -> None:
    rita = as_(world.people()["rita"])
    assert "No signals yet" in page(rita)
    nothing = page(rita, "platform:telegram zebra")
    assert "No signal matches" in nothing
    assert queries(nothing, 'title="Remove') == ["zebra", "platform:telegram"]


def test_partners_find_nothing(desk: world.Desk, as_: Login) -> None:
    html = page(as_(desk.partner))
    assert rows(html) == 0
    assert "Export" not in html
    assert "Saved searches" not in html


def test_evidence_is_shown_harmless(desk: world.Desk, as_: Login) -> None:
    evil = '<a href="https://evil.example">x</a> \u202e'
    signal(evil, actor=evil, platform="x", payload={"ai": {"provider": evil, "model": evil}})
    html = page(as_(desk.reviewer), "actor:" + json.dumps(evil, ensure_ascii=False))
    assert "evil.example" not in html.split("<main")[1].replace("value=", "").split("<form")[0]
    assert '<a href="https://evil' not in html
    assert rows(html) == 1


def test_a_fragment_holds_the_results_alone(desk: world.Desk, as_: Login) -> None:
    part = as_(desk.reviewer).get("/signals/?q=vote", headers={"HX-Request": "true"})
    assert part.content.decode().strip().startswith('<div id="results"')


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_an_export_holds_what_the_query_finds_and_is_audited(
    desk: world.Desk, as_: Login, format: str
) -> None:
    lena = as_(desk.lead)
    want = rows(page(lena, "platform:telegram"))
    response = lena.post("/signals/export/", {"q": "platform:telegram", "format": format})
    text = body(response)
    assert f'.{format}"' in response["Content-Disposition"]
    assert response["Content-Disposition"].startswith("attachment")
    found: list[dict[str, Any]] = (
        list(csv.DictReader(StringIO(text, newline="")))
        if format == "csv"
        else [json.loads(line) for line in text.splitlines()]
    )
    assert len(found) == want
    assert {one["platform"] for one in found} == {"telegram"}
    entry = AuditEntry.objects.get(verb="signals.exported")
    assert (entry.actor, entry.data["query"], entry.data["format"]) == (
        desk.lead,
        "platform:telegram",
        format,
    )


def test_a_reviewer_may_not_export(desk: world.Desk, as_: Login) -> None:
    rita = as_(desk.reviewer)
    assert rita.post("/signals/export/", {"q": "", "format": "csv"}).status_code == 403
    assert "/signals/export/" not in page(rita)
    assert not AuditEntry.objects.filter(verb="signals.exported").exists()


@pytest.mark.parametrize(("name", "value"), [("format", "xlsx"), ("q", "zebra:x")])
def test_a_wrong_export_is_refused(desk: world.Desk, as_: Login, name: str, value: str) -> None:
    form = {"q": "", "format": "csv", name: value}
    assert as_(desk.lead).post("/signals/export/", form).status_code == 422


def test_no_cell_is_a_formula_and_no_address_is_live(desk: world.Desk, as_: Login) -> None:
    for number, text in enumerate(FORMULAS):
        signal(text, actor="formula", external_id=f"{text}{number}".strip())
    signal("see https://evil.example/a", actor="formula")
    form = {"q": "actor:formula", "format": "csv"}
    text = body(as_(desk.lead).post("/signals/export/", form))
    cells = [cell for line in csv.reader(StringIO(text, newline="")) for cell in line]
    assert [cell for cell in cells if cell.lstrip()[:1] in {"=", "+", "-", "@", "\uff1d"}] == []
    assert "https://" not in text
    assert "hxxps://evil[.]example/a" in text


@pytest.mark.parametrize(("format", "told"), [("csv", "cut here"), ("ndjson", '{"cut_at": 5}')])
def test_an_export_that_is_cut_says_so(
    desk: world.Desk, as_: Login, monkeypatch: pytest.MonkeyPatch, format: str, told: str
) -> None:
    monkeypatch.setattr("detectors.services.export.LIMIT", 5)
    monkeypatch.setattr("detectors.services.export.BATCH", 2)
    lena = as_(desk.lead)
    text = body(lena.post("/signals/export/", {"q": "", "format": format}))
    assert told in text.splitlines()[-1]
    assert len(text.splitlines()) == 5 + 1 + (format == "csv")
    two = body(lena.post("/signals/export/", {"q": "actor:nobody", "format": format}))
    assert told not in two


def test_a_search_is_saved_opened_shared_and_deleted(desk: world.Desk, as_: Login) -> None:
    rita, lena = as_(desk.reviewer), as_(desk.lead)
    form = {"page": "signals", "q": "platform:telegram vote", "name": "  Votes on X "}
    assert rita.post("/v/", form)["Location"] == "/signals/?q=platform%3Atelegram+vote"
    view = SavedView.objects.get()
    assert (view.name, view.shared, view.owner) == ("Votes on X", False, desk.reviewer)
    assert "Votes on X" in page(rita)
    assert "Votes on X" not in page(lena)
    assert lena.get(f"/v/{view.pk}/").status_code == 404
    rita.post("/v/", {**form, "shared": "1"})
    view.refresh_from_db()
    assert (SavedView.objects.count(), view.shared) == (1, True)
    assert lena.get(f"/v/{view.pk}/")["Location"] == "/signals/?q=platform%3Atelegram+vote"
    assert "rita" in page(lena).split('id="saved"')[1]
    assert lena.post(f"/v/{view.pk}/delete/").status_code == 302
    verbs = list(AuditEntry.objects.filter(verb__startswith="view.").values_list("verb", flat=True))
    assert verbs == ["view.saved", "view.saved", "view.deleted"]


def test_nobody_deletes_the_view_of_another_but_a_lead_what_is_shared(
    desk: world.Desk, as_: Login
) -> None:
    shared, private = (
        save_view(actor=desk.lead, page="signals", name=str(team), query="vote", shared=team)
        for team in (True, False)
    )
    rita, ada = as_(desk.reviewer), as_(desk.admin)
    assert rita.post(f"/v/{shared.pk}/delete/").status_code == 403
    assert ada.post(f"/v/{private.pk}/delete/").status_code == 404
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"name": " "}, {"name": "x" * 81}, {"page": "nothing"}, {"q": "x" * 2_001}]
)
def test_a_view_that_cannot_be_is_refused(
    desk: world.Desk, as_: Login, change: dict[str, str]
) -> None:
    form = {"page": "signals", "q": "vote", "name": "votes", **change}
    assert as_(desk.reviewer).post("/v/", form).status_code == 422
    assert not SavedView.objects.exists()


def test_partners_have_no_views(desk: world.Desk, as_: Login) -> None:
    save_view(actor=desk.lead, page="signals", name="team", query="vote", shared=True)
    petra = as_(desk.partner)
    assert petra.get(f"/v/{SavedView.objects.get().pk}/").status_code == 404
    form = {"page": "signals", "q": "vote", "name": "votes"}
    assert petra.post("/v/", form).status_code == 404
