"""A share from draft to delivery: what is approved is what leaves, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from cases.choices import WayOut
from cases.models import Organisation, Partner, Share
from cases.selectors.share import rendition_by_partner
from cases.services.handover import hand_over
from cases.services.share import (
    approve_share,
)
from cases.sharing import signing
from tests.sharing import desk
from tests.sharing.desk import Sharing

pytestmark = pytest.mark.django_db


@pytest.fixture
def on() -> Sharing:
    return desk.desk()


def _hand(on: Sharing, share: Share, way: WayOut, partner: Partner | None = None) -> bytes:
    to = partner or on.partners[0]
    return hand_over(actor=on.lead, share=share, partner=to, way=way).body


@pytest.mark.row(62)
@pytest.mark.row(97)
def test_what_is_downloaded_are_the_bytes_of_the_preview(on: Sharing) -> None:
    share = desk.asked(on)
    preview = rendition_by_partner(share, on.partners[0], on.lead)
    approve_share(actor=on.lead, share=share, digest=share.digest)
    plain = _hand(on, share, WayOut.BUNDLE)
    assert plain == preview.bundle.encode()
    assert hashlib.sha256(plain).hexdigest() == preview.sha256
    assert _hand(on, share, WayOut.TABLE) == preview.table.encode()
    file = _hand(on, share, WayOut.SIGNED)
    assert base64.b64decode(json.loads(file)["payload"]) == plain
    maker = Organisation.objects.get()
    public = signing.public_of(bytes.fromhex(maker.signing_key))
    assert signing.opened(file, public) == plain
    assert signing.opened(file.replace(b'"payload": "ey', b'"payload": "eY'), public) is None
    assert json.loads(file)["recipients"] == ["Cert-North"]
