"""Forms of the case page."""

from __future__ import annotations

from django import forms

from detectors.choices import Outcome

SNOOZES = ((1, "in a day"), (3, "in 3 days"), (7, "in a week"), (30, "in 30 days"))
STAY, NEXT = "stay", "next"


class DraftForm(forms.Form):
    """What somebody began to write; it travels through a claim."""

    outcome = forms.ChoiceField(choices=Outcome.choices, required=False)
    reason = forms.CharField(max_length=5_000, required=False)


class DecisionForm(forms.Form):
    """Verdict and reason. key: one for each page shown, so that a double click is one decision."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    claim_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        choices=Outcome.choices, error_messages={"required": "Choose a verdict: 1 to 4."}
    )
    reason = forms.CharField(
        max_length=5_000, error_messages={"required": "Say in a sentence what settles it."}
    )
    then = forms.ChoiceField(choices=[(STAY, STAY), (NEXT, NEXT)], required=False)


class ClaimForm(forms.Form):
    """Which claim a page was opened under."""

    claim_id = forms.UUIDField()


class ReasonForm(forms.Form):
    """A reason alone."""

    reason = forms.CharField(max_length=500)


class SnoozeForm(forms.Form):
    """How long a case stays away."""

    days = forms.TypedChoiceField(choices=SNOOZES, coerce=int)


class MergeForm(forms.Form):
    """Which other case, and why. turned: the other one goes on."""

    other = forms.CharField(max_length=20)
    turned = forms.BooleanField(required=False)
    reason = forms.CharField(max_length=500)
