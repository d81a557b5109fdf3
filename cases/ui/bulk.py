"""Work on many cases as pages ask for it: the bar below a list, the forms of each action."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from abusedesk.core import clock
from abusedesk.core.models import User
from abusedesk.core.query import MAX_CHARS, Query, Term, parse
from cases import policy
from cases.choices import BulkAction
from cases.deeds import RULES, Deed
from cases.models import PolicyVersion, Queue
from cases.search import FIELDS
from cases.selectors.bulk import Choice
from cases.selectors.policy import policies_for
from cases.selectors.queue import people_for
from cases.services.decision import REASON_LIMIT
from cases.terms import MAX_DAYS
from cases.ui.terms import ACCOUNT_KINDS
from detectors.choices import Outcome

KEYS: Final = {
    BulkAction.ASSIGN: "assign",
    BulkAction.LABEL: "label",
    BulkAction.SNOOZE: "snooze",
}
NOBODY: Final = "back to the queue"
MORNING: Final = time(9, tzinfo=UTC)


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

    def typed(self) -> int | None:
        """The number as people write it."""
        digits = self.cleaned_data["count"].replace(",", "").strip()
        return int(digits) if digits.isascii() and digits.isdecimal() else None

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
        help_text="They come back on that day at 09:00 UTC.",
    )  # fmt: skip

    def deed(self) -> Deed:
        until = datetime.combine(self.cleaned_data["until"], MORNING)
        return Deed(BulkAction.SNOOZE, until=until)


FORMS: Final[dict[BulkAction, type[ConfirmForm]]] = {
    BulkAction.CLOSE: CloseForm,
    BulkAction.ASSIGN: AssignForm,
    BulkAction.LABEL: LabelForm,
    BulkAction.SNOOZE: SnoozeManyForm,
}


def bar(viewer: User, query: Query, total: str, back: str) -> dict[str, Any] | None:
    """What the bar below a list needs; None for who changes no cases.

    query: what finds all rows of the list, also those of other pages; total: how many, for people.
    back: the address of the list.
    """
    if not policy.allowed(viewer, "case.bulk"):
        return None
    said = str(query)
    return bar_of_ticked(viewer, said, back) | {"query": said, "total": total}


def bar_of_ticked(viewer: User, key: str, back: str) -> dict[str, Any]:
    """The bar of a list whose rows no query finds. key: under it browsers keep what is ticked."""
    actions = actions_for(viewer)
    return {"key": key, "query": "", "total": "", "back": back, "actions": actions}


def actions_for(viewer: User) -> list[dict[str, str]]:
    """Buttons that this person may press."""
    return [
        {"value": one.value, "label": one.label, "key": KEYS.get(one, "")}
        for one in BulkAction
        if policy.allowed(viewer, RULES[one].verb)
    ]


def of_queue(query: Query, queue: Queue, states: Iterable[str], flag: str = "") -> Query:
    """The query that finds the same on every list. flag: one more `is:`, such as regressed."""
    terms = [Term("queue", (queue.slug,)), Term("is", tuple(states))]
    for term in [*terms, *([Term("is", (flag,))] if flag else [])]:
        query = query.adding(term)
    return query


def choice_of(said: QueryDict) -> Choice:
    """Which cases a form means. Raises QueryError; nothing ticked is a choice of no case."""
    at = min(_moment(said.get("seen", "")), clock.now())
    if said.get("all"):
        return Choice(at, parse(said.get("q", "")[: MAX_CHARS + 1], FIELDS))
    more = said.get("refs", "").split()
    refs = dict.fromkeys(ref.replace("\x00", "") for ref in [*said.getlist("ref"), *more])
    return Choice(at, refs=tuple(refs) or ("",))


def back_of(said: QueryDict, otherwise: str) -> str:
    """Where to return to: a page of this desk."""
    back = said.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, None) else otherwise


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return clock.now()
    return at if at.tzinfo else at.replace(tzinfo=UTC)
