"""Partners, circles, their keys and tokens: what is refused by name, and what races leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from abusedesk.core import clock
from abusedesk.core.errors import (
    AbuseDeskError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from abusedesk.core.models import ApiToken, AuditEntry, Role, Scope, User
from abusedesk.core.tokens import find_token
from cases.choices import Tlp
from cases.models import Circle, CircleKey, CircleMember, Organisation, Partner, Share
from cases.selectors.partner import (
    circle_by_slug,
    circles_for,
    organisation_for,
    partner_by_slug,
    partners_for,
    published_keys_of,
    reach_of,
)
from cases.services.circle import CircleText, key_in_force, renew_key, save_circle
from cases.services.organisation import save_organisation
from cases.services.partner import PartnerText, issue_partner_token, save_partner
from cases.sharing import hmacs, signing
from cases.sharing.minimise import TYPES
from tests import cast
from tests.cases import build
from tests.sharing import desk

pytestmark = pytest.mark.django_db
NORTH = PartnerText("North", types=("ip", "domain"), purpose="stop scams", legal_basis="law")
RING = CircleText("Ring", members=("north",))
EVIL = "<script>alert(1)</script>\u202e"


def _north(**said: Any) -> Partner:
    return save_partner(actor=cast.admin(), slug="north", said=replace(NORTH, **said))


def _ring(**said: Any) -> Circle:
    return save_circle(actor=cast.admin(), slug="ring", said=replace(RING, **said))


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("title", {"title": "  "}),
        ("title", {"title": "\x00"}),
        ("title", {"title": "x" * 121}),
        ("contact", {"contact": "x" * 201}),
        ("purpose", {"purpose": "x" * 301}),
        ("legal_basis", {"legal_basis": "x" * 301}),
        ("agreement", {"agreement": "x" * 121}),
        ("tlp_cap", {"tlp_cap": "red"}),
        ("tlp_cap", {"tlp_cap": "AMBER"}),
        ("tlp_cap", {"tlp_cap": ""}),
        ("types", {"types": ("ip", "soul")}),
        ("retention_days", {"retention_days": 0}),
        ("retention_days", {"retention_days": 3_651}),
    ],
)
def test_a_partner_that_cannot_be_is_refused_by_field_and_nothing_is_kept(
    field: str, said: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError) as refused:
        _north(**said)
    assert refused.value.field == field
    assert not Partner.objects.exists()
    row = _north()
    with pytest.raises(InvalidError):
        save_partner(actor=cast.admin(), partner=row, said=replace(NORTH, **said))
    row.refresh_from_db()
    assert (row.title, row.types, row.tlp_cap) == ("North", ["domain", "ip"], "amber")


@pytest.mark.parametrize(
    "slug", ["", " ", "North", "no_rth", "-n", "n--n", "n" * 61, "n/n", "n\x00"]
)
def test_a_short_name_is_small_letters_digits_and_single_hyphens(slug: str) -> None:
    with pytest.raises(InvalidError) as partner:
        save_partner(actor=cast.admin(), slug=slug, said=NORTH)
    with pytest.raises(InvalidError) as circle:
        save_circle(actor=cast.admin(), slug=slug, said=CircleText("Ring"))
    assert (partner.value.field, circle.value.field) == ("slug", "slug")


@pytest.mark.parametrize("days", [1, 3_650])
@pytest.mark.parametrize("length", [1, 120])
def test_the_limits_themselves_are_allowed(days: int, length: int) -> None:
    row = _north(title="x" * length, agreement="y" * 120, retention_days=days)
    row.refresh_from_db()
    assert (len(row.title), row.retention_days) == (length, days)


def test_types_are_kept_in_one_order_and_each_once() -> None:
    assert _north(types=("url", "ip", "url", "account")).types == ["account", "url", "ip"]
    row = save_partner(actor=cast.admin(), slug="all", said=replace(NORTH, types=TYPES[::-1]))
    assert row.types == list(TYPES)


@pytest.mark.parametrize(
    ("purpose", "basis", "agreed"),
    [("p", "b", True), ("", "b", False), ("p", "", False), (" ", "b", False), ("", "", False)],
)
def test_there_is_an_agreement_with_both_a_purpose_and_a_basis(
    purpose: str, basis: str, agreed: bool
) -> None:
    row = _north(purpose=purpose, legal_basis=basis)
    assert row.agreed is agreed
    circle = _ring(community=True)
    (reach,) = reach_of(circle, cast.reviewer())
    assert bool(reach.gets) is agreed
    said = {sentence for _, sentences in reach.refused for sentence in sentences}
    assert ("has no agreement with purpose and legal basis" in said) is not agreed


def test_a_name_that_is_taken_is_a_conflict_that_names_the_field() -> None:
    _north()
    with pytest.raises(ConflictError, match="There is a partner north already") as partner:
        _north(title="Another")
    _ring()
    with pytest.raises(ConflictError, match="There is a circle ring already") as circle:
        _ring()
    assert (partner.value.field, circle.value.field) == ("slug", "slug")
    assert Partner.objects.get().title == "North"


def test_a_change_keeps_the_short_name_and_is_audited_with_what_it_was() -> None:
    row = _north()
    ends = date(2030, 5, 1)
    said = replace(NORTH, title="North II", ends_on=ends, active=False, tlp_cap="green")
    save_partner(actor=cast.admin(), slug="other", partner=row, said=said)
    row.refresh_from_db()
    assert (row.slug, row.title, row.ends_on, row.active) == ("north", "North II", ends, False)
    entry = AuditEntry.objects.filter(verb="partner.saved").latest("pk")
    assert entry.data["what"] == "up to TLP:GREEN, off, until 2030-05-01"
    assert entry.data["values"]["title"] == "North II"


@pytest.mark.parametrize("role", [one for one in Role if one != Role.ADMIN])
def test_only_an_admin_makes_or_changes_anything_about_partners(role: Role) -> None:
    row, person = _north(), build.user(role, "someone")
    circle = _ring()
    refused: list[Callable[[], object]] = [
        lambda: save_partner(actor=person, slug="x", said=NORTH),
        lambda: save_partner(actor=person, partner=row, said=replace(NORTH, title="")),
        lambda: issue_partner_token(actor=person, partner=row, name="x", days=1),
        lambda: save_circle(actor=person, slug="x", said=RING),
        lambda: save_circle(actor=person, circle=circle, said=RING),
        lambda: renew_key(actor=person, circle=circle),
        lambda: save_organisation(actor=person, name="Mine"),
    ]
    for attempt in refused:
        with pytest.raises(ForbiddenError):
            attempt()
    assert (Partner.objects.count(), CircleKey.objects.count()) == (1, 1)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("role", [Role.INTEGRATION, Role.PARTNER])
def test_who_works_on_no_cases_does_not_learn_that_there_are_partners(role: Role) -> None:
    _north()
    circle, viewer = _ring(), build.user(role, "someone")
    save_organisation(actor=cast.admin(), name="Harbour desk")
    for read in (
        lambda: partners_for(viewer),
        lambda: partner_by_slug("north", viewer),
        lambda: circles_for(viewer),
        lambda: circle_by_slug("ring", viewer),
        lambda: reach_of(circle, viewer),
    ):
        with pytest.raises(NotFoundError):
            read()
    assert organisation_for(viewer) is None
    assert organisation_for(cast.reviewer()) is not None


@pytest.mark.parametrize("slug", ["none", "", "NORTH", "north'--"])
def test_a_partner_or_a_circle_that_is_not_there_is_not_found(slug: str) -> None:
    _north()
    _ring()
    with pytest.raises(NotFoundError, match="no such partner"):
        partner_by_slug(slug, cast.reviewer())
    with pytest.raises(NotFoundError, match="no such circle"):
        circle_by_slug(slug, cast.reviewer())


@pytest.mark.parametrize(("days", "fine"), [(0, False), (1, True), (365, True), (366, False)])
def test_a_token_ends_within_a_year(days: int, fine: bool) -> None:
    row = _north()
    if not fine:
        with pytest.raises(InvalidError, match="1 to 365 days") as refused:
            issue_partner_token(actor=cast.admin(), partner=row, name="x", days=days)
        assert refused.value.field == "days"
        row.refresh_from_db()
        assert row.user is None, "nobody was made for it"
        return
    token, plain = issue_partner_token(actor=cast.admin(), partner=row, name="x", days=days)
    assert token.expires_at is not None
    assert abs(token.expires_at - clock.now() - timedelta(days=days)) < timedelta(minutes=1)
    assert list(token.scopes) == [Scope.SHARE]
    found = find_token(plain)
    assert found is not None
    assert found.pk == token.pk


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_a_token_has_a_name(name: str) -> None:
    with pytest.raises(InvalidError) as refused:
        issue_partner_token(actor=cast.admin(), partner=_north(), name=name, days=9)
    assert refused.value.field == "name"


def test_all_tokens_of_a_partner_are_of_one_person_who_cannot_sign_in() -> None:
    row = _north()
    told = [
        issue_partner_token(actor=cast.admin(), partner=row, name=name, days=9)
        for name in ("feed", "spare")
    ]
    row.refresh_from_db()
    assert row.user is not None
    assert {token.user_id for token, _ in told} == {row.user.pk}
    assert len({plain for _, plain in told}) == 2
    assert (row.user.role, row.user.has_usable_password()) == (Role.PARTNER, False)
    audited = str(list(AuditEntry.objects.values_list("data", flat=True)))
    assert all(plain not in audited for _, plain in told)


def test_a_person_who_bears_the_name_of_a_partner_already_is_not_let_in_as_it() -> None:
    row, person = _north(), build.user(Role.REVIEWER, "partner-north")
    with pytest.raises(ConflictError, match="partner-north"):
        issue_partner_token(actor=cast.admin(), partner=row, name="x", days=9)
    row.refresh_from_db()
    assert row.user is None
    assert not person.tokens.exists()


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("title", {"title": ""}),
        ("title", {"title": "x" * 121}),
        ("tlp_cap", {"tlp_cap": "red"}),
        ("tlp_cap", {"tlp_cap": "purple"}),
        ("members", {"members": ["north", "nobody"]}),
        ("members", {"members": [EVIL]}),
    ],
)
def test_a_circle_that_cannot_be_is_refused_by_field_and_has_no_key(
    field: str, said: dict[str, Any]
) -> None:
    _north()
    with pytest.raises(InvalidError) as refused:
        _ring(**said)
    assert refused.value.field == field
    assert not Circle.objects.exists()
    assert not CircleKey.objects.exists()


def test_who_stays_in_a_circle_joined_when_it_did_and_who_comes_back_joins_anew() -> None:
    _north()
    save_partner(actor=cast.admin(), slug="south", said=replace(NORTH, title="South"))
    circle = _ring(members=["north", "south"])
    since = {one.partner.slug: one.joined_at for one in CircleMember.objects.all()}
    save_circle(actor=cast.admin(), circle=circle, said=replace(RING, members=["north"]))
    entry = AuditEntry.objects.filter(verb="circle.saved").latest("pk")
    assert (entry.data["joined"], entry.data["left"]) == ([], ["south"])
    save_circle(actor=cast.admin(), circle=circle, said=replace(RING, members=["south", "north"]))
    now = {one.partner.slug: one.joined_at for one in CircleMember.objects.all()}
    assert now["north"] == since["north"]
    assert now["south"] > since["south"]
    assert sorted(now) == ["north", "south"]


def test_a_member_that_is_named_twice_is_in_it_once() -> None:
    _north()
    circle = _ring(members=["north", "north"])
    assert circle.members.count() == 1


def test_a_circle_keeps_its_collection_and_its_key_when_it_is_changed() -> None:
    _north()
    circle = _ring()
    before = (circle.collection, circle.keys.get().secret)
    changed = save_circle(
        actor=cast.admin(), slug="other", circle=circle, said=CircleText("New", active=False)
    )
    assert (changed.collection, changed.keys.get().secret) == before
    assert (changed.slug, changed.title, changed.active) == ("ring", "New", False)
    assert not changed.members.exists()


def test_a_key_runs_for_its_epoch_and_the_next_begins_when_it_is_over() -> None:
    _north()
    circle = _ring()
    first = key_in_force(circle=circle)
    assert (first.epoch, first.key_id, len(first.plain)) == (1, "ring-1", 32)
    assert key_in_force(circle=circle) == first
    almost = clock.now() - hmacs.EPOCH + timedelta(minutes=5)
    CircleKey.objects.update(begins_at=almost)
    assert key_in_force(circle=circle) == first
    CircleKey.objects.update(begins_at=almost - timedelta(minutes=10))
    second = key_in_force(circle=circle)
    assert (second.epoch, second.key_id) == (2, "ring-2")
    assert second.plain != first.plain
    assert renew_key(actor=cast.admin(), circle=circle).epoch == 3
    audited = str(list(AuditEntry.objects.values_list("data", flat=True)))
    assert all(one.plain.hex() not in audited for one in CircleKey.objects.all())


@pytest.mark.parametrize("level", [one for one in Tlp if one != Tlp.RED])
def test_the_reach_of_a_circle_says_of_each_level_whether_it_comes_or_why_not(level: Tlp) -> None:
    _north(tlp_cap=level)
    circle = _ring(tlp_cap="amber+strict", community=True)
    (reach,) = reach_of(circle, cast.reviewer())
    refused = [one for one, _ in reach.refused]
    assert reach.gets + refused == [one.label for one in Tlp]
    assert reach.gets[-1] == level.label
    assert "TLP:RED" in refused


def test_the_keys_of_a_desk_stay_when_its_name_is_changed() -> None:
    assert published_keys_of() == {"keys": []}
    first = save_organisation(actor=cast.admin(), name="Harbour desk")
    told = published_keys_of()
    again = save_organisation(actor=cast.admin(), name="  Harbour \x00desk II ")
    assert (again.name, again.identity, again.signing_key) == (
        "Harbour desk II", first.identity, first.signing_key,
    )  # fmt: skip
    assert published_keys_of() == told
    assert Organisation.objects.count() == 1
    assert first.signing_key not in str(told)
    assert first.signing_secret.hex() not in f"{told} {first.signing_key}"
    public = signing.public_of(first.signing_secret)
    assert told["keys"][0]["keyid"] == first.key_id == signing.key_id(public)
    for name in ("", " \x00", "x" * 121):
        with pytest.raises(InvalidError) as refused:
            save_organisation(actor=cast.admin(), name=name)
        assert refused.value.field == "name"


def _tried(work: Any) -> str:
    try:
        work()
    except AbuseDeskError as refused:
        return type(refused).__name__
    return "made"


@pytest.mark.django_db(transaction=True)
def test_of_several_who_make_the_same_at_once_one_does_and_the_others_are_told() -> None:
    _north()
    _ring()
    admin = cast.admin()
    said = CircleText("Two", members=["north"])
    partners = build.at_once(
        3, lambda _: _tried(lambda: save_partner(actor=admin, slug="same", said=NORTH))
    )
    circles = build.at_once(
        3, lambda _: _tried(lambda: save_circle(actor=admin, slug="same", said=said))
    )
    assert sorted(partners) == sorted(circles) == ["ConflictError", "ConflictError", "made"]
    assert CircleKey.objects.filter(circle__slug="same").count() == 1


@pytest.mark.django_db(transaction=True)
def test_keys_that_are_renewed_at_once_are_of_different_epochs() -> None:
    _north()
    circle, admin = _ring(), cast.admin()
    epochs = build.at_once(3, lambda _: renew_key(actor=admin, circle=circle).epoch)
    assert sorted(epochs) == [2, 3, 4]
    row = Partner.objects.get()
    users = build.at_once(
        3,
        lambda at: issue_partner_token(actor=admin, partner=row, name=f"t{at}", days=9)[0].user_id,
    )
    assert len(set(users)) == 1
    assert User.objects.filter(role=Role.PARTNER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_case_that_two_share_with_one_circle_at_once_is_shared_once() -> None:
    on = desk.desk()
    found = build.at_once(3, lambda _: _tried(lambda: desk.drafted(on)))
    assert sorted(found) == ["ConflictError", "ConflictError", "made"]
    assert Share.objects.count() == 1
