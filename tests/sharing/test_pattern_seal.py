"""What is signed of a pattern, and what survives: tools that rewrite, one changed byte, files."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import pytest
import rfc8785
import stix2
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection
from stix2validator import ValidationOptions, validate_parsed_json

from cases.sharing import signing
from cases.sharing.patterns import binding, opening, outcomes, seal, vectors, wire
from cases.sharing.stix import EXTENSION
from detectors import registry
from tests.sharing import packs

PUBLIC = signing.public_of(packs.SECRET)
KEYS = {signing.key_id(PUBLIC): PUBLIC}


def _wrong(bundle: bytes, *, builtin: bool = False) -> list[str]:
    disabled = "244,302,245" if builtin else "244,302"
    options = ValidationOptions(strict=True, enforce_refs=True, disabled=disabled)
    result = validate_parsed_json(json.loads(bundle), options)
    said = [*getattr(result, "errors", []), *getattr(result, "warnings", [])]
    for one in getattr(result, "object_results", []):
        said += [*one.errors, *one.warnings]
    return [str(one) for one in said]


def _builtin(slug: str) -> dict[str, Any]:
    kind = registry.get(slug)
    params = kind.Params().model_dump(mode="json")
    told: dict[str, Any] = {"slug": slug, "version": kind.meta.version, "params": params}
    return {
        "pattern_type": wire.BUILTIN,
        "pattern": rfc8785.dumps(told).decode(),
        "parameters": {},
        "builtin": wire.Builtin(slug, kind.meta.version, params),
    }


@pytest.mark.row(89)
def test_the_outside_validator_finds_a_pattern_clean_and_pysigma_reads_it() -> None:
    body = packs.far_bundle()
    assert _wrong(body) == []
    (indicator,) = [one for one in json.loads(body)["objects"] if one["type"] == "indicator"]
    assert indicator["pattern_type"] == "sigma"
    read = SigmaCollection.from_yaml(indicator["pattern"])
    assert [type(one).__name__ for one in read.rules] == ["SigmaRule", "SigmaCorrelationRule"]
    assert [error for one in read.rules for error in one.errors] == []


@pytest.mark.parametrize("slug", sorted(registry.all_detectors()))
def test_every_detector_of_the_product_can_be_told_as_its_name_and_settings(slug: str) -> None:
    body = packs.far_bundle(**_builtin(slug))
    assert _wrong(body, builtin=True) == []
    indicator = json.loads(body)["objects"][-1]
    assert seal.holds(indicator, PUBLIC)
    found = vectors.runnable(indicator["pattern_type"], indicator["pattern"])
    assert found.kind.meta.slug == slug


def test_the_bytes_that_are_signed_are_those_of_the_documentation() -> None:
    """The vector stands in docs/patterns.md, for whoever writes another program."""
    indicator = {
        "id": "indicator--00000000-0000-4000-8000-000000000000",
        "created_by_ref": "identity--5d0f7c1e-3a4b-4c5d-8e6f-102030405060",
        "pattern_type": "sigma",
        "pattern": "title: One\r\ndetection: {}\r\n\r\n",
        "valid_until": "2027-01-01T00:00:00.000Z",
        "object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
        "extensions": {
            EXTENSION: {
                "extension_type": "property-extension",
                "format": "abuse-pattern/1",
                "pattern_key": "far-desk/one",
                "revision": 3,
                "title": "One",
                "evidence": {"confirmed": 5},
            }
        },
    }
    assert seal.told(indicator).decode() == (
        '{"created_by_ref":"identity--5d0f7c1e-3a4b-4c5d-8e6f-102030405060",'
        '"ext_sha256":"e3c27edc727fcfcbd1b6ba03dcefc000036f1e6b74521a5b76f61d31c953d85d",'
        '"format":"abusedesk-sig/1","id":"indicator--00000000-0000-4000-8000-000000000000",'
        '"pattern_sha256":"3ea8c34b68f7d573aaf40b5b9ee2bfc55f8d490d2ed7a219368611a1ad661786","pattern_type":"sigma","revision":3,"tlp":"green",'
        '"valid_until":"2027-01-01T00:00:00Z"}'
    )
    signed = seal.signed(indicator, bytes(range(32)))
    assert signed["extensions"][EXTENSION]["signature"] == {
        "key_id": "ed25519:56475aa75463474c",
        "alg": "Ed25519",
        "value": "aULdwQrAJyo4Leym3wBpgMppr6QucDFq6RryziCT8LuNrf5/3Nz50c/7SW5PdyT3"
        "6Clh3fSydzc92PFkS5pWAw==",
    }


@pytest.mark.row(89)
def test_a_signature_survives_the_tools_that_rewrite_objects() -> None:
    indicator = packs.far_indicator()
    parsed = cast(Any, stix2.parse(indicator, allow_custom=False))
    assert seal.holds(json.loads(parsed.serialize()), PUBLIC)
    crlf = {**indicator, "pattern": indicator["pattern"].replace("\n", "\r\n") + "\n\n"}
    assert seal.holds(crlf, PUBLIC)
    assert seal.holds({**indicator, "pattern": indicator["pattern"].rstrip()}, PUBLIC)
    told = json.loads(json.dumps(indicator))
    told["extensions"][EXTENSION]["evidence"] = {"confirmed": 20}
    assert seal.holds(told, PUBLIC), "counts of others are not signed"


@pytest.mark.row(89)
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_one_changed_character_of_what_is_signed_breaks_it(data: st.DataObject) -> None:
    indicator = packs.far_indicator()
    extension = {k: v for k, v in indicator["extensions"][EXTENSION].items() if k != "signature"}
    whole = {
        "pattern": indicator["pattern"].rstrip(), "id": indicator["id"],
        "valid_until": indicator["valid_until"][:19],
        "extension": rfc8785.dumps(extension).decode(),
    }  # fmt: skip
    name = data.draw(st.sampled_from(sorted(whole)))
    place = data.draw(st.integers(0, len(whole[name]) - 1))
    changed = whole[name][:place] + chr(ord(whole[name][place]) ^ 1) + whole[name][place + 1 :]
    told = dict(indicator)
    if name == "extension":
        try:
            read = json.loads(changed)
        except ValueError:
            return
        if read == extension:
            return
        read = {**read, "signature": indicator["extensions"][EXTENSION]["signature"]}
        told["extensions"] = {EXTENSION: read}
    else:
        told[name] = f"{changed}Z" if name == "valid_until" else changed
    assert not seal.holds(told, PUBLIC)


def test_another_mark_breaks_the_signature() -> None:
    indicator = packs.far_indicator()
    clear = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
    assert not seal.holds({**indicator, "object_marking_refs": [clear]}, PUBLIC)
    assert not seal.holds(indicator, signing.public_of(bytes(32)))


@pytest.mark.row(89)
def test_no_flipped_bit_of_a_signed_file_is_taken() -> None:
    """Every byte of the file, one after the other: refused, or of a key that nobody pinned."""
    file = opening.written(
        packs.far_bundle(), recipient="South desk", share="waves r1", secret=packs.SECRET
    )
    assert opening.opened(file, KEYS).is_known
    taken = []
    for place in range(len(file)):
        flipped = file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :]
        try:
            if opening.opened(flipped, KEYS).is_known:
                taken.append(place)
        except wire.UnreadableError:
            continue
    assert taken == []


def test_the_bundle_of_a_file_can_be_checked_by_any_tool() -> None:
    bundle = packs.far_bundle()
    file = opening.written(bundle, recipient="B", share="s", secret=packs.SECRET)
    assert signing.opened(file, PUBLIC) == bundle
    assert base64.b64decode(json.loads(file)["payload"]) == bundle


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff\xfe", "no JSON"),
        (b"[]", "no bundle"),
        (b'{"type": "bundle"}', "no list of objects"),
        (b'{"type": "bundle", "objects": [1]}', "no list of objects"),
        (b'{"type": "bundle", "type": "bundle", "objects": []}', "stands twice"),
        (b'{"type": "bundle", "objects": [{"a": NaN}]}', "NaN is no number"),
        (b'{"format": "abusedesk-bundle/2"}', "neither a STIX bundle"),
        (b'{"format": "abusedesk-bundle/1", "signatures": []}', "two signatures"),
        (b'{"a":' * 30 + b"1" + b"}" * 30, "nested deeper"),
        (b"[" * 100_000, "no JSON"),
        (b" " * (wire.MAX_BYTES + 1), "larger than"),
        (b'{"type":"bundle","objects":[' + b"{}," * 500 + b"{}]}", "at most 500"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(body: bytes, said: str) -> None:
    with pytest.raises(wire.UnreadableError, match=said):
        opening.opened(body, KEYS)


def test_a_parameter_moves_its_number_and_nothing_else() -> None:
    parameters = binding.threshold_of(packs.RULE)
    assert parameters["threshold"].bind == "/1/correlation/condition/gte"
    same = binding.tuned("sigma", packs.RULE, parameters, {"threshold": 5})
    assert same == packs.RULE
    moved = binding.tuned("sigma", packs.RULE, parameters, {"threshold": 9})
    assert binding.threshold_of(moved)["threshold"].default == 9
    before, after = (binding.documents_of("sigma", one) for one in (packs.RULE, moved))
    after[1]["correlation"]["condition"]["gte"] = 5
    assert after == before


@pytest.mark.parametrize("value", [1, 21, 5.5, True])
def test_a_parameter_stays_inside_its_bounds(value: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        binding.tuned("sigma", packs.RULE, binding.threshold_of(packs.RULE), {"threshold": value})
    with pytest.raises(ValueError, match="no parameter other"):
        binding.tuned("sigma", packs.RULE, {}, {"other": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"bind": "/1/correlation/condition/gt"},
        {"bind": "/9/correlation"},
        {"bind": "/1/title"},
        {"default": 6},
        {"min": 6},
        {"max": 4},
    ],
)
def test_a_parameter_that_does_not_fit_its_pattern_is_a_fault(change: dict[str, Any]) -> None:
    told = wire.plain(binding.threshold_of(packs.RULE)["threshold"]) | change
    one = wire.Parameter(**told)
    assert list(binding.faults("sigma", packs.RULE, {"threshold": one}))
    assert not list(binding.faults("sigma", packs.RULE, binding.threshold_of(packs.RULE)))


@given(st.integers(0, 100_000))
def test_a_count_is_told_as_the_floor_of_its_bucket(count: int) -> None:
    floor = outcomes.floor_of(count)
    assert floor <= count
    assert floor in (0, *outcomes.FLOORS)
    assert (floor == 0) == (count < 5)
    above = [one for one in outcomes.FLOORS if one > floor]
    assert not above or count < above[0]


def test_buckets_read_as_people_say_them() -> None:
    told = [outcomes.bucket(one) for one in (0, *outcomes.FLOORS)]
    assert told == ["none", "5 to 19", "20 to 99", "100 to 999", "1,000 or more"]


def test_tests_say_what_was_missing_and_what_was_beyond() -> None:
    what = vectors.runnable("sigma", packs.RULE)
    wrong = {**packs.vector("positive", 6), "expected": [["chirp:nobody"]]}
    told = [wire.Vector(**packs.vector("positive", 6)), wire.Vector(**packs.vector("negative", 4)),
            wire.Vector(**wrong), wire.Vector(**packs.vector("negative", 7))]  # fmt: skip
    good, none, missed, loud = vectors.run_vectors(what, told)
    assert (good.passed, none.passed) == (True, True)
    assert (missed.passed, missed.missing) == (False, [["chirp:nobody"]])
    assert (loud.passed, len(loud.beyond)) == (False, 1)
    assert vectors.all_green([good, none])
    assert not vectors.all_green([good, good])
    assert not vectors.all_green([good, none, loud])
