"""The forms by which people let detectors act by themselves, hold them back and take it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms

from abusedesk.core import clock
from cases.choices import ProtectedWhy
from cases.permits import ACCOUNT_KINDS, MAX_CAP, MAX_RESUME_HOURS, MAX_WEIGHT, Permit
from cases.services.decision import REASON_LIMIT
from cases.terms import MAX_DAYS
from detectors.choices import EntityType

SHORT: Final = 500
PERCENT: Final = 100
MAX_IDS: Final = 10_000
RELEASE, DROP = "release", "drop"


class PermitForm(forms.Form):
    """Which action, on whom, how many an hour, and when the circuit breaker trips."""

    kind = forms.ChoiceField(
        label="Action on each account", choices=[(one.value, one.label) for one in ACCOUNT_KINDS]
    )
    days = forms.IntegerField(
        label="Ends after days", min_value=1, max_value=MAX_DAYS, required=False,
        help_text="Empty: it stands until it is taken back.",
    )  # fmt: skip
    cap = forms.IntegerField(
        label="At most accounts an hour", min_value=1, max_value=MAX_CAP, initial=20,
        help_text="One more hit trips the circuit breaker: the detector falls back to shadow and"
        " its hits are held.",
    )  # fmt: skip
    min_weight = forms.FloatField(
        label="Least weight of a finding", min_value=0, max_value=MAX_WEIGHT, initial=0,
        help_text="The LLR that stands beside each finding; lighter ones move nobody.",
    )  # fmt: skip
    resume_hours = forms.IntegerField(
        label="Live again after hours", min_value=1, max_value=MAX_RESUME_HOURS, required=False,
        help_text="After the breaker tripped. Empty: somebody resumes it.",
    )  # fmt: skip
    least_precision = forms.IntegerField(
        label="Trips below a precision of, %", min_value=1, max_value=PERCENT, required=False,
        help_text="Lower end of the 95 % interval, from 20 decided campaigns on.",
    )  # fmt: skip
    most_reversed = forms.IntegerField(
        label="Trips above reversals of, %", min_value=0, max_value=PERCENT, required=False,
        help_text="Of its actions of the last day, from 20 on, that people took back.",
    )  # fmt: skip
    reason = forms.CharField(max_length=SHORT, widget=forms.Textarea(attrs={"rows": 2}))

    def permit(self) -> Permit:
        """What it says; percentages as shares."""
        said: dict[str, Any] = {
            name: value for name, value in self.cleaned_data.items() if name != "reason"
        }
        for name in ("least_precision", "most_reversed"):
            said[name] = None if said[name] is None else said[name] / PERCENT
        return Permit(**said)


class HeldForm(forms.Form):
    """Which held hits, and what becomes of them. count: typed where there are many."""

    do = forms.ChoiceField(choices=[(RELEASE, RELEASE), (DROP, DROP)])
    everything = forms.BooleanField(required=False)
    reason = forms.CharField(
        max_length=SHORT, error_messages={"required": "Say in a sentence why."}
    )
    count = forms.IntegerField(required=False, min_value=1, max_value=MAX_IDS)


class UndoForm(forms.Form):
    """Which version, and since when."""

    number = forms.IntegerField(label="Version", min_value=1, max_value=2**31 - 1)
    since = forms.DateTimeField(
        label="Since",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="What the version set off from this minute on.",
    )

    @classmethod
    def of_today(cls, number: int) -> UndoForm:
        """As the page offers it: the last day."""
        return cls(initial={"number": number, "since": clock.now() - timedelta(days=1)})

    def moment(self) -> datetime:
        """In the zone in which the page tells times."""
        since: datetime = self.cleaned_data["since"]
        return since


class UndoConfirmForm(UndoForm):
    """The same, with a reason. count: typed where there are many."""

    reason = forms.CharField(
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say in a sentence why; each case keeps it."},
    )
    count = forms.CharField(max_length=20, required=False)

    def clean_count(self) -> int | None:
        """The number as people write it."""
        typed = self.cleaned_data["count"].replace(",", "").strip()
        if typed and not (typed.isascii() and typed.isdecimal()):
            message = "Type the number in digits."
            raise forms.ValidationError(message)
        return int(typed) if typed else None


class ProtectForm(forms.Form):
    """Whom nobody acts on alone."""

    type = forms.ChoiceField(choices=EntityType.choices)
    values = forms.CharField(
        label="Who or what",
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One a line; an account as platform:name.",
    )
    why = forms.ChoiceField(choices=ProtectedWhy.choices)
    reason = forms.CharField(max_length=SHORT)
