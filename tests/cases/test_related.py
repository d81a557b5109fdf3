"""Similar cases, with the evidence that they share."""

from __future__ import annotations

import pytest

from abusedesk.core.models import Role
from cases.choices import State
from cases.models import Case
from cases.selectors.related import similar_to
from detectors.choices import Outcome
from detectors.entities import digest_of
from detectors.models import Entity, Signal, SignalEntity
from tests.cases import build

pytestmark = pytest.mark.django_db


def _case(first: int, *domains: str, members: list[str] | None = None) -> Case:
    """A case whose first signal has this number and mentions these domains."""
    names = members or build.accounts(4, first=first)
    signals = [build.signal(first + place, actor=f"a{first + place}") for place in range(4)]
    for signal in signals:
        for domain in domains:
            _mention(signal, domain)
    ids = [signal.pk for signal in signals]
    finding = build.finding(subjects=names, signal_ids=ids, anchor=("device", f"d{first}"))
    _, case = build.opened(members=names, findings=[finding])
    return case


def _mention(signal: Signal, domain: str) -> None:
    entity, _ = Entity.objects.get_or_create(
        digest=digest_of("domain", domain),
        defaults={
            "type": "domain",
            "value": domain,
            "first_seen_at": signal.occurred_at,
            "last_seen_at": signal.occurred_at,
        },
    )
    SignalEntity.objects.create(
        signal_id=signal.pk,
        occurred_at=signal.occurred_at,
        entity=entity,
        role="url",
        raw=domain,
    )


@pytest.mark.row(39)
def test_a_case_with_three_of_the_same_domains_is_shown_with_them_and_how_it_ended() -> None:
    first = _case(10, "a.example", "b.example", "c.example", "only-here.example")
    second = _case(50, "a.example", "b.example", "c.example", "only-there.example")
    _case(90, "unrelated.example")
    viewer = build.user(Role.LEAD)
    build.decided(viewer, second, Outcome.ABUSE)
    (found,) = similar_to(first, viewer)
    assert (found.case, found.counts, found.outcome) == (
        second,
        {"domain": 3},
        Outcome.ABUSE.label,
    )
    assert [thing.value for thing in found.shared] == ["a.example", "b.example", "c.example"]
    assert all(thing.entity_id for thing in found.shared)
    assert [one.case for one in similar_to(second, viewer)] == [first]


def test_a_rare_thing_in_common_comes_before_a_common_one() -> None:
    first = _case(10, "everywhere.example", "rare.example")
    for number in range(3):
        _case(100 + 40 * number, "everywhere.example")
    rare = _case(50, "rare.example")
    found = similar_to(first, build.user())
    assert found[0].case == rare
    assert len(found) == 4


def test_accounts_in_common_count_too() -> None:
    first = _case(10)
    again = build.campaign(members=["x:a10", "x:a11", "x:z1"], waiting=False)
    second = build.case()
    second.campaign_links.create(campaign=again, revision=1)
    (found,) = similar_to(first, build.user())
    assert (found.case, found.counts) == (second, {"account": 2})


def test_merged_cases_and_cases_out_of_sight_are_not_shown() -> None:
    first = _case(10, "a.example")
    second = _case(50, "a.example")
    assert similar_to(first, build.user(Role.PARTNER)) == []
    Case.objects.filter(pk=second.pk).update(state=State.MERGED)
    assert similar_to(first, build.user()) == []


def test_a_case_without_evidence_is_like_no_other() -> None:
    _case(10, "a.example")
    assert similar_to(build.case(), build.user()) == []
