"""Settings change by drafts: one person writes, another approves; versions never change."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abusedesk.core import audit
from abusedesk.core.errors import (
    AbuseDeskError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
)
from abusedesk.core.models import AuditEntry, Role, User
from detectors.choices import DraftState, Mode, Way
from detectors.models import DetectorConfig, DetectorDraft
from detectors.services.config import save_config
from detectors.services.draft import (
    approve_draft,
    propose_config,
    reject_draft,
    withdraw_draft,
)
from detectors.services.rollback import roll_back
from tests import cast

pytestmark = pytest.mark.django_db

SLUG = "velocity"


@pytest.fixture(autouse=True)
def shipped() -> DetectorConfig:
    return save_config(actor=None, slug=SLUG, mode=Mode.LIVE, params={}, reason="as shipped")


def draft(mode: str = "live", actor: User | None = None, **said: Any) -> DetectorDraft:
    days = said.pop("promote_after_days", None)
    return propose_config(
        actor=actor or cast.admin(), slug=SLUG, mode=mode, params=said or {"signups": 9},
        reason="too many", promote_after_days=days,
    )  # fmt: skip


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


def told() -> list[str]:
    rows = AuditEntry.objects.filter(target_type="detector", target_id=SLUG).order_by("pk")
    return [f"{one.actor_label} {audit.sentence(one)}" for one in rows]


# --- two people ----------------------------------------------------------------------------


@pytest.mark.row(22)
def test_a_draft_counts_once_a_second_person_approved_it() -> None:
    cast.lead()
    one = draft()
    assert (one.state, in_force().number) == (DraftState.OPEN, 1)
    one = approve_draft(actor=cast.lead(), draft=one)
    made = in_force()
    assert (one.state, one.made, made.number, made.params["signups"]) == ("in-force", made, 2, 9)
    assert (made.way, made.created_by, made.approved_by) == (
        Way.APPROVED, cast.admin(), cast.lead(),
    )  # fmt: skip
    assert told()[1:] == [
        f"admin proposed settings: draft {one.pk}, live. Reason: too many",
        f"lead approved draft {one.pk} of admin",
        (
            "lead configured the detector: live, version 2, approved by a second person."
            " Reason: too many"
        ),
    ]


@pytest.mark.row(22)
def test_nobody_approves_or_rejects_an_own_draft_while_somebody_else_could() -> None:
    cast.lead()
    one = draft()
    with pytest.raises(ForbiddenError, match="Somebody else"):
        approve_draft(actor=cast.admin(), draft=one)
    with pytest.raises(ForbiddenError, match="withdraw"):
        reject_draft(actor=cast.admin(), draft=one, note="no")
    assert in_force().number == 1


@pytest.mark.row(22)
def test_on_a_desk_with_one_person_who_may_it_is_put_in_force_alone_and_says_so() -> None:
    cast.reviewer()
    gone = cast.lead()
    gone.is_active = False
    gone.save()
    one = approve_draft(actor=cast.admin(), draft=draft())
    made = in_force()
    assert (one.made, made.way, made.approved_by) == (made, Way.ALONE, None)
    assert "solo" in told()[-1]


@pytest.mark.parametrize("who", [cast.reviewer, cast.integration, cast.partner, cast.outsider])
def test_others_neither_write_nor_settle(who: Callable[[], User]) -> None:
    one = draft()
    for tried in (
        lambda: draft(actor=who()),
        lambda: approve_draft(actor=who(), draft=one),
        lambda: reject_draft(actor=who(), draft=one, note="no"),
        lambda: withdraw_draft(actor=who(), draft=one),
        lambda: roll_back(actor=who(), slug=SLUG, number=1),
    ):
        with pytest.raises(ForbiddenError):
            tried()


def test_a_lead_approves_but_writes_none_and_rolls_nothing_back() -> None:
    with pytest.raises(ForbiddenError):
        draft(actor=cast.lead())
    with pytest.raises(ForbiddenError):
        roll_back(actor=cast.lead(), slug=SLUG, number=1)


def test_a_draft_whose_author_may_no_longer_change_detectors_is_not_approved() -> None:
    one = draft()
    User.objects.filter(pk=cast.admin().pk).update(role=Role.REVIEWER)
    with pytest.raises(ConflictError, match="may no longer change"):
        approve_draft(actor=cast.lead(), draft=one)


# --- what is approved is what was read -----------------------------------------------------


def test_a_draft_on_a_version_that_was_replaced_cannot_be_approved() -> None:
    first, second = draft(), draft(signups=8)
    approve_draft(actor=cast.lead(), draft=first)
    with pytest.raises(StaleError, match="written on version 1; version 2 is in force"):
        approve_draft(actor=cast.lead(), draft=second)
    assert in_force().params["signups"] == 9


@pytest.mark.parametrize("settled", ["approve", "reject", "withdraw"])
def test_a_settled_draft_stays_so(settled: str) -> None:
    one = draft()
    do: dict[str, Callable[[], DetectorDraft]] = {
        "approve": lambda: approve_draft(actor=cast.lead(), draft=one),
        "reject": lambda: reject_draft(actor=cast.lead(), draft=one, note="too high"),
        "withdraw": lambda: withdraw_draft(actor=cast.admin(), draft=one),
    }
    done = do[settled]()
    assert done.settled_at is not None
    for again in do.values():
        with pytest.raises(ConflictError, match="settled by"):
            again()
    assert DetectorConfig.objects.filter(slug=SLUG).count() == (2 if settled == "approve" else 1)


def test_only_its_author_withdraws_a_draft() -> None:
    other = User.objects.create_user("admin-2", password="correct horse", role=Role.ADMIN)
    with pytest.raises(ForbiddenError, match="reject it instead"):
        withdraw_draft(actor=other, draft=draft())


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("signups", {"params": {"signups": -1}}),
        ("nothing", {"params": {"nothing": 1}}),
        ("mode", {"mode": "loud"}),
        ("reason", {"reason": " \x00 "}),
        ("reason", {"reason": "x" * 501}),
        ("promote_after_days", {"promote_after_days": 7}),
        ("promote_after_days", {"mode": "shadow", "promote_after_days": 0}),
        ("promote_after_days", {"mode": "shadow", "promote_after_days": 91}),
        ("params", {"params": {}}),
    ],
)
def test_what_cannot_be_proposed_is_named(field: str, said: dict[str, Any]) -> None:
    fine = {"mode": "live", "params": {"signups": 9}, "reason": "too many"}
    with pytest.raises(InvalidError) as caught:
        propose_config(actor=cast.admin(), slug=SLUG, **fine | said)
    assert caught.value.field == field
    assert not DetectorDraft.objects.exists()


def test_a_rejection_says_why() -> None:
    with pytest.raises(InvalidError) as caught:
        reject_draft(actor=cast.lead(), draft=draft(), note="  ")
    assert caught.value.field == "note"


def test_a_detector_that_is_none_cannot_be_proposed_for() -> None:
    with pytest.raises(NotFoundError):
        propose_config(actor=cast.admin(), slug="none", mode="live", params={}, reason="x")


# --- standing down -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_switching_a_detector_down_takes_one_person(mode: str) -> None:
    cast.lead()
    one = propose_config(actor=cast.admin(), slug=SLUG, mode=mode, params={}, reason="runs wild")
    assert (one.state, in_force().mode, in_force().way) == ("in-force", mode, Way.STOOD_DOWN)


@pytest.mark.parametrize(("mode", "params"), [("shadow", {"signups": 9}), ("off", {"signups": 9})])
def test_switching_down_with_other_parameters_takes_two(mode: str, params: dict[str, int]) -> None:
    cast.lead()
    one = propose_config(actor=cast.admin(), slug=SLUG, mode=mode, params=params, reason="x")
    assert (one.state, in_force().mode) == (DraftState.OPEN, "live")


def test_switching_up_again_takes_two() -> None:
    cast.lead()
    propose_config(actor=cast.admin(), slug=SLUG, mode="off", params={}, reason="runs wild")
    one = propose_config(actor=cast.admin(), slug=SLUG, mode="shadow", params={}, reason="try")
    assert (one.state, in_force().mode) == (DraftState.OPEN, "off")


# --- versions ------------------------------------------------------------------------------


@pytest.mark.row(21)
def test_a_rollback_is_a_new_version_that_equals_the_old_one() -> None:
    for signups in (9, 8):
        approve_draft(actor=cast.lead(), draft=draft(signups=signups))
    before = list(DetectorConfig.objects.filter(slug=SLUG).order_by("number").values())
    made = roll_back(actor=cast.admin(), slug=SLUG, number=2)
    assert (made.number, made.restores, made.way) == (4, 2, Way.ROLLED_BACK)
    assert (made.params, made.mode, made.params_hash) == (
        before[1]["params"], before[1]["mode"], before[1]["params_hash"],
    )  # fmt: skip
    assert in_force() == made
    after = DetectorConfig.objects.filter(slug=SLUG, number__lt=4).order_by("number").values()
    same = [{**one, "current": False} for one in before]
    assert list(after) == same
    assert told()[-1] == (
        "admin configured the detector: live, version 4, rolled back. Reason: back to version 2"
    )


def test_a_rollback_to_what_is_in_force_or_never_was_is_refused() -> None:
    with pytest.raises(ConflictError, match="says the same"):
        roll_back(actor=cast.admin(), slug=SLUG, number=1)
    with pytest.raises(NotFoundError):
        roll_back(actor=cast.admin(), slug=SLUG, number=7)


def test_a_version_that_this_release_refuses_is_not_rolled_back_to() -> None:
    approve_draft(actor=cast.lead(), draft=draft())
    DetectorConfig.objects.filter(number=1).update(params={"gone": 1}, params_hash="0")
    with pytest.raises(InvalidError) as caught:
        roll_back(actor=cast.admin(), slug=SLUG, number=1)
    assert caught.value.field == "gone"
    assert in_force().number == 2


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["propose", "approve", "reject", "withdraw", "roll_back"]),
        st.sampled_from(["admin", "second", "lead", "reviewer"]),
        st.sampled_from(list(Mode.values)),
        st.integers(1, 4),
    ),
    max_size=14,
)


@given(steps=STEPS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_people_do_nobody_lets_an_own_change_in_alone(steps: list[Any]) -> None:
    """Versions are numbered without a gap, one counts, and none that adds power has one hand."""
    DetectorDraft.objects.all().delete()
    DetectorConfig.objects.filter(slug=SLUG, number__gt=1).delete()
    DetectorConfig.objects.filter(slug=SLUG).update(current=True)
    people = {"admin": cast.admin(), "lead": cast.lead(), "reviewer": cast.reviewer()}
    people["second"], _ = User.objects.get_or_create(username="second", role=Role.ADMIN)
    for deed, name, mode, number in steps:
        _try(deed, people[name], mode, number)
    versions = list(DetectorConfig.objects.filter(slug=SLUG).order_by("number"))
    assert [one.number for one in versions] == list(range(1, len(versions) + 1))
    assert [one.number for one in versions if one.current] == [len(versions)]
    for before, one in pairwise(versions):
        if one.way == Way.APPROVED:
            assert one.approved_by not in {None, one.created_by}
        elif one.way == Way.STOOD_DOWN:
            assert (one.params, one.mode) == (before.params, one.mode)
            assert list(Mode.values).index(one.mode) < list(Mode.values).index(before.mode)
        else:
            old = versions[(one.restores or 0) - 1]
            assert (one.way, one.params, one.mode) == (Way.ROLLED_BACK, old.params, old.mode)


def _try(deed: str, actor: User, mode: str, number: int) -> None:
    last = DetectorDraft.objects.first()
    try:
        if deed == "propose":
            params = {"signups": number}
            propose_config(actor=actor, slug=SLUG, mode=mode, params=params, reason="x")
        elif deed == "roll_back":
            roll_back(actor=actor, slug=SLUG, number=number)
        elif last is not None and deed == "approve":
            approve_draft(actor=actor, draft=last)
        elif last is not None and deed == "reject":
            reject_draft(actor=actor, draft=last, note="no")
        elif last is not None:
            withdraw_draft(actor=actor, draft=last)
    except AbuseDeskError:
        pass


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_make_one_version() -> None:
    one, lead = draft(), cast.lead()
    second = User.objects.create_user("second", password="correct horse", role=Role.ADMIN)
    outcomes: list[str] = []

    def approve(who: User) -> None:
        try:
            approve_draft(actor=who, draft=one)
            outcomes.append("done")
        except ConflictError:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(who,)) for who in (lead, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["done", "late"]
    assert DetectorConfig.objects.filter(slug=SLUG).count() == 2


def test_pages_and_the_api_change_settings_by_drafts_only() -> None:
    """`save_config` asks nobody: whoever serves a person goes by `propose_config`."""
    root = Path(__file__).resolve().parents[2]
    doors = [path for app in ("cases", "detectors") for path in (root / app).rglob("*.py")]
    bad = [
        str(path.relative_to(root))
        for path in doors
        if {"ui", "api"} & set(path.parts)
        and re.search(r"\b(save_config|put_in_force)\(", path.read_text(encoding="utf-8"))
    ]
    assert bad == []
