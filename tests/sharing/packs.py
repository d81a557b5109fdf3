"""Patterns for tests: a rule that waits for five new accounts on one address, and its tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from abusedesk.core import clock, ids, sealing
from abusedesk.core.models import Role, User
from cases.choices import WayOut
from cases.models import Circle, Organisation, Partner, PartnerKey, Pattern, ReceivedPattern
from cases.models.partner import SIGNING
from cases.selectors.partner import published_keys_of
from cases.services.circle import CircleText, save_circle
from cases.services.organisation import save_organisation
from cases.services.partner_key import pin_key
from cases.services.pattern import PatternText, draft_pattern
from cases.services.pattern_out import hand_over_pattern
from cases.services.pattern_steps import (
    approve_pattern,
    ask_pattern,
    backtest_pattern,
    renew_preview,
)
from cases.services.receiving import receive_file
from cases.sharing import egress, signing
from cases.sharing.facts import Maker
from cases.sharing.patterns import binding
from cases.sharing.patterns.offering import PatternOffer
from cases.sharing.patterns.wire import Vector
from detectors.models import Source
from detectors.schema import Kind
from detectors.services.backtest import run_backtest
from detectors.services.ingest import ingest_batch
from detectors.services.rule import create_rule
from detectors.services.source import live_stream
from detectors.sigma.params import EXAMPLE
from tests import desk as whole_desk
from tests import make
from tests.cases import build
from tests.sharing import desk

RULE: Final = EXAMPLE
TUNED: Final = 6
DAWN: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)


def signal(number: int, ip: str = "203.0.113.7", **told: Any) -> dict[str, Any]:
    """One made-up signal of a test."""
    return {
        "external_id": f"t-{number}",
        "platform": "chirp",
        "kind": "account.created",
        "actor": f"made-up-{number}",
        "occurred_at": (DAWN + timedelta(minutes=number)).isoformat(),
        "identifiers": {"ip": ip},
        **told,
    }


def vector(kind: str, accounts: int) -> dict[str, Any]:
    """So many new accounts on one address."""
    signals = [signal(number) for number in range(1, accounts + 1)]
    told = {"name": f"{accounts} on one address", "kind": kind, "signals": signals}
    if kind == "positive":
        told["expected"] = [[f"chirp:made-up-{number}" for number in range(1, accounts + 1)]]
    return told


def vectors(threshold: int = TUNED) -> list[dict[str, Any]]:
    return [vector("positive", threshold + 1), vector("negative", threshold - 1)]


def rule(lead: User, *, threshold: int = TUNED, name: str = "waves", sigma: str = RULE) -> str:
    """A tuned rule in shadow; its slug."""
    saved = create_rule(
        actor=lead,
        name=name,
        mode="shadow",
        params={"sigma": sigma, "threshold": threshold},
        reason="waves",
    )
    return saved.config.slug


def in_90_days() -> datetime:
    return clock.now() + timedelta(days=90)


class Author:
    """Desk A: who writes, who approves, and to whom it goes."""

    def __init__(self, name: str = "Harbour desk") -> None:
        self.lead = build.user(Role.LEAD, "luise")
        self.second = build.user(Role.LEAD, "lars")
        self.admin = build.user(Role.ADMIN, "anna")
        save_organisation(actor=self.admin, name=name)
        self.partners = [desk.partner(self.admin, slug) for slug in ("south-desk", "bank-south")]
        self.circle: Circle = save_circle(
            actor=self.admin,
            slug="ring",
            said=CircleText(
                "Ring", "amber+strict", community=True, members=[one.slug for one in self.partners]
            ),
        )
        self.slug = rule(self.lead)

    def said(self, **changes: Any) -> PatternText:
        base: dict[str, Any] = {
            "title": "One address, many new accounts",
            "purpose": "stop sign-up waves",
            "valid_until": in_90_days(),
            "summary": "Sign-ups that come in waves.",
            "partners": [one.slug for one in self.partners],
            "tests": vectors(),
        }
        return PatternText(**base | changes)

    def drafted(self, **changes: Any) -> Pattern:
        return draft_pattern(
            actor=self.lead, slug=self.slug, name="waves", circle=self.circle,
            said=self.said(**changes),
        )  # fmt: skip

    def tried(self, **changes: Any) -> Pattern:
        """With a backtest over own signals."""
        row = backtest_pattern(actor=self.lead, pattern=self.drafted(**changes))
        work_off(row.backtest_id)
        return renew_preview(actor=self.lead, pattern=row)

    def shared(self, **changes: Any) -> Pattern:
        row = ask_pattern(actor=self.lead, pattern=self.tried(**changes))
        return approve_pattern(actor=self.second, pattern=row, digest=row.digest)

    def file(self, row: Pattern, way: WayOut = WayOut.SIGNED) -> bytes:
        handed = hand_over_pattern(actor=self.lead, pattern=row, partner=self.partners[0], way=way)
        return handed.body

    def keys(self) -> str:
        return json.dumps(published_keys_of())


def work_off(run_id: int | None) -> None:
    assert run_id is not None
    whole_desk.await_horizon()
    run_backtest(run_id=run_id)


def store(days: int, *, each: int = 8, address: str = "198.51.100.{day}") -> None:
    """Own signals: on each of the last days so many new accounts on one address, and some posts."""
    now = clock.now()
    found = []
    for day in range(days, 0, -1):
        at = now - timedelta(days=day) + timedelta(minutes=5)
        found += [
            make.signal(
                external_id=f"own-{day}-{number}",
                kind=Kind.ACCOUNT_CREATED,
                actor=f"own{day}x{number}",
                occurred_at=at + timedelta(minutes=number),
                identifiers={"ip": address.format(day=day)},
            )
            for number in range(each)
        ]
        found.append(make.signal(external_id=f"post-{day}", actor="poster", occurred_at=at))
    source = Source.objects.filter(slug="acme").first() or make.source()
    ingest_batch(source=source, signals=found, stream=live_stream())


def become(name: str) -> Organisation:
    """From now on this database is another desk's: its own identity and keys."""
    secret = signing.new_key()
    Organisation.objects.update(
        name=name,
        identity=ids.new_uuid(),
        signing_key=sealing.seal(secret.hex(), purpose=SIGNING),
        key_id=signing.key_id(signing.public_of(secret)),
    )
    return Organisation.objects.get()


class Importer:
    """Desk B: takes in what the desk before sent, as its partner `harbour`."""

    def __init__(self, keys: str, admin: User, *, pinned: bool = True) -> None:
        self.admin = admin
        self.lead = build.user(Role.LEAD, "bea")
        self.second = build.user(Role.LEAD, "ben")
        become("South desk")
        self.partner: Partner = desk.partner(admin, "harbour")
        self.keys = keys
        if pinned:
            self.pin()

    def pin(self) -> None:
        public = json.loads(self.keys)["keys"][0]["public"]
        fingerprint = signing.fingerprint(base64.b64decode(public))
        pin_key(actor=self.admin, partner=self.partner, public=self.keys, fingerprint=fingerprint)

    def take(self, body: bytes) -> ReceivedPattern:
        (row,) = receive_file(actor=self.lead, partner=self.partner, body=body).received
        return row


def groups(found: Sequence[Sequence[str]]) -> set[tuple[str, ...]]:
    return {tuple(one) for one in found}


SECRET: Final = bytes(range(32))
"""Key of a desk far away, the same every time."""
FAR: Final = Maker("identity--5d0f7c1e-3a4b-4c5d-8e6f-102030405060", "Far desk", DAWN)


def far_public() -> str:
    return base64.b64encode(signing.public_of(SECRET)).decode()


def far_offer(number: int = 0, **changes: Any) -> PatternOffer:
    """What a desk far away offers."""
    now = clock.now().replace(microsecond=0)
    base: dict[str, Any] = {
        "id": f"indicator--00000000-0000-4000-8000-{number:012d}",
        "key": f"far-desk/waves-{number}",
        "revision": 1,
        "born": DAWN,
        "at": now,
        "maker": FAR,
        "level": "green",
        "pap": "amber",
        "valid_until": now + timedelta(days=60),
        "title": "One address, many new accounts",
        "summary": "Sign-ups that come in waves.",
        "licence": "CC-BY-4.0",
        "severity": "medium",
        "pattern_type": "sigma",
        "pattern": RULE,
        "history_days": 1,
        "lifetime_days": 180,
        "tests": msgspec.convert(vectors(5), list[Vector]),
        "parameters": binding.threshold_of(RULE),
        "reads": ["account", "identifiers.ip", "kind"],
    }
    return PatternOffer(**base | changes)


def far_bundle(number: int = 0, **changes: Any) -> bytes:
    """Its pattern as a plain bundle."""
    return egress.render_pattern(far_offer(number, **changes), SECRET)[0]


def far_indicator(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Its pattern alone."""
    return egress.render_pattern(far_offer(number, **changes), SECRET)[1]


def pin_far(admin: User, partner: Partner) -> PartnerKey:
    """The key of the desk far away is this partner's."""
    fingerprint = signing.fingerprint(signing.public_of(SECRET))
    return pin_key(actor=admin, partner=partner, public=far_public(), fingerprint=fingerprint)
