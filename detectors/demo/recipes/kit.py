"""What the operations have in common: crews on shared devices, bursts, phrasebooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Unpack

from detectors.demo.stage import Account, Stage, What
from detectors.demo.words import spin
from detectors.schema import Ai, Kind

DEVICE_SHARERS = 3
LOGINS = 3


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Sentences of one language; lengths without common factor give every wave an own text."""

    openers: tuple[str, ...]
    claims: tuple[str, ...]
    closers: tuple[str, ...]

    def line(self, n: int) -> str:
        """Text number n, with its [a|b] slots still open."""
        parts = (self.openers, self.claims, self.closers)
        return " ".join(part[n % len(part)] for part in parts)


def crew(stage: Stage, places: Sequence[str], bio: Callable[[], str] = lambda: "") -> list[Account]:
    """One account a place; every three share a device, and its first also uses the next one's.

    The overlap is what an operator's desk looks like: one group of devices, no single owner.
    """
    made: list[Account] = []
    for n, platform in enumerate(places):
        desk = n // DEVICE_SHARERS
        device, ip = stage.mark(f"desk-{desk}"), stage.ip(900 + desk)
        made.append(stage.account(platform, bio=bio(), device=device, ip=ip))
    for n, who in enumerate(made):
        log_in(stage, who, LOGINS)
        if n % DEVICE_SHARERS == 0:
            after = (n + DEVICE_SHARERS) % len(made)
            visit(stage, who, made[after])
    return made


def loners(
    stage: Stage, places: Sequence[str], bio: Callable[[], str] = lambda: ""
) -> list[Account]:
    """Helpers with a device and an address of their own: only what they do ties them."""
    made = [stage.account(platform, bio=bio()) for platform in places]
    for who in made:
        log_in(stage, who, 1)
    return made


def speakers(crowd: Sequence[Account], tongue: int, tongues: int, turn: int) -> list[Account]:
    """Who writes in language number `tongue` of `tongues`; every turn mixes the groups anew."""
    return [who for n, who in enumerate(crowd) if (n + n // tongues * turn) % tongues == tongue]


def log_in(stage: Stage, who: Account, times: int) -> None:
    """Ordinary logins at ordinary hours."""
    for _ in range(times):
        stage.login(who, stage.moment(who.zone))


def visit(stage: Stage, who: Account, host: Account) -> None:
    """One login of `who` from the device and address of `host`."""
    traces: dict[str, str | list[str]] = {kind: host.identifiers[kind] for kind in ("device", "ip")}
    stage.act(who, Kind.LOGIN, stage.moment(who.zone), identifiers=traces)


def pay(stage: Stage, who: Account, at: float, card: str, amount: int, why: str) -> None:
    """`who` pays or is paid through the account behind `card`."""
    stage.act(
        who,
        Kind.PAYMENT,
        at,
        identifiers={"payment": card},
        attributes={"amount": amount, "currency": "EUR", "purpose": why},
    )


def ask(stage: Stage, who: Account, at: float, prompt: str, answer: str) -> None:
    """One prompt and, some seconds later, the model's answer."""
    provider = who.platform.removesuffix("-api")
    ai = Ai(
        provider=provider,
        model=f"{provider}-large",
        key=stage.mark(f"key-{who.actor}"),
        org=stage.mark(f"org-{who.actor}")[:12],
        tokens_in=len(prompt) // 4,
        tokens_out=len(answer) // 4,
    )
    marks: dict[str, str | list[str]] = {"ip": who.identifiers["ip"]}
    stage.act(who, Kind.AI_REQUEST, at, text=prompt, ai=ai, identifiers=marks)
    stage.act(who, Kind.AI_RESPONSE, at + stage.rng.uniform(4, 25), text=answer, ai=ai)


def flock(
    stage: Stage,
    crowd: Sequence[Account],
    kind: Kind,
    at: float,
    within: float,
    **what: Unpack[What],
) -> None:
    """Everybody in `crowd` does the same within `within` seconds, in words of an own spin."""
    for who in crowd:
        own = what.copy()
        own["text"] = spin(stage.rng, what.get("text", ""))
        stage.act(who, kind, at + stage.rng.uniform(0, within), **own)
