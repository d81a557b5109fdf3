"""What the accounts of findings did with the same thing, cut by the detector's own keys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from abusedesk.core.models import Role
from detectors.base import Key
from detectors.models import Finding, Signal
from detectors.selectors import evidence
from detectors.selectors.evidence import shared_of
from detectors.sketches import sketch
from tests.cases import build

pytestmark = pytest.mark.django_db
LINK = Key("url", "https://win.example/a")


def _post(number: int, minute: int, text: str = f"look {LINK.value}") -> Signal:
    """Account `number` posts `text` at `minute` past noon."""
    at = build.NOON + timedelta(minutes=minute)
    return build.signal(Signal.objects.count(), text=text, at=at, actor=f"a{number}")


def _finding(
    signals: list[Signal], accounts: int = 3, detector: str = "coaction-synchrony"
) -> Finding:
    return build.finding(
        subjects=build.accounts(accounts, first=0),
        signal_ids=sorted(one.pk for one in signals),
        family="timing",
        detector=detector,
    )


def test_a_link_names_its_accounts_in_the_order_in_which_they_came() -> None:
    signals = [_post(2, 9), _post(0, 1), _post(1, 4), _post(0, 7)]
    (link, *_) = shared_of([_finding(signals)], build.user())
    assert link.key == LINK
    assert [act.account for act in link.in_order] == ["x:a0", "x:a1", "x:a2"]
    assert link.in_order[0].id == signals[1].pk
    assert link.span_s == 8 * 60


def test_what_most_accounts_did_comes_first_and_what_one_did_not_at_all() -> None:
    signals = [_post(number, number) for number in range(3)]
    signals += [_post(number, number, "see https://two.example/") for number in range(2)]
    signals += [_post(0, 5, "see https://one.example/")]
    found = [one.key.value for one in shared_of([_finding(signals)], build.user())]
    assert found == [LINK.value, "https://two.example/"]


def test_accounts_that_the_finding_does_not_name_are_left_out() -> None:
    signals = [_post(number, number) for number in range(3)]
    (link,) = shared_of([_finding(signals, accounts=2)], build.user())
    assert set(link.acts) == {"x:a0", "x:a1"}


def test_several_findings_about_one_thing_are_one_line() -> None:
    one = _finding([_post(0, 0), _post(1, 1)])
    two = _finding([_post(1, 6), _post(2, 7)])
    (link,) = shared_of([one, two], build.user())
    assert [act.account for act in link.in_order] == ["x:a0", "x:a1", "x:a2"]


def test_a_detector_that_is_gone_is_passed_over() -> None:
    signals = [_post(number, number) for number in range(3)]
    assert shared_of([_finding(signals, detector="no-more")], build.user()) == []


def test_the_inner_keys_of_near_duplicate_text_are_not_shown() -> None:
    text = "Our town council sold the old swimming pool behind closed doors again"
    signals = [_post(number, number, text) for number in range(3)]
    texts = _finding(signals, detector="near-duplicate-text")
    assert shared_of([texts], build.user()) == []


def test_the_inner_keys_of_sketches_are_not_shown() -> None:
    text = "our town council sold the old swimming pool behind closed doors again last night"
    signals = [_post(number, number, "") for number in range(3)]
    for signal in signals:
        signal.payload = {"fingerprints": [sketch(text, b"0123456789abcdef", "acme")]}
        signal.save()
    sketched = _finding(signals, detector="near-duplicate-text")
    assert shared_of([sketched], build.user()) == []


def test_the_runs_of_words_behind_a_chain_are_not_shown() -> None:
    text = " ".join(f"word{n}" for n in range(30))
    signals = [_post(number, number, text) for number in range(3)]
    chain = _finding(signals, detector="output-reappearance")
    assert shared_of([chain], build.user()) == []


def test_the_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_SIGNALS", 2)
    signals = [_post(number, number) for number in range(3)]
    (link,) = shared_of([_finding(signals), _finding(signals)], build.user())
    assert set(link.acts) == {"x:a1", "x:a2"}


def test_a_partner_sees_none_of_it() -> None:
    signals = [_post(number, number) for number in range(3)]
    assert shared_of([_finding(signals)], build.user(Role.PARTNER)) == []
