"""Public keys of partners: one table, pinned with a fingerprint, withdrawn once; sealed secrets."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import Settings

from abusedesk.core import sealing
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from cases import keyring
from cases.models import CircleKey, Organisation, PartnerKey
from cases.services.bundle import BROKEN, signature_of
from cases.services.organisation import save_organisation
from cases.services.partner import issue_partner_token
from cases.services.partner_key import pin_key, withdraw_key
from cases.services.recall import Receipt, acknowledge_recall, recall_share
from cases.sharing import hmacs, signing
from tests.sharing import desk
from tests.sharing.desk import Sharing


@pytest.fixture
def on(db: None) -> Sharing:
    return desk.desk()


def _partner_user(on: Sharing) -> Any:
    issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    on.partners[0].refresh_from_db()
    return on.partners[0].user


def test_only_an_admin_pins_keys_and_what_is_none_is_named(on: Sharing) -> None:
    for person in (on.lead, on.reviewer):
        with pytest.raises(ForbiddenError):
            desk.pinned(person, on.partners[0], b"k" * 32, "seal")
    for said, field in (({"use": "both"}, "use"), ({"public": "xyz"}, "public")):
        with pytest.raises(InvalidError) as wrong:
            pin_key(
                actor=on.admin, partner=on.partners[0],
                **{"public": "aa" * 32, "fingerprint": "", "use": "seal", **said},
            )  # fmt: skip
        assert wrong.value.field == field


def test_the_page_of_partners_tells_the_fingerprints_of_both_own_keys(on: Sharing) -> None:
    told = Client().get("/.well-known/abusedesk-keys.json").json()["keys"]
    browser = Client()
    browser.force_login(on.reviewer)
    page = browser.get("/sharing/partners/").content.decode()
    for one in told:
        assert signing.fingerprint(bytes.fromhex(one["hex"])) in page


def test_of_a_file_of_keys_the_one_is_pinned_that_is_for_this_use(on: Sharing) -> None:
    file = Client().get("/.well-known/abusedesk-keys.json").content.decode()
    told = {one["use"]: one for one in json.loads(file)["keys"]}
    north = on.partners[0]
    digits = signing.fingerprint(bytes.fromhex(told["seal"]["hex"]))
    said: dict[str, Any] = {"actor": on.admin, "partner": north, "public": file}
    with pytest.raises(InvalidError, match="not the fingerprint"):
        pin_key(**said, fingerprint=digits, use="sign")
    row = pin_key(**said, fingerprint=digits, use="seal")
    assert (row.key_id, row.public) == (told["seal"]["keyid"], told["seal"]["hex"])
    assert keyring.sealing_key_of(north) == row
    assert not keyring.must_sign(north), "it signs nothing"
    with pytest.raises(InvalidError, match="no X25519 key"):
        pin_key(**said | {"public": '{"keys": []}'}, fingerprint=digits, use="seal")


def test_a_key_that_nobody_compared_signs_receipts_and_no_patterns_until_somebody_does(
    on: Sharing,
) -> None:
    north, public = on.partners[0], signing.public_of(signing.new_key())
    row = PartnerKey.objects.create(
        partner=north, key_id=signing.key_id(public), public=public.hex(), compared=False
    )
    assert [*keyring.signing_keys_of(north)] == [row]
    assert not keyring.pattern_keys_of(north).exists()
    assert not keyring.is_pattern_key(row.key_id)
    browser = Client()
    browser.force_login(on.admin)
    page = browser.get("/sharing/partners/cert-north/").content.decode()
    assert "fingerprint not compared" in page
    with pytest.raises(ConflictError, match="known"):
        desk.pinned(on.admin, on.partners[1], public)
    assert desk.pinned(on.admin, north, public) == row
    assert keyring.is_pattern_key(row.key_id)


def test_a_withdrawn_key_signs_neither_receipts_nor_files_and_none_goes_unsigned_instead(
    on: Sharing,
) -> None:
    share, person, secret = desk.shared(on), _partner_user(on), signing.new_key()
    key = desk.pinned(on.admin, on.partners[0], signing.public_of(secret))
    withdraw_key(actor=on.admin, key=key)
    recall_share(actor=on.lead, share=share, reason="wrong")
    told: dict[str, Any] = {"share": share.pk, "answer": "acknowledged"}
    sign = base64.b64encode(signing.signature(secret, signing.receipt(told))).decode()
    for signature in (sign, ""):
        with pytest.raises(InvalidError, match="pinned key"):
            acknowledge_recall(actor=person, said=Receipt(**told, signature=signature))
    signed = signing.signed_bundle(b"{}", recipients=["x"], share="1", secret=secret)
    assert signature_of(raw=signed, partner=on.partners[0]) == BROKEN
    with pytest.raises(ConflictError, match="withdrawn"):
        desk.pinned(on.admin, on.partners[0], bytes.fromhex(key.public))


def test_keys_of_circles_and_of_pages_are_sealed_and_lost_ones_are_told(
    on: Sharing, settings: Settings
) -> None:
    key, maker = CircleKey.objects.get(), Organisation.objects.get()
    secret, plain = maker.cursor_secret, key.plain
    assert len(plain) == hmacs.KEY_BYTES
    assert plain.hex() not in key.secret
    assert secret not in maker.cursor_key
    desk.shared(on)
    _, token = issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    settings.SECRET_KEY = "another one, as long as it has to be, of the desk"
    for row, name in ((key, "plain"), (maker, "cursor_secret")):
        with pytest.raises(sealing.LostError):
            getattr(row, name)
    door = Client(headers={"Authorization": f"Bearer {token}"})
    answer = door.get("/taxii2/ring/collections/objects/objects/")
    assert (answer.status_code, answer.json()["http_status"]) == (503, "503")
    save_organisation(actor=on.admin, name="Harbour desk")
    assert door.get("/taxii2/ring/collections/objects/objects/").json()["objects"]


def _before(name: str) -> list[tuple[str, str]]:
    """What a migration of this name rests on in its app."""
    graph = MigrationExecutor(connection).loader.graph
    one = next(node for node in graph.nodes if node[1].endswith(name))
    return [parent.key for parent in graph.node_map[one].parents if parent.key[0] == one[0]]


@pytest.mark.django_db(transaction=True)
def test_what_was_pinned_twice_and_what_lay_open_is_kept_by_the_migration() -> None:
    before = _before("_shared_keys")
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    MigrationExecutor(connection).migrate(before)
    try:
        olds = MigrationExecutor(connection).loader.project_state(before).apps
        partner = olds.get_model("cases", "Partner").objects.create(slug="north", title="North")
        user = olds.get_model("core", "User").objects.create(username="ada", role="admin")
        sign, both, gone = (signing.public_of(bytes([n]) * 32) for n in (1, 2, 3))
        pin = olds.get_model("cases", "SigningKey").objects.create
        said = {"partner": partner, "pinned_by": user}
        pin(key_id=signing.key_id(sign), public=sign.hex(), **said)
        pin(key_id=signing.key_id(gone), public=gone.hex(), state="withdrawn", **said)
        card = olds.get_model("cases", "PartnerKey").objects.create
        card(partner=partner, sign=both.hex(), seal="ab" * 32)
        south = olds.get_model("cases", "Partner").objects.create(slug="south", title="South")
        card(partner=south, sign="", seal="")
        circle = olds.get_model("cases", "Circle").objects.create(
            slug="ring", title="Ring", collection="0f3a3bb5-3a6c-4a44-9a3c-111111111111"
        )
        olds.get_model("cases", "CircleKey").objects.create(
            circle=circle, epoch=1, key_id="ring-1", secret="cd" * 32
        )
    finally:
        MigrationExecutor(connection).migrate(newest)
    found = {key.public: key for key in PartnerKey.objects.all()}
    assert {key: (row.use, row.compared, row.state) for key, row in found.items()} == {
        sign.hex(): ("sign", True, "pinned"),
        gone.hex(): ("sign", True, "withdrawn"),
        both.hex(): ("sign", False, "pinned"),
        "ab" * 32: ("seal", False, "pinned"),
    }
    assert found["ab" * 32].key_id.startswith("x25519:")
    key = CircleKey.objects.get()
    assert (key.plain.hex(), "cd" * 32 in key.secret) == ("cd" * 32, False)
