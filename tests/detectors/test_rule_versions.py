"""A rule that only watches needs one person; what makes it live or changes a live one needs two."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abusedesk.core.errors import (
    AbuseDeskError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
)
from abusedesk.core.models import AuditEntry, User
from detectors.choices import DraftState, Way
from detectors.models import DetectorConfig, DetectorDraft
from detectors.services.config import save_config
from detectors.services.draft import approve_draft, reject_draft, withdraw_draft
from detectors.services.rule import MAX_NAME, Saved, change_rule, create_rule
from detectors.sigma.params import EXAMPLE
from tests import cast
from tests.detectors.sigma.world import in_force

pytestmark = pytest.mark.django_db
SLUG = "rule-waves"
MODES = ("off", "shadow", "live")


def make_one(mode: str = "shadow", actor: User | None = None, name: str = "Waves") -> Saved:
    return create_rule(
        actor=actor or cast.lead(), name=name, mode=mode, params={"sigma": EXAMPLE}, reason="waves"
    )


def change(mode: str, number: int, **said: Any) -> Saved:
    told: dict[str, Any] = {
        "params": {"sigma": EXAMPLE, "threshold": 9}, "reason": "other", "actor": cast.lead(),
    }  # fmt: skip
    return change_rule(slug=SLUG, based_on=number, mode=mode, **(told | said))


def current() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


@pytest.mark.parametrize(
    ("before", "after", "threshold", "takes"),
    [
        ("off", "shadow", 9, 1),
        ("off", "live", 9, 2),
        ("shadow", "off", 9, 1),
        ("shadow", "shadow", 9, 1),
        ("shadow", "live", 0, 2),
        ("shadow", "live", 9, 2),
        # down with the same parameters is one person's; with others it changes what was live
        ("live", "off", 0, 1),
        ("live", "shadow", 0, 1),
        ("live", "off", 9, 2),
        ("live", "shadow", 9, 2),
        ("live", "live", 9, 2),
    ],
)
def test_how_many_people_a_change_takes_follows_from_what_it_was_and_becomes(
    before: str, after: str, threshold: int, takes: int
) -> None:
    number = in_force(make_one(before)).number
    saved = change(after, number, params={"sigma": EXAMPLE, "threshold": threshold})
    if takes == 1:
        assert saved.draft is None
        assert (current().mode, current().number) == (after, number + 1)
        return
    assert saved.draft is not None
    assert saved.draft.state == DraftState.OPEN
    assert (saved.config, current().mode, current().number) == (current(), before, number)
    assert in_force(saved).mode == after == current().mode


@pytest.mark.parametrize("mode", MODES)
def test_a_new_rule_never_counts_before_a_second_person_agreed(mode: str) -> None:
    saved = make_one(mode)
    assert saved.config.mode == ("shadow" if mode == "live" else mode)
    assert (saved.draft is not None) is (mode == "live")
    assert saved.config.created_by == cast.lead()
    assert saved.config.way == Way.SET
    if saved.draft is None:
        return
    cast.admin()
    with pytest.raises(ForbiddenError):
        approve_draft(actor=cast.lead(), draft=saved.draft)
    assert current().mode == "shadow"


@pytest.mark.parametrize("end", ["reject", "withdraw"])
def test_a_live_version_that_nobody_agreed_to_leaves_the_rule_watching(end: str) -> None:
    saved = make_one("live")
    assert saved.draft is not None
    if end == "reject":
        reject_draft(actor=cast.admin(), draft=saved.draft, note="too broad")
    else:
        withdraw_draft(actor=cast.lead(), draft=saved.draft)
    assert (current().mode, current().number) == ("shadow", 1)
    with pytest.raises(AbuseDeskError):
        approve_draft(actor=cast.admin(), draft=saved.draft)
    assert current().mode == "shadow"


def test_a_draft_on_a_version_that_was_replaced_never_comes_into_force() -> None:
    saved = make_one("live")
    assert saved.draft is not None
    change("shadow", 1)
    with pytest.raises(StaleError, match="written on version 1"):
        approve_draft(actor=cast.admin(), draft=saved.draft)
    assert (current().mode, current().number) == ("shadow", 2)


@given(steps=st.lists(st.tuples(st.sampled_from(MODES), st.integers(1, 3), st.booleans())))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_one_person_does_no_version_is_live_without_another(
    steps: list[tuple[str, int, bool]],
) -> None:
    DetectorDraft.objects.filter(slug=SLUG).delete()
    DetectorConfig.objects.filter(slug=SLUG).delete()
    cast.admin()
    make_one("live")
    for mode, threshold, helped in steps:
        params, now = {"sigma": EXAMPLE, "threshold": threshold}, current()
        if (now.mode, now.params["threshold"]) == (mode, threshold):
            with pytest.raises(InvalidError, match="Nothing differs"):
                change(mode, now.number, params=params)
            continue
        saved = change(mode, now.number, params=params)
        if saved.draft and helped:
            approve_draft(actor=cast.admin(), draft=saved.draft)
    rows = list(DetectorConfig.objects.filter(slug=SLUG).order_by("number"))
    assert [one.number for one in rows] == list(range(1, len(rows) + 1))
    assert [one.current for one in rows] == [False] * (len(rows) - 1) + [True]
    for one in rows:
        assert one.mode != "live" or one.approved_by == cast.admin()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"mode": "loud"}, "mode"),
        ({"mode": ""}, "mode"),
        ({"reason": " \0 "}, "reason"),
        ({"params": {"sigma": EXAMPLE.replace("1h", "1y")}}, "sigma"),
        ({"params": {"sigma": EXAMPLE, "sentence": "{who}"}}, "sentence"),
        ({"params": {"sigma": EXAMPLE, "sentence": "x" * 301}}, "sentence"),
        ({"params": {"sigma": EXAMPLE, "threshold": -1}}, "threshold"),
        ({"params": {"sigma": EXAMPLE, "threshold": 1_001}}, "threshold"),
        ({"params": {"sigma": EXAMPLE, "unknown": 1}}, "unknown"),
    ],
)
def test_a_change_that_cannot_be_names_its_field_and_leaves_the_rule_as_it_is(
    said: dict[str, Any], field: str
) -> None:
    make_one()
    before = AuditEntry.objects.count()
    told = {"mode": "shadow"} | said
    with pytest.raises(InvalidError) as caught:
        change(told.pop("mode"), 1, **told)
    assert caught.value.field == field
    assert current().number == 1
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("One  address", "rule-one-address"),
        ("  Trailing!? ", "rule-trailing"),
        ("Gr\u00f6\u00dfe 7", "rule-groe-7"),
        ("a" * MAX_NAME, f"rule-{'a' * MAX_NAME}"),
        ("<b>bold</b>", "rule-bboldb"),
        ("7", "rule-7"),
        ("a" * (MAX_NAME + 1), ""),
        ("\u0414\u0430", ""),
        ("---", ""),
        ("", ""),
    ],
)
def test_an_address_is_made_of_the_name_or_the_name_is_refused(name: str, slug: str) -> None:
    if slug:
        assert make_one(name=name).config.slug == slug
        return
    with pytest.raises(InvalidError) as caught:
        make_one(name=name)
    assert caught.value.field == "name"
    assert not DetectorConfig.objects.filter(slug__startswith="rule-").exists()


def test_two_names_with_one_address_are_one_rule() -> None:
    make_one(name="One address")
    with pytest.raises(InvalidError, match="of this name already") as caught:
        make_one(name="one ADDRESS!")
    assert caught.value.field == "name"


@pytest.mark.parametrize("slug", ["velocity", "rule-none", "rule-", "nothing"])
def test_what_is_no_rule_is_not_changed_as_one(slug: str) -> None:
    save_config(actor=None, slug="velocity", mode="live", params={}, reason="as shipped")
    with pytest.raises(NotFoundError):
        change_rule(
            actor=cast.admin(), slug=slug, based_on=1, mode="off", params={}, reason="because"
        )
    assert DetectorConfig.objects.count() == 1


@pytest.mark.parametrize("who", [cast.reviewer, cast.integration, cast.partner, cast.outsider])
def test_others_change_no_rule_and_learn_not_whether_there_is_one(who: Callable[[], User]) -> None:
    make_one()
    for slug in (SLUG, "rule-none"):
        with pytest.raises(ForbiddenError):
            change_rule(actor=who(), slug=slug, based_on=1, mode="off", params={}, reason="because")
    assert current().number == 1


def test_who_is_late_is_told_the_reason_of_the_version_that_came_first() -> None:
    make_one()
    change("shadow", 1, reason="a wave of <b>scams</b>")
    with pytest.raises(StaleError, match="a wave of <b>scams</b>") as caught:
        change("off", 1)
    assert caught.value.data == {"number": 2}
    assert change("off", 2).config.number == 3


@pytest.mark.django_db(transaction=True)
def test_two_who_make_a_rule_of_one_name_at_once_make_one_and_one_is_told() -> None:
    people = (cast.lead(), cast.admin())
    save_config(actor=None, slug="velocity", mode="live", params={}, reason="as shipped")
    outcomes, start = [], threading.Barrier(2)

    def create(who: User, threshold: int) -> None:
        try:
            start.wait(20)
            create_rule(
                actor=who, name="Waves", mode="shadow", reason="waves",
                params={"sigma": EXAMPLE, "threshold": threshold},
            )  # fmt: skip
            outcomes.append("made")
        except InvalidError as error:
            outcomes.append(error.field)
        finally:
            connection.close()

    threads = [threading.Thread(target=create, args=(who, n)) for n, who in enumerate(people, 3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(outcomes) == ["made", "name"]
    assert DetectorConfig.objects.filter(slug=SLUG).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_change_one_version_at_once_make_one_and_one_is_stale() -> None:
    make_one()
    people = (cast.lead(), cast.admin())
    outcomes, start = [], threading.Barrier(2)

    def alter(who: User, threshold: int) -> None:
        try:
            start.wait(20)
            change("shadow", 1, actor=who, params={"sigma": EXAMPLE, "threshold": threshold})
            outcomes.append("made")
        except StaleError:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=alter, args=(who, n)) for n, who in enumerate(people, 3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(outcomes) == ["made", "stale"]
    assert current().number == 2
