"""Who wrote what a case rests on: shares add up, doubts are kept, detection does without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope
from cases import attribution
from cases.attribution import Attribution, Maker, Taken, Text, attribution_of, maker_of
from cases.models import Case, CaseCampaign
from cases.selectors.attribution import attribution_for
from cases.selectors.evidence import findings_of
from detectors.models import Campaign, Signal
from detectors.schema import Ai, Kind, SignalIn
from detectors.services.ingest import ingest_batch
from detectors.services.source import ensure_source
from tests import cast, desk, make
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.row(86)
OPENAI, MISTRAL, NOBODY = Maker("openai", "gpt-4o"), Maker("mistral"), Maker()
STORY = (
    "Neighbours, the old harbour clinic will shut its doors on the first of next month although the"
    " council promised last spring that every ward would stay open, so meet us at the north gate on"
    " Thursday at six, bring a lamp and a friend, and sign the paper before the board votes"
)
LONGER = (
    f"{STORY} because nobody else will speak for the nurses who have kept the lights on through two"
    " winters without a single day of strike and who read of their dismissal in the morning paper"
)


def text(signal: int, named: Maker = NOBODY, kind: str = "post") -> Text:
    return Text(signal, f"x:a{signal}", kind, named)


def shares(found: Attribution) -> dict[Maker, float]:
    return {one.maker: one.percent for one in found.makers}


def total_of(found: Attribution) -> int:
    """Tenths of a percent, of all that is shown."""
    listed = [*found.makers, found.others, found.unknown]
    return sum(round(10 * one.percent) for one in listed)


def test_what_nobody_names_is_unknown() -> None:
    found = attribution_of([text(1), text(2, kind="ai.request")], {})
    assert found.makers == []
    assert found.unknown.percent == 100.0
    assert [line.words for line in found.unknown.pro] == [attribution.UNNAMED, attribution.NOTHING]


def test_without_any_text_all_is_unknown() -> None:
    found = attribution_of([], {})
    assert (found.total, found.unknown.percent, found.unknown.pro) == (0, 100.0, [])


def test_a_post_counts_for_whose_output_it_repeats() -> None:
    found = attribution_of([text(1, OPENAI, "ai.response"), text(2)], {2: Taken(1, 0.97)})
    assert shares(found) == {OPENAI: 100.0}
    assert [line.words for line in found.makers[0].pro] == [
        "its sender names openai, gpt-4o",
        "97 % of it stands in an output of openai, gpt-4o",
    ]
    assert [line.output for line in found.makers[0].pro] == [None, 1]


def test_a_text_that_contradicts_the_output_it_matches_counts_for_nobody() -> None:
    texts = [text(1, OPENAI, "ai.response"), text(2, MISTRAL, "ai.request")]
    found = attribution_of(texts, {2: Taken(1, 0.9)})
    assert shares(found) == {OPENAI: 50.0, MISTRAL: 0.0}
    assert found.unknown.percent == 50.0
    assert found.unknown.pro[0].words == (
        "its sender names mistral, model not named,"
        " but 90 % of it stands in an output of openai, gpt-4o"
    )
    first, second = found.makers
    assert [line.words for line in first.contra] == ["its sender names mistral, model not named"]
    assert [line.words for line in second.contra] == [
        "90 % of it stands in an output of openai, gpt-4o"
    ]


def test_an_output_that_names_nobody_attributes_nothing() -> None:
    found = attribution_of([text(1, kind="ai.response"), text(2)], {2: Taken(1, 0.8)})
    assert found.makers == []
    assert found.unknown.pro[0].words == "80 % of it stands in an output that names nobody"


def test_two_models_of_one_service_count_for_the_service() -> None:
    texts = [text(1, OPENAI, "ai.response"), text(2, Maker("openai", "gpt-5"))]
    found = attribution_of(texts, {2: Taken(1, 1.0)})
    assert shares(found) == {OPENAI: 50.0, Maker("openai"): 50.0, Maker("openai", "gpt-5"): 0.0}
    assert found.makers[2].contra_total == 1


def test_a_model_without_its_service_is_filled_in_by_what_agrees() -> None:
    texts = [text(1, Maker("openai"), "ai.response"), text(2, Maker("", "gpt-4o"))]
    found = attribution_of(texts, {2: Taken(1, 1.0)})
    assert shares(found)[OPENAI] == 50.0
    assert found.makers[0].contra_total == 0


def test_two_models_of_which_one_names_no_service_count_for_nobody() -> None:
    texts = [text(1, OPENAI, "ai.response"), text(2, Maker("", "llama"))]
    assert attribution_of(texts, {2: Taken(1, 1.0)}).unknown.percent == 50.0


def test_lines_are_few_and_counted() -> None:
    found = attribution_of([text(n, OPENAI) for n in range(40)], {})
    assert (len(found.makers[0].pro), found.makers[0].pro_total) == (attribution.LINES, 40)


def test_very_many_names_are_folded_and_still_add_up() -> None:
    found = attribution_of([text(n, Maker(f"p{n}")) for n in range(3_000)], {})
    assert (len(found.makers), found.other_total) == (attribution.SHOWN, 3_000 - attribution.SHOWN)
    assert total_of(found) == 1_000


@pytest.mark.parametrize(
    ("told", "maker"),
    [
        ({"provider": " OpenAI ", "model": "GPT-4o\n"}, OPENAI),
        ({"provider": ["x"], "model": 7}, Maker()),
        ("openai", Maker()),
        (None, Maker()),
    ],
)
def test_names_are_read_as_far_as_they_are_names(told: object, maker: Maker) -> None:
    assert maker_of(told) == maker


def test_a_name_that_looks_like_a_template_stays_a_name() -> None:
    found = attribution_of([text(1, Maker("{maker}{0.__class__}"))], {})
    assert found.makers[0].pro[0].words == (
        "its sender names {maker}{0.__class__}, model not named"
    )


_makers = st.builds(Maker, st.sampled_from(["", "a", "b", "c"]), st.sampled_from(["", "m", "n"]))


@given(
    named=st.lists(_makers, max_size=60),
    taken=st.dictionaries(
        st.integers(0, 59), st.builds(Taken, st.integers(0, 70), st.floats(0, 1)), max_size=60
    ),
)
def test_shares_and_unknown_always_add_up_to_a_hundred(
    named: list[Maker], taken: Mapping[int, Taken]
) -> None:
    found = attribution_of([text(n, one) for n, one in enumerate(named)], taken)
    assert total_of(found) == 1_000
    counted = sum(one.texts for one in [*found.makers, found.others, found.unknown])
    assert counted == found.total == len(named)
    assert all(one.pro for one in found.makers), "each with its evidence"


@pytest.mark.django_db
def test_signals_that_are_no_texts_are_not_asked_and_one_query_reads_all() -> None:
    told = build.signal(1, text="a story")
    build.signal(2, text="")
    named = build.signal(3, text="")
    named.payload = {"ai": {"provider": "OpenAI", "model": "gpt-4o"}}
    named.save()
    ids = list(Signal.objects.values_list("pk", flat=True))
    row, case = build.opened(findings=[build.finding(subjects=["x:a1"], signal_ids=ids)])
    who = build.user()
    findings = findings_of(case, who)
    with CaptureQueriesContext(connection) as queries:
        found = attribution_for(findings, who)
    assert len(queries) == 1
    assert (found.total, shares(found)) == (2, {OPENAI: 50.0})
    assert found.unknown.pro[0].signal == told.pk
    assert CaseCampaign.objects.get(campaign=row).case == case
    assert attribution_for(findings, build.user(Role.PARTNER)).total == 0


@pytest.mark.django_db
def test_the_page_shows_hostile_names_as_text() -> None:
    found = world.desk(1)
    signal = Signal.objects.filter(external_id__startswith="w-1-").order_by("pk")[0]
    signal.payload = {"ai": {"provider": "<script>alert(1)</script>", "model": "\u202egpt"}}
    signal.save()
    client = Client()
    client.force_login(found.reviewer)
    html = client.get("/cases/AD-1/?tab=why").content.decode()
    assert "Who wrote it" in html
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert(1)" not in html
    assert "\u202e" not in html


# From three requests, of which one names nobody and one the wrong service, to a case.


@pytest.fixture
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


def _chain(start: datetime, *, named: bool) -> list[SignalIn]:
    """Twelve posts of two answers; the second service was fed with the answer of the first."""

    def told(minute: int, kind: str, account: str, words: str, ai: Ai | None = None) -> SignalIn:
        platform, _, actor = account.partition(":")
        return make.signal(
            minute,
            external_id=f"c-{minute}",
            platform=platform,
            kind=Kind(kind),
            actor=actor,
            occurred_at=start + timedelta(minutes=minute),
            text=words,
            ai=ai if named else None,
        )

    first, second = "openai-api:org-17", "other-api:org-2"
    return [
        told(0, "ai.response", first, STORY, Ai("OpenAI", "gpt-4o")),
        told(10, "ai.request", second, f"Longer: {STORY}", Ai("mistral", "large")),
        told(20, "ai.response", second, LONGER),
        *(told(30 + n, "post", f"x:u{n}", f"{STORY} please") for n in range(6)),
        *(told(50 + n, "post", f"x:u{n}", f"{LONGER} now") for n in range(6)),
    ]


def _case(signals: list[SignalIn]) -> Case:
    ingest_batch(source=ensure_source(slug="src", title="Source"), signals=signals)
    desk.work()
    return Case.objects.get()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_worker")
def test_a_chain_with_a_silent_and_a_contradicted_request_shows_an_honest_share_of_unknown() -> (
    None
):
    case = _case(_chain(clock.now() - timedelta(hours=5), named=True))
    path = f"/api/v1/cases/{case.ref}/attribution/"
    headers = make.bearer(Scope.READ, user=cast.admin())
    told: dict[str, Any] = Client().get(path, headers=headers).json()
    percents = [one["percent"] for one in told["makers"]]
    tenths = [round(10 * one) for one in (*percents, told["unknown"]["percent"])]
    assert (sum(tenths), told["others_percent"]) == (1_000, 0.0)
    by_name = {(one["provider"], one["model"]): one for one in told["makers"]}
    assert by_name["openai", "gpt-4o"]["texts"] == 7, "the answer and its six posts"
    assert by_name["mistral", "large"]["texts"] == 0
    assert "stands in an output of openai" in by_name["mistral", "large"]["contra"][0]["words"]
    assert "its sender names mistral" in by_name["openai", "gpt-4o"]["contra"][0]["words"]
    assert told["unknown"]["texts"] == 8, "the doubtful request, the silent answer and its posts"
    assert told["unknown"]["lines"][0]["words"].startswith("its sender names mistral, large, but")
    assert all(one["pro"] for one in told["makers"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_worker")
@pytest.mark.parametrize("named", [True, False])
def test_the_same_case_opens_when_nobody_names_a_service(*, named: bool) -> None:
    case = _case(_chain(clock.now() - timedelta(hours=5), named=named))
    members = set(case.campaign_links.values_list("campaign__members__account", flat=True))
    assert members == {
        "openai-api:org-17",
        "other-api:org-2",
        *(f"x:u{n}" for n in range(6)),
    }
    assert case.title.startswith("8 accounts on ")
    assert case.providers == (["mistral", "openai"] if named else [])
    assert {"ai", "content"} <= set(Campaign.objects.get().families)
