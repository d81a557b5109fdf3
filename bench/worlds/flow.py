"""An endless ordinary stream of all kinds of signals; each is a function of its number alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice, product
from random import Random
from typing import Any, Final

from detectors.base import Signal
from detectors.schema import ActorProfile, Ai

START: Final = datetime(2026, 9, 2, tzinfo=UTC)
START_S: Final = START.timestamp()
EVERY_S: Final = 2
ACCOUNTS: Final = 50_000
SITES, PAGES, TAGS, ORGS = 2_000, 50_000, 3_000, 400
WORDS: Final = 4_000
LENGTHS: Final = (5, 10, 14, 18, 24, 40)
COPIED: Final = 4
"""Of a hundred signals so many repeat the text of the one before them."""
LATE_CHANCE, LATE_S = 0.003, 6 * 3_600
SHARES: Final = {
    "post": 48, "reply": 14, "message": 10, "ai.request": 6, "repost": 5, "reaction": 5,
    "ai.response": 3, "follow": 3, "login": 2, "mail": 1, "report": 1, "account.created": 1,
    "payment": 1,
}  # fmt: skip
PLATFORMS: Final = {"message": "telegram", "mail": "email", "ai.request": "ai", "ai.response": "ai"}
_STARTS, _VOWELS, _ENDS = "bdfghjklmnprstvwz", "aeiou", ("", "n", "ra", "lok")


def _vocabulary() -> list[str]:
    syllables = ["".join(pair) for pair in product(_STARTS, _VOWELS)]
    words = product(syllables, syllables, _ENDS)
    return ["".join(parts) for parts in islice(words, 0, 7 * WORDS, 7)]


_WORDS: Final = _vocabulary()
_KINDS: Final = list(SHARES)
_UP_TO: Final = list(accumulate(SHARES.values()))


def signal(number: int) -> Signal:
    """The signal of one number, from 0 on; its id is one more. Half of all acts are a tenth's."""
    draw = Random(number)
    kind = draw.choices(_KINDS, cum_weights=_UP_TO)[0]
    account = int(ACCOUNTS * draw.random() ** 3.3)
    received = START_S + EVERY_S * number
    late = draw.random() * LATE_S if draw.random() < LATE_CHANCE else 0.0
    return Signal(
        id=number + 1,
        at=received - 1 - late,
        received=received,
        platform=PLATFORMS.get(kind, "x"),
        kind=kind,
        actor=f"account-{account}",
        profile=_profile(account),
        identifier_map={"ip": f"{11 + account % 80}.{account % 251}.{account % 241}.7"},
        **_PARTS.get(kind, _said)(draw, number),
    )


def _profile(account: int) -> ActorProfile:
    born = START - timedelta(hours=account)
    return ActorProfile(handle=f"{_WORDS[account % WORDS]}{account}", created_at=born)


def _said(draw: Random, number: int) -> dict[str, Any]:
    page, site = draw.randrange(PAGES), draw.randrange(SITES)
    return {
        "text": _text(number),
        "raw_urls": (f"https://site-{site}.example/{page}",) if draw.random() < 0.5 else (),
        "objects": (f"hashtag:tag{draw.randrange(TAGS)}",),
    }


def _shown(draw: Random, number: int) -> dict[str, Any]:
    del number
    return {"objects": (f"target:x:account-{draw.randrange(ACCOUNTS)}",)}


def _asked(draw: Random, number: int) -> dict[str, Any]:
    org = draw.randrange(ORGS)
    ai = Ai(
        provider="ai", model="m-1", key=f"key-{org}-{draw.randrange(4)}", org=f"org-{org}",
        tokens_in=draw.randrange(2_000), tokens_out=draw.randrange(4_000),
        refused=draw.random() < 0.02,
    )  # fmt: skip
    return {"text": _text(number), "ai": ai}


def _paid(draw: Random, number: int) -> dict[str, Any]:
    del number
    return {"attributes": {"amount": draw.randrange(5, 500), "currency": "EUR"}}


def _nothing(draw: Random, number: int) -> dict[str, Any]:
    del draw, number
    return {}


def _text(number: int) -> str:
    if number % 100 < COPIED:
        number -= number % 100 + 1
    draw = Random(f"text {number}")
    return " ".join(draw.choices(_WORDS, k=draw.choice(LENGTHS)))


_PARTS: Final[dict[str, Callable[[Random, int], dict[str, Any]]]] = {
    "reaction": _shown, "follow": _shown, "report": _shown, "login": _nothing,
    "account.created": _nothing, "payment": _paid, "ai.request": _asked, "ai.response": _asked,
}  # fmt: skip
