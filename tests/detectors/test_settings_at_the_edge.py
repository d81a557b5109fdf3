"""Settings at the edge of what can be said: odd parameters, odd words at the shell, going back."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from detectors.choices import DraftState, Mode, Way
from detectors.models import Backtest, DetectorAlarm, DetectorConfig, DetectorDraft
from detectors.selectors.draft import backtests_of, draft_by_id, drafts_for
from detectors.services.config import ensure_configs, save_config
from detectors.services.draft import (
    MAX_SHADOW_DAYS,
    approve_draft,
    needs_another,
    propose_config,
    reject_draft,
)
from detectors.services.promotion import is_due, obstacle_to, promote_due
from detectors.services.rollback import roll_back
from tests import cast, make
from tests.cases import build

pytestmark = pytest.mark.django_db

SLUG = "velocity"


@pytest.fixture(autouse=True)
def shipped() -> None:
    ensure_configs()
    cast.admin()
    cast.lead()


def proposed(mode: str = "live", days: int | None = None, **params: Any) -> DetectorDraft:
    return propose_config(
        actor=cast.admin(),
        slug=SLUG,
        mode=mode,
        params=params or {"signups": 9},
        reason="too many",
        promote_after_days=days,
    )


def approved(mode: str = "live", days: int | None = None, **params: Any) -> DetectorConfig:
    made = approve_draft(actor=cast.lead(), draft=proposed(mode, days, **params)).made
    assert made is not None
    return made


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


def shell(*words: str, who: str = "admin") -> str:
    out = StringIO()
    call_command("detectors", words[0], "--as", who, *words[1:], stdout=out)
    return out.getvalue()


# --- parameters ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("season_sigma", float("nan")),
        ("season_sigma", float("inf")),
        ("season_sigma", "1e999"),
        ("season_sigma", 0.99),
        ("season_sigma", 10.01),
        ("season_busy", 2),
        ("season_busy", 29),
        ("signups", 1_000_001),
        ("signups", 1.5),
        ("signups", None),
        ("signups", [3]),
        ("signups_window_s", 9),
        ("custom_kind", "everything"),
        ("custom_second_group", "<script>"),
        ("Signups", 3),
        ("", 3),
    ],
)
def test_a_parameter_that_cannot_be_is_named_and_leaves_nothing(name: str, value: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        proposed(**{name: value})
    assert caught.value.field == (name or "params")
    assert not DetectorDraft.objects.exists()
    assert in_force().number == 1


@pytest.mark.parametrize("value", ["hash\x00tag", "\ud800"])
def test_text_that_no_database_holds_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidError) as caught:
        proposed(custom_object_type=value)
    assert caught.value.field == "custom_object_type"


def test_text_that_no_database_holds_is_refused_over_rest() -> None:
    program = Client(headers=make.bearer(Scope.ADMIN, user=cast.admin()))
    answer = program.post(
        f"/api/v1/detectors/{SLUG}/drafts/",
        json.dumps({"mode": "live", "params": {"custom_object_type": "a\x00"}, "reason": "x"}),
        content_type="application/json",
    )
    assert answer.status_code in {400, 422}
    assert "custom_object_type" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("season_sigma", 1.0),
        ("season_sigma", 10),
        ("season_busy", 3),
        ("signups", 0),
        ("signups", 1_000_000),
        ("custom_object_type", "<b>hash\u202etag</b>"),
    ],
)
def test_what_lies_on_a_bound_is_taken_and_all_else_is_at_its_default(
    name: str, value: Any
) -> None:
    before = in_force().params
    made = approved(**{name: value})
    assert made.params == before | {name: value}


def test_a_parameter_that_is_left_out_goes_back_to_its_default() -> None:
    default = in_force().params["posts"]
    approved(posts=7, signups=4)
    assert approved(signups=5).params["posts"] == default


@pytest.mark.parametrize("days", [1, MAX_SHADOW_DAYS])
def test_the_shortest_and_the_longest_time_in_shadow_are_taken(days: int) -> None:
    with time_machine.travel(clock.now(), tick=False):
        made = approved("shadow", days)
        assert made.promote_at == clock.now() + timedelta(days=days)


def test_the_days_in_shadow_run_from_the_approval_not_from_the_draft() -> None:
    written = clock.now()
    draft = proposed("shadow", 7)
    with time_machine.travel(written + timedelta(days=5), tick=False):
        made = approve_draft(actor=cast.lead(), draft=draft).made
        assert made is not None
        assert made.promote_at == clock.now() + timedelta(days=7)


# --- who approves --------------------------------------------------------------------------


def test_a_draft_of_somebody_who_left_is_not_approved_and_can_still_be_rejected() -> None:
    draft = proposed()
    User.objects.filter(pk=cast.admin().pk).update(is_active=False)
    with pytest.raises(ConflictError, match="may no longer change"):
        approve_draft(actor=cast.lead(), draft=DetectorDraft.objects.get())
    assert reject_draft(actor=cast.lead(), draft=draft, note="gone").state == DraftState.REJECTED
    assert in_force().number == 1


@pytest.mark.parametrize(
    ("role", "active", "needed"),
    [
        (Role.LEAD, True, True),
        (Role.ADMIN, True, True),
        (Role.LEAD, False, False),
        (Role.REVIEWER, True, False),
        (Role.INTEGRATION, True, False),
        (Role.PARTNER, True, False),
    ],
)
def test_only_active_people_who_may_approve_count_as_another(
    role: Role, *, active: bool, needed: bool
) -> None:
    User.objects.exclude(pk=cast.admin().pk).update(is_active=False)
    other = build.user(role)
    User.objects.filter(pk=other.pk).update(is_active=active)
    assert needs_another(actor=cast.admin()) is needed


def test_who_was_alone_is_not_alone_any_more_once_a_second_person_came() -> None:
    User.objects.exclude(pk=cast.admin().pk).update(is_active=False)
    draft = proposed()
    build.user(Role.LEAD)
    with pytest.raises(ForbiddenError, match="Somebody else"):
        approve_draft(actor=cast.admin(), draft=draft)


@pytest.mark.parametrize("role", [Role.PARTNER])
def test_drafts_and_their_backtests_are_out_of_a_partners_sight(role: Role) -> None:
    draft, viewer = proposed(), build.user(role)
    assert not drafts_for(viewer).exists()
    assert not drafts_for(viewer, SLUG).exists()
    assert not backtests_of(draft, viewer).exists()
    with pytest.raises(Exception, match="no such draft"):
        draft_by_id(draft.pk, viewer)


def test_a_draft_is_not_found_under_another_detector() -> None:
    draft = proposed()
    assert draft_by_id(draft.pk, cast.lead(), SLUG) == draft
    with pytest.raises(Exception, match="no such draft"):
        draft_by_id(draft.pk, cast.lead(), "near-duplicate-text")
    assert not drafts_for(cast.lead(), "gone").exists()


def test_only_runs_of_the_very_parameters_belong_to_a_draft() -> None:
    draft, now = proposed(), clock.now()
    runs = [
        Backtest.objects.create(
            slug=slug, stream=build.live_stream(), current={}, actor=cast.lead(),
            proposed=draft.params | changed, since=now - timedelta(days=1), until=now,
        )
        for slug, changed in ((SLUG, {}), (SLUG, {"signups": 8}), ("account-burst", {}), (SLUG, {}))
    ]  # fmt: skip
    assert list(backtests_of(draft, cast.lead())) == [runs[3], runs[0]]


# --- going back ----------------------------------------------------------------------------


def test_going_back_to_a_version_in_shadow_does_not_bring_its_promotion_back() -> None:
    """The days were approved once; a later one who goes back has not asked for them."""
    approved("shadow", 7, signups=9)
    approved("live", signups=8)
    made = roll_back(actor=cast.admin(), slug=SLUG, number=2)
    assert (made.mode, made.promote_at, made.approved_by) == (Mode.SHADOW, None, None)
    with time_machine.travel(clock.now() + timedelta(days=100)):
        assert (is_due(), promote_due()) == (False, 0)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", "back to version 1"),
        (" \x00\n ", "back to version 1"),
        ("  as it was\x00 ", "as it was"),
        ("x" * 900, "x" * 500),
    ],
)
def test_the_reason_of_going_back_is_kept_as_the_database_holds_it(said: str, kept: str) -> None:
    approved()
    assert roll_back(actor=cast.admin(), slug=SLUG, number=1, reason=said).reason == kept


def test_going_back_and_forth_ends_where_it_began_and_remembers_every_step() -> None:
    first = in_force()
    second = approved()
    for number in (1, 2, 1):
        roll_back(actor=cast.admin(), slug=SLUG, number=number)
    rows = DetectorConfig.objects.filter(slug=SLUG).order_by("number")
    assert [one.restores for one in rows] == [None, None, 1, 2, 1]
    assert [one.params_hash for one in rows] == [
        one.params_hash for one in (first, second, first, second, first)
    ]
    with pytest.raises(ConflictError, match="Version 5, which is in force, says the same"):
        roll_back(actor=cast.admin(), slug=SLUG, number=3)


def test_what_was_drafted_before_somebody_went_back_has_to_be_written_again() -> None:
    approved()
    draft = proposed(signups=4)
    roll_back(actor=cast.admin(), slug=SLUG, number=1)
    with pytest.raises(ConflictError, match="written on version 2; version 3 is in force"):
        approve_draft(actor=cast.lead(), draft=draft)


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63])
def test_a_version_number_that_cannot_be_is_not_found(number: int) -> None:
    with pytest.raises(Exception, match="There is no version"):
        roll_back(actor=cast.admin(), slug=SLUG, number=number)


# --- promotion -----------------------------------------------------------------------------


def test_a_spike_keeps_it_in_shadow_until_the_spike_is_over() -> None:
    made = approved("shadow", 3)
    alarm = DetectorAlarm.objects.create(detector=SLUG, kind="spike", counted=90, expected=2)
    with time_machine.travel(clock.now() + timedelta(days=4)):
        assert (is_due(), promote_due(), in_force()) == (True, 0, made)
        alarm.ended_at = clock.now()
        alarm.save()
        assert promote_due() == 1
    assert in_force().mode == Mode.LIVE


@pytest.mark.parametrize(("detector", "kind"), [(SLUG, "silent"), ("near-duplicate-text", "spike")])
def test_silence_and_what_others_do_keep_nobody_in_shadow(detector: str, kind: str) -> None:
    made = approved("shadow", 3)
    DetectorAlarm.objects.create(detector=detector, kind=kind, counted=9, expected=2)
    assert obstacle_to(config=made) == ""


@pytest.mark.parametrize(
    ("days", "said"), [(1, "1 day in shadow are over"), (30, "30 days in shadow are over")]
)
def test_the_desk_says_how_long_it_watched(days: int, said: str) -> None:
    approved("shadow", days)
    with time_machine.travel(clock.now() + timedelta(days=days, seconds=5)):
        assert promote_due() == 1
    live = in_force()
    assert live.reason.startswith(said)
    assert (live.way, live.promote_at) == (Way.PROMOTED, None)
    entry = AuditEntry.objects.filter(verb="detector.configured").latest("pk")
    assert (entry.actor, entry.data["mode"]) == (None, "live")


def test_several_that_are_due_are_all_promoted_and_no_other() -> None:
    approved("shadow", 2)
    other = propose_config(
        actor=cast.admin(), slug="near-duplicate-text", mode="shadow",
        params={"min_accounts": 4}, reason="try", promote_after_days=3,
    )  # fmt: skip
    approve_draft(actor=cast.lead(), draft=other)
    save_config(actor=None, slug="coaction-synchrony", mode="shadow", params={}, reason="watch")
    with time_machine.travel(clock.now() + timedelta(days=4)):
        assert (promote_due(), promote_due()) == (2, 0)
    rows = DetectorConfig.objects.filter(current=True, way=Way.PROMOTED)
    assert sorted(rows.values_list("slug", flat=True)) == ["near-duplicate-text", SLUG]


# --- the shell -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("set", SLUG, "=9", "--reason", "x"), "params"),
        (("set", SLUG, "signups=", "--reason", "x"), "signups"),
        (("set", SLUG, "signups=nine", "--reason", "x"), "signups"),
        (("set", SLUG, "season_sigma=NaN", "--reason", "x"), "season_sigma"),
        (("set", SLUG, "season_sigma=Infinity", "--reason", "x"), "season_sigma"),
        (("set", SLUG, "signups=9", "--reason", "  "), "Say why"),
        (("set", SLUG, "signups=9", "--reason", "x" * 501), "Say why"),
        (("set", SLUG, "signups=9", "--reason", "x", "--shadow-days", "3"), "Only a detector in"),
        (
            ("set", SLUG, "signups=9", "--reason", "x", "--mode", "shadow", "--shadow-days", "91"),
            "Choose 1 to 90 days.",
        ),
        (("approve", "0"), "There is no such draft."),
        (("approve", "99999999999999999999"), "There is no such draft."),
        (("rollback", SLUG, "1"), "says the same"),
        (("promote", SLUG), "Nothing differs from version 1"),
        (("promote", "gone"), "There is no such detector."),
        (("backtest", SLUG, "signups=-1"), "signups"),
        (("backtest", SLUG, "signups=9", "--days", "0"), "The end must lie after"),
        (("backtest", SLUG, "signups=9", "--days", "-3"), "The end must lie after"),
        (("backtest", SLUG, "signups=9", "--days", "367"), "366"),
        (("backtest", SLUG, "signups=9", "--days", "999999999999"), "366"),
    ],
)
def test_what_the_shell_cannot_do_is_told_in_a_sentence(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=re.escape(told)):
        shell(*words)
    assert in_force().number == 1
    assert not DetectorDraft.objects.exists()
    assert not Backtest.objects.exists()


@pytest.mark.parametrize(
    ("words", "who", "verb"),
    [
        (("set", SLUG, "signups=9", "--reason", "x"), "reviewer", "detector.change"),
        (("set", SLUG, "signups=9", "--reason", "x"), "lead", "detector.change"),
        (("set", SLUG, "signups=9", "--reason", "x"), "integration", "detector.change"),
        (("rollback", SLUG, "1"), "reviewer", "detector.change"),
        (("promote", SLUG), "integration", "detector.change"),
        (("backtest", SLUG, "signups=9"), "reviewer", "detector.backtest"),
    ],
)
def test_the_shell_is_no_way_around_a_role(words: tuple[str, ...], who: str, verb: str) -> None:
    getattr(cast, who)()
    with pytest.raises(CommandError, match=rf"does not allow {re.escape(verb)}"):
        shell(*words, who=who)


def test_a_partner_lists_nothing_at_the_shell_and_is_shown_nothing() -> None:
    cast.partner()
    assert shell("list", who="partner") == ""
    for words in (("show", SLUG), ("promote", SLUG), ("rollback", SLUG, "1")):
        with pytest.raises(CommandError, match="no such detector"):
            shell(*words, who="partner")


def test_the_last_of_two_values_counts_and_a_word_needs_no_quotes() -> None:
    shell("set", SLUG, "signups=7", "signups=8", "custom_kind=login", "--reason", "x")
    params = DetectorDraft.objects.get().params
    assert (params["signups"], params["custom_kind"]) == (8, "login")
    shell("set", SLUG, 'custom_kind="login"', "custom_object_type=a=b", "--reason", "x")
    params = DetectorDraft.objects.latest("pk").params
    assert (params["custom_kind"], params["custom_object_type"]) == ("login", "a=b")


def test_show_marks_the_one_version_that_counts_and_every_open_draft() -> None:
    approved()
    first, second = proposed(signups=5), proposed(signups=6)
    reject_draft(actor=cast.lead(), draft=first, note="no")
    told = shell("show", SLUG).splitlines()
    assert [one for one in told if one.startswith("* ")] == ["* version 2 live, admin: too many"]
    assert [one for one in told if "draft" in one] == [f"  draft {second.pk} live, admin: too many"]


def test_promote_at_the_shell_asks_for_the_parameters_as_they_are() -> None:
    approved("shadow", signups=9)
    assert "waits for somebody" in shell("promote", SLUG)
    draft = DetectorDraft.objects.latest("pk")
    assert (draft.mode, draft.params, draft.reason) == (
        "live", in_force().params, "out of shadow",
    )  # fmt: skip


# --- a walk --------------------------------------------------------------------------------


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["propose", "back", "wait"]), st.integers(1, 4)), max_size=10
    )
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_what_was_approved_for_it_ever_goes_live_by_itself(
    steps: list[tuple[str, int]],
) -> None:
    DetectorDraft.objects.all().delete()
    DetectorConfig.objects.filter(slug=SLUG, number__gt=1).delete()
    DetectorConfig.objects.filter(slug=SLUG).update(current=True)
    at = clock.now()
    for deed, number in steps:
        with time_machine.travel(at, tick=False):
            try:
                if deed == "propose":
                    approved("shadow", number, signups=number)
                elif deed == "back":
                    roll_back(actor=cast.admin(), slug=SLUG, number=number)
                else:
                    at += timedelta(days=number)
            except (ConflictError, InvalidError):
                pass
            except Exception as fault:
                if "There is no version" not in str(fault):
                    raise
        with time_machine.travel(at, tick=False):
            promote_due()
    rows = list(DetectorConfig.objects.filter(slug=SLUG).order_by("number"))
    for place, one in enumerate(rows):
        if one.way == Way.PROMOTED:
            watched = rows[place - 1]
            assert (watched.mode, watched.params) == (Mode.SHADOW, one.params)
            assert watched.promote_at is not None
            assert one.created_at >= watched.promote_at
            assert (one.created_by, one.approved_by) == (cast.admin(), cast.lead())
