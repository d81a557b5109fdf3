"""A desk that shares: an organisation, partners, a circle, a case with an e-mail and a RED note."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from abusedesk.core import clock
from abusedesk.core.models import Role, User
from cases.choices import Tlp
from cases.models import Case, Circle, Partner, PartnerKey, Share
from cases.services.circle import CircleText, save_circle
from cases.services.organisation import save_organisation
from cases.services.partner import PartnerText, save_partner
from cases.services.partner_key import pin_key
from cases.services.share import ShareText, approve_share, ask_approval, draft_share
from cases.services.shared_note import add_shared_note
from cases.sharing import signing
from cases.sharing.minimise import TYPES
from detectors.choices import Outcome
from tests.cases import build

MAIL: Final = "eve.mule@mail.example"
SECRET: Final = "The informant Quillfeather told us by telephone."
DOMAIN: Final = "refund-desk.example"
AGREED: Final = {
    "tlp_cap": "amber+strict",
    "purpose": "stop scams",
    "legal_basis": "legitimate interest",
    "agreement": "A-7",
}


@dataclass
class Sharing:
    """Who and what there is. lead wrote nothing, so the lead approves."""

    reviewer: User
    lead: User
    admin: User
    partners: list[Partner]
    circle: Circle
    case: Case


def partner(admin: User, slug: str, **said: Any) -> Partner:
    text = PartnerText(**{"title": slug.title(), "types": TYPES, **AGREED, **said})
    return save_partner(actor=admin, slug=slug, said=text)


def pinned(admin: User, partner: Partner, public: bytes, use: str = "sign") -> PartnerKey:
    """A key of a partner that was compared with it."""
    digits = signing.fingerprint(public)
    return pin_key(actor=admin, partner=partner, public=public.hex(), fingerprint=digits, use=use)


def desk(*, tlp: str = "green", confirmed: bool = True, people: Any = None) -> Sharing:
    """A circle of three; the case is closed as abuse and rests on a mail, a domain and an IP."""
    reviewer, lead, admin = people or (
        build.user(Role.REVIEWER, "rolf"),
        build.user(Role.LEAD, "luise"),
        build.user(Role.ADMIN, "anna"),
    )
    save_organisation(actor=admin, name="Harbour desk")
    partners = [partner(admin, slug) for slug in ("cert-north", "bank-south", "host-west")]
    members = [one.slug for one in partners]
    circle = save_circle(
        actor=admin,
        slug="ring",
        said=CircleText("Ring", "amber+strict", community=True, members=members),
    )
    names = build.accounts(8)
    anchors = (("email", MAIL), ("domain", DOMAIN), ("ip", "198.51.100.77"))
    found = [build.finding(subjects=names, anchor=one, signal_ids=range(1, 21)) for one in anchors]
    _, case = build.opened(members=names, findings=found)
    if confirmed:
        build.decided(reviewer, case, Outcome.ABUSE)
    Case.objects.filter(pk=case.pk).update(tlp=tlp)
    case.refresh_from_db()
    add_shared_note(actor=reviewer, case=case, body=SECRET, tlp=Tlp.RED)
    add_shared_note(actor=reviewer, case=case, body="Seen since October.", tlp=tlp)
    case.refresh_from_db()
    return Sharing(reviewer, lead, admin, partners, circle, case)


def said(on: Sharing, **changes: Any) -> ShareText:
    base: dict[str, Any] = {
        "title": "Refund scam, autumn",
        "tlp": "amber",
        "purpose": "stop scams",
        "valid_until": clock.now() + timedelta(days=90),
        "summary": "A crew sells refunds that do not exist.",
        "partners": [one.slug for one in on.partners],
    }
    return ShareText(**base | changes)


def drafted(on: Sharing, **changes: Any) -> Share:
    return draft_share(actor=on.reviewer, case=on.case, circle=on.circle, said=said(on, **changes))


def asked(on: Sharing, **changes: Any) -> Share:
    return ask_approval(actor=on.reviewer, share=drafted(on, **changes))


def shared(on: Sharing, **changes: Any) -> Share:
    """Approved by the lead: it is out."""
    share = asked(on, **changes)
    return approve_share(actor=on.lead, share=share, digest=share.digest)
