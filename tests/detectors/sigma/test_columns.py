"""SQL reads the fields of a stored signal as detectors read them, value by value."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Signal
from detectors.schema import ActorProfile, Ai, Kind
from detectors.sigma.columns import rows_of
from detectors.sigma.fields import FIELDS, values_of
from detectors.sigma.matching import as_text, folded
from detectors.sigma.sql import Statement
from tests import make
from tests.detectors.sigma import world

KEYS = ("identifiers.ip", "identifiers.email", "attributes.a", "attributes.list", "attributes.n",
        "attributes.deep", "attributes.none", "attributes.yes", "attributes.missing")  # fmt: skip
NAMES = sorted(
    {name for name, one in FIELDS.items() if not one.open and name != "domain"} | {*KEYS}
)


def stored(name: str) -> dict[int, list[str]]:
    """Signal -> its values of a field, as SQL reads them."""
    statement = Statement()
    rows = rows_of(name, statement.bind)
    sql = f"SELECT s.id, f.v FROM detectors_signal AS s, LATERAL {rows} AS f WHERE f.v IS NOT NULL"
    found: dict[int, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, statement.values)
        for id_, value in cursor.fetchall():
            found.setdefault(id_, []).append(value)
    return found


def read(signals: list[Signal], name: str) -> dict[int, list[str]]:
    told = {one.id: [as_text(value) for value in values_of(one, name)] for one in signals}
    return {id_: values for id_, values in told.items() if values}


def numbered(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value


@pytest.mark.django_db
def test_every_field_is_read_alike() -> None:
    odd = make.signal(
        9_000,
        kind=Kind.AI_REQUEST,
        actor="Ünïcode:a b",
        text='quote " back\\slash %s {x}\nline',
        urls=("https://a.example/1", "https://b.example/2"),
        objects=("hashtag:Vote", "url:x"),
        identifiers={"ip": ["10.0.0.1", "10.0.0.2"], "email": "a@b.example"},
        actor_profile=ActorProfile(handle="@x", name="X", bio="b", followers=0, verified=False,
                                   created_at=make.MOMENT),
        ai=Ai(provider="openai", model="m", key="k", org="o", tokens_in=1, tokens_out=0,
              refused=True, declared_use="u"),
        attributes={"a": "A", "list": ["x", 1, None, "", ["y"], {"z": 1}, True], "n": -2.5,
                    "deep": {"a": 1}, "none": None, "yes": True},
    )  # fmt: skip
    signals = world.store([*world.generated(seed=11, count=120), odd])
    for name in NAMES:
        ours, theirs = read(signals, name), stored(name)
        same = {id_: [*map(numbered, values)] for id_, values in ours.items()}
        assert {id_: [*map(numbered, values)] for id_, values in theirs.items()} == same, name
        assert ours or name in {"attributes.deep", "attributes.none", "attributes.missing"}, name


@pytest.mark.django_db
@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\0"))))
@settings(max_examples=60, deadline=None)
def test_letters_are_folded_alike(texts: list[str]) -> None:
    told = [*texts, "STRASSE ß İstanbul ΣΑΣ ÀÉ ДА Ǆ"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(lower(v) ORDER BY n) FROM unnest(%s::text[])"
                       " WITH ORDINALITY AS t (v, n)", [told])  # fmt: skip
        assert cursor.fetchone()[0] == [folded(one) for one in told]
