"""`manage.py replay`: one known operation through the running desk, and what came of it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import urljoin

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from abusedesk.core import clock, programs
from cases.choices import State
from cases.models import Case
from detectors.demo import SCENARIOS, Scenario, truth, world
from detectors.models import CampaignMember, Stream
from detectors.schema import SignalIn
from detectors.services.replay import is_worked_off, opened_at, store_history
from detectors.services.source import ensure_source, history_stream

DAYS: Final = 5
TICK_S: Final = 1_800
LOOK_S: Final = 1.0
MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Found:
    """One case that names accounts of the operation, and all that it names."""

    ref: str
    title: str
    accounts: frozenset[str]


class Command(BaseCommand):
    """Stores the operation among harmless signals, waits for the workers, prints a table."""

    help = "Replay one operation of public reports in a running desk and show how it is found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Every option has a default that suits a try."""
        names = [scenario.slug for scenario in SCENARIOS]
        parser.add_argument("name", choices=names, metavar="NAME", help=", ".join(names))
        parser.add_argument("--seed", type=int, help="default: another one every minute")
        parser.add_argument("--background", type=int, default=4_000, help="harmless signals")
        parser.add_argument("--wait", type=float, default=600, help="seconds, at most")

    def handle(self, *, name: str, seed: int | None, background: int, **options: Any) -> None:
        """Play, wait, tell."""
        scenario = next(one for one in SCENARIOS if one.slug == name)
        end = clock.now().replace(second=0, microsecond=0)
        seed = int(end.timestamp()) // MINUTE_S if seed is None else seed
        signals = world(seed=seed, end=end, days=DAYS, scenarios=[name], background=background)
        accounts = truth(seed=seed, end=end, days=DAYS, scenarios=[name])[name]
        line = history_stream(
            slug=f"{name}-{seed}-{end:%Y%m%d%H%M}", title=scenario.title, tick_floor_s=TICK_S
        )
        source = ensure_source(slug=f"replay-{name}", title=f"Replay: {scenario.title}")
        store_history(source=source, line=line, signals=signals)
        self.stdout.write(_summary(scenario, seed, signals, accounts))
        _await(line, accounts, options["wait"])
        cases = _cases_of(accounts)
        rows = [("expected", f"1 case with {len(accounts)} accounts")]
        rows.append(("found", f"{len(cases)}, {_delay(line, signals, accounts)}"))
        rows += [row for one in cases for row in _rows(one, accounts)]
        for what, value in rows:
            self.stdout.write(f"  {what:<10}{value}")


def _rows(one: Found, accounts: set[str]) -> Iterator[tuple[str, str]]:
    """One case as lines of the table."""
    right = one.accounts & accounts
    yield "case", f"{one.ref} {one.title}"
    yield "", urljoin(programs.url(), reverse("cases:case-detail", args=[one.ref]))
    yield "named", f"{len(right)} of the operation, {len(one.accounts - right)} others"
    yield "recall", f"{len(right) / len(accounts):.2f}"
    yield "precision", f"{len(right) / len(one.accounts):.2f}"
    touched = _platforms(right)
    yield "platforms", f"{', '.join(touched)} ({len(touched)} of {len(_platforms(accounts))})"


def _await(line: Stream, accounts: set[str], wait_s: float) -> None:
    """Until the workers are done with it. Raises CommandError when that takes too long."""
    deadline = monotonic() + wait_s
    while not is_worked_off(line=line, accounts=accounts):
        if monotonic() > deadline:
            message = f"Not worked off after {wait_s:g} s. Does the desk run (make run)?"
            raise CommandError(message)
        sleep(LOOK_S)


def _cases_of(accounts: Iterable[str]) -> list[Found]:
    """Cases that name any of these accounts, the one with the most first."""
    named = CampaignMember.objects.filter(account__in=accounts)
    cases = Case.objects.filter(campaign_links__campaign__members__in=named).exclude(
        state=State.MERGED
    )
    found = [Found(case.ref, case.title, _members(case)) for case in cases.distinct()]
    return sorted(found, key=lambda one: (-len(one.accounts.intersection(accounts)), one.ref))


def _members(case: Case) -> frozenset[str]:
    rows = CampaignMember.objects.filter(campaign__case_link__case=case)
    return frozenset(rows.values_list("account", flat=True))


def _delay(line: Stream, signals: Sequence[SignalIn], accounts: set[str]) -> str:
    """How long after the first act of the operation its case opened, by the engine's clock."""
    opened = opened_at(line=line, accounts=accounts)
    if opened is None:
        return "never"
    at = datetime.fromtimestamp(opened, UTC)
    own = [one.occurred_at for one in signals if f"{one.platform}:{one.actor}" in accounts]
    later = [one.occurred_at for one in signals if min(own) <= one.occurred_at < at]
    done = sum(moment < at for moment in own)
    minutes = (at - min(own)).total_seconds() / MINUTE_S
    return (
        f"{minutes:,.0f} minutes and {len(later):,} signals after its first act,"
        f" with {done / len(own):.0%} of its own signals in"
    )


def _summary(scenario: Scenario, seed: int, signals: Sequence[SignalIn], accounts: set[str]) -> str:
    own = sum(f"{one.platform}:{one.actor}" in accounts for one in signals)
    return (
        f"{scenario.title}, seed {seed}: {own:,} signals of the operation among"
        f" {len(signals) - own:,} harmless ones, of the last {DAYS} days."
    )


def _platforms(accounts: Iterable[str]) -> list[str]:
    return sorted({account.partition(":")[0] for account in accounts})
