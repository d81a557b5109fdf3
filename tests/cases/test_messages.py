"""Messages to reporters and subjects: gaps, previews, the way out, and what never leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role, Scope, User
from cases import posting
from cases.actions import MAX_ATTEMPTS, deliver_due
from cases.choices import DeliveryState, Tlp
from cases.gaps import fill, gaps_in
from cases.models import Case, Delivery, Message, MessageTemplate
from cases.selectors.message import messages_of, recipients_of
from cases.services.message import cancel_message, preview_message, save_template, send_message
from cases.services.webhook import save_webhook
from cases.terms import Terms
from cases.timeline import timeline_of
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db
MAIL = "ada@outside.example"


@pytest.fixture(autouse=True)
def mail_on(settings: Settings) -> None:
    settings.MAIL_FROM = "desk@desk.example"


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def lead() -> User:
    return build.user(Role.LEAD, name="lea")


@pytest.fixture
def thanks(lead: User) -> MessageTemplate:
    return save_template(
        actor=lead,
        slug="thanks",
        title="Thanks",
        audience="reporter",
        subject="Your report on {case}",
        body="Dear {name},\n\nthank you. {what_happens}\n{date}",
    )


def send(
    actor: User,
    case: Case,
    template: MessageTemplate,
    values: Mapping[str, str] | None = None,
    to: str = MAIL,
    number: int = 1,
) -> Message:
    given_ = {"name": "Ada", "what_happens": "We look."} if values is None else values
    return send_message(
        actor=actor, case=case, template=template, to=to, values=given_, key=build.key(number)
    )


def let_it_leave() -> None:
    """The window in which it can be taken back is over."""
    past = clock.now() - timedelta(seconds=1)
    Message.objects.update(due_at=past)
    Delivery.objects.update(due_at=past)


def browser_of(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


@pytest.mark.row(58)
@pytest.mark.parametrize("values", [{}, {"name": "Ada"}, {"name": "Ada", "what_happens": "  "}])
def test_with_a_gap_left_open_nothing_is_sent_by_page_or_rest(
    rita: User, thanks: MessageTemplate, values: dict[str, str]
) -> None:
    case = build.case()
    form = {"template": "thanks", "to": MAIL, "key": str(build.key(1)), "do": "send"}
    form |= {f"gap-{name}": value for name, value in values.items()}
    page = browser_of(rita).post(f"/cases/{case.ref}/messages/", form)
    assert page.status_code == 422
    assert "A message with a gap is not sent." in page.content.decode()
    assert "{what_happens}" in page.content.decode()
    program = Client(headers=make.bearer(Scope.REVIEW, user=rita))
    said = {"template": "thanks", "to": MAIL, "values": values, "key": str(build.key(2))}
    address = f"/api/v1/cases/{case.ref}/messages/"
    answer = program.post(address, said, "application/json")
    assert answer.status_code == 422
    assert "{what_happens}" in answer.content.decode()
    assert not Message.objects.exists()


@pytest.mark.row(58)
def test_a_message_reads_as_its_preview_and_leaves_by_mail_after_the_window(
    rita: User, thanks: MessageTemplate
) -> None:
    case = build.case()
    form = {"template": "thanks", "to": MAIL, "gap-name": "Ada", "gap-what_happens": "We look."}
    browser = browser_of(rita)
    page = browser.post(f"/cases/{case.ref}/messages/", form | {"do": "preview"})
    preview = page.context["preview"]
    assert page.status_code == 200
    assert not Message.objects.exists()
    key = page.context["key"]
    for _ in range(2):  # a double click
        browser.post(f"/cases/{case.ref}/messages/", form | {"do": "send", "key": str(key)})
    posting.post_due()
    assert outbox.outbox == []
    let_it_leave()
    assert posting.post_due() == 1
    (sent,) = outbox.outbox
    assert (sent.to, sent.subject, sent.body) == ([MAIL], preview.subject, preview.body)
    assert sent.subject == f"Your report on {case.ref}"
    assert "Dear Ada,\n\nthank you. We look.\n" in sent.body
    assert posting.post_due() == 0
    sentences = [one.sentence for one in timeline_of(case, rita)]
    assert "wrote to a reporter from the template Thanks" in sentences
    assert f"mailed message {Message.objects.get().pk} to a reporter" in sentences


@pytest.mark.row(58)
def test_over_rest_a_template_is_saved_previewed_and_sent(rita: User, lead: User) -> None:
    case = build.case()
    writer = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=lead))
    words: dict[str, Any] = {
        "title": "No",
        "audience": "subject",
        "subject": "{case}",
        "body": "Stop, {to}. {why}",
    }
    made = writer.put("/api/v1/message-templates/no/", words, "application/json").json()
    assert (made["version"], made["gaps"]) == (1, ["case", "to", "why"])
    stale = writer.put("/api/v1/message-templates/no/", words, "application/json")
    assert stale.status_code == 409
    program = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=rita))
    address = f"/api/v1/cases/{case.ref}/messages/"
    said = {"template": "no", "to": MAIL}
    seen = program.post(f"{address}preview/", said, "application/json").json()
    assert seen == {"subject": case.ref, "body": f"Stop, {MAIL}. {{why}}", "missing": ["why"]}
    full = said | {"values": {"why": "Spam."}, "key": str(build.key(1))}
    row = program.post(address, full, "application/json").json()
    assert (row["body"], row["state"]) == (f"Stop, {MAIL}. Spam.", "waiting")
    taken = program.post(f"{address}{row['id']}/cancel/").json()
    assert taken["state"] == "canceled"
    assert program.post(f"{address}{row['id']}/cancel/").status_code == 409
    (kept,) = program.get(address).json()
    assert kept["state"] == "canceled"
    let_it_leave()
    assert posting.post_due() == 0
    assert outbox.outbox == []


@pytest.mark.row(58)
def test_nothing_of_a_red_case_is_written_nor_leaves_when_it_becomes_red(
    rita: User, thanks: MessageTemplate
) -> None:
    case = build.case(tlp=Tlp.RED)
    with pytest.raises(ConflictError, match="TLP:RED"):
        send(rita, case, thanks)
    program = Client(headers=make.bearer(Scope.REVIEW, user=rita))
    said = {"template": "thanks", "to": MAIL, "key": str(build.key(7))}
    address = f"/api/v1/cases/{case.ref}/messages/"
    assert program.post(address, said, "application/json").status_code == 409
    page = browser_of(rita).get(f"/cases/{case.ref}/messages/?template=thanks")
    assert 'name="do"' not in page.content.decode()
    save_webhook(actor=build.user(Role.ADMIN), url="https://r.example/", events=["message"])
    late = build.case()
    send(rita, late, thanks)
    send(rita, late, thanks, to="x:ada", number=2)
    Case.objects.update(tlp=Tlp.RED)
    let_it_leave()
    posting.post_due()
    deliver_due()
    assert outbox.outbox == []
    assert {one.state for one in Message.objects.all()} == {DeliveryState.DEAD}
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, 0)


@pytest.mark.row(58)
def test_a_message_to_an_account_is_passed_on_by_receivers_that_asked(
    rita: User, thanks: MessageTemplate
) -> None:
    case = build.case()
    with pytest.raises(InvalidError, match="No receiver passes messages on"):
        send(rita, case, thanks, to="x:ada")
    admin = build.user(Role.ADMIN)
    save_webhook(actor=admin, url="https://deaf.example/", events=["opened"])
    asked = save_webhook(actor=admin, url="https://r.example/", events=["message"])
    row = send(rita, case, thanks, to="x:ada")
    delivery = Delivery.objects.get()
    assert (delivery.webhook, delivery.kind, delivery.message) == (asked, "message", row)
    told = json.loads(delivery.body)
    assert (told["to"], told["text"], told["audience"]) == ("x:ada", row.body, "reporter")
    cancel_message(actor=rita, message=row)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.CANCELLED
    let_it_leave()
    assert posting.post_due() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_key_from_four_at_once_is_one_message(rita: User, thanks: MessageTemplate) -> None:
    case = build.case()
    sent = build.at_once(4, lambda _: send(rita, case, thanks))
    assert len({one.pk for one in sent}) == Message.objects.count() == 1
    with pytest.raises(InvalidError, match="another message"):
        send(build.user(), case, thanks)


def test_what_has_left_is_not_taken_back(rita: User, thanks: MessageTemplate) -> None:
    row = send(rita, build.case(), thanks)
    let_it_leave()
    posting.post_due()
    with pytest.raises(ConflictError, match="has left"):
        cancel_message(actor=rita, message=row)


def test_a_mail_server_that_is_away_is_tried_until_it_is_given_up(
    rita: User, thanks: MessageTemplate, settings: Settings
) -> None:
    case = build.case()
    send(rita, case, thanks)
    settings.EMAIL_BACKEND = "tests.cases.build.AwayBackend"
    for attempt in range(1, MAX_ATTEMPTS + 1):
        let_it_leave()
        assert posting.post_due() == 1
        row = Message.objects.get()
        assert (row.attempts, row.answer) == (attempt, "no route to host")
        last = attempt == MAX_ATTEMPTS
        assert row.state == (DeliveryState.DEAD if last else DeliveryState.WAITING)
    told = "gave up message"
    assert [one for one in timeline_of(case, rita) if one.sentence.startswith(told)]


def test_a_check_looks_the_same_and_sends_nothing(rita: User, thanks: MessageTemplate) -> None:
    save_webhook(actor=build.user(Role.ADMIN), url="https://r.example/", events=["message"])
    check = build.case(only_for=rita, stands_for=build.case())
    for number, to in enumerate((MAIL, "x:ada"), 1):
        send(rita, check, thanks, to=to, number=number)
    let_it_leave()
    assert posting.post_due() == 2
    assert outbox.outbox == []
    assert not Delivery.objects.exists()
    assert {one.state for one in messages_of(check, rita)} == {DeliveryState.SENT}


def test_what_tells_a_verdict_waits_for_the_second_opinion(
    rita: User, thanks: MessageTemplate
) -> None:
    ben, case = build.user(name="ben"), build.case()
    under = build.policy(review_percent=100)
    build.decided(rita, case, terms=Terms(policy=under))
    send(rita, case, thanks)
    assert list(messages_of(case, ben)) == []
    assert messages_of(case, rita).count() == 1
    assert "Thanks" not in " ".join(one.sentence for one in timeline_of(case, ben))


def test_the_desk_fills_what_it_knows_and_people_what_it_does_not(rita: User, lead: User) -> None:
    template = save_template(
        actor=lead,
        slug="closed",
        title="Closed",
        audience="subject",
        subject="{outcome}",
        body="Under {policy}, decided {decided}.",
    )
    case = build.case()
    before = preview_message(actor=rita, case=case, template=template, to=MAIL, values={})
    assert before.missing == ("outcome", "policy", "decided")
    build.decided(rita, case, terms=Terms(policy=build.policy()))
    after = preview_message(
        actor=rita, case=case, template=template, to=MAIL, values={"policy": "our rules"}
    )
    assert (after.subject, after.missing) == ("Abuse confirmed", ())
    assert after.body.startswith("Under our rules, decided ")


@pytest.mark.parametrize(
    "to", ["", "ada", "x:", "x: ada", f"{'a' * 300}@x.example", "x:ada\nBcc: all@x.example"]
)
def test_a_recipient_is_a_mail_address_or_an_account(
    rita: User, thanks: MessageTemplate, to: str
) -> None:
    save_webhook(actor=build.user(Role.ADMIN), url="https://r.example/", events=["message"])
    with pytest.raises(InvalidError):
        send(rita, build.case(), thanks, to=to)
    assert not Message.objects.exists()


def test_a_desk_without_mail_says_so(
    rita: User, thanks: MessageTemplate, settings: Settings
) -> None:
    settings.MAIL_FROM = ""
    with pytest.raises(InvalidError, match="sends no mail"):
        send(rita, build.case(), thanks)


def test_a_line_break_in_a_value_makes_no_header(rita: User, lead: User) -> None:
    template = save_template(
        actor=lead, slug="s", title="S", audience="subject", subject="On {about}", body="x"
    )
    send(rita, build.case(), template, {"about": "a\r\nBcc: all@x.example"})
    let_it_leave()
    posting.post_due()
    (sent,) = outbox.outbox
    assert sent.subject == "On a Bcc: all@x.example"
    assert sent.message()["Bcc"] is None


def test_only_leads_save_templates_and_reviewers_use_them(rita: User, lead: User) -> None:
    words: dict[str, Any] = {"title": "T", "audience": "subject", "subject": "s", "body": "b"}
    with pytest.raises(ForbiddenError):
        save_template(actor=rita, slug="t", **words)
    page = browser_of(lead).post("/settings/messages/", words | {"slug": "t", "active": "on"})
    assert page["Location"] == "/settings/messages/"
    changed = words | {"slug": "t", "version": "1", "body": "new"}
    assert browser_of(lead).post("/settings/messages/t/", changed).status_code == 302
    assert browser_of(lead).post("/settings/messages/t/", changed).status_code == 409
    template = MessageTemplate.objects.get()
    assert (template.body, template.active, template.version) == ("new", False, 2)
    with pytest.raises(InvalidError, match="not in use"):
        send(rita, build.case(), template, {})
    assert browser_of(rita).get("/settings/messages/").status_code == 200
    assert browser_of(rita).post("/settings/messages/", words | {"slug": "u"}).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("audience", "everybody"),
        ("slug", "A b"),
        ("slug", ""),
        ("body", " "),
        ("body", "".join(f"{{g{number}}}" for number in range(21))),
    ],
)
def test_a_template_that_cannot_be_used_is_not_saved(lead: User, field: str, value: str) -> None:
    words: dict[str, Any] = {
        "slug": "t",
        "title": "T",
        "audience": "subject",
        "subject": "s",
        "body": "b",
    }
    with pytest.raises(InvalidError):
        save_template(actor=lead, **words | {field: value})


def test_reporters_and_subjects_of_the_case_are_offered(
    rita: User, thanks: MessageTemplate
) -> None:
    _, case = build.opened()
    offered = recipients_of(case, rita)
    assert offered["subject"][:2] == ["x:a1", "x:a2"]
    page = browser_of(rita).get(f"/cases/{case.ref}/messages/?template=thanks").content.decode()
    assert "what_happens" in page
    assert recipients_of(case, build.user(Role.PARTNER)) == {}


@given(
    st.text(alphabet="ab {}_\n", max_size=60),
    st.text(alphabet="ab {}_\n", max_size=60),
    st.dictionaries(st.sampled_from(["a", "b", "ab", "a_b"]), st.text(max_size=9)),
)
def test_a_text_without_missing_gaps_has_none(
    subject: str, body: str, values: dict[str, str]
) -> None:
    filled = fill(subject, body, values)
    assert list(filled.missing) == gaps_in(filled.subject, filled.body)
    blank = [one for one in gaps_in(subject, body) if not values.get(one, "").strip()]
    assert set(blank) <= set(filled.missing)


def test_a_gap_inside_a_value_is_a_gap_too() -> None:
    filled = fill("{a}", "x", {"a": "see {b}", "b": "y"})
    assert (filled.subject, filled.missing) == ("see {b}", ("b",))
