"""The search in everything: what it finds, for whom, and along which index."""

from __future__ import annotations

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Role, Scope, User
from bench import cases as bench
from cases.models import Case, Note, Queue
from cases.search.words import MOST, place_of, words_in
from cases.selectors import found
from cases.selectors.found import SHOWN, hits_by_words
from cases.services.appeal import open_appeal
from cases.services.file import add_file
from cases.services.merge import merge_cases
from cases.services.note import add_note
from cases.services.task import add_tasks
from cases.terms import Terms
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def ben() -> User:
    return build.user(name="ben")


def kinds(typed: str, viewer: User) -> dict[str, list[str]]:
    """Kind -> names of what was found."""
    found = hits_by_words(words_in(typed), viewer)
    return {one.kind: [hit.about for hit in one.hits] for one in found}


def words_everywhere(actor: User) -> Case:
    """One case with a word of its own in each place."""
    case = build.case(
        title="ring of parrots",
        summary=[{"lead": "What", "text": "they sell zebras", "finding_ids": []}],
        reasons=["eleven quaggas share a device"],
    )
    add_note(actor=actor, case=case, body="See the **walrus** on https://evil-walrus.example")
    add_tasks(actor=actor, case=case, texts=["call the ocelot"])
    add_file(
        actor=actor,
        case=case,
        note="from the tapir",
        upload=SimpleUploadedFile("invoice_lemur.png", b"\x89PNG\r\n\x1a\n0"),
    )
    decision = build.decided(actor, case, reason="plainly a mongoose")
    open_appeal(
        actor=actor, decision=decision, appellant="x:a", statement="no gecko", key=build.key(9)
    )
    return case


@pytest.mark.row(51)
@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("walrus", "notes"),
        ("evil-walrus.example", "notes"),
        ("hxxps://evil-walrus[.]example", "notes"),
        ("WALRUS", "notes"),
        ("alru", "notes"),
        ("parrots", "cases"),
        ("zebras", "cases"),
        ("quaggas", "cases"),
        ("mongoose", "decisions"),
        ("gecko", "appeals"),
        ("ocelot", "tasks"),
        ("lemur", "files"),
        ("tapir", "files"),
    ],
)
def test_a_word_is_found_wherever_it_was_written(rita: User, word: str, kind: str) -> None:
    case = words_everywhere(rita)
    assert kinds(word, rita) == {kind: [case.ref]}


@pytest.mark.row(51)
def test_the_page_leads_to_the_comment_and_marks_the_word(rita: User) -> None:
    case = words_everywhere(rita)
    browser = Client()
    browser.force_login(rita)
    page = browser.get("/search/", {"q": "walrus"}).content.decode()
    assert f'href="/cases/{case.ref}/#note-{Note.objects.get().pk}"' in page
    assert "See the **<mark>walrus</mark>** on hxxps://evil-<mark>walrus</mark>[.]example" in page
    program = Client(headers=make.bearer(Scope.READ, user=rita))
    (kind,) = program.get("/api/v1/search/", {"q": "walrus"}).json()
    (hit,) = kind["hits"]
    assert (kind["kind"], hit["about"], hit["who"]) == ("notes", case.ref, "rita")
    assert {"text": "walrus", "found": True} in hit["place"]


@pytest.mark.row(51)
def test_texts_of_signals_are_found_by_the_index_of_the_explorer(rita: User) -> None:
    signal = build.signal(1, text="cheap yak wool")
    assert kinds("yak", rita) == {"signals": [f"post {signal.pk}"]}
    assert kinds('"yak wool"', rita) == {"signals": [f"post {signal.pk}"]}


@pytest.mark.row(51)
def test_nothing_is_found_in_cases_out_of_sight(rita: User, ben: User) -> None:
    case = words_everywhere(rita)
    private = Queue.objects.create(slug="p", title="P", position=5, roles=[])
    private.people.set([rita])
    Case.objects.update(queue=private)
    words = ("walrus", "parrots", "mongoose", "gecko", "ocelot", "lemur")
    for word in words:
        assert kinds(word, ben) == {}
        assert list(kinds(word, rita).values()) == [[case.ref]]
    for role in (Role.PARTNER, Role.INTEGRATION):
        assert kinds("walrus", build.user(role)) == {}


def test_what_exists_for_one_person_is_found_by_them_alone(rita: User, ben: User) -> None:
    check = build.case(title="a parrot", only_for=rita)
    add_note(actor=rita, case=check, body="a walrus")
    assert kinds("walrus", rita) == {"notes": [check.ref]}
    assert kinds("walrus", ben) == kinds("parrot", ben) == {}


@pytest.mark.parametrize("merged", [False, True])
def test_a_verdict_to_be_judged_blind_is_found_nowhere(rita: User, ben: User, merged: bool) -> None:
    under = build.policy(review_percent=100)
    case = build.case()
    place = build.case() if merged else case
    add_note(actor=rita, case=place, body="a walrus, plainly")
    add_note(actor=ben, case=case, body="a walrus, perhaps")
    if merged:
        merge_cases(actor=ben, case=case, other=place, reason="one crew")
        case.refresh_from_db()
    build.decided(rita, case, reason="a mongoose", terms=Terms(policy=under))
    assert kinds("walrus", ben) == {"notes": [case.ref]}
    assert kinds("mongoose", ben) == {}
    assert len(kinds("walrus", rita)["notes"]) == 2
    assert "decisions" in kinds("mongoose", rita)


def test_all_words_stand_in_one_place(rita: User) -> None:
    case = build.case()
    add_note(actor=rita, case=case, body="red walrus in the north")
    add_note(actor=rita, case=case, body="blue walrus")
    for typed, count in (
        ("red walrus", 1),
        ("walrus red", 1),
        ('"walrus in"', 1),
        ('"in walrus"', 0),
        ("red blue", 0),
        ("walrus", 2),
        ("100% wal_us", 0),
    ):
        assert len(kinds(typed, rita).get("notes", [])) == count, typed


def test_the_newest_stand_first_and_more_are_said(rita: User) -> None:
    cases = [build.case(title=f"parrot {number}") for number in range(SHOWN + 1)]
    (kind,) = hits_by_words(["parrot"], rita)
    assert [hit.about for hit in kind.hits] == [one.ref for one in cases[:0:-1]]
    assert kind.more


def test_what_takes_too_long_is_given_up_and_said(
    rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    words_everywhere(rita)
    slow = Case.objects.extra(where=["pg_sleep(0.1) IS NOT NULL"])
    monkeypatch.setattr(found, "PATIENCE_MS", 20)
    monkeypatch.setattr(found, "cases_for", lambda viewer: slow)
    browser = Client()
    browser.force_login(rita)
    page = browser.get("/search/", {"q": "parrots"}).content.decode()
    assert "too frequent here" in page
    assert Case.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", []),
        ('""', []),
        ("one two one", ["one", "two"]),
        ('"two  words" three', ["two words", "three"]),
        ('"not closed', ["not closed"]),
        ("诈骗", ["诈骗"]),
        ("a\x00bc", ["abc"]),
    ],
)
def test_words_are_read(typed: str, words: list[str]) -> None:
    assert words_in(typed) == words


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("ab", "too short"),
        ("x" * 101, "at most 100"),
        (" ".join(f"word{n}" for n in range(MOST + 1)), "8 words"),
    ],
)
def test_what_no_index_finds_is_refused(rita: User, typed: str, why: str) -> None:
    with pytest.raises(InvalidError, match=why):
        words_in(typed)
    browser = Client()
    browser.force_login(rita)
    page = browser.get("/search/", {"q": typed})
    assert page.status_code == 422
    program = Client(headers=make.bearer(Scope.READ, user=rita))
    assert program.get("/api/v1/search/", {"q": typed}).status_code == 422


def test_a_long_text_is_cut_around_the_word() -> None:
    pieces = place_of(f"{'a ' * 500}walrus{' b' * 500}", ["walrus"])
    assert [one.text for one in pieces if one.found] == ["walrus"]
    assert pieces[0].text.startswith("…")
    assert pieces[-1].text.endswith("…")
    assert sum(len(one.text) for one in pieces) < 200


def test_hostile_text_stays_text(rita: User) -> None:
    body = "<script>alert(1)</script> walrus https://evil.example/walrus \u202e"
    add_note(actor=rita, case=build.case(), body=body)
    browser = Client()
    browser.force_login(rita)
    page = browser.get("/search/", {"q": "walrus"}).content.decode()
    assert "<script>alert" not in page
    assert "hxxps://evil[.]example/<mark>walrus</mark>" in page
    assert "[RLO]" in page


@given(st.text(max_size=300), st.text(min_size=1, max_size=20))
def test_pieces_are_the_text_in_order_whatever_it_is(text: str, word: str) -> None:
    pieces = place_of(text, [word])
    joined = "".join(one.text for one in pieces)
    assert all(one.text for one in pieces)
    assert len(joined) <= 2 * 90 + 2 + 8 * len(word)


MANY = 4_000


@pytest.mark.row(51)
def test_every_word_is_found_along_an_index(rita: User) -> None:
    """The planner alone decides; statistics as a desk of this size has them."""
    bench.fill(MANY)
    case = Case.objects.latest("pk")
    Note.objects.bulk_create(
        Note(case_id=number, author=rita, body=f"note {number} of somebody else")
        for number in Case.objects.values_list("pk", flat=True)
    )
    add_note(actor=rita, case=case, body="a walrus")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_note, cases_case")
    with CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        assert kinds("walrus", rita) == {"notes": [case.ref]}
        took = time.perf_counter() - began
    assert took < 2.0  # a slow machine; with the index it takes milliseconds
    (query,) = [one["sql"] for one in asked.captured_queries if 'FROM "cases_note"' in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "note_text" in plan, plan
    assert "Seq Scan on cases_note" not in plan
