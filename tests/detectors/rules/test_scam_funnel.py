"""D18: adverts, chats and payments that belong together; shops, tutors and friends do not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import demo
from detectors.base import DAY_S, HOUR_S, MINUTE_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import Event, Runner, Ticked, run_all, tick_drafts
from detectors.funnel.steps import MAX_BILLS_EACH, MAX_PEOPLE, Steps, hidden
from detectors.rules.scam_funnel import ScamFunnel, ScamFunnelParams
from tests.harness import T0, largest_state, run

RULE = ScamFunnel(b"secret")
DEFAULTS = ScamFunnelParams()
WALLET = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
FEES = ((29, "VIP fee"), (89, "deposit"))


class Story:
    """Signals in the order they are told; `at` is in hours."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []

    def add(self, at: float, platform: str, kind: str, actor: str, **more: Any) -> None:
        moment = T0 + at * HOUR_S
        self.signals.append(
            Signal(
                id=len(self.signals) + 1,
                at=moment,
                platform=platform,
                kind=kind,
                actor=actor,
                **more,
            )
        )

    def advert(self, at: float, actor: str, text: str, platform: str = "facebook") -> None:
        self.add(at, platform, "post", actor, text=text)

    def chat(
        self, at: float, actor: str, person: str, text: str = "Hello dear", **more: Any
    ) -> None:
        where = more.pop("platform", "telegram")
        objects = (f"target:{person}", *more.pop("objects", ()))
        self.add(at, where, "message", actor, text=text, objects=objects, **more)

    def pay(self, at: float, person: str, payee: str, amount: object, **told: Any) -> None:
        attributes = {"amount": amount, "currency": "EUR", **told}
        self.add(at, "bank", "payment", person, objects=(f"payee:{payee}",), attributes=attributes)

    def in_order(self) -> list[Signal]:
        return sorted(self.signals, key=lambda one: (one.at, one.id))


def scam(people: int = 5, fees: Sequence[tuple[object, str]] = FEES, **told: Any) -> Story:
    """Two pages name a Telegram account, it writes to people, and they pay two payees."""
    story = Story()
    for n, page in enumerate(("page1", "page2", "page1", "page2")):
        story.advert(24.0 * (n // 2) + n, page, "Lonely? Write to https://t.me/luna_vip now")
    for n in range(people):
        story.chat(30 + n, "luna_vip", f"person{n}")
        for step, (amount, purpose) in enumerate(fees):
            at = 40 + n + 24 * step
            story.pay(at, f"person{n}", f"iban{n % 2}", amount, purpose=purpose, **told)
    return story


def find(signals: Sequence[Signal], of: int = 1, **params: Any) -> list[FindingDraft]:
    """What holds at the last tick."""
    found = run_all(RULE, ScamFunnelParams(**params), signals, of=of)
    end = max(signal.at for signal in signals)
    return [one.draft for one in found if one.at == end]


def only(signals: Sequence[Signal], **params: Any) -> FindingDraft:
    (draft,) = find(signals, **params)
    return draft


def test_adverts_chats_and_rising_payments_are_one_funnel() -> None:
    draft = only(scam(6).in_order())
    assert draft.subjects == ("facebook:page1", "facebook:page2", "telegram:luna_vip")
    assert draft.sentence == (
        "4 adverts on facebook -> 6 chats on telegram -> 12 payment requests (vip fee, then"
        " deposit) to 2 payees, 3 d; 6 people went through all steps in order"
    )
    assert (draft.tier, draft.llr, draft.score) == (Tier.OPENING, 4.0, 6.0)
    assert ScamFunnel.meta.family is Family.BEHAVIOUR
    assert [(one.name, one.value, one.limit, one.met) for one in draft.conditions] == [
        ("complete funnels", 6, 3, True),
        ("platforms", 3, 2, True),
        ("asked again for as much or more", 1.0, 0.3333, True),
    ]
    assert draft.anchor == Key("payee", "iban0")
    assert draft.values["amounts"] == [29.0, 89.0]
    assert draft.signal_ids == tuple(range(1, 23))


def test_nobody_who_was_written_to_or_paid_is_named() -> None:
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, scam().in_order(), states=states)
    kept = msgspec.json.encode([*states.items()])
    assert b"person" not in kept
    assert hidden("person1", b"secret").encode() in kept
    assert hidden("person1", b"secret") != hidden("person1", b"other")
    assert "person" not in repr(only(scam().in_order()))


@pytest.mark.parametrize(
    "advert",
    [
        "Telegram: @luna_vip",
        "write me https://telegram.me/Luna_VIP?start=7",
        "hxxps://t[.]me/luna_vip",
        "t.me/luna_vip",
    ],
)
def test_every_spelling_of_a_contact_leads_to_the_account_behind_it(advert: str) -> None:
    story = scam()
    story.signals[:4] = []
    for n in range(2):
        story.advert(n, f"page{n}", advert)
    assert only(story.in_order()).subjects[-1] == "telegram:luna_vip"


def test_a_number_that_is_advertised_is_the_account_of_that_number() -> None:
    story = Story()
    for n in range(2):
        story.advert(n, f"page{n}", "Earn at home, https://wa.me/4915112345678?text=hi")
    for n in range(3):
        story.chat(5 + n, "4915112345678", f"p{n}", platform="whatsapp")
        for step in range(2):
            story.chat(
                20 + n + 9 * step,
                "4915112345678",
                f"p{n}",
                f"Send to {WALLET}",
                platform="whatsapp",
            )
    draft = only(story.in_order())
    assert draft.anchor == Key("payee", f"btc:{WALLET}")
    assert "6 payment requests to 1 payee" in draft.sentence
    assert draft.tier is Tier.OPENING


def test_an_invite_link_joins_the_advert_and_the_chats_that_repeat_it() -> None:
    story = Story()
    for n in range(2):
        story.advert(n, f"page{n}", "Join https://chat.whatsapp.com/AbCdEfGhIjKlMnOp")
    for n in range(4):
        text = "here is our group https://chat.whatsapp.com/AbCdEfGhIjKlMnOp"
        story.chat(5 + n, f"helper{n}", f"p{n}", text)
        story.chat(20 + n, f"helper{n}", f"p{n}", f"deposit to {WALLET}")
        story.chat(40 + n, f"helper{n}", f"p{n}", f"still waiting: {WALLET}")
    draft = only(story.in_order())
    assert [name for name in draft.subjects if "helper" in name] == [
        f"telegram:helper{n}" for n in range(4)
    ]


def test_a_site_that_collects_joins_its_adverts_and_its_chatters() -> None:
    """The advert names the site, the chat names nothing; a chatter once paid with its card."""
    story = Story()
    card = {"payment": "payee-of-the-site"}
    story.add(0, "web", "site", "amora1ia.example", raw_urls=("https://amora1ia.example/w/",))
    for n in range(3):
        story.advert(1 + n, f"page{n}", "Say hello https://amora1ia.example/w/hello.php?id=7")
    story.add(2, "telegram", "payment", "luna", identifier_map=card)
    for n in range(5):
        story.chat(10 + n, "luna", f"p{n}")
        story.chat(10 + n, "bot", f"p{n}")
        for step, (amount, purpose) in enumerate(FEES):
            told = {"amount": amount, "purpose": purpose}
            story.add(
                20 + n + 9 * step,
                "web",
                "payment",
                "amora1ia.example",
                identifier_map=card,
                attributes=told,
            )
    draft = only(story.in_order())
    assert draft.anchor == Key("payee", "payee-of-the-site")
    assert {"telegram:luna", "telegram:bot", "web:amora1ia.example"} <= set(draft.subjects)
    assert draft.values["complete"] == 5
    assert draft.llr == 4.0


def test_whoever_only_posted_the_sites_address_is_linked_by_half() -> None:
    story = scam()
    story.add(0, "web", "site", "amora1ia.example")
    story.advert(1, "fan", "look https://amora1ia.example/")
    story.chat(29, "luna_vip", "person0", "our page https://amora1ia.example/")
    draft = only(story.in_order())
    fan = draft.subjects.index("facebook:fan")
    weights = {llr for a, b, llr in draft.links if fan in {a, b}}
    assert weights == {2.0}
    assert {llr for a, b, llr in draft.links if fan not in {a, b}} == {4.0}


# What looks like it and is none.


def test_a_declared_merchant_is_no_funnel() -> None:
    """The payments say so; or the account that writes does."""
    assert find(scam(declared_merchant=True).in_order()) == []
    story = scam()
    story.chat(29, "luna_vip", "person0", attributes={"declared_merchant": True})
    assert find(story.in_order()) == []


def test_a_merchant_whose_customers_are_written_to_does_not_hide_a_funnel() -> None:
    story = scam()
    for n in range(5):
        merchant = {"declared_merchant": True}
        story.chat(29 + n, "honest_shop", f"person{n}", attributes=merchant)
    draft = only(story.in_order())
    assert draft.llr == 4.0
    assert "telegram:honest_shop" not in draft.subjects


def test_a_tutor_with_one_price_is_no_funnel_however_often_people_pay() -> None:
    lessons = ((25, "lesson"), (25, "lesson"), (25, "lesson"))
    assert find(scam(8, fees=lessons).in_order()) == []


def test_a_ticket_seller_who_refunds_is_no_funnel() -> None:
    story = scam(8)
    story.pay(90, "person1", "iban1", -29, purpose="VIP fee")
    story.pay(91, "person3", "iban1", 89, purpose="deposit", refund=True)
    assert find(story.in_order()) == []


def test_a_shop_where_everybody_pays_once_only_supports() -> None:
    """Prices differ and nobody is asked twice: pressure is what makes the difference."""
    story = scam(0)
    for n in range(8):
        story.chat(30 + n, "luna_vip", f"person{n}")
        story.pay(40 + n, f"person{n}", "iban", 12 + 7 * n, purpose="order")
    draft = only(story.in_order())
    assert (draft.tier, draft.llr) == (Tier.SUPPORTING, 2.5)
    assert not draft.conditions[2].met


def test_two_people_are_too_few() -> None:
    assert find(scam(2).in_order()) == []
    assert find(scam(2).in_order(), min_funnels=2) != []


def test_steps_in_the_wrong_order_are_no_funnel() -> None:
    """They paid first and were written to afterwards: a delivery service."""
    story = Story()
    for n in range(6):
        story.pay(n, f"person{n}", "iban", 10 + 9 * n)
        story.chat(30 + n, "luna_vip", f"person{n}")
        story.advert(60 + n, f"page{n % 2}", "Write to https://t.me/luna_vip")
    assert find(story.in_order()) == []


@pytest.mark.parametrize(
    ("params", "complete"),
    [({}, 5), ({"ping_zing_h": 6}, 4), ({"zing_sting_d": 1}, 5), ({"ping_zing_h": 1}, 0)],
)
def test_steps_too_far_apart_are_not_one_persons_way(params: dict[str, int], complete: int) -> None:
    """The last advert is at 27 h, the chats are at 30 h, 31 h ..., the payments 10 h later."""
    drafts = find(scam().in_order(), **params)
    assert [draft.values["complete"] for draft in drafts] == [complete]


def test_a_page_and_its_messenger_without_payments_are_a_business() -> None:
    story = Story()
    for n in range(6):
        story.advert(n, "bakery", "Order cakes: https://t.me/bakery_cakes")
        story.chat(7 + n, "bakery_cakes", f"customer{n}")
    assert find(story.in_order()) == []


def test_two_of_three_steps_only_support() -> None:
    story = Story()
    for n in range(6):
        story.advert(n, f"page{n % 3}", "Rich in a week: https://t.me/luna_vip")
        story.chat(7 + n, "luna_vip", f"person{n}")
    draft = only(story.in_order())
    assert (draft.tier, draft.llr, draft.flags) == (Tier.SUPPORTING, 1.0, ("two-of-three",))
    assert draft.sentence.endswith("6 people went through advert and chat in order")


def test_on_one_platform_only_what_is_asked_again_counts_and_it_only_supports() -> None:
    def here(story: Story) -> list[Signal]:
        return [msgspec.structs.replace(one, platform="telegram") for one in story.in_order()]

    draft = only(here(scam()))
    assert (draft.tier, draft.llr) == (Tier.SUPPORTING, 2.5)
    assert find(here(scam(fees=FEES[:1]))) == []


def test_who_names_the_one_who_pays_is_paid() -> None:
    story = Story()
    for n in range(9):
        story.chat(1 + n, f"writer{n % 3}", f"person{n}")
        for step, amount in enumerate((90, 250)):
            story.add(
                10 + n + 5 * step, "telegram", "payment", f"writer{n % 3}",
                objects=(f"payer:person{n}",), identifier_map={"payment": "iban0"},
                attributes={"amount": amount},
            )  # fmt: skip
    draft = only(story.in_order())
    assert draft.subjects == tuple(f"telegram:writer{n}" for n in range(3))
    assert (draft.tier, draft.flags) == (Tier.SUPPORTING, ("two-of-three",))


def on_one_platform(story: Story) -> list[Signal]:
    return [msgspec.structs.replace(one, platform="telegram") for one in story.in_order()]


def test_on_one_platform_a_third_of_the_payers_must_be_asked_again() -> None:
    """Some buy twice in every shop; a third of all do not."""

    def told(again: int) -> list[FindingDraft]:
        story = scam(9, fees=FEES[:1])
        for n in range(again):
            story.pay(90 + n, f"person{n}", f"iban{n % 2}", 89, purpose="deposit")
        return find(on_one_platform(story))

    assert told(2) == []
    (draft,) = told(3)
    assert draft.tier == Tier.SUPPORTING


def test_who_is_asked_again_for_less_was_not_pressed() -> None:
    """Two prices, so that no single one explains it; the second is the smaller one."""
    falling = ((89, "course"), (29, "book"))
    assert find(on_one_platform(scam(6, fees=falling))) == []
    (draft,) = find(scam(6, fees=falling).in_order())
    assert draft.tier == Tier.SUPPORTING, "over two platforms it is still told, and opens nothing"


def test_friends_who_chat_and_pay_for_their_own_subscriptions_are_no_funnel() -> None:
    story = Story()
    for n in range(8):
        story.advert(n, f"reader{n % 4}", "nice https://small-blog.example/cake")
        story.chat(9 + n, "anna", f"friend{n}", "look https://small-blog.example/cake")
        told = {"amount": 5 + 3 * n, "purpose": f"subscription {n}"}
        story.add(
            30 + n,
            "shop",
            "payment",
            "anna",
            identifier_map={"payment": "card-anna"},
            attributes=told,
        )
    assert find(story.in_order()) == []


def test_a_payee_of_many_accounts_is_a_payment_provider() -> None:
    story = Story()
    for n in range(60):
        story.advert(n / 10, f"page{n}", f"write to https://t.me/seller_{n}")
        story.chat(10 + n / 10, f"seller_{n}", f"person{n}", f"pay here {WALLET}")
        story.chat(20 + n / 10, f"seller_{n}", f"person{n}", f"pay here {WALLET} now")
    assert find(story.in_order()) == []
    assert find(story.in_order(), public_cap=200) != []


def test_a_name_without_the_name_of_a_messenger_is_a_mention() -> None:
    story = scam()
    story.signals[:4] = []
    for n in range(4):
        story.advert(n, f"page{n % 2}", "thanks to @luna_vip for the picture")
    assert find(story.in_order()) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_money_operations_of_the_demo_world_are_found_and_nothing_else(seed: int) -> None:
    end = datetime(2026, 9, 26, tzinfo=UTC)
    signals = [
        Signal(
            id=number,
            at=one.occurred_at.timestamp(),
            platform=one.platform,
            kind=one.kind.value,
            actor=one.actor,
            text=one.text,
            raw_urls=one.urls,
            objects=one.objects,
            identifier_map=one.identifiers,
            attributes=one.attributes,
        )
        for number, one in enumerate(demo.world(seed=seed, end=end, background=1_500), 1)
    ]
    crews = demo.truth(seed=seed, end=end)
    told: dict[str, float] = {}
    for draft in find(signals):
        (name,) = {name for name, crew in crews.items() if set(draft.subjects) & crew}
        assert set(draft.subjects) <= crews[name]
        told[name] = max(told.get(name, 0.0), draft.llr)
    assert told == {"date-bait": 4.0, "false-witness": 2.5}


# Hostile input, bounds, replay.


@pytest.mark.parametrize(
    "attributes",
    [
        {"amount": "29"},
        {"amount": [29]},
        {"amount": True},
        {"amount": float("nan")},
        {"amount": 10**400},
        {"currency": {"a": 1}, "purpose": ["x"]},
        {"purpose": "x" * 9_000, "currency": "y" * 9_000},
        {"declared_merchant": "true", "refund": "yes", "direction": "in"},
    ],
)
def test_attributes_of_other_types_are_unknown(attributes: dict[str, Any]) -> None:
    story = scam(4, fees=())
    for n in range(4):
        for step in range(2):
            at = 40 + n + 24 * step
            objects = ("payee:iban",)
            story.add(at, "bank", "payment", f"person{n}", objects=objects, attributes=attributes)
    draft = only(story.in_order())
    assert draft.values["amounts"] == []
    assert len(draft.sentence) < 300


def test_hostile_texts_and_objects_are_bounded() -> None:
    story = Story()
    links = " ".join(f"https://site-{n}.example/a" for n in range(2_000))
    story.advert(0, "page", links)
    story.advert(0, "page", "@" * 60_000)
    story.add(
        1, "x", "message", "u", text="\ud800", objects=("target:", ":", "target:u", "x" * 500)
    )
    story.chat(1, "u", "\ud800", "telegram " + "@a_b " * 9_000)
    story.add(2, "web", "payment", "-.-", objects=("wallet:",) * 100)
    for signal in story.signals:
        assert len(list(RULE.keys(signal, DEFAULTS))) <= 20
    find(story.in_order())


def test_who_has_no_account_does_nothing() -> None:
    story = Story()
    story.chat(1, "", "person", WALLET)
    assert list(RULE.keys(story.signals[0], DEFAULTS)) == []


def test_a_message_to_oneself_is_no_chat() -> None:
    story = Story()
    story.chat(1, "u", "u")
    story.chat(1, "u", "telegram:u")
    assert [key for one in story.signals for key in RULE.keys(one, DEFAULTS)] == []


def test_the_state_of_a_name_is_bounded() -> None:
    story = Story()
    for n in range(1_500):
        story.advert(n / 100, f"page{n}", "https://t.me/luna_vip")
        story.chat(n / 100, "luna_vip", f"person{n}", f"to {WALLET}")
        story.pay(n / 100, f"payer{n}", "iban", n)
        story.pay(n / 100, "payer", "iban", n)
    states: dict[Key, Steps] = {}
    run(RULE, DEFAULTS, story.in_order(), states=states)
    assert largest_state(states) < 60_000
    iban = states[Key("payee", "iban")]
    assert iban.truncated
    assert len(iban.bills) == MAX_PEOPLE
    assert max(map(len, iban.bills.values())) <= MAX_BILLS_EACH
    assert len(states[Key("contact", "luna_vip")].ads.shares) <= 500


def test_the_same_act_under_another_id_changes_no_number() -> None:
    signals = scam(5).in_order()
    again = [msgspec.structs.replace(one, id=one.id + 1_000) for one in signals]
    twice = sorted([*signals, *again], key=lambda one: (one.at, one.id))
    one, two = only(signals), only(twice)
    assert (one.values, one.sentence, one.signal_ids) == (two.values, two.sentence, two.signal_ids)


def test_a_funnel_lapses_when_its_windows_are_over() -> None:
    story = scam()
    story.add(24 * 60, "x", "post", "somebody", text="https://elsewhere.example/")
    found = run_all(RULE, DEFAULTS, story.in_order())
    assert found
    assert max(one.at for one in found) < T0 + 60 * DAY_S


def _told(signals: Sequence[Signal], of: int, cut: int) -> list[tuple[float, FindingDraft]]:
    """All ticks of `of` shards, each restarted at `cut`."""
    told: list[list[Event]] = []
    for shard in range(of):
        first = Runner(RULE, DEFAULTS, shard=shard, of=of)
        events = first.feed(signals[:cut])
        second = Runner(RULE, DEFAULTS, shard=shard, of=of)
        second.load(first.clock, first.dump())
        told.append(events + second.feed(signals[cut:]) + second.finish())
    found: list[tuple[float, FindingDraft]] = []
    for shards in zip(*told, strict=True):
        parts = [one.part for one in shards if isinstance(one, Ticked)]
        assert len(parts) == of
        found += [
            (shards[0].at, draft) for draft in tick_drafts(RULE, DEFAULTS, shards[0].at, parts)
        ]
    return found


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(0, 40), of=st.sampled_from([1, 4]))
def test_any_batches_and_shards_give_the_same_findings(cut: int, of: int) -> None:
    signals = scam(6).in_order()
    whole = run_all(RULE, DEFAULTS, signals)
    expected = [(one.at, one.draft) for one in whole]
    assert _told(signals, of, cut) == expected


@settings(max_examples=25, deadline=None)
@given(chance=st.randoms(use_true_random=False), most=st.sampled_from([MINUTE_S, HOUR_S, DAY_S]))
def test_any_order_of_arrival_gives_the_same_findings_at_the_last_tick(
    chance: Random, most: int
) -> None:
    signals = scam(6).in_order()
    end = msgspec.structs.replace(
        signals[0], id=999, at=signals[-1].at + 2 * DAY_S, text="", kind="post"
    )
    came = sorted(signals, key=lambda one: (one.at + chance.randint(0, most), one.id))
    assert find([*came, end]) == find([*signals, end])
