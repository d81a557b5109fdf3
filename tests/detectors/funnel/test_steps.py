"""What is kept of a name is the same for any order, and bounded."""

from __future__ import annotations

from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Key, Signal
from detectors.funnel.acts import Act, Role, acts
from detectors.funnel.steps import MAX_PEOPLE, MAX_PURPOSE, NOBODY, Steps, fold

SECRET = b"secret"
PAYEE = Key("payee", "iban")


def paid(number: int, at: float, person: str, **told: object) -> Signal:
    return Signal(
        id=number,
        at=at,
        platform="bank",
        kind="payment",
        actor=person,
        objects=("payee:iban",),
        attributes=dict(told),
    )


def kept(signals: list[Signal]) -> Steps:
    steps = Steps()
    for one in signals:
        for act in acts(one):
            fold(steps, act, one, SECRET)
    return steps


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 260)), max_size=400),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_keeps_the_same_bills(rows: list[tuple[int, int]], chance: Random) -> None:
    signals = [paid(n, float(at), f"p{who}", amount=at) for n, (at, who) in enumerate(rows)]
    other = list(signals)
    chance.shuffle(other)
    one, two = kept(signals), kept(other)
    assert one.bills == two.bills
    assert len(one.bills) <= MAX_PEOPLE


def test_what_is_received_without_a_payer_is_a_bill_of_nobody() -> None:
    one = Signal(
        id=1,
        at=1.0,
        platform="web",
        kind="payment",
        actor="amora1ia.example",
        attributes={"amount": 29, "currency": "eur", "purpose": " VIP  Pass " + "x" * 90},
    )
    (bill,) = kept([one]).bills[NOBODY]
    assert (bill.account, bill.amount, bill.currency) == ("web:amora1ia.example", 29.0, "eur")
    assert bill.purpose.startswith("vip pass")
    assert len(bill.purpose) <= MAX_PURPOSE


def test_the_first_message_to_a_person_counts_whoever_wrote_it() -> None:
    first = Signal(
        id=1, at=1.0, platform="t", kind="message", actor="bot", objects=("target:p",), text="hi"
    )
    later = msgspec.structs.replace(first, id=2, at=9.0, actor="luna")
    steps, act = Steps(), Act(Key("contact", "x"), Role.WRITES)
    for one in (later, first):
        fold(steps, act, one, SECRET)
    (talk,) = steps.talks.values()
    assert (talk.at, talk.account) == (1.0, "t:bot")
    assert sorted(steps.writers) == ["t:bot", "t:luna"]


def test_who_names_another_payee_declares_nobody_but_its_own_names() -> None:
    one = Signal(
        id=1,
        at=1.0,
        platform="x",
        kind="post",
        actor="shop",
        attributes={"declared_merchant": True},
    )
    steps = Steps()
    fold(steps, Act(Key("site", "a.example"), Role.ADVERTISES), one, SECRET)
    assert not steps.declared
    fold(steps, Act(Key("site", "a.example"), Role.OWNS), one, SECRET)
    assert steps.declared
