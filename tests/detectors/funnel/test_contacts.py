"""Links, handles and numbers that lead into a chat; what leads nowhere is a site or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import normalise
from detectors.funnel.contacts import (
    MESSENGER_HOSTS,
    names_messenger,
    own_name,
    own_site,
    place_of,
)


@pytest.mark.parametrize(
    ("link", "contact"),
    [
        ("https://t.me/Luna_VIP", "luna_vip"),
        ("https://t.me/s/luna_vip", "luna_vip"),
        ("https://telegram.me/luna_vip?start=7", "luna_vip"),
        ("http://www.telegram.dog/luna_vip", "luna_vip"),
        ("https://t.me/+AbCdEfGhIjk", "t.me/+AbCdEfGhIjk"),
        ("https://t.me/joinchat/AbCdEfGhIjk", "t.me/+AbCdEfGhIjk"),
        ("https://wa.me/4915112345678?text=hi", "+4915112345678"),
        ("https://wa.me/+4915112345678", "+4915112345678"),
        ("https://api.whatsapp.com/send?phone=4915112345678&text=x", "+4915112345678"),
        ("https://api.whatsapp.com/send/?text=x&phone=%2B4915112345678", "+4915112345678"),
        ("https://wa.me/message/ABCDEF123", "wa.me/message/ABCDEF123"),
        ("https://chat.whatsapp.com/AbCdEfGhIjKlMnOp", "chat.whatsapp.com/AbCdEfGhIjKlMnOp"),
        ("https://chat.whatsapp.com/invite/AbCdEfGhIjKl", "chat.whatsapp.com/AbCdEfGhIjKl"),
        ("https://line.me/ti/p/~luna", "luna"),
        ("https://line.me/R/ti/p/%40luna123", "line.me/luna123"),
        ("https://line.me/ti/g2/AbCdEfGh", "line.me/AbCdEfGh"),
        ("https://lin.ee/AbCdEf", "lin.ee/AbCdEf"),
        ("https://discord.gg/AbCd", "discord.gg/AbCd"),
        ("https://discord.com/invite/AbCd", "discord.gg/AbCd"),
        ("https://discordapp.com/invite/AbCd", "discord.gg/AbCd"),
        ("https://m.me/luna.vip", "luna.vip"),
        ("https://ig.me/m/luna.vip", "luna.vip"),
    ],
)
def test_a_link_into_a_chat_is_a_contact(link: str, contact: str) -> None:
    canonical = normalise.canonical_url(link)
    assert canonical is not None
    assert place_of(canonical) == ("contact", contact)


@pytest.mark.parametrize(
    "link",
    [
        "https://t.me/",
        "https://t.me/+",
        "https://discord.com/channels/1/2",
        "https://www.whatsapp.com/download",
        "https://wa.me/12",
        "https://line.me/",
        "https://m.me/",
    ],
)
def test_a_page_of_a_messenger_is_neither_contact_nor_site(link: str) -> None:
    canonical = normalise.canonical_url(link)
    assert canonical is not None
    assert place_of(canonical) == ("", "")


@pytest.mark.parametrize(
    ("link", "site"),
    [
        ("https://www.amora1ia.example/w/hello.php?id=7", "amora1ia.example"),
        ("https://a.b.shop.co.uk/", "shop.co.uk"),
        ("https://luna.github.io/x", "luna.github.io"),
        ("https://t.me.evil.example/luna_vip", "evil.example"),
        ("https://evil.example/https://t.me/luna_vip", "evil.example"),
    ],
)
def test_every_other_link_leads_to_a_site(link: str, site: str) -> None:
    assert place_of(link) == ("site", site)


def test_an_address_is_no_site() -> None:
    assert place_of("https://203.0.113.7/login") == ("", "")


@given(st.text(max_size=300))
def test_any_text_as_a_link_leads_somewhere_or_nowhere(text: str) -> None:
    canonical = normalise.canonical_url(text)
    if canonical is not None:
        kind, value = place_of(canonical)
        assert (kind in {"contact", "site"}) == bool(value)
        assert value not in MESSENGER_HOSTS


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("telegram: @luna_vip", True),
        ("schreib mir bei whatsapp @luna", True),
        ("whats app @luna", True),
        ("my wechat is @luna", True),
        ("thanks to @luna for the outline", False),
        ("the signals of @luna", False),
        ("", False),
        ("x" * 3_000 + " telegram", False),
    ],
)
def test_a_messenger_is_named_as_a_word(text: str, named: object) -> None:
    assert names_messenger(text) is named


@pytest.mark.parametrize(
    ("platform", "actor", "name"),
    [
        ("telegram", "Luna_VIP", "luna_vip"),
        ("telegram", "@luna_vip", "luna_vip"),
        ("telegram", "123456789", ""),
        ("whatsapp", "4915112345678", "+4915112345678"),
        ("whatsapp", "+4915112345678", "+4915112345678"),
        ("whatsapp", "luna", ""),
        ("x", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", ""),
        ("x", "two words", ""),
        ("", "", ""),
    ],
)
def test_an_account_is_reached_by_its_id_where_that_is_a_name(
    platform: str, actor: str, name: str
) -> None:
    assert own_name(platform, actor) == name


def test_an_actor_that_is_a_host_is_a_site() -> None:
    assert own_site("pay.amora1ia.example") == "amora1ia.example"
    assert own_site("luna_vip") == ""
    assert own_site("203.0.113.7") == ""
