"""Messages are cut into fields and parts as mail programs do, whatever their senders meant."""

from __future__ import annotations

import email
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.base import UnfitError
from detectors.adapters.kit.addresses import addresses
from detectors.adapters.kit.encodings import decoded, from_base64, parameters, words
from detectors.adapters.kit.mime import MAX_PARTS, Part, leaves, parse


def parts(raw: bytes) -> list[Part]:
    return leaves(parse(raw, "body"))


def multipart(*pieces: bytes, boundary: bytes = b"b") -> bytes:
    body = b"".join(b"--" + boundary + b"\n" + piece + b"\n" for piece in pieces)
    head = b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n\n"
    return head + body + b"--" + boundary + b"--\n"


def test_fields_are_unfolded_and_keep_their_order() -> None:
    message = parse(b"A: 1\n  2\nB:3\nnonsense\na: 4\n\nbody", "body")
    assert message.headers == (("A", "1  2"), ("B", "3"), ("a", "4"))
    assert (message.header("a"), list(message.all("a"))) == ("1  2", ["1  2", "4"])
    assert message.body == b"body"


@pytest.mark.parametrize("raw", [b"A: 1\r\n\r\nbody", b"\n\nA: 1\n\nbody", b"From x\nA: 1\n\nbody"])
def test_ends_of_lines_and_envelopes_do_not_matter(raw: bytes) -> None:
    message = parse(raw, "body")
    assert (message.headers, message.body) == ((("A", "1"),), b"body")


def test_what_begins_with_no_field_is_no_message() -> None:
    with pytest.raises(UnfitError, match="does not begin"):
        parse(b"hello\nA: 1\n", "body")


def test_parts_are_found_and_numbered() -> None:
    inner = multipart(b"\none", b"Content-Type: text/html\n\ntwo", boundary=b"inner")
    found = parts(multipart(inner, b"\nthree"))
    assert [(one.path, one.media_type, one.body) for one in found] == [
        ("1.1", "text/plain", b"\none"),
        ("1.2", "text/html", b"two"),
        ("2", "text/plain", b"\nthree"),
    ]


def test_a_part_that_is_never_closed_ends_with_the_message() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo"
    assert [one.body for one in parts(raw)] == [b"\none", b"\ntwo"]


def test_a_line_that_only_begins_like_a_boundary_is_text() -> None:
    raw = multipart(b"\none\n--bother\nmore")
    assert [one.body for one in parts(raw)] == [b"\none\n--bother\nmore"]


def test_a_multipart_without_boundary_is_one_part() -> None:
    (found,) = parts(b"Content-Type: multipart/mixed\n\nx")
    assert found.body == b"x"


def test_more_parts_than_anybody_reads_are_not_read() -> None:
    assert len(parts(multipart(*[b"\nx"] * 1_000))) == MAX_PARTS


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (b"Content-Type: text/plain; charset=iso-8859-1", b"caf\xe9", "café"),
        (b'Content-Type: text/plain; charset="UTF-8"', "café".encode(), "café"),
        (b"Content-Type: text/plain; charset=unknown", b"caf\xe9", "café"),
        (b"Content-Type: text/plain; charset=zlib_codec", b"x", "x"),
        (b"Content-Type: text/plain; charset=koi8-r", "да".encode("koi8-r"), "да"),
        (b"Content-Type: text/plain; charset=utf-8", b"\xff", "\ufffd"),
        (b"Content-Transfer-Encoding: quoted-printable", b"a=3Db=\n c", "a=b c"),
        (b"Content-Transfer-Encoding: BASE64", b"YW\nJj", "abc"),
        (b"Content-Transfer-Encoding: base64", b"YWJj*YQ", "abca"),
        (b"Content-Transfer-Encoding: 8bit", b"abc", "abc"),
    ],
)
def test_text_of_a_part(head: bytes, body: bytes, text: str) -> None:
    assert parse(head + b"\n\n" + body, "body").text() == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?utf-8?B?Y2Fmw6k=?= now", "café now"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a_b?=", "a b"),
        ("=?iso-8859-1*en?q?=E9?=", "é"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8?q?a", "=?utf-8?q?a"),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    assert words(value) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("text/plain", {}),
        ("text/plain; charset=utf-8", {"charset": "utf-8"}),
        ('a; Name="x; y"; b=c', {"name": "x; y", "b": "c"}),
        ("a; n*=utf-8''caf%C3%A9", {"n": "café"}),
        ("a; n*=broken", {"n": "broken"}),
        ('a; n="never closed; b=c', {"n": "never closed; b=c"}),
        ("a; ; ;", {}),
        ("a; b", {}),
        ("a; n=1; n=2", {"n": "1"}),
    ],
)
def test_parameters(value: str, found: dict[str, str]) -> None:
    assert parameters(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("Ada <A@B.example>", [("Ada", "a@b.example")]),
        ('"Rossi, Ada" <a@b.example>, c@d.example', [("Rossi, Ada", "a@b.example"),
                                                     ("", "c@d.example")]),
        ("=?utf-8?q?Ad=C3=A4?= <a@b.example>", [("Adä", "a@b.example")]),
        ('"bank@bank.example" <x@evil.example>', [("bank@bank.example", "x@evil.example")]),
        ("undisclosed-recipients:;", []),
        ("<>", []),
        ("", []),
    ],
)  # fmt: skip
def test_mailboxes(value: str, found: list[tuple[str, str]]) -> None:
    assert [tuple(one) for one in addresses(value)] == found


@given(st.binary(max_size=400))
def test_no_bytes_break_the_cutting(raw: bytes) -> None:
    try:
        found = parts(b"Content-Type: multipart/mixed; boundary=b\n" + raw)
    except UnfitError:
        return
    for part in found:
        part.text().encode()
        assert isinstance(part.file_name, str)


@given(st.binary(max_size=100), st.text(max_size=20))
def test_no_bytes_break_the_decoding(raw: bytes, charset: str) -> None:
    assert "\0" not in decoded(raw, charset)
    from_base64(raw)


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=5))
def test_what_the_standard_library_writes_is_read(texts: list[str]) -> None:
    """Another implementation writes; ours reads the same parts."""
    message = EmailMessage()
    message["From"] = "a@b.example"
    message["Subject"] = "parts"
    for text in texts:
        message.add_attachment(text.encode("utf-8", "replace"), maintype="text", subtype="x-part")
    raw = message.as_bytes()
    theirs = [part.get_payload(decode=True) for part in email.message_from_bytes(raw).walk()][1:]
    assert [part.content() for part in parts(raw)] == theirs
