"""Who may have a session."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from abusedesk.core.models import Role


class PeopleBackend(ModelBackend):
    """People sign in; an integration acts by token only, so no session of one is honoured."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and user.role != Role.INTEGRATION
