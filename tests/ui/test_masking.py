"""Covered evidence at a browser: held it shows, and whatever happens next covers it again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Locator, Page, expect

from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry
from cases.choices import Severity
from cases.models import Case
from cases.services.file import add_file
from cases.services.marking import label_case
from cases.services.masking import save_own_masks
from detectors.models import Signal, SignalEntity
from tests.addresses import cited_id
from tests.cases import build
from tests.ui import world
from tests.ui.conftest import Visitor
from tests.ui.test_case_content import PNG as PIXEL

pytestmark = [pytest.mark.ui, pytest.mark.row(49)]
SENTENCE = "Our lawyer recovered"


@pytest.fixture
def ref(desk: world.Desk) -> str:
    """A case about a policy of the worst kind."""
    build.policy("gore", actor=desk.admin, harm=Severity.CRITICAL)
    case = label_case(actor=desk.lead, case=desk.cases[0], labels=["gore"])
    assert SENTENCE in Signal.objects.get(pk=cited_id(case)).text
    return case.ref


def looks() -> int:
    return AuditEntry.objects.filter(verb=Verb.CASE_PEEKED).count()


def words(page: Page) -> Locator:
    return page.get_by_text(SENTENCE)


def opened(visitor: Visitor, ref: str) -> Page:
    visitor.go(f"/cases/{ref}/?tab=evidence")
    expect(words(visitor.page)).to_have_count(0)
    return visitor.page


@pytest.mark.journey(24)
def test_the_key_shows_as_long_as_it_is_held(enter: Callable[..., Visitor], ref: str) -> None:
    rita = enter(mouse=False)
    page = opened(rita, ref)
    page.locator("article.signal").first.focus()
    page.keyboard.down("b")
    expect(words(page)).to_have_count(1)
    expect(words(page)).to_be_visible()
    page.keyboard.up("b")
    expect(words(page)).to_have_count(0)
    assert looks() == 1
    assert rita.violations() == []
    assert rita.watch.errors == []


@pytest.mark.parametrize(
    "event",
    [
        "window.dispatchEvent(new Event('blur'))",
        "document.dispatchEvent(new Event('visibilitychange'))",
        "document.dispatchEvent(new CustomEvent('desk:item', { detail: 'next' }))",
    ],
    ids=["blur", "tab switch", "next row"],
)
@pytest.mark.journey(24)
def test_it_is_covered_again_when_one_looks_elsewhere(
    enter: Callable[..., Visitor], ref: str, event: str
) -> None:
    page = opened(enter(), ref)
    button = page.get_by_role("button", name="Peek").first
    button.hover()
    page.mouse.down()
    expect(words(page)).to_have_count(1)
    page.evaluate(event)
    expect(words(page)).to_have_count(0)


@pytest.mark.journey(24)
def test_who_cannot_hold_presses_once_and_it_is_covered_after_ten_seconds(
    enter: Callable[..., Visitor], desk: world.Desk, ref: str
) -> None:
    save_own_masks(actor=desk.reviewer, modes={}, press=True)
    rita = enter()
    rita.page.clock.install()
    page = opened(rita, ref)
    page.get_by_role("button", name="Peek").first.press("Enter")
    expect(words(page)).to_have_count(1)
    page.clock.run_for(9_000)
    expect(words(page)).to_have_count(1)
    page.clock.run_for(2_000)
    expect(words(page)).to_have_count(0)


def test_zero_covers_the_page_at_once(enter: Callable[..., Visitor], ref: str) -> None:
    rita = enter()
    page = opened(rita, ref)
    page.keyboard.down("b")
    expect(words(page)).to_have_count(1)
    page.keyboard.press("0")
    expect(words(page)).to_have_count(0)
    expect(page.locator("main h1")).to_be_hidden()
    page.keyboard.press("0")
    expect(page.locator("main h1")).to_be_visible()


def test_without_script_the_button_opens_the_words_on_a_page_of_their_own(
    enter: Callable[..., Visitor], ref: str
) -> None:
    rita = enter(script=False)
    page = rita.page
    page.goto(f"{rita.base}/cases/{ref}/?tab=evidence")
    expect(words(page)).to_have_count(0)
    page.get_by_role("button", name="Peek").first.click()
    expect(words(page)).to_have_count(1)
    page.get_by_role("link", name="Cover it again").click()
    expect(words(page)).to_have_count(0)
    assert looks() == 1


def test_blurred_words_are_blurred_and_hidden_from_screen_readers(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    save_own_masks(actor=desk.reviewer, modes={"": "blur"}, press=False)
    rita = enter()
    rita.go(f"/cases/{desk.cases[0].ref}/?tab=evidence")
    under = rita.page.locator(".veil .under").first
    assert under.evaluate("node => getComputedStyle(node).filter") == "blur(12px)"
    expect(under).to_have_attribute("aria-hidden", "true")
    rita.go("/me/wellness/")
    rita.page.get_by_label("How strong the blur is").fill("30")
    rita.page.get_by_role("button", name="Save").click()
    rita.go(f"/cases/{desk.cases[0].ref}/?tab=evidence")
    assert under.evaluate("node => getComputedStyle(node).filter") == "blur(30px)"
    assert rita.violations() == []
    rita.go("/me/wellness/")
    rita.page.get_by_label("Everything else").select_option("off")
    rita.page.get_by_role("button", name="Save").click()
    expect(rita.page.get_by_label("Everything else")).to_have_value("off")
    rita.go(f"/cases/{desk.cases[0].ref}/?tab=evidence")
    expect(rita.page.locator(".veil")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_page_of_a_signal_withholds_its_text_and_what_was_sent(
    enter: Callable[..., Visitor], ref: str, *, script: bool
) -> None:
    rita = enter(script=script)
    page = rita.page
    shown = Signal.objects.filter(text__startswith=SENTENCE).earliest("pk")
    page.goto(f"{rita.base}/signals/{shown.pk}/")
    assert SENTENCE not in page.content()
    for name, found in ((f"Peek at signal {shown.pk}", "bdi"), ("as it was sent", "pre")):
        button = page.get_by_role("button", name=name).first
        if script:
            rita.ready()
            button.hover()
            page.mouse.down()
        else:
            button.click()
        expect(page.locator(found).filter(has_text=SENTENCE)).to_be_visible()
        if script:
            page.mouse.up()
        else:
            page.get_by_role("link", name="Cover it again").click()
        expect(words(page)).to_have_count(0)
    assert looks() == 2


@pytest.mark.parametrize("where", ["/signals/", "entity"])
def test_rows_of_signals_show_their_words_while_the_key_is_held(
    enter: Callable[..., Visitor], ref: str, where: str
) -> None:
    shown = Signal.objects.filter(text__startswith=SENTENCE).latest("occurred_at")
    mention = SignalEntity.objects.filter(signal_id=shown.pk).select_related("entity").first()
    assert mention is not None
    path = where if where != "entity" else f"/entities/{mention.entity.type}/{mention.entity_id}/"
    rita = enter(mouse=False)
    rita.go(path)
    page = rita.page
    row = page.locator("tr[data-item]", has=page.locator(f"a[href='/signals/{shown.pk}/']"))
    expect(row).to_have_count(1)
    assert SENTENCE not in row.inner_html()
    row.locator("a[data-open]").focus()
    page.keyboard.down("b")
    expect(row.get_by_text(SENTENCE)).to_be_visible()
    page.keyboard.up("b")
    expect(row.get_by_text(SENTENCE)).to_have_count(0)
    assert rita.violations() == []
    assert rita.watch.errors == []


def test_a_picture_is_loaded_while_the_button_is_held(
    enter: Callable[..., Visitor], desk: world.Desk, ref: str
) -> None:
    case = Case.objects.get(ref=ref)
    file = add_file(actor=desk.lead, case=case, upload=SimpleUploadedFile("shot.png", PIXEL))
    rita = enter()
    rita.go(f"/cases/{ref}/?tab=files")
    page = rita.page
    expect(page.locator("img.picture")).to_have_count(0)
    page.get_by_role("button", name=f"Peek at file {file.pk}").hover()
    page.mouse.down()
    picture = page.locator("img.picture")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('img.picture').naturalWidth === 1")
    page.mouse.up()
    expect(picture).to_have_count(0)
    assert rita.violations() == []
    assert rita.watch.errors == []
