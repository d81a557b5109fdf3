"""Keyed sketches of texts: which texts are alike, without telling what they say."""

# One file, standard library only, Python 3.11 or newer: copy it. docs/sketches.md describes the
# same in words, with test vectors, for those who write it in another language.

from __future__ import annotations

import argparse
import base64
import hmac
import io
import re
import struct
import sys
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

VERSION = "afp1"
MAX_CHARS = 65_536
"""Code points of a text that are looked at."""
MAX_KEPT = 256
"""Hashes in a sketch: 2,732 characters of base64, so that no sketch exceeds MAX_LENGTH."""
MAX_LENGTH = 2_800
"""Characters of a sketch; senders of signals may send 4,000."""
THINNING = 4
STEPS = tuple(THINNING**power for power in range(9))
MIN_KEY_BYTES = 16
SHINGLE_WORDS = 4
SHINGLE_CHARS = 8

_BYTES = 8
_PARTS = 5
_KEY_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,4}")
_LINK_OR_NAME = re.compile(r"h(?:tt|xx)ps?://\S*|(?<![\w@])@[\w.]+")
# Controls that are no white space, and what Unicode calls default ignorable outside category Cf.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065"
    "\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
# Thai, Lao, Myanmar, Khmer, Kana, Han.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\U00020000-\U0003ffff]"
)


class Sketch(NamedTuple):
    """A sketch as numbers.

    key_id: name of the key. step: the hashes that are multiples of it were kept, s in the text
    form. total: distinct hashes before that, n in the text form. hashes: those kept, ascending,
    each once, at most 256, each in 0..2^64 - 1.
    """

    key_id: str
    step: int
    total: int
    hashes: tuple[int, ...]


def normalise(text: str) -> str:
    """The words of `text` in one form, a single space between two of them; "" when it has none.

    In this order: only the first 65,536 code points; nothing unseen, which is category Cf (zero
    width, bidi controls, soft hyphen, tags), default ignorable, or a control that is no white
    space; NFKC; lower case; NFKC again, of which only the first 65,536 code points; final sigma as
    sigma; a space for each http, https, hxxp or hxxps link up to the next white space, and for each
    @name unless a letter, a number, _ or @ is before it; a space for each code point that is no
    letter, mark or number (categories L, M, N); single spaces, none at the ends.
    """
    seen = _UNSEEN.sub("", text[:MAX_CHARS])
    if not seen.isascii():
        seen = "".join(char for char in seen if unicodedata.category(char) != "Cf")
    lower = unicodedata.normalize("NFKC", seen).lower()
    plain = unicodedata.normalize("NFKC", lower)[:MAX_CHARS].replace("\u03c2", "\u03c3")
    bare = _LINK_OR_NAME.sub(" ", plain)
    spaced = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in bare)
    return " ".join(spaced.split())


def shingles(text: str) -> set[str]:
    """The pieces by which `text` is compared, each once: all runs of 4 words, joined by spaces.

    Where more than half of the normalised text, spaces not counted, is of a script written without
    spaces: all runs of 8 characters, spaces left out. A shorter text has none.
    """
    words = normalise(text).split(" ")
    joined = "".join(words)
    if is_unspaced(joined):
        return {joined[at : at + SHINGLE_CHARS] for at in range(len(joined) - SHINGLE_CHARS + 1)}
    return {
        " ".join(words[at : at + SHINGLE_WORDS]) for at in range(len(words) - SHINGLE_WORDS + 1)
    }


def is_unspaced(joined: str) -> bool:
    """Whether more than half of a text without its spaces is of a script written without them."""
    return not joined.isascii() and 2 * len(_UNSPACED.findall(joined)) > len(joined)


def sketch(text: str, key: bytes, key_id: str) -> str:
    """The sketch of `text` as it is sent: `afp1:<key id>:<s>:<n>:<base64>`.

    Each shingle in UTF-8 is hashed with HMAC-SHA-256 under `key`, of which the first 8 bytes count.
    Of n distinct hashes those divisible by s are kept; s is the least of 1, 4, 16, ... that keeps
    256 or fewer. They are written ascending, 8 bytes each, big-endian, in base64 with padding.
    Raises ValueError for a key shorter than 16 bytes or a key id that `parse` would refuse.
    """
    _refuse(len(key) < MIN_KEY_BYTES, f"the key must have at least {MIN_KEY_BYTES} bytes")
    _check_key_id(key_id)
    found = (hmac.digest(key, piece.encode(), "sha256")[:_BYTES] for piece in shingles(text))
    hashes = sorted({int.from_bytes(one, "big") for one in found})
    step, kept = 1, hashes
    while len(kept) > MAX_KEPT:
        step *= THINNING
        kept = [one for one in kept if one % step == 0]
    packed = struct.pack(f">{len(kept)}Q", *kept)
    return f"{VERSION}:{key_id}:{step}:{len(hashes)}:{base64.b64encode(packed).decode()}"


def parse(text: str) -> Sketch:
    """The sketch in its text form. Raises ValueError with a sentence that says what is wrong.

    Every sketch has one text form only: what `sketch` would not write is refused.
    """
    _refuse(len(text) > MAX_LENGTH, f"it has more than {MAX_LENGTH:,} characters")
    parts = text.split(":")
    form = f"it must read {VERSION}:<key id>:<s>:<n>:<base64>"
    _refuse(len(parts) != _PARTS or parts[0] != VERSION, form)
    _check_key_id(parts[1])
    step, total = _number("s", parts[2]), _number("n", parts[3])
    hashes = _unpacked(parts[4])
    _refuse(step not in STEPS, f"s must be a power of {THINNING}, at most {STEPS[-1]}")
    _refuse(total > MAX_CHARS, f"n must be at most {MAX_CHARS}")
    _refuse(len(hashes) > MAX_KEPT, f"it must hold at most {MAX_KEPT} hashes")
    whole = total == len(hashes) if step == 1 else total > MAX_KEPT
    _refuse(not whole, f"n must be the number of hashes where s is 1, else more than {MAX_KEPT}")
    rising = all(low < high for low, high in pairwise(hashes))
    _refuse(not rising, "its hashes must ascend, each once")
    _refuse(any(one % step for one in hashes), "its hashes must be divisible by s")
    return Sketch(parts[1], step, total, hashes)


def containment(a: Sketch, b: Sketch) -> float:
    """Share of a's shingles that b has too, 0..1; 0 where none of a's is left to compare.

    Exact where s is 1 in both, else an estimate from the hashes divisible by the larger s.
    Raises ValueError when the key ids differ.
    """
    one, two = _aligned(a, b)
    return len(one & two) / len(one) if one else 0.0


def jaccard(a: Sketch, b: Sketch) -> float:
    """Common shingles over all shingles of both, 0..1; otherwise like `containment`."""
    one, two = _aligned(a, b)
    return len(one & two) / len(one | two) if one or two else 0.0


def main() -> None:
    """Write one sketch for each line of text on standard input, which is UTF-8."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--key-file", type=Path, required=True, help="the key; white space at its ends is no part"
    )
    parser.add_argument("--key-id", required=True, help="the name of the key, such as acme-2026")
    options = parser.parse_args()
    try:
        key = options.key_file.read_bytes().strip()
        for line in io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace"):
            sys.stdout.write(sketch(line, key, options.key_id) + "\n")
    except (OSError, ValueError) as error:
        parser.error(str(error))


def _aligned(a: Sketch, b: Sketch) -> tuple[set[int], set[int]]:
    """Both sets of hashes as the coarser sketch has them."""
    _refuse(a.key_id != b.key_id, "sketches under different keys cannot be compared")
    step = max(a.step, b.step)
    return {one for one in a.hashes if not one % step}, {one for one in b.hashes if not one % step}


def _check_key_id(key_id: str) -> None:
    message = "the key id must have 1 to 32 of a-z 0-9 . _ - and begin with a letter or digit"
    _refuse(not _KEY_ID.fullmatch(key_id), message)


def _number(name: str, text: str) -> int:
    _refuse(not _NUMBER.fullmatch(text), f"{name} must be a whole number of at most 5 digits")
    return int(text)


def _unpacked(text: str) -> tuple[int, ...]:
    try:
        packed = base64.b64decode(text, validate=True)
    except ValueError:
        packed = b""
    canonical = base64.b64encode(packed).decode() == text
    whole = canonical and len(packed) % _BYTES == 0
    _refuse(not whole, f"its last part must be base64 with padding, of {_BYTES} bytes a hash")
    return struct.unpack(f">{len(packed) // _BYTES}Q", packed)


def _refuse(wrong: bool, sentence: str) -> None:  # noqa: FBT001 -- the condition is the subject
    if wrong:
        raise ValueError(sentence)


if __name__ == "__main__":
    main()
