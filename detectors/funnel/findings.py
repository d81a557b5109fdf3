"""What is said about a funnel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from detectors.base import Condition, FindingDraft, Tier
from detectors.emission import NEIGHBOURS, Link, counted, lasting, neighbour_links
from detectors.funnel.counting import CHAT_AND_PAYMENT, PRESSED, Funnel, Rules
from detectors.funnel.judge import LEAST_PLATFORMS

FULL_LLR = 4.0
PLAIN_LLR = 2.5
PARTIAL_LLR = 1.0
SOFT_SHARE = 0.5
"""Of the weight of a link to an account that did nothing but post the address of the site."""
MAX_CITED = 600
"""Signals of each step that are cited, the newest."""
PURPOSES = 3
PLATFORMS = 3


def draft(funnel: Funnel, rules: Rules, constants: Mapping[str, Any]) -> FindingDraft:
    """One funnel as a finding: opening when enough people were pressed to the end of it.

    On one platform, and without the advert, it supports only.
    """
    accounts = funnel.accounts
    complete = funnel.complete >= rules.least
    pressed = funnel.pressed >= PRESSED
    opens = complete and pressed and len(funnel.platforms) >= LEAST_PLATFORMS
    paid = complete or (pressed and funnel.partial == CHAT_AND_PAYMENT)
    llr = FULL_LLR if opens else PLAIN_LLR if paid else PARTIAL_LLR
    cited = _cited(funnel)
    moments = [at for at, _, _ in cited]
    flags = [*([] if complete else ["two-of-three"]), *(["truncated"] if funnel.truncated else [])]
    return FindingDraft(
        anchor=funnel.seed,
        subjects=tuple(accounts),
        signal_ids=tuple(sorted({id_ for _, id_, _ in cited})),
        llr=llr,
        links=_links(funnel, accounts, llr),
        score=float(funnel.complete if complete else funnel.pairs[funnel.partial]),
        sentence=_sentence(funnel, rules, max(moments) - min(moments)),
        first_at=min(moments),
        last_at=max(moments),
        tier=Tier.OPENING if opens else Tier.SUPPORTING,
        values=_values(funnel),
        constants=constants,
        conditions=_conditions(funnel, rules),
        flags=tuple(flags),
    )


def _cited(funnel: Funnel) -> list[tuple[float, int, str]]:
    talks = sorted((talk.at, talk.signal_id, "chat") for talk in funnel.talks.values())
    bills = [(bill.at, bill.signal_id, "bill") for _, bill in funnel.bills]
    return [one for step in (funnel.ads, talks, bills) for one in step[-MAX_CITED:]]


def _links(funnel: Funnel, accounts: list[str], llr: float) -> tuple[Link, ...]:
    """All pairs with the whole weight, but for those who only posted the site's address."""
    soft = {place for place, account in enumerate(accounts) if _is_soft(funnel, account)}
    if not soft and len(accounts) <= 2 * NEIGHBOURS + 1:
        return ()
    ring = sorted(range(len(accounts)), key=lambda place: (place in soft, place))
    return neighbour_links(
        ring, lambda a, b: round(llr * (SOFT_SHARE if soft & {a, b} else 1.0), 4)
    )


def _is_soft(funnel: Funnel, account: str) -> bool:
    return account in funnel.soft and account not in funnel.owners


def _sentence(funnel: Funnel, rules: Rules, seconds: float) -> str:
    steps = []
    if funnel.ads:
        places = _places(account for _, _, account in funnel.ads)
        steps.append(f"{counted(len(funnel.ads), 'advert')} on {places}")
    if funnel.talks:
        places = _places(talk.account for talk in funnel.talks.values())
        steps.append(f"{counted(len(funnel.talks), 'chat')} on {places}")
    if funnel.bills:
        paid = counted(len(funnel.bills), "payment request")
        steps.append(f"{paid}{_purposes(funnel)} to {counted(funnel.payees, 'payee')}")
    return f"{' -> '.join(steps)}, {lasting(seconds)}; {_reached(funnel, rules)}"


def _reached(funnel: Funnel, rules: Rules) -> str:
    """What the people went through: the number that is judged."""
    if funnel.complete >= rules.least:
        return f"{_people(funnel.complete)} went through all steps in order"
    return f"{_people(funnel.pairs[funnel.partial])} went through {funnel.partial} in order"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _places(accounts: Iterable[str]) -> str:
    names = sorted({account.partition(":")[0] for account in accounts})
    more = f" and {len(names) - PLATFORMS} more" if len(names) > PLATFORMS else ""
    return ", ".join(names[:PLATFORMS]) + more


def _purposes(funnel: Funnel) -> str:
    """What the money was said to be for, in order of time."""
    told = dict.fromkeys(bill.purpose for _, bill in funnel.bills if bill.purpose)
    return f" ({', then '.join([*told][:PURPOSES])})" if told else ""


def _values(funnel: Funnel) -> dict[str, Any]:
    amounts = [bill.amount for _, bill in funnel.bills if bill.amount]
    return {
        "adverts": len(funnel.ads),
        "chats": len(funnel.talks),
        "requests": len(funnel.bills),
        "complete": funnel.complete,
        "pairs": dict(sorted(funnel.pairs.items())),
        "asked_again": round(funnel.pressed, 4),
        "amounts": [min(amounts), max(amounts)] if amounts else [],
        "names": [f"{key.type} {key.value}" for key in funnel.names if key.type != "chats"],
        "platforms": sorted(funnel.platforms),
    }


def _conditions(funnel: Funnel, rules: Rules) -> tuple[Condition, ...]:
    complete, places = funnel.complete, len(funnel.platforms)
    again = round(funnel.pressed, 4)
    return (
        Condition(
            "complete funnels", complete, ">=", rules.least, "people", complete >= rules.least
        ),
        Condition("platforms", places, ">=", LEAST_PLATFORMS, "platforms", met=True),
        Condition(
            "asked again for as much or more",
            again,
            ">=",
            round(PRESSED, 4),
            "share of payers",
            funnel.pressed >= PRESSED,
        ),
    )
