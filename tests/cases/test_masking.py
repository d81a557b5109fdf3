"""Covered evidence: what is in a page, who may look, and what the chain keeps of it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.audit import Verb
from abusedesk.core.errors import ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import AuditEntry, Role, User
from cases.choices import Masking, ReviewWhy, Severity
from cases.exposure import budget_of
from cases.masking import CONTENT_SEVERITY, DEFAULTS, SHOWING, WITHHELD, mode_of, worst
from cases.models import Case, CaseCampaign, CaseReport, Mask, SecondReview
from cases.selectors.masking import cover_for, covers_for
from cases.services.file import add_file
from cases.services.marking import label_case
from cases.services.masking import peek, save_desk_masks, save_own_masks
from cases.terms import Terms
from cases.timeline import timeline_of
from detectors.models import Finding, Signal, SignalEntity
from tests.addresses import PNG, cited_id
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
    return at_browser(viewer).get(f"/cases/{case.ref}/?tab=evidence").content.decode()


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
    browser = at_browser(desk.reviewer)
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


@pytest.mark.row(49)
def test_who_chose_nothing_has_disturbing_words_blurred_and_a_colleague_can_choose_grey(
    desk: world.Desk,
) -> None:
    build.policy("wounds", actor=desk.admin, harm=Severity.HIGH)
    case = label_case(actor=desk.lead, case=desk.cases[0], labels=["wounds"])
    save_own_masks(actor=desk.lead, modes={"wounds": "grey"})
    assert "mask-blur" in evidence(case, desk.reviewer)
    assert "mask-grey" in evidence(case, desk.lead)
    with pytest.raises(InvalidError):
        save_own_masks(actor=desk.lead, modes={}, blur=2)


@pytest.mark.row(49)
def test_no_page_of_signals_holds_the_worst_words_before_somebody_peeks(
    desk: world.Desk, case: Case
) -> None:
    signal = Signal.objects.get(pk=cited_id(case))
    mention = SignalEntity.objects.filter(signal_id=signal.pk).select_related("entity").first()
    assert mention is not None
    pages = {
        f"/signals/{signal.pk}/": 2,
        f"/entities/{mention.entity.type}/{mention.entity_id}/": 1,
        "/signals/": 12,
    }
    browser = at_browser(desk.reviewer)
    for path, veils in pages.items():
        page = browser.get(path).content.decode()
        assert signal.text[:20] not in page, path
        assert page.count("data-veil") == veils, path
    Signal.objects.filter(pk=signal.pk).update(text="x" * 999)
    assert "post of 999 characters" in browser.get("/signals/").content.decode()
    signal.save(update_fields=["text"])
    elsewhere = Signal.objects.get(pk=cited_id(desk.cases[1]))
    assert elsewhere.text[:20] in browser.get(f"/signals/{elsewhere.pk}/").content.decode()
    shown = browser.post(f"/signals/{signal.pk}/peek/", {"whole": "1"}).content.decode()
    assert signal.text[:20] in shown
    assert "Cover it again" in shown
    sent = browser.post(f"/signals/{signal.pk}/peek/", {"raw": "1"}).content.decode()
    assert "external_id" in sent
    looks = AuditEntry.objects.filter(verb=Verb.CASE_PEEKED)
    assert [(one.target_type, one.target_id) for one in looks] == [("signal", str(signal.pk))] * 2
    assert budget_of(desk.reviewer).spent == 3


@pytest.mark.row(49)
def test_a_picture_of_a_disturbing_case_is_in_the_page_only_after_a_peek_and_counts_once(
    desk: world.Desk, case: Case
) -> None:
    upload = SimpleUploadedFile("shot.png", PNG)
    file = add_file(actor=desk.reviewer, case=case, upload=upload)
    browser, address = at_browser(desk.lead), f"/cases/{case.ref}/files/{file.pk}/"
    page = browser.get(f"/cases/{case.ref}/?tab=files").content.decode()
    assert "<img" not in page
    assert "show=1" not in page
    assert "a picture, covered" in page
    shown = browser.post(f"{address}peek/").content.decode()
    assert f'src="{address}?show=1"' in shown
    assert budget_of(desk.lead).spent == 0
    for _ in range(2):
        assert b"".join(browser.get(f"{address}?show=1")) == PNG
    assert budget_of(desk.lead).spent == 3
    text = add_file(actor=desk.lead, case=case, upload=SimpleUploadedFile("a.txt", b"words"))
    assert browser.post(f"/cases/{case.ref}/files/{text.pk}/peek/").status_code == 404
    calm = desk.cases[1]
    add_file(actor=desk.lead, case=calm, upload=SimpleUploadedFile("shot.png", PNG))
    assert "show=1" in browser.get(f"/cases/{calm.ref}/?tab=files").content.decode()


def test_a_signal_is_covered_by_the_worst_case_that_rests_on_it_or_whose_report_it_is(
    desk: world.Desk, case: Case
) -> None:
    build.policy("spam", actor=desk.admin, harm=Severity.LOW)
    signal = Signal.objects.get(pk=cited_id(desk.cases[1]))
    label_case(actor=desk.lead, case=desk.cases[1], labels=["spam"])
    assert covers_for([signal], desk.reviewer)[signal.pk].severity == 1
    CaseReport.objects.create(
        case=case, digest=b"0" * 16, target_type="account", target="x:a", signal_id=signal.pk,
        reporter="x:r", reason="", reported_at=signal.occurred_at,
    )  # fmt: skip
    assert covers_for([signal], desk.reviewer)[signal.pk].severity == 3
    assert covers_for([signal], desk.partner) == {}


def test_a_signal_that_no_case_rests_on_is_covered_as_everything_else(desk: world.Desk) -> None:
    (loose,) = Signal.objects.filter(pk=cited_id(desk.cases[0]))
    CaseCampaign.objects.all().delete()
    cover = covers_for([loose], desk.reviewer)[loose.pk]
    assert (cover.category, cover.severity, cover.mode) == ("", 0, Masking.OFF)
    save_own_masks(actor=desk.reviewer, modes={"": "grey"})
    assert covers_for([loose], desk.reviewer)[loose.pk].mode == Masking.GREY


def test_the_texts_of_a_chain_are_covered_too(desk: world.Desk, case: Case) -> None:
    signals = list(Signal.objects.filter(pk__in=range(cited_id(case), cited_id(case) + 2)))
    finding = Finding.objects.filter(campaigns__campaign__case_link__case=case).earliest("pk")
    output = {"signal": signals[0].pk, "at": 0.0, "account": "x:a"}
    post = output | {"output": output["signal"], "after_s": 9.0, "containment": 0.5}
    post["signal"] = signals[1].pk
    Finding.objects.filter(pk=finding.pk).update(
        detector="output-reappearance",
        values={"outputs": [output], "prompts": [], "posts": [post]},
    )
    page = evidence(case, desk.reviewer)
    assert "From AI output to posts" in page
    assert [one.text[:20] for one in signals if one.text[:20] in page] == []


def test_the_cover_tells_nobody_what_a_first_verdict_was(desk: world.Desk) -> None:
    case = desk.cases[0]
    policy = build.policy("gore", actor=desk.admin, harm=Severity.CRITICAL)
    decision = build.decided(desk.reviewer, case, terms=Terms(policy=policy))
    SecondReview.objects.create(decision=decision, why=ReviewWhy.SAMPLE)
    first, second = cover_for(case, desk.reviewer), cover_for(case, desk.lead)
    assert first is not None
    assert second is not None
    assert (first.severity, second.severity) == (3, 0)
    signal = Signal.objects.get(pk=cited_id(case))
    assert covers_for([signal], desk.lead)[signal.pk].severity == 0


def test_a_copy_is_covered_like_the_case_whose_evidence_it_shows(
    desk: world.Desk, case: Case
) -> None:
    copy = build.case(queue=desk.queue, stands_for=case, only_for=desk.reviewer)
    cover = cover_for(copy, desk.reviewer)
    assert cover is not None
    assert cover.severity == 3
    assert peek(actor=desk.reviewer, case=copy, signal_id=cited_id(case)).pk == cited_id(case)


def test_disturbing_words_in_the_open_cost_no_query_above_the_budget_of_the_page(
    desk: world.Desk,
) -> None:
    build.policy("wounds", actor=desk.admin, harm=Severity.HIGH)
    case = label_case(actor=desk.lead, case=desk.cases[0], labels=["wounds"])
    save_own_masks(actor=desk.reviewer, modes={"wounds": "off"})
    browser = at_browser(desk.reviewer)
    for path, most in ((f"/cases/{case.ref}/?tab=evidence", 20), ("/signals/", 11)):
        browser.get(path)
        with CaptureQueriesContext(connection) as queries:
            browser.get(path)
        assert len(queries) <= most, path
    assert budget_of(desk.reviewer).spent == 2 * 12


def at_browser(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser
