"""A pattern from the rule of one desk to the cases of another; no step can be left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.errors import AbuseDeskError, ConflictError, ForbiddenError
from abusedesk.core.models import Role
from cases import news
from cases.choices import NoticeKind, ReceivedState, WayOut
from cases.models import Case, Notice, PartnerKey, ReceivedPattern
from cases.services.organisation import save_organisation
from cases.services.partner_key import withdraw_key
from cases.services.pattern import change_pattern
from cases.services.pattern_out import hand_over_pattern, revoke_pattern
from cases.services.pattern_steps import (
    approve_pattern,
    ask_pattern,
    backtest_pattern,
    renew_preview,
)
from cases.services.pattern_watch import check_patterns
from cases.services.received import (
    accept_pattern,
    backtest_received,
    enable_pattern,
    resume_pattern,
    shadow_pattern,
)
from cases.services.receiving import receive_file
from detectors.choices import Mode
from detectors.models import DetectorConfig, Finding
from detectors.services.config import save_config
from detectors.services.draft import approve_draft, propose_config
from detectors.services.rollback import roll_back
from detectors.services.rule import change_rule
from tests import desk as whole_desk
from tests.cases import build
from tests.sharing import packs
from tests.sharing.packs import Author, Importer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    whole_desk.forget()
    yield
    whole_desk.forget()


def importer(*, own_days: int = 9) -> tuple[Importer, ReceivedPattern]:
    """A desk with a pattern of a far desk in quarantine."""
    if own_days:
        packs.store(own_days)
    admin = build.user(Role.ADMIN, "anna")
    save_organisation(actor=admin, name="South desk")
    on = Importer("", admin, pinned=False)
    packs.pin_far(admin, on.partner)
    return on, on.take(packs.far_bundle())


def in_shadow(on: Importer, row: ReceivedPattern) -> ReceivedPattern:
    row = accept_pattern(actor=on.lead, received=row)
    row = backtest_received(actor=on.lead, received=row, days=9)
    packs.work_off(row.backtest_id)
    return shadow_pattern(actor=on.lead, received=row)


def enabled(on: Importer, row: ReceivedPattern) -> ReceivedPattern:
    row = in_shadow(on, row)
    draft = enable_pattern(actor=on.lead, received=row, reason="it found the waves")
    approve_draft(actor=on.second, draft=draft)
    check_patterns()
    row.refresh_from_db()
    assert row.state == ReceivedState.ENABLED
    return row


def mode_of(row: ReceivedPattern) -> str:
    return DetectorConfig.objects.get(slug=row.slug, current=True).mode


@pytest.mark.row(63)
@pytest.mark.row(89)
def test_a_tuned_rule_goes_from_desk_to_desk_and_a_backtest_is_offered() -> None:
    packs.store(25)
    author = Author()
    row = author.shared()
    assert row.conflicts == []
    assert row.expected is not None
    assert row.expected["findings"]["p50"] > 0
    assert row.parameters["threshold"]["default"] == packs.TUNED, "as it is set beside the text"
    file = author.file(row)
    on = Importer(author.keys(), author.admin)
    received = on.take(file)
    assert received.state == ReceivedState.QUARANTINED
    assert (received.why, received.green, received.lacks) == ("", True, [])
    browser = Client()
    browser.force_login(on.lead)
    page = browser.get(f"/sharing/received/{received.pk}/").content.decode()
    fingerprint = PartnerKey.objects.get().public
    assert received.key_id in page
    assert "fingerprint compared" in page
    assert "made by its author, of no other pattern" in page
    assert fingerprint not in page, "the digits are those of the fingerprint"
    received = accept_pattern(actor=on.lead, received=received)
    page = browser.get(f"/sharing/received/{received.pk}/").content.decode()
    assert ">Backtest</button>" in page
    received = backtest_received(actor=on.lead, received=received, days=10)
    packs.work_off(received.backtest_id)
    told = browser.get(f"/api/v1/sharing/received/{received.pk}/").json()
    assert told["a_day"] > 0
    received = shadow_pattern(actor=on.lead, received=received)
    draft = enable_pattern(actor=on.lead, received=received, reason="it found the waves")
    assert draft.made is None


@pytest.mark.row(89)
def test_one_flipped_byte_in_the_file_and_nothing_is_stored() -> None:
    packs.store(25)
    author = Author()
    file = author.file(author.shared())
    on = Importer(author.keys(), author.admin)
    for place in range(0, len(file), max(1, len(file) // 60)):
        flipped = file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :]
        with pytest.raises(AbuseDeskError):
            receive_file(actor=on.lead, partner=on.partner, body=flipped)
        assert not ReceivedPattern.objects.exists(), place
    on.take(file)


@pytest.mark.row(90)
def test_enable_is_off_until_a_backtest_over_seven_own_days_and_shadow_opens_no_case() -> None:
    on, row = importer(own_days=9)
    browser = Client()
    browser.force_login(on.lead)
    page = f"/sharing/received/{row.pk}/"
    off = "disabled>Enable</button>"
    assert off in browser.get(page).content.decode()
    row = accept_pattern(actor=on.lead, received=row)
    assert off in browser.get(page).content.decode()
    with pytest.raises(ConflictError, match="No backtest has run"):
        shadow_pattern(actor=on.lead, received=row)
    row = backtest_received(actor=on.lead, received=row, days=9)
    with pytest.raises(ConflictError, match="The backtest is: running"):
        shadow_pattern(actor=on.lead, received=row)
    packs.work_off(row.backtest_id)
    assert off in browser.get(page).content.decode(), "it has to watch first"
    row = shadow_pattern(actor=on.lead, received=row)
    assert off not in browser.get(page).content.decode()
    before = Case.objects.count()
    whole_desk.work()
    found = Finding.objects.filter(detector=row.slug).count()
    assert found == 9
    packs.store(1, address="203.0.113.{day}")
    assert Case.objects.count() == before
    told = browser.get(f"/api/v1/sharing/received/{row.pk}/").json()
    assert told["mode"] == Mode.SHADOW
    assert [one["done"] for one in told["steps"]] == [True] * 5 + [False]


@pytest.mark.row(90)
def test_a_backtest_over_fewer_own_days_does_not_count() -> None:
    on, row = importer(own_days=5)
    row = accept_pattern(actor=on.lead, received=row)
    with pytest.raises(AbuseDeskError, match="7 to 90 days"):
        backtest_received(actor=on.lead, received=row, days=6)
    row = backtest_received(actor=on.lead, received=row, days=30)
    packs.work_off(row.backtest_id)
    with pytest.raises(ConflictError, match="signals of 5 days"):
        shadow_pattern(actor=on.lead, received=row)


def _steps(on: Importer, row: ReceivedPattern) -> dict[str, Callable[[], Any]]:
    """Every way that people have to put the rule into force early."""
    params = DetectorConfig.objects.get(slug=row.slug, current=True).params
    told: dict[str, Any] = {"slug": row.slug, "params": params, "reason": "now"}

    def rolled() -> object:
        number = DetectorConfig.objects.get(slug=row.slug, current=True).number
        return roll_back(actor=on.lead, slug=row.slug, number=max(1, number - 1))

    return {
        "draft": lambda: propose_config(actor=on.lead, mode=Mode.LIVE, **told),
        "shadow": lambda: propose_config(actor=on.lead, mode=Mode.SHADOW, **told),
        "by itself": lambda: propose_config(
            actor=on.lead, mode=Mode.SHADOW, promote_after_days=1, **told
        ),
        "rule": lambda: change_rule(actor=on.lead, mode=Mode.LIVE, based_on=1, **told),
        "set": lambda: save_config(actor=on.admin, mode=Mode.LIVE, **told),
        "the desk itself": lambda: save_config(actor=None, mode=Mode.LIVE, **told),
        "roll back": rolled,
        "enable": lambda: enable_pattern(actor=on.lead, received=row, reason="now"),
    }


@pytest.mark.row(90)
def test_no_step_can_be_left_out_on_any_way() -> None:
    on, row = importer()
    row = accept_pattern(actor=on.lead, received=row)
    for name, way in _steps(on, row).items():
        with pytest.raises(ConflictError):
            way()
        assert mode_of(row) == Mode.OFF, name
    browser = Client()
    browser.force_login(on.lead)
    for step in ("shadow", "enable"):
        answer = browser.post(
            f"/api/v1/sharing/received/{row.pk}/{step}/", {"reason": "x"}, "application/json"
        )
        assert answer.status_code == 409
    version = f"/api/v1/detectors/{row.slug}/"
    config = DetectorConfig.objects.get(slug=row.slug, current=True)
    browser.force_login(on.admin)
    answer = browser.put(
        version, {"mode": "live", "params": config.params, "reason": "x"}, "application/json"
    )
    assert answer.status_code == 409, answer.content
    assert mode_of(row) == Mode.OFF


@pytest.mark.row(90)
def test_settings_of_a_pattern_are_changed_on_its_page_only() -> None:
    on, row = importer()
    row = in_shadow(on, row)
    params = DetectorConfig.objects.get(slug=row.slug, current=True).params
    with pytest.raises(ConflictError, match="settings are those of the pattern's page"):
        propose_config(
            actor=on.lead, slug=row.slug, mode=Mode.SHADOW, params=params | {"threshold": 2},
            reason="looser",
        )  # fmt: skip


@pytest.mark.row(90)
def test_who_asks_to_enable_does_not_enable_and_the_sentence_names_the_source() -> None:
    on, row = importer()
    row = in_shadow(on, row)
    draft = enable_pattern(actor=on.lead, received=row, reason="it found the waves")
    with pytest.raises(ForbiddenError):
        approve_draft(actor=on.lead, draft=draft)
    approve_draft(actor=on.second, draft=draft)
    check_patterns()
    row.refresh_from_db()
    assert (row.state, mode_of(row)) == (ReceivedState.ENABLED, Mode.LIVE)
    whole_desk.work()
    said = set(Finding.objects.filter(detector=row.slug).values_list("sentence", flat=True))
    assert said
    source = "Pattern far-desk/waves-0, revision 1, from harbour."
    assert all(one.startswith(source) for one in said)


def _told(on: Importer) -> list[str]:
    news.tell_watchers()
    rows = Notice.objects.filter(user=on.lead, kind=NoticeKind.PAUSED)
    return list(rows.values_list("detector", flat=True))


@pytest.mark.row(90)
def test_a_revocation_pauses_every_copy_and_the_owner_is_told() -> None:
    packs.store(25)
    author = Author()
    shared = author.shared()
    file = author.file(shared)
    own = author.partners[0]
    revoke_pattern(actor=author.lead, pattern=shared, reason="it hits a campus")
    stub = hand_over_pattern(actor=author.lead, pattern=shared, partner=own, way=WayOut.SIGNED).body
    on = Importer(author.keys(), author.admin)
    row = enabled(on, on.take(file))
    cases = Case.objects.count()
    taken = receive_file(actor=on.lead, partner=on.partner, body=stub)
    assert (taken.paused, taken.received) == (1, [])
    row.refresh_from_db()
    assert (row.state, row.paused, row.final) == (ReceivedState.PAUSED, "revoked", True)
    assert mode_of(row) == Mode.OFF
    assert "Its author took it back" in row.why
    assert _told(on) == [row.slug]
    assert Case.objects.count() == cases
    with pytest.raises(ConflictError, match="does not come back"):
        resume_pattern(actor=on.lead, received=row)
    with pytest.raises(ConflictError):
        _steps(on, row)["draft"]()


@pytest.mark.row(90)
def test_a_pattern_whose_time_is_over_pauses_and_the_owner_is_told() -> None:
    on, row = importer()
    row = enabled(on, row)
    with time_machine.travel(clock.now() + timedelta(days=61), tick=False):
        assert check_patterns() == 1
    row.refresh_from_db()
    assert (row.paused, row.final, mode_of(row)) == ("expired", True, Mode.OFF)
    assert _told(on) == [row.slug]


@pytest.mark.row(90)
@pytest.mark.parametrize(("each", "pauses"), [(5, False), (6, True)])
def test_more_than_five_times_the_backtest_on_three_days_pauses(each: int, pauses: bool) -> None:
    """The backtest found one a day."""
    on, row = importer()
    row = enabled(on, row)
    config = DetectorConfig.objects.get(slug=row.slug, current=True)
    ReceivedPattern.objects.filter(pk=row.pk).update(shadow_at=clock.now() - timedelta(days=5))
    for day in (1, 2, 3):
        for number in range(each):
            made = build.finding(
                subjects=["x:a", "x:b"], detector=row.slug, anchor=("ip", f"{day}-{number}")
            )
            Finding.objects.filter(pk=made.pk).update(
                created_at=clock.now() - timedelta(days=day), config=config
            )
    assert check_patterns() == int(pauses)
    row.refresh_from_db()
    assert (row.state == ReceivedState.PAUSED) is pauses
    if pauses:
        assert (row.paused, row.final, mode_of(row)) == ("rate", False, Mode.OFF)
        assert "6, 6, 6" in row.why
        assert _told(on) == [row.slug]
        again = resume_pattern(actor=on.lead, received=row)
        assert (again.state, again.backtest) == (ReceivedState.ACCEPTED, None)
        with pytest.raises(ConflictError, match="No backtest"):
            shadow_pattern(actor=on.lead, received=again)


@pytest.mark.row(90)
def test_a_key_that_is_withdrawn_pauses_all_that_it_signed() -> None:
    on, row = importer()
    row = in_shadow(on, row)
    withdraw_key(actor=on.admin, key=PartnerKey.objects.get())
    row.refresh_from_db()
    assert (row.state, row.paused, mode_of(row)) == (ReceivedState.PAUSED, "key", Mode.OFF)


@pytest.mark.row(90)
def test_a_later_revision_runs_beside_the_old_one_and_takes_its_place_when_enabled() -> None:
    on, row = importer()
    row = enabled(on, row)
    later = on.take(packs.far_bundle(revision=2, title="Waves, wider"))
    later = accept_pattern(actor=on.lead, received=later, values={"threshold": 4})
    later = backtest_received(actor=on.lead, received=later, days=9)
    assert later.backtest is not None
    assert later.backtest.slug == row.slug, "against the one that runs"
    packs.work_off(later.backtest_id)
    later = shadow_pattern(actor=on.lead, received=later)
    assert (mode_of(row), mode_of(later)) == (Mode.LIVE, Mode.SHADOW)
    draft = enable_pattern(actor=on.lead, received=later, reason="wider")
    approve_draft(actor=on.second, draft=draft)
    check_patterns()
    row.refresh_from_db()
    assert (row.state, mode_of(row), mode_of(later)) == (
        ReceivedState.REPLACED, Mode.OFF, Mode.LIVE,
    )  # fmt: skip


@pytest.mark.row(63)
def test_an_author_needs_tests_a_backtest_and_a_second_person() -> None:
    packs.store(25)
    author = Author()
    row = author.drafted(tests=[])
    assert {"tests", "backtest"} <= {one["rule"] for one in row.conflicts}
    with pytest.raises(ConflictError):
        ask_pattern(actor=author.lead, pattern=row)
    row = change_pattern(actor=author.lead, pattern=row, said=author.said())
    assert {one["rule"] for one in row.conflicts} == {"backtest"}
    row = backtest_pattern(actor=author.lead, pattern=row)
    packs.work_off(row.backtest_id)
    row = renew_preview(actor=author.lead, pattern=row)
    row = ask_pattern(actor=author.lead, pattern=row)
    with pytest.raises(ForbiddenError, match="a second person"):
        approve_pattern(actor=author.lead, pattern=row, digest=row.digest)
    with pytest.raises(ConflictError, match="has changed"):
        approve_pattern(actor=author.second, pattern=row, digest="0" * 64)
    row = approve_pattern(actor=author.second, pattern=row, digest=row.digest)
    bundle = author.file(row, WayOut.BUNDLE)
    assert bundle.decode() == row.bundle, "what was looked at is what leaves"
