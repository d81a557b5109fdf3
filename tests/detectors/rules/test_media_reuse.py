"""D3: accounts that use one picture; defaults, memes, plain areas and reposts are none of that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from detectors import demo
from detectors.base import DAY_S, HOUR_S, Family, FindingDraft, Key, Signal, Tier, Told
from detectors.engine import Event, Found, Runner, run_all
from detectors.pairs import Evidence, score_pairs
from detectors.pictures import findings
from detectors.rules.media_reuse import MediaReuse, MediaReuseParams
from detectors.schema import ActorProfile
from detectors.synchrony.sharers import MAX_ACCOUNTS
from tests.harness import T0, largest_state, run

RULE = MediaReuse(b"secret")
DEFAULTS = MediaReuseParams()
PAPER = int("c3a5" * 16, 16)
OTHER = int("5a3c" * 16, 16)


def copy_of(picture: int, bits: int, seed: int = 0) -> str:
    """A hash in which so many bits are turned."""
    for place in Random(seed).sample(range(256), bits):
        picture ^= 1 << place
    return f"{picture:064x}"


def shown(
    number: int, who: str, picture: str, *, at: float | None = None, kind: str = "post", **more: Any
) -> Signal:
    """A post with a picture, an hour after the one before."""
    fields: dict[str, Any] = {"platform": "x", "objects": (f"media:pdq-{picture}",), **more}
    moment = T0 + HOUR_S * number if at is None else at
    return Signal(id=number + 1, at=moment, kind=kind, actor=who, **fields)


def faced(number: int, who: str, picture: str, kind: str = "login", **more: Any) -> Signal:
    """An act of an account that bears this picture."""
    return Signal(
        id=number + 1, at=T0 + HOUR_S * number, platform="x", kind=kind, actor=who,
        profile=ActorProfile(avatar_pdq=picture), **more,
    )  # fmt: skip


def crew(size: int = 9, bits: int = 6, picture: int = PAPER, **more: Any) -> list[Signal]:
    """So many accounts; the first shows the picture as it is, the last farthest from it."""
    apart = [round(bits * n / max(1, size - 1)) for n in range(size)]
    return [shown(n, f"u{n}", copy_of(picture, apart[n], n), **more) for n in range(size)]


def find(signals: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    """What holds at the last tick."""
    found = run_all(RULE, MediaReuseParams(**params), signals)
    last = max(one.at for one in signals)
    return [one.draft for one in found if one.at == last]


# --- what is found -------------------------------------------------------------------------


def test_nine_accounts_with_copies_of_one_picture_are_found() -> None:
    signals = crew()
    (draft,) = find(signals)
    assert draft.sentence == ("9 accounts on 1 platform use one picture, distance 1-6 of 256 bits")
    assert draft.anchor == Key("media", f"pdq-{PAPER:064x}")
    assert draft.subjects == tuple(f"x:u{n}" for n in range(9))
    assert draft.signal_ids == tuple(range(1, 10))
    assert (draft.llr, draft.score, draft.tier) == (2.0, 6.0, Tier.OPENING)
    assert RULE.meta.family is Family.CONTENT
    assert (draft.first_at, draft.last_at) == (signals[0].at, signals[-1].at)
    assert [(one.name, one.value, one.op, one.limit, one.met) for one in draft.conditions] == [
        ("accounts", 9, ">=", 3, True),
        ("largest distance", 6, "<=", 31, True),
        ("not common", 9, "<=", 100, True),
    ]
    assert draft.values["copies"] == 9
    assert draft.flags == ()


def test_the_same_file_everywhere_is_distance_0() -> None:
    platforms = ("x", "forum", "telegram")
    signals = [
        shown(n, f"u{n}", f"{PAPER:064x}", platform=platform)
        for n, platform in enumerate(platforms)
    ]
    (draft,) = find(signals)
    assert draft.sentence == "3 accounts on 3 platforms use one picture, distance 0 of 256 bits"
    assert draft.values["platforms"] == ["forum", "telegram", "x"]


def test_one_face_on_several_accounts_is_found_whatever_they_do() -> None:
    kinds = ("account.created", "follow", "report")
    signals = [faced(n, f"u{n}", copy_of(PAPER, n, n), kind) for n, kind in enumerate(kinds)]
    (draft,) = find(signals)
    assert draft.subjects == ("x:u0", "x:u1", "x:u2")
    assert draft.sentence.endswith("distance 1-2 of 256 bits")


def test_a_posted_picture_and_a_face_are_one_picture() -> None:
    signals = [*crew(2), faced(2, "u2", copy_of(PAPER, 4))]
    assert find(signals)[0].subjects == ("x:u0", "x:u1", "x:u2")


def test_31_bits_are_a_copy_and_32_are_another_picture() -> None:
    near = [*crew(2, bits=1), shown(2, "u2", copy_of(PAPER, 31))]
    assert find(near)[0].values["distance_max"] == 31
    assert find([*crew(2, bits=1), shown(2, "u2", copy_of(PAPER, 32))]) == []
    assert find(near, distance=30) == []


def test_capital_letters_are_the_same_hash() -> None:
    signals = [shown(n, f"u{n}", f"{PAPER:064X}" if n else f"{PAPER:064x}") for n in range(3)]
    assert find(signals)[0].values["copies"] == 1


def test_two_pictures_are_two_findings() -> None:
    signals = crew(3) + [shown(10 + n, f"v{n}", copy_of(OTHER, n, n)) for n in range(4)]
    assert sorted(len(draft.subjects) for draft in find(signals)) == [3, 4]


def test_two_accounts_only_support_where_an_admin_asks_for_them() -> None:
    assert find(crew(2)) == []
    (draft,) = find(crew(2), min_accounts=2)
    assert draft.tier is Tier.SUPPORTING


def test_three_pictures_of_the_same_accounts_weigh_twice_as_much_as_one() -> None:
    def evidence(number: int) -> Evidence:
        return Evidence(
            id=number, detector="media-reuse", anchor=f"media:pdq-{number:064x}", family="content",
            subjects=("x:a", "x:b", "x:c"), llr=2.0, links=(), first_at=T0, last_at=T0, signals=3,
        )  # fmt: skip

    def best(count: int) -> float:
        told = [evidence(number) for number in range(count)]
        return float(score_pairs(told, ["x:a", "x:b", "x:c"]).best["content"][0, 1])

    assert [best(count) for count in (1, 2, 3)] == [2.0, 2.0, 4.0]


def test_the_fifth_operation_of_the_demo_world_is_found_and_nobody_else() -> None:
    end, slug = datetime(2026, 11, 24, 3, 17, tzinfo=UTC), "cyber-special-operations"
    wire = demo.world(seed=3, end=end, scenarios=[slug], background=1_500)
    signals = [Signal.of(one, place + 1) for place, one in enumerate(wire)]
    crew_of = demo.truth(seed=3, end=end, scenarios=[slug])[slug]
    told = run_all(RULE, DEFAULTS, signals, tick_floor_s=DAY_S)
    named = {account for one in told for account in one.draft.subjects}
    assert named <= crew_of
    assert len(named) >= 0.9 * len(crew_of)


# --- what looks like it --------------------------------------------------------------------


def test_a_picture_that_everybody_uses_is_not_named_and_what_was_said_ends() -> None:
    few, many = crew(100, bits=3), crew(101, bits=3)
    assert len(find(few)[0].subjects) == 100
    assert find(many) == []
    assert len(find(many, population=200_000)[0].subjects) == 101
    assert find(many, common_floor=110) != []


def test_a_stock_picture_and_its_copies_are_not_named() -> None:
    assert find(crew(), stock=(copy_of(PAPER, 5, 99),)) == []
    assert find(crew(), stock=(f"{OTHER:064x}",)) != []


def test_a_stock_list_holds_hashes_of_pictures_only() -> None:
    for wrong in ("c3", "g" * 64, "0" * 64, "C3A5" * 16):
        with pytest.raises(ValidationError):
            MediaReuseParams(stock=(wrong,))
    with pytest.raises(ValidationError):
        MediaReuseParams(stock=(f"{PAPER:064x}",) * 501)


@pytest.mark.parametrize("kind", ["repost", "report", "reaction", "follow", "ai.request"])
def test_pictures_of_others_do_not_count(kind: str) -> None:
    assert find(crew(kind=kind)) == []


def test_a_poor_picture_does_not_count_and_one_without_quality_does() -> None:
    assert find(crew(attributes={"quality": 49})) == []
    assert find(crew(attributes={"quality": 50})) != []
    assert find(crew(attributes={"quality": 49}), quality=40) != []
    faces = [faced(n, f"u{n}", f"{PAPER:064x}", attributes={"avatar_quality": 9}) for n in range(3)]
    assert find(faces) == []
    posts = [
        faced(n, f"u{n}", f"{PAPER:064x}", "post", attributes={"quality": 9}) for n in range(3)
    ]
    assert find(posts) != []


@pytest.mark.parametrize("said", [True, "9", None, [9], {"pdq": 9}])
def test_a_quality_that_is_no_number_is_as_if_none_were_told(said: Any) -> None:
    assert find(crew(attributes={"quality": said})) != []


@pytest.mark.parametrize("plain", ["0" * 64, "f" * 64, "0" * 50 + "ff" * 7, "fe" * 32])
def test_plain_areas_are_no_pictures(plain: str) -> None:
    assert find([shown(n, f"u{n}", plain) for n in range(5)]) == []


def test_one_account_that_posts_a_picture_often_is_one_account() -> None:
    signals = [shown(n, f"u{n % 2}", copy_of(PAPER, n, n)) for n in range(12)]
    assert find(signals) == []


def test_a_picture_that_was_used_long_ago_does_not_count() -> None:
    late = shown(3, "u2", f"{PAPER:064x}", at=T0 + 7 * DAY_S + 2 * HOUR_S)
    assert find([*crew(2), late]) == []
    assert find([*crew(2), late], lookback_d=8) != []


def test_at_the_edge_of_the_lookback_nothing_breaks() -> None:
    """Of a day the first use is kept; a later one that day is newer than the lookback begins."""
    alone = [shown(n, "u0", f"{PAPER:064x}", at=T0 + n * 9 * HOUR_S) for n in range(2)]
    other = shown(3, "u1", f"{OTHER:064x}", at=T0 + 7 * DAY_S + 5 * HOUR_S)
    assert find([*alone, other]) == []


@pytest.mark.parametrize(
    "objects",
    [
        (),
        ("media:pdq-",),
        ("media:pdq-00ff",),
        (f"media:pdq-{'z' * 64}",),
        (f"media:pdq-{PAPER:064x}0",),
        (f"media:pdq-{PAPER:063x}\n",),
        (f"media:cid-{PAPER:064x}",),
        (f"target:pdq-{PAPER:064x}",),
    ],
)
def test_what_is_no_hash_is_passed_over(objects: tuple[str, ...]) -> None:
    signals = [shown(n, f"u{n}", "", objects=objects) for n in range(4)]
    assert all(not list(RULE.keys(signal, DEFAULTS)) for signal in signals)


def test_acts_of_nobody_and_of_accounts_without_a_picture_touch_nothing() -> None:
    assert list(RULE.keys(shown(0, "", f"{PAPER:064x}"), DEFAULTS)) == []
    assert list(RULE.keys(faced(0, "u0", ""), DEFAULTS)) == []


# --- bounds --------------------------------------------------------------------------------


def test_a_signal_with_a_hundred_pictures_touches_ten() -> None:
    many = tuple(f"media:pdq-{copy_of(PAPER, 100, n)}" for n in range(100))
    assert len(list(RULE.keys(shown(0, "u0", "", objects=many), DEFAULTS))) == 10


def test_the_state_of_a_picture_is_bounded_and_a_sampled_one_is_common() -> None:
    states: dict[Key, Any] = {}
    many = [shown(n, f"u{n}", f"{PAPER:064x}", at=T0 + n) for n in range(2 * MAX_ACCOUNTS + 5)]
    run(RULE, DEFAULTS, many, states=states)
    assert len(next(iter(states.values())).shares) <= 2 * MAX_ACCOUNTS
    assert largest_state(states) < 400_000
    assert find(many, population=10**9) == []


def test_of_too_many_pictures_the_newest_are_compared_and_the_finding_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(findings, "MAX_PICTURES", 8)
    monkeypatch.setattr("detectors.rules.media_reuse.MAX_PICTURES", 8)
    noise = [shown(n, f"n{n}", copy_of(OTHER, 110, n), at=T0 + n) for n in range(20)]
    (draft,) = find([*noise, *crew(4, bits=3, attributes={})][::1])
    assert draft.flags == ("truncated",)
    old = [shown(n, f"n{n}", copy_of(OTHER, 110, n), at=T0 + DAY_S + n) for n in range(20)]
    assert find([*crew(4, bits=3), *old]) == []


# --- promises ------------------------------------------------------------------------------


def world(seed: int) -> list[Signal]:
    """Two pictures on a dozen accounts, with copies, faces and everyday pictures between them."""
    dice = Random(seed)
    made = []
    for n in range(60):
        base = dice.choice([PAPER, OTHER, dice.getrandbits(256)])
        picture = copy_of(base, dice.randint(0, 31), dice.randint(0, 9))
        who = f"u{dice.randint(0, 12)}"
        build = faced if dice.random() < 0.3 else shown
        made.append(build(n, who, picture))
    return made


def events_of(signals: Sequence[Signal], cuts: Sequence[int], *, restart: bool) -> list[Event]:
    runner = Runner(RULE, DEFAULTS)
    events: list[Event] = []
    for first, last in zip([0, *cuts], [*cuts, len(signals)], strict=True):
        events += runner.feed(signals[first:last])
        if restart:
            clock, dump = runner.clock, runner.dump()
            runner = Runner(RULE, DEFAULTS)
            assert runner.load(clock, dump)
    return events + runner.finish()


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 99),
    cuts=st.lists(st.integers(0, 60), max_size=4).map(sorted),
    restart=st.booleans(),
)
def test_cuts_and_restarts_change_no_event(seed: int, cuts: list[int], restart: bool) -> None:
    signals = world(seed)
    assert events_of(signals, cuts, restart=restart) == events_of(signals, [], restart=False)


@pytest.mark.parametrize("seed", range(3))
def test_four_shards_say_what_one_says(seed: int) -> None:
    def told(of: int) -> list[Found]:
        return run_all(RULE, DEFAULTS, world(seed), of=of, tick_floor_s=6 * HOUR_S)

    assert told(1) != []
    assert told(4) == told(1)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), chance=st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(seed: int, chance: Random) -> None:
    signals = world(seed)
    came = sorted(signals, key=lambda one: one.at + chance.uniform(0, 12 * HOUR_S))
    assert _current(came) == _current(signals)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), most=st.integers(0, 15))
def test_copies_of_up_to_15_turned_bits_are_all_in_one_finding(seed: int, most: int) -> None:
    """Any two of them are at most 30 apart, so the oldest reaches all."""
    dice = Random(seed)
    picture = int("69" * 32, 16)
    signals = [
        shown(n, f"u{n}", copy_of(picture, dice.randint(0, most), dice.getrandbits(32)))
        for n in range(12)
    ]
    (draft,) = find(signals)
    assert len(draft.subjects) == 12


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), reach=st.sampled_from([1, 8, 15, 31]), size=st.integers(3, 20))
def test_every_copy_as_far_as_the_limit_is_found_among_other_pictures_and_no_other(
    seed: int, reach: int, size: int
) -> None:
    """The index of chunks looks up candidates only; it must lose none of them."""
    dice = Random(seed)
    picture = dice.getrandbits(256)
    while not 96 <= picture.bit_count() <= 160:
        picture = dice.getrandbits(256)
    apart = [0, reach, *(dice.randint(0, reach) for _ in range(size - 2))]
    crew = [
        shown(n, f"u{n}", copy_of(picture, bits, dice.getrandbits(32)), at=T0 + n)
        for n, bits in enumerate(apart)
    ]
    others = [
        shown(100 + n, f"p{n}", f"{dice.getrandbits(256):064x}", at=T0 + dice.randint(0, 3_000))
        for n in range(100)
    ]
    (draft,) = find(sorted([*crew, *others], key=lambda one: one.at), distance=reach)
    assert set(draft.subjects) == {f"x:u{n}" for n in range(size)}
    assert draft.values["distance_max"] == reach


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), reach=st.sampled_from([0, 15, 31, 62]))
def test_one_bit_more_than_the_limit_is_never_a_copy(seed: int, reach: int) -> None:
    dice = Random(seed)
    crew = [
        shown(n, f"u{n}", copy_of(PAPER, (reach + 1) * (n % 2), dice.getrandbits(32)), at=T0 + n)
        for n in range(4)
    ]
    assert find(crew, distance=reach) == []


def test_a_finding_is_scored_again_from_its_record_and_what_it_cites() -> None:
    signals = [*crew(), shown(20, "u1", copy_of(PAPER, 30)), shown(21, "w", copy_of(OTHER, 1))]
    (draft,) = find(signals)
    told = Told(draft.anchor, draft.subjects, draft.values, draft.constants)
    cited = [one for one in signals if one.id in draft.signal_ids]
    score = RULE.score_again(told, cited, DEFAULTS)
    assert score is not None
    assert (score.score, score.llr, score.subjects) == (draft.score, draft.llr, draft.subjects)
    assert RULE.score_again(told, cited[1:], DEFAULTS) is None
    assert RULE.score_again(told, cited[:2], DEFAULTS) is None


def _current(signals: Sequence[Signal]) -> list[FindingDraft]:
    found = run_all(RULE, DEFAULTS, signals)
    last = max(one.at for one in signals)
    return sorted((one.draft for one in found if one.at == last), key=lambda one: one.anchor)
