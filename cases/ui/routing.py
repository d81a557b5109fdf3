"""What pages show of assignment, snooze and forecast, and the forms of queues, rules and shifts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from abusedesk.core import clock
from abusedesk.core.models import Role, User
from cases import policy, states
from cases.assigning import DAYS as WEEKDAYS
from cases.choices import Assign, State
from cases.forecast import DAYS
from cases.models import Case, Queue, Snooze
from cases.policy import HIDEABLE
from cases.services.case import SNOOZE_MAX
from cases.services.queue import GOLDEN_MOST, SLA_MOST

WIDTH: Final = 10  # of a day, in the units of the picture
HEIGHT: Final = 60
ROLES: Final = ((Role.REVIEWER, "Reviewers"), (Role.LEAD, "Leads"))
SPANS: Final = {"day": timedelta(days=1), "week": timedelta(weeks=1), "escalates": SNOOZE_MAX}


class QueueForm(forms.Form):
    """A queue. people: user names, who see it besides the roles."""

    slug = forms.SlugField(max_length=60, help_text="In links; it stays.")
    title = forms.CharField(max_length=120)
    sla_hours = forms.IntegerField(
        label="First decision within hours", min_value=1, max_value=SLA_MOST, initial=24
    )
    roles = forms.MultipleChoiceField(
        choices=ROLES,
        required=False,
        initial=[role for role, _ in ROLES],
        widget=forms.CheckboxSelectMultiple,
        label="Who sees it",
        help_text="Admins see every queue.",
    )
    people = forms.CharField(
        required=False, label="And these people", help_text="User names, divided by commas."
    )
    hidden_actions = forms.MultipleChoiceField(
        choices=list(HIDEABLE.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Not offered here",
    )
    assign = forms.ChoiceField(choices=Assign.choices, label="How cases find a person")
    skill = forms.SlugField(
        max_length=40, required=False, help_text="Only people with it are handed cases."
    )
    sla_pauses = forms.BooleanField(
        required=False, label="The clock stands while a case is snoozed"
    )
    escalate_late = forms.BooleanField(required=False, label="A late case goes to a lead")

    golden_percent = forms.IntegerField(
        label="Checks with a known answer, percent",
        min_value=0,
        max_value=GOLDEN_MOST,
        initial=5,
        help_text="Of the cases that a reviewer takes with Next.",
    )

    def clean_people(self) -> list[User]:
        """The people by their names."""
        names = [one for one in self.cleaned_data["people"].replace(",", " ").split() if one]
        found = {one.username: one for one in User.objects.filter(username__in=names)}
        if unknown := [one for one in names if one not in found]:
            message = f"There is no {unknown[0]}."
            raise forms.ValidationError(message)
        return list(found.values())


class RuleForm(forms.Form):
    """A routing rule."""

    name = forms.CharField(max_length=80)
    query = forms.CharField(
        max_length=2_000,
        label="What it takes",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text="For example platform:x,telegram sev:>=high -lang:en",
    )
    queue = forms.ModelChoiceField(
        Queue.objects.all(), to_field_name="slug", label="Goes to", empty_label=None
    )
    active = forms.BooleanField(required=False, initial=True, label="In force")


class ShiftForm(forms.Form):
    """When one person takes cases that the desk hands out."""

    user = forms.CharField(max_length=150, widget=forms.HiddenInput)
    days = forms.TypedMultipleChoiceField(
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    start = forms.TimeField(
        initial=time(9), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    end = forms.TimeField(
        initial=time(17),
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text="As the start: the whole day.",
    )
    zone = forms.CharField(max_length=60, initial="UTC", label="Time zone")
    capacity = forms.IntegerField(min_value=1, max_value=500, initial=20)
    skills = forms.CharField(required=False, max_length=400, help_text="Divided by commas.")
    away_until = forms.DateField(
        required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def values(self) -> dict[str, Any]:
        """As the service takes them."""
        said = self.cleaned_data
        away = said["away_until"]
        return {
            "days": said["days"],
            "start_min": said["start"].hour * 60 + said["start"].minute,
            "end_min": said["end"].hour * 60 + said["end"].minute,
            "zone": said["zone"],
            "capacity": said["capacity"],
            "skills": said["skills"].replace(",", " ").split(),
            "away_until": datetime.combine(away, time.min, UTC) if away else None,
        }


def context(case: Case, viewer: User) -> dict[str, Any]:
    """The parts of the right rail that say for whom the case waits, and where."""
    can_assign = case.state in states.WAITING and policy.offered(viewer, "case.assign", case)
    can_move = policy.offered(viewer, "case.move", case)
    shown = case.state == State.SNOOZED or case.escalating
    snooze = case.snoozes.filter(until_escalates=True).first() if shown else None
    return {
        "can_assign": can_assign,
        "can_move": can_move,
        "snooze": snooze,
        "band": picture(snooze) if snooze else None,
    }


def until(said: dict[str, Any]) -> datetime | None:
    """When a snoozed case comes back; None when no date was said."""
    if said["how"] in SPANS:
        return clock.now() + SPANS[said["how"]]
    return morning(said["date"]) if said["date"] else None


def morning(day: date) -> datetime:
    """Nine in the morning of `day`, by the clock of who says it."""
    return datetime.combine(day, time(9), timezone.get_current_timezone())


def picture(snooze: Snooze) -> dict[str, Any]:
    """Bars of the 14 days before, the band of the 14 days after, and the day that counts."""
    top = max(1, snooze.upper, snooze.hits_today, *snooze.history)
    band = _height(snooze.upper, top)
    return {
        "width": WIDTH * 2 * DAYS,
        "height": HEIGHT,
        "bars": [_bar(place, hits, top) for place, hits in enumerate(snooze.history)],
        "band": {"x": WIDTH * DAYS, "y": HEIGHT - band, "width": WIDTH * DAYS, "height": band},
        "expected": HEIGHT - _height(snooze.expected, top),
        "now": _bar(DAYS + min(snooze.day, DAYS - 1), snooze.hits_today, top),
    }


def _bar(place: int, hits: int, top: int) -> dict[str, int]:
    height = max(1, _height(hits, top)) if hits else 0
    return {"x": place * WIDTH + 1, "y": HEIGHT - height, "width": WIDTH - 2, "height": height}


def _height(hits: float, top: int) -> int:
    return round(HEIGHT * hits / top)
