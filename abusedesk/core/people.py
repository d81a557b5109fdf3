"""Makes people, changes their role, switches them off, gives them a new password."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from abusedesk.core import audit, ids
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import Role, User
from abusedesk.core.policy import allowed, require

PASSWORD_BYTES = 12
OWN = "Another admin changes your role or switches you off; you cannot do it yourself."
ENDED = "You are no admin any more."


def people_for(viewer: User) -> QuerySet[User]:
    """Everybody by name, with who is off last; nobody for who may not see that."""
    if not allowed(viewer, "person.view"):
        return User.objects.none()
    return User.objects.order_by("-is_active", "username")


@transaction.atomic
def create_user(*, actor: User | None, name: str, role: Role, mail: str = "") -> str:
    """Make a person with a password that is stored as a hash only. Returns the password.

    Raises InvalidError for a name that is taken or no name, and for a mail address that is none.
    """
    require(actor, "person.save")
    person = User(username=name, role=role, email=mail)
    password = _given(person)
    try:
        person.full_clean()
    except ValidationError as error:
        field, (message, *_) = next(iter(error.message_dict.items()))
        raise InvalidError(message, field={"email": "mail"}.get(field, "name")) from None
    person.save()
    audit.append(actor=actor, verb=audit.Verb.USER_CREATED, target=person, name=name, role=role)
    return password


@transaction.atomic
def change_user(
    *, actor: User | None, name: str, role: Role | None = None, active: bool | None = None
) -> None:
    """Change what is given. A person who is off has neither sessions nor working tokens.

    Nobody changes themselves (ConflictError), so one admin stays who may come in.
    """
    require(actor, "person.save")
    person = _locked(name, by=actor)
    role = Role(person.role) if role is None else role
    active = person.is_active if active is None else active
    if (role, active) == (person.role, person.is_active):
        return
    if actor is not None and actor.pk == person.pk:
        raise ConflictError(OWN)
    person.role, person.is_active = role, active
    person.save(update_fields=["role", "is_active"])
    audit.append(
        actor=actor,
        verb=audit.Verb.USER_CHANGED,
        target=person,
        name=name,
        role=person.role,
        active=person.is_active,
    )


@transaction.atomic
def renew_password(*, actor: User | None, name: str) -> str:
    """Give a person a new password, which ends all their sessions. Returns it."""
    require(actor, "person.save")
    person = _locked(name, by=actor)
    password = _given(person)
    person.save(update_fields=["password"])
    audit.append(actor=actor, verb=audit.Verb.USER_RENEWED, target=person, name=name)
    return password


def _given(person: User) -> str:
    password = ids.random_token(PASSWORD_BYTES)
    person.set_password(password)
    return password


def _locked(name: str, *, by: User | None) -> User:
    """The person. All admins are locked with them: two do not switch each other off at once."""
    asked = Q(username=name) | Q(role=Role.ADMIN, is_active=True)
    rows = User.objects.select_for_update(no_key=True).filter(asked).order_by("pk")
    found = {one.username: one for one in rows}
    if by is not None and not allowed(found.get(by.username, User(is_active=False)), "person.save"):
        raise ForbiddenError(ENDED)
    if name not in found:
        message = f"There is no user {name}."
        raise NotFoundError(message)
    return found[name]
