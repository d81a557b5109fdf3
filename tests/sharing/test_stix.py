"""STIX objects: ids that everybody computes, bundles that outside checkers find clean."""

from __future__ import annotations

import json
import random
from typing import Any, cast

import pytest
import stix2
from stix2validator import ValidationOptions, validate_parsed_json

from cases.sharing import checks, stix, tlp
from cases.sharing.closure import closed
from cases.sharing.egress import render
from detectors import normalise
from tests.sharing import made

# 244: platforms are no account types of the vocabulary. 302: a reference without a hash.
OPTIONS = ValidationOptions(strict=True, enforce_refs=True, disabled="244,302")


def _wrong(bundle: bytes) -> list[str]:
    result = validate_parsed_json(json.loads(bundle), OPTIONS)
    said = [*getattr(result, "errors", []), *getattr(result, "warnings", [])]
    for one in getattr(result, "object_results", []):
        said += [*one.errors, *one.warnings]
    return [str(one) for one in said]


@pytest.mark.parametrize(
    ("type", "properties", "uuid"),
    [
        ("domain-name", {"value": "example.com"}, "bedb4899-d24b-5401-bc86-8f6b4cc18ec7"),
        (
            "domain-name",
            {"value": "xn--bcher-kva.example"},
            "2756bcd2-4f67-5280-b058-56605b46834f",
        ),
        (
            "user-account",
            {"account_type": "twitter", "account_login": "alice", "user_id": "42"},
            "360a490a-13b0-5964-9c89-50e15cd66a48",
        ),
        (
            "url",
            {"value": "https://bad.example/a?x=%C3%A9"},
            "9ae15f89-7ea2-5e86-808c-dbcd1f106311",
        ),
    ],
)
def test_the_ids_of_observables_are_the_published_ones(
    type: str, properties: dict[str, str], uuid: str
) -> None:
    assert stix.observable_id(type, properties) == f"{type}--{uuid}"


_MAKERS: dict[str, Any] = {
    "domain-name": stix2.DomainName,
    "url": stix2.URL,
    "ipv4-addr": stix2.IPv4Address,
    "ipv6-addr": stix2.IPv6Address,
    "email-addr": stix2.EmailAddress,
    "user-account": stix2.UserAccount,
    "file": stix2.File,
}


def _observables(number: int) -> list[tuple[str, dict[str, Any]]]:
    """As many different ones, names in many scripts among them."""
    dice = random.Random(number)
    words = (
        "b\u00fccher",
        "\u4f8b\u3048",
        "\u043f\u0440\u0438\u043c\u0435\u0440",
        "stra\u00dfe",
        "shop",
        "caf\u00e9",
    )
    found = []
    for at in range(number):
        host = normalise.canonical_domain(f"{dice.choice(words)}{at}.example")
        assert host is not None
        digest = f"{dice.getrandbits(256):064x}"
        found.append(
            (
                ("domain-name", {"value": host}),
                ("url", {"value": f"https://{host}/a?x=%C3%A9&n={at}"}),
                ("ipv4-addr", {"value": f"198.51.{at % 256}.{at // 256}"}),
                ("ipv6-addr", {"value": f"2001:db8::{at:x}"}),
                ("email-addr", {"value": f"u{at}@{host}"}),
                (
                    "user-account",
                    {"account_type": "vk", "user_id": f'{dice.choice(words)} \U0001f600 "{at}\\'},
                ),
                ("file", {"hashes": {"SHA-256": digest, "MD5": digest[:32]}}),
            )[at % 7]
        )
    return found


@pytest.mark.row(59)
def test_ten_thousand_ids_are_those_of_the_reference_library() -> None:
    wrong = [
        (type, properties)
        for type, properties in _observables(10_000)
        if _MAKERS[type](**properties).id != stix.observable_id(type, properties)
    ]
    assert wrong == []


@pytest.mark.row(59)
def test_a_thousand_varied_cases_are_clean_for_the_outside_validator() -> None:
    wrong: dict[int, list[str]] = {}
    for number in range(1_000):
        bundle = render(*made.varied(number)).bundle
        if said := _wrong(bundle):
            wrong[number] = said
    assert wrong == {}


def test_the_outside_validator_would_say_what_is_wrong() -> None:
    bundle = json.loads(render(made.offer(), made.profile()).bundle)
    bundle["objects"] = [one for one in bundle["objects"] if one["type"] != "campaign"]
    assert _wrong(json.dumps(bundle).encode())


@pytest.mark.row(59)
def test_the_reference_library_reads_every_object_of_a_closed_and_an_open_case() -> None:
    closed = render(made.offer(), made.profile())
    opened = render(made.offer(case=made.case(closed_at=None, decision=None)), made.profile())
    for one in (closed, opened):
        parsed = stix2.parse(one.bundle.decode(), allow_custom=False)
        assert len(parsed.objects) == len(one.objects)
    kinds = {one["type"] for one in closed.objects}
    assert kinds == set(checks.REQUIRED) - {"email-addr"}, "mail leaves hashed, as an account"
    assert {one["type"] for one in opened.objects} == kinds - {"report", "note", "opinion"} | {
        "note"
    }


def test_what_nobody_confirmed_leaves_as_a_lead() -> None:
    objects = render(made.offer(case=made.case(decision=None)), made.profile()).objects
    told = [one for one in objects if "confidence" in one]
    assert {one["type"] for one in told} == {"campaign", "grouping", "indicator", "report"}
    assert all(one["confidence"] <= 29 for one in told)
    assert all(one["labels"] == ["investigation-seed"] for one in told)


def test_the_same_offer_is_the_same_bytes() -> None:
    first, second = (render(made.offer(), made.profile()) for _ in range(2))
    assert (first.bundle, first.table) == (second.bundle, second.table)
    assert first.bundle.isascii()


def test_every_object_bears_the_mark_of_its_share_and_refers_to_nothing_narrower() -> None:
    for level in ("clear", "green", "amber", "amber+strict"):
        objects = render(made.offer(level), made.profile(level)).objects
        marked = [one for one in objects if one["type"] != "marking-definition"]
        assert {tlp.level_of(one) for one in marked} == {"clear", level}
        clear = [one["type"] for one in marked if tlp.level_of(one) == "clear"]
        if level != "clear":
            assert sorted(clear) == ["extension-definition", "identity", "identity"]


def test_nothing_is_made_at_red() -> None:
    with pytest.raises(ValueError, match="TLP:RED"):
        render(made.offer("red"), made.profile("red"))


@pytest.mark.parametrize("level", tlp.LEVELS)
def test_marks_of_tlp_2_are_read_as_they_are_written(level: str) -> None:
    parsed = stix2.parse(json.dumps(tlp.definition(level)), allow_custom=False)
    assert parsed.id == tlp.MARKING[level]
    assert tlp.level_of({"object_marking_refs": [tlp.MARKING[level]]}) == level


@pytest.mark.parametrize(
    ("marks", "level"),
    [
        ([], None),
        (["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"], "clear"),
        (["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"], "green"),
        (["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"], "amber"),
        (["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"], "red"),
        ([tlp.MARKING["green"], tlp.MARKING["amber+strict"], tlp.MARKING["clear"]], "amber+strict"),
        (["marking-definition--00000000-0000-4000-8000-000000000000"], None),
    ],
)
def test_the_strictest_of_several_marks_counts_also_of_tlp_1(
    marks: list[str], level: str | None
) -> None:
    assert tlp.level_of({"object_marking_refs": marks}) == level
    assert tlp.foreign_level_of({"object_marking_refs": marks}) == (level or "amber")


def test_a_mark_on_a_part_counts_for_the_whole() -> None:
    part = {"marking_ref": tlp.MARKING["red"], "selectors": ["description"]}
    whole = {"object_marking_refs": [tlp.MARKING["green"]], "granular_markings": [part]}
    assert tlp.level_of(whole) == "red"


def test_references_to_what_is_missing_or_narrower_are_left_out_with_all_that_needs_them() -> None:
    green, amber = ([tlp.MARKING[level]] for level in ("green", "amber"))

    def account(name: str, marks: list[str]) -> dict[str, Any]:
        return {"type": "user-account", "id": f"user-account--{name}", "object_marking_refs": marks}

    shown, hidden = account("a", green), account("b", amber)
    tie = {
        "type": "relationship", "id": "relationship--c", "object_marking_refs": green,
        "source_ref": shown["id"], "target_ref": hidden["id"],
    }  # fmt: skip
    report = {
        "type": "report", "id": "report--d", "object_marking_refs": green,
        "object_refs": [shown["id"], hidden["id"], tie["id"]],
    }  # fmt: skip
    note = {
        "type": "note", "id": "note--e", "object_marking_refs": green, "object_refs": [tie["id"]],
    }  # fmt: skip
    kept = closed([shown, hidden, tie, report, note])
    assert [one["id"] for one in kept] == [shown["id"], hidden["id"], report["id"]]
    assert cast("list[str]", kept[2]["object_refs"]) == [shown["id"]]


def test_own_checks_name_what_is_wrong() -> None:
    objects = [dict(one) for one in render(made.offer(), made.profile()).objects]
    assert list(checks.faults(objects, "amber")) == []
    domain = next(one for one in objects if one["type"] == "domain-name")
    domain["value"] = "other.example"
    campaign = next(one for one in objects if one["type"] == "campaign")
    del campaign["name"]
    campaign["modified"] = "2020-01-01T00:00:00.000Z"
    campaign["object_marking_refs"] = []
    said = " ".join(checks.faults(objects, "amber"))
    for fault in (
        "its id is not the one of what it says",
        "name is missing",
        "created is after modified",
        "it bears no TLP",
    ):
        assert fault in said
    assert "narrower than what it leaves in" in " ".join(checks.faults(objects, "green"))
