"""Covered evidence: what is in a page, who may look, and what the chain keeps of it."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.audit import Verb
from abusedesk.core.errors import ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import AuditEntry, Role, User
from cases.choices import Masking, Severity
from cases.masking import CONTENT_SEVERITY, DEFAULTS, SHOWING, WITHHELD, mode_of, worst
from cases.models import Case, Mask
from cases.selectors.masking import cover_for
from cases.services.marking import label_case
from cases.services.masking import peek, save_desk_masks, save_own_masks
from cases.terms import Terms
from cases.timeline import timeline_of
from detectors.models import Signal
from tests.addresses import cited_id
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db
SLUGS = st.sampled_from(["", "gore", "scam"])
TABLES = st.dictionaries(SLUGS, st.sampled_from(Masking.values))


@pytest.fixture
def desk(db: None) -> world.Desk:
    return world.desk(2)


@pytest.fixture
def case(desk: world.Desk) -> Case:
    """About a policy of the worst kind."""
    build.policy("gore", actor=desk.admin, harm=Severity.CRITICAL)
    return label_case(actor=desk.lead, case=desk.cases[0], labels=["gore"])


def evidence(case: Case, viewer: User) -> str:
    browser = Client()
    browser.force_login(viewer)
    return browser.get(f"/cases/{case.ref}/?tab=evidence").content.decode()


@given(category=SLUGS, severity=st.integers(0, 3), own=TABLES, desk=TABLES)
def test_what_is_withheld_is_in_no_page_whatever_was_chosen(
    category: str, severity: int, own: dict[str, str], desk: dict[str, str]
) -> None:
    mode = mode_of(category, severity, own=own, desk=desk)
    assert severity < WITHHELD or mode not in SHOWING
    if category in own and severity < WITHHELD:
        assert mode == own[category]


def test_the_narrower_choice_wins_and_then_ones_own() -> None:
    own, desk = {"": "grey"}, {"": "off", "scam": "hidden"}
    assert mode_of("scam", 1, own=own, desk=desk) == Masking.HIDDEN
    assert mode_of("spam", 1, own=own, desk=desk) == Masking.GREY
    assert mode_of("spam", 1, own={}, desk=desk) == Masking.OFF
    assert mode_of("spam", 2, own={}, desk={}) == Masking.BLUR


def test_every_harm_has_a_content_severity_and_every_content_severity_a_cover() -> None:
    assert set(CONTENT_SEVERITY) == set(Severity)
    assert set(CONTENT_SEVERITY.values()) == set(DEFAULTS)
    assert worst([("scam", Severity.LOW), ("gore", Severity.CRITICAL)]) == ("gore", WITHHELD)
    assert worst([]) == ("", 0)


@pytest.mark.row(49)
def test_the_worst_evidence_is_not_in_the_page_before_somebody_peeks(
    desk: world.Desk, case: Case
) -> None:
    signal_id = cited_id(case)
    words = Signal.objects.get(pk=signal_id).text
    save_own_masks(actor=desk.reviewer, modes={"gore": "off"}, press=False)
    page = evidence(case, desk.reviewer)
    assert words[:20] not in page
    browser = Client()
    browser.force_login(desk.reviewer)
    assert browser.get(f"/cases/{case.ref}/peek/{signal_id}/").status_code == 405
    assert not AuditEntry.objects.filter(verb=Verb.CASE_PEEKED).exists()
    shown = browser.post(f"/cases/{case.ref}/peek/{signal_id}/").content.decode()
    assert words[:20] in shown
    assert "Cover it again" in shown
    looked = AuditEntry.objects.get(verb=Verb.CASE_PEEKED)
    assert (looked.actor, looked.target_id) == (desk.reviewer, str(case.pk))
    assert looked.data == {"signal": signal_id, "severity": 3}
    assert all(one.verb != Verb.CASE_PEEKED for one in timeline_of(case, desk.lead))
    assert words[:20] not in evidence(case, desk.reviewer)


@pytest.mark.row(49)
@pytest.mark.parametrize("mode", list(Masking))
def test_each_mode_covers_in_its_own_way(desk: world.Desk, mode: Masking) -> None:
    case = desk.cases[0]
    save_own_masks(actor=desk.reviewer, modes={"": mode}, press=False)
    page = evidence(case, desk.reviewer)
    words = Signal.objects.get(pk=cited_id(case)).text[:20]
    assert (words in page) == (mode in SHOWING)
    assert (f"mask-{mode}" in page) == (mode != Masking.OFF)
    assert (" characters" in page) == (mode == Masking.SUMMARY)
    assert 'style="' not in page
    assert words in evidence(case, desk.lead)


@pytest.mark.row(49)
def test_the_desk_sets_a_default_and_people_their_own(desk: world.Desk) -> None:
    case = desk.cases[0]
    browser = Client()
    browser.force_login(desk.admin)
    assert browser.post("/settings/masking/", {"else": "grey"}).status_code == 302
    browser.force_login(desk.reviewer)
    assert browser.post("/me/wellness/", {"else": "blur", "press": "on"}).status_code == 302
    mine, leads = cover_for(case, desk.reviewer), cover_for(case, desk.lead)
    assert mine is not None
    assert leads is not None
    assert (mine.mode, mine.press) == (Masking.BLUR, True)
    assert (leads.mode, leads.press) == (Masking.GREY, False)
    assert browser.post("/me/wellness/", {"saved": "1"}).status_code == 302
    mine = cover_for(case, desk.reviewer)
    assert mine is not None
    assert (mine.mode, mine.press) == (Masking.GREY, False)
    assert browser.post("/me/wellness/", {"else": "glow"}).status_code == 422
    assert AuditEntry.objects.filter(verb=Verb.MASK_SAVED).count() == 3


def test_a_decision_says_what_a_case_is_about(desk: world.Desk) -> None:
    case = desk.cases[0]
    policy = build.policy("gore", actor=desk.admin, harm=Severity.HIGH)
    build.decided(desk.reviewer, case, terms=Terms(policy=policy))
    cover = cover_for(case, desk.reviewer)
    assert cover is not None
    assert (cover.category, cover.severity, cover.mode) == ("gore", 2, Masking.BLUR)


def test_nobody_peeks_at_what_the_case_does_not_show(desk: world.Desk, case: Case) -> None:
    with pytest.raises(NotFoundError):
        peek(actor=desk.reviewer, case=case, signal_id=cited_id(desk.cases[1]))
    with pytest.raises(NotFoundError):
        peek(actor=desk.partner, case=case, signal_id=cited_id(case))
    assert not AuditEntry.objects.filter(verb=Verb.CASE_PEEKED).exists()


def test_only_admins_choose_for_the_desk_and_only_what_there_is(desk: world.Desk) -> None:
    with pytest.raises(ForbiddenError):
        save_desk_masks(actor=desk.lead, modes={"": "off"})
    with pytest.raises(InvalidError):
        save_desk_masks(actor=desk.admin, modes={"nowhere": "off"})
    with pytest.raises(ForbiddenError):
        save_own_masks(actor=build.user(Role.INTEGRATION), modes={}, press=False)
    assert not Mask.objects.exists()
