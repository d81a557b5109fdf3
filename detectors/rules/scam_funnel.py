"""D18: adverts that lead into private chats that lead to payments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from detectors.base import (
    DAY_S,
    HOUR_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    Tell,
    nobody,
    param,
)
from detectors.funnel.acts import Act, acts
from detectors.funnel.counting import Rules
from detectors.funnel.findings import draft
from detectors.funnel.judge import Row, exported, find
from detectors.funnel.steps import MAX_ACCOUNTS, Steps, fold

HOLD_S = 14 * DAY_S
"""How long a funnel is still shown after its windows have passed."""


class ScamFunnelParams(BaseParams):
    """How close in time the steps are, and how many people must go through them."""

    ping_zing_h: int = param(
        72,
        ge=1,
        le=336,
        step=1,
        unit="hours",
        help="Time between the newest advert and the first message to a person",
    )
    zing_sting_d: int = param(
        14,
        ge=1,
        le=60,
        step=1,
        unit="days",
        help="Time between the first message to a person and the payment or request",
    )
    min_funnels: int = param(
        3,
        ge=2,
        le=100,
        step=1,
        unit="people",
        help="People who went through all steps with one payee, contact or site",
    )
    public_cap: int = param(
        50,
        ge=5,
        le=MAX_ACCOUNTS - 1,
        step=5,
        unit="accounts",
        help="Accounts on one contact, site or payee above which it is everybody's",
    )

    @property
    def rules(self) -> Rules:
        """The same in seconds."""
        return Rules(
            float(self.ping_zing_h * HOUR_S),
            float(self.zing_sting_d * DAY_S),
            self.min_funnels,
            self.public_cap,
        )

    @property
    def memory_s(self) -> float:
        """How far back a step counts."""
        return self.rules.ping_zing_s + self.rules.zing_sting_s + HOLD_S


class ScamFunnel(Detector[Steps, ScamFunnelParams]):
    """State per contact, site and payee, and per account that writes to people.

    The steps of a funnel bear different names: the advert that of a contact or site, the chat its
    own account, the payment a payee. So each name keeps its own steps, and the tick goes from a
    name to the accounts behind it and to their other names.
    """

    meta = Meta(
        slug="scam-funnel",
        title="Scam funnel",
        version=1,
        family=Family.BEHAVIOUR,
        kinds=("post", "reply", "site", "follow", "message", "mail", "payment"),
        lookback_s=88 * DAY_S,
        tick_s=HOUR_S,
        doc=(
            "Finds the path from an advert (a post, reply, site, follow or channel message) to "
            "the first direct message and on to a payment, or a message that names a wallet or "
            "payee, on at least two platforms. Adverts count by what they lead to: a contact "
            "(messenger handle, invite link, number, e-mail) or a site; chats by their account, "
            "its handle and what they name; payments by payee. From one such name the accounts "
            "behind it are taken, then their other names, and accounts that write to the same "
            "people; no further. The first advert of each account and day counts. A message needs "
            "an object `target:` for the person; without one it is a channel's. A payment is to "
            "an object `payee:`, `payment:` or `wallet:`, or received through the actor's own "
            'identifier where the actor is a site or the attribute `direction` is "in", then from '
            "an object `payer:` or `target:` if there is one. People who are written to or pay "
            "are kept as keyed hashes, at most 200 a name. Attributes that are read: `amount`, "
            "`currency`, `purpose`, `refund` (true), `direction` and `declared_merchant` (true: "
            "no funnel has a merchant's names). One stable price or refunds silence a "
            "funnel; where too few payers were asked again for as much or more it only supports "
            "other evidence, as do two of the three steps. Raise `min_funnels` where small shops "
            "appear."
        ),
        falsifiers=(
            "A shop, tutor or ticket seller advertises, answers questions and is paid.",
            "The payee is a payment provider that many merchants use.",
            "The accounts that posted the site's address only recommended it.",
        ),
        source=(
            "The ping, zing, sting pattern of reports on romance and task scams of February 2026; "
            "joining the steps by names and accounts is the project's own."
        ),
    )
    Params = ScamFunnelParams
    State = Steps

    def __init__(self, secret: bytes = b"", *, tell: Tell = nobody) -> None:
        super().__init__(secret, tell=tell)
        self._last: tuple[Signal | None, tuple[Act, ...]] = (None, ())

    def keys(self, signal: Signal, p: ScamFunnelParams) -> Iterable[Key]:
        """Every name that the signal uses."""
        return [act.key for act in self._acts(signal)] if signal.actor else ()

    def keep_s(self, key: Key, p: ScamFunnelParams) -> float:
        """A name matters as long as its steps can become or remain part of a funnel."""
        del key
        return p.memory_s

    def apply(
        self, key: Key, signal: Signal, state: Steps, p: ScamFunnelParams
    ) -> list[FindingDraft]:
        """Only remembers; a funnel is a question over several names."""
        for act in self._acts(signal):
            if act.key == key:
                fold(state, act, signal, self.secret)
        return []

    def part(self, clock: float, states: Mapping[Key, Steps], p: ScamFunnelParams) -> list[Row]:
        """Names of this shard that may join others."""
        since, rules = clock - p.memory_s, p.rules
        told = (exported(key, state, since, rules, self.secret) for key, state in states.items())
        return [row for row in told if row is not None]

    def tick(self, clock: float, parts: Sequence[Any], p: ScamFunnelParams) -> list[FindingDraft]:
        """All funnels of all names."""
        rows = [row for part in parts for row in msgspec.convert(part, list[Row])]
        rules = p.rules
        constants = {
            "ping_zing_h": p.ping_zing_h,
            "zing_sting_d": p.zing_sting_d,
            "public_cap": p.public_cap,
        }
        return [draft(funnel, rules, constants) for funnel in find(rows, rules)]

    def _acts(self, signal: Signal) -> tuple[Act, ...]:
        """What the signal does; asked once for each of its keys, so the last answer is kept."""
        if self._last[0] is not signal:
            self._last = (signal, acts(signal))
        return self._last[1]
