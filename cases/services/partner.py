"""Saves partners and the agreements with them, and gives them tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import ApiToken, Role, Scope, User
from abusedesk.core.tokens import issue_token
from cases import fields, policy
from cases.choices import Tlp
from cases.models import Partner
from cases.sharing.minimise import TYPES

SLUG_LIMIT: Final = 60
# Field -> most characters, and whether it must be said.
TEXTS: Final = {
    "title": (120, True),
    "contact": (200, False),
    "purpose": (300, False),
    "legal_basis": (300, False),
    "agreement": (120, False),
}
RETENTION_DAYS: Final = (1, 3_650)
TOKEN_DAYS: Final = (1, 365)


@dataclass(frozen=True, slots=True)
class PartnerText:
    """What is said of a partner; the fields are those of `Partner`."""

    title: str
    contact: str = ""
    tlp_cap: str = Tlp.AMBER.value
    types: Sequence[str] = ()
    hide_accounts: bool = False
    knows_tlp_2: bool = True
    purpose: str = ""
    legal_basis: str = ""
    agreement: str = ""
    retention_days: int = 365
    ends_on: date | None = None
    active: bool = True


@transaction.atomic
def save_partner(
    *, actor: User, said: PartnerText, slug: str = "", partner: Partner | None = None
) -> Partner:
    """Make a partner, or change `partner`. Nothing is sent by it; a change counts from now on.

    Raises ForbiddenError, ConflictError for a name that is taken, or InvalidError.
    """
    policy.require(actor, "partner.save")
    values = _checked(said)
    if partner is None:
        slug = fields.slug(slug, field="slug", limit=SLUG_LIMIT)
        if not slug:
            message = "Give the partner a short name."
            raise InvalidError(message, field="slug")
        row = Partner(slug=slug)
    else:
        row = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    for name, value in values.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        message = f"There is a partner {slug} already."
        raise ConflictError(message, field="slug") from None
    cleared = Tlp(row.tlp_cap).label
    ends = f"until {row.ends_on}" if row.ends_on else "without an end"
    what = f"up to {cleared}, {'on' if row.active else 'off'}, {ends}"
    audit.append(
        actor=actor, verb=Verb.PARTNER_SAVED, target=row, slug=row.slug, what=what, values=values
    )
    return row


@transaction.atomic
def issue_partner_token(
    *, actor: User, partner: Partner, name: str, days: int
) -> tuple[ApiToken, str]:
    """A token with which the partner reads what is shared with it; its text is shown once.

    Raises ForbiddenError, InvalidError, or ConflictError when a person bears its user name.
    """
    policy.require(actor, "partner.save")
    name = fields.text(name, field="name", limit=80)
    if not TOKEN_DAYS[0] <= days <= TOKEN_DAYS[1]:
        message = f"A token is valid for {TOKEN_DAYS[0]} to {TOKEN_DAYS[1]} days."
        raise InvalidError(message, field="days")
    row = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if row.user is None:
        username = f"partner-{row.slug}"
        if User.objects.filter(username=username).exists():
            message = f"There is a user {username} already, who is not this partner."
            raise ConflictError(message)
        person = User(username=username, role=Role.PARTNER)
        person.set_unusable_password()
        person.save()
        row.user = person
        row.save(update_fields=["user"])
    until = clock.now() + timedelta(days=days)
    token, plain = issue_token(user=row.user, name=name, scopes=[Scope.SHARE], expires_at=until)
    audit.append(actor=actor, verb=Verb.PARTNER_LET_IN, target=row, slug=row.slug, name=name)
    return token, plain


def _checked(said: PartnerText) -> dict[str, object]:
    values: dict[str, object] = asdict(said)
    for name, (limit, required) in TEXTS.items():
        values[name] = fields.text(str(values[name]), field=name, limit=limit, required=required)
    if said.tlp_cap not in Tlp.values or said.tlp_cap == Tlp.RED:
        message = "Choose a TLP up to which it may have things. TLP:RED leaves to nobody."
        raise InvalidError(message, field="tlp_cap")
    if unknown := sorted(set(said.types) - set(TYPES)):
        message = f"There is no type {unknown[0]}. Choose of: {', '.join(TYPES)}."
        raise InvalidError(message, field="types")
    least, most = RETENTION_DAYS
    if not least <= said.retention_days <= most:
        message = f"Choose {least} to {most:,} days."
        raise InvalidError(message, field="retention_days")
    values["types"] = [one for one in TYPES if one in said.types]
    return values
