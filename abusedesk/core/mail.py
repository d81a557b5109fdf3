"""The only place that sends mail. Without ABUSEDESK_MAIL_URL it never does."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.message import BadHeaderError
from django.core.validators import validate_email

from abusedesk.core.models import User

SUBJECT_MOST: Final = 200  # characters


class MailError(Exception):
    """The mail was not taken; the text says why."""


def is_on() -> bool:
    """Whether the desk may send mail at all."""
    return bool(settings.MAIL_FROM)


def wanted_by(person: User) -> bool:
    """Whether this person asked for mail, and there is a way to send it."""
    return person.mail_notices and bool(person.email) and is_on()


def is_address(text: str) -> bool:
    """Whether mail can be sent there; accounts such as `mastodon:ada@host` are no addresses."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return ":" not in text


def address_of(path: str) -> str:
    """A page of the desk as people reach it; the path alone where nobody said how."""
    return f"{settings.PUBLIC_URL}{path}"


def send(*, to: str, subject: str, body: str) -> None:
    """One plain text mail to one address. Raises MailError."""
    if not is_on():
        message = "This desk sends no mail."
        raise MailError(message)
    line = " ".join(subject.split())[:SUBJECT_MOST]
    try:
        EmailMessage(line, body, settings.MAIL_FROM, [to]).send()
    except (SMTPException, OSError, BadHeaderError, UnicodeError) as error:
        message = str(error) or type(error).__name__
        raise MailError(message) from error
