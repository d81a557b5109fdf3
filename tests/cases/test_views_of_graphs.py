"""Addresses of a graph, a tangle made thin, and what is added by hand by several at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import AbuseDeskError, NotFoundError
from abusedesk.core.models import AuditEntry, Role, User
from cases.involved import accounts_of_case
from cases.models import Case, CaseAddition, Queue
from cases.selectors.addition import addition_by_id, additions_of
from cases.selectors.graph import EXPANDED, graph_for
from cases.services.addition import REASON_LIMIT, add_to_case, take_from_case
from cases.tangle import EACH, LINES, backbone, bundles, is_tangle
from cases.ui.graph_query import GraphQuery, graph_query
from detectors.entities import digest_of
from detectors.models import Entity, Signal
from detectors.selectors.neighbour import RECENT, sharers_by_thing
from tests import cast
from tests.cases import build
from tests.ui import world

HOSTILE = '"><script>alert(1)</script>\u202e&around=7#x'
IDS = st.integers(1, 10**17)
QUERIES = st.builds(
    GraphQuery,
    expand=st.lists(IDS, unique=True, max_size=EXPANDED).map(tuple),
    around=st.one_of(st.just(0), IDS),
    inside=st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")),
    every=st.booleans(),
)
CASE = Case(ref="AD-1")


# --- addresses -----------------------------------------------------------------------------


@given(query=QUERIES)
def test_an_address_of_a_view_leads_to_that_view(query: GraphQuery) -> None:
    path, _, asked = query.path(CASE).partition("?")
    assert path == "/cases/AD-1/graph/"
    assert graph_query(QueryDict(asked)) == query
    assert bool(asked) is not query.whole


@given(query=QUERIES, entity=IDS)
def test_buttons_of_a_node_come_back_to_the_view_that_it_stands_in(
    query: GraphQuery, entity: int
) -> None:
    page, _, asked = query.node(CASE, entity).partition("?")
    assert page == f"/cases/AD-1/graph/node/{entity}/"
    assert graph_query(QueryDict(asked)) == query


@given(query=QUERIES, entity=IDS)
def test_to_expand_and_fold_touches_one_node_and_never_more_than_fit(
    query: GraphQuery, entity: int
) -> None:
    wide = query.expanded(entity)
    assert wide.expand[-1] == entity
    assert wide.expanded(entity) == wide
    assert len(wide.expand) <= EXPANDED
    assert entity not in wide.folded(entity).expand
    kept = tuple(one for one in query.expand if one != entity)
    assert wide.folded(entity).expand == kept[-(EXPANDED - 1) :]
    assert (wide.around, wide.inside, wide.every) == (query.around, query.inside, query.every)
    assert query.isolated(entity) == GraphQuery(around=entity)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", GraphQuery()),
        ("expand=1&expand=1&expand=2", GraphQuery(expand=(1, 2))),
        ("expand=-1&expand=x&expand=&expand=1.5&expand=%00", GraphQuery()),
        ("expand=%D9%A3&around=%C2%B2", GraphQuery()),
        (f"expand={'9' * 18}&around={'9' * 19}", GraphQuery(expand=(int("9" * 18),))),
        ("&".join(f"expand={n}" for n in range(1, 12)), GraphQuery(expand=(1, 2, 3, 4, 5, 6))),
        ("around=0", GraphQuery()),
        ("inside=%00x%3Aa1", GraphQuery(inside="x:a1")),
        ("links=all", GraphQuery(every=True)),
        ("links=ALL&links=", GraphQuery()),
    ],
)
def test_what_is_no_number_is_not_asked_for(asked: str, found: GraphQuery) -> None:
    assert graph_query(QueryDict(asked)) == found


def test_a_query_without_lists_expands_nothing() -> None:
    assert graph_query({"expand": "3", "around": "4"}) == GraphQuery(around=4)


# --- tangles -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "lines", "tangled"),
    [
        (0, 0, False),
        (4, LINES, False),
        (4, LINES + 1, True),
        (20, LINES + 1, True),
        (21, LINES + 3, False),
        (21, LINES + 4, True),
        (100, 100 * EACH, False),
        (100, 100 * EACH + 1, True),
    ],
)
def test_a_tangle_has_more_lines_than_an_eye_can_follow(
    nodes: int, lines: int, *, tangled: bool
) -> None:
    assert is_tangle(nodes, lines) is tangled


LINES_OF = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), st.integers(0, 5)).filter(
        lambda one: one[0] < one[1]
    ),
    unique_by=lambda one: one[:2],
    max_size=28,
)


@given(lines=LINES_OF, seed=st.randoms())
def test_the_backbone_does_not_depend_on_the_order_of_lines(
    lines: list[tuple[str, str, int]], seed: Any
) -> None:
    told = [(a, b, float(score)) for a, b, score in lines]
    mixed = [(b, a, score) if seed.random() < 0.5 else (a, b, score) for a, b, score in told]
    seed.shuffle(mixed)
    names = {name for a, b, _ in told for name in (a, b)}
    for kept in (backbone(told), backbone(mixed)):
        assert kept <= {(a, b) for a, b, _ in told}
        assert {name for pair in kept for name in pair} == names
    assert backbone(told) == backbone(sorted(told))


@pytest.mark.parametrize(
    ("size", "pairs"),
    [(0, []), (1, []), (5, [(0, 1), (1, 2)]), (7, [(a, b) for a in range(7) for b in range(a)])],
)
def test_few_or_all_make_no_bundle(size: int, pairs: list[tuple[int, int]]) -> None:
    assert bundles(size, pairs) == [[number] for number in range(size)]


# --- who shares a thing --------------------------------------------------------------------


@pytest.mark.django_db
def test_accounts_in_the_newest_mentions_share_a_thing_by_name_and_once() -> None:
    world.desk(1)
    first, second, third = Signal.objects.order_by("pk")[:3]
    thing = world.mention(first, "domain", "pay.example").entity
    for signal, name in ((first, "x:zoe"), (second, "x:amy"), (third, "x:amy")):
        world.mention(signal, "account", name, role="actor")
        if signal != first:
            world.mention(signal, "domain", "pay.example")
    amy = Entity.objects.get(value="x:amy")
    found = sharers_by_thing([thing.pk, amy.pk, 10**12], cast.reviewer())
    assert found == {thing.pk: ["x:amy", "x:zoe"]}
    assert RECENT >= 3


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "sees"), [(Role.PARTNER, False), (Role.INTEGRATION, True)])
def test_sharers_are_for_readers_alone(role: Role, *, sees: bool) -> None:
    world.desk(1)
    first = Signal.objects.earliest("pk")
    thing = world.mention(first, "domain", "pay.example").entity
    world.mention(first, "account", "x:zoe", role="actor")
    assert bool(sharers_by_thing([thing.pk], build.user(role))) is sees
    assert sharers_by_thing([], build.user(role)) == {}


# --- by hand -------------------------------------------------------------------------------


def thing(value: str, kind: str = "domain") -> Entity:
    return Entity.objects.create(
        type=kind, value=value, digest=digest_of(kind, value),
        first_seen_at=build.NOON, last_seen_at=build.NOON,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_several_who_add_one_account_at_once_add_it_once() -> None:
    case, helper = build.case(), thing("x:helper", "account")
    people = [build.user() for _ in range(5)]
    rows = build.at_once(
        5,
        lambda place: add_to_case(
            actor=people[place], case=case, entity=helper, reason=f"by {place}"
        ),
    )
    assert len({one.pk for one in rows}) == 1
    assert build.verbs(case) == ["case.added"]
    assert Case.objects.get(pk=case.pk).version == case.version + 1


@pytest.mark.django_db(transaction=True)
def test_of_several_who_take_one_off_at_once_one_does() -> None:
    case, people = build.case(), [build.user() for _ in range(5)]
    row = add_to_case(actor=people[0], case=case, entity=thing("x:helper", "account"), reason="a")

    def take(place: int) -> str:
        try:
            take_from_case(actor=people[place], case=case, addition=row)
        except NotFoundError as error:
            return error.message
        return ""

    told = sorted(build.at_once(5, take))
    assert told == ["", *["That is not among what was added by hand any more."] * 4]
    assert build.verbs(case) == ["case.added", "case.taken_off"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("pays for all", "pays for all"),
        ("  pays \n", "pays"),
        ("w" * REASON_LIMIT, "w" * REASON_LIMIT),
        ("w" * (REASON_LIMIT + 1), None),
        ("", None),
        ("\x00 \t", None),
    ],
)
def test_a_reason_is_kept_trimmed_or_refused_at_its_field(reason: str, kept: str | None) -> None:
    case, helper, actor = build.case(), thing("x:helper", "account"), build.user()
    if kept is None:
        with pytest.raises(AbuseDeskError) as refused:
            add_to_case(actor=actor, case=case, entity=helper, reason=reason)
        assert refused.value.field == "reason"
        assert not CaseAddition.objects.exists()
        return
    row = add_to_case(actor=actor, case=case, entity=helper, reason=reason)
    assert row.reason == kept
    assert AuditEntry.objects.get(verb="case.added").data["reason"] == kept


@pytest.mark.django_db
def test_to_add_and_take_off_leaves_the_case_as_it_was_but_for_its_record() -> None:
    _, case = build.opened(members=build.accounts(4))
    actor, before = build.user(), accounts_of_case(case)
    for value, kind in (("x:helper", "account"), ("pay.example", "domain")):
        row = add_to_case(actor=actor, case=case, entity=thing(value, kind), reason="a")
        take_from_case(actor=actor, case=case, addition=row)
    assert accounts_of_case(case) == before
    assert not graph_for(case, actor).additions
    assert build.verbs(case)[-4:] == ["case.added", "case.taken_off"] * 2


@pytest.mark.django_db
def test_the_same_thing_is_added_to_each_case_for_itself() -> None:
    first, second, actor = build.case(), build.case(), build.user()
    domain = thing("pay.example")
    row = add_to_case(actor=actor, case=first, entity=domain, reason="a")
    other = add_to_case(actor=actor, case=second, entity=domain, reason="b")
    assert (row.case, other.case) == (first, second)
    with pytest.raises(NotFoundError):
        take_from_case(actor=actor, case=second, addition=row)
    with pytest.raises(NotFoundError):
        addition_by_id(row.pk, second, actor)
    assert list(additions_of(first, actor)) == [row]


@pytest.mark.django_db
@pytest.mark.parametrize("who", [cast.integration, cast.partner, cast.outsider])
def test_others_neither_add_nor_take_off_nor_read(who: Any) -> None:
    case, actor, helper = build.case(), who(), thing("x:helper", "account")
    row = add_to_case(actor=build.user(), case=case, entity=thing("pay.example"), reason="a")
    with pytest.raises(AbuseDeskError):
        add_to_case(actor=actor, case=case, entity=helper, reason="a")
    with pytest.raises(AbuseDeskError):
        take_from_case(actor=actor, case=case, addition=row)
    if who is not cast.outsider:
        assert not additions_of(case, actor).exists()
        assert graph_for(case, actor).members == {}
    assert CaseAddition.objects.get() == row


@pytest.mark.django_db
def test_a_queue_that_closed_behind_the_case_hides_what_was_added() -> None:
    case, actor = build.case(), build.user()
    row = add_to_case(actor=actor, case=case, entity=thing("pay.example"), reason="a")
    hidden = Queue.objects.create(slug="hidden", title="Hidden", roles=[Role.LEAD], position=9)
    Case.objects.filter(pk=case.pk).update(queue=hidden)
    case = Case.objects.get(pk=case.pk)
    with pytest.raises(NotFoundError):
        addition_by_id(row.pk, case, actor)
    assert addition_by_id(row.pk, case, build.user(Role.LEAD)) == row


def page(who: User, path: str) -> Any:
    browser = Client()
    browser.force_login(who)
    return browser.get(path)


@pytest.mark.django_db
def test_any_address_of_a_graph_shows_the_case_and_runs_nothing() -> None:
    desk = world.desk(1)
    (case,) = desk.cases
    seen = Signal.objects.earliest("pk")
    hostile = world.mention(seen, "domain", HOSTILE).entity
    add_to_case(actor=desk.reviewer, case=case, entity=hostile, reason=HOSTILE)
    for query in (
        GraphQuery(inside=HOSTILE),
        GraphQuery(expand=(hostile.pk, 10**17), every=True),
        GraphQuery(around=hostile.pk),
        GraphQuery(around=10**17),
    ):
        answer = page(desk.reviewer, query.path(case))
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
        assert "\u202e" not in answer.content.decode()
    for entity in (0, 10**17):
        assert page(desk.reviewer, f"/cases/{case.ref}/graph/node/{entity}/").status_code == 404
