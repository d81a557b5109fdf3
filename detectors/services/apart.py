"""Cuts campaigns where a person says that two sides do not belong together, and joins them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from detectors.choices import LinkState
from detectors.fusion import Group
from detectors.models import CampaignMember, CannotLink
from detectors.services import faded, fusion

MAX_SIDE = 3_000
"""Accounts of one side: as many as the fusion scores together."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a cut would leave: groups among the members, and members that no group holds."""

    groups: list[Group]
    loose: list[str]


def parts_without(*, campaign_id: int, left: Collection[str], right: Collection[str]) -> Parts:
    """How the campaign would fall apart; nothing is changed. Raises InvalidError."""
    _check(left, right)
    rows = CampaignMember.objects.filter(campaign=campaign_id)
    members = set(rows.values_list("account", flat=True))
    groups = [
        group
        for group in fusion.groups_with(accounts=members, cut=(left, right))
        if members.intersection(group.members)
    ]
    held = {name for group in groups for name in group.members}
    return Parts(groups, sorted(members - held))


@transaction.atomic
def part(*, actor: User, left: Collection[str], right: Collection[str], reason: str) -> CannotLink:
    """From now on no pair between the two sides is kept; campaigns around them are made anew."""
    _check(left, right)
    fusion.wait_alone()
    link = CannotLink.objects.create(
        left=sorted(left),
        right=sorted(right),
        reason=reason,
        state=LinkState.STANDING,
        at_s=fusion.place(),
        made_by=actor,
    )
    faded.let_go(cut=link)
    _refresh(link)
    return link


@transaction.atomic
def rejoin(*, link: CannotLink) -> CannotLink:
    """Take a cut back. Raises ConflictError for one that is not in force."""
    fusion.wait_alone()
    link = CannotLink.objects.select_for_update(no_key=True).get(pk=link.pk)
    if link.state != LinkState.STANDING:
        message = "This cut is not in force."
        raise ConflictError(message)
    link.state, link.ended_s = LinkState.ENDED, fusion.place()
    link.save(update_fields=["state", "ended_s"])
    faded.take_back(cut=link)
    _refresh(link)
    return link


def _refresh(link: CannotLink) -> None:
    """It is a person's word, so campaigns that people work on move too."""
    accounts = {*link.left, *link.right}
    rows = CampaignMember.objects.filter(account__in=accounts)
    fusion.refresh(accounts=accounts, freed=set(rows.values_list("campaign", flat=True)))


def _check(left: Collection[str], right: Collection[str]) -> None:
    if not left or not right or len(left) > MAX_SIDE or len(right) > MAX_SIDE:
        message = f"Name 1 to {MAX_SIDE:,} accounts on each side of a cut."
        raise InvalidError(message, field="left")
    if set(left).intersection(right):
        message = "No account can be on both sides of a cut."
        raise InvalidError(message, field="right")
