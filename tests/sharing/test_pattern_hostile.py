"""Patterns from whoever means harm: refused in words, or harmless; nothing of them is stored."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import rfc8785
from django.test import Client

from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role
from cases.choices import ReceivedState
from cases.models import Partner, ReceivedPattern
from cases.services.organisation import save_organisation
from cases.services.partner_key import pin_key, withdraw_key
from cases.services.received import accept_pattern, discard_pattern, set_tells_back
from cases.services.receiving import receive_file, receive_pattern
from cases.sharing import signing
from cases.sharing.patterns import seal, wire
from cases.sharing.stix import EXTENSION
from detectors import registry
from detectors.models import DetectorConfig
from tests import cast
from tests.cases import build
from tests.sharing import desk, packs

pytestmark = pytest.mark.django_db
EVIL = '<script>alert(1)</script>\u202e"'
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
_BASE = packs.RULE.split("---")[0]


@pytest.fixture
def partner() -> Partner:
    save_organisation(actor=cast.admin(), name="South desk")
    row = desk.partner(cast.admin(), "harbour")
    packs.pin_far(cast.admin(), row)
    return row


def with_rule(line: str) -> str:
    return packs.RULE.replace("    kind: account.created", f"    {line}")


HOSTILE = {
    "alias bomb": BOMB,
    "tag": "!!python/object/apply:os.system ['true']\n",
    "nesting": "title: x\ndetection:\n" + "".join(f"{'  ' * n}a{n}:\n" for n in range(1, 12)),
    "many documents": "---\n".join(["title: x\n"] * 12),
    "large": f"title: {'x' * 40_000}\n",
    "slow expression": with_rule("text|re: '(a+)+$" + "x" * 300 + "'"),
    "look-behind": with_rule("text|re: '(?<=a)b'"),
    "sql in a field": with_rule('"text\' OR 1=1 --": x'),
    "sql in a group": packs.RULE.replace("- identifiers.ip", '- "ip\'; DROP TABLE x; --"'),
    "window": packs.RULE.replace("timespan: 1h", "timespan: 400d"),
    "threshold": packs.RULE.replace("gte: 5", "gte: 100000000"),
    "no rule": "[]",
    "half a character": "title: \ud800\n",
    "nothing": "",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pattern_is_refused_though_its_signature_holds(
    partner: Partner, name: str
) -> None:
    indicator = packs.far_indicator(parameters={})
    indicator["pattern"] = HOSTILE[name]
    with suppress(wire.UnreadableError):  # half a character cannot even be signed
        indicator = seal.signed(indicator, packs.SECRET)
    body = json.dumps({"type": "bundle", "objects": [indicator]}).encode()
    with pytest.raises(InvalidError) as refused:
        receive_file(actor=cast.lead(), partner=partner, body=body)
    assert refused.value.field == "file"
    taken = receive_pattern(actor=None, partner=partner, objects=[indicator])
    assert len(taken.refused) == 1
    assert not ReceivedPattern.objects.exists()


def test_a_value_that_looks_like_sql_is_a_value(partner: Partner) -> None:
    text = with_rule('text|contains: "\'; DROP TABLE cases_case; --"')
    body = packs.far_bundle(
        pattern=text, reads=["account", "identifiers.ip", "text"], tests=packs_tests(text)
    )
    (row,) = receive_file(actor=cast.lead(), partner=partner, body=body).received
    assert row.green


def packs_tests(text: str) -> Any:
    del text
    signals = [packs.signal(n, text="x'; DROP TABLE cases_case; --y") for n in range(1, 6)]
    accounts = [f"chirp:made-up-{n}" for n in range(1, 6)]
    return [
        wire.Vector("five", "positive", signals, [accounts]),
        wire.Vector("none", "negative", [packs.signal(n) for n in range(1, 6)]),
    ]


CHANGES: dict[str, Any] = {
    "no tests": {"tests": []},
    "one test": {"tests": [packs.vector("positive", 5)]},
    "unknown field": {"surprise": 1},
    "another format": {"format": "abuse-pattern/2"},
    "revision of zero": {"revision": 0},
    "huge revision": {"revision": 10**9},
    "key with a path": {"pattern_key": "../../etc/passwd"},
    "parameter far away": {
        "parameters": {
            "n": {"type": "integer", "default": 5, "min": 1, "max": 9, "bind": "/7/x"},
        },
    },
    "other title": {"title": "Something else"},
    "fields that are not said": {"requires": {"history_days": 1, "fields": ["kind"]}},
    "name of a parameter": {"parameters": {"A B": {}}},
    "not a number": {"decay": {"lifetime_days": "many"}},
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_fields_that_do_not_fit_are_refused_by_name(partner: Partner, name: str) -> None:
    indicator = packs.far_indicator()
    extension = {**indicator["extensions"][EXTENSION], **CHANGES[name]}
    indicator = {**indicator, "extensions": {EXTENSION: extension}}
    with suppress(wire.UnreadableError):  # another format is not signed so
        indicator = seal.signed(indicator, packs.SECRET)
    taken = receive_pattern(actor=cast.lead(), partner=partner, objects=[indicator])
    assert taken.received == []
    assert taken.refused or taken.passed_over == 1
    assert not ReceivedPattern.objects.exists()


def test_a_changed_pattern_and_one_that_another_signed_are_refused(partner: Partner) -> None:
    indicator = packs.far_indicator()
    changed = {**indicator, "pattern": indicator["pattern"].replace("gte: 5", "gte: 1")}
    other = desk.partner(cast.admin(), "other")
    identity = "identity--00000000-0000-4000-8000-000000000009"
    impostor = seal.signed({**indicator, "created_by_ref": identity}, packs.SECRET)
    assert receive_pattern(actor=None, partner=partner, objects=[indicator]).received
    for one, who in ((changed, partner), (indicator, other), (impostor, partner)):
        taken = receive_pattern(actor=None, partner=who, objects=[one])
        assert len(taken.refused) == 1, taken
    assert ReceivedPattern.objects.count() == 1


def test_a_pattern_of_an_unknown_key_stays_in_quarantine_until_the_key_is_pinned() -> None:
    save_organisation(actor=cast.admin(), name="South desk")
    partner = desk.partner(cast.admin(), "harbour")
    body = packs.far_bundle()
    (row,) = receive_file(actor=cast.lead(), partner=partner, body=body).received
    assert (row.state, row.verified) == (ReceivedState.QUARANTINED, False)
    assert "Nobody compared the fingerprint" in row.why
    with pytest.raises(ConflictError, match="Nobody compared"):
        accept_pattern(actor=cast.lead(), received=row)
    packs.pin_far(cast.admin(), partner)
    with pytest.raises(ConflictError):
        accept_pattern(actor=cast.lead(), received=row)
    (again,) = receive_file(actor=cast.lead(), partner=partner, body=body).received
    assert again.verified
    assert ReceivedPattern.objects.count() == 1
    assert accept_pattern(actor=cast.lead(), received=again).state == ReceivedState.ACCEPTED


def test_the_same_twice_is_known_and_an_earlier_revision_is_refused(partner: Partner) -> None:
    receive_file(actor=cast.lead(), partner=partner, body=packs.far_bundle(revision=3))
    same = receive_file(actor=cast.lead(), partner=partner, body=packs.far_bundle(revision=3))
    assert (same.known, same.received) == (1, [])
    for changes in ({"revision": 2}, {"revision": 3, "summary": "other"}):
        with pytest.raises(InvalidError):
            receive_file(actor=cast.lead(), partner=partner, body=packs.far_bundle(**changes))
    assert ReceivedPattern.objects.count() == 1


def test_a_fingerprint_that_is_not_the_key_s_pins_nothing() -> None:
    row = desk.partner(cast.admin(), "harbour")
    right = signing.fingerprint(signing.public_of(packs.SECRET))
    for wrong in ("", right[:16], right[:-1] + ("0" if right[-1] != "0" else "1"), "x" * 64):
        with pytest.raises(InvalidError) as refused:
            pin_key(actor=cast.admin(), partner=row, public=packs.far_public(), fingerprint=wrong)
        assert refused.value.field == "fingerprint"
    for public in ("", "AAAA", "{}", '{"keys": [1]}', "no base64!"):
        with pytest.raises(InvalidError) as refused:
            pin_key(actor=cast.admin(), partner=row, public=public, fingerprint=right)
        assert refused.value.field == "public"
    spaced = " ".join(right[n : n + 4].upper() for n in range(0, 64, 4))
    key = pin_key(actor=cast.admin(), partner=row, public=packs.far_public(), fingerprint=spaced)
    withdraw_key(actor=cast.admin(), key=key)
    with pytest.raises(ConflictError, match="withdrawn"):
        packs.pin_far(cast.admin(), row)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.INTEGRATION, Role.PARTNER])
def test_who_does_not_lead_takes_nothing_in_and_moves_nothing(partner: Partner, role: Role) -> None:
    who = build.user(role, "someone")
    body = packs.far_bundle()
    with pytest.raises(ForbiddenError):
        receive_file(actor=who, partner=partner, body=body)
    (row,) = receive_file(actor=cast.lead(), partner=partner, body=body).received
    for step in (
        lambda: accept_pattern(actor=who, received=row),
        lambda: discard_pattern(actor=who, received=row, reason="no"),
        lambda: set_tells_back(actor=who, received=row, tells=True),
        lambda: packs.pin_far(who, partner),
    ):
        with pytest.raises(ForbiddenError):
            step()


def test_what_it_says_is_shown_as_text(partner: Partner, client: Client) -> None:
    receive_file(
        actor=cast.lead(), partner=partner, body=packs.far_bundle(title=EVIL, summary=EVIL)
    )
    row = ReceivedPattern.objects.get()
    client.force_login(cast.lead())
    for path in ("/sharing/patterns/", f"/sharing/received/{row.pk}/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "\u202e" not in page


def test_a_detector_that_is_not_here_or_of_another_version_is_refused(partner: Partner) -> None:
    kind = registry.get("near-duplicate-text")
    params = kind.Params().model_dump(mode="json")
    for slug, version, settings in (
        ("no-such-detector", 1, {}),
        (kind.meta.slug, kind.meta.version + 1, params),
        (kind.meta.slug, kind.meta.version, {"min_accounts": 10**9}),
    ):
        told: dict[str, Any] = {"slug": slug, "version": version, "params": settings}
        indicator = packs.far_indicator(
            pattern_type=wire.BUILTIN, pattern=rfc8785.dumps(told).decode(), parameters={}
        )
        taken = receive_pattern(actor=None, partner=partner, objects=[indicator])
        assert len(taken.refused) == 1
    assert not DetectorConfig.objects.filter(slug__startswith="rule-").exists()


def test_what_is_no_pattern_is_passed_over(partner: Partner) -> None:
    others: list[dict[str, Any]] = [
        {"type": "identity", "id": "identity--1"},
        {"type": "indicator", "id": "indicator--1", "pattern": "[a:b = 'c']"},
        {"type": "sighting", "id": "sighting--1", "count": 3},
        {},
    ]
    taken = receive_pattern(actor=None, partner=partner, objects=others)
    assert (taken.passed_over, taken.refused, taken.received) == (4, [], [])
