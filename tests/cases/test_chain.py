"""The chain on the evidence tab: order, delays, whose words, and what is not disclosed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.ui import chain
from detectors.models import Finding, Signal
from tests.cases import build

STORY = "the old harbour clinic will shut its doors on the first of next month"


def test_words_of_the_post_itself_are_marked_and_those_of_the_output_are_not() -> None:
    shown = chain.own_words_marked(f"Sure! {STORY}.", f"Please read: {STORY.upper()}! friends")
    assert shown.count("<mark") == 3
    for word in ("Please", "read:", "friends"):
        assert f'<mark class="diff">{word}</mark>' in shown


def test_words_that_only_happen_to_be_in_the_output_are_marked_too() -> None:
    assert chain.own_words_marked(STORY, "the clinic will close").count("<mark") == 4


def test_hostile_texts_are_shown_as_text() -> None:
    shown = chain.own_words_marked(STORY, f"<script>alert(1)</script> {STORY}")
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_long_text_is_cut_and_cheap() -> None:
    shown = chain.own_words_marked("x " * 30_000, "y " * 30_000)
    assert shown.count("<mark") == chain.TEXT_CHARS // 2


def _finding(signals: list[Signal], **values: Any) -> Finding:
    output, *posts = signals
    told = {
        "outputs": [{"signal": output.pk, "account": "x:ai", "at": output.occurred_at.timestamp()}],
        "prompts": [],
        "posts": [
            {
                "signal": one.pk,
                "output": output.pk,
                "account": f"x:a{number}",
                "after_s": (one.occurred_at - output.occurred_at).total_seconds(),
                "containment": 0.97,
            }
            for number, one in enumerate(posts)
        ],
    }
    finding = build.finding(
        subjects=build.accounts(3),
        signal_ids=[one.pk for one in signals],
        family="ai",
        detector=chain.DETECTOR,
    )
    finding.first_at, finding.last_at = output.occurred_at, posts[-1].occurred_at
    finding.values = told | values
    finding.save()
    return finding


def _signals(*texts: str) -> list[Signal]:
    """The output at noon, then a post every nine minutes."""
    return [
        build.signal(number, text=text, at=build.NOON + timedelta(minutes=9 * number))
        for number, text in enumerate(texts)
    ]


@pytest.mark.django_db
def test_the_output_comes_first_then_the_posts_with_their_delays() -> None:
    signals = _signals(STORY, STORY, f"{STORY} indeed")
    (shown,) = chain.chains([_finding(signals)], build.user())
    assert [(step.role, step.after) for step in shown.steps] == [
        ("output", ""),
        ("post", "+9 min"),
        ("post", "+18 min"),
    ]
    assert shown.steps[2].shown.count("<mark") == 1
    assert (shown.total, shown.steps[1].containment) == (3, 0.97)


@pytest.mark.django_db
def test_without_the_text_of_the_output_nothing_of_the_post_is_marked() -> None:
    (shown,) = chain.chains([_finding(_signals("", STORY))], build.user())
    assert shown.steps[0].shown == ""
    assert "<mark" not in shown.steps[1].shown


@pytest.mark.django_db
def test_a_purged_text_leaves_its_place() -> None:
    signals = _signals(STORY, STORY)
    finding = _finding(signals)
    Signal.objects.filter(pk=signals[1].pk).delete()
    (shown,) = chain.chains([finding], build.user())
    assert [step.signal is None for step in shown.steps] == [False, True]


@pytest.mark.django_db
def test_a_prompt_of_another_ai_service_stands_between() -> None:
    output, asked, post = _signals(STORY, f"Longer: {STORY}", STORY)
    step = {"signal": asked.pk, "output": output.pk, "account": "x:b", "after_s": 540.0}
    finding = _finding([output, post], prompts=[step | {"containment": 1.0}])
    (shown,) = chain.chains([finding], build.user())
    assert [step.role for step in shown.steps] == ["output", "given to another AI service", "post"]


@pytest.mark.django_db
def test_a_long_chain_is_cut_and_other_findings_are_no_chain() -> None:
    signals = _signals(*[STORY] * (chain.STEPS + 6))
    other = build.finding(subjects=build.accounts(3), signal_ids=[signals[0].pk])
    (shown,) = chain.chains([other, _finding(signals)], build.user())
    assert (len(shown.steps), shown.total) == (chain.STEPS, chain.STEPS + 6)
