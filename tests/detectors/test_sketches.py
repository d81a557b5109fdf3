"""The published file: what its page says, alone, under hostile input, and what a sketch reveals."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from detectors import sketches
from detectors.ingest import Window, read_item
from detectors.schema import SignalIn

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sketches.md").read_text(encoding="utf-8")
FILE = ROOT / "detectors" / "sketches.py"
KEY = b"a key of sixteen bytes or more"


def made(text: str, key_id: str = "k", key: bytes = KEY) -> sketches.Sketch:
    return sketches.parse(sketches.sketch(text, key, key_id))


def words(count: int, swap: tuple[int, ...] = ()) -> str:
    return " ".join(f"other{n}" if n in swap else f"word{n}" for n in range(count))


def packed(*hashes: int) -> str:
    return base64.b64encode(struct.pack(f">{len(hashes)}Q", *hashes)).decode()


def vectors() -> list[dict[str, Any]]:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return list(json.loads(found[1]))


@pytest.mark.row(88)
@pytest.mark.parametrize("vector", vectors(), ids=lambda one: one["normal"][:20])
def test_the_vectors_of_the_page_are_what_the_code_makes(vector: dict[str, Any]) -> None:
    key, key_id = re.findall(r"`(only-for-[\w-]+)`, the key id `([\w-]+)`", PAGE)[0]
    assert sketches.normalise(vector["text"]) == vector["normal"]
    assert len(sketches.shingles(vector["text"])) == vector["n"]
    assert sketches.sketch(vector["text"], key.encode(), key_id) == vector["sketch"]
    assert sketches.parse(vector["sketch"]).total == vector["n"]


def test_the_long_vector_of_the_page_is_what_the_code_makes() -> None:
    key = re.findall(r"`(only-for-[\w-]+)`", PAGE)[0].encode()
    text = sketches.sketch(" ".join(f"w{n}" for n in range(400)), key, "vectors-1")
    sketch = sketches.parse(text)
    told = (
        f"`n` {sketch.total}, `s` {sketch.step} and keeps {len(sketch.hashes)} numbers, of which "
        f"the least is `{sketch.hashes[0]:016x}`"
    )
    assert told in " ".join(PAGE.split())
    assert hashlib.sha256(text.encode()).hexdigest() in PAGE


def test_the_example_of_the_page_is_a_signal_that_is_accepted() -> None:
    body = re.findall(r"-d '(\{.*?\})'\n", PAGE, re.DOTALL)[0]
    body = body.replace("'\"$SKETCH\"'", vectors()[0]["sketch"])
    body = re.sub(r"'\"\$\(date.*?\)\"'", clock.now().isoformat(), body)
    window = Window.at(clock.now(), oldest=clock.now().date().replace(year=2000))
    found = read_item(body.encode(), window)
    assert isinstance(found, SignalIn), found
    assert (found.text, len(found.fingerprints)) == ("", 1)


@pytest.mark.row(88)
def test_the_shell_lines_of_the_page_work_word_for_word(tmp_path: Path) -> None:
    """A stand-in for curl keeps what it would send; everything else is real."""
    (tmp_path / "curl").write_text('#!/bin/sh\nprintf "%s\\0" "$@" >> sent\n')
    (tmp_path / "curl").chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    (tmp_path / "detectors").symlink_to(ROOT / "detectors")
    for name in ("post.txt", "answer.txt", "texts.txt"):
        (tmp_path / name).write_text(f"{words(20)}\n{words(30)}\n")
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    done = subprocess.run(
        ["/bin/sh", "-eu"],
        input=script,
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "TOKEN": "ad_1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert [sketches.parse(line).total for line in done.stdout.split()] == [17, 27]
    sent = [one for one in (tmp_path / "sent").read_text().split("\0") if one.startswith("{")]
    window = Window.at(clock.now(), oldest=clock.now().date().replace(year=2000))
    found = [read_item(one.encode(), window) for one in sent]
    assert [one.kind for one in found if isinstance(one, SignalIn)] == ["post", "ai.response"]


def test_the_file_imports_the_standard_library_only() -> None:
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(FILE.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert names <= sys.stdlib_module_names


def tool(tmp_path: Path, *args: str, text: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run a copy of the file on its own, far from the rest."""
    copy = shutil.copy(FILE, tmp_path / "sketches.py")
    (tmp_path / "key").write_bytes(KEY + b"\n")
    command = [sys.executable, "-I", str(copy), "--key-file", str(tmp_path / "key"), *args]
    return subprocess.run(command, input=text, capture_output=True, check=False, timeout=30)


def test_a_copy_of_the_file_sketches_each_line(tmp_path: Path) -> None:
    done = tool(
        tmp_path, "--key-id", "k", text=f"{words(20)}\n\nétude {words(9)}".encode() + b"\xff"
    )
    texts = (words(20), "", f"étude {words(9)}")
    assert done.stdout.decode().split() == [sketches.sketch(text, KEY, "k") for text in texts]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--key-id", "Not An Id"), "the key id must have"),
        (("--key-id", "k", "--key-file", "missing"), "No such file"),
        ((), "--key-id"),
    ],
)
def test_the_tool_says_what_is_wrong(tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    done = tool(tmp_path, *args, text=b"text\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (" \u200b\n\t", ""),
        ("The RIVER\u00a0bridge,\r\nclosed!", "the river bridge closed"),
        ("see http://a.example/x?y=1 now", "see now"),
        ("hxxps://evil.example", ""),
        ("mail bob@corp.example or @bob_b.", "mail bob corp example or"),
        ("wo\u200brd wo\u00adrd wo\u202erd wo\ufe0frd wo\x07rd wo\U000e0041rd", "word " * 6),
        ("\ufb01ne \u2460 \uff21", "fine 1 a"),
        ("\u039f\u0394\u039f\u03a3 \u03bf\u03b4\u03bf\u03c3", "\u03bf\u03b4\u03bf\u03c3 " * 2),
        ("caf\u00e9 cafe\u0301", "caf\u00e9 " * 2),
        ("a\ud800b", "a b"),
    ],
)
def test_texts_that_read_alike_have_one_normal_form(text: str, normal: str) -> None:
    assert sketches.normalise(text) == normal.strip()


@given(st.text(max_size=300))
def test_the_normal_form_is_its_own(text: str) -> None:
    plain = sketches.normalise(text)
    assert sketches.normalise(plain) == plain


def test_shingles_are_words_or_characters_as_the_script_wants() -> None:
    assert sketches.shingles("one two three four five") == {
        "one two three four",
        "two three four five",
    }
    assert sketches.shingles("one two three") == set()
    han = "\u6211\u4eec\u660e\u5929\u665a\u4e0a\u5728\u5e7f\u573a"
    assert sketches.shingles(f"{han[:4]}, {han[4:]}") == {han[:8], han[1:]}
    assert sketches.shingles("\uc6b0\ub9ac\ub294 \ub0b4\uc77c \ubc24 \uad11\uc7a5") == {
        "\uc6b0\ub9ac\ub294 \ub0b4\uc77c \ubc24 \uad11\uc7a5"
    }


@given(st.text(max_size=600), st.sampled_from(["a", "acme-2026", "x" * 32, "0._-"]))
def test_every_sketch_can_be_read_and_fits(text: str, key_id: str) -> None:
    written = sketches.sketch(text, KEY, key_id)
    read = sketches.parse(written)
    assert (read.key_id, read.step, read.total) == (key_id, 1, len(sketches.shingles(text)))
    assert len(written) <= sketches.MAX_LENGTH


@pytest.mark.parametrize("count", [259, 260, 1_027, 1_040, 4_200, 7_000])
def test_long_texts_keep_a_sample_that_fits(count: int) -> None:
    written = sketches.sketch(words(count), KEY, "x" * 32)
    read = sketches.parse(written)
    assert (read.step == 1) == (count <= 259)
    assert read.total == count - 3
    assert 40 <= len(read.hashes) <= 256
    assert len(written) <= sketches.MAX_LENGTH < 4_000


@pytest.mark.parametrize(
    "text",
    [
        "\ufdfa" * 65_536,
        "a " * 65_536,
        "\u200b" * 65_536,
        "a\u0301" * 65_536,
        "@" * 65_536,
        "http" * 30_000,
        "\u0130\u6211" * 40_000,
        "".join(map(chr, range(0x20000, 0x2A000))) * 2,
    ],
    ids=["expanding", "one letter", "unseen", "marks", "names", "links", "growing", "many signs"],
)
def test_hostile_texts_cost_a_bounded_sketch(text: str) -> None:
    assert len(sketches.parse(sketches.sketch(text, KEY, "k")).hashes) <= 256


ALL = packed(*range(1, 11))
BAD = {
    "something else": ("mh1:abc", "must read afp1:"),
    "empty": ("", "must read afp1:"),
    "no hashes part": ("afp1:k:1:0", "must read afp1:"),
    "another version": (f"afp2:k:1:10:{ALL}", "must read afp1:"),
    "key id in capitals": (f"afp1:ACME:1:10:{ALL}", "the key id"),
    "no key id": (f"afp1::1:10:{ALL}", "the key id"),
    "key id too long": (f"afp1:{'k' * 33}:1:10:{ALL}", "the key id"),
    "key id with a line break": (f"afp1:k\n:1:10:{ALL}", "the key id"),
    "s zero": (f"afp1:k:0:10:{ALL}", "s must be a power of 4"),
    "s three": (f"afp1:k:3:10:{ALL}", "s must be a power of 4"),
    "s huge": (f"afp1:k:{4**9}:10:{ALL}", "s must be"),
    "s signed": (f"afp1:k:+1:10:{ALL}", "s must be a whole number"),
    "s in other digits": (f"afp1:k:\u0661:10:{ALL}", "s must be a whole number"),
    "n with a zero before": (f"afp1:k:1:010:{ALL}", "n must be a whole number"),
    "n a flood of digits": (f"afp1:k:1:{'9' * 2_000}:{ALL}", "n must be a whole number"),
    "n too many": (f"afp1:k:4:99999:{packed(4)}", "n must be at most"),
    "n wrong": (f"afp1:k:1:11:{ALL}", "n must be the number of hashes"),
    "n too few to be thinned": (f"afp1:k:4:200:{packed(4, 8)}", "n must be the number"),
    "no base64": ("afp1:k:1:10:*" + ALL[1:], "base64"),
    "base64 without padding": (f"afp1:k:1:10:{ALL.rstrip('=')}", "base64"),
    "base64 for addresses": ("afp1:k:1:1:" + packed(2**64 - 1).replace("/", "_"), "base64"),
    "base64 with loose bits": ("afp1:k:1:1:" + packed(2**64 - 1)[:-2] + "9=", "base64"),
    "half a hash": ("afp1:k:1:1:" + base64.b64encode(b"1234567").decode(), "base64"),
    "falling": (f"afp1:k:1:2:{packed(2, 1)}", "must ascend"),
    "twice": (f"afp1:k:1:2:{packed(1, 1)}", "must ascend"),
    "not divisible": (f"afp1:k:4:300:{packed(4, 6)}", "divisible by s"),
    "too many hashes": (f"afp1:k:1:257:{packed(*range(257))}", "at most 256 hashes"),
    "too long": ("afp1:k:1:10:" + "A" * 4_000, "more than 2,800"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_what_is_no_sketch_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        sketches.parse(text)


@given(st.text(max_size=200) | st.text(max_size=80).map(lambda text: f"afp1:k:1:{text}"))
def test_any_text_is_a_sketch_or_a_value_error(text: str) -> None:
    try:
        read = sketches.parse(text)
    except ValueError:
        return
    assert text.startswith(f"afp1:{read.key_id}:{read.step}:{read.total}:")


def test_keys_too_short_to_be_secret_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        sketches.sketch(words(20), b"password", "k")


def test_containment_is_one_sided_and_jaccard_is_not() -> None:
    post, draft = made(words(40)), made(words(120))
    assert sketches.containment(post, draft) == 1.0
    assert sketches.containment(draft, post) == pytest.approx(37 / 117)
    assert sketches.jaccard(post, draft) == sketches.jaccard(draft, post) == 37 / 117
    empty = made("too short")
    assert sketches.containment(empty, post) == sketches.jaccard(empty, empty) == 0.0


@pytest.mark.row(88)
@pytest.mark.parametrize("count", [60, 259, 300, 1_000, 5_000])
def test_the_estimate_is_near_the_true_jaccard(count: int) -> None:
    one, two = words(count), words(count, swap=tuple(range(9, count, 20)))
    left, right = sketches.shingles(one), sketches.shingles(two)
    true = len(left & right) / len(left | right)
    assert 0.6 < true < 0.75
    exact = 0.15 if count > 259 else 1e-9
    assert sketches.jaccard(made(one), made(two)) == pytest.approx(true, abs=exact)


def test_a_thinned_sketch_is_compared_with_a_whole_one_at_the_larger_s() -> None:
    one, two = made(words(255)), made(words(300))
    assert (one.step, two.step) == (1, 4)
    assert sketches.containment(one, two) == 1.0
    assert sketches.jaccard(one, two) == pytest.approx(252 / 297, abs=0.15)


@pytest.mark.row(88)
def test_sketches_under_another_key_do_not_match() -> None:
    text = words(60)
    with pytest.raises(ValueError, match="different keys"):
        sketches.jaccard(made(text, "ours"), made(text, "theirs"))
    assert sketches.jaccard(made(text), made(text, key=b"another circle's key")) == 0.0
