"""What keeps a pattern here, who gets it at which TLP, and that the ledger keeps every time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role, User
from cases import catalogue
from cases.choices import PatternState, Tlp, WayOut
from cases.models import Circle, Partner, Pattern, PatternHandover
from cases.selectors.pattern import releases_by_partner
from cases.services.pattern import change_pattern, draft_pattern
from cases.services.pattern_out import hand_over_pattern, revoke_pattern
from cases.services.pattern_tests import add_test, drop_test
from cases.services.received import accept_pattern
from detectors.entities import digest_of
from detectors.models import DetectorConfig, Entity
from detectors.services.rule import change_rule
from tests import cast
from tests.cases import build
from tests.sharing import packs
from tests.sharing.packs import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> Author:
    return Author()


def out(author: Author, **changes: Any) -> Pattern:
    """Let out as it is, whatever its backtest says."""
    row = author.drafted(**changes)
    catalogue.release(row, list(row.partners.all()), author.second)
    row.state, row.live = PatternState.SHARED, row.revision
    row.save()
    return row


def rules(row: Pattern) -> set[str]:
    return {str(one["rule"]) for one in row.conflicts} - {"backtest"}


def changed(author: Author, text: str, **said: Any) -> Pattern:
    """The same pattern of another rule."""
    number = DetectorConfig.objects.get(slug=author.slug, current=True).number
    params = {"sigma": text, "threshold": 6}
    change_rule(
        actor=author.lead, slug=author.slug, based_on=number, mode="shadow", params=params,
        reason="other",
    )  # fmt: skip
    return author.drafted(**said)


def line(told: str) -> str:
    return packs.RULE.replace("    kind: account.created", f"    kind: account.created\n    {told}")


@pytest.mark.row(63)
@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ("text|contains: eve.mule@mail.example", "personal-data"),
        ("text|contains: '+4915112345678'", "personal-data"),
        ("identifiers.ip: 8.8.4.4", "address"),
        ("account: chirp:morgan", "account"),
        ("actor_profile.handle|contains: morgan", "account"),
        ("text|contains: AD-42", "internal"),
    ],
)
def test_what_names_a_person_or_this_desk_keeps_a_pattern_here(
    author: Author, told: str, rule: str
) -> None:
    assert rule in rules(changed(author, line(told)))


def test_an_address_leaves_from_amber_only(author: Author) -> None:
    row = changed(author, line("identifiers.ip: 8.8.4.4"), tlp=Tlp.AMBER.value)
    assert "address" not in rules(row)


@pytest.mark.row(63)
@pytest.mark.parametrize(
    "real",
    [
        {"text": "write to eve@mail.host-west.com"},
        {"identifiers": {"ip": "8.8.4.4"}},
        {"text": "see https://host-west.com/a"},
        {"text": "call +4915112345678"},
    ],
)
def test_a_test_with_a_value_that_is_not_made_up_keeps_it_here(
    author: Author, real: dict[str, Any]
) -> None:
    row = author.drafted()
    assert rules(row) == set()
    test = {"name": "real", "kind": "negative", "signals": [packs.signal(1, **real)]}
    row = add_test(actor=author.lead, pattern=row, test=test)
    assert "not-made-up" in rules(row)
    row = drop_test(actor=author.lead, pattern=row, name="real")
    assert rules(row) == set()
    with pytest.raises(InvalidError):
        drop_test(actor=author.lead, pattern=row, name="real")


def test_a_test_that_names_an_account_that_exists_here_keeps_it_here(author: Author) -> None:
    value = "chirp:made-up-1"
    Entity.objects.create(
        type="account", value=value, digest=digest_of("account", value),
        first_seen_at=packs.DAWN, last_seen_at=packs.DAWN,
    )  # fmt: skip
    assert "real-account" in rules(author.drafted())


def test_a_test_that_does_not_pass_keeps_it_here_and_says_why(author: Author) -> None:
    wrong = {**packs.vector("positive", 7), "expected": [["chirp:nobody"]]}
    row = author.drafted(tests=[wrong, packs.vector("negative", 3)])
    (told,) = [one["sentence"] for one in row.conflicts if one["rule"] == "tests"]
    assert "missing: chirp:nobody" in told


@pytest.mark.row(61)
@pytest.mark.parametrize("way", [WayOut.SIGNED, WayOut.BUNDLE])
@pytest.mark.parametrize("level", [one for one in Tlp if one != Tlp.RED])
def test_a_pattern_goes_to_who_is_cleared_and_to_nobody_else(
    author: Author, level: Tlp, way: WayOut
) -> None:
    row = out(author, tlp=level.value)
    cleared, narrow = author.partners
    assert hand_over_pattern(actor=author.lead, pattern=row, partner=cleared, way=way).body
    below = Tlp.values[max(0, Tlp.values.index(level) - 1)]
    lower = {"tlp_cap": below} if level != Tlp.CLEAR else {"active": False}
    Partner.objects.filter(pk=narrow.pk).update(**lower)
    with pytest.raises(ConflictError):
        hand_over_pattern(
            actor=author.lead, pattern=row, partner=Partner.objects.get(pk=narrow.pk), way=way
        )
    assert PatternHandover.objects.count() == 1


def test_a_red_pattern_has_no_bytes_at_all(author: Author) -> None:
    row = author.drafted(tlp="red")
    assert "tlp" in rules(row)
    assert row.bundle == ""
    assert "audience" in rules(row)


def test_green_needs_a_community_and_only_named_partners_get_it(author: Author) -> None:
    Circle.objects.update(community=False)
    author.circle.refresh_from_db()
    assert "audience" in rules(author.drafted())
    Circle.objects.update(community=True)
    row = change_pattern(
        actor=author.lead, pattern=Pattern.objects.get(),
        said=author.said(partners=["south-desk"]),
    )  # fmt: skip
    assert rules(row) == set()
    catalogue.release(row, list(row.partners.all()), author.second)
    row.live = row.revision
    row.save()
    with pytest.raises(ConflictError, match="Nothing of it was approved"):
        hand_over_pattern(
            actor=author.lead, pattern=row, partner=author.partners[1], way=WayOut.BUNDLE
        )


def test_a_pattern_has_no_table_and_no_recall_file(author: Author) -> None:
    row = out(author)
    for way in (WayOut.TABLE, WayOut.RECALL, WayOut.TAXII):
        with pytest.raises(ConflictError):
            hand_over_pattern(actor=author.lead, pattern=row, partner=author.partners[0], way=way)


def test_the_ledger_of_patterns_is_append_only(author: Author) -> None:
    row = out(author)
    author.file(row)
    told = PatternHandover.objects.get()
    assert (told.purpose, told.legal_basis) == (row.purpose, "legitimate interest")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        PatternHandover.objects.update(purpose="other")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        PatternHandover.objects.all().delete()


def test_changed_bytes_are_not_handed_over(author: Author) -> None:
    row = out(author)
    row.releases.update(bundle="{}")
    with pytest.raises(ConflictError, match="not those that were approved"):
        author.file(row)


def test_the_next_revision_keeps_the_id_and_a_revoked_pattern_is_over(author: Author) -> None:
    row = out(author)
    before = row.stix_id
    row = change_pattern(actor=author.lead, pattern=row, said=author.said(title="Waves"))
    assert (row.revision, row.live, row.stix_id, row.state) == (2, 1, before, "draft")
    with pytest.raises(InvalidError):
        revoke_pattern(actor=author.lead, pattern=row, reason=" ")
    row = revoke_pattern(actor=author.lead, pattern=row, reason="too loud")
    with pytest.raises(ConflictError, match="already"):
        revoke_pattern(actor=author.lead, pattern=row, reason="again")
    with pytest.raises(ConflictError, match="This was revoked"):
        change_pattern(actor=author.lead, pattern=row, said=author.said())
    assert '"revoked": true' in author.file(row, WayOut.BUNDLE).decode()


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("title", {"title": ""}),
        ("title", {"title": "x" * 121}),
        ("purpose", {"purpose": " "}),
        ("tlp", {"tlp": "blue"}),
        ("pap", {"pap": "blue"}),
        ("lifetime_days", {"lifetime_days": 0}),
        ("valid_until", {"valid_until": packs.DAWN}),
        ("tests", {"tests": [{"name": "x"}]}),
        ("parameters", {"parameters": {"n": {"type": "text"}}}),
        ("partners", {"partners": []}),
        ("partners", {"partners": ["nobody"]}),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_is_kept(
    author: Author, field: str, said: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError) as refused:
        author.drafted(**said)
    assert refused.value.field == field
    assert not Pattern.objects.exists()


def test_a_reviewer_offers_nothing_and_a_name_is_taken_once(author: Author) -> None:
    said: dict[str, Any] = {
        "slug": author.slug, "name": "waves", "circle": author.circle, "said": author.said(),
    }  # fmt: skip
    with pytest.raises(ForbiddenError):
        draft_pattern(actor=cast.reviewer(), **said)
    draft_pattern(actor=author.lead, **said)
    with pytest.raises(ConflictError, match="already"):
        draft_pattern(actor=author.lead, **said)


def test_what_was_received_is_not_passed_on_and_widens_no_mark(author: Author) -> None:
    on = packs.Importer("", author.admin, pinned=False)
    packs.pin_far(author.admin, on.partner)
    received = on.take(packs.far_bundle(level="amber"))
    with pytest.raises(InvalidError, match="this is wider") as refused:
        author.drafted(derived_from=[received.pk])
    assert refused.value.field == "tlp"
    row = author.drafted(derived_from=[received.pk], tlp="amber")
    assert row.lineage == [{"id": received.stix_id, "revision": 1, "how": "derived"}]
    assert received.stix_id in row.bundle
    received = accept_pattern(actor=on.lead, received=received)
    with pytest.raises(ConflictError, match="not passed on"):
        draft_pattern(
            actor=author.lead, slug=received.slug, name="other", circle=author.circle,
            said=author.said(),
        )  # fmt: skip


def _reads(author: Author, partner: Partner, who: User) -> list[tuple[int, bool]]:
    """Revisions in the collection of patterns, as this partner sees it now."""
    Partner.objects.filter(user=who).update(user=None)
    Partner.objects.filter(pk=partner.pk).update(user=who)
    circle = Circle.objects.get(pk=author.circle.pk)
    return [(one.revision, one.revoked) for one in releases_by_partner(circle, who)]


@pytest.mark.row(61)
def test_the_collection_shows_a_partner_what_it_may_have_at_this_moment(author: Author) -> None:
    row, who = out(author), build.user(Role.PARTNER, "machine")
    south, bank = author.partners
    assert _reads(author, south, who) == [(1, False)]
    for changes in ({"tlp_cap": "clear"}, {"purpose": ""}, {"active": False}):
        before = {name: getattr(bank, name) for name in changes}
        Partner.objects.filter(pk=bank.pk).update(**changes)
        assert _reads(author, bank, who) == []
        Partner.objects.filter(pk=bank.pk).update(**before)
    assert _reads(author, bank, who) == [(1, False)]
    with time_machine.travel(clock.now() + timedelta(days=91), tick=False):
        assert _reads(author, south, who) == []
    revoke_pattern(actor=author.lead, pattern=row, reason="too loud")
    assert _reads(author, south, who) == [(1, True)]
    assert list(releases_by_partner(author.circle, cast.lead())) == []
