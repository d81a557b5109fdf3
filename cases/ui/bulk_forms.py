"""The forms by which people say what is to be done to many cases."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from abusedesk.core.models import User
from cases.choices import BulkAction
from cases.deeds import Deed
from cases.models import PolicyVersion
from cases.selectors.policy import policies_for
from cases.selectors.queue import people_for
from cases.services.decision import REASON_LIMIT
from cases.terms import MAX_DAYS
from cases.ui.routing import morning
from cases.ui.terms import ACCOUNT_KINDS
from detectors.choices import Outcome

NOBODY: Final = "back to the queue"


class ConfirmForm(forms.Form):
    """What every action asks for. count: typed where there are many."""

    reason = forms.CharField(
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say in a sentence why; each case keeps it."},
    )
    count = forms.CharField(max_length=20, required=False)

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewer = viewer
        self.order_fields([*(name for name in self.fields if name != "count"), "count"])

    def clean_count(self) -> int | None:
        """The number as people write it; another one is a slip of the fingers or of the mind."""
        typed = self.cleaned_data["count"].replace(",", "").strip()
        shown = self.data.get("shown", "")
        if typed and typed != shown:
            message = f"Type the number of cases, {shown}, to confirm."
            raise forms.ValidationError(message)
        return int(typed) if typed.isascii() and typed.isdecimal() else None

    def deed(self) -> Deed:
        """What is to be done, out of a valid form."""
        raise NotImplementedError


class CloseForm(ConfirmForm):
    """A verdict, and one action on all accounts. Policies that ask questions are not for many."""

    field_order = ("outcome", "reason")
    outcome = forms.ChoiceField(
        label="Verdict", choices=[("", "choose one"), *Outcome.choices],
        error_messages={"required": "Choose a verdict."},
    )  # fmt: skip
    policy = forms.ModelChoiceField(
        PolicyVersion.objects.none(), required=False, empty_label="no policy"
    )
    act = forms.ChoiceField(
        label="Action on every account", choices=[("", "none"), *ACCOUNT_KINDS], required=False
    )
    days = forms.IntegerField(
        label="For how many days", min_value=1, max_value=MAX_DAYS, required=False,
        help_text="Empty: until it is reversed.",
    )  # fmt: skip

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, viewer=viewer, **kwargs)
        field = self.fields["policy"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = policies_for(viewer).filter(questions=[])

    def deed(self) -> Deed:
        said = self.cleaned_data
        return Deed(
            BulkAction.CLOSE,
            outcome=said["outcome"],
            policy=said["policy"].pk if said["policy"] else None,
            act=said["act"],
            days=said["days"],
        )


class AssignForm(ConfirmForm):
    """A person, or nobody."""

    field_order = ("assignee", "reason")
    assignee = forms.ChoiceField(label="Give to", required=False)

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, viewer=viewer, **kwargs)
        names = [one.username for one in people_for(viewer)]
        field = self.fields["assignee"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", NOBODY), *((name, name) for name in names)]

    def deed(self) -> Deed:
        return Deed(BulkAction.ASSIGN, assignee=self.cleaned_data["assignee"])


class LabelForm(ConfirmForm):
    """Words to add and to remove; other labels stay."""

    field_order = ("add", "remove", "reason")
    add = forms.CharField(max_length=1_000, required=False, help_text="Divided by spaces.")
    remove = forms.CharField(max_length=1_000, required=False)

    def deed(self) -> Deed:
        add, remove = (
            tuple(self.cleaned_data[name].replace(",", " ").split()) for name in ("add", "remove")
        )
        return Deed(BulkAction.LABEL, add=add, remove=remove)


class SnoozeManyForm(ConfirmForm):
    """A day on which they come back."""

    field_order = ("until", "reason")
    until = forms.DateField(
        label="Until", widget=forms.DateInput(attrs={"type": "date"}),
        help_text="They come back on that day at 09:00 by your clock.",
    )  # fmt: skip

    def deed(self) -> Deed:
        return Deed(BulkAction.SNOOZE, until=morning(self.cleaned_data["until"]))


FORMS: Final[dict[BulkAction, type[ConfirmForm]]] = {
    BulkAction.CLOSE: CloseForm,
    BulkAction.ASSIGN: AssignForm,
    BulkAction.LABEL: LabelForm,
    BulkAction.SNOOZE: SnoozeManyForm,
}
