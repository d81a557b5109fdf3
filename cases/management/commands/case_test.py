"""`manage.py case_test AD-12`: saves a confirmed case as a test of the detectors that found it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.models import User
from cases.selectors.case import case_by_ref
from cases.services.case_test import save_case_as_test
from detectors.services.scenario import DAYS


class Command(BaseCommand):
    """By the same service as the page."""

    help = "Save a case that was closed as confirmed as a test."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("case", help="its reference, as AD-12")
        parser.add_argument("--as", dest="user", required=True, help="user name of who does it")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--days", type=int, default=DAYS, help="days that the copies are kept")

    def handle(self, *, case: str, user: str, reason: str, days: int, **_: Any) -> None:
        """Say what is expected from now on."""
        actor = User.objects.filter(username=user, is_active=True).first()
        if actor is None:
            message = f"There is no active user {user}."
            raise CommandError(message)
        try:
            found = case_by_ref(case, actor)
            scenario = save_case_as_test(actor=actor, case=found, reason=reason, days=days)
        except AbuseDeskError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Test {scenario.pk} of {scenario.origin}: {scenario.signals} signals.")
        for one in scenario.expected.order_by("detector"):
            self.stdout.write(f"{one.detector} must name {len(one.accounts)} accounts.")
        for slug, said in sorted(scenario.left_out.items()):
            self.stdout.write(f"{slug} is left out: {said}.")
