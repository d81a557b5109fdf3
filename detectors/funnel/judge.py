"""What shards tell of their names, and which funnels there are among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

import msgspec

from detectors.base import Key
from detectors.funnel.acts import CHATS, CONTACT, PAYEE, SITE
from detectors.funnel.counting import PRESSED, Funnel, Rules
from detectors.funnel.joining import Table
from detectors.funnel.steps import Steps, named_by, sampled

STABLE_SHARE = 0.8
STABLE_WITHIN = 0.05
REFUND_SHARE = 0.1
LEAST_PLATFORMS = 2
PARTIAL_ACCOUNTS = 3
"""A page and the messenger behind it are a business; two steps say nothing of fewer accounts."""
SEEDS = (PAYEE, CONTACT, SITE)
"""What a funnel is named after, the most telling first."""


class Row(msgspec.Struct, array_like=True):
    """What one shard tells of one name."""

    key: tuple[str, str]
    steps: Steps


def exported(key: Key, steps: Steps, since: float, rules: Rules, secret: bytes) -> Row | None:
    """What is told of a name; nothing where it cannot be part of a funnel.

    A name that more than `public_cap` accounts use belongs to nobody, and one that is only
    advertised, or only its owner's, joins nobody.
    """
    if not _tells(key, steps, rules):  # what is recent cannot tell more, and to know it costs more
        return None
    live = _live(steps, since, secret)
    if not _tells(key, live, rules) or len(named_by(key, live)) > rules.public_cap:
        return None
    return Row((key.type, key.value), live)


def find(rows: Sequence[Row], rules: Rules) -> Iterator[Funnel]:
    """Funnels by name; one whose name is part of one already found is the same."""
    table = Table({Key(*row.key): row.steps for row in rows}, rules)
    covered: set[Key] = set()
    for kind in SEEDS:
        for seed in sorted(key for key in table.steps if key.type == kind):
            if seed in covered:
                continue
            funnel = table.funnel(seed)
            if is_funnel(funnel, rules):
                covered.update(funnel.names)
                yield funnel


def is_funnel(funnel: Funnel, rules: Rules) -> bool:
    """Whether it is more than a shop: two platforms, enough people, no one price, no refunds.

    Where most payers are asked again for more, one platform is enough: no shop does that.
    """
    if funnel.declared:
        return False
    if len(funnel.platforms) < LEAST_PLATFORMS and funnel.pressed < PRESSED:
        return False
    if funnel.complete < rules.least:
        people = funnel.pairs.get(funnel.partial, 0)
        if people < rules.least or len(funnel.accounts) < PARTIAL_ACCOUNTS:
            return False
    refunds = sum(bill.refund for _, bill in funnel.bills)
    if refunds and refunds >= REFUND_SHARE * len(funnel.bills):
        return False
    amounts = [bill.amount for _, bill in funnel.bills if bill.amount]
    if len(amounts) < rules.least:
        return True
    usual = median(amounts)
    stable = sum(abs(amount - usual) <= STABLE_WITHIN * usual for amount in amounts)
    return stable < STABLE_SHARE * len(amounts)


def _tells(key: Key, steps: Steps, rules: Rules) -> bool:
    """Whether a name can be part of a funnel."""
    if key.type == CHATS:
        return len(steps.talks) >= rules.least
    if steps.bills:
        return True
    if key.type == PAYEE:
        return len(steps.owners) > 1
    return bool(steps.owners or steps.writers) and bool(steps.ads.shares)


def _live(steps: Steps, since: float, secret: bytes) -> Steps:
    """A copy without what is older than `since`, and with no more accounts than are kept."""
    ads = {
        account: recent
        for account, days in steps.ads.shares.items()
        if (recent := [share for share in days if share[0] >= since])
    }
    live = Steps(
        owners=_recent(steps.owners, since, secret),
        writers=_recent(steps.writers, since, secret),
        talks={who: talk for who, talk in steps.talks.items() if talk.at >= since},
        declared=steps.declared,
        truncated=steps.truncated,
    )
    live.ads.shares = {account: ads[account] for account in sampled(ads, secret)}
    for person, bills in steps.bills.items():
        if recent_bills := [bill for bill in bills if bill.at >= since]:
            live.bills[person] = recent_bills
    return live


def _recent(
    accounts: Mapping[str, tuple[float, int]], since: float, secret: bytes
) -> dict[str, tuple[float, int]]:
    live = [account for account, (at, _) in accounts.items() if at >= since]
    return {account: accounts[account] for account in sampled(live, secret)}
