"""Offers without a database, the same every time."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cases.sharing.facts import (
    CampaignFacts,
    CaseFacts,
    DecisionFacts,
    FindingFacts,
    Maker,
    Named,
    NoteFacts,
    Offer,
)
from cases.sharing.hmacs import Key
from cases.sharing.minimise import ACTOR, TYPES, Profile, Thing

NOON = datetime(2026, 11, 3, 12, 34, 56, 789_000, tzinfo=UTC)
KEY = Key("ring-1", bytes(range(32)))
MAKER = Maker("identity--5d0f7c1e-3a4b-4c5d-8e6f-102030405060", "Harbour desk", NOON)
MAIL = "eve.mule@mail.example"
ACCOUNT = Thing("account", "tiktok:crew_77", ACTOR)
THINGS = (
    ACCOUNT,
    Thing("account", "x:bystander_1"),
    Thing("domain", "xn--bcher-kva.example"),
    Thing("url", "https://bad.example/a?x=%C3%A9"),
    Thing("url", "https://bad.example/login?email=jo%40victim.example&step=2"),
    Thing("ip", "198.51.100.77"),
    Thing("ip", "2001:db8:1:2::77"),
    Thing("email", MAIL),
    Thing("phone", "+4915112345678"),
    Thing("wallet", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    Thing("payment", "iban-de00-1234"),
    Thing("device", "dev-8c1f"),
    Thing("hash", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    Thing("media", "pdq-" + "0f" * 32),
    Thing("hashtag", "#freemoney"),
)


def profile(level: str = "amber", *, types: tuple[str, ...] = TYPES, hide: bool = False) -> Profile:
    return Profile(level, frozenset(types), hide, KEY)


def names(prefix: str = "") -> Callable[[str, str], Named]:
    """Ids that depend on the source alone."""

    def name_of(type: str, source: str) -> Named:
        made = str(uuid5(NAMESPACE_URL, f"{prefix}{type} {source}"))
        return Named(f"{type}--{made[:14]}4{made[15:]}", NOON)  # marked as a random one

    return name_of


def campaign(number: int = 1, **fields: Any) -> CampaignFacts:
    base: dict[str, Any] = {
        "key": f"campaign {number}",
        "first_at": NOON,
        "last_at": NOON + timedelta(hours=6),
        "size": 8,
        "sure": 0.93,
    }
    return CampaignFacts(**base | fields)


def finding(number: int = 1, **fields: Any) -> FindingFacts:
    base: dict[str, Any] = {
        "key": f"finding {number}",
        "detector": "shared-infrastructure",
        "version": 1,
        "family": "infra-hard",
        "first_at": NOON,
        "last_at": NOON + timedelta(hours=6),
        "signals": 20,
        "anchor": Thing("email", MAIL),
        "accounts": (ACCOUNT,),
        "sentence": f"8 accounts share {MAIL}",
    }
    return FindingFacts(**base | fields)


def decision(outcome: str = "abuse") -> DecisionFacts:
    return DecisionFacts("decision 1", outcome, NOON, "high", "Scam v1", f"because of {MAIL}")


def case(**fields: Any) -> CaseFacts:
    """A closed case of confirmed abuse with everything in it."""
    base: dict[str, Any] = {
        "key": "case 1",
        "ref": "AD-1",
        "level": "clear",
        "opened_at": NOON - timedelta(days=1),
        "closed_at": NOON,
        "sure": 0.9,
        "campaigns": (campaign(),),
        "findings": (finding(),),
        "notes": (NoteFacts("note 1", "Seen since October.", "clear", NOON),),
        "decision": decision(),
        "things": THINGS,
    }
    return CaseFacts(**base | fields)


def offer(level: str = "amber", **fields: Any) -> Offer:
    base: dict[str, Any] = {
        "case": case(),
        "level": level,
        "pap": "amber",
        "title": "Refund scam, autumn",
        "summary": "A crew sells refunds that do not exist.",
        "valid_until": NOON + timedelta(days=90),
        "at": NOON + timedelta(days=1),
        "maker": MAKER,
        "name_of": names(),
    }
    return Offer(**base | fields)


def varied(number: int) -> tuple[Offer, Profile]:
    """One of many cases that differ in all that can differ."""
    dice = random.Random(number)
    level = dice.choice(("clear", "green", "amber", "amber+strict"))
    things = tuple(dice.sample(THINGS, dice.randrange(len(THINGS) + 1)))
    actors = tuple(one for one in things if one.role == ACTOR)
    anchors = [one for one in things if one.type != "account"] or [Thing("text", "a story")]
    found = tuple(
        finding(
            at,
            anchor=dice.choice(anchors),
            accounts=actors,
            signals=dice.randrange(2_000),
            last_at=NOON + timedelta(seconds=dice.randrange(10**6)),
        )
        for at in range(dice.randrange(4))
    )
    confirmed = dice.random() < 0.6
    outcome = "abuse" if confirmed else dice.choice(("legitimate", "no_abuse", "unsure"))
    told = case(
        closed_at=NOON if dice.random() < 0.5 else None,
        sure=dice.random(),
        campaigns=tuple(campaign(at, sure=dice.random()) for at in range(dice.randrange(3))),
        findings=found,
        things=things,
        decision=decision(outcome) if dice.random() < 0.7 else None,
        notes=tuple(
            NoteFacts(
                f"note {at}",
                f"Note {at} \u00e9\u4e2d '\\ \u202e.",
                dice.choice(("clear", "red")),
                NOON,
            )
            for at in range(dice.randrange(3))
        ),
    )
    made = offer(
        level,
        case=told,
        summary=dice.choice(("", "Plain.", "Zwei W\u00f6rter \U0001f600")),
        pap=dice.choice(("clear", "green", "amber", "red")),
    )
    types = tuple(dice.sample(TYPES, dice.randrange(1, len(TYPES) + 1)))
    return made, profile(level, types=types, hide=dice.random() < 0.3)
