"""The people of the tests, one of each; calling a name again gives the same person."""

from __future__ import annotations

from abusedesk.core.models import Role, User

PASSWORD = "correct horse battery staple"


def reviewer() -> User:
    """Reads and decides."""
    return _person("reviewer", Role.REVIEWER)


def lead() -> User:
    """Leads reviewers."""
    return _person("lead", Role.LEAD)


def admin() -> User:
    """May do everything."""
    return _person("admin", Role.ADMIN)


def integration() -> User:
    """Acts by token only."""
    return _person("integration", Role.INTEGRATION)


def partner() -> User:
    """Sees only what was shared."""
    return _person("partner", Role.PARTNER)


def outsider() -> User:
    """Had an account once; it is off."""
    person = _person("outsider", Role.REVIEWER)
    if person.is_active:
        person.is_active = False
        person.save(update_fields=["is_active"])
    return person


def _person(name: str, role: Role) -> User:
    known = User.objects.filter(username=name).first()
    return known or User.objects.create_user(name, password=PASSWORD, role=role)
