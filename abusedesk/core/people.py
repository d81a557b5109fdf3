"""Makes people, changes their role, switches them off."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from abusedesk.core import audit, ids
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import Role, User

PASSWORD_BYTES = 12


@transaction.atomic
def create_user(*, actor: User | None, name: str, role: Role) -> str:
    """Make a person with a password that is stored as a hash only. Returns the password."""
    person = User(username=name, role=role)
    password = ids.random_token(PASSWORD_BYTES)
    person.set_password(password)
    try:
        person.full_clean()
    except ValidationError as error:
        message = " ".join(error.messages)
        raise InvalidError(message, field="name") from None
    person.save()
    audit.append(actor=actor, verb=audit.Verb.USER_CREATED, target=person, name=name, role=role)
    return password


@transaction.atomic
def change_user(
    *, actor: User | None, name: str, role: Role | None = None, active: bool | None = None
) -> None:
    """Change what is given. A person who is off has neither sessions nor working tokens."""
    person = User.objects.select_for_update(no_key=True).filter(username=name).first()
    if person is None:
        message = f"There is no user {name}."
        raise NotFoundError(message)
    person.role = person.role if role is None else role
    person.is_active = person.is_active if active is None else active
    person.save(update_fields=["role", "is_active"])
    audit.append(
        actor=actor,
        verb=audit.Verb.USER_CHANGED,
        target=person,
        name=name,
        role=person.role,
        active=person.is_active,
    )
