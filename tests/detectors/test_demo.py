"""The demo world: repeatable, valid, and honest about what is hidden in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations

import msgspec
import pytest

from detectors.demo import SCENARIOS, SOURCE, WORLD, Scenario, truth, world
from detectors.demo.recipes import RECIPES
from detectors.demo.words import ZERO_WIDTH
from detectors.pictures.hashes import distance
from detectors.schema import MAX_ATTRIBUTES_BYTES, MAX_TEXT_BYTES, Kind, SignalIn

END = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
SEED = 7
SLUGS = list(WORLD)
OPERATIONS = [scenario for scenario in SCENARIOS if not scenario.alone]
AI_SERVICES = {"openai-api", "mistral-api"}
DEVICE_SHARERS, PAYMENT_SHARERS = 5, 3
TOGETHER_S, TOGETHER_OBJECTS = 300, 5


@cache
def demo() -> list[SignalIn]:
    return world(seed=SEED, end=END)


@cache
def hidden() -> dict[str, set[str]]:
    return truth(seed=SEED, end=END)


def account(signal: SignalIn) -> str:
    return f"{signal.platform}:{signal.actor}"


def operation_of(signals: list[SignalIn]) -> list[tuple[SignalIn, str]]:
    owner = {name: slug for slug, names in hidden().items() for name in names}
    return [(signal, owner.get(account(signal), "benign")) for signal in signals]


def sharers(kind: str) -> dict[str, set[str]]:
    """Identifier value -> accounts that used it."""
    found: dict[str, set[str]] = defaultdict(set)
    for signal in demo():
        value = signal.identifiers.get(kind, ())
        for one in (value,) if isinstance(value, str) else value:
            found[one].add(account(signal))
    return found


def pairs_together(signals: list[SignalIn]) -> Counter[tuple[str, str]]:
    """Pairs -> objects and links that both touched within TOGETHER_S."""
    first: dict[str, dict[str, float]] = defaultdict(dict)
    for signal in signals:
        for thing in (*signal.objects, *signal.urls):
            first[thing].setdefault(account(signal), signal.occurred_at.timestamp())
    count: Counter[tuple[str, str]] = Counter()
    for shares in first.values():
        for (a, at), (b, later) in combinations(sorted(shares.items()), 2):
            if abs(at - later) <= TOGETHER_S:
                count[a, b] += 1
    return count


def signals_of(slug: str) -> list[SignalIn]:
    return [signal for signal, owner in operation_of(demo()) if owner == slug]


# --- the same arguments give the same world ------------------------------------------------


def test_one_seed_gives_one_world() -> None:
    assert world(seed=SEED, end=END) == demo()
    assert truth(seed=SEED, end=END) == hidden()


def test_another_seed_gives_other_accounts() -> None:
    other = world(seed=SEED + 1, end=END)
    assert not {account(signal) for signal in other if signal.platform == "x"} & {
        account(signal) for signal in demo() if signal.platform == "x"
    }


def test_the_world_does_not_depend_on_the_hash_seed_of_the_process() -> None:
    program = (
        "import sys, msgspec; from datetime import datetime; from hashlib import sha256;"
        "from detectors.demo import world;"
        "w = world(seed=7, end=datetime.fromisoformat(sys.argv[1]));"
        "print(sha256(msgspec.json.encode(w)).hexdigest(), 'django' in sys.modules)"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program, END.isoformat()],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(answers) == 1
    assert answers.pop().endswith("False\n")


def test_an_operation_is_the_same_whichever_others_are_played() -> None:
    alone = world(seed=SEED, end=END, scenarios=["date-bait"], background=0)
    assert alone == signals_of("date-bait")


def test_an_operation_named_twice_is_played_once() -> None:
    twice = world(seed=SEED, end=END, scenarios=["date-bait"] * 2, background=0)
    assert len(twice) == len(signals_of("date-bait"))


def test_an_end_in_another_time_zone_gives_the_same_world() -> None:
    moved = END.astimezone(datetime.strptime("+0500", "%z").tzinfo)
    assert world(seed=SEED, end=moved) == demo()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: world(seed=SEED, end=END, scenarios=["no-such-operation"]), KeyError),
        (lambda: world(seed=SEED, end=END, days=0), ValueError),
        (lambda: world(seed=SEED, end=END.replace(tzinfo=None)), ValueError),
    ],
    ids=["unknown operation", "no day", "no time zone"],
)
def test_wrong_arguments_are_refused(
    call: Callable[[], list[SignalIn]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        call()


# --- every signal is valid on the wire -----------------------------------------------------


def test_every_signal_survives_the_wire() -> None:
    wire = msgspec.json.encode(demo())
    assert msgspec.json.decode(wire, type=list[SignalIn]) == demo()


def test_texts_and_attributes_stay_within_the_limits() -> None:
    assert max(len(signal.text.encode()) for signal in demo()) <= MAX_TEXT_BYTES
    assert max(len(json.dumps(signal.attributes)) for signal in demo()) <= MAX_ATTRIBUTES_BYTES


def test_ids_are_unique_and_say_nothing() -> None:
    ids = [signal.external_id for signal in demo()]
    assert len(set(ids)) == len(ids)
    assert not any(slug in one for slug in (*SLUGS, "bg", "benign") for one in ids)


def test_nothing_but_a_name_is_shared_with_the_truth() -> None:
    wire = msgspec.json.encode(demo()).decode()
    assert not [slug for slug in SLUGS if slug in wire]


def test_signals_come_in_order_of_time_and_end_in_time() -> None:
    times = [signal.occurred_at for signal in demo()]
    assert times == sorted(times)
    assert END - timedelta(days=5) <= times[0]
    assert times[-1] <= END


@pytest.mark.parametrize("days", [1, 14])
def test_a_shorter_or_longer_world_stays_in_its_days(days: int) -> None:
    times = [signal.occurred_at for signal in world(seed=SEED, end=END, days=days)]
    assert END - timedelta(days=days) <= times[0]
    assert times[-1] <= END
    assert times[-1] - times[0] > timedelta(days=days) * 0.9


# --- size and shape ------------------------------------------------------------------------


def test_the_default_world_is_quick_to_load() -> None:
    assert 5_000 <= len(demo()) <= 7_000
    assert Counter(owner for _, owner in operation_of(demo()))["benign"] == 4_000


@pytest.mark.parametrize("size", [0, 60, 1_000])
def test_the_background_has_exactly_the_size_asked_for(size: int) -> None:
    assert len(world(seed=SEED, end=END, scenarios=[], background=size)) == size


def test_benign_people_live_on_many_platforms_and_ask_two_ai_services() -> None:
    benign = signals_of("benign")
    platforms = {signal.platform for signal in benign}
    asked = {signal.platform for signal in benign if signal.kind is Kind.AI_REQUEST}
    assert len(platforms - AI_SERVICES) >= 5
    assert asked == AI_SERVICES


def test_few_people_do_much_and_many_do_little() -> None:
    acts = sorted(Counter(account(signal) for signal in signals_of("benign")).values())
    assert sum(acts[-len(acts) // 10 :]) > 0.3 * sum(acts)
    assert acts[len(acts) // 2] <= 4


def test_a_viral_link_a_shared_address_and_a_petition_are_there() -> None:
    benign = signals_of("benign")
    texts = Counter(
        signal.text.replace(ZERO_WIDTH, "") for signal in benign if len(signal.text) > 90
    )
    assert max(len(names) for names in sharers("ip").values()) > 50
    assert texts.most_common(1)[0][1] > 50
    assert sum("otter-on-the-tram" in signal.text for signal in benign) > 100


def test_reviewers_meet_hostile_text() -> None:
    texts = [signal.text for signal in signals_of("benign")]
    for hostile in ("<script>", "\u202e", "=HYPERLINK("):
        assert any(hostile in text for text in texts), hostile


def test_operations_defang_links_and_hide_characters() -> None:
    texts = [signal.text for signal, owner in operation_of(demo()) if owner != "benign"]
    assert any("hxxps://" in text for text in texts)
    assert any(ZERO_WIDTH in text for text in texts)


def test_no_slot_of_a_template_is_left_open() -> None:
    assert not [
        signal.text for signal in demo() if "|" in signal.text and "cmd|" not in signal.text
    ]
    assert not [signal.text for signal in demo() if "{n}" in signal.text or "{w}" in signal.text]


def test_every_host_is_reserved_for_examples() -> None:
    hosts = {url.split("/")[2] for signal in demo() for url in signal.urls}
    assert {host.rsplit(".", 1)[1] for host in hosts} <= {"example", "test", "invalid"}


# --- the story table -----------------------------------------------------------------------


def test_the_story_table_is_complete() -> None:
    assert list(RECIPES) == [scenario.slug for scenario in SCENARIOS]
    assert {scenario.source for scenario in OPERATIONS} == {SOURCE}
    for scenario in SCENARIOS:
        assert scenario.title
        assert scenario.story.endswith(".")
        assert scenario.story.count(".") == 1


@pytest.mark.parametrize("scenario", OPERATIONS, ids=SLUGS)
def test_the_story_names_the_platforms_it_touches(scenario: Scenario) -> None:
    touched = {signal.platform for signal in signals_of(scenario.slug)}
    assert touched == set(scenario.platforms)
    assert 2 <= len(touched) <= 4


# --- what is hidden ------------------------------------------------------------------------


def test_operations_share_no_account_and_no_trace() -> None:
    assert sum(map(len, hidden().values())) == len(set().union(*hidden().values()))
    owners: dict[str, set[str]] = defaultdict(set)
    for signal, owner in operation_of(demo()):
        marks = [str(value) for value in signal.identifiers.values()]
        for trace in (*marks, *signal.objects, *signal.urls):
            owners[trace].add(owner)
        if len(signal.text) >= 40:
            owners[signal.text].add(owner)
    assert not {trace: names for trace, names in owners.items() if len(names) > 1}


def test_truth_names_only_accounts_that_act() -> None:
    acting = {account(signal) for signal in demo()}
    for names in hidden().values():
        assert names <= acting


@pytest.mark.parametrize("slug", SLUGS)
def test_an_operation_has_eight_to_forty_accounts(slug: str) -> None:
    assert 8 <= len(hidden()[slug]) <= 40


@pytest.mark.parametrize("slug", SLUGS)
def test_about_a_third_of_an_operation_hangs_on_nothing_hard(slug: str) -> None:
    tied: set[str] = set()
    for kind in ("device", "payment"):
        tied.update(*(names for names in sharers(kind).values() if len(names) > 1))
    loose = hidden()[slug] - tied
    assert 0.25 <= len(loose) / len(hidden()[slug]) <= 0.4


@pytest.mark.parametrize(
    ("kind", "most"), [("device", DEVICE_SHARERS), ("payment", PAYMENT_SHARERS)]
)
def test_hard_identifiers_stay_below_the_degree_cap(kind: str, most: int) -> None:
    shared = [names for names in sharers(kind).values() if len(names) > 1]
    assert shared
    assert max(map(len, shared)) <= most


@pytest.mark.parametrize("slug", SLUGS)
def test_core_pairs_act_together_on_five_objects(slug: str) -> None:
    pairs = pairs_together(signals_of(slug))
    strong = {name for pair, n in pairs.items() if n >= TOGETHER_OBJECTS for name in pair}
    assert len(strong) >= 5


def test_only_the_newsroom_acts_together_in_the_background() -> None:
    pairs = pairs_together(signals_of("benign"))
    strong = {name for pair, n in pairs.items() if n >= TOGETHER_OBJECTS for name in pair}
    assert len(strong) == 4


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug != "cyber-special-operations"])
def test_answers_of_a_model_come_after_the_request(slug: str) -> None:
    asked = [s for s in signals_of(slug) if s.kind is Kind.AI_REQUEST]
    answered = [s for s in signals_of(slug) if s.kind is Kind.AI_RESPONSE]
    assert len(asked) == len(answered) >= 10
    for request, response in zip(asked, answered, strict=True):
        assert request.ai is not None
        assert request.ai == response.ai
        assert request.occurred_at < response.occurred_at


def test_the_fifth_operation_uses_no_ai_service_but_signs_up_in_shifts() -> None:
    signals = signals_of("cyber-special-operations")
    assert not [signal for signal in signals if signal.ai]
    shifts: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for signal in signals:
        if signal.kind is Kind.ACCOUNT_CREATED:
            key = str(signal.identifiers["ip"]), str(signal.attributes["user_agent"])
            shifts[key].append(signal.occurred_at)
    assert all(len(times) == 6 for times in shifts.values())
    assert all(times[-1] - times[0] <= timedelta(minutes=10) for times in shifts.values())


def test_the_fifth_operation_lends_each_stolen_face_to_four_accounts() -> None:
    faces = {
        signal.actor: signal.actor_profile.avatar_pdq
        for signal in signals_of("cyber-special-operations")
        if signal.actor_profile is not None and signal.actor_profile.avatar_pdq
    }
    assert len(set(faces.values())) == len(faces) == 24
    for face in faces.values():
        assert sum(distance(face, other) <= 6 for other in faces.values()) == 4
