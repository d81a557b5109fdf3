"""`manage.py write_misp_feed`: the MISP feed of a circle for one partner, as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.models import User
from cases.selectors.partner import circle_by_slug, partner_by_slug
from cases.services.misp_folder import write_folder


class Command(BaseCommand):
    """The same files as at /misp/<circle>/, for a web server that the desk is not."""

    help = "Write the MISP feed of a circle for one partner into a folder, in one step."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, of which circle, for whom, and who hands it over."""
        parser.add_argument("folder", type=Path, help="a link there is led to the new files")
        parser.add_argument("--circle", required=True, help="its short name")
        parser.add_argument("--partner", required=True, help="its short name")
        parser.add_argument("--user", required=True, help="the lead or admin who hands it over")

    def handle(self, *, folder: Path, circle: str, partner: str, user: str, **_: Any) -> None:
        """Write it, and say how many events it holds."""
        actor = User.objects.filter(username=user, is_active=True).first()
        if actor is None:
            message = f"There is no user {user}."
            raise CommandError(message)
        try:
            count = write_folder(
                actor=actor,
                circle=circle_by_slug(circle, actor),
                partner=partner_by_slug(partner, actor),
                folder=folder.absolute(),
            )
        except (AbuseDeskError, OSError) as error:
            raise CommandError(str(getattr(error, "message", error))) from None
        self.stdout.write(f"{count} events are in {folder}.")
