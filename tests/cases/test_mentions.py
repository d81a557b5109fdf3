"""People named in notes: who is told, who is not, and how that is said."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Role, Scope, User
from cases.choices import NoticeKind
from cases.mentions import MOST, mentioned_in, names_in
from cases.models import Case, Note, Notice, Queue
from cases.selectors.notice import colleagues_of, inbox_for, notices_for
from cases.services.note import add_note
from cases.services.notice import read_notices
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def ben() -> User:
    return build.user(name="ben")


def private(*people: User) -> Queue:
    """A queue for admins and who is named."""
    queue = Queue.objects.create(slug="private", title="Private", position=5, roles=[])
    queue.people.set(people)
    return queue


@pytest.mark.row(53)
def test_who_is_named_has_one_notice_that_leads_to_the_note_and_holds_no_word_of_it(
    rita: User, ben: User
) -> None:
    case = build.case()
    note = add_note(actor=rita, case=case, body="@ben is evil.example theirs? @ben")
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.actor, notice.note) == (ben, "mention", rita, note)
    browser = Client()
    browser.force_login(ben)
    page = browser.get("/inbox/").content.decode()
    assert case.ref in page
    assert "names you in a note" in page
    assert "evil" not in page
    opened = browser.get(f"/inbox/{notice.pk}/")
    assert opened["Location"] == f"/cases/{case.ref}/#note-{note.pk}"
    assert f'id="note-{note.pk}"' in browser.get(f"/cases/{case.ref}/").content.decode()
    assert notices_for(ben).count() == 0


@pytest.mark.row(53)
def test_who_may_not_see_the_case_is_not_told_and_the_writer_hears_so(
    rita: User, ben: User
) -> None:
    case = build.case(queue=private(rita))
    browser = Client()
    browser.force_login(rita)
    said = {"body": "@ben look"}
    page = browser.post(f"/cases/{case.ref}/notes/", said, follow=True).content.decode()
    assert "Not told: ben, who may not see this case." in page
    assert not Notice.objects.exists()
    assert Note.objects.get().body == "@ben look"
    part = browser.post(f"/cases/{case.ref}/notes/", said, headers={"HX-Request": "true"})
    assert "Not told: ben, who may not see this case." in part.content.decode()
    program = Client(headers=make.bearer(Scope.REVIEW, user=rita))
    answer = program.post(f"/api/v1/cases/{case.ref}/notes/", said, "application/json").json()
    assert (answer["told"], answer["not_told"]) == ([], ["ben"])
    assert not Notice.objects.exists()


@pytest.mark.row(53)
def test_over_rest_a_mention_is_told_listed_and_read(rita: User, ben: User) -> None:
    case = build.case()
    writer = Client(headers=make.bearer(Scope.REVIEW, user=rita))
    body = {"body": "@ben look"}
    answer = writer.post(f"/api/v1/cases/{case.ref}/notes/", body, "application/json").json()
    assert (answer["told"], answer["not_told"]) == (["ben"], [])
    reader = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=ben))
    (row,) = reader.get("/api/v1/notices/").json()
    assert (row["case"], row["kind"], row["actor"], row["note"]) == (
        case.ref,
        "mention",
        "rita",
        answer["id"],
    )
    read = reader.post("/api/v1/notices/read/", {"ids": [row["id"]]}, "application/json")
    assert read.json() == {"read": 1}
    assert reader.get("/api/v1/notices/").json() == []
    (kept,) = reader.get("/api/v1/notices/?all=true").json()
    assert kept["read_at"]


def test_every_note_is_news_of_its_own_but_nobody_tells_themselves(rita: User, ben: User) -> None:
    case = build.case()
    for body in ("@ben one", "@ben two", "@rita mine"):
        add_note(actor=rita, case=case, body=body)
    assert notices_for(ben).count() == 2
    assert notices_for(rita).count() == 0


def test_a_mention_in_a_case_that_moved_out_of_sight_is_gone(rita: User, ben: User) -> None:
    case = build.case()
    add_note(actor=rita, case=case, body="@ben look")
    notice = Notice.objects.get()
    Case.objects.update(queue=private(rita))
    assert not inbox_for(ben).exists()
    browser = Client()
    browser.force_login(ben)
    assert browser.get(f"/inbox/{notice.pk}/").status_code == 404
    assert read_notices(actor=ben) == 0


def test_a_notice_of_somebody_else_does_not_exist(rita: User, ben: User) -> None:
    add_note(actor=rita, case=build.case(), body="@ben look")
    notice = Notice.objects.get()
    assert read_notices(actor=rita, ids=[notice.pk]) == 0
    browser = Client()
    browser.force_login(rita)
    assert browser.get(f"/inbox/{notice.pk}/").status_code == 404
    browser.post("/notices/read/", {"notice": notice.pk})
    assert notices_for(ben).count() == 1


def test_a_mention_in_a_check_reaches_nobody_and_does_not_betray_it(rita: User, ben: User) -> None:
    check = build.case(only_for=rita)
    named = mentioned_in("@ben look", check)
    assert (named.told, named.refused) == ((ben,), ())
    add_note(actor=rita, case=check, body="@ben look")
    assert not Notice.objects.exists()
    assert ben in colleagues_of(check, rita)


@pytest.mark.parametrize("role", [Role.INTEGRATION, Role.PARTNER])
def test_who_works_on_no_case_can_be_named_but_is_not_told(rita: User, role: Role) -> None:
    other = build.user(role, name="other")
    named = mentioned_in("@other", build.case())
    assert (named.told, named.refused) == ((), (other,))


def test_who_is_gone_is_a_word_like_others(rita: User, ben: User) -> None:
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert mentioned_in("@ben and @spammer_1", build.case()).refused == ()


def test_letters_may_be_large_unless_somebody_is_called_just_so(ben: User) -> None:
    case = build.case()
    assert mentioned_in("@BEN", case).told == (ben,)
    big = build.user(name="Ben")
    assert mentioned_in("@Ben", case).told == (big,)
    assert mentioned_in("@ben", case).told == (ben,)


def test_a_note_names_twenty_people_and_no_more(rita: User) -> None:
    people = [build.user(name=f"p{number}") for number in range(MOST + 1)]
    names = " ".join(f"@{one}" for one in people)
    with pytest.raises(InvalidError, match="can name 20"):
        add_note(actor=rita, case=build.case(), body=names)
    assert not Note.objects.exists()
    add_note(actor=rita, case=build.case(), body=names.removesuffix(f"@{people[-1]}"))
    assert Notice.objects.count() == MOST


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ask @ben.", ["ben."]),
        ("(@ben), @rita: look", ["ben", "rita"]),
        ("mail ben@desk.example or x:@@ben", []),
        ("https://x.example/@ben", []),
        ("`@ben` and\n```\n@rita\n```\n@eve", ["eve"]),
        ("@ben @ben", ["ben"]),
        ("@", []),
    ],
)
def test_a_name_stands_behind_an_at_sign_outside_of_code(text: str, names: list[str]) -> None:
    assert names_in(text) == names


def test_a_full_stop_ends_a_sentence_not_a_name(ben: User) -> None:
    assert mentioned_in("Ask @ben.", build.case()).told == (ben,)
    dotted = build.user(name="ben.")
    assert set(mentioned_in("Ask @ben.", build.case()).told) == {ben, dotted}


@given(st.text(alphabet="@a.-+ `\n\x00\u202e", max_size=400))
def test_any_text_gives_a_bounded_list_of_distinct_names(text: str) -> None:
    found = names_in(text)
    assert len(found) == len(set(found)) <= 200
    assert all(name and f"@{name}" in text for name in found)


@pytest.mark.row(53)
def test_names_are_completed_with_those_who_may_see_the_case(rita: User, ben: User) -> None:
    build.user(name="bea")
    case = build.case(queue=private(rita, ben))
    browser = Client()
    browser.force_login(rita)
    found = browser.get(f"/cases/{case.ref}/people/?format=json&begins=B").json()
    assert found == {"names": ["ben"]}
    page = browser.get(f"/cases/{case.ref}/people/").content.decode()
    assert "@ben" in page
    assert "@bea" not in page
    program = Client(headers=make.bearer(Scope.READ, user=rita))
    rows = program.get(f"/api/v1/cases/{case.ref}/people/?begins=be").json()
    assert rows == [{"username": "ben", "role": "reviewer"}]


@pytest.mark.row(53)
def test_the_rail_counts_what_is_unread_and_the_open_page_hears_of_more(
    rita: User, ben: User
) -> None:
    browser = Client()
    browser.force_login(ben)
    assert browser.get("/live/").json()["inbox.unread"] == 0
    add_note(actor=rita, case=build.case(), body="@ben look")
    assert browser.get("/live/").json()["inbox.unread"] == 1
    assert '<span class="count" data-live="inbox.unread">1</span>' in (
        browser.get("/queues/").content.decode()
    )
    browser.post("/notices/read/")
    assert browser.get("/live/").json()["inbox.unread"] == 0


def test_the_inbox_goes_on_to_older_ones_and_keeps_what_was_read(rita: User, ben: User) -> None:
    cases = [build.case() for _ in range(53)]
    Notice.objects.bulk_create(Notice(user=ben, case=one, kind=NoticeKind.LATE) for one in cases)
    browser = Client()
    browser.force_login(ben)
    first = browser.get("/inbox/")
    assert len(first.context["rows"]) == 50
    second = browser.get(f"/inbox/{first.context['more']}")
    assert [one.case for one in second.context["rows"]] == cases[2::-1]
    browser.post("/notices/read/", {"notice": second.context["rows"][0].pk})
    assert notices_for(ben).count() == 52
    assert browser.get("/inbox/?show=all&from=x").status_code == 200
