"""Protected entities: nothing acts on them by itself, and no person alone."""

from __future__ import annotations

import pytest

from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role, User
from cases.actions import deliver_due
from cases.choices import ActionKind, AutomatedState
from cases.models import AutomatedAction, Decision, Delivery, ProtectedEntity, Webhook
from cases.selectors.protected import protected_entities_for, protection_by_value
from cases.services.held_hit import settle_held
from cases.services.protected import end_protection, protect_entities
from cases.services.review import give_opinion
from cases.terms import Act, Terms
from detectors.choices import Mode, Outcome
from detectors.services.config import save_config
from tests import cast
from tests.cases import build
from tests.cases.automated import SLUG, allowed, found, names, take_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def receiver(db: None) -> Webhook:
    save_config(actor=None, slug=SLUG, mode=Mode.LIVE, params={}, reason="as shipped")
    return Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)


def protect(*values: str, type: str = "account", why: str = "vip") -> list[ProtectedEntity]:
    return protect_entities(
        actor=cast.admin(), type=type, values=values, why=why, reason="a minister"
    )


@pytest.mark.row(69)
def test_an_automated_action_on_a_protected_account_never_leaves() -> None:
    protect("x:a2")
    allowed()
    found(build.accounts(3), anchor="d-1")
    take_all()
    assert names(AutomatedState.ACTED) == ["x:a1", "x:a3"]
    barred = AutomatedAction.objects.get(account="x:a2")
    assert (barred.state, barred.why) == (AutomatedState.BARRED, "protected")
    assert Delivery.objects.count() == 2


@pytest.mark.row(69)
def test_a_held_hit_on_who_was_protected_meanwhile_is_not_let_out_by_a_person() -> None:
    allowed(cap=1)
    found(build.accounts(3), anchor="d-1")
    take_all()
    protect("x:a3")
    settle_held(actor=cast.lead(), slug=SLUG, release=True, reason="x")
    assert names(AutomatedState.BARRED) == ["x:a3"]
    assert Delivery.objects.count() == 2


@pytest.mark.row(69)
def test_a_message_that_waits_stays_here_when_its_account_is_protected_meanwhile() -> None:
    allowed()
    found(build.accounts(1), anchor="d-1")
    take_all()
    protect("x:a1")
    deliver_due()
    told = Delivery.objects.get()
    assert (told.state, told.answer, told.attempts) == (
        "dead", "kept back: the account is protected", 0,
    )  # fmt: skip


@pytest.mark.row(69)
def test_a_persons_action_on_one_waits_for_a_second_person() -> None:
    protect("x:a2")
    _, case = build.opened()
    first = build.user()
    terms = Terms(actions=[Act("x:a1", ActionKind.WARN), Act("x:a2", ActionKind.WARN)])
    decision = build.decided(first, case, terms=terms)
    decision.refresh_from_db()
    assert (decision.held, decision.second_review.why) == (True, "protect")
    assert not Delivery.objects.exists()
    with pytest.raises(ForbiddenError):
        _second(decision, first.username)
    _second(decision, build.user().username)
    decision.refresh_from_db()
    assert decision.held is False
    assert Delivery.objects.get().decision == decision


def _second(decision: Decision, name: str) -> None:
    give_opinion(
        actor=User.objects.get(username=name),
        review=decision.second_review,
        outcome=Outcome.ABUSE,
        reason="yes",
    )


def test_other_accounts_of_the_same_case_and_verdicts_without_action_do_not_wait() -> None:
    protect("x:a2")
    _, case = build.opened()
    acts = Terms(actions=[Act("x:a1", ActionKind.SUSPEND)])
    assert build.decided(build.user(), case, terms=acts).held is False
    _, other = build.opened(members=["x:a2", *build.accounts(7, first=30)])
    assert build.decided(build.user(), other).held is False


def test_a_site_can_be_protected_in_whatever_spelling() -> None:
    (entry,) = protect("WWW.Partner[.]example", type="domain", why="partner")
    assert entry.value == "www.partner.example"
    assert protection_by_value("domain", "www.partner.example", cast.reviewer()) == entry


def test_the_list_is_written_by_admins_with_a_reason_and_each_entry_once() -> None:
    assert len(protect("x:a1", "x:a2", "x:a1", " ")) == 2
    assert protect("x:a1") == []
    for role in (Role.REVIEWER, Role.LEAD, Role.PARTNER, Role.INTEGRATION):
        with pytest.raises(ForbiddenError):
            protect_entities(
                actor=build.user(role), type="account", values=["x:b"], why="vip", reason="x"
            )
    entry = ProtectedEntity.objects.earliest("pk")
    with pytest.raises(ForbiddenError):
        end_protection(actor=cast.lead(), entry=entry, reason="x")
    with pytest.raises(InvalidError):
        end_protection(actor=cast.admin(), entry=entry, reason="")
    end_protection(actor=cast.admin(), entry=entry, reason="left office")
    with pytest.raises(ConflictError):
        end_protection(actor=cast.admin(), entry=entry, reason="again")
    assert [one.value for one in protected_entities_for(cast.reviewer())] == ["x:a2"]
    assert len(protect("x:a1")) == 1
    verbs = AuditEntry.objects.filter(verb__startswith="protected.").order_by("pk")
    assert [one.verb.removeprefix("protected.") for one in verbs] == [
        "added", "added", "ended", "added",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"type": "planet"}, "type"),
        ({"why": "friend"}, "why"),
        ({"values": []}, "values"),
        ({"values": ["no platform"]}, "values"),
        ({"values": [f"x:{number}" for number in range(1_001)]}, "values"),
        ({"values": ["not a domain"], "type": "domain"}, "values"),
        ({"reason": "\0 "}, "reason"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(
    said: dict[str, object], field: str
) -> None:
    form: dict[str, object] = {
        "type": "account", "values": ["x:a1"], "why": "vip", "reason": "x",
    } | said  # fmt: skip
    with pytest.raises(InvalidError) as refusal:
        protect_entities(actor=cast.admin(), **form)  # type: ignore[arg-type]  # wrong on purpose
    assert refusal.value.field == field
    assert not ProtectedEntity.objects.exists()


def test_a_name_written_by_an_attacker_is_kept_as_it_is() -> None:
    (entry,) = protect("x:<script>\u202e</script>\0")
    assert entry.value == "x:<script>\u202e</script>"
