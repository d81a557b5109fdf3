"""Forms of the case page."""

from __future__ import annotations

from typing import Any

from django import forms

from abusedesk.core.models import User
from cases import policy
from cases.choices import Severity, TaskState, Tlp
from cases.events import EVENTS
from cases.models import Queue
from cases.ui.terms import TermsFields
from detectors.choices import Outcome

STAY, NEXT = "stay", "next"
THIS, OTHER = "this", "other"


class DraftForm(TermsFields):
    """What somebody began to write; it travels through a claim."""

    outcome = forms.ChoiceField(choices=Outcome.choices, required=False)
    reason = forms.CharField(max_length=5_000, required=False)
    asks_second = forms.BooleanField(required=False)


class DecisionForm(TermsFields):
    """Verdict, reason and terms. key: one for each page shown: a double click is one decision."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    claim_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        choices=Outcome.choices, error_messages={"required": "Choose a verdict: 1 to 4."}
    )
    reason = forms.CharField(
        max_length=5_000, error_messages={"required": "Say in a sentence what settles it."}
    )
    asks_second = forms.BooleanField(required=False)
    then = forms.ChoiceField(choices=[(STAY, STAY), (NEXT, NEXT)], required=False)


class ClaimForm(forms.Form):
    """Which claim a page was opened under."""

    claim_id = forms.UUIDField()


class ReasonForm(forms.Form):
    """A reason alone."""

    reason = forms.CharField(max_length=500)


class MarksForm(forms.Form):
    """Labels as words, and TLP. version: of the case that the page showed."""

    labels = forms.CharField(max_length=1_000, required=False)
    tlp = forms.ChoiceField(choices=Tlp.choices)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class TaskForm(forms.Form):
    """A task, or all of a playbook."""

    text = forms.CharField(max_length=300, required=False)
    playbook = forms.IntegerField(min_value=1, max_value=2**62, required=False)


class TaskStateForm(forms.Form):
    """What became of a task. version: of the task that the page showed."""

    state = forms.ChoiceField(choices=TaskState.choices)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class FileForm(forms.Form):
    """A file as evidence."""

    file = forms.FileField()
    note = forms.CharField(max_length=500, required=False)


class LinkForm(forms.Form):
    """Another case, and why it is related."""

    other = forms.RegexField(r"^AD-[0-9]{1,18}$", strip=True)
    reason = forms.CharField(max_length=500)


class WebhookForm(forms.Form):
    """A receiver. An empty secret keeps the old one, or makes one."""

    url = forms.CharField(label="Address", max_length=500)
    secret = forms.CharField(
        max_length=64,
        required=False,
        help_text="Signs every message. Left empty, it stays; a new receiver gets one.",
    )
    events = forms.MultipleChoiceField(
        label="Besides decisions, tell of cases",
        choices=[(name, name) for name in EVENTS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    active = forms.BooleanField(required=False, initial=True)


class PlaybookForm(forms.Form):
    """Steps for the cases that fit. version: of the playbook that the page showed."""

    title = forms.CharField(max_length=120)
    steps = forms.CharField(widget=forms.Textarea(attrs={"rows": 8}), help_text="One step a line.")
    queue = forms.ModelChoiceField(Queue.objects.none(), required=False, empty_label="every queue")
    platform = forms.SlugField(max_length=40, required=False, help_text="Empty: every platform.")
    severity = forms.TypedChoiceField(
        label="From severity", choices=Severity.choices, coerce=int, initial=Severity.INFO
    )
    active = forms.BooleanField(label="Give it to new cases", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["queue"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = policy.queues_of(viewer)


class SnoozeForm(forms.Form):
    """How long a case stays away."""

    how = forms.ChoiceField(choices=[(one, one) for one in ("day", "week", "date", "escalates")])
    date = forms.DateField(required=False)


class MergeForm(forms.Form):
    """Which other case, which of the two goes on, and why."""

    other = forms.CharField(max_length=20)
    survivor = forms.ChoiceField(choices=[(THIS, THIS), (OTHER, OTHER)])
    reason = forms.CharField(max_length=500)
