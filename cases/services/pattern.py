"""Offers a rule or a detector to a circle as a pattern: draft, tests, backtest, approval."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import rfc8785
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from abusedesk.core import clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import fields, packing, policy, previewing
from cases.choices import Pap, PatternState, Tlp
from cases.models import Circle, CircleMember, Partner, Pattern, ReceivedPattern
from cases.pattern_rows import locked, log
from cases.sharing.patterns import binding, wire
from cases.sharing.patterns.offering import LICENCE
from detectors import registry
from detectors.selectors.config import configs_for, detector_by_slug
from detectors.sigma.detector import PREFIX, is_rule

TEXTS: Final = {"title": 120, "purpose": 300, "licence": 60}
NAME_LIMIT: Final = 60
LIFETIME: Final = (1, 3_650)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternText:
    """What the author says. partners: short names of those who are to get it.

    parameters: None: the number that the rule has to reach, where it has one. derived_from: ids of
    received patterns that it was made of.
    """

    title: str
    purpose: str
    valid_until: datetime
    summary: str = ""
    tlp: str = Tlp.GREEN.value
    pap: str = Pap.AMBER.value
    licence: str = LICENCE
    lifetime_days: int = 180
    partners: Collection[str] = ()
    tests: Sequence[Mapping[str, Any]] = ()
    parameters: Mapping[str, Any] | None = None
    derived_from: Collection[int] = field(default_factory=tuple)


@transaction.atomic
def draft_pattern(
    *, actor: User, slug: str, name: str, circle: Circle, said: PatternText
) -> Pattern:
    """Begin to offer a detector to a circle; the preview is made, and nothing leaves.

    Raises ForbiddenError, NotFoundError, InvalidError, or ConflictError for a name that is taken
    or a rule that came from a partner.
    """
    policy.require(actor, "pattern.write")
    detector_by_slug(slug, actor)
    if ReceivedPattern.objects.filter(slug=slug).exists():
        message = "This rule came from a partner. What was received is not passed on."
        raise ConflictError(message, field="slug")
    maker = previewing.organisation()
    name = fields.slug(name, field="name", limit=NAME_LIMIT) or slug.removeprefix(PREFIX)
    row = Pattern(
        key=f"{slugify(maker.name)[:60] or 'desk'}/{name}",
        stix_uuid=ids.new_uuid(),
        slug=slug,
        circle=circle,
        author=actor,
        changed_by=actor,
    )
    _take(row, said, actor)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        message = f"There is a pattern {row.key} already."
        raise ConflictError(message, field="name") from None
    return _previewed(actor, row, said)


@transaction.atomic
def change_pattern(*, actor: User, pattern: Pattern, said: PatternText) -> Pattern:
    """Write the draft anew with the text in force now, or begin the next revision of what is out.

    An approval that was asked for is void. Raises ForbiddenError, InvalidError, or ConflictError
    after it was revoked.
    """
    row = locked(actor, "pattern.write", pattern)
    if row.state == PatternState.REVOKED:
        message = "This was revoked. Offer it anew, under another name."
        raise ConflictError(message, state=row.state)
    if row.state == PatternState.SHARED:
        row.revision += 1
    row.changed_by, row.state = actor, PatternState.DRAFT
    _take(row, said, actor)
    row.save()
    return _previewed(actor, row, said)


def _previewed(actor: User, row: Pattern, said: PatternText) -> Pattern:
    _name_partners(row, said.partners)
    packing.prepare(row)
    row.save()
    log(actor, Verb.PATTERN_WRITTEN, row, tlp=Tlp(row.tlp).label)
    return row


def _take(row: Pattern, said: PatternText, actor: User) -> None:
    """What the author says, checked (not saved), and the text of the version in force."""
    for name, limit in TEXTS.items():
        setattr(row, name, fields.text(getattr(said, name), field=name, limit=limit))
    row.summary = fields.text(said.summary, field="summary", limit=2_000, required=False)
    _choose(said.tlp, Tlp.values, "tlp")
    _choose(said.pap, Pap.values, "pap")
    if not LIFETIME[0] <= said.lifetime_days <= LIFETIME[1]:
        message = f"Choose {LIFETIME[0]} to {LIFETIME[1]:,} days."
        raise InvalidError(message, field="lifetime_days")
    if said.valid_until <= clock.now():
        message = "It must end in the future."
        raise InvalidError(message, field="valid_until")
    row.tlp, row.pap, row.lifetime_days = said.tlp, said.pap, said.lifetime_days
    row.valid_until = said.valid_until.replace(microsecond=0)
    row.at = max(clock.now(), row.at + timedelta(milliseconds=1))
    _take_text(row, actor)
    row.tests = wire.plain(_converted(said.tests, list[wire.Vector], "tests"))
    if said.parameters is None:
        own = binding.threshold_of(row.text) if row.pattern_type == wire.SIGMA else {}
        row.parameters = wire.plain(own)
    else:
        found = _converted(said.parameters, dict[wire.Name, wire.Parameter], "parameters")
        row.parameters = wire.plain(found)
    _take_lineage(row, said.derived_from)


def _take_text(row: Pattern, actor: User) -> None:
    """The rule or the settings as they are in force, with the number that counts in the text."""
    config = configs_for(actor).get(row.slug)
    params = config.params if config else registry.defaults(row.slug).model_dump(mode="json")
    row.config = config.number if config else 0
    if is_rule(row.slug):
        row.pattern_type = wire.SIGMA
        row.text = binding.with_threshold(params["sigma"], int(params.get("threshold") or 0))
    else:
        meta = registry.get(row.slug).meta
        told = {"slug": row.slug, "version": meta.version, "params": params}
        row.pattern_type, row.text = wire.BUILTIN, rfc8785.dumps(told).decode()


def _take_lineage(row: Pattern, received: Collection[int]) -> None:
    parents = list(ReceivedPattern.objects.filter(pk__in=received).order_by("pk"))
    row.lineage = [
        {"id": one.stix_id, "revision": one.revision, "how": "derived"} for one in parents
    ]
    for one in parents:
        if Tlp.values.index(row.tlp) < Tlp.values.index(one.tlp):
            message = f"{one.key}, of which it was made, is {one.get_tlp_display()}; this is wider."
            raise InvalidError(message, field="tlp")


def _converted(value: Any, kind: Any, name: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message = f"The {name} cannot be read: {error}"
        raise InvalidError(message, field=name) from error


def _choose(value: str, known: Sequence[str], name: str) -> None:
    if value not in known:
        message = f"Choose a {name.upper()}: {', '.join(known)}."
        raise InvalidError(message, field=name)


def _name_partners(row: Pattern, slugs: Collection[str]) -> None:
    members = CircleMember.objects.filter(circle=row.circle)
    found = list(Partner.objects.filter(slug__in=slugs, memberships__in=members))
    if unknown := sorted(set(slugs) - {one.slug for one in found}):
        message = f"{unknown[0]} is not in the circle {row.circle}."
        raise InvalidError(message, field="partners")
    if not found:
        message = "Choose at least one partner."
        raise InvalidError(message, field="partners")
    row.partners.set(found)
