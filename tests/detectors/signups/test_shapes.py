"""Shapes forget who somebody is and keep how the name was made."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import Signal
from detectors.signups.shapes import handle_shape, mail_skeleton, mail_skeletons, origin_of
from tests.harness import T0


def created(attributes: dict[str, Any] | None = None, **ids: Any) -> Signal:
    return Signal(
        id=1,
        at=T0,
        platform="x",
        kind="account.created",
        actor="u1",
        identifier_map=ids,
        attributes=attributes or {},
    )


@pytest.mark.parametrize(
    ("handle", "shape"),
    [
        ("Jane_Miller1984", "Name_Word####"),
        ("@JaneMiller12", "NameWord##"),
        ("user1234567", "name#######"),
        ("john1234567890", "name########+"),
        ("bob@host.example", "abc"),
        ("anna.k", "name.abc"),
        ("JOHN99", "NAME##"),
        ("xkqjzwptldqqab", "longname"),
        ("Иван_92", "{cyrillic}_##"),
        ("李小龙88", "{cjk}##"),
        ("élodie7", "name#"),
        ("a7k2q9z", "mixed(7)"),
        ("8f14e45f-ceea-467f-a9ba-000000000000", "mixed(36)"),
        ("name\x00word", "name*word"),
        ("\uff2a\uff41\uff4e\uff45\uff11\uff12", "Name##"),
        ("", ""),
        ("__", ""),
    ],
)
def test_a_shape_keeps_case_length_digits_and_separators(handle: str, shape: str) -> None:
    assert handle_shape(handle) == shape


@given(st.text(max_size=300))
def test_a_shape_is_short_and_printable_and_the_same_every_time(handle: str) -> None:
    shape = handle_shape(handle)
    assert shape.isprintable()
    assert len(shape) <= 120
    assert handle_shape(handle) == shape


@given(st.from_regex(r"[A-Z][a-z]{3,8}_[A-Z][a-z]{3,8}[0-9]{4}", fullmatch=True))
def test_names_after_one_scheme_have_one_shape(handle: str) -> None:
    assert handle_shape(handle) == "Name_Word####"


@given(
    st.one_of(
        st.text(max_size=300),
        st.text(alphabet="aAbB", min_size=50, max_size=300),
        st.text(alphabet="Az9_.-\u0418\u674e\u00e9\ufdfa\u0bf0\u2168", max_size=300),
    )
)
def test_no_handle_makes_a_long_shape_however_it_is_built(handle: str) -> None:
    shape = handle_shape(handle)
    assert shape.isprintable()
    assert len(shape) <= 120
    assert shape == handle_shape.__wrapped__(handle), "what is remembered is what is computed"


@given(st.text(max_size=10))
def test_one_handle_in_another_spelling_has_one_shape(handle: str) -> None:
    """Full-width letters are the same handle, and so is what stands before `@server`."""
    plain = unicodedata.normalize("NFKC", handle)
    assert handle_shape(plain) == handle_shape(handle)
    if plain and "@" not in plain and plain == plain.strip():
        assert handle_shape(f"@{plain}@host.example") == handle_shape(plain)


@given(
    st.from_regex(r"[A-Z][a-z]{3,8}[._-]?[a-z]{4,9}[0-9]{0,6}", fullmatch=True),
    st.randoms(use_true_random=False),
)
def test_other_letters_and_digits_of_the_same_kinds_change_no_shape(
    handle: str, chance: Random
) -> None:
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    other = "".join(
        next((chance.choice(kind) for kind in kinds if letter in kind), letter) for letter in handle
    )
    assert handle_shape(other) == handle_shape(handle)


@given(
    st.from_regex(r"[A-Z][a-z]{3,8}_[a-z]{4,9}[0-9]{1,6}", fullmatch=True),
    st.sampled_from([lambda s: s + "1", str.upper, lambda s: s.replace("_", ".")]),
)
def test_another_number_of_digits_case_or_separator_is_another_shape(
    handle: str, change: Callable[[str], str]
) -> None:
    assert handle_shape(change(handle)) != handle_shape(handle)


@pytest.mark.parametrize(
    ("handle", "shape"),
    [
        ("jane_a7k2", "name_mixed(4)"),
        ("miller1984", "name####"),
        ("7eleven", "mixed(7)"),
        ("AbCdEfGh", "AbcAbcAbcAbc"),
        ("AbCdEfGhIjKlMnOp", "mixed(16)"),
        ("a.b.c.d", "abc.abc.abc.abc"),
        ("a.b.c.d.e", "mixed(9)"),
    ],
)
def test_what_machines_draw_keeps_its_length_only(handle: str, shape: str) -> None:
    assert handle_shape(handle) == shape


@pytest.mark.parametrize(
    ("address", "skeleton"),
    [
        ("jane.doe17@mail.example", "janedoe@mail.example"),
        ("jane_doe+shop@mail.example", "janedoe@mail.example"),
        ("j-d-9@mail.example", ""),
        ("123456@mail.example", ""),
        ("9f86d081884c7d65", ""),
    ],
)
def test_a_skeleton_has_no_digits_dots_and_tags(address: str, skeleton: str) -> None:
    assert mail_skeleton(address) == skeleton


def test_several_addresses_of_one_skeleton_count_once() -> None:
    told = created(email=["jane1@mail.example", "Jane.2@mail.example", "rita@mail.example"])
    assert mail_skeletons(told) == ("jane@mail.example", "rita@mail.example")
    assert mail_skeletons(created()) == ()


@pytest.mark.parametrize(
    ("told", "ids", "origin"),
    [
        ({"referrer": "https://Join.example/r/77/?u=1#x"}, {}, "referrer join.example/r/77"),
        ({"referrer": "Partner  Campaign"}, {"email": "a@b.example"}, "referrer partner campaign"),
        ({"referrer": ""}, {"email": "a@b.example"}, "mail domain b.example"),
        ({"referrer": ["x"]}, {"ip": "198.51.100.7"}, "network 198.51.100.0/24"),
        ({"asn_class": "mobile"}, {"ip": "198.51.100.7"}, ""),
        ({"asn_class": ["mobile"]}, {"ip": "198.51.100.7"}, "network 198.51.100.0/24"),
        ({}, {"ip": "9f86d081884c7d659a2feaa0c55ad015"}, ""),
        ({"referrer": "\x00\x00"}, {}, ""),
        ({}, {}, ""),
    ],
)
def test_an_origin_is_the_most_telling_fact_there_is(
    told: dict[str, Any], ids: dict[str, Any], origin: str
) -> None:
    assert origin_of(created(told, **ids)) == origin
