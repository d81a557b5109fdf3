"""Canonical forms, one table a function."""

from __future__ import annotations

import pytest

from detectors.normalise import (
    canonical,
    canonical_domain,
    canonical_email,
    canonical_handle,
    canonical_hash,
    canonical_hashtag,
    canonical_ip,
    canonical_phone,
    canonical_url,
    canonical_wallet,
    ip_block,
    match_text,
    refang,
    registrable_domain,
    skeleton,
)

SEGWIT = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
LITECOIN = "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9"
BTC = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("HTTP://User:pw@EXAMPLE.com.:80/a/../b/./c?x=%7e%2f#f", "http://example.com/b/c?x=~%2F"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("https://example.com:0443/a", "https://example.com/a"),
        ("example.com/a", "https://example.com/a"),
        ("//example.com/a", "https://example.com/a"),
        ("https:\\\\example.com\\a", "https://example.com/a"),
        ("http:/example.com", "http://example.com/"),
        ("https://e.com/?b=2&utm_medium=x&a=1&GCLID=3", "https://e.com/?b=2&a=1"),
        ("https://e.com/?utm%5Fsource=x", "https://e.com/"),
        ("https://e.com/?mc_eid=1&ref_src=2&igshid=3&msclkid=4", "https://e.com/"),
        ("https://e.com/../../a/..", "https://e.com/"),
        ("https://e.com/%2e%2e/a%zz%C3%a4", "https://e.com/a%25zz%C3%A4"),
        ("https://e.com/a b\x00c", "https://e.com/a%20bc"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://0177.0.0.01/", "http://127.0.0.1/"),
        ("http://3232235777/", "http://192.168.1.1/"),
        ("http://[::FFFF:1.2.3.4]/", "http://1.2.3.4/"),
        ("http://[2001:DB8:0:0::1]:80/", "http://[2001:db8::1]/"),
        ("http://ex%61mple.com/", "http://example.com/"),
        ("http://b\u00fccher.example/", "http://xn--bcher-kva.example/"),
        ("hxxps[:]//evil[.]com/a[.]php", "https://evil.com/a.php"),
        ("javascript:alert(1)", None),
        ("mailto:a@b.co", None),
        ("http://", None),
        ("http://a b.com/", None),
        ("http://256.1.1.1/", None),
        ("http://1.2.3.4.5/", None),
        ("http://e.com:70000/", None),
        ("http://[::1", None),
        ("http://-a.com/", None),
        ("http://" + "a" * 64 + ".com/", None),
        ("http://e.com/" + "a" * 5000, None),
        ("", None),
    ],
)
def test_url(raw: str, url: str | None) -> None:
    assert canonical_url(raw) == url


@pytest.mark.parametrize(
    ("raw", "domain", "registrable"),
    [
        ("WWW.Example.COM.", "www.example.com", "example.com"),
        ("a.b.co.uk", "a.b.co.uk", "b.co.uk"),
        ("x.name.github.io", "x.name.github.io", "name.github.io"),
        ("github.io", "github.io", None),
        ("co.uk", "co.uk", None),
        ("a[.]example", "a.example", "a.example"),
        ("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", *["xn--e1afmkfd.xn--p1ai"] * 2),
        ("evil\u3002com", "evil.com", "evil.com"),
        ("fa\u00df.de", "xn--fa-hia.de", "xn--fa-hia.de"),
        ("i\u2764.ws", "xn--i-7iq.ws", "xn--i-7iq.ws"),
        ("_dmarc.example.com", "_dmarc.example.com", "example.com"),
        ("ev\u200bil.com\x00", "evil.com", "evil.com"),
        ("localhost", None, None),
        ("1.2.3.4", None, None),
        ("a..b", None, None),
        ("a b.com", None, None),
        ("", None, None),
    ],
)
def test_domain(raw: str, domain: str | None, registrable: str | None) -> None:
    assert canonical_domain(raw) == domain
    assert registrable_domain(raw) == registrable


@pytest.mark.parametrize(
    ("raw", "ip", "block"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.0/24"),
        (" 192[.]0[.]2[.]7\n", "192.0.2.7", "192.0.2.0/24"),
        ("2001:0DB8::0001", "2001:db8::1", "2001:db8::/48"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::1", "2001:db8:1::/48"),
        ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.0/24"),
        ("fe80::1%eth0", "fe80::1", "fe80::/48"),
    ],
)
def test_ip_and_its_block(raw: str, ip: str, block: str) -> None:
    assert canonical_ip(raw) == ip
    assert ip_block(ip) == block


@pytest.mark.parametrize("raw", ["", "1.2.3", "01.2.3.4", "256.1.1.1", "::g", "1.2.3.4/24", "evil"])
def test_no_ip(raw: str) -> None:
    assert canonical_ip(raw) is None


def test_the_block_of_no_address_is_an_error() -> None:
    with pytest.raises(ValueError, match="evil"):
        ip_block("evil")


@pytest.mark.parametrize(
    ("raw", "email"),
    [
        ("Joe.Doe+shop@Example.COM", "joe.doe@example.com"),
        ("J.O.E+x@GoogleMail.com", "joe@gmail.com"),
        ("mailto:joe@example.com", "joe@example.com"),
        ("joe[at]example[dot]com", "joe@example.com"),
        ("joe@b\u00fccher.example", "joe@xn--bcher-kva.example"),
        ("+tag@example.com", "+tag@example.com"),
        ("joe@localhost", None),
        ("joe@@", None),
        ("joe", None),
        ("a b@example.com", None),
        ("...@gmail.com", None),
        ("a" * 65 + "@example.com", None),
    ],
)
def test_email(raw: str, email: str | None) -> None:
    assert canonical_email(raw) == email


@pytest.mark.parametrize(
    ("raw", "region", "phone"),
    [
        ("+1 (212) 555-0123", None, "+12125550123"),
        ("tel:+44-20-7946-0018", None, "+442079460018"),
        ("\uff0b49 30 901820", None, "+4930901820"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("020 7946 0018", None, None),
        ("+1 212 555 0123 ext. 4", None, "+12125550123"),
        ("+12", None, None),
        ("+999 1234567", None, None),
        ("hmac:abcdef", None, None),
        ("", None, None),
    ],
)
def test_phone(raw: str, region: str | None, phone: str | None) -> None:
    assert canonical_phone(raw, region) == phone


@pytest.mark.parametrize(
    ("raw", "wallet"),
    [
        (BTC, f"btc:{BTC}"),
        (f"bitcoin:{BTC}?amount=1", f"btc:{BTC}"),
        (f"btc:{BTC}", f"btc:{BTC}"),
        (f"eth:{BTC}", None),
        (SEGWIT.upper(), f"btc:{SEGWIT}"),
        (SEGWIT[:-1] + "p", None),
        (SEGWIT[:-1] + "Q", None),
        (LITECOIN, f"ltc:{LITECOIN}"),
        (LITECOIN[:-1] + "8", None),
        (BTC[:-1] + "3", None),
        (BTC.lower(), None),
        ("0x" + "aB" * 20, "eth:0x" + "ab" * 20),
        ("0x" + "ab" * 19, None),
        ("1" * 34, None),
        ("", None),
    ],
)
def test_wallet(raw: str, wallet: str | None) -> None:
    assert canonical_wallet(raw) == wallet


def test_bech32_test_vectors() -> None:
    """From BIP 173 and BIP 350: valid ones, then a wrong checksum kind and a wrong length."""
    valid = (
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "BC1SW50QGDZ25J",
    )
    broken = (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
    )
    assert [canonical_wallet(address) for address in valid] == [f"btc:{a.lower()}" for a in valid]
    assert [canonical_wallet(address) for address in broken] == [None, None]


@pytest.mark.parametrize(
    ("raw", "digest"),
    [
        ("D41D8CD98F00B204E9800998ECF8427E", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        ("sha1:" + "ab12" * 10, "sha1:" + "ab12" * 10),
        ("SHA-256:" + "ab12" * 16, "sha256:" + "ab12" * 16),
        ("md5:" + "ab12" * 10, None),
        ("ab12" * 9, None),
        ("1234" * 8, None),
        ("zz12" * 8, None),
    ],
)
def test_hash(raw: str, digest: str | None) -> None:
    assert canonical_hash(raw) == digest


@pytest.mark.parametrize(
    ("raw", "handle"),
    [
        ("@Some_User", "some_user"),
        ("some.user", "some.user"),
        ("@User@Mastodon.Social", "user@mastodon.social"),
        ("\uff20\uff55ser\u200b", "user"),
        ("@", None),
        ("two words", None),
        ("...", None),
    ],
)
def test_handle(raw: str, handle: str | None) -> None:
    assert canonical_handle(raw) == handle


@pytest.mark.parametrize(
    ("raw", "tag"),
    [("#Airdrop", "airdrop"), ("STRASSE", "strasse"), ("#stra\u00dfe", "strasse"), ("#12", None)],
)
def test_hashtag(raw: str, tag: str | None) -> None:
    assert canonical_hashtag(raw) == tag


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("  Free \t\n MONEY ", "free money"),
        ("fr\u200bee\u202e m\u00adoney\U000e0041", "free money"),
        ("\uff26\uff32\uff25\uff25", "free"),
        ("Stra\u00dfe \ufb01n", "strasse fin"),
        ("a\x00b\ud800c", "abc"),
        ("", ""),
    ],
)
def test_match_text(text: str, matched: str) -> None:
    assert match_text(text) == matched


@pytest.mark.parametrize(
    ("lookalike", "word"),
    [
        ("P\u0430yP\u0430I", "paypal"),
        ("rnicr0s0ft", "microsoft"),
        ("G\u043e\u043egle", "google"),
        ("\uff41mazon", "amazon"),
        ("b\u0456nance", "binance"),
        ("vvhatsapp", "whatsapp"),
        ("f\u00e0ceb\u00f6ok", "facebook"),
    ],
)
def test_look_alikes_share_a_skeleton(lookalike: str, word: str) -> None:
    assert skeleton(lookalike) == skeleton(word)


def test_different_words_keep_different_skeletons() -> None:
    words = ("paypal", "google", "amazon", "binance", "microsoft", "facebook", "telegram", "apple")

    assert len({skeleton(word) for word in words}) == len(words)


@pytest.mark.parametrize(
    ("text", "real"),
    [
        ("hxxps://a[.]b", "https://a.b"),
        ("hXXp[:]//a(dot)b", "http://a.b"),
        ("fxp://a{.}b", "ftp://a.b"),
        ("a[[.]]b", "a.b"),
        ("u [at] e [dot] com", "u@e.com"),
        ("1.2.3.4[:]80", "1.2.3.4:80"),
        ("evil dot com", "evil.com"),
        ("the dot is red", "the dot is red"),
        ("look (at) me", "look@me"),
        ("plain text, nothing (at all) to do", "plain text, nothing (at all) to do"),
    ],
)
def test_refang(text: str, real: str) -> None:
    assert refang(text) == real


def test_an_unknown_type_is_matched_as_text() -> None:
    assert canonical("device", "  Pixel\u200b 7 \x00") == "pixel 7"
    assert canonical("device", "x" * 600) == "x" * 500
    assert canonical("device", " \x00 ") is None
    assert canonical("domain", "Evil.COM") == "evil.com"
