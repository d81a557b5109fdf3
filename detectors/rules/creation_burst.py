"""D5: more new accounts of one make than chance brings together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import field_validator

from detectors.base import (
    DAY_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)
from detectors.signups.exceptions import is_excepted, read_exception
from detectors.signups.findings import say
from detectors.signups.judge import Limits, Window, strangest
from detectors.signups.ledger import DAY_H, Ledger, Signup, enter
from detectors.signups.shapes import EDUCATION, handle_shape, mail_skeletons, origin_of

PLATFORM = "signups"
EVERYWHERE = "*"
"""All platforms together: who spreads sign-ups over them stays small on each."""
MAIL = "signup-mail"
CREATED = "account.created"
CLOCKS_S = 300
"""How far the clocks of one platform may disagree."""


class CreationBurstParams(BaseParams):
    """How many sign-ups of one make are a burst, and what explains them."""

    p_max: float = param(
        1e-4,
        help="Largest probability of so many sign-ups of one make by chance",
        unit="p",
        ge=1e-8,
        le=1e-2,
        step=1e-8,
    )
    per_hour: int = param(
        8, help="Sign-ups of one make within 1 h", unit="accounts", ge=3, le=1_000, step=1
    )
    per_day: int = param(
        20, help="Sign-ups of one make within 24 h", unit="accounts", ge=3, le=10_000, step=1
    )
    exceptions: tuple[str, ...] = param(
        (),
        help=(
            "What is expected, each as platform or platform/shape, with a period if it ends: "
            "x/name#######, forum 2026-11-01..2026-11-14"
        ),
        unit="platforms and shapes",
    )

    @field_validator("exceptions")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            read_exception(one)
        return value

    def limits(self, kind: str) -> Limits:
        """What a full window of one type of key is. A skeleton is taken as unseen for a day."""
        alone = kind == MAIL
        known_h = DAY_H if alone else 1
        return Limits(self.per_hour, self.per_day, self.p_max, known_h, by_share=not alone)


class CreationBurst(Detector[Ledger, CreationBurstParams]):
    """State per platform, and of all together: their shapes, because a wave can only be told from a
    burst by all of them.

    State per address skeleton: its sign-ups.
    """

    meta = Meta(
        slug="creation-burst",
        title="Burst of sign-ups",
        version=1,
        family=Family.IDENTITY,
        lookback_s=30 * DAY_S,
        doc=(
            "Finds accounts made within an hour or a day whose handles are built alike "
            "(`Name_Word####`), more of them than the last 28 days let expect: at their rate, at "
            "this hour of the week, and at their share of all sign-ups of the platform, whichever "
            "expects most, so that a wave that lifts all shapes is no burst. The same for a shape "
            "among sign-ups of one origin: the attribute `referrer`, else the mail domain, else "
            "the network. Besides, e-mail addresses that differ in digits, dots and tags only. "
            "Reads `account.created`, and any profile with handle and `created_at` less than a day "
            "old. Handles that the platform made itself do not count where the attribute "
            "`default_handle` is true; otherwise they are learnt within days. Sign-ups from a "
            "school's network (`asn_class` education) do not count. Declare campaigns of your own, "
            "courses and moves from another platform as exceptions, with their period."
        ),
        falsifiers=(
            "A class or a course signed up together, with handles after one scheme.",
            "People moved here from another platform at once.",
            "The platform or an app proposes handles of this shape.",
            "A company or a newsroom set up its staff.",
        ),
        source=(
            "Sign-up bursts as in IFTAS 2025; Gamma-Poisson predictive tails against one's own "
            "season. The comparison with the platform's total is the project's own."
        ),
    )
    Params = CreationBurstParams
    State = Ledger

    def keys(self, signal: Signal, p: CreationBurstParams) -> Iterable[Key]:
        if not signal.actor or (signal.profile is None and signal.kind != CREATED):
            return ()
        return _keys(signal) if _born(signal) else ()

    def apply(
        self, key: Key, signal: Signal, state: Ledger, p: CreationBurstParams
    ) -> list[FindingDraft]:
        born = _born(signal)
        shape = handle_shape(signal.profile.handle) if signal.profile is not None else ""
        expected = _is_expected(key, signal, shape, born, p)
        make = key.value if key.type == MAIL else shape
        origin = origin_of(signal) if key.type == PLATFORM else ""
        signup = Signup(born, signal.at, signal.id, origin)
        # what is expected tells how busy the platform is, in a cohort that is never judged
        cohort = enter(state, f"={make}" if expected else make, signal.account, signup)
        if expected:
            return []
        if cohort is None or len(cohort.recent) < min(p.per_hour, p.per_day):
            return []
        limits = p.limits(key.type)
        found: list[FindingDraft] = []
        for name in ("", origin) if origin else ("",):
            window = strangest(state, cohort, signup, name, limits)
            if window is not None and (key.value != EVERYWHERE or _spans_platforms(window)):
                found += say(key, state, cohort, name, window, _alike(key, make))
        return found


def _keys(signal: Signal) -> Iterator[Key]:
    if signal.profile is not None and handle_shape(signal.profile.handle):
        yield Key(PLATFORM, signal.platform)
        yield Key(PLATFORM, EVERYWHERE)
    if signal.kind == CREATED:
        for skeleton in mail_skeletons(signal):
            yield Key(MAIL, f"{signal.platform} {skeleton}")


def _spans_platforms(window: Window) -> bool:
    return len({account.partition(":")[0] for account in window.members}) > 1


def _alike(key: Key, make: str) -> str:
    if key.type == MAIL:
        return f"e-mail addresses like {key.value.partition(' ')[2]}"
    return f"handles like `{make}`"


def _born(signal: Signal) -> float:
    """When the account was made; 0 for one that is older than a day, or of unknown age."""
    made = signal.profile.created_at if signal.profile is not None else None
    if made is None:
        return signal.at if signal.kind == CREATED else 0.0
    born = made.timestamp()
    return born if -CLOCKS_S <= signal.at - born <= DAY_S else 0.0


def _is_expected(key: Key, signal: Signal, shape: str, born: float, p: CreationBurstParams) -> bool:
    """Whether a sign-up is explained; that the platform made a handle says nothing of addresses."""
    if key.type == PLATFORM and signal.attributes.get("default_handle") is True:
        return True
    if signal.attributes.get("asn_class") == EDUCATION:
        return True
    return is_excepted(p.exceptions, signal.platform, shape, born)
