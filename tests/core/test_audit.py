"""The audit chain: nothing in it can be changed without being named."""

from __future__ import annotations

from contextlib import nullcontext
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from abusedesk.core import audit, context
from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry, User
from tests.cases import build

pytestmark = pytest.mark.django_db


def _chain(length: int = 5) -> list[AuditEntry]:
    return [
        audit.append(actor=None, verb=Verb.LOGGED_IN, target_type="t", target_id=str(one), n=one)
        for one in range(length)
    ]


def _as_superuser(sql: str) -> None:
    """What only somebody with the database in hand can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_an_untouched_chain_holds() -> None:
    entries = _chain()
    check = audit.verify()
    assert (check.entries, check.head, check.broken) == (5, entries[-1].digest, None)
    assert entries[0].previous == audit.GENESIS
    assert [one.previous for one in entries[1:]] == [one.digest for one in entries[:-1]]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditentry SET verb = 'x'",
        "UPDATE core_auditentry SET verb = 'x' WHERE id < 0",
        "DELETE FROM core_auditentry",
        "TRUNCATE core_auditentry",
    ],
)
@pytest.mark.row(83)
def test_the_database_refuses_to_change_the_chain(statement: str) -> None:
    _chain()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE refuses what is still owed
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert audit.verify().entries == 5


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("verb", "'case.undone'"),
        ("actor_label", "'somebody else'"),
        ("at", "at + interval '1 second'"),
        ("data", "'{\"n\": 7}'"),
        ("target_type", "'u'"),
        ("target_id", "'99'"),
        ("request_id", "'r'"),
        ("digest", "repeat('0', 63) || '1'"),
        ("previous", "repeat('0', 63) || '1'"),
    ],
)
@pytest.mark.row(83)
def test_a_changed_column_is_named_by_its_row(column: str, value: str) -> None:
    entries = _chain()
    _as_superuser(f"UPDATE core_auditentry SET {column} = {value} WHERE id = {entries[2].pk}")
    assert audit.verify().broken == entries[2].pk


def test_a_removed_row_is_noticed_at_the_next_one() -> None:
    entries = _chain()
    _as_superuser(f"DELETE FROM core_auditentry WHERE id = {entries[1].pk}")
    check = audit.verify()
    assert check.broken == entries[2].pk
    assert "removed" in check.fault


def test_two_swapped_rows_are_noticed() -> None:
    entries = _chain()
    first, second = entries[1].pk, entries[2].pk
    _as_superuser(
        f"UPDATE core_auditentry SET id = -1 WHERE id = {first};"
        f"UPDATE core_auditentry SET id = {first} WHERE id = {second};"
        f"UPDATE core_auditentry SET id = {second} WHERE id = -1;"
    )
    assert audit.verify().broken == first


def test_a_cut_tail_is_noticed_with_an_earlier_count() -> None:
    entries = _chain()
    _as_superuser(f"DELETE FROM core_auditentry WHERE id = {entries[-1].pk}")
    assert audit.verify().broken is None
    with pytest.raises(CommandError, match="cut off"):
        call_command("audit", "verify", entries=5)


def test_the_command_names_the_broken_row() -> None:
    entries = _chain()
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    assert "5 entries" in out.getvalue()
    _as_superuser(f"UPDATE core_auditentry SET verb = 'x' WHERE id = {entries[3].pk}")
    with pytest.raises(CommandError, match=f"Entry {entries[3].pk} is broken"):
        call_command("audit", "verify")


@pytest.mark.parametrize(
    "value",
    [
        1.0, 0.1 + 0.2, -0.0, 1e-9, 1e300, float("nan"), float("inf"), 2**80, True, None,
        "nul \x00 inside", "\ud800 alone", "ümläut \U0001f600", {"b": 1, "a": [1.5, {"x": None}]},
        (1, 2), UUID(int=5), build.NOON, Verb.CASE_OPENED,
    ],
)  # fmt: skip
def test_any_value_survives_the_way_through_the_database(value: object) -> None:
    audit.append(actor=None, verb=Verb.LOGGED_IN, value=value)
    assert audit.verify().broken is None


def test_the_machine_has_a_name_and_people_keep_theirs() -> None:
    person = User.objects.create_user("ada")
    assert audit.append(actor=None, verb=Verb.LOGGED_IN).actor_label == "abusedesk"
    entry = audit.append(actor=person, verb=Verb.LOGGED_IN, target=person)
    assert (entry.actor_label, entry.target_type, entry.target_id) == (
        "ada",
        "user",
        str(person.pk),
    )


def test_the_request_is_noted() -> None:
    with context.bound(context.Context(actor="1", request_id="abc")):
        assert audit.append(actor=None, verb=Verb.LOGGED_IN).request_id == "abc"


def test_every_verb_has_a_sentence() -> None:
    assert set(audit.SENTENCES) == set(Verb)
    assert all(len(verb.value) <= 40 for verb in Verb)


def test_a_sentence_takes_its_values_and_survives_missing_ones() -> None:
    entry = AuditEntry(verb=Verb.CASE_GREW, data={"hits": 3})
    assert audit.sentence(entry) == "attached new evidence: +3"
    assert audit.sentence(AuditEntry(verb=Verb.CASE_GREW, data={})) == "attached new evidence: +…"
    assert audit.sentence(AuditEntry(verb="long.gone", data={})) == "long.gone"


def test_a_value_is_never_read_as_a_template() -> None:
    entry = AuditEntry(verb=Verb.CASE_GREW, data={"hits": "{0.__class__} {hits}"})
    assert audit.sentence(entry) == "attached new evidence: +{0.__class__} {hits}"


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_make_one_chain() -> None:
    def write(place: int) -> None:
        for number in range(5):
            with transaction.atomic() if place % 2 else nullcontext():
                audit.append(actor=None, verb=Verb.LOGGED_IN, place=place, number=number)

    build.at_once(8, write)
    check = audit.verify()
    assert (check.entries, check.broken) == (40, None)
