"""The form that searches the audit."""

from __future__ import annotations

from datetime import UTC

from django import forms
from django.utils import timezone

from abusedesk.core.verbs import Verb
from cases.selectors.audit import Asked

LONGEST = 150


class AuditForm(forms.Form):
    """What happened, who did it, to what, from when until when. Times are UTC."""

    verb = forms.ChoiceField(
        label="What", required=False,
        choices=[("", "anything"), *((one.value, one.value) for one in sorted(Verb))],
        error_messages={"invalid_choice": "There is no such event."},
    )  # fmt: skip
    actor = forms.CharField(label="Who", max_length=LONGEST, required=False)
    about = forms.CharField(label="About", max_length=LONGEST, required=False)
    since = forms.DateTimeField(label="Since, UTC", required=False)
    until = forms.DateTimeField(label="Before, UTC", required=False)

    def asked(self) -> Asked:
        """What was meant; of a form that is valid."""
        return Asked(**self.cleaned_data)


def in_utc(form: AuditForm) -> AuditForm:
    """The form as it reads times: in UTC, whatever zone the page tells them in."""
    with timezone.override(UTC):
        form.is_valid()
    return form
