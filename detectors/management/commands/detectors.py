"""`manage.py detectors`: settings from the shell, by the same services as the pages."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.models import User
from abusedesk.core.text import visible
from detectors.choices import BacktestState, DraftState, Mode
from detectors.forms import bounds_of
from detectors.management.arguments import ARGUMENTS, NOBODY
from detectors.management.backtests import lines_of, sweep_of
from detectors.management.filing import read_from, write_to
from detectors.management.testing import params_in, run_files, settings_of
from detectors.management.values import with_values
from detectors.models import Backtest, DetectorDraft
from detectors.overrides import NAME as OVERRIDES
from detectors.selectors.config import (
    configs_for,
    detector_by_slug,
    detectors_for,
    params_of,
    versions_of,
)
from detectors.selectors.configuration import configuration_for
from detectors.selectors.draft import draft_by_id, drafts_for
from detectors.selectors.line import line_by_slug
from detectors.selectors.source import source_by_slug
from detectors.services.backtest import MAX_DAYS, run_backtest, start_backtest
from detectors.services.beside import end_beside, propose_beside
from detectors.services.configuration import REFUSED, SAME, import_configuration
from detectors.services.draft import approve_draft, propose_config
from detectors.services.rollback import roll_back
from detectors.timeline import last_days, usual_line

POLL_S = 1.0


class Command(BaseCommand):
    help = f"detectors {' | '.join(ARGUMENTS)}"

    def add_arguments(self, parser: CommandParser) -> None:
        """Who does it is named: services ask what that person may."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        for name, add in ARGUMENTS.items():
            verb = verbs.add_parser(name)
            if name not in NOBODY:
                verb.add_argument(
                    "--as", dest="user", required=True, help="user name of who does it"
                )
            add(verb)

    def handle(self, *args: Any, verb: str, user: str = "", **options: Any) -> None:
        """One deed; what the desk refuses is told as it tells it on a page."""
        if verb in NOBODY:
            self._test(**options)
            return
        actor = User.objects.filter(username=user, is_active=True).first()
        if actor is None:
            message = f"There is no active user {user}."
            raise CommandError(message)
        verbs: dict[str, Callable[..., None]] = {
            "list": self._list,
            "show": self._show,
            "set": self._set,
            "approve": self._approve,
            "promote": self._promote,
            "end-shadow": self._end_shadow,
            "rollback": self._rollback,
            "backtest": self._backtest,
            "export": self._export,
            "import": self._import,
        }
        try:
            verbs[verb](actor, **options)
        except AbuseDeskError as error:
            raise CommandError(error.message) from error

    def _list(self, actor: User, **_: Any) -> None:
        configs = configs_for(actor)
        for slug, detector in detectors_for(actor).items():
            config = configs.get(slug)
            state = f"{config.mode:8}version {config.number}" if config else "off     defaults"
            self.stdout.write(f"{slug:26}{state:20}{detector.meta.title}")

    def _show(self, actor: User, *, slug: str, **_: Any) -> None:
        model = detector_by_slug(slug, actor).Params
        params = params_of(slug)
        for name, info in model.tunable().items():
            low, high = bounds_of(info)
            bounds = f" ({low:g} to {high:g})" if low is not None and high is not None else ""
            self.stdout.write(f"{name} = {json.dumps(params[name])}{bounds}: {info.description}")
        for one in params.get(OVERRIDES, ()):
            self.stdout.write(f"{one['scope']}.{one['setting']} = {one['value']}")
        for one in versions_of(slug, actor):
            mark = "*" if one.current else "+" if one.is_beside else " "
            by = one.created_by or "abusedesk"
            self.stdout.write(f"{mark} version {one.number} {one.mode}, {by}: {one.reason}")
        for draft in drafts_for(actor, slug).filter(state=DraftState.OPEN):
            mode = f"{draft.mode} beside" if draft.beside else draft.mode
            self.stdout.write(f"  draft {draft.pk} {mode}, {draft.author}: {draft.reason}")

    def _set(
        self,
        actor: User,
        *,
        slug: str,
        values: Sequence[str],
        mode: str | None,
        beside: bool,
        reason: str,
        shadow_days: int | None,
        lost_because: str,
        **_: Any,
    ) -> None:
        detector_by_slug(slug, actor)
        config = configs_for(actor).get(slug)
        draft = propose_config(
            actor=actor,
            slug=slug,
            mode=mode or (Mode.SHADOW if beside else config.mode if config else Mode.LIVE),
            params=with_values(params_of(slug), values),
            reason=reason,
            promote_after_days=shadow_days,
            lost_because=lost_because,
            beside=beside,
        )
        self._tell(draft)

    def _approve(self, actor: User, *, draft: int, **_: Any) -> None:
        self._tell(approve_draft(actor=actor, draft=draft_by_id(draft, actor)))

    def _promote(self, actor: User, *, slug: str, reason: str, **_: Any) -> None:
        """What watches beside goes live, where something does; else the version in force."""
        detector_by_slug(slug, actor)
        if any(one.is_beside for one in versions_of(slug, actor)):
            self._tell(propose_beside(actor=actor, slug=slug, reason=reason))
            return
        params = params_of(slug)
        self._tell(
            propose_config(actor=actor, slug=slug, mode=Mode.LIVE, params=params, reason=reason)
        )

    def _end_shadow(self, actor: User, *, slug: str, reason: str, **_: Any) -> None:
        detector_by_slug(slug, actor)
        ended = end_beside(actor=actor, slug=slug, reason=reason)
        self.stdout.write(f"Version {ended.number} watches no longer.")

    def _rollback(self, actor: User, *, slug: str, number: int, reason: str, **_: Any) -> None:
        detector_by_slug(slug, actor)
        made = roll_back(actor=actor, slug=slug, number=number, reason=reason)
        self.stdout.write(f"Version {made.number} equals version {number} and is in force.")

    def _backtest(
        self,
        actor: User,
        *,
        slug: str,
        values: Sequence[str],
        days: int,
        stream: str,
        source: Sequence[str],
        sweep: str,
        **_: Any,
    ) -> None:
        if sweep and values:
            message = "Give settings or a sweep, not both."
            raise CommandError(message)
        days = max(0, min(days, MAX_DAYS + 1))  # no date lies further; the service says what may be
        line = line_by_slug(stream, actor) if stream else usual_line()
        since, until = last_days(line, days)
        run = start_backtest(
            actor=actor,
            slug=slug,
            params=with_values(params_of(slug), values),
            since=since,
            until=until,
            sources=[source_by_slug(one, actor).pk for one in source],
            line=stream,
            sweep=sweep_of(sweep),
        )
        self.stdout.write(f"Backtest {run.pk} runs.")
        while run.state == BacktestState.RUNNING:
            run_backtest(run_id=run.pk)
            run.refresh_from_db()
            if run.state == BacktestState.RUNNING:  # a worker may have it in hand
                time.sleep(POLL_S)
        self._tell_result(run)

    def _export(self, actor: User, *, folder: str, **_: Any) -> None:
        number = write_to(Path(folder), configuration_for(actor))
        self.stdout.write(f"{number} files in {folder}.")

    def _import(
        self,
        actor: User,
        *,
        folder: str,
        reason: str,
        lost_because: str,
        dry_run: bool,
        **_: Any,
    ) -> None:
        """Fails where a line was refused; the others stand."""
        found = import_configuration(
            actor=actor,
            configuration=read_from(Path(folder)),
            reason=reason,
            lost_because=lost_because,
            dry_run=dry_run,
        )
        for one in found:
            if one.what != SAME:
                number = f" {one.draft}" if one.draft else ""
                about = f" about {visible(one.about)}" if one.about else ""
                said = f": {visible(one.said)}" if one.said else ""
                self.stdout.write(f"{one.what}{number}  {one.detector}{about}{said}")
        counts = Counter(one.what for one in found)
        told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        self.stdout.write(f"{'Nothing was written: ' if dry_run else ''}{told or 'nothing'}.")
        if counts[REFUSED]:
            message = f"{counts[REFUSED]} refused."
            raise CommandError(message)

    def _test(
        self, *, files: Sequence[str], values: Sequence[str], config: str | None, **_: Any
    ) -> None:
        """Fails where a case is lost, so that CI stops."""
        changes = params_in(read_from(Path(config))) if config else {}
        for slug, params in settings_of(values).items():
            changes[slug] = {**changes.get(slug, {}), **params}
        lost = run_files(files, changes, self.stdout.write)
        if lost:
            message = f"{lost} lost."
            raise CommandError(message)

    def _tell(self, draft: DetectorDraft) -> None:
        if draft.made is not None and draft.made.beside:
            told = (
                f"Version {draft.made.number} watches beside version {draft.made.beside} from the"
                " next tick."
            )
        elif draft.made is not None:
            told = f"Version {draft.made.number} is in force from the next tick."
        else:
            told = f"Draft {draft.pk} waits for somebody who may approve it."
        self.stdout.write(told)

    def _tell_result(self, run: Backtest) -> None:
        if run.state != BacktestState.DONE:
            message = f"It ended: {run.get_state_display().lower()}. {run.error}"
            raise CommandError(message)
        for line in lines_of(run):
            self.stdout.write(line)
