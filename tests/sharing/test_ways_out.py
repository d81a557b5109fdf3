"""Every way out by every TLP: what may not leave is in none of the bytes; no way is forgotten."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from django.test import Client

from abusedesk import env
from abusedesk.core import clock, outbound
from abusedesk.core.errors import AbuseDeskError
from cases import actions
from cases.choices import DeliveryState, Tlp, WayOut
from cases.models import Case, Delivery, Partner, Share
from cases.services.event import owe_events
from cases.services.handover import hand_over
from cases.services.marking import label_case
from cases.services.partner import issue_partner_token
from cases.services.webhook import save_webhook
from cases.sharing import minimise, tlp
from cases.sharing.leaks import Told, leaks
from tests.sharing import desk
from tests.sharing.desk import Sharing

pytestmark = pytest.mark.django_db
LEVELS: Final = [one.value for one in Tlp]
SHAREABLE: Final = [one for one in LEVELS if one != Tlp.RED]
# Modules through which bytes leave for others, and what each is checked by. A new one stands here
# together with its row in `WAYS`.
SENDERS: Final = {
    "cases/actions.py": "webhooks: the mark of the case is asked for each message",
    "cases/services/answering.py": "counts of what others shared, and receipts: nothing of cases",
}
POSTMEN: Final = {
    "cases/mailing.py": "notices to own people; they never hold evidence",
    "cases/posting.py": "messages that a reviewer wrote to a reporter or subject",
}
READERS_OF_BYTES: Final = {
    "cases/collection.py",
    "cases/models/__init__.py",
    "cases/models/share.py",
    "cases/models/shared.py",
    "cases/handing.py",
    "cases/misp/views.py",
    "cases/misp_events.py",
    "cases/offering.py",
    "cases/previewing.py",
    "cases/selectors/misp.py",
    "cases/selectors/share.py",
    "cases/selectors/taxii.py",
    "cases/services/handover.py",
    "cases/services/misp_folder.py",
    "cases/services/misp_handover.py",
    "cases/services/recall.py",
    "cases/taxii/places.py",
    "cases/taxii/views.py",
    "cases/api/sharing_shapes.py",
}
# Of patterns and counts of outcomes; what leaves of them is tried in `test_pattern_gate.py` and
# `test_pattern_outcomes.py`.
READERS_OF_PATTERNS: Final = {
    "cases/api/received_shapes.py",
    "cases/catalogue.py",
    "cases/models/__init__.py",
    "cases/selectors/pattern.py",
    "cases/selectors/received.py",
    "cases/selectors/taxii.py",
    "cases/services/pattern_outcome.py",
    "cases/services/pattern_out.py",
    "cases/taxii/places.py",
    "cases/taxii/views.py",
}


@pytest.fixture
def on() -> Sharing:
    return desk.desk(tlp="clear")


def _file(way: WayOut) -> Callable[[Sharing, Share, Partner], bytes]:
    def told(on: Sharing, share: Share, partner: Partner) -> bytes:
        try:
            body = hand_over(actor=on.lead, share=share, partner=partner, way=way).body
        except AbuseDeskError as refused:
            return str(refused).encode()
        inner = json.loads(body)["payload"] if way == WayOut.SIGNED else ""
        return body + base64.b64decode(inner)

    return told


def _rest(way: str) -> Callable[[Sharing, Share, Partner], bytes]:
    def told(on: Sharing, share: Share, partner: Partner) -> bytes:
        browser = Client()
        browser.force_login(on.lead)
        base = "/api/v1" if way == "api" else ""
        path = f"{base}/sharing/shares/{share.pk}/for/{partner.slug}/files/bundle/"
        answer = browser.post(path)
        return answer.content

    return told


def _misp(path: str) -> Callable[[Sharing, Share, Partner], bytes]:
    def told(on: Sharing, share: Share, partner: Partner) -> bytes:
        _, plain = issue_partner_token(actor=on.admin, partner=partner, name="t", days=9)
        door = Client(headers={"Authorization": f"Bearer {plain}"})
        uuid = share.renditions.latest("pk").misp.uuid
        return door.get(f"/misp/ring/{path.format(uuid=uuid)}").content

    return told


def _taxii(path: str) -> Callable[[Sharing, Share, Partner], bytes]:
    def told(on: Sharing, share: Share, partner: Partner) -> bytes:
        _, plain = issue_partner_token(actor=on.admin, partner=partner, name="t", days=9)
        door = Client(headers={"Authorization": f"Bearer {plain}"})
        names = [one["id"] for one in json.loads(share.renditions.latest("pk").bundle)["objects"]]
        campaign = next((one for one in names if one.startswith("campaign")), "campaign--0")
        answer = door.get(f"/taxii2/ring/collections/objects/{path.format(id=campaign)}")
        return answer.content

    return told


WAYS: Final[dict[str, Callable[[Sharing, Share, Partner], bytes]]] = {
    "signed": _file(WayOut.SIGNED),
    "bundle": _file(WayOut.BUNDLE),
    "table": _file(WayOut.TABLE),
    "event": _file(WayOut.EVENT),
    "page": _rest("page"),
    "api": _rest("api"),
    "taxii objects": _taxii("objects/"),
    "taxii all versions": _taxii("objects/?match[version]=all"),
    "taxii one": _taxii("objects/{id}/"),
    "taxii versions": _taxii("objects/{id}/versions/"),
    "taxii manifest": _taxii("manifest/"),
    "misp manifest": _misp("manifest.json"),
    "misp hashes": _misp("hashes.csv"),
    "misp event": _misp("{uuid}.json"),
}
_MD5: Final = hashlib.md5(desk.DOMAIN.encode(), usedforsecurity=False).hexdigest()
TELLING: Final = (
    *("Refund scam", "refund-desk", "campaign--", "domain-name--", '"versions":["', _MD5),
)


def _tells(body: bytes) -> bool:
    return any(one.encode() in body for one in TELLING)


@pytest.mark.row(61)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("level", SHAREABLE)
def test_a_way_out_gives_it_to_who_is_cleared_and_to_nobody_else(
    on: Sharing, way: str, level: str
) -> None:
    cleared, narrow, _ = on.partners
    below = SHAREABLE[max(0, SHAREABLE.index(level) - 1)]
    Partner.objects.filter(pk=narrow.pk).update(
        tlp_cap=below, **({"active": False} if level == Tlp.CLEAR else {})
    )
    share = desk.shared(on, tlp=level)
    assert _tells(WAYS[way](on, share, cleared))
    told = WAYS[way](on, share, Partner.objects.get(pk=narrow.pk))
    assert not _tells(told), told[:300]


@pytest.mark.row(61)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_a_case_that_became_red_leaves_on_any_way(on: Sharing, way: str) -> None:
    share = desk.shared(on)
    Case.objects.filter(pk=on.case.pk).update(tlp=Tlp.RED)
    told = WAYS[way](on, Share.objects.get(pk=share.pk), on.partners[0])
    assert not _tells(told), told[:300]


@pytest.mark.row(61)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_was_not_approved_leaves_on_any_way(on: Sharing, way: str) -> None:
    share = desk.asked(on)
    assert not _tells(WAYS[way](on, share, on.partners[0]))


@pytest.mark.row(61)
@pytest.mark.parametrize("level", LEVELS)
def test_webhooks_tell_of_everything_but_a_red_case(
    on: Sharing, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []

    def post_json(url: str, body: bytes, headers: dict[str, str]) -> outbound.Reply:
        sent.append(body)
        return outbound.Reply(200, b"")

    monkeypatch.setattr(outbound, "post_json", post_json)
    save_webhook(actor=on.admin, url="https://a.example/hook", events=["changed"])
    Case.objects.filter(pk=on.case.pk).update(tlp=level)
    label_case(actor=on.reviewer, case=on.case, labels=["ring"])
    owe_events()
    Delivery.objects.filter(state=DeliveryState.WAITING).update(due_at=clock.now())
    actions.deliver_due()
    assert any(on.case.ref.encode() in body for body in sent) == (level != Tlp.RED)


def _modules(wanted: Callable[[ast.AST], bool]) -> set[str]:
    root = Path(env.BASE_DIR)
    found = set()
    for path in (root / "cases").rglob("*.py"):
        if "migrations" not in path.parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any(map(wanted, ast.walk(tree))):
                found.add(str(path.relative_to(root)))
    return found


def _calls(name: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Call) and ast.unparse(node.func) == name


def _names(*models: str) -> Callable[[ast.AST], bool]:
    def wanted(node: ast.AST) -> bool:
        named = isinstance(node, ast.ImportFrom) and {one.name for one in node.names}
        return bool(named and named & set(models))

    return wanted


@pytest.mark.row(61)
def test_no_module_sends_anything_that_does_not_stand_in_the_tables() -> None:
    assert _modules(_calls("outbound.post_json")) == set(SENDERS)
    assert _modules(_calls("mail.send")) == set(POSTMEN)
    found = _modules(_names("Rendition", "SharedObject", "SharedEvent"))
    assert found <= READERS_OF_BYTES, found - READERS_OF_BYTES
    found = _modules(_names("PatternRelease", "OutcomeSent"))
    assert found <= READERS_OF_PATTERNS, found - READERS_OF_PATTERNS


@pytest.mark.row(61)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_withheld_is_in_any_bytes_of_any_way(on: Sharing, way: str) -> None:
    """Raw, hashed, or as an id that anybody computes, at the level at which most is told."""
    share = desk.shared(on, tlp="amber+strict")
    told = Told.read(WAYS[way](on, share, on.partners[0]))
    assert leaks(told, [("email", desk.MAIL), ("text", desk.SECRET)]) == []


@pytest.mark.row(61)
@pytest.mark.parametrize("way", ["event", "misp manifest", "misp hashes", "misp event"])
def test_with_the_gate_off_the_ways_of_misp_tell(
    on: Sharing, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above look where something would be."""
    share = desk.shared(on)
    Case.objects.filter(pk=on.case.pk).update(tlp=Tlp.RED)
    share = Share.objects.get(pk=share.pk)
    assert not _tells(WAYS[way](on, share, on.partners[0]))
    monkeypatch.setattr(tlp, "rank", lambda level: 0)
    assert _tells(WAYS[way](on, share, on.partners[0]))


@pytest.mark.row(61)
def test_with_minimisation_off_the_event_names_the_mail(
    on: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minimise, "fate_of", lambda one, _: minimise.Fate("sent", "x", one.value))
    share = desk.asked(on)
    told = Told.read(share.renditions.get().misp.body.encode())
    assert leaks(told, [("email", desk.MAIL)]) != []


def test_the_search_would_see_a_leak(on: Sharing) -> None:
    share: Any = desk.asked(on)
    assert _tells(share.renditions.get().bundle.encode())
