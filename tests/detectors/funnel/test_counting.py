"""How many people went through, and who was pressed: by people, and by bills of nobody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Key
from detectors.funnel.counting import Funnel, Rules, count
from detectors.funnel.steps import NOBODY, Bill, Talk

RULES = Rules(72.0 * HOUR_S, 14.0 * DAY_S, 3, 50)


def bill(at: float, amount: float = 0.0, purpose: str = "", *, refund: bool = False) -> Bill:
    return Bill(at, int(at), "bank", "", amount, "EUR", purpose, refund)


def funnel(
    ads: list[float], talks: dict[str, float], bills: list[tuple[str, Bill]], kind: str = "payee"
) -> Funnel:
    one = Funnel(
        Key(kind, "x"),
        [],
        ads=[(at, 1, "x:page") for at in sorted(ads)],
        talks={who: Talk(at, 2, "t:luna") for who, at in talks.items()},
        bills=sorted(bills, key=lambda pair: (pair[1], pair[0])),
    )
    count(one, RULES)
    return one


def test_a_person_is_lured_written_to_and_charged_in_that_order() -> None:
    talks = {"a": 10.0, "b": 10.0, "c": 2.0}
    one = funnel([5.0], talks, [("a", bill(20)), ("b", bill(9)), ("c", bill(30))])
    assert one.complete == 1
    assert one.pairs == {"advert and chat": 2, "chat and payment": 2, "advert and payment": 3}


def test_windows_are_inclusive_at_their_far_end() -> None:
    near = funnel([0.0], {"a": 72.0 * HOUR_S}, [("a", bill(72.0 * HOUR_S + 14 * DAY_S))])
    far = funnel([0.0], {"a": 72.0 * HOUR_S + 1}, [])
    assert (near.complete, far.pairs["advert and chat"]) == (1, 0)


def test_a_bill_of_nobody_takes_one_person() -> None:
    talks = {"a": 10.0, "b": 11.0}
    bills = [(NOBODY, bill(20 + n, purpose="fee")) for n in range(5)]
    assert funnel([5.0], talks, bills).complete == 2


def test_of_several_purposes_only_the_commonest_counts() -> None:
    talks = dict.fromkeys("abcdef", 10.0)
    bills = [(NOBODY, bill(20 + n, 29, "fee")) for n in range(3)]
    bills += [(NOBODY, bill(30 + n, 89, "deposit")) for n in range(2)]
    assert funnel([5.0], talks, bills).complete == 3


def test_who_is_asked_again_for_as_much_is_pressed() -> None:
    bills = [("a", bill(1, 10)), ("a", bill(2, 10)), ("b", bill(1, 10)), ("c", bill(1, 10))]
    assert funnel([], {}, bills).pressed == 1 / 3
    cheaper = [("a", bill(1, 10)), ("a", bill(2, 5))]
    assert funnel([], {}, cheaper).pressed == 0.0


def test_a_refund_presses_nobody() -> None:
    bills = [("a", bill(1, 10)), ("a", bill(2, 10, refund=True))]
    assert funnel([], {}, bills).pressed == 0.0


def test_a_second_dearer_purpose_presses_the_same_people() -> None:
    bills = [(NOBODY, bill(n, 29, "fee")) for n in range(6)]
    bills += [(NOBODY, bill(10 + n, 89, "deposit")) for n in range(3)]
    assert funnel([], {}, bills).pressed == 0.5
    assert funnel([], {}, bills[:-1]).pressed == 0.0  # two are an expense of the payee


def test_a_second_purpose_at_the_same_price_presses_nobody() -> None:
    bills = [(NOBODY, bill(n, 29, "shirt")) for n in range(6)]
    bills += [(NOBODY, bill(10 + n, 30, "trousers")) for n in range(6)]
    assert funnel([], {}, bills).pressed == 0.0


def test_two_steps_count_by_what_the_funnel_is_named_after() -> None:
    talks = dict.fromkeys("abcd", 10.0)
    assert funnel([5.0], talks, [], "contact").partial == "advert and chat"
    assert funnel([5.0], talks, [], "payee").partial == "chat and payment"


@given(
    ads=st.lists(st.integers(0, 50), max_size=5),
    talks=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 50)),
    bills=st.lists(st.tuples(st.sampled_from(["", *"abcdefgh"]), st.integers(0, 50)), max_size=20),
)
def test_nobody_goes_through_more_steps_than_there_are(
    ads: list[int], talks: dict[str, int], bills: list[tuple[str, int]]
) -> None:
    told = [(who, bill(float(at), 1.0)) for who, at in bills]
    one = funnel([*map(float, ads)], {who: float(at) for who, at in talks.items()}, told)
    assert one.complete <= min(one.pairs["advert and chat"], one.pairs["chat and payment"])
    assert one.pairs["advert and chat"] <= len(talks)
    assert one.complete <= len(bills)
    assert 0.0 <= one.pressed <= 1.0
    if not ads:
        assert one.complete == 0
