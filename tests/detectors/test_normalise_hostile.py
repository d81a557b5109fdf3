"""Hostile texts never cost more than linear time: a quadratic form would take minutes here."""

from __future__ import annotations

import random
import string
import time

import pytest

from detectors.normalise import canonical, extract, match_text, refang, skeleton
from detectors.normalise.kinds import CANONICAL

SIZE = 64 * 1024
LIMIT_S = 2.0
REPEATED = (
    *("a", "a.", "a@", "http://", "http://a,", "http://a.b,", "(", "[", "[.", "[.]", "( ", "] "),
    *(
        "[:]",
        "\\",
        "a dot ",
        " dot ",
        " ",
        "a  ",
        ":",
        "a:",
        "1:",
        "+1",
        "+1 ",
        "+",
        "1",
        "1.",
        "#",
    ),
    *(
        "#a",
        "#a ",
        "@ab ",
        "@",
        "@a.",
        "\0",
        "a.pdf ",
        "\u200b",
        "\uff41",
        "\uff41\uff0e",
        "\u2116",
    ),
    *("a\u200b.", "\u00b2.", "\u8bbf.", "\u8bbf\u95ee.a", "\u0301", "hxxp:", "%", "a/../", "&a=b"),
    *("version 1.2.3.4 ", "(),;", "\ud800.", "a-", "_.", "-.", "x@y.co,", "](", "(dot", "@a@b.co "),
    *(
        "a[/]",
        "a[,]",
        "[::]",
        "a.]",
        "hxxxp ",
        "hxxp : ",
        "https:// ",
        "#a#b",
        "@\u044f",
        "*.a",
        "//a",
    ),
)
PREFIXES = ("", "http://a.co/", "a.co/?", "a@", "@", "#", "+1", "[")
COUNTED = (
    *("a{0:x}.co", "a.b{0:x}", "\u044f{0:x}.\u0440\u0444", "\u044f.\u0430\u0431{0:x}\u044f"),
    *("a{0:x}@b{0:x}.co", "http://a{0:x}.co/?b={0}", "a{0:x}.co/x", "2001:db8::{0:x}", "{0:032x}"),
    *("+1212555{0:04d}", "+1 212 555 {0} 2026 01 02", "@u{0}", "#t{0}", "@a@b{0:x}.co"),
    *("\u8bbfa{0:x}.co\u5427", "1.2.{0}.4", "1{0:033d}", "bc1q{0:038d}", "0x{0:040x}"),
)


def _seconds(text: str) -> float:
    started = time.process_time()
    extract(text)
    return time.process_time() - started


def _counted(form: str) -> str:
    texts = (form.format(number) for number in range(SIZE // 4))
    return " ".join(texts)[:SIZE]


@pytest.mark.parametrize("piece", REPEATED, ids=ascii)
def test_64_kib_of_one_repeated_piece_stay_linear(piece: str) -> None:
    for prefix in PREFIXES:
        text = (prefix + piece * SIZE)[:SIZE]
        assert _seconds(text) < LIMIT_S, (prefix, piece)


@pytest.mark.parametrize("form", COUNTED, ids=ascii)
def test_64_kib_of_different_entities_stay_linear(form: str) -> None:
    assert _seconds(_counted(form)) < LIMIT_S


@pytest.mark.parametrize(
    "alphabet", [string.printable, ".@#:/[]()+a1 ", ".@:/-_a1", "a.\u200b\u3002\uff41\u0430@#"]
)
def test_64_kib_of_noise_stay_linear(alphabet: str) -> None:
    noise = random.Random(1).choices(alphabet, k=SIZE)

    assert _seconds("".join(noise)) < LIMIT_S


@pytest.mark.parametrize("piece", REPEATED, ids=ascii)
def test_every_other_form_is_linear_too(piece: str) -> None:
    text = (piece * SIZE)[:SIZE]
    started = time.process_time()

    for form in (match_text, skeleton, refang):
        form(text)
    for kind in CANONICAL:
        canonical(kind, text)

    assert time.process_time() - started < 4 * LIMIT_S


def test_a_flood_of_entities_is_cut_off() -> None:
    assert len(extract(" ".join(f"a{number}.co" for number in range(5000)))) == 2000
