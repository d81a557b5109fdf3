"""What a purge counts is what it takes: nothing held, cited, unread or without a rule."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abusedesk import env
from abusedesk.core import clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry
from detectors import partitions, stream
from detectors.choices import HoldKind, PurgeState
from detectors.models import (
    CampaignFinding,
    Checkpoint,
    Cursor,
    DeadLetter,
    Entity,
    PurgeRun,
    Quarantine,
    Shard,
    Signal,
    SignalEntity,
    Tombstone,
)
from detectors.partitions import Month, existing_months, forget_partitions
from detectors.purging import counting, deleting
from detectors.purging.plan import InUse
from detectors.selectors.retention import buried_of
from detectors.services.engine import advance
from detectors.services.hold import place_hold, release_hold
from detectors.services.purge import begin_verify, start_purge, step_run, stop_purge
from tests import cast
from tests.retention import (
    ago,
    left,
    letter,
    middle,
    purged,
    read_all,
    rule,
    source,
    stepped,
    stored,
    verified,
)
from tests.ui import world

pytestmark = pytest.mark.django_db


def _ids(signals: list[Signal]) -> set[int]:
    return {signal.pk for signal in signals}


def _month_of(signals: list[Signal]) -> Month:
    return Month(signals[0].occurred_at.year, signals[0].occurred_at.month)


@pytest.mark.row(77)
def test_verify_says_how_many_go_and_the_purge_takes_exactly_those() -> None:
    old, young = stored(middle(4), number=5), stored(ago(1), number=3)
    rule(30)
    run = verified()
    assert (run.state, run.signals, left()) == (PurgeState.VERIFIED, 5, _ids(old + young))
    run = purged(run)
    assert (run.state, run.gone_signals, left()) == (PurgeState.DONE, 5, _ids(young))
    assert (run.gone_mentions, run.gone_entities) == (5, 5)


def test_without_a_rule_nothing_goes() -> None:
    stored(middle(40), number=2)
    run = verified()
    assert run.signals == 0
    with pytest.raises(ConflictError, match="Nothing would go"):
        start_purge(actor=cast.admin(), run=run, signals=0)


def test_the_most_specific_rule_wins() -> None:
    kept = stored(middle(4), kind="login") + stored(middle(4), slug="bank")
    stored(middle(4))
    rule(30)
    rule(None, slug="bank")
    rule(9_000, slug="shop", kind="login")
    purged(verified())
    assert left() == _ids(kept)


def test_a_month_of_which_all_goes_is_dropped_with_its_partition() -> None:
    old = stored(middle(4), number=3)
    rule(30)
    run = verified()
    assert [(one["month"], one["total"]) for one in run.months] == [(str(_month_of(old)), 3)]
    assert run.bytes > 0
    purged(run)
    assert _month_of(old) not in existing_months()
    stored(middle(4))  # the partition is made again
    assert _month_of(old) in existing_months()


def test_a_month_of_which_some_stays_loses_rows_only() -> None:
    old, kept = stored(middle(4), number=3), stored(middle(4), kind="login")
    rule(30, kind="post")
    run = purged(verified())
    assert (run.state, left()) == (PurgeState.DONE, _ids(kept))
    assert _month_of(old) in existing_months()
    assert set(SignalEntity.objects.values_list("signal_id", flat=True)) == _ids(kept)


@pytest.mark.parametrize("step", ["tombs", "mentions", "drop"])
def test_a_purge_that_is_killed_in_a_step_goes_on_from_there(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The transaction of the step is gone as after kill -9; the row says what is true."""
    monkeypatch.setattr(deleting, "ROWS", 2)
    young = stored(ago(1)) + stored(middle(4), kind="login")
    stored(middle(5), number=3)
    stored(middle(4), number=5)
    rule(30, kind="post")
    run = verified()
    start_purge(actor=cast.admin(), run=run, signals=8)
    module, name = {
        "tombs": (deleting, "delete_signals"),
        "mentions": (deleting, "due_ids"),
        "drop": (partitions, "drop_month"),
    }[step]
    whole, calls = getattr(module, name), []

    def dies_once(*args: object, **named: object) -> object:
        calls.append(args)
        done = whole(*args, **named)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(module, name, dies_once)
    with pytest.raises(KeyboardInterrupt):
        stepped(run)
    run.refresh_from_db()
    assert run.gone_signals == 8 + len(young) - Signal.objects.count()
    run = stepped(run)
    assert (run.state, run.gone_signals, run.gone_mentions) == (PurgeState.DONE, 8, 8)
    assert left() == _ids(young)


def test_holds_on_a_source_an_account_and_signals_keep_what_they_cover() -> None:
    held = [stored(middle(4), slug="bank")[0], stored(middle(4), actor="mallory")[0]]
    held.append(stored(middle(4), kind="login")[0])
    stored(middle(4), number=2)
    admin = cast.admin()
    place_hold(
        actor=admin, kind=HoldKind.SOURCE, target="bank", reason="court", source=source("bank")
    )
    place_hold(
        actor=admin,
        kind=HoldKind.ACCOUNT,
        target="x:mallory",
        reason="court",
        accounts=["x:mallory"],
    )
    place_hold(
        actor=admin, kind=HoldKind.CASE, target="AD-1", reason="court", signal_ids=[held[2].pk]
    )
    letter(middle(4), "bank")
    rule(30)
    run = verified()
    assert (run.signals, run.held, run.letters) == (2, 3, 0)
    purged(run)
    assert left() == _ids(held)


def test_what_a_case_in_work_cites_stays_and_is_counted() -> None:
    old = stored(middle(4), number=4)
    campaign = world.campaign_of(1, old[:3], clock.now())
    read_all()
    rule(30)
    run = verified([campaign.pk])
    assert (run.signals, run.cited) == (1, 3)
    run = purged(run, [campaign.pk])
    assert (run.state, left()) == (PurgeState.DONE, _ids(old[:3]))


def test_what_somebody_has_still_to_read_stays() -> None:
    old = stored(middle(4), number=2)
    late = stored(middle(4))
    Cursor.objects.update(signal_id=old[-1].pk)
    rule(30)
    run = verified()
    assert (run.signals, run.unread) == (2, 1)
    assert purged(run).state == PurgeState.DONE
    assert left() == _ids(late)


def test_a_purge_stops_when_a_hold_came_after_it_was_verified() -> None:
    old = stored(middle(4), number=3)
    rule(30)
    run = verified()
    place_hold(
        actor=cast.admin(),
        kind=HoldKind.CASE,
        target="AD-1",
        reason="court",
        signal_ids=[old[0].pk],
    )
    run = purged(run)
    assert (run.state, run.gone_signals, left()) == (PurgeState.STOPPED, 0, _ids(old))
    assert "3 signals to go, now it is 2" in run.said
    assert AuditEntry.objects.filter(verb=Verb.PURGE_STOPPED).count() == 1


def test_a_hold_that_comes_in_the_middle_keeps_its_signals_and_stops_the_purge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deleting, "ROWS", 2)
    stored(middle(4), kind="login")
    old = stored(middle(4), number=6)
    rule(30, kind="post")
    run = verified()
    start_purge(actor=cast.admin(), run=run, signals=6)
    while not PurgeRun.objects.get(pk=run.pk).gone_signals:
        step_run(run_id=run.pk, in_use=InUse())
    place_hold(
        actor=cast.admin(),
        kind=HoldKind.CASE,
        target="AD-1",
        reason="court",
        signal_ids=[old[-1].pk],
    )
    run = stepped(run)
    assert run.state == PurgeState.STOPPED
    assert f"{run.gone_signals} of 6 signals went" in run.said
    assert Signal.objects.filter(kind="post").count() == 6 - run.gone_signals
    assert old[-1].pk in left()


def test_a_hold_that_is_released_after_verification_still_counts() -> None:
    old = stored(middle(4), number=3)
    admin = cast.admin()
    hold = place_hold(
        actor=admin, kind=HoldKind.CASE, target="AD-1", reason="court", signal_ids=[old[0].pk]
    )
    rule(30)
    run = verified()
    release_hold(actor=admin, hold=hold, reason="settled")
    assert purged(run).state == PurgeState.DONE
    assert left() == {old[0].pk}


def test_a_signal_that_comes_late_stays_and_turns_the_drop_into_rows() -> None:
    stored(middle(4), number=3)
    rule(30)
    run = verified()
    late = stored(middle(4))
    run = purged(run)
    assert (run.state, run.gone_signals, left()) == (PurgeState.DONE, 3, _ids(late))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda run: rule(40), "rules have changed"),
        (
            lambda run: PurgeRun.objects.filter(pk=run.pk).update(
                verified_at=ago(2), created_at=ago(2)
            ),
            "24 hours",
        ),
        (purged, "only a verified one"),
        (
            lambda run: start_purge(actor=cast.admin(), run=verified(), signals=run.signals),
            "Another purge",
        ),
    ],
)
def test_a_plan_that_is_not_valid_any_more_does_not_start(change: object, says: str) -> None:
    stored(middle(4), number=2)
    rule(30)
    run = verified()
    assert callable(change)
    change(run)
    with pytest.raises(ConflictError, match=says):
        start_purge(actor=cast.admin(), run=run, signals=2)


def test_whoever_starts_a_purge_types_how_many_go() -> None:
    stored(middle(4), number=2)
    rule(30)
    run = verified()
    with pytest.raises(InvalidError, match="Type the number"):
        start_purge(actor=cast.admin(), run=run, signals=3)
    with pytest.raises(ForbiddenError):
        start_purge(actor=cast.lead(), run=run, signals=2)
    with pytest.raises(ForbiddenError):
        begin_verify(actor=cast.lead(), in_use=InUse())


def test_refused_items_go_by_the_rule_of_their_source() -> None:
    kept = [letter(ago(1)), letter(middle(4), "bank")]
    letter(middle(4))
    rule(30, slug="shop")
    rule(30, slug="bank", kind="post")
    run = verified()
    assert (run.signals, run.letters) == (0, 1)
    run = purged(run)
    assert (run.state, run.gone_letters) == (PurgeState.DONE, 1)
    assert set(DeadLetter.objects.values_list("pk", flat=True)) == {one.pk for one in kept}


def test_an_entity_that_something_still_mentions_stays() -> None:
    old, young = stored(middle(4))[0], stored(ago(1))[0]
    world.mention(old, "domain", "both.example")
    world.mention(young, "domain", "both.example")
    rule(30)
    assert purged(verified()).gone_entities == 1
    values = set(Entity.objects.values_list("value", flat=True))
    assert values == {"both.example", f"d-{young.pk}.example"}


@pytest.mark.parametrize("kind", ["", "post"], ids=["dropped", "by rows"])
def test_what_a_finding_cites_leaves_a_tombstone_and_the_finding(kind: str) -> None:
    old = stored(middle(4), number=3)
    stored(middle(4), kind="login")
    campaign = world.campaign_of(1, old[:2], clock.now())
    Quarantine.objects.create(
        config=world.config_of("velocity"), signal_id=old[0].pk, traceback="boom"
    )
    read_all()
    rule(30, kind=kind)
    run = purged(verified())
    found = buried_of(_ids(old), cast.reviewer())
    assert found.total == 2
    assert [(one.signal_id, one.kind, one.run_id) for one in found.newest] == [
        (one.pk, "post", run.pk) for one in reversed(old[:2])
    ]
    assert CampaignFinding.objects.filter(campaign=campaign).count() == 2
    assert Quarantine.objects.count() == 0


def test_a_mention_in_the_month_before_goes_and_one_of_another_month_stays() -> None:
    """A sender's fast clock: the mention bears the time of receipt, in another partition."""
    first = middle(4).replace(day=1, hour=0, minute=0)
    early = stored(first + timedelta(minutes=5))[0]
    SignalEntity.objects.filter(signal_id=early.pk).delete()
    stored(first - timedelta(days=10), slug="bank")
    following = stored(first + timedelta(days=32), slug="bank")[0]
    end = Month(first.year, first.month).end
    for signal, moment in ((early, first - timedelta(minutes=5)), (following, end)):
        row = world.mention(signal, "domain", f"fast-{signal.pk}.example")
        SignalEntity.objects.filter(pk=row.pk).delete()
        row.pk, row.occurred_at = None, moment - timedelta(minutes=1)
        row.save(force_insert=True)
    rule(30, slug="shop")
    run = purged(verified())
    assert run.state == PurgeState.DONE
    values = set(Entity.objects.values_list("value", flat=True))
    assert f"fast-{early.pk}.example" not in values
    assert f"fast-{following.pk}.example" in values
    assert not SignalEntity.objects.filter(signal_id=early.pk).exists()


def test_everything_is_audited() -> None:
    stored(middle(4), number=2)
    rule(30)
    purged(verified())
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", "actor_label"))
    admin = cast.admin().username
    assert verbs == [
        (Verb.RULE_SAVED, admin),
        (Verb.PURGE_VERIFIED, admin),
        (Verb.PURGE_STARTED, admin),
        (Verb.PURGE_DONE, admin),
    ]


def test_workers_forget_pages_of_before_a_purge() -> None:
    stored(middle(4), number=3)
    read_all()
    line = world.live_stream().pk
    advance(stream_id=line)
    assert len(stream.read(line, stream.Position(), 3).signals) == 3
    rule(30, kind="post")
    stored(ago(1), kind="login")
    run = verified()
    Cursor.objects.update(signal_id=10**9)
    run = purged(verified())
    assert run.gone_signals == 3
    advance(stream_id=line)
    assert [one.kind for one in stream.read(line, stream.Position(), 3).signals] == ["login"]


def test_an_admin_stops_a_purge_and_its_counts_say_what_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deleting, "ROWS", 2)
    stored(middle(4), kind="login")
    stored(middle(4), number=5)
    rule(30, kind="post")
    run = verified()
    start_purge(actor=cast.admin(), run=run, signals=5)
    while not PurgeRun.objects.get(pk=run.pk).gone_signals:
        step_run(run_id=run.pk, in_use=InUse())
    with pytest.raises(ForbiddenError):
        stop_purge(actor=cast.lead(), run=run)
    stopped = stop_purge(actor=cast.admin(), run=run)
    assert (stopped.state, stopped.said) == (PurgeState.STOPPED, "admin stopped it.")
    assert step_run(run_id=run.pk, in_use=InUse()) == 0
    assert Signal.objects.filter(kind="post").count() == 5 - stopped.gone_signals
    with pytest.raises(ConflictError, match="nothing to stop"):
        stop_purge(actor=cast.admin(), run=run)


def test_a_purge_waits_for_a_detector_that_has_fallen_behind() -> None:
    old = stored(middle(4), number=3)
    world.config_of("velocity")
    read_all()
    rule(30)
    run = verified()
    Shard.objects.update(signal_id=old[0].pk)
    run = purged(run)
    assert (run.state, run.gone_signals) == (PurgeState.PURGING, 0)
    assert run.said == "Waits until velocity has read and saved what will go."
    read_all()
    run = stepped(run)
    assert (run.state, run.gone_signals, run.said) == (PurgeState.DONE, 3, "")
    saved = Checkpoint.objects.get()
    assert (saved.tx, saved.signal_id) == (3, old[-1].pk)


@pytest.mark.django_db(transaction=True)
def test_a_drop_lets_go_of_the_store_while_somebody_reads_and_tries_again() -> None:
    stored(middle(4), number=3)
    rule(30)
    run = verified()
    with psycopg.connect(env.current().dsn) as reader:
        reader.execute("SELECT count(*) FROM detectors_signal")
        run = purged(run)
        assert (run.state, run.gone_signals, len(left())) == (PurgeState.PURGING, 0, 3)
    run = stepped(run)
    assert (run.state, run.gone_signals, left()) == (PurgeState.DONE, 3, set())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["before the lock", "after the count"])
def test_a_signal_that_comes_while_its_month_is_counted_stays(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    old = stored(middle(4), number=3)
    rule(30)
    run = start_purge(actor=cast.admin(), run=verified(), signals=3)
    assert step_run(run_id=run.pk, in_use=InUse())  # counted again; the drop comes next
    module, name = {
        "before the lock": (deleting, "prepare_drop"),
        "after the count": (counting, "count_month"),
    }[place]
    whole, late = getattr(module, name), list[Signal]()

    def meanwhile(*args: Any, **named: Any) -> Any:
        done = whole(*args, **named)
        if not late:
            late.append(_posted_elsewhere(old[0]))
        return done

    monkeypatch.setattr(module, name, meanwhile)
    run = stepped(run)
    assert (run.state, run.gone_signals) == (PurgeState.PURGING, 0)
    run = stepped(run)
    assert (run.state, run.gone_signals, left()) == (PurgeState.DONE, 3, {late[0].pk})


def _posted_elsewhere(like: Signal) -> Signal:
    """One more signal of the same moment, by another connection."""

    def post() -> Signal:
        row = Signal.objects.get(pk=like.pk)
        row.pk, row.external_id = None, "late"
        row.save(force_insert=True)
        connection.close()
        return row

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(post).result()


SOURCES, KINDS = ("shop", "bank"), ("post", "login")
WORLDS = st.fixed_dictionaries(
    {
        "signals": st.lists(
            st.tuples(
                st.integers(2, 5), st.sampled_from(SOURCES), st.sampled_from(KINDS), st.booleans()
            ),
            max_size=8,
        ),
        "rules": st.dictionaries(
            st.tuples(st.sampled_from(("", *SOURCES)), st.sampled_from(("", *KINDS))),
            st.sampled_from((None, 20, 100)),
            max_size=4,
        ),
        "rows": st.integers(1, 4),
    }
)


@given(drawn=WORLDS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_nothing_held_or_without_a_rule_ever_goes_and_counts_are_true(
    monkeypatch: pytest.MonkeyPatch, drawn: dict[str, object]
) -> None:
    signals, rules, rows = drawn["signals"], drawn["rules"], drawn["rows"]
    assert isinstance(signals, list)
    assert isinstance(rules, dict)
    monkeypatch.setattr(deleting, "ROWS", rows)
    _empty()
    kept: set[int] = set()
    held: set[int] = set()
    for months, slug, kind, is_held in signals:
        row = stored(middle(months), slug=slug, kind=kind)[0]
        held |= {row.pk} if is_held else set()
        days = _days(rules, slug, kind)
        is_due = days is not None and row.occurred_at < ago(days)
        kept |= set() if is_due and not is_held else {row.pk}
    for (slug, kind), days in rules.items():
        rule(days, slug, kind)
    place_hold(
        actor=cast.admin(), kind=HoldKind.CASE, target="AD-1", reason="court", signal_ids=held
    )
    run = verified()
    assert run.signals == len(signals) - len(kept)
    if run.signals:
        run = purged(run)
        assert (run.state, run.gone_signals) == (PurgeState.DONE, run.signals)
    assert left() == kept


def _days(rules: dict[tuple[str, str], int | None], slug: str, kind: str) -> int | None:
    order = ((slug, kind), (slug, ""), ("", kind), ("", ""))
    return next((rules[pair] for pair in order if pair in rules), None)


def _empty() -> None:
    """What the example before this one left."""
    Tombstone.objects.all().delete()
    PurgeRun.objects.all().delete()
    forget_partitions()
    with connection.cursor() as cursor:
        for table in ("signal", "signalentity", "entity", "hold", "retentionrule"):
            cursor.execute(f"DELETE FROM detectors_{table}")
