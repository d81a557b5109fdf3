"""The form in which somebody says which notices they want, on what way and when."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms

from abusedesk.core.models import User
from cases.habits import Digest, Habit, Topic

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class HabitForm(forms.Form):
    """desk, mail: topics that come that way. A desk without mail asks for nothing of it."""

    wanted = forms.BooleanField(required=False, label="Mail me my notices")
    address = forms.CharField(
        max_length=254,
        required=False,
        label="Your mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    digest = forms.ChoiceField(choices=Digest.choices, widget=forms.RadioSelect)
    hour = forms.TypedChoiceField(choices=HOURS, coerce=int, label="The daily mail comes at")
    quiet_from = forms.TimeField(
        required=False, label="No mail from", widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    quiet_until = forms.TimeField(
        required=False, label="No mail until", widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    desk = forms.MultipleChoiceField(choices=Topic.choices, required=False)
    mail = forms.MultipleChoiceField(choices=Topic.choices, required=False)

    MAIL = ("wanted", "address", "digest", "hour", "quiet_from", "quiet_until", "mail")

    def __init__(self, data: Any, *, person: User, habit: Habit, mail_is_on: bool) -> None:
        shown = {
            "wanted": person.mail_notices,
            "address": person.email,
            "digest": habit.digest,
            "hour": habit.hour,
            "quiet_from": _clock(habit.quiet_from),
            "quiet_until": _clock(habit.quiet_until),
            "desk": [one for one in Topic.values if one not in habit.off_desk],
            "mail": [one for one in Topic.values if one not in habit.off_mail],
        }
        super().__init__(data, initial=shown)
        self.kept = habit
        if not mail_is_on:
            for name in self.MAIL:
                del self.fields[name]

    @property
    def topics(self) -> list[tuple[str, str, bool, bool]]:
        """Slug, words, and whether it is ticked for the desk and for mail."""
        on = {
            name: set(self[name].value() or []) for name in ("desk", "mail") if name in self.fields
        }
        return [
            (slug, label, slug in on["desk"], slug in on.get("mail", set()))
            for slug, label in Topic.choices
        ]

    def habit(self) -> Habit:
        """As it was said; what the page does not ask stays as it was."""
        said = self.cleaned_data
        off_desk = frozenset(Topic.values) - set(said["desk"])
        if "mail" not in self.fields:
            kept = self.kept
            return Habit(
                kept.digest, kept.hour, kept.quiet_from, kept.quiet_until, off_desk, kept.off_mail
            )
        return Habit(
            digest=Digest(said["digest"]),
            hour=said["hour"],
            quiet_from=_minute(said["quiet_from"]),
            quiet_until=_minute(said["quiet_until"]),
            off_desk=off_desk,
            off_mail=frozenset(Topic.values) - set(said["mail"]),
        )


def _minute(at: time | None) -> int | None:
    return None if at is None else at.hour * 60 + at.minute


def _clock(minute: int | None) -> time | None:
    return None if minute is None else time(minute // 60, minute % 60)
