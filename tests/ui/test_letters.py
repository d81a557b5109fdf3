"""Dead letters in the console: what is wrong, the editor, work on many, export."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from abusedesk.core import text
from abusedesk.core.models import AuditEntry, Scope, User
from detectors.models import DeadLetter, LetterJob, Signal, Source
from detectors.selectors.dead_letter import LetterFilter
from detectors.services import letter_job
from detectors.ui.letters import laid_out, wrongs
from detectors.ui.views import letter_bulk
from tests import cast, letters, make
from tests.ui import world
from tests.ui.conftest import Visitor
from tests.ui.test_safety import PACK, RLO

URL = "/settings/dead-letters/"
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@pytest.fixture
def source(db: None) -> Source:
    return make.source()


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def page(path: str = "", user: User | None = None) -> str:
    return client(user or cast.admin()).get(f"{URL}{path}").content.decode()


@pytest.mark.row(3)
@pytest.mark.ui
def test_one_bad_item_of_ten_is_seen_fixed_in_the_editor_and_becomes_a_signal(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    items = [make.item(number, text=f"post {number}") for number in range(10)]
    items[6] |= {"kind": "shout", "text": "the seventh"}
    answer = Client().post(
        "/api/v1/signals/",
        items,
        content_type="application/json",
        headers=make.bearer(Scope.INGEST, name="acme"),
    )
    assert (answer.status_code, answer.json()["accepted"]) == (207, 9)
    assert answer.json()["rejected"][0]["index"] == 6
    ada = enter("ada")
    ada.page.get_by_role("link", name="Signals", exact=True).click()
    ada.page.get_by_role("link", name="Dead letters").click()
    ada.ready()
    row = ada.page.locator("tr[data-item]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("kind must be one of")
    row.get_by_role("link").click()
    reason = ada.page.locator("section", has_text="What is wrong").locator("tbody tr")
    expect(reason.locator("th")).to_have_text("kind")
    expect(reason).to_contain_text("shout")
    editor = ada.page.get_by_label("The signal as JSON")
    expect(editor).to_have_value(re.compile('"kind": "shout"'))
    editor.fill(editor.input_value().replace("shout", "yell"))
    ada.page.get_by_role("button", name="Replay").click()
    expect(ada.page.get_by_text("It was refused again")).to_be_visible()
    expect(editor).to_have_value(re.compile('"kind": "yell"'))
    editor.fill(editor.input_value().replace("yell", "post"))
    editor.press("Control+Enter")
    expect(ada.page.get_by_text("It is stored as a signal")).to_be_visible()
    ada.page.get_by_role("link", name=re.compile("signal [0-9]+")).click()
    expect(ada.page.get_by_text("the seventh").first).to_be_visible()
    assert Signal.objects.filter(source__slug="acme").count() == 10
    assert ada.watch.errors == []
    assert ada.violations() == []


@pytest.mark.ui
@pytest.mark.parametrize("script", [True, False])
def test_ticked_items_are_replayed_after_a_count(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool
) -> None:
    origin = make.source()
    for number in range(3):
        letters.mended(number, origin)
    ada = enter("ada", script=script)
    ada.page.goto(f"{ada.base}{URL}")
    for box in ada.page.get_by_role("checkbox").all()[:2]:
        box.check()
    ada.page.get_by_role("button", name="Replay ticked").click()
    expect(ada.page.get_by_role("heading", name="Replay 2 refused items")).to_be_visible()
    assert not LetterJob.objects.exists()
    ada.page.get_by_role("button", name="Replay 2").click()
    expect(ada.page.get_by_role("heading", name="Done")).to_be_visible()
    assert DeadLetter.objects.filter(state="replayed").count() == 2


@pytest.mark.ui
def test_a_page_of_work_moves_by_itself(
    enter: Callable[..., Visitor], desk: world.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter_job, "AT_ONCE", 0)
    letters.mended(1, make.source())
    job = letter_job.start_job(actor=desk.admin, action="replay", wanted=LetterFilter())
    ada = enter("ada")
    ada.go(f"{URL}jobs/{job.pk}/")
    expect(ada.page.get_by_role("heading", name="Running")).to_be_visible()
    letter_job.run_letter_job(job_id=job.pk)
    expect(ada.page.get_by_role("heading", name="Done")).to_be_visible()
    assert ada.violations() == []


@pytest.mark.ui
def test_nothing_in_a_refused_item_acts(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    origin = make.source()
    letter = letters.refuse_item(
        origin, 1, external_id=PACK[:180], kind=PACK, **{f"x{RLO}</textarea>{PACK[:90]}": 1}
    )
    letters.refuse(origin, PACK.encode())
    ada = enter("ada")
    for path in ("", f"{letter.pk}/", f"{letter.pk + 1}/", "bulk/?do=replay-all"):
        ada.go(f"{URL}{path}")
        assert RLO not in ada.page.locator("body").inner_text()
        assert ada.page.locator("main img, main script, main svg[onload]").count() == 0
        assert ada.page.locator('main a[href*="evil"]').count() == 0
        assert ada.violations() == []
        wide = ada.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, path
    ada.go(f"{URL}{letter.pk}/")
    typed = ada.page.get_by_label("The signal as JSON").input_value()
    assert json.loads(typed)["kind"] == PACK
    assert RLO not in typed
    assert (ada.watch.dialogs, ada.watch.off_origin, ada.watch.errors) == ([], [], [])


def test_reasons_stand_above_the_list_and_lead_to_their_items(source: Source) -> None:
    letters.refuse_item(source, 1, kind="shout")
    letters.refuse_item(source, 2, actor=5)
    shown = page()
    assert "field=actor" in shown
    only = page("?field=actor&code=type")
    assert ("s-2" in only, "s-1" in only) == (True, False)
    assert 'aria-current="true"' in only


def test_pages_follow_each_other_without_gap_while_items_come_in(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.ui.views.letter.PAGE", 2)
    for number in range(5):
        letters.mended(number, source)
    seen: list[str] = []
    path = ""
    for _ in range(3):
        shown = page(path)
        seen += re.findall(r">(s-\d)</bdi>, item", shown)
        letters.mended(9, source)
        more = re.search(r'href="/settings/dead-letters/(\?[^"]*before=\d+)" rel="next"', shown)
        path = more[1].replace("&amp;", "&") if more else "?source=none"
    assert seen == ["s-4", "s-3", "s-2", "s-1", "s-0"]


def test_what_waits_is_shown_first_and_what_is_settled_on_request(source: Source) -> None:
    letters.mended(1, source)
    DeadLetter.objects.update(state="discarded", reason="noise")
    assert "Nothing waits" in page()
    assert "s-1" in page("?state=any")
    assert "noise" in page(f"{DeadLetter.objects.get().pk}/")


def test_a_reviewer_reads_but_has_no_editor(source: Source) -> None:
    letter = letters.refuse_item(source, 1, kind="shout")
    shown = page(f"{letter.pk}/", cast.reviewer())
    assert "shout" in shown
    assert "textarea" not in shown
    assert "Replay all" not in page(user=cast.reviewer())
    answer = client(cast.reviewer()).post(f"{URL}{letter.pk}/", {"item": "{}"})
    assert answer.status_code == 403
    assert client(cast.partner()).get(URL).status_code == 404


def test_a_discard_of_one_needs_a_reason(source: Source) -> None:
    letter = letters.mended(1, source)
    admin = client(cast.admin())
    refused = admin.post(f"{URL}{letter.pk}/discard/", {"reason": " "})
    assert (refused.status_code, b"Say why" in refused.content) == (422, True)
    admin.post(f"{URL}{letter.pk}/discard/", {"reason": "noise"})
    letter.refresh_from_db()
    assert (letter.state, letter.reason) == ("discarded", "noise")
    assert admin.post(f"{URL}{letter.pk}/discard/", {"reason": "x"}).status_code == 409


def test_bulk_counts_before_it_acts_and_takes_the_number_when_there_are_many(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter_bulk, "TYPED", 1)
    for number in range(2):
        letters.mended(number, source)
    admin = client(cast.admin())
    asked = admin.get(f"{URL}bulk/?do=discard-all&source=acme")
    assert "Discard 2 refused items" in asked.content.decode()
    form = {"do": "discard-all", "source": "acme", "reason": "noise", "count": "3"}
    assert admin.post(f"{URL}bulk/", form).status_code == 422
    assert admin.post(f"{URL}bulk/", {**form, "reason": "", "count": "2"}).status_code == 422
    assert set(DeadLetter.objects.values_list("state", flat=True)) == {"open"}
    assert admin.post(f"{URL}bulk/", {**form, "count": "2"}).status_code == 302
    assert set(DeadLetter.objects.values_list("state", flat=True)) == {"discarded"}


def test_bulk_of_nothing_says_so(source: Source) -> None:
    admin = client(cast.admin())
    assert "No waiting item matches" in page("bulk/?do=replay-all")
    assert admin.post(f"{URL}bulk/", {"do": "replay-all"}).status_code == 422
    assert admin.get(f"{URL}bulk/?do=replay-ticked").status_code == 302
    assert admin.get(f"{URL}bulk/?do=keep-all").status_code == 302


def _download(form: str, query: str = "") -> str:
    answer: Any = client(cast.reviewer()).get(f"{URL}export/{form}/{query}")
    assert "attachment" in answer["Content-Disposition"]
    return b"".join(answer.streaming_content).decode()


def test_the_filtered_list_is_exported_and_no_cell_is_a_formula(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.ui.letters.PAGE", 2)
    for number in range(4):
        letters.refuse_item(source, number, external_id=f"=cmd|{number}", kind="shout")
    letters.refuse_item(make.source("other"), 9, kind="shout")
    head, *rows = csv.reader(_download("csv", "?source=acme").splitlines())
    assert [row[head.index("external_id")] for row in rows] == [
        f"'=cmd|{number}" for number in (3, 2, 1, 0)
    ]
    assert {row[head.index("field")] for row in rows} == {"kind"}
    lines = [json.loads(line) for line in _download("ndjson").splitlines()]
    assert [line["external_id"] for line in lines][:2] == ["s-9", "=cmd|3"]
    assert json.loads(lines[0]["raw"])["kind"] == "shout"
    verbs = AuditEntry.objects.filter(verb="letters.exported")
    assert [entry.data["form"] for entry in verbs] == ["csv", "ndjson"]
    assert client(cast.reviewer()).get(f"{URL}export/xml/").status_code == 404


def test_an_item_is_laid_out_byte_for_byte_and_never_at_any_price() -> None:
    raw = b'{"a":1.50,"b":[1e400,"\\u202e"]}'
    assert laid_out(raw) == '{\n  "a": 1.50,\n  "b": [\n    1e400,\n    "\\u202e"\n  ]\n}'
    deep = b"[" * 900 + b"1," * 30_000 + b"1" + b"]" * 900
    assert laid_out(deep) == deep.decode()
    assert laid_out(b"{not json") == "{not json"
    assert laid_out(b"\xff") == "\ufffd"


@pytest.mark.parametrize(
    ("raw", "field", "sent"),
    [
        (b'{"kind": "shout"}', "kind", '"shout"'),
        (b'{"urls": ["a", 5]}', "urls.1", "5"),
        (b'{"urls": ["a"]}', "urls.7", ""),
        (b'{"identifiers": {"ip": {"x": 1}}}', "identifiers.ip", '{"x":1}'),
        (b"{}", "kind", ""),
        (b"nothing", "signal", ""),
        (b'{"text": "' + b"x" * 500 + b'"}', "text", f'"{"x" * 199}…'),
        (b"[" * 5_000, "signal", ""),
    ],
)
def test_each_reason_stands_beside_what_was_sent(raw: bytes, field: str, sent: str) -> None:
    (found,) = wrongs(raw, [{"field": field, "code": "c", "message": "m"}])
    assert found.sent == sent


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_item_keeps_its_page_from_being_made(raw: bytes) -> None:
    text.json_escaped(laid_out(raw)).encode()
    wrongs(raw, [{"field": "a.0.b", "code": "c", "message": "m"}])


@given(JSON)
def test_what_the_editor_holds_means_what_was_sent(value: Any) -> None:
    raw = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    shown = laid_out(raw)
    if "\ufffd" not in shown:
        assert json.loads(text.json_escaped(shown)) == value


def test_what_cannot_be_seen_is_escaped_for_an_editor_and_means_the_same() -> None:
    value = {"text": f"a{RLO}b\u200b\U000e0041\ud800 é"}
    shown = text.json_escaped(json.dumps(value, ensure_ascii=False))
    assert json.loads(shown) == value
    assert shown == '{"text": "a\\u202eb\\u200b\\udb40\\udc41\\ud800 é"}'


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r1", " =1", "\uff1d1"])
def test_a_cell_that_begins_like_a_formula_is_disarmed(cell: str) -> None:
    assert text.csv_cell(cell) == f"'{cell}"
    assert text.csv_cell(f"a{cell}") == f"a{cell}"
