"""What each kind of signal does in a funnel, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.base import Key, Signal
from detectors.funnel.acts import MAX_NAMES, Act, Role, acts, is_declared, person
from detectors.schema import ActorProfile

WALLET = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
LUNA = Key("contact", "luna_vip")
SITE = Key("site", "amora1ia.example")
CHATS = Key("chats", "telegram:luna_vip")


def signal(kind: str, actor: str = "luna_vip", platform: str = "telegram", **more: Any) -> Signal:
    return Signal(id=1, at=1.0, platform=platform, kind=kind, actor=actor, **more)


def roles(one: Signal) -> set[tuple[Key, Role]]:
    found = acts(one)
    assert len(found) == len(set(found))
    return {(act.key, act.role) for act in found}


@pytest.mark.parametrize("kind", ["post", "reply"])
def test_a_post_advertises_what_it_names(kind: str) -> None:
    text = "see https://amora1ia.example/w and https://t.me/luna_vip, +49 151 12345678"
    assert roles(signal(kind, "page", "facebook", text=text)) == {
        (SITE, Role.ADVERTISES),
        (LUNA, Role.ADVERTISES),
        (Key("contact", "+4915112345678"), Role.ADVERTISES),
    }


def test_a_post_that_names_nothing_does_nothing() -> None:
    assert acts(signal("post", text="what a day")) == ()
    assert acts(signal("post")) == ()


def test_a_listed_link_counts_as_one_in_the_text() -> None:
    assert roles(signal("post", raw_urls=("https://amora1ia.example/w",))) == {
        (SITE, Role.ADVERTISES)
    }


def test_a_bare_domain_is_a_site_and_a_mail_address_a_contact() -> None:
    assert roles(signal("post", text="amora1ia.com or luna@amora1ia.example")) == {
        (Key("site", "amora1ia.com"), Role.ADVERTISES),
        (Key("contact", "luna@amora1ia.example"), Role.ADVERTISES),
    }


def test_a_wallet_in_a_post_is_a_donation_box() -> None:
    assert acts(signal("post", text=f"support the club: {WALLET}")) == ()


def test_a_site_owns_its_domain_and_is_its_own_advert() -> None:
    one = signal("site", "www.amora1ia.example", "web", raw_urls=("https://amora1ia.example/",))
    assert roles(one) == {(SITE, Role.OWNS), (SITE, Role.ADVERTISES)}


def test_a_message_to_a_person_writes_under_every_name_it_has() -> None:
    one = signal("message", text="here: https://amora1ia.example/w", objects=("target:p",))
    assert roles(one) == {
        (CHATS, Role.WRITES),
        (LUNA, Role.OWNS),
        (LUNA, Role.WRITES),
        (SITE, Role.WRITES),
    }


def test_a_message_to_nobody_in_particular_is_an_advert() -> None:
    one = signal("message", text="here: https://amora1ia.example/w")
    assert roles(one) == {(SITE, Role.ADVERTISES)}


def test_a_mail_is_a_message() -> None:
    one = signal("mail", "a@post.example", "email", objects=("target:p",))
    assert (Key("chats", "email:a@post.example"), Role.WRITES) in roles(one)
    assert (Key("contact", "a@post.example"), Role.OWNS) in roles(one)


@pytest.mark.parametrize(
    "more",
    [
        {"text": f"send it to {WALLET}"},
        {"text": "send it", "objects": ("target:p", f"wallet:{WALLET}")},
        {"text": "send it", "objects": (f"wallet:btc:{WALLET}", "target:p")},
    ],
)
def test_a_message_with_a_destination_for_money_collects(more: dict[str, Any]) -> None:
    one = signal("message", **{"objects": ("target:p",), **more})
    collected = [key for key, role in roles(one) if role is Role.COLLECTS]
    assert len(collected) == 1
    assert collected[0].type == "payee"
    assert WALLET in collected[0].value


def test_the_handle_and_the_number_of_a_writer_are_its_names() -> None:
    one = signal(
        "message",
        "123456789",
        objects=("target:p",),
        profile=ActorProfile(handle="Luna_VIP"),
        identifier_map={"phone": "+49 151 12345678", "payment": "card-77-of-luna"},
    )
    owned = {key for key, role in roles(one) if role is Role.OWNS}
    assert owned == {
        LUNA,
        Key("contact", "+4915112345678"),
        Key("payee", "card-77-of-luna"),
    }


def test_following_is_an_advert_for_oneself() -> None:
    assert roles(signal("follow", objects=("follow:p",))) == {(CHATS, Role.ADVERTISES)}
    assert acts(signal("follow")) == ()


def test_a_payment_to_a_payee_is_collected_by_it() -> None:
    one = signal("payment", "victim", "bank", objects=("payee:iban-1",))
    assert roles(one) == {(Key("payee", "iban-1"), Role.COLLECTS)}
    assert person(one) == "victim"


def test_a_payment_with_ones_own_card_collects_nothing() -> None:
    one = signal("payment", "reader", "shop", identifier_map={"payment": "card-of-reader"})
    assert roles(one) == {(Key("payee", "card-of-reader"), Role.OWNS)}


@pytest.mark.parametrize("direction", ["in", "incoming", "received"])
def test_a_payment_that_came_in_is_collected_by_the_actors_own_account(direction: str) -> None:
    one = signal(
        "payment",
        "mule",
        "bank",
        identifier_map={"payment": "iban-of-mule"},
        attributes={"direction": direction},
        objects=("payer:victim",),
    )
    till = Key("payee", "iban-of-mule")
    assert roles(one) == {(till, Role.OWNS), (till, Role.COLLECTS)}
    assert person(one) == "victim"


def test_a_site_collects_with_its_identifier_or_its_name() -> None:
    till = Key("payee", "payee-of-site")
    card = signal("payment", "amora1ia.example", "web", identifier_map={"payment": till.value})
    assert roles(card) == {(till, Role.OWNS), (SITE, Role.OWNS), (till, Role.COLLECTS)}
    bare = signal("payment", "amora1ia.example", "web")
    assert roles(bare) == {(SITE, Role.OWNS), (SITE, Role.COLLECTS)}


@pytest.mark.parametrize(
    ("objects", "name"),
    [
        (("target:p",), "p"),
        (("url:x", "target:p", "target:q"), "p"),
        (("target:telegram:p",), "p"),
        (("target:",), ""),
        (("target:luna_vip",), ""),
        (("target:telegram:luna_vip",), ""),
        ((), ""),
    ],
)
def test_a_message_is_for_its_first_target_but_not_for_oneself(
    objects: tuple[str, ...], name: str
) -> None:
    assert person(signal("message", objects=objects)) == name


def test_names_of_one_signal_are_few() -> None:
    text = " ".join(f"https://site-{n}.example/" for n in range(50))
    assert len(acts(signal("post", text=text))) == MAX_NAMES


@pytest.mark.parametrize("told", [True, "true", 1, None, {}])
def test_only_true_declares_a_merchant(told: object) -> None:
    assert is_declared(signal("post", attributes={"declared_merchant": told})) is (told is True)


def test_an_act_is_its_name_and_role() -> None:
    assert Act(LUNA, Role.OWNS) == Act(Key("contact", "luna_vip"), Role.OWNS)
    assert Act(LUNA, Role.OWNS) != Act(LUNA, Role.WRITES)
