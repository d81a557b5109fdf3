"""The mapping playground without a browser: guesses, errors at their field, saves, versions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from detectors.mapping.targets import FIXED
from detectors.models import SavedMapping
from detectors.services.mapping import save_mapping
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.row(7)]
NEW = "/settings/mapping/new/"
ITEM = {
    "id": "e1",
    "type": "posted",
    "created_at": "2026-09-21T12:00:00Z",
    "user": {"id": "u5"},
    "body": "see hxxps://evil[.]example/win",
    "shop": "acme",
}
SAMPLE = json.dumps({"data": [ITEM, ITEM | {"id": "e2"}]})
NAMES = list(FIXED)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(cast.admin())
    return client


def form(sample: str = SAMPLE, *rows: dict[str, str], **more: Any) -> dict[str, Any]:
    """The form as a browser sends it: all rows of the page, some of them filled."""
    filled = {row["field"]: row for row in rows}
    names = [*NAMES, *(name for name in filled if name not in NAMES)]
    sent: dict[str, Any] = {"sample": sample, "shape": "auto", "items": "$", "based_on": "0"}
    for index, name in enumerate(names):
        row = {"path": "", "const": "", "steps": "", "table": "", **filled.get(name, {})}
        sent |= {f"{part}-{index}": value for part, value in (row | {"field": name}).items()}
    return sent | more


ROWS: tuple[dict[str, str], ...] = (
    {"field": "external_id", "path": "$.id"},
    {"field": "platform", "path": "$.shop"},
    {"field": "kind", "path": "$.type", "table": "posted = post"},
    {"field": "occurred_at", "path": "$.created_at"},
    {"field": "text", "path": "$.body"},
)


def value_of(page: str, name: str) -> str:
    """What stands in an input of that name."""
    found = re.search(rf'<input[^>]* name="{re.escape(name)}"[^>]*? value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def test_a_pasted_sample_is_guessed_shown_as_a_tree_and_read(browser: Client) -> None:
    page = browser.post(NEW, form(do="try")).content.decode()
    assert value_of(page, "items") == "$.data[*]"
    assert value_of(page, f"path-{NAMES.index('actor')}") == "$.user.id"
    assert "posted = post" in page
    assert "guessed from the names" in page
    assert "holds nothing" not in page
    assert "gives no platform, which is required" in page
    assert '<mark title="url">' in page
    assert "0 of 2 become signals" in page


def test_a_filled_form_is_left_as_it_is_and_signals_are_shown(browser: Client) -> None:
    page = browser.post(NEW, form(SAMPLE, *ROWS, items="$.data[*]", do="try")).content.decode()
    assert "2 of 2 become signals" in page
    assert "guessed from the names" not in page
    assert value_of(page, f"path-{NAMES.index('actor')}") == ""
    assert "evil.example" not in page.replace("evil[.]example", "")


def test_every_error_stands_at_its_field(browser: Client) -> None:
    rows = (
        {"field": "text", "path": "$.bo-dy"},
        {"field": "kind", "path": "$.type"},
        {"field": "actor", "path": "$.user", "steps": "shout"},
        {"field": "platform", "const": "ACME"},
        {"field": "occurred_at", "path": "$.created_at"},
        {"field": "objects.Tag", "path": "$.id"},
        {"field": "urls", "path": "$.id", "table": "no sign"},
    )
    page = browser.post(NEW, form(SAMPLE, *rows, items="$.data[*]", do="try")).content.decode()
    for name, said in {
        "text": "is no path",
        "kind": "a table can translate it",
        "actor": "no step",
        "urls": "word = value",
    }.items():
        slot = page.split(f'id="complaints-{NAMES.index(name)}"')[1].split("</div>")[0]
        assert said in slot, name
    assert "1 to 40 of a-z" in page
    again = browser.post(
        NEW, form(SAMPLE, *(one for one in ROWS if one["field"] != "platform"),
                  {"field": "platform", "const": "ACME"}, items="$.data[*]", do="try")
    ).content.decode()  # fmt: skip
    slot = again.split(f'id="complaints-{NAMES.index("platform")}"')[1].split("</div>")[0]
    assert "must match" in slot


def test_an_error_of_a_row_stands_at_that_row_though_one_above_it_is_blank(
    browser: Client,
) -> None:
    at = len(NAMES) + 1
    own = {f"field-{at - 1}": "", f"field-{at}": "objects.tag", f"path-{at}": "$.a-b"}
    sent = form(SAMPLE, *ROWS, items="$.data[*]") | own
    live = browser.post(NEW, sent, headers=HTMX).content.decode()
    assert "is no path" in live.split(f'id="complaints-{at}"')[1].split("</div>")[0]
    assert f'id="complaints-{at + 1}"' not in live
    page = browser.post(NEW, sent | {"do": "try"}).content.decode()
    assert "is no path" in page.split(f'id="complaints-{at}"')[1].split("</div>")[0]
    assert page.count('placeholder="objects.hashtag"') == 4


def test_a_live_answer_holds_fragments_only(browser: Client) -> None:
    sent = form(SAMPLE, *ROWS, items="$.data[*]")
    answer = browser.post(NEW, sent, headers=HTMX).content.decode()
    assert "<html" not in answer
    assert 'id="result"' in answer
    assert 'id="fields"' not in answer
    assert answer.count('hx-swap-oob="true"') > len(FIXED)
    guessed = browser.post(NEW, form(), headers=HTMX).content.decode()
    assert 'id="fields"' in guessed


def saved_by(browser: Client, *rows: dict[str, str], **more: Any) -> Any:
    wanted = {"slug": "acme", "reason": "first", "items": "$.data[*]", "do": "save", **more}
    return browser.post(NEW, form(SAMPLE, *(rows or ROWS), **wanted))


def test_a_save_leads_to_the_page_with_the_request_to_send(browser: Client) -> None:
    answer = saved_by(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/settings/mapping/acme/")
    saved = SavedMapping.objects.get()
    assert (saved.number, saved.reason, saved.sample) == (1, "first", SAMPLE)
    assert saved.spec == {
        "format": "json",
        "items": "$.data[*]",
        "fields": {
            "external_id": {"path": "$.id"},
            "platform": {"path": "$.shop"},
            "kind": {"path": "$.type", "table": {"posted": "post"}},
            "occurred_at": {"path": "$.created_at"},
            "text": {"path": "$.body"},
        },
    }
    page = browser.get("/settings/mapping/acme/").content.decode()
    assert "curl http://testserver/api/v1/ingest/map:acme/" in page
    assert "Content-Type: application/json" in page
    assert "2 of 2 become signals" in page
    assert "map:acme" in browser.get("/settings/mapping/").content.decode()


def test_what_was_saved_is_opened_as_it_was_also_an_older_version(browser: Client) -> None:
    saved_by(browser)
    sent = form("id,ts\n1,2026-09-21T12:00:00Z\n", {"field": "text", "path": "body"})
    sent |= {"based_on": "1", "do": "save", "reason": "now csv"}
    assert browser.post("/settings/mapping/acme/", sent).status_code == 302
    page = browser.get("/settings/mapping/acme/").content.decode()
    assert '<option value="comma" selected>' in page
    assert value_of(page, f"path-{NAMES.index('text')}") == "$.body"[2:]
    old = browser.get("/settings/mapping/acme/?version=1").content.decode()
    assert "posted = post" in old
    assert value_of(old, "based_on") == "2"
    assert "Save as version 3" in old
    assert browser.get("/settings/mapping/acme/?version=9").status_code == 404


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"slug": "Not Good"}, "The name is 1 to 28"),
        ({"slug": "new"}, "is not new"),
        ({"reason": ""}, "the next person will ask"),
        ({"items": "$.a-b"}, "is no path"),
    ],
)
def test_a_refused_save_keeps_everything_and_says_why(
    more: dict[str, str], said: str, browser: Client
) -> None:
    answer = saved_by(browser, **more)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "dict_items" not in page
    assert value_of(page, f"path-{NAMES.index('external_id')}") == "$.id"
    assert not SavedMapping.objects.exists()


@pytest.mark.parametrize(
    "row", [{"field": "text", "path": "$.a-b"}, {"field": "kind", "path": "$.t", "table": "x"}]
)
def test_a_wrong_field_stops_the_save(row: dict[str, str], browser: Client) -> None:
    answer = saved_by(browser, *(one for one in ROWS if one["field"] != row["field"]), row)
    assert answer.status_code == 422
    assert "a field is not right yet" in answer.content.decode()


def test_items_that_fail_do_not_stop_a_save(browser: Client) -> None:
    assert saved_by(browser, {"field": "kind", "const": "post"}).status_code == 302


def test_somebody_who_was_faster_is_named_and_the_draft_is_kept(browser: Client) -> None:
    saved_by(browser)
    spec = {"fields": {"text": "$.x"}}
    save_mapping(actor=cast.admin(), slug="acme", spec=spec, reason="mine")
    sent = form(SAMPLE, *ROWS, based_on="1", do="save", reason="late", items="$.data[*]")
    late = browser.post("/settings/mapping/acme/", sent)
    page = late.content.decode()
    assert late.status_code == 409
    assert "admin saved version 2 meanwhile: mine." in page
    assert value_of(page, "based_on") == "2"
    assert value_of(page, "reason") == "late"
    again = browser.post("/settings/mapping/acme/", sent | {"based_on": "2"})
    assert again.status_code == 302
    assert saved_by(browser).status_code == 409


def test_a_file_takes_the_place_of_the_text(browser: Client) -> None:
    file = SimpleUploadedFile("s.csv", b"\xef\xbb\xbfid;text\n7;hello\n", "text/csv")
    page = browser.post(NEW, form("", do="try") | {"file": file}).content.decode()
    assert "7;hello" in page
    assert value_of(page, f"path-{NAMES.index('text')}") == "$.text"


def test_a_sample_above_the_limit_is_refused_in_words(browser: Client) -> None:
    large = form("[" + "1," * 140_000 + "1]", do="try")
    assert "at most 256 KiB" in browser.post(NEW, large).content.decode()


@pytest.mark.parametrize(
    "sample",
    [
        "",
        "{",
        "5",
        "[5, null, []]",
        "\x00",
        "a,a\n1",
        '{"a": "\\u0000\\ud800"}',
        "[" * 5_000,
        '{"<script>alert(1)</script>": "<img src=x onerror=alert(1)>\u202e"}',
        json.dumps({"k" * 100_000: {str(n): n for n in range(500)}}),
        json.dumps({f"k{n}": {"deep": [n] * 9} for n in range(2_000)}),
    ],
)
def test_no_sample_breaks_the_page(sample: str, browser: Client) -> None:
    for rows in ((), ROWS):
        answer = browser.post(NEW, form(sample, *rows, do="try"))
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content
        assert b"<img" not in answer.content


@pytest.mark.parametrize("role", ["reviewer", "lead", "partner"])
def test_nobody_else_finds_it(role: str) -> None:
    client = Client()
    client.force_login(getattr(cast, role)())
    for path in ("/settings/mapping/", NEW, "/settings/mapping/acme/"):
        assert client.get(path).status_code == 404
    assert client.post(NEW, form(do="save", slug="x", reason="y")).status_code == 404
    assert not SavedMapping.objects.exists()
