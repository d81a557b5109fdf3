"""Every adapter is complete: declared, documented, with samples, tests and a property."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import is_hypothesis_test

from detectors import adapters
from detectors.adapters.base import Item
from detectors.adapters.registry import all_adapters, get
from tests.adapters.reading import SAMPLES, names, sample

ROOT = Path(__file__).resolve().parents[2]
SLUGS = list(all_adapters())


def module_of(slug: str) -> ModuleType:
    return import_module(f"tests.adapters.test_{slug.replace('-', '_')}")


def made(slug: str) -> list[dict[str, Any]]:
    """Fields of every signal that the samples of an adapter become."""
    found = [one for name in names(slug) for one in get(slug).read(sample(slug, name))]
    return [one.fields for one in found if isinstance(one, Item)]


def test_the_adapters_are_those_that_integrations_need() -> None:
    assert SLUGS == [
        "anthropic",
        "arf",
        "bluesky",
        "eml",
        "github",
        "intelmq",
        "mastodon",
        "openai",
        "phishing-csv",
        "stix",
        "thehive",
        "xarf",
    ]


def test_every_file_of_the_package_holds_one_adapter() -> None:
    helpers = {"__init__", "base", "registry"}
    files = {path.stem for path in Path(adapters.__path__[0]).glob("*.py")} - helpers
    assert files == {slug.replace("-", "_") for slug in SLUGS}


@pytest.mark.parametrize("slug", SLUGS)
def test_an_adapter_says_what_people_need_to_know(slug: str) -> None:
    meta = get(slug).meta
    assert meta.slug == slug
    assert len(meta.doc) > 200
    for text in (meta.title, meta.spec, meta.platforms, meta.time, meta.external_id):
        assert text
    assert all("/" in one and one == one.lower() for one in meta.media_types)
    assert all(one.startswith(".") for one in meta.suffixes)


@pytest.mark.parametrize("slug", SLUGS)
def test_an_adapter_has_samples_and_a_table_for_each(slug: str) -> None:
    assert names(slug), f"put samples into {SAMPLES / slug}"
    assert set(module_of(slug).TABLE) == set(names(slug))


@pytest.mark.parametrize("slug", SLUGS)
def test_an_adapter_has_a_property_that_no_bytes_break_it(slug: str) -> None:
    assert is_hypothesis_test(module_of(slug).test_no_bytes_break_it)


@pytest.mark.parametrize("slug", SLUGS)
def test_an_adapter_is_documented(slug: str) -> None:
    page = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8")
    assert f"(`{slug}`)" in page
    assert get(slug).meta.doc in page


@pytest.mark.parametrize("slug", SLUGS)
def test_the_samples_show_every_kind_that_the_adapter_declares(slug: str) -> None:
    found = {one["kind"] for one in made(slug)}
    declared = {kind.value for kind in get(slug).meta.kinds}
    assert found <= declared
    assert declared - found <= {"repost", "account.updated"}


@pytest.mark.parametrize("slug", SLUGS)
def test_names_of_signals_are_their_own(slug: str) -> None:
    for name in names(slug):
        signals = [
            (one.fields["external_id"], one.fields.get("occurred_at"))
            for one in get(slug).read(sample(slug, name))
            if isinstance(one, Item)
        ]
        assert len(set(signals)) == len(signals)


def test_samples_use_only_names_and_addresses_that_nobody_owns() -> None:
    text = b"".join(path.read_bytes() for path in SAMPLES.rglob("*") if path.is_file()).decode()
    hosts = re.findall(r"[\w-]+\.(?:com|org|net|io|social|de|info)\b", text)
    addresses = re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text)
    nobodys = ("127.0.0.1", "192.0.2.", "198.51.100.", "203.0.113.")
    assert (hosts, [one for one in addresses if not one.startswith(nobodys)]) == ([], [])
