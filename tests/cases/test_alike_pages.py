"""Evidence of stories and sites: own words marked, one story once, addresses dead."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from cases.ui.evidence import twins
from cases.ui.wordings import wordings
from detectors.models import Finding, Signal
from tests.cases import build

TOLD = (
    "The ferry sinks tomorrow, says https://a.example/1",
    "Tomorrow the FERRY drowns, says https://b.example/2",
    "Tomorrow the ferry sinks, people say",
)
HOSTILE = "<script>alert(1)</script> https://evil.example/pay"


def _signals(*texts: str, kind: str = "post") -> list[Signal]:
    return [Signal(pk=place, text=text, kind=kind) for place, text in enumerate(texts, 1)]


def _own(shown: str) -> list[str]:
    return re.findall(r'<mark class="diff">([^<]*)</mark>', shown)


def test_words_that_most_wordings_do_without_are_marked_whatever_their_order() -> None:
    shown = {signal.pk: _own(view) for signal, view in wordings(_signals(*TOLD))}
    assert shown == {1: [], 2: ["drowns,"], 3: ["people", "say"]}


def test_a_wording_that_many_copied_does_not_make_its_words_common() -> None:
    shown = wordings(_signals(*[TOLD[1]] * 5, TOLD[0], TOLD[2]))
    assert [signal.pk for signal, _ in shown] == [1, 6, 7, 2, 3, 4, 5], "different ones first"
    assert _own(shown[0][1]) == ["drowns,"]


def test_of_two_wordings_each_has_its_own_words_marked() -> None:
    one, two = wordings(_signals(*TOLD[:2]))
    assert (_own(one[1]), _own(two[1])) == (["sinks"], ["drowns,"])


def test_of_an_ai_output_the_line_that_was_told_is_shown() -> None:
    draft = _signals(f"Here are drafts:\n\n{TOLD[0]}\nBread is dear again", kind="ai.response")
    (_, shown), *_ = wordings([*draft, *_signals(*TOLD)])
    assert "ferry" in shown
    assert "Bread" not in shown
    (_, alone), _ = wordings([*draft, *draft])
    assert "Bread" in alone


def test_scripts_without_spaces_are_marked_by_what_most_of_a_run_is() -> None:
    shown = wordings(
        _signals("今天天气很好 我们去公园", "今天天气很好 我们去学校", "今天天气很好 他回家吃饭")
    )
    assert _own(shown[0][1]) == []
    assert _own(shown[2][1]) == ["他回家吃饭"]


def test_what_an_attacker_wrote_stays_text_and_its_address_dead() -> None:
    shown = "".join(view for _, view in wordings(_signals(HOSTILE, *TOLD)))
    assert "<script" not in shown
    assert "hxxps://evil[.]example/pay" in shown
    assert "https://" not in shown


def test_one_story_is_shown_once_however_many_findings_tell_of_it() -> None:
    signals = _signals(*TOLD, "Bread is dear", "Bread is dear again")

    def finding(*ids: int, detector: str = "reworded-text", family: str = "content") -> Finding:
        return Finding(detector=detector, family=family, signal_ids=list(ids))

    groups = twins(
        [
            finding(1, 2, 3),
            finding(1, 2, detector="near-duplicate-text"),
            finding(1, 2, family="ai"),
            finding(4, 5, detector="near-duplicate-text"),
            finding(4, 9),
            finding(4, 5, detector="shared-infrastructure", family="infra-hard"),
        ],
        signals,
    )
    assert [[item.signal.pk for item in group.items] for group in groups] == [[1, 2, 3], [4, 5]]
    assert [group.how for group in groups] == [
        "own words marked",
        "marked: what differs from the first",
    ]


@pytest.mark.django_db
def test_the_evidence_tab_shows_stories_and_young_sites() -> None:
    names = build.accounts(4)
    sent = [
        build.signal(place, at=build.NOON + timedelta(minutes=place), text=text, actor=f"a{place}")
        for place, text in enumerate(TOLD, 1)
    ]
    ids = [one.pk for one in sent]
    story = build.finding(subjects=names, signal_ids=ids, family="content", llr=3)
    story.detector, story.sentence = "reworded-text", "4 accounts told one thing in 3 wordings"
    site = build.finding(subjects=names, signal_ids=ids, family="infra-soft", llr=3)
    site.detector = "pushed-site"
    site.sentence = "4 accounts link to pay.evil.example, registered 3 days before"
    site.values = {
        "site": "pay.evil.example",
        "accounts": 4,
        "platforms": ["telegram", "x"],
        "age_d": 3.2,
        "sites": ["web:pay.evil.example"],
    }
    for one in (story, site):
        one.save()
    _, case = build.opened(members=names, findings=[story, site])
    browser = Client()
    browser.force_login(build.user())
    page = browser.get(f"/cases/{case.ref}/?tab=evidence").content.decode()
    assert '<mark class="diff">drowns,</mark>' in page
    assert "own words marked" in page
    assert "3 days" in page
    assert page.count("pay[.]evil[.]example") == 2
    assert "pay.evil.example" not in page
    assert f'href="?tab=why#finding-{site.pk}"' in page
    marks = re.findall(r'id="(signal-[^"]+)"', page)
    assert len(marks) == len(set(marks))
    why = browser.get(f"/cases/{case.ref}/?tab=why").content.decode()
    assert "pay[.]evil[.]example" in why
    assert "pay.evil.example" not in why
