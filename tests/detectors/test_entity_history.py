"""The page of an entity: how its cases ended, what happened when, and the way to its signals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core.models import Role, User
from abusedesk.core.query import parse
from cases.choices import ReviewState, ReviewWhy
from cases.models import Case, EntityAction, SecondReview, Strike
from cases.selectors.entity import MOMENTS, Involved, cases_by_entity, history_of
from cases.selectors.strike import Counted, Standing
from cases.services.decision import undo_decision
from detectors import stream
from detectors.choices import Outcome
from detectors.entities import digest_of
from detectors.models import Entity, Stream
from detectors.partitions import ensure_partitions
from detectors.search import FIELDS
from detectors.ui import explorer
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db
VERDICT = '<span class="badge accent">Abuse confirmed</span>'


@pytest.fixture(autouse=True)
def live() -> Iterator[Stream]:
    stream.forget_pages()
    ensure_partitions([make.MOMENT])
    yield build.live_stream()
    stream.forget_pages()


@pytest.fixture
def lead() -> User:
    return build.user(Role.LEAD, name="lena")


def _entity(type: str, value: str) -> Entity:
    return Entity.objects.create(
        type=type,
        value=value,
        digest=digest_of(type, value),
        first_seen_at=build.NOON - timedelta(days=3),
        last_seen_at=build.NOON,
    )


def _page(entity: Entity, viewer: User) -> str:
    browser = Client()
    browser.force_login(viewer)
    answer = browser.get(reverse("detectors:entity-detail", args=[entity.type, entity.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def _one(entity: Entity, viewer: User) -> Involved:
    (found,) = cases_by_entity(entity, [], viewer)
    return found


def test_a_case_stands_on_the_page_with_its_decision_who_made_it_and_what_it_asks(
    lead: User,
) -> None:
    _, case = build.opened(members=build.accounts(3))
    account = _entity("account", "x:a1")
    assert (_one(account, lead).decision, _one(account, lead).actions) == (None, [])
    decision = build.decided(lead, case, Outcome.ABUSE)
    EntityAction.objects.create(
        decision=decision, entity_type="account", value="x:a1", kind="suspend"
    )
    EntityAction.objects.create(decision=decision, entity_type="account", value="x:a2", kind="warn")
    found = _one(account, lead)
    assert (found.case, found.decision) == (case, decision)
    assert [act.kind for act in found.actions] == ["suspend"]
    page = _page(account, lead)
    assert VERDICT in page
    assert "Suspend" in page
    assert "Warn" not in page, "that is what another account gets"


def test_an_action_that_was_taken_back_and_a_decision_that_was_undone_are_not_shown(
    lead: User,
) -> None:
    _, case = build.opened(members=build.accounts(3))
    account = _entity("account", "x:a1")
    decision = build.decided(lead, case, Outcome.ABUSE)
    act = EntityAction.objects.create(
        decision=decision, entity_type="account", value="x:a1", kind="block"
    )
    EntityAction.objects.filter(pk=act.pk).update(reversed_at=build.NOON)
    assert _one(account, lead).actions == []
    undo_decision(actor=lead, decision=decision)
    assert _one(account, lead).decision is None
    assert VERDICT not in _page(account, lead)


def test_a_verdict_that_waits_for_a_second_opinion_is_on_the_page_of_its_author_alone(
    lead: User,
) -> None:
    _, case = build.opened(members=build.accounts(3))
    account, other = _entity("account", "x:a1"), build.user(name="otto")
    decision = build.decided(lead, case, Outcome.ABUSE)
    review = SecondReview.objects.create(decision=decision, why=ReviewWhy.SAMPLE)
    assert "lena decided: abuse confirmed" in _page(account, lead)
    blind = _page(account, other)
    assert case.ref in blind
    assert "decided:" not in blind
    assert VERDICT not in blind
    SecondReview.objects.filter(pk=review.pk).update(state=ReviewState.AGREED)
    assert "lena decided: abuse confirmed" in _page(account, other)


def test_the_cases_of_queues_that_a_person_does_not_see_are_not_on_the_page(lead: User) -> None:
    build.opened(members=build.accounts(3))
    account = _entity("account", "x:a1")
    assert cases_by_entity(account, [], build.user(Role.PARTNER)) == []
    browser = Client()
    browser.force_login(build.user(Role.PARTNER))
    path = reverse("detectors:entity-detail", args=["account", account.pk])
    assert browser.get(path).status_code == 404


def test_the_timeline_tells_all_that_the_page_speaks_of_from_new_to_old(lead: User) -> None:
    account = _entity("account", "x:a1")
    finding = build.finding(subjects=["x:a1", "x:a2"])
    case = build.case(opened_at=build.NOON + timedelta(hours=1))
    decision = build.decided(lead, case, Outcome.ABUSE)
    strike = Strike(
        decision=decision,
        value="x:a1",
        points=4,
        half_life_days=90,
        given_at=decision.created_at + timedelta(seconds=1),
        expires_at=decision.created_at + timedelta(days=90),
    )
    standing = Standing("x:a1", 4.0, [Counted(strike, 4.0)], [])
    told = history_of(account, [finding], [Involved(case, decision, [])], [standing])
    assert [one.at for one in told] == sorted((one.at for one in told), reverse=True)
    assert [(one.sentence, one.ref) for one in told] == [
        ("4 strike points", case.ref),
        ("lena decided: abuse confirmed", case.ref),
        ("a case was opened", case.ref),
        ("seen last", ""),
        ("shared-infrastructure: 2 accounts share device d-1", ""),
        ("seen for the first time", ""),
    ]


def test_a_timeline_is_bounded_and_keeps_the_newest(lead: User) -> None:
    account = _entity("account", "x:a1")
    cases = [
        Involved(Case(ref=f"AD-{n}", opened_at=build.NOON + timedelta(hours=n)), None, [])
        for n in range(MOMENTS + 20)
    ]
    told = history_of(account, [], cases, [])
    assert len(told) == MOMENTS
    assert told[0].ref == f"AD-{MOMENTS + 19}"


def test_what_attackers_wrote_is_text_on_the_timeline(lead: User) -> None:
    account = _entity("account", "x:a1")
    build.finding(subjects=["x:a1"], sentence="<img src=x onerror=alert(1)> https://evil.example/a")
    page = _page(account, lead)
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 2, "in the table and on the timeline"
    assert "https://evil.example" not in page


@pytest.mark.parametrize(
    ("type", "value", "query"),
    [
        ("account", "x:rosa", "platform:x actor:rosa"),
        ("account", "mastodon:rosa@toot.example", "platform:mastodon actor:rosa@toot.example"),
        ("account", 'x:a "b", c', 'platform:x actor:"a \\"b\\", c"'),
        ("account", "x:>7", 'platform:x actor:">7"'),
        ("domain", "evil.example", "domain:evil.example"),
        ("ip", "2001:db8::1", "ip:2001:db8::1"),
        ("payment", "iban-1", "payment:iban-1"),
        ("hashtag", "vote", "hashtag:vote"),
    ],
)
def test_the_page_leads_to_the_search_for_its_signals(type: str, value: str, query: str) -> None:
    entity = Entity(type=type, value=value)
    assert explorer.about(entity) == query
    assert str(parse(query, FIELDS)) == query, "the search reads what the page writes"


def test_an_entity_whose_type_no_token_names_has_no_such_way(lead: User) -> None:
    assert explorer.about(Entity(type="prompt-template", value="t1")) == ""
    page = _page(_entity("prompt-template", "t1"), lead)
    assert "All its signals" not in page
    assert "seen for the first time" in page


def test_the_search_that_the_page_leads_to_finds_the_signals_of_the_account(lead: User) -> None:
    mine = build.signal(1, actor="rosa", text="this is mine")
    build.signal(2, actor="rosamund", text="this is not")
    account = _entity("account", "x:rosa")
    page = _page(account, lead)
    assert 'name="q" value="platform:x actor:rosa"' in page
    browser = Client()
    browser.force_login(lead)
    found = browser.get("/signals/", {"q": "platform:x actor:rosa"}).content.decode()
    assert f"/signals/{mine.pk}/" in found
    assert "this is not" not in found
