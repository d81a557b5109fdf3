"""A page of a large collection: which versions stand in it, and how much is read for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from abusedesk.core.models import User
from cases.models import Rendition, SharedObject
from cases.selectors.taxii import objects_by_partner
from cases.services.partner import issue_partner_token
from cases.taxii.paging import Asked
from tests.sharing import desk
from tests.sharing.desk import Sharing

DAY: Final = datetime(2026, 11, 1, tzinfo=UTC)
OBJECTS: Final = 4_000
PAGE: Final = 100


@dataclass(frozen=True)
class Row:
    """An object as it was let out: which, in which of its versions; ours: to this partner."""

    name: int
    version: int
    ours: bool = True


@dataclass
class Shelf:
    """A collection with these rows and nothing else of the kind."""

    on: Sharing
    viewer: User
    mine: Rendition
    other: Rendition
    rows: list[SharedObject] = field(default_factory=list)

    def fill(self, rows: list[Row]) -> None:
        SharedObject.objects.all().delete()
        self.rows = SharedObject.objects.bulk_create(
            _made(self, number, row) for number, row in enumerate(rows, 1)
        )


def _made(shelf: Shelf, number: int, row: Row) -> SharedObject:
    return SharedObject(
        circle=shelf.on.circle,
        rendition=shelf.mine if row.ours else shelf.other,
        seq=number,
        added_at=DAY + timedelta(microseconds=number),
        stix_id=f"indicator--{row.name}",
        type="indicator",
        version=DAY + timedelta(seconds=row.version),
        tlp="green",
        body="{}",
        sha256="0" * 64,
    )


def _shelf() -> Shelf:
    """The share is out to the first partner; its rendition for the others is another."""
    on = desk.desk()
    share = desk.shared(on, partners=[on.partners[0].slug])
    issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    on.partners[0].refresh_from_db()
    mine = share.renditions.get()
    other = Rendition.objects.get(pk=mine.pk)
    other.pk, other.profile = None, "another"
    other.save()
    assert on.partners[0].user is not None
    return Shelf(on, on.partners[0].user, mine, other)


ROWS: Final = st.lists(
    st.builds(Row, st.integers(0, 3), st.integers(0, 2), st.booleans()), max_size=12
)
VERSIONS: Final = st.sampled_from([("last",), ("first",), ("all",), ("first", "last"), ("1",)])


class TestVersions(TestCase):
    """Hypothesis rolls each example back only where the test is one of these."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rows=ROWS, words=VERSIONS, after=st.integers(0, 12), since=st.integers(0, 12))
    def test_a_page_has_the_versions_that_are_asked_for_each_once(
        self, rows: list[Row], words: tuple[str, ...], after: int, since: int
    ) -> None:
        shelf = _shelf()
        shelf.fill(rows)
        said = tuple(
            (DAY + timedelta(seconds=int(one))).isoformat() if one.isdigit() else one
            for one in words
        )
        moment = DAY + timedelta(microseconds=after) if after else None
        asked = Asked({"version": said}, moment, since=since)
        found = objects_by_partner(shelf.on.circle, shelf.viewer, asked)
        expected = _wanted(rows, words)
        assert [one.seq for one in found] == [seq for seq in expected if seq > max(after, since)]


def _wanted(rows: list[Row], words: tuple[str, ...]) -> list[int]:
    """Places, by the plain meaning of the words."""
    newest: dict[tuple[int, int], int] = {}
    for seq, row in enumerate(rows, 1):
        if row.ours:
            newest[row.name, row.version] = seq
    found: set[int] = set()
    for name in {name for name, _ in newest}:
        seqs = {version: seq for (one, version), seq in newest.items() if one == name}
        meant = {str(version): {seq} for version, seq in seqs.items()}
        meant |= {"last": {max(seqs.values())}, "first": {seqs[min(seqs)]}, "all": {*seqs.values()}}
        for word in words:
            found |= meant.get(word, set())
    return sorted(found)


@pytest.fixture
def shelf(db: None) -> Shelf:
    made = _shelf()
    made.fill([Row(n, 0) for n in range(OBJECTS)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_sharedobject")
        # so few rows may be read as they lie; what is asked is whether an index can serve a page
        cursor.execute("SET LOCAL enable_seqscan = off")
    return made


@pytest.mark.row(59)
@pytest.mark.parametrize("word", ["last", "first", "all"])
@pytest.mark.parametrize("behind", [0, 2_000])
@pytest.mark.parametrize("way", ["next", "added_after"])
def test_a_page_reads_its_own_rows_and_sorts_none(
    shelf: Shelf, word: str, behind: int, way: str
) -> None:
    since = behind if way == "next" else 0
    moment = DAY + timedelta(microseconds=behind) if way == "added_after" and behind else None
    asked = Asked({"version": (word,)}, moment, limit=PAGE, since=since)
    rows = objects_by_partner(shelf.on.circle, shelf.viewer, asked)[: PAGE + 1]
    plan = json.loads(rows.explain(analyze=True, format="json"))[0]["Plan"]
    over = [one for one in _steps(plan) if one.get("Relation Name") == "cases_sharedobject"]
    read = [one["Actual Rows"] + one.get("Rows Removed by Filter", 0) for one in over]
    assert over
    assert max(read) <= PAGE + 1, "no step reads what is left of the collection"
    assert [one.seq for one in rows] == [*range(behind + 1, behind + PAGE + 2)]


def test_what_a_share_holds_is_not_read_again_for_each_object(shelf: Shelf) -> None:
    row = objects_by_partner(shelf.on.circle, shelf.viewer, Asked(limit=1))[0]
    assert {"bundle", "table", "lines", "subjects"} <= row.rendition.get_deferred_fields()


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", []):
        yield from _steps(one)
