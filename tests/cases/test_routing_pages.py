"""Pages of queues, rules, shifts and notices: who sees them, what they show, what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from abusedesk.core.models import Role, User
from cases.choices import NoticeKind, State
from cases.models import Case, Notice, Queue, RoutingRule, Shift
from cases.opening import inbox
from cases.services.assignment import assign_case
from cases.services.routing import save_rule
from cases.ui.routing import HEIGHT, picture
from tests.cases import build

pytestmark = pytest.mark.django_db
EVIL = "<img src=x onerror=alert(1)>\u202e"
SHIFT = {"user": "rita", "days": ["0", "1"], "start": "09:00", "end": "17:00", "zone": "UTC",
         "capacity": "5"}  # fmt: skip


def _browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root() -> User:
    return build.user(Role.ADMIN, "root")


@pytest.fixture
def admin(root: User) -> Client:
    return _browser(root)


@pytest.fixture
def lead() -> Client:
    return _browser(build.user(Role.LEAD, "lena"))


def _rule(root: User, name: str = "one") -> RoutingRule:
    return save_rule(actor=root, name=name, query="platform:x", queue=inbox())


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.PARTNER])
def test_settings_of_admins_are_not_there_for_anybody_else(root: User, role: Role) -> None:
    rule = _rule(root)
    other = _browser(build.user(role))
    for path in ("queues/", "queues/new/", "queues/inbox/", "routing/new/", f"routing/{rule.pk}/"):
        assert other.get(f"/settings/{path}").status_code == 404, path
    for path in (f"routing/{rule.pk}/move/", f"routing/{rule.pk}/delete/"):
        assert other.post(f"/settings/{path}", {"way": "up"}).status_code == 404, path
    saved = other.post("/settings/queues/inbox/", {"title": "Mine", "sla_hours": 1})
    assert saved.status_code == 404
    assert RoutingRule.objects.count() == 1
    assert Queue.objects.get().title == "Inbox"


def test_what_changes_something_is_never_done_by_a_link(root: User, admin: Client) -> None:
    rule, case = _rule(root), build.case()
    for path in (
        f"/settings/routing/{rule.pk}/move/", f"/settings/routing/{rule.pk}/delete/",
        "/notices/read/", f"/cases/{case.ref}/assign/", f"/cases/{case.ref}/move/",
        f"/cases/{case.ref}/snooze/",
    ):  # fmt: skip
        assert admin.get(path).status_code in {303, 405}, path
    assert build.verbs(case) == []
    assert RoutingRule.objects.count() == 1


def test_names_that_attackers_could_have_chosen_are_only_text(root: User, admin: Client) -> None:
    rule = _rule(root, EVIL)
    build.case(title=EVIL)
    pages = [
        admin.get("/settings/queues/"),
        admin.get(f"/settings/routing/{rule.pk}/"),
        admin.post("/settings/routing/new/", {
            "name": "new", "query": "platform:x", "queue": "inbox", "active": "on", "do": "try",
        }),
        admin.post("/settings/routing/new/", {"name": EVIL, "query": EVIL, "queue": EVIL}),
    ]  # fmt: skip
    assert [page.status_code for page in pages] == [200, 200, 200, 422]
    for page in pages:
        assert "<img src=x" not in page.content.decode()
    for page in pages[:2]:
        assert "\u202e" not in page.content.decode().partition("<main")[2].partition("<form")[0]


def test_the_first_rule_goes_no_higher_and_the_last_no_lower(root: User, admin: Client) -> None:
    one, two = _rule(root), _rule(root, "two")

    def order(rule: RoutingRule, way: str) -> list[str]:
        assert admin.post(f"/settings/routing/{rule.pk}/move/", {"way": way}).status_code == 302
        return list(RoutingRule.objects.values_list("name", flat=True))

    assert order(one, "up") == ["one", "two"]
    assert order(two, "down") == ["one", "two"]
    assert order(two, "up") == ["two", "one"]
    assert order(two, "down") == ["one", "two"]


def test_trying_a_change_saves_nothing_and_asks_in_the_place_of_the_rule(
    root: User, admin: Client
) -> None:
    rule = _rule(root)
    build.case(platforms=["email"])
    said = {"name": "one", "query": "platform:email", "queue": "inbox", "active": "on"}
    page = admin.post(f"/settings/routing/{rule.pk}/", said | {"do": "try"})
    assert "Of the last 1 cases it would take 1" in page.content.decode()
    rule.refresh_from_db()
    assert rule.query == "platform:x"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"slug": "inbox"}, "Choose another slug; inbox is taken."),
        ({"slug": "new"}, "Choose another slug; new is taken."),
        ({"people": "rita, ghost"}, "There is no ghost."),
        ({"sla_hours": "0"}, "greater than or equal to 1"),
        ({"roles": "partner"}, "Select a valid choice"),
        ({"skill": "Zwei"}, "small letters"),
    ],
)
def test_a_refused_queue_says_why_and_keeps_what_was_typed(
    admin: Client, said: dict[str, str], words: str
) -> None:
    build.user(name="rita")
    inbox()
    form = {
        "slug": "fraud",
        "title": "Typed title",
        "sla_hours": "8",
        "assign": "pull",
        "golden_percent": "5",
    } | said
    page = admin.post("/settings/queues/new/", form)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert 'value="Typed title"' in page.content.decode()
    assert Queue.objects.count() == 1


def test_a_reviewer_sees_no_shifts_and_a_lead_sees_who_works_on_cases(lead: Client) -> None:
    build.user(Role.PARTNER, "petra")
    rita = build.user(name="rita")
    build.case(assignee=rita)
    build.case(assignee=rita, state=State.CLOSED)
    assert _browser(rita).get("/settings/shifts/").status_code == 404
    assert _browser(rita).post("/settings/shifts/", SHIFT).status_code == 404
    page = lead.get("/settings/shifts/").content.decode()
    assert "petra" not in page
    assert "1 case waits for them" in page
    assert "0 cases wait for them" in page


@pytest.mark.parametrize("name", ["rita", "rita.may@desk.example"])
def test_a_lead_saves_a_shift_of_anybody_and_sees_it_again(lead: Client, name: str) -> None:
    build.user(name=name)
    form = SHIFT | {"user": name, "skills": "german, Money", "away_until": "2030-02-01"}
    assert lead.post("/settings/shifts/", form).status_code == 302
    shift = Shift.objects.get()
    assert (shift.user.username, shift.days, shift.start_min) == (name, [0, 1], 540)
    page = lead.get("/settings/shifts/").content.decode()
    for shown in ('value="09:00"', 'value="2030-02-01"', 'value="german, money"'):
        assert shown in page
    assert lead.post("/settings/shifts/", form).status_code == 302
    again = Shift.objects.get()
    assert (again.skills, again.away_until) == (shift.skills, shift.away_until)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"zone": "Mars/Base"}, "This is no time zone"),
        ({"zone": "../UTC"}, "This is no time zone"),
        ({"start": "24:00"}, "Enter a valid time"),
        ({"capacity": "501"}, "less than or equal to 500"),
        ({"days": ["7"]}, "Select a valid choice"),
        ({"skills": "under_score"}, "small letters"),
    ],
)
def test_a_refused_shift_opens_its_form_with_the_fault(
    lead: Client, said: dict[str, Any], words: str
) -> None:
    build.user(name="rita")
    page = lead.post("/settings/shifts/", SHIFT | said)
    assert page.status_code == 422
    html = page.content.decode()
    assert words in html
    assert html.count('<details class="body" open>') == 1
    assert not Shift.objects.exists()


@pytest.mark.parametrize("name", ["ghost", "petra"])
def test_a_shift_of_nobody_who_works_here_is_404(lead: Client, name: str) -> None:
    build.user(Role.PARTNER, "petra")
    assert lead.post("/settings/shifts/", SHIFT | {"user": name}).status_code == 404


@pytest.mark.parametrize("name", ["ghost", "ri\x00ta", EVIL, "x" * 5_000])
def test_a_case_given_to_nobody_there_is_says_so_and_stays(lead: Client, name: str) -> None:
    case = build.case()
    page = lead.post(f"/cases/{case.ref}/assign/", {"assignee": name}, follow=True)
    assert "There is no " in page.content.decode()
    assert "<img src=x" not in page.content.decode()
    assert Case.objects.get().assignee is None


def test_moving_shows_no_queue_that_one_does_not_see(lead: Client) -> None:
    case = build.case()
    Queue.objects.create(slug="sealed", title="Sealed matter", roles=[])
    Queue.objects.create(slug="scams", title="Scams")
    assert "Sealed matter" not in lead.get(f"/cases/{case.ref}/").content.decode()
    said = {"queue": "sealed", "reason": "x"}
    page = lead.post(f"/cases/{case.ref}/move/", said, follow=True).content.decode()
    assert "There is no such queue." in page
    assert Case.objects.get().queue.slug == "inbox"


def test_all_read_reads_ones_own_news_alone(lead: Client) -> None:
    lena, rita = User.objects.get(username="lena"), build.user(name="rita")
    for person in (lena, rita):
        assign_case(actor=build.user(Role.LEAD), case=build.case(), assignee=person)
    assert "was given to you" in lead.get("/").content.decode()
    lead.post("/notices/read/")
    assert "was given to you" not in lead.get("/").content.decode()
    left = Notice.objects.filter(read_at=None).values_list("user__username", "kind")
    assert list(left) == [("rita", NoticeKind.ASSIGNED)]


@pytest.mark.parametrize("history", [[], [0] * 14, [4] * 14, [10**6] * 14, [0] * 13 + [900]])
@pytest.mark.parametrize("seen", [0, 1, 2_000_000])
def test_the_picture_of_a_forecast_stays_in_its_frame(history: list[int], seen: int) -> None:
    snooze = build.case().snoozes.model(history=history, upper=9, expected=4.2, base=0, seen=seen)
    snooze.day = 60
    drawn = picture(snooze)
    for bar in [*drawn["bars"], drawn["now"], drawn["band"]]:
        assert 0 <= bar["x"] <= bar["x"] + bar["width"] <= drawn["width"]
        assert 0 <= bar["y"] <= bar["y"] + bar["height"] <= HEIGHT
    assert bool(drawn["now"]["height"]) == bool(seen)
    assert [bool(bar["height"]) for bar in drawn["bars"]] == [bool(hits) for hits in history]
