"""Gates before a case: the allow-list first, then the snooze list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from abusedesk.core import clock
from cases.choices import GateKind
from cases.models import CaseCampaign, Gate
from detectors.choices import CampaignState
from detectors.models import Campaign, CampaignMember
from detectors.scoring import MIN_ACCOUNTS
from detectors.services.intake import ask_again

ORDER = (GateKind.ALLOW, GateKind.SNOOZE)


@dataclass(frozen=True, slots=True)
class Held:
    """A gate keeps a campaign from a case."""

    kind: GateKind
    accounts: int


def held_by(campaign: Campaign) -> Held | None:
    """The first gate that leaves too few accounts for a campaign."""
    held = 0
    for kind, accounts in _by_kind(campaign):
        held += len(accounts)
        if accounts and campaign.size - held < MIN_ACCOUNTS:
            return Held(kind, held)
    return None


def count_hits(campaign: Campaign) -> int:
    """Every entry that names a member has been hit once more. Returns how many entries."""
    # locked in one order, so that two workers never wait for each other in a ring
    rows = (
        _in_force(campaign)
        .select_for_update(no_key=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return Gate.objects.filter(pk__in=list(rows)).update(hits=F("hits") + 1)


def holds(account: str, hits: int) -> bool:
    """Whether an entry keeps `hits` reports on this account from a case; counts them on it."""
    return bool(in_force().filter(account=account).update(hits=F("hits") + hits))


def in_force() -> QuerySet[Gate]:
    """Entries that have not expired."""
    return Gate.objects.filter(Q(expires_at=None) | Q(expires_at__gt=clock.now()))


def release_expired() -> int:
    """Ask again for campaigns that only an expired gate kept from a case. Returns how many."""
    ended = Gate.objects.filter(expires_at__lte=clock.now())
    if not ended.exists():
        return 0
    named = CampaignMember.objects.filter(
        campaign=OuterRef("pk"), account__in=ended.values("account")
    )
    waiting = Campaign.objects.filter(
        Exists(named),
        ~Exists(CaseCampaign.objects.filter(campaign=OuterRef("pk"))),
        state=CampaignState.OPEN,
        needs_intake=False,
    )
    return ask_again(campaign_ids=[one.pk for one in waiting if held_by(one) is None])


def _by_kind(campaign: Campaign) -> Iterator[tuple[GateKind, set[str]]]:
    """Accounts behind each gate, in the order of the gates; each account counts once."""
    seen: set[str] = set()
    rows = list(_in_force(campaign).values_list("kind", "account"))
    for kind in ORDER:
        accounts = {account for found, account in rows if found == kind} - seen
        seen |= accounts
        yield kind, accounts


def _in_force(campaign: Campaign) -> QuerySet[Gate]:
    accounts = CampaignMember.objects.filter(campaign=campaign).values("account")
    return in_force().filter(account__in=accounts)
