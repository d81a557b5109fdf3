"""What docs/data-model.md says of the models: their own words, types, what Postgres keeps to."""

from __future__ import annotations

import pytest
from django.apps import apps

from abusedesk.core import datamodel
from abusedesk.core.datamodel import Described

MODELS = {one.name: one for one in datamodel.described()}


def _field(one: Described, name: str) -> tuple[str, str]:
    (found,) = [(kind, meaning) for known, kind, meaning in one.fields if known == name]
    return found


def test_every_table_of_the_desk_is_there_once() -> None:
    own = {
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.app_label in datamodel.OWNERS
    }
    tables = [one.table for one in datamodel.described()]
    assert sorted(tables) == sorted(own)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_says_what_it_is(name: str) -> None:
    """Without a docstring Django lists the fields, which says nothing."""
    about = MODELS[name].about
    assert not about.startswith(f"{name}(")
    assert about.endswith(".")


@pytest.mark.parametrize(
    ("model", "field", "kind", "meaning"),
    [
        ("Campaign", "p", "number with fraction", "mean probability that an edge is real, 0..1"),
        ("Case", "claim_id", "UUID; may be empty", "exclusive while `claim_expires_at` lies ahead"),
        ("Shard", "signal_id", "number", "that signal"),  # told by its abstract model
        ("User", "username", "text, at most 150", "Required. 150 characters or fewer."),
        ("User", "groups", "several `Group`", "The groups"),
        ("ApiToken", "scopes", "list of: text, at most 16; one of `ingest`", ""),
        ("CaseCampaign", "campaign", "one `Campaign`", ""),
    ],
)
def test_a_field_has_its_type_and_what_docstring_or_help_say(
    model: str, field: str, kind: str, meaning: str
) -> None:
    shown, said = _field(MODELS[model], field)
    assert shown.startswith(kind)
    assert said.startswith(meaning)


def test_what_is_said_of_a_field_is_not_said_of_the_model_again() -> None:
    assert MODELS["Campaign"].about == "One operation as far as the evidence goes."


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("Case", "`ref` is unique"),
        ("Case", "index `case_closed` on `-closed_at`"),
        ("DetectorConfig", "`slug`, `number` are unique"),
        ("DetectorConfig", "`slug` is unique where `current` is `True`"),
        ("Finding", "GIN index `finding_subjects` on `subjects`"),
        ("Delivery", "index `delivery_due` on `due_at` where `state` is `waiting`"),
        ("User", "`role` is one of `reviewer`, `lead`, `admin`, `integration`, `partner`"),
    ],
)
def test_what_the_database_keeps_to_is_said_in_words(model: str, rule: str) -> None:
    assert rule in MODELS[model].rules
