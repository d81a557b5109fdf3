"""Popular is not coordinated, and declared partners are known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from time_machine import travel

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope
from cases.models import Case
from detectors.base import Family
from detectors.choices import CampaignState
from detectors.declared import judged_groups
from detectors.fusion import Group
from detectors.models import Campaign, CampaignMember, DeclaredGroup
from detectors.pairs import Evidence
from detectors.schema import SignalIn
from detectors.services.declared import declare_group, end_group
from detectors.services.ingest import ingest_batch
from tests import cast, desk, make

HOUR = 3_600.0
WIRE = tuple(f"x:wire{n}" for n in range(8))
BOTS = tuple(f"x:bot{n}" for n in range(5))
URL = "/api/v1/declared-groups/"
GROUP: dict[str, Any] = {"name": "Wire", "accounts": list(WIRE), "proof": "imprint of the paper"}
stored = pytest.mark.django_db(transaction=True)


@pytest.fixture
def start() -> Iterator[datetime]:
    """Long enough ago that everything a test tells has happened."""
    desk.forget()
    yield clock.now() - timedelta(hours=40)
    desk.forget()


def _share(start: datetime, after_s: float, actor: str, link: str, number: int) -> SignalIn:
    return make.signal(
        number,
        actor=actor,
        urls=(f"https://{link}.example/read",),
        occurred_at=start + timedelta(seconds=after_s),
        external_id=f"{link}-{number}",
    )


def _send(source: str, signals: list[SignalIn]) -> None:
    signals.sort(key=lambda one: one.occurred_at)
    target = make.source(source)
    for place in range(0, len(signals), 2_000):
        ingest_batch(source=target, signals=signals[place : place + 2_000])


def _popular(start: datetime) -> list[SignalIn]:
    """6,000 shares of one link by 2,000 users in ten minutes; 60 fans at ten matches, each also
    seen by 300 others; and what all of them share alone."""
    dice = random.Random(107)
    people = [f"p{n}" for n in range(2_000)]
    fans = [f"fan{n}" for n in range(60)]
    acts = [(4 * HOUR + dice.uniform(0, 600), dice.choice(people), "viral") for _ in range(6_000)]
    for match in range(10):
        kick = (6 + match) * HOUR
        loud = [name for name in fans if dice.random() < 0.7]
        acts += [(kick + dice.expovariate(1 / 90), name, f"match{match}") for name in loud]
        others = dice.sample(people, 300)
        acts += [(kick + dice.expovariate(1 / 150), name, f"match{match}") for name in others]
    for name in [*people, *people, *fans * 12]:
        acts.append((dice.uniform(0, 18 * HOUR), name, f"single{dice.randrange(3_000)}"))
    return [_share(start, at, who, link, n) for n, (at, who, link) in enumerate(acts)]


def _operation(start: datetime) -> list[SignalIn]:
    """15 accounts that act within a minute on eight links which 250 others share in their time."""
    dice = random.Random(15)
    acts = []
    for link in range(8):
        begin = (20 + 2 * link) * HOUR
        acts += [
            (begin + dice.lognormvariate(7.5, 1.0), f"p{who}", f"story{link}")
            for who in dice.sample(range(2_000), 250)
        ]
        acts += [
            (begin + 900 + dice.uniform(0, 60), f"sock{who}", f"story{link}") for who in range(15)
        ]
    acts.append((38.5 * HOUR, "last", "end"))
    return [_share(start, at, who, link, n) for n, (at, who, link) in enumerate(acts)]


def _newswire(start: datetime, prefix: str = "item") -> list[SignalIn]:
    """Eight outlets that publish forty items within 25 seconds each, among 400 people."""
    dice = random.Random(8)
    acts = [
        (
            dice.uniform(0, 18 * HOUR),
            f"p{dice.randrange(400)}",
            f"n{int(dice.paretovariate(0.8)) % 300}",
        )
        for _ in range(3_000)
    ]
    acts += [
        (item * 1_200 + dice.uniform(0, 25), f"wire{outlet}", f"{prefix}{item}")
        for item in range(40)
        for outlet in range(8)
        if dice.random() < 0.75
    ]
    acts.append((20 * HOUR, "last", f"{prefix}-end"))
    return [_share(start, at, who, link, n) for n, (at, who, link) in enumerate(acts)]


def _members(case: Case) -> set[str]:
    rows = CampaignMember.objects.filter(campaign__case_link__case=case)
    return set(rows.values_list("account", flat=True))


@pytest.mark.row(107)
@stored
@pytest.mark.slow
def test_a_viral_link_and_loyal_fans_open_nothing_and_fifteen_who_act_together_do(
    start: datetime,
) -> None:
    _send("crowd", [*_popular(start), _share(start, 19 * HOUR, "last", "later", 1)])
    desk.work()
    assert Case.objects.count() == 0
    _send("more", _operation(start))
    with travel(clock.now() + timedelta(minutes=10), tick=False):  # the next tick
        desk.work()
    (case,) = Case.objects.all()
    assert _members(case) == {f"x:sock{n}" for n in range(15)}


@pytest.mark.row(107)
@stored
def test_a_declared_syndicate_opens_no_case_and_is_listed(start: datetime) -> None:
    group = declare_group(actor=cast.lead(), **GROUP)
    _send("wire", _newswire(start))
    desk.work()
    assert Case.objects.count() == 0
    campaign = Campaign.objects.get(state=CampaignState.DECLARED)
    assert (campaign.declared, campaign.size) == (group, 8)
    told = Client().get(URL, headers=make.bearer(Scope.READ, user=cast.admin())).json()
    (listed,) = told["results"]
    assert (listed["seen"], listed["signals"]) == (1, campaign.signal_total)
    assert listed["last_at"] is not None
    client = Client()
    client.force_login(cast.reviewer())
    page = client.get(f"/settings/groups/{group.pk}/").content.decode()
    assert "Declared coordination" in page
    assert f'id="campaign-{campaign.pk}"' in page
    assert "imprint of the paper" in page


@pytest.mark.row(107)
@stored
def test_the_same_outlets_undeclared_are_a_case_until_somebody_declares_them(
    start: datetime,
) -> None:
    _send("wire", _newswire(start))
    desk.work()
    (case,) = Case.objects.all()
    assert _members(case) == set(WIRE)
    group = declare_group(actor=cast.lead(), **GROUP)
    desk.work()
    campaign = Campaign.objects.get(case_link__case=case)
    assert (campaign.state, campaign.declared) == ("declared", group)
    assert Case.objects.count() == 1
    end_group(actor=cast.admin(), group=group, reason="sold")
    desk.work()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.declared) == ("open", None)
    assert Case.objects.count() == 1


@stored
def test_a_declaration_that_ends_by_its_date_is_no_excuse_any_more(start: datetime) -> None:
    until = clock.now() + timedelta(days=2)
    group = declare_group(actor=cast.lead(), **GROUP, valid_until=until)
    _send("wire", _newswire(start))
    desk.work()
    assert Case.objects.count() == 0
    with travel(until + timedelta(seconds=1), tick=False):
        desk.work()
    assert Case.objects.count() == 1
    group.refresh_from_db()
    assert not group.applied


@stored
def test_a_declaration_begins_at_its_date(start: datetime) -> None:
    begins = clock.now() + timedelta(days=1)
    declare_group(actor=cast.lead(), **GROUP, valid_from=begins)
    desk.work()
    assert not DeclaredGroup.objects.get().applied
    with travel(begins + timedelta(seconds=1), tick=False):
        desk.work()
    assert DeclaredGroup.objects.get().applied


def _evidence(number: int, subjects: tuple[str, ...], family: str, llr: float) -> Evidence:
    return Evidence(
        id=number,
        detector=family,
        family=family,
        anchor=f"a:{number}",
        subjects=subjects,
        links=(),
        llr=llr,
        last_at=0.0,
        opens_alone=True,
    )


def _judged(evidence: list[Evidence], *groups: tuple[str, ...]) -> list[Group]:
    accounts = sorted({name for one in evidence for name in one.subjects})
    declared = {number: frozenset(names) for number, names in enumerate(groups, 1)}
    return judged_groups(evidence, accounts, declared)


@pytest.mark.row(107)
def test_members_of_one_declared_group_are_told_apart_and_open_nothing() -> None:
    hard = _evidence(1, WIRE, Family.INFRA_HARD, 9.0)
    text = _evidence(2, WIRE, Family.CONTENT, 5.0)
    (group,) = _judged([hard, text], WIRE)
    assert (group.declared, group.opens, set(group.members)) == (1, False, set(WIRE))
    (free,) = _judged([hard, text])
    assert (free.declared, free.opens) == (0, True)


@pytest.mark.row(107)
def test_a_declared_outlet_that_acts_with_bots_is_found_with_them() -> None:
    timing = _evidence(1, WIRE, Family.TIMING, 6.5)
    caught = (*BOTS, WIRE[0])
    hard = _evidence(2, caught, Family.INFRA_HARD, 8.0)
    found, known = _judged([timing, hard], WIRE)
    assert (set(found.members), found.opens, found.declared) == (set(caught), True, 0)
    assert (set(known.members), known.opens, known.declared) == (set(WIRE), False, 1)


def test_the_score_with_a_declaration_is_still_the_sum_of_its_parts() -> None:
    together = (*WIRE[:2], *BOTS)
    hard = _evidence(1, together, Family.INFRA_HARD, 9.0)
    text = _evidence(2, together, Family.CONTENT, 5.0)
    (group,) = _judged([hard, text], WIRE)
    assert set(group.members) == set(together)
    assert group.parts["declared"] == pytest.approx(-6.0 / len(group.edges))
    assert group.score == pytest.approx(sum(group.parts.values()))
    pair = next(edge for edge in group.edges if (edge.a, edge.b) == WIRE[:2])
    assert pair.score == pytest.approx(sum(llr for llr, _ in pair.parts.values()) - 6.0)


def test_accounts_of_two_declared_groups_are_listed_once() -> None:
    timing = _evidence(1, WIRE, Family.TIMING, 6.5)
    told = _judged([timing], WIRE, WIRE)
    assert [one.declared for one in told] == [1]
    assert _judged([timing], WIRE[:2]) != []
    assert [one.declared for one in _judged([timing], WIRE[:2])] == [0]


@stored
@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"name": " "}, "name"),
        ({"proof": ""}, "proof"),
        ({"accounts": ["x:a"]}, "accounts"),
        ({"accounts": ["x:a", "x:a "]}, "accounts"),
        ({"accounts": ["x:a", "nobody"]}, "accounts"),
        ({"accounts": [f"x:{n}" for n in range(501)]}, "accounts"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "valid_until"),
    ],
)
def test_what_cannot_be_declared_is_refused_at_its_field(
    changes: dict[str, Any], attr: str
) -> None:
    door = make.bearer(Scope.ADMIN, user=cast.admin())
    sent = Client().post(URL, GROUP | changes, content_type="application/json", headers=door)
    assert sent.status_code in {400, 422}
    assert sent.json()["errors"][0]["attr"].startswith(attr)
    assert not DeclaredGroup.objects.exists()


@stored
def test_leads_declare_and_end_in_the_browser_and_reviewers_look() -> None:
    client = Client()
    client.force_login(cast.lead())
    form = {"name": "<b>Wire</b>", "accounts": "x:a\nx:b\n\n", "proof": "imprint", "days": "30"}
    assert client.post("/settings/groups/", form | {"accounts": "x:a"}).status_code == 422
    assert client.post("/settings/groups/", form).status_code == 302
    group = DeclaredGroup.objects.get()
    assert (group.accounts, group.declared_by) == (["x:a", "x:b"], cast.lead())
    assert group.valid_until is not None
    page = client.get("/settings/groups/").content.decode()
    assert "&lt;b&gt;Wire&lt;/b&gt;" in page
    assert client.post(f"/settings/groups/{group.pk}/end/", {"reason": ""}).status_code == 302
    group.refresh_from_db()
    assert group.ended_at is None
    client.post(f"/settings/groups/{group.pk}/end/", {"reason": "sold"})
    group.refresh_from_db()
    assert (group.end_reason, group.ended_by) == ("sold", cast.lead())
    assert "Ended: <bdi>sold</bdi>" in client.get(f"/settings/groups/{group.pk}/").content.decode()
    verbs = AuditEntry.objects.filter(target_type="declaredgroup").values_list("verb", flat=True)
    assert sorted(verbs) == ["group.declared", "group.ended"]
    viewer = Client()
    viewer.force_login(cast.reviewer())
    assert "Declare a group" not in viewer.get("/settings/groups/").content.decode()
    assert viewer.post("/settings/groups/", form).status_code == 404


@stored
def test_services_refuse_whoever_may_not_and_what_has_ended() -> None:
    with pytest.raises(ForbiddenError):
        declare_group(actor=cast.reviewer(), **GROUP)
    group = declare_group(actor=cast.lead(), **GROUP)
    with pytest.raises(ForbiddenError):
        end_group(actor=cast.partner(), group=group, reason="no")
    with pytest.raises(InvalidError):
        end_group(actor=cast.lead(), group=group, reason=" ")
    end_group(actor=cast.lead(), group=group, reason="sold")
    with pytest.raises(ConflictError):
        end_group(actor=cast.lead(), group=group, reason="again")
