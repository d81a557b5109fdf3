"""The pages on which rules are made and detectors are tried: what they show, keep and refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core.models import User
from detectors.models import DetectorConfig
from detectors.services.rule import create_rule
from detectors.services.source import history_stream
from detectors.sigma.params import EXAMPLE
from tests import cast, make

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>\u202e"
FORM = {
    "title": "Scam links", "source": "blocks", "join": "all", "level": "high",
    "row-field-0": "kind", "row-operator-0": "is", "row-value-0": "post",
    "row-field-1": "text", "row-operator-1": "contains", "row-value-1": "prize",
    "count": "value_count", "number": "2", "counted": "account", "span": "30", "unit": "m",
    "group-0": "domain", "mode": "shadow", "reason": "a wave of scams",
}  # fmt: skip


def browser(user: User) -> Client:
    one = Client()
    one.force_login(user)
    return one


def post(
    body: dict[str, Any], name: str = "detectors:rule-new", *parts: str, **headers: Any
) -> Any:
    return browser(cast.lead()).post(reverse(name, args=parts), body, **headers)


def text_of(said: Any) -> str:
    return str(said.content.decode())


def rule() -> DetectorConfig:
    saved = create_rule(
        actor=cast.lead(), name="one address", mode="off", params={"sigma": EXAMPLE}, reason="try"
    )
    return saved.config


@pytest.mark.row(13)
def test_blocks_make_a_rule() -> None:
    said = post(FORM | {"do": "save"})
    assert said.status_code == 302
    assert said["Location"].endswith("/detectors/rule-scam-links/")
    config = DetectorConfig.objects.get(slug="rule-scam-links")
    assert config.mode == "shadow"
    assert "text|contains: prize" in config.params["sigma"]
    assert "timespan: 30m" in config.params["sigma"]
    listed = text_of(browser(cast.reviewer()).get(reverse("detectors:detector-list")))
    assert "Scam links" in listed


def test_the_other_side_follows_what_is_changed() -> None:
    told = text_of(post(FORM, headers={"HX-Request": "true"}))
    assert 'id="text"' in told
    assert "text|contains: prize" in told
    assert 'id="blocks"' not in told
    told = text_of(post({"source": "text", "sigma": EXAMPLE}, headers={"HX-Request": "true"}))
    assert 'id="blocks"' in told
    assert 'value="One address, many new accounts"' in told


def test_what_blocks_cannot_say_stays_text() -> None:
    sigma = EXAMPLE.replace("condition: selection", "condition: not (selection)", 1)
    told = text_of(post({"source": "text", "sigma": sigma}))
    assert "more than blocks can" in told or "not (selection)" in told
    wild = EXAMPLE.replace("kind: account.created", "'text|re': '^a'")
    assert "more than blocks can" in text_of(post({"source": "text", "sigma": wild}))


def test_faults_stand_at_their_lines_and_nothing_typed_is_lost() -> None:
    sigma = EXAMPLE.replace("kind:", "knd:")
    said = post({"source": "text", "sigma": sigma, "do": "save", "reason": "mine", "sample": "{"})
    assert said.status_code == 422
    told = text_of(said)
    assert "Line 8" in told
    assert "knd: account.created" in told
    assert 'value="mine"' in told
    assert "This is no JSON" in told
    assert not DetectorConfig.objects.filter(slug__startswith="rule-").exists()


@pytest.mark.row(27)
def test_a_pasted_sample_is_traced() -> None:
    signals = [
        make.item(n, text="A PRIZE", urls=["https://evil-site.example/a"], actor=f"p{n}")
        for n in range(2)
    ]
    told = text_of(post(FORM | {"sample": json.dumps(signals)}))
    assert "meets the conditions" in told
    assert "text contains “prize”" in told
    assert "<strong>Hit.</strong>" in told
    told = text_of(post(FORM | {"sample": json.dumps([signals[0], make.item(7, text="no")])}))
    assert "does not meet the conditions" in told
    assert "<strong>No hit.</strong>" in told


@pytest.mark.row(27)
def test_a_built_in_detector_is_tried_on_its_page() -> None:
    signals = [make.item(n, identifiers={"device": "hmac:device-0001-abcdef"}) for n in range(5)]
    address = reverse("detectors:detector-try", args=["shared-infrastructure"])
    told = text_of(browser(cast.reviewer()).post(address, {"sample": json.dumps(signals)}))
    assert "<strong>Hit.</strong>" in told
    assert "device" in told
    empty = text_of(browser(cast.reviewer()).post(address, {"sample": ""}))
    assert "Paste a sample first" in empty


def test_hostile_samples_and_rules_are_shown_harmlessly() -> None:
    signals = [make.item(1, text=f"prize {EVIL}", actor=EVIL)]
    told = text_of(post(FORM | {"title": EVIL, "sample": json.dumps(signals)}))
    assert "<script>alert(1)" not in told
    sigma = EXAMPLE.replace("kind:", "'<img src=x onerror=alert(1)>':")
    assert "<img src=x" not in text_of(post({"source": "text", "sigma": sigma}))


def test_stored_signals_are_looked_at_from_the_page() -> None:
    assert "Nothing is stored yet" in text_of(post(FORM | {"do": "history", "days": "7"}))


def test_a_past_import_is_looked_at_up_to_its_last_signal() -> None:
    for slug in ("spring", "autumn"):
        history_stream(slug=slug, title=f"Import of {slug}", tick_floor_s=0)
    told = text_of(post(FORM | {"do": "history", "days": "7", "line": "spring"}))
    assert "Time-line: Import of spring." in told
    assert '<option value="spring" selected>' in told
    gone = text_of(post(FORM | {"do": "history", "days": "7", "line": "winter"}))
    assert "There is no such time-line any more" in gone


def test_an_edit_keeps_what_blocks_do_not_show_and_refuses_a_stale_one() -> None:
    noted = EXAMPLE.replace(
        "level: medium\ncorrelation", "description: seen in May\nlevel: medium\ncorrelation"
    )
    config = create_rule(
        actor=cast.lead(), name="noted", mode="off", params={"sigma": noted}, reason="try"
    ).config
    page = text_of(browser(cast.lead()).get(reverse("detectors:rule-edit", args=[config.slug])))
    assert "One address, many new accounts" in page
    body = FORM | {"sigma": noted, "do": "save", "based_on": "1"}
    assert post(body, "detectors:rule-edit", config.slug).status_code == 302
    saved = DetectorConfig.objects.get(slug=config.slug, current=True)
    assert "description: seen in May" in saved.params["sigma"]
    stale = post(body, "detectors:rule-edit", config.slug)
    assert stale.status_code == 409
    assert "Version 2 was saved meanwhile" in text_of(stale)
    assert 'name="based_on" value="2"' in text_of(stale)


@pytest.mark.row(13)
def test_reviewers_and_partners_find_no_builder() -> None:
    slug = rule().slug
    for user in (cast.reviewer(), cast.partner()):
        for address in (reverse("detectors:rule-new"), reverse("detectors:rule-edit", args=[slug])):
            assert browser(user).get(address).status_code == 404
            assert browser(user).post(address, FORM).status_code == 404


def test_built_in_detectors_are_no_rules() -> None:
    address = reverse("detectors:rule-edit", args=["velocity"])
    assert browser(cast.admin()).get(address).status_code == 404
