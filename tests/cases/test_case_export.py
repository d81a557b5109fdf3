"""A list of cases as a table: the same rows, no formula, nothing of TLP:RED, and who took it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import audit
from abusedesk.core.errors import ForbiddenError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from abusedesk.core.query import Query, parse
from abusedesk.core.tables import lines
from cases import ordering
from cases.choices import State, Tlp
from cases.models import Case, Queue
from cases.search import FIELDS
from cases.services import export
from cases.services.export import COLUMNS, export_cases
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db

HOSTILE = '=HYPERLINK("https://evil.example/a","x")'


@pytest.fixture
def lena() -> User:
    return build.user(Role.LEAD, name="lena")


@pytest.fixture
def browser(lena: User) -> Client:
    client = Client()
    client.force_login(lena)
    return client


def _table(pieces: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(pieces))))


def _streamed(answer: object) -> list[dict[str, str]]:
    return _table([b"".join(answer.streaming_content).decode()])  # type: ignore[attr-defined]  # of a stream


def test_the_table_holds_what_the_filter_shows_in_its_order(browser: Client, lena: User) -> None:
    for number in range(4):
        build.case(hits=number, reasons=["one device", "near copies"], labels=["ring"])
    build.case(hits=99, state=State.CLOSED)
    build.case(hits=98, state=State.MERGED)
    answer = browser.post("/cases/export/", {"q": "is:open hits:>0", "sort": "-hits"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="cases-' in answer["Content-Disposition"]
    rows = _streamed(answer)
    assert [row["hits"] for row in rows] == ["3", "2", "1"]
    assert rows[0]["reasons"] == "one device; near copies"
    assert tuple(rows[0]) == COLUMNS
    entry = AuditEntry.objects.get(verb="cases.exported")
    assert entry.actor == lena
    assert "is:open hits:>0" in audit.sentence(entry)


def test_the_button_of_a_list_carries_its_filter_and_its_tab(browser: Client) -> None:
    build.case(hits=5)
    build.case(hits=1)
    page = browser.get("/queues/inbox/?state=open&q=hits:>2&sort=hits")
    said = page.context["export"]
    rows = _streamed(browser.post("/cases/export/", {"q": said["query"], "sort": said["order"]}))
    assert [row["hits"] for row in rows] == ["5"]
    assert str(said["query"]).startswith("hits:>2 queue:inbox is:open")


def test_no_cell_is_a_formula_and_addresses_are_defanged(lena: User) -> None:
    build.case(title=HOSTILE, reasons=["+1", "see https://evil.example/b"], labels=["@sum"])
    (row,) = _table(export_cases(actor=lena, query=Query()))
    assert row["title"].startswith("'=")
    assert "hxxps://evil[.]example/a" in row["title"]
    assert row["reasons"].startswith("'+1")
    assert row["labels"] == "'@sum"


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4), st.integers(0, 3))
def test_whatever_a_cell_holds_the_table_has_its_rows_and_no_formula(
    cells: list[str], limit: int
) -> None:
    told = "".join(lines(["a"] * len(cells), [cells] * 3, limit, "rows"))
    rows = list(csv.reader(io.StringIO(told, newline="")))
    assert len(rows) == 1 + min(limit, 3) + (limit < 3)
    for row in rows[1 : 1 + min(limit, 3)]:
        assert len(row) == len(cells)
        assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r") for cell in row if cell)


def test_of_red_cases_the_table_says_only_that_they_are_there(lena: User) -> None:
    red = build.case(title="secret words", reasons=["secret device"], tlp=Tlp.RED, labels=["hush"])
    told = "".join(export_cases(actor=lena, query=Query()))
    assert red.ref in told
    assert "TLP:RED: only on the screen" in told
    assert not any(word in told for word in ("secret", "hush"))


def test_only_cases_of_ones_own_queues_are_in_it(lena: User) -> None:
    hidden = Queue.objects.create(slug="hidden", title="Hidden", roles=[Role.ADMIN])
    build.case(queue=hidden)
    mine = build.case()
    assert [row["ref"] for row in _table(export_cases(actor=lena, query=Query()))] == [mine.ref]


def test_a_table_that_is_too_long_says_where_it_was_cut(
    lena: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "LIMIT", 3)
    monkeypatch.setattr(export, "BATCH", 2)
    for _ in range(5):
        build.case()
    told = list(export_cases(actor=lena, query=Query()))
    assert len(told) == 5
    assert "cut here: an export holds 3 cases at most" in told[-1]


def test_pieces_joined_are_every_case_once(lena: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    refs = {build.case(hits=1).ref for _ in range(7)}
    for order in (None, *map(ordering.read, ("-hits", "sure"))):
        rows = _table(export_cases(actor=lena, query=Query(), order=order))
        assert len(rows) == 7
        assert {row["ref"] for row in rows} == refs


def test_a_reviewer_is_refused_and_sees_no_button() -> None:
    rita = build.user(name="rita")
    build.case()
    client = Client()
    client.force_login(rita)
    page = client.get("/cases/")
    assert page.context["export"] is None
    assert b"/cases/export/" not in page.content
    assert client.post("/cases/export/", {}).status_code == 403
    with pytest.raises(ForbiddenError):
        export_cases(actor=rita, query=parse("", FIELDS))
    assert not AuditEntry.objects.filter(verb="cases.exported").exists()


@pytest.mark.parametrize(("said", "field"), [({"q": "is:purple"}, "q"), ({"sort": "size"}, "sort")])
def test_bad_input_is_named_and_nothing_is_exported(
    lena: User, said: dict[str, str], field: str
) -> None:
    program = Client(headers=make.bearer(Scope.READ, user=lena))
    answer = program.post("/api/v1/cases/export/", said, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer.json()["errors"][0]["attr"] == field
    assert not AuditEntry.objects.filter(verb="cases.exported").exists()


def test_the_api_sends_the_same_table(lena: User) -> None:
    build.case(hits=1)
    build.case(hits=2)
    program = Client(headers=make.bearer(Scope.READ, user=lena))
    answer = program.post(
        "/api/v1/cases/export/", {"sort": "hits"}, content_type="application/json"
    )
    assert [row["hits"] for row in _streamed(answer)] == ["1", "2"]
    assert Case.objects.count() == 2
