"""Reads partners' patterns: how far each is here, which step comes next, and why not yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import keyring, policy, standing
from cases.choices import ReceivedState
from cases.models import OutcomeSent, Partner, PartnerKey, ReceivedPattern
from cases.sharing import signing
from cases.sharing.patterns import wire
from detectors.choices import DraftState, Mode
from detectors.models import DetectorDraft, Finding


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way. done: it lies behind. why: why it cannot be taken now; empty: it can."""

    name: str
    title: str
    done: bool
    why: str = ""

    @property
    def open(self) -> bool:
        """Whether it can be taken now."""
        return not self.done and not self.why


@dataclass(frozen=True, slots=True)
class Told:
    """What a page and REST tell of a received pattern beside its row.

    mode: of its rule now. fingerprint: of the key, where it is pinned. findings: what its rule
    found. draft: what waits for a second person.
    """

    pack: wire.Pack
    text: str
    mode: str
    fingerprint: str
    steps: list[Step]
    a_day: float | None
    findings: int
    draft: DetectorDraft | None


def received_for(viewer: User) -> QuerySet[ReceivedPattern]:
    """All that partners sent, newest first."""
    rows = ReceivedPattern.objects.select_related("partner", "owner", "received_by", "backtest")
    return rows if policy.allowed(viewer, "pattern.view") else rows.none()


def received_by_id(received_id: int, viewer: User) -> ReceivedPattern:
    """One of them. Raises NotFoundError."""
    row = received_for(viewer).filter(pk=received_id).first()
    if row is None:
        message = "There is no such pattern."
        raise NotFoundError(message)
    return row


def standing_of(row: ReceivedPattern, viewer: User) -> Told:
    """How it stands. Raises NotFoundError for who may not see it."""
    received_by_id(row.pk, viewer)
    mode = standing.mode_of(row)
    key = PartnerKey.objects.filter(key_id=row.key_id, partner=row.partner_id).first()
    drafts = DetectorDraft.objects.filter(slug=row.slug, state=DraftState.OPEN) if row.slug else ()
    return Told(
        pack=standing.pack_of(row),
        text=standing.text_of(row),
        mode=mode,
        fingerprint=signing.fingerprint(bytes.fromhex(key.public)) if key else "",
        steps=_steps(row, mode),
        a_day=standing.a_day_of(row),
        findings=Finding.objects.filter(detector=row.slug).count() if row.slug else 0,
        draft=next(iter(drafts), None),
    )


def partner_keys_of(partner: Partner, viewer: User) -> QuerySet[PartnerKey]:
    """Public keys that were pinned for a partner, newest first."""
    rows = PartnerKey.objects.filter(partner=partner).select_related("pinned_by")
    return rows if policy.allowed(viewer, "partner.view") else rows.none()


def counts_of(row: ReceivedPattern, viewer: User) -> QuerySet[OutcomeSent]:
    """What was counted of it for its author, newest first."""
    rows = OutcomeSent.objects.filter(received=row)
    return rows if policy.allowed(viewer, "pattern.view") else rows.none()


def _steps(row: ReceivedPattern, mode: str) -> list[Step]:
    """Every step in its order; the first that is not done says what it waits for."""
    found: list[Step] = []
    for name, title, done, why in _WAY:
        is_done = done(row, mode)
        earlier = next((one.title.lower() for one in found if not one.done), "")
        said = "" if is_done else (f"First: {earlier}." if earlier else why(row))
        found.append(Step(name, title, is_done, said or ("" if is_done else _stopped(row))))
    return found


def _stopped(row: ReceivedPattern) -> str:
    ended = (ReceivedState.PAUSED, ReceivedState.REFUSED, ReceivedState.REPLACED)
    return f"It is: {row.get_state_display().lower()}. {row.why}" if row.state in ended else ""


def _why_unverified(row: ReceivedPattern) -> str:
    pinned = keyring.is_pattern_key(row.key_id)
    if pinned:
        return "Its key is pinned by now: hand the file in again."
    return row.why or "The key that signed it is not known."


def _why_untried(row: ReceivedPattern) -> str:
    return standing.backtest_faults(row)[0] if row.backtest else ""


def _why_not_shadow(row: ReceivedPattern) -> str:
    is_own = standing.is_builtin(row)
    return (
        "Propose the settings on the detector's page; they go the way of tuning." if is_own else ""
    )


_Done = Callable[[ReceivedPattern, str], bool]
_AFTER: Final = frozenset({ReceivedState.ACCEPTED, *standing.RUNS})
_WAY: Final[tuple[tuple[str, str, _Done, Callable[[ReceivedPattern], str]], ...]] = (
    ("verify", "Signature verified", lambda row, _: row.verified, _why_unverified),
    ("test", "Its tests pass here", lambda row, _: row.green, lambda _: "A test fails here."),
    ("accept", "Accept, inactive", lambda row, _: row.state in _AFTER, lambda _: ""),
    (
        "backtest", "Backtest on own signals",
        lambda row, _: row.state in _AFTER and not standing.backtest_faults(row), _why_untried,
    ),
    ("shadow", "Shadow: finds, opens nothing", lambda row, _: row.state in standing.RUNS,
     _why_not_shadow),
    ("enable", "Enable", lambda row, mode: row.state in standing.RUNS and mode == Mode.LIVE,
     lambda _: ""),
)  # fmt: skip
