"""Laws of normalisation that hold for any text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detectors.normalise import canonical, extract, match_text, refang, skeleton
from detectors.normalise.kinds import CANONICAL
from detectors.normalise.spans import fold_text

TYPES = (*CANONICAL, "device", "account")
# Pieces that parsers trip over; joined at random they come close to real and hostile input.
PIECES = (
    *("http", "hxxps", "://", "[:]//", "//", "/", "\\", ".", "[.]", "(.)", "(dot)"),
    *("[/]", "[,]", "[::]", ".]", "hxxxp", " : ", ":// "),
    *("[dot]", "dot", "\\.", "[", "]", "(", ")", "{", "}", "<", ">", "@", "[at]", "(at)"),
    *("[@]", ":", "[:]", "#", "?", "&", "=", "%", "%2e", "%2F", "%64", "%25"),
    *("utm_source=1", "a", "b", "evil", "example", "com", "co.uk", "py", "1", "0x7f"),
    *("256", "127.0.0.1", "::1", "fe80::", "2001:db8", "+", "+1", "2125550123"),
    *("gmail.com", "a.b+c", "xn--", "xn--fsqu00a", "-", "_", ",", ";", "'", '"'),
    *("bitcoin:", "sha1:", "md5:", "0x", "ftp://", "mailto:", "tel:", "user", "pass"),
    *("80", "443", "..", "./", "../"),
)
ODD = "\u200b \u3002 \uff0e \uff41 \uff0f \uff1a \uff20 \u00df \u0130 \u0345 \ud800 \0 \x85 \u2028"
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.characters(), max_size=30),
    st.lists(st.sampled_from([*PIECES, *ODD.split(" "), " ", "\n"]), max_size=14).map("".join),
)


@settings(max_examples=400, deadline=None)
@given(raw=TEXTS)
@pytest.mark.parametrize("kind", TYPES)
def test_a_canonical_value_is_its_own_canonical_value(kind: str, raw: str) -> None:
    value = canonical(kind, raw)

    if value is not None:
        assert canonical(kind, value) == value


@settings(max_examples=200, deadline=None)
@given(raw=TEXTS)
@pytest.mark.parametrize("kind", TYPES)
def test_no_control_character_survives_in_a_canonical_value(kind: str, raw: str) -> None:
    value = canonical(kind, raw)

    assert value != ""
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in value or "")


@settings(max_examples=600, deadline=None)
@given(text=TEXTS)
def test_mentions_are_slices_of_the_text_in_order_and_canonical(text: str) -> None:
    end = 0
    for mention in extract(text):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.raw
        assert canonical(mention.type, mention.value) == mention.value
        end = mention.end


@settings(max_examples=600, deadline=None)
@given(text=TEXTS)
def test_text_forms_are_idempotent(text: str) -> None:
    for form in (refang, match_text, skeleton):
        once = form(text)
        assert form(once) == once, form.__name__


@settings(max_examples=200, deadline=None)
@given(before=TEXTS, after=TEXTS)
def test_prose_around_an_entity_does_not_move_it(before: str, after: str) -> None:
    text = f"{before} https://evil.example/a {after}"
    plain = fold_text(text).text
    assume(refang(plain) == plain)  # "hxxp:// " and " [dot] " reach over a space
    start = len(before) + 1

    spans = [(m.start, m.raw) for m in extract(text) if m.start == start]

    assert spans == [(start, "https://evil.example/a")]


@pytest.mark.parametrize("before", ["HXXP// ", "see hxxp:// hxxps:// ", "http://", "ftp://http://"])
def test_a_scheme_before_a_scheme_hides_no_address(before: str) -> None:
    found = [(m.start, m.raw) for m in extract(f"{before}https://evil.example/a")]

    assert found == [(len(before), "https://evil.example/a")]
