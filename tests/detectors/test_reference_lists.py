"""Reference lists: what is loaded, how often, and which entities they name."""

from __future__ import annotations

from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from abusedesk.core import audit
from abusedesk.core.models import AuditEntry
from detectors import reference_lists
from detectors.choices import ReferenceKind
from detectors.models import ReferenceEntry, ReferenceList
from detectors.reference_lists import CATALOGUE, ReferenceFile
from detectors.selectors.reference import lists_of
from detectors.services.reference import load_reference_lists

pytestmark = pytest.mark.django_db
FILES = {
    "url-shortener": ReferenceFile("Shorteners", 25, ["sho.rt", ".tiny.example", "not a host"]),
    "tranco10k": ReferenceFile("Top 10K", 20250115, ["popular.example", "github.io"]),
    "dynamic-dns": ReferenceFile("Dynamic DNS", 2, [".github.io"]),
    "disposable-email": ReferenceFile("Throw-away mail", 20251223, ["throw.example"]),
    "vpn-ipv4": ReferenceFile("VPN", 20251223, ["203.0.113.0/25", "203.0.113.7", "junk"]),
    "vpn-ipv6": ReferenceFile("VPN 6", 1, ["2001:DB8:5::/48"]),
    "eicar.com": ReferenceFile("EICAR", 2, ["44D88612FEA8A8F36DE82E1278ABB02F"]),
}


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small lists of our own instead of those of the package."""
    monkeypatch.setattr(reference_lists, "read", FILES.__getitem__)
    load_reference_lists(actor=None, slugs=list(FILES))


def _load(*lists: str) -> str:
    said = StringIO()
    call_command("load_reference_lists", *lists, stdout=said)
    return said.getvalue()


def _on(kind: str, value: str) -> list[str]:
    return [one.slug for one in lists_of([(kind, value)]).get((kind, value), [])]


@pytest.mark.parametrize(
    ("kind", "value", "slugs"),
    [
        ("domain", "sho.rt", ["url-shortener"]),
        ("domain", "a.tiny.example", ["url-shortener"]),
        ("url", "https://sho.rt/abc", ["url-shortener"]),
        ("url", "http://203.0.113.7/x", ["vpn-ipv4", "vpn-ipv4"]),
        ("domain", "www.popular.example", ["tranco10k"]),
        ("domain", "unpopular.example", []),
        ("domain", "hort", []),
        ("email", "x@throw.example", ["disposable-email"]),
        ("email", "x@popular.example", []),
        ("ip", "203.0.113.99", ["vpn-ipv4"]),
        ("ip", "203.0.113.200", []),
        ("ip", "2001:db8:5::9", ["vpn-ipv6"]),
        ("ip", "hmac:12ab", []),
        ("hash", "md5:44d88612fea8a8f36de82e1278abb02f", ["eicar.com"]),
        ("handle", "sho.rt", []),
        ("domain", "203.0.113.0/25", []),
    ],
)
def test_an_entity_stands_on_the_lists_that_name_it(
    lists: None, kind: str, value: str, slugs: list[str]
) -> None:
    assert _on(kind, value) == sorted(set(slugs))


def test_a_part_of_a_well_known_host_that_anybody_can_have_is_not_well_known(lists: None) -> None:
    assert _on("domain", "somebody.github.io") == ["dynamic-dns"]
    assert _on("domain", "github.io") == ["dynamic-dns", "tranco10k"]


def test_a_chip_tells_the_day_of_its_list_or_the_version_where_there_is_none(lists: None) -> None:
    (popular,) = lists_of([("domain", "popular.example")])["domain", "popular.example"]
    (shortener,) = lists_of([("domain", "sho.rt")])["domain", "sho.rt"]
    assert (popular.name, popular.dated, popular.age) == (
        "Top 10K",
        date(2025, 1, 15),
        "of 2025-01-15",
    )
    assert (shortener.dated, shortener.age) == (None, "version 25")


def test_many_entities_are_looked_up_in_one_query(
    lists: None, django_assert_num_queries: Any
) -> None:
    things = [("domain", f"a{number}.sho.rt") for number in range(200)]
    things += [("ip", f"203.0.113.{number}") for number in range(200)]
    with django_assert_num_queries(1):
        found = lists_of(things)
    assert len(found) == 200 + 128


@pytest.mark.parametrize("things", [[], [("handle", "rosa"), ("account", "x:a")]])
def test_what_no_list_could_name_asks_nothing(
    things: list[tuple[str, str]], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert lists_of(things) == {}


def test_both_look_ups_use_an_index(lists: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for condition in ("value = 'sho.rt'", "network >>= '203.0.113.7'::inet"):
            cursor.execute(f"EXPLAIN SELECT 1 FROM detectors_referenceentry WHERE {condition}")
            assert "referenceentry_" in " ".join(row[0] for row in cursor.fetchall())


def test_loading_again_changes_nothing_and_a_new_version_replaces(
    lists: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(ReferenceEntry.objects.order_by("pk").values_list("pk", flat=True))
    assert load_reference_lists(actor=None, slugs=list(FILES)) == {}
    assert list(ReferenceEntry.objects.order_by("pk").values_list("pk", flat=True)) == before
    monkeypatch.setattr(reference_lists, "source", lambda: "pymispwarninglists 9")
    newer = {"url-shortener": ReferenceFile("Shorteners", 26, ["new.example"])}
    monkeypatch.setattr(reference_lists, "read", newer.__getitem__)
    assert list(load_reference_lists(actor=None, slugs=["url-shortener"])) == ["url-shortener"]
    assert _on("domain", "sho.rt") == []
    assert _on("domain", "new.example") == ["url-shortener"]
    assert ReferenceList.objects.filter(slug="url-shortener").count() == 1


def test_loading_is_audited_once_with_its_numbers(lists: None) -> None:
    load_reference_lists(actor=None, slugs=list(FILES))
    entries = AuditEntry.objects.filter(verb=audit.Verb.REFERENCE_LISTS_LOADED)
    assert [entry.data for entry in entries] == [{"lists": 7, "count": 10}]


def test_an_unknown_list_is_named_and_nothing_is_loaded() -> None:
    with pytest.raises(CommandError, match=r"There is no list nonsense\. There are: akamai,"):
        _load("url-shortener", "nonsense")
    assert ReferenceList.objects.count() == 0


def test_the_command_says_what_it_did() -> None:
    assert _load("url-shortener", "cloudflare").startswith("Loaded 2 reference lists with ")
    assert _load("url-shortener", "cloudflare") == (
        "This version of the reference lists is loaded; nothing to do.\n"
    )


def test_the_package_has_every_list_of_the_catalogue_and_most_entries_can_be_read() -> None:
    for slug, listing in CATALOGUE.items():
        if not listing.default:
            continue
        content = reference_lists.read(slug)
        assert len(reference_lists.entries(listing.kind, content.entries)) >= 0.6 * len(
            {entry.lower() for entry in content.entries}
        ), slug


def test_a_list_outside_the_catalogue_is_not_read() -> None:
    with pytest.raises(KeyError):
        reference_lists.read("../../../../etc")


def test_an_entry_stands_once_in_its_canonical_form() -> None:
    hosts = ["*.Evil.Example", "evil.example", ".evil.example", "@evil.example", "1.2.3.4"]
    assert reference_lists.entries(ReferenceKind.HOSTNAME, hosts) == ["evil.example"]
    networks = ["10.0.0.1/8", "10.0.0.0/8", "FE80::/10", "300.1.1.1"]
    assert reference_lists.entries(ReferenceKind.CIDR, networks) == ["10.0.0.0/8", "fe80::/10"]
